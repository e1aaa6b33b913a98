//! Codes in a row, at a login and in a session: they let the owner in although the guess budget is spent.

use core::time::Duration;

use second_factor::session::{EventKind, FirstFactor, RefusedBecause, Remember};
use second_factor::{
    Algorithm, AuthMethod, ChallengeToken, Digits, Period, Policy, Refusal, Session, TotpParams, UnixTime,
};

use super::budget::exhaust;
use crate::support::sessions::{charged, fresh_factor, row};
use crate::support::{Phone, STEP, World, is_refused_because, refusal};

/// A locked account. The clock has advanced so far that codes in a row are unused.
fn locked() -> (World, Phone, Vec<String>) {
    let (world, phone, codes) = World::enrolled();
    assert_eq!(exhaust(&world, phone.wrong_codes(world.now())), 20);
    world.clock.advance(4 * STEP);
    world.events.take();
    (world, phone, codes)
}

/// A call that accepts codes in a row, and its result.
type Door = (&'static str, fn(&World, &str) -> Result<AuthMethod, Refusal>);

const DOORS: [Door; 3] = [
    ("present", |world, typed| Ok(world.present(typed)?.authenticated.method())),
    ("fresh_factor", |world, typed| Ok(fresh_factor(world, &world.session(1), typed)?.method())),
    ("reauthenticate", |world, typed| {
        let proof = refusal(world.verifier.reauthenticate(&world.session(1), world.password(), typed))?;
        assert_eq!(proof.account(), &world.account);
        Ok(AuthMethod::CodesInARow)
    }),
];

#[test]
fn g22_codes_in_a_row_are_accepted_at_each_door_during_a_lock() {
    for (name, door) in DOORS {
        for is_locked in [false, true] {
            let (world, phone, _) = if is_locked { locked() } else { World::enrolled() };
            world.clock.advance(4 * STEP);
            let typed = phone.codes_in_a_row(world.now());
            assert_eq!(door(&world, &typed), Ok(AuthMethod::CodesInARow), "{name}");
            let method = AuthMethod::CodesInARow;
            let told = |kind: &EventKind| {
                *kind == EventKind::LoggedIn { method } || *kind == EventKind::SteppedUp { method }
            };
            assert_eq!(world.events.count(told), 1, "{name}");
            assert_eq!(method.amr(FirstFactor::Password), ["pwd", "otp", "mfa"]);
        }
    }
}

#[test]
fn g22_codes_in_a_row_are_read_however_they_are_spelled() {
    for separator in ["", " ", "-", " - ", "\t", "\r\n"] {
        let (world, phone, _) = locked();
        let typed = phone.codes_in_a_row(world.now()).replace(' ', separator);
        assert!(world.present(&typed).is_ok(), "{typed:?}");
    }
}

#[test]
fn g22_codes_in_a_row_of_seven_and_eight_digits_are_three() {
    for digits in [Digits::Seven, Digits::Eight] {
        let period = Period::from_secs(60).unwrap();
        let params = TotpParams::new(Algorithm::Sha256, digits, period);
        let (world, phone, _) =
            World::enrolled_with(Policy::builder("Example").totp(params).build().unwrap());
        world.clock.advance(Duration::from_secs(4 * 60));
        let typed = phone.codes_in_a_row(world.now());
        assert_eq!(typed.split(' ').count(), 3);
        let two = typed.split_once(' ').unwrap().1;
        assert_eq!(world.present(two).unwrap_err(), Refusal::Malformed, "two codes were accepted as a row");
        assert_eq!(world.present(&typed).unwrap().authenticated.method(), AuthMethod::CodesInARow);
    }
}

#[test]
fn g22_wrong_codes_in_a_row_cost_nothing_and_write_nothing() {
    for (name, door) in DOORS {
        for is_locked in [false, true] {
            let (world, phone, _) = if is_locked { locked() } else { World::enrolled() };
            world.clock.advance(4 * STEP);
            let right = phone.codes_in_a_row(world.now());
            let mut others: Vec<_> = phone.wrong_codes(world.now()).take(4).collect();
            let mut wrong = vec![others.join(" ")];
            for place in 0..4 {
                let mut codes: Vec<_> = right.split(' ').map(ToOwned::to_owned).collect();
                core::mem::swap(&mut codes[place], &mut others[place]);
                wrong.push(codes.join(" "));
            }
            world.events.take();
            let before = row(&world);
            for typed in &wrong {
                for _ in 0..10 {
                    assert_eq!(door(&world, typed), Err(Refusal::NotAccepted), "{name}: {typed}");
                }
            }
            assert_eq!(row(&world), before, "{name}");
            assert_eq!(world.events.count(is_refused_because(RefusedBecause::Wrong)), 50);
            // In the same session the right ones are still accepted.
            assert_eq!(door(&world, &right), Ok(AuthMethod::CodesInARow));
        }
    }
}

#[test]
fn g22_wrong_codes_in_a_row_do_not_end_their_challenge() {
    let (world, phone, _) = locked();
    let challenge = world.challenge();
    let present = |typed: &str| refusal(world.verifier.present(&challenge, typed, Remember::No));
    let wrong = phone.wrong_codes(world.now()).take(4).collect::<Vec<_>>().concat();
    for _ in 0..50 {
        assert_eq!(present(&wrong).unwrap_err(), Refusal::NotAccepted);
    }
    assert!(present(&phone.codes_in_a_row(world.now())).is_ok());
}

#[test]
fn g22_codes_in_a_row_are_refused_in_a_challenge_that_is_over() {
    let (world, phone, _) = World::enrolled();
    let (old, used_up, of_before) = (world.challenge(), world.challenge(), world.challenge());
    let refused = |challenge: &ChallengeToken| {
        let typed = phone.codes_in_a_row(world.now());
        refusal(world.verifier.present(challenge, &typed, Remember::No)).unwrap_err()
    };
    for wrong in phone.wrong_codes(world.now()).take(5) {
        let _ = world.verifier.present(&used_up, &wrong, Remember::No).unwrap_err();
    }
    world.clock.advance(4 * STEP);
    assert_eq!(refused(&used_up), Refusal::ChallengeOver);
    let _ = world.reset_password();
    assert_eq!(refused(&of_before), Refusal::ChallengeOver);
    world.clock.advance(Duration::from_secs(600));
    assert_eq!(refused(&old), Refusal::ChallengeOver);
    let session = world.session(1);
    let _ = world.reset_password();
    let typed = phone.codes_in_a_row(world.now());
    assert_eq!(fresh_factor(&world, &session, &typed).unwrap_err(), Refusal::StepUpRequired);
    // They were right, and were not used up.
    assert!(world.present(&typed).is_ok());
}

#[test]
fn g22_codes_in_a_row_refund_their_own_challenge_and_no_other() {
    let (world, phone, _) = World::enrolled();
    let (own, other) = (world.challenge(), world.challenge());
    for challenge in [&own, &other] {
        for wrong in phone.wrong_codes(world.now()).take(3) {
            let _ = world.verifier.present(challenge, &wrong, Remember::No).unwrap_err();
        }
    }
    assert_eq!(charged(&world), (6, 6));
    world.clock.advance(4 * STEP);
    let typed = phone.codes_in_a_row(world.now());
    let _ = world.verifier.present(&own, &typed, Remember::No).unwrap();
    assert_eq!(charged(&world), (3, 3));
    // A step-up refunds nothing.
    world.clock.advance(4 * STEP);
    let _ = fresh_factor(&world, &world.session(1), &phone.codes_in_a_row(world.now())).unwrap();
    assert_eq!(charged(&world), (3, 3));
}

#[test]
fn g22_a_device_is_remembered_after_codes_in_a_row() {
    let (world, phone, _) = locked();
    let remember = Remember::ThisDevice { label: "Firefox on Linux" };
    let typed = phone.codes_in_a_row(world.now());
    let accepted = world.verifier.present(&world.challenge(), &typed, remember).unwrap();
    assert_eq!(accepted.authenticated.into_session().device(), None);
    let since = world.now();
    let accepted = crate::support::complete(world.login_on(&accepted.device.unwrap()));
    assert_eq!(accepted.authenticated.method(), AuthMethod::RememberedDevice { since });
}

#[test]
fn g13_codes_in_a_row_posted_twice_log_in_once_and_say_so() {
    let (world, phone, _) = locked();
    let challenge = world.challenge();
    let typed = phone.codes_in_a_row(world.now());
    let present = || refusal(world.verifier.present(&challenge, &typed, Remember::No));
    assert!(present().is_ok());
    world.events.take();
    let before = row(&world);
    for wait in [0, 30, 300] {
        world.clock.advance(Duration::from_secs(wait));
        assert_eq!(present().unwrap_err(), Refusal::AlreadyDone);
    }
    assert_eq!((row(&world), world.events.take()), (before, vec![]));
}

#[test]
fn g38_codes_in_a_row_posted_twice_in_a_session_are_done_once_and_say_so() {
    for (name, door) in &DOORS[1..] {
        let (world, phone, _) = locked();
        let typed = phone.codes_in_a_row(world.now());
        assert!(door(&world, &typed).is_ok());
        world.events.take();
        let before = row(&world);
        for wait in [0, 30, 29] {
            world.clock.advance(Duration::from_secs(wait));
            for again in [typed.clone(), typed.replace(' ', "-")] {
                assert_eq!(door(&world, &again), Err(Refusal::AlreadyDone), "{name}");
            }
        }
        assert_eq!((row(&world), world.events.take()), (before.clone(), vec![]), "{name}");
        // In another session, or a minute later, they count as used codes.
        let elsewhere = fresh_factor(&world, &world.session(2), &typed);
        assert_eq!(elsewhere.unwrap_err(), Refusal::NotAccepted);
        world.clock.advance(Duration::from_secs(1));
        assert_eq!(door(&world, &typed), Err(Refusal::NotAccepted), "{name}");
        assert_eq!(row(&world), before, "the used codes were charged");
    }
}

#[test]
fn a01_codes_in_a_row_are_accepted_once_at_any_doors() {
    for (first, accept) in DOORS {
        for (second, again) in DOORS {
            let (world, phone, _) = locked();
            let typed = phone.codes_in_a_row(world.now());
            assert!(accept(&world, &typed).is_ok());
            let in_session = first != "present" && second != "present";
            let expected = if in_session { Refusal::AlreadyDone } else { Refusal::NotAccepted };
            world.events.take();
            assert_eq!(again(&world, &typed), Err(expected), "{first}, then {second}");
            let replayed = world.events.count(is_refused_because(RefusedBecause::Replayed));
            assert_eq!(replayed, usize::from(!in_session));
        }
    }
}

/// Presents a single code in this session, which the doors do not use.
fn spend_one(world: &World, phone: &Phone, step: UnixTime) {
    let session: Session = world.session(9);
    let _ = fresh_factor(world, &session, &phone.code(step)).unwrap();
}

#[test]
fn a02_codes_in_a_row_of_which_one_was_used_are_refused() {
    for (name, door) in DOORS {
        for ago in 0..=4 {
            let (world, phone, _) = World::enrolled();
            world.clock.advance(4 * STEP);
            // The code of this step is used, and so are all before it.
            spend_one(&world, &phone, world.now());
            world.clock.advance(ago * STEP);
            world.events.take();
            let before = row(&world);
            let told = door(&world, &phone.codes_in_a_row(world.now()));
            if ago == 4 {
                assert_eq!(told, Ok(AuthMethod::CodesInARow), "{name}");
                continue;
            }
            assert_eq!(told, Err(Refusal::NotAccepted), "{name}, {ago} steps later");
            assert_eq!(world.events.count(is_refused_because(RefusedBecause::Replayed)), 1);
            assert_eq!(row(&world), before);
        }
    }
}

#[test]
fn a02_after_codes_in_a_row_single_codes_of_these_steps_are_used() {
    let (world, phone, _) = World::enrolled();
    world.clock.advance(4 * STEP);
    let _ = world.present(&phone.codes_in_a_row(world.now())).unwrap();
    for ago in 0..2 {
        let code = phone.code(UnixTime::from_secs(world.now().as_secs() - 30 * ago));
        assert_eq!(world.present(&code).unwrap_err(), Refusal::NotAccepted);
    }
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::Replayed)), 2);
    world.clock.advance(STEP);
    assert!(world.present(&phone.code(world.now())).is_ok());
}
