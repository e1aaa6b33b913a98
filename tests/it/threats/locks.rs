//! Locks, and clocks that jump: threats A11 and A12, failures F30 and F36.

use std::time::Duration;

use second_factor::session::{EventKind, PolicyError, RefusedBecause, Remember};
use second_factor::store::Revision;
use second_factor::{
    AccountId, AccountRecord, AuthMethod, BlockingStore, ChallengeToken, Policy, Refusal, UnixTime, Window,
};

use super::budget::{BUDGET, CREDIT, exhaust, guess_until_locked, is_wrong, retry_at, wrong};
use crate::support::sessions::charged;
use crate::support::tokens::{Parts, under_another_key};
use crate::support::{
    DAY, Phone, START, STEP, World, code_required, complete, days, is_refused_because, refusal,
};

#[test]
fn a11_the_lock_ends_to_the_second_with_the_usual_budget() {
    let (world, phone, _) = World::enrolled();
    assert_eq!(guess_until_locked(&world, &phone), (BUDGET, retry_at(START, 0)));

    // Time gives back one guess every three days, at most ten, and not the whole budget at once.
    for regained in 1..=10 {
        let until = START.saturating_add(days(3 * regained));
        // A second earlier nothing is evaluated, not even the right code.
        world.clock.set(UnixTime::from_secs(until.as_secs() - 1));
        let locked = Refusal::Locked { retry_at: Some(until) };
        assert_eq!(world.present(&phone.code(world.now())).unwrap_err(), locked);

        world.clock.set(until);
        let status = world.verifier.status(&world.account).unwrap();
        assert_eq!((status.is_locked, status.retry_at), (false, None));
        let next = retry_at(START, regained);
        assert_eq!(guess_until_locked(&world, &phone), (1, next));
        let status = world.verifier.status(&world.account).unwrap();
        assert_eq!((status.is_locked, status.retry_at), (true, next));
    }

    // An accepted code uses the credit of that month, and the next credit counts from the code.
    world.clock.advance(days(10_000));
    let since = world.now();
    let _ = world.present(&phone.codes_in_a_row(since)).unwrap();
    assert_eq!(charged(&world).0, 20);
    assert_eq!(guess_until_locked(&world, &phone), (0, retry_at(since, 0)));
    // If nothing is charged, the budget is the usual one, plus ten after any long wait.
    for wait in [days(30), days(600)] {
        for _ in 0..3 {
            world.clock.advance(days(60));
            let _ = world.present(&phone.codes_in_a_row(world.now())).unwrap();
        }
        assert_eq!(charged(&world).0, 0);
        world.clock.advance(wait);
        assert_eq!(guess_until_locked(&world, &phone), (BUDGET + CREDIT, None));
    }
}

#[test]
fn a11_the_right_code_is_accepted_when_the_lock_ends() {
    let (world, phone, _) = World::enrolled();
    let (_, until) = guess_until_locked(&world, &phone);
    world.clock.set(until.unwrap());
    assert_eq!(world.log_in(&phone).authenticated.method(), AuthMethod::Code);
}

/// Fewer than a hundred with every policy. A lock that time does not end is opened by codes in a row or a recovery code.
#[test]
fn a11_without_an_accepted_code_guessing_ends_before_the_hundredth() {
    let half_a_day = Policy::builder("Example").window(Window::EXACT).guess_budget(50, DAY / 2).build();
    assert_eq!(half_a_day.unwrap_err(), PolicyError::TooManyGuesses { guesses: 100 });
    let most = Policy::builder("Example").window(Window::EXACT).guess_budget(49, DAY).build().unwrap();
    for (policy, evaluated) in [(Policy::new("Example").unwrap(), 30), (most, 49 + 30)] {
        let (world, phone, codes) = World::enrolled_with(policy);
        for _ in 0..400 {
            let _ = world.present(&phone.wrong_code(world.now())).unwrap_err();
            world.clock.advance(DAY / 4);
        }
        assert_eq!(world.events.count(is_wrong), evaluated);
        world.clock.advance(days(10_000));
        let locked = Refusal::Locked { retry_at: None };
        assert_eq!(world.present(&phone.code(world.now())).unwrap_err(), locked);
        assert_eq!(world.present(&phone.wrong_code(world.now())).unwrap_err(), locked);
        assert_eq!(world.events.count(is_wrong), evaluated);

        let accepted = world.present(&codes[0]).unwrap();
        assert_eq!(accepted.authenticated.method(), AuthMethod::RecoveryCode);
        let accepted = world.present(&phone.codes_in_a_row(world.now())).unwrap();
        assert_eq!(accepted.authenticated.method(), AuthMethod::CodesInARow);
    }
}

/// The stored row.
fn row(world: &World) -> Option<(AccountRecord, Revision)> {
    world.verifier.store().load(&world.account).unwrap().map(|row| (row.value, row.revision))
}

#[test]
fn a12_without_the_password_nothing_is_charged_or_written() {
    let (world, phone, codes) = World::enrolled();
    let before = row(&world);
    // A wrong password reaches only `check_password`, which only reads. Codes reach `present`, but with challenges that were
    // never opened here.
    for _ in 0..100 {
        drop(world.verifier.check_password(&world.account));
    }
    let other = under_another_key();
    let _ = other.enroll();
    let forged = ChallengeToken::parse(other.challenge().expose()).unwrap();
    for code in phone.wrong_codes(world.now()).take(100).chain([phone.code(world.now())]) {
        assert_eq!(wrong(&world, &forged, &code), Refusal::ChallengeOver);
    }
    let recovery = world.verifier.present(&forged, &codes[0], Remember::No);
    assert_eq!(refusal(recovery).unwrap_err(), Refusal::ChallengeOver);
    assert_eq!(row(&world), before, "something was written");
    assert_eq!(guess_until_locked(&world, &phone).0, BUDGET);
}

#[test]
fn a12_forged_remember_tokens_cost_nothing() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    let other = under_another_key();
    let (other_phone, _) = other.enroll();
    let foreign = other.remember(&other_phone);
    assert_ne!(foreign.expose(), device.expose());
    world.events.take();
    for _ in 0..50 {
        let _ = code_required(world.login_on(&foreign));
    }
    assert_eq!(world.events.count(|kind| *kind == EventKind::DeviceUnknown), 50);
    let since = world.verifier.status(&world.account).unwrap().devices[0].since;
    assert_eq!(
        complete(world.login_on(&device)).authenticated.method(),
        AuthMethod::RememberedDevice { since }
    );
    assert_eq!(guess_until_locked(&world, &phone).0, BUDGET);
}

#[test]
fn a12_a_remembered_device_gets_in_while_the_budget_is_spent() {
    let (world, phone, codes) = World::enrolled();
    let device = world.remember(&phone);
    let _ = guess_until_locked(&world, &phone);
    let accepted = complete(world.login_on(&device));
    assert!(matches!(accepted.authenticated.method(), AuthMethod::RememberedDevice { .. }));
    // A recovery code, which has 128 bits, is evaluated too.
    let accepted = world.verifier.present(&world.challenge(), &codes[0], Remember::No).unwrap();
    assert_eq!(accepted.authenticated.method(), AuthMethod::RecoveryCode);
}

#[test]
fn a12_wrong_codes_for_one_account_do_not_move_another() {
    let (world, phone, _) = World::enrolled();
    let bob = World { account: AccountId::new("bob").unwrap(), ..world };
    let (bobs_phone, _) = bob.enroll();
    let _ = guess_until_locked(&bob, &bobs_phone);
    let alice = World { account: AccountId::new("alice").unwrap(), ..bob };
    assert!(!alice.verifier.status(&alice.account).unwrap().is_locked);
    assert_eq!(guess_until_locked(&alice, &phone).0, BUDGET);
}

#[test]
fn a12_the_second_step_does_not_reveal_passwords_or_accounts() {
    let (world, phone, _) = World::enrolled();
    let elsewhere = under_another_key();
    let _ = elsewhere.enroll();
    let right = phone.code(world.now());
    // The answer is the same for an account with a second factor and for an unknown one: only a right password opens a
    // challenge.
    let foreign = Parts::of(elsewhere.challenge().expose());
    for account in ["alice", "nobody"] {
        let forged = ChallengeToken::parse(&foreign.clone().of_account(account).text()).unwrap();
        assert_eq!(forged.account().as_str(), account);
        let refused = world.verifier.present(&forged, &right, Remember::No).unwrap_err();
        assert_eq!(refused.to_string(), "not accepted; log in again");
        assert_eq!(refused.refusal(), Some(Refusal::ChallengeOver));
    }
    assert!(world.verifier.store().load(&AccountId::new("nobody").unwrap()).unwrap().is_none());
}

#[test]
fn a12_opening_challenges_without_end_fills_nothing() {
    let (world, phone, _) = World::enrolled();
    let before = row(&world);
    for _ in 0..1_000 {
        let _ = world.challenge();
    }
    let opened = EventKind::ChallengeOpened;
    assert_eq!(world.events.count(|kind| *kind == opened), 1_000);
    assert_eq!(row(&world), before, "opening challenges wrote something");
    assert_eq!(world.log_in(&phone).authenticated.method(), AuthMethod::Code);
}

#[test]
fn f30_a_lockout_leaves_the_remembered_device_in() {
    let (world, phone, codes) = World::enrolled();
    let since = world.now();
    let device = world.remember(&phone);
    assert_eq!(exhaust(&world, phone.wrong_codes(world.now())), BUDGET);
    let retry_at = retry_at(since, 0);
    assert_eq!(world.present(&phone.code(world.now())).unwrap_err(), Refusal::Locked { retry_at });

    let accepted = complete(world.login_on(&device));
    assert!(matches!(accepted.authenticated.method(), AuthMethod::RememberedDevice { .. }));
    // A password change with a recovery code restores the budget. A reset does not, because an attacker with the mailbox
    // could repeat it.
    let _ = world.reset_password();
    assert_eq!(world.present(&phone.code(world.now())).unwrap_err(), Refusal::Locked { retry_at });
    let accepted = world.verifier.present(&world.challenge(), &codes[0], Remember::No).unwrap();
    let _ = world.change_password(&accepted.authenticated.into_session(), &codes[1]).unwrap();
    assert!(world.present(&phone.code(world.now())).is_ok());
}

#[test]
fn f30_without_the_password_nobody_moves_the_budget() {
    let (world, phone, _) = World::enrolled();
    let spare = under_another_key();
    let _ = spare.enroll();
    // A well-formed challenge for the right account, which this service never issued.
    let forged = spare.challenge();
    assert_eq!(forged.account(), &world.account);
    let record = || BlockingStore::load(&**world.verifier.store(), &world.account).unwrap().unwrap();
    let before = record();
    for guess in phone.wrong_codes(world.now()).take(500) {
        let answer = world.verifier.present(&forged, &guess, Remember::No);
        assert_eq!(refusal(answer).unwrap_err(), Refusal::ChallengeOver);
        let answer = world.verifier.present(&forged, "MFRGG-ZDFMZ-TWQ2L-KNNWG-23TPOA", Remember::No);
        assert_eq!(refusal(answer).unwrap_err(), Refusal::ChallengeOver);
    }
    assert_eq!(record(), before, "a guess without the password wrote something");
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::NoChallenge)), 1_000);
    assert_eq!(world.events.count(is_wrong), 0);
    assert!(world.present(&phone.code(world.now())).is_ok());
}

#[test]
fn f36_a_lock_under_a_clock_a_year_ahead_is_opened_by_a_recovery_code() {
    let (world, phone, codes) = World::enrolled();
    world.clock.advance(days(365));
    assert_eq!(exhaust(&world, phone.wrong_codes(world.now())), BUDGET + CREDIT);
    world.clock.back(days(365));
    let locked = Refusal::Locked { retry_at: None };
    assert_eq!(world.present(&phone.code(world.now())).unwrap_err(), locked);

    // It lets the owner in at once; a new password with another one restores the budget.
    let accepted = world.verifier.present(&world.challenge(), &codes[0], Remember::No).unwrap();
    let _ = world.change_password(&accepted.authenticated.into_session(), &codes[1]).unwrap();
    assert!(world.present(&phone.code(world.now())).is_ok());
}

#[test]
fn f36_a_clock_that_goes_back_gives_no_guess_back() {
    let (world, phone, _) = World::enrolled();
    let mut guesses = phone.wrong_codes(world.now()).collect::<Vec<_>>().into_iter();
    assert_eq!(exhaust(&world, guesses.by_ref()), BUDGET);
    for back in [1, 60, 86_400, 365 * 86_400] {
        world.clock.back(Duration::from_secs(back));
        let refused = world.present(&phone.wrong_code(world.now())).unwrap_err();
        assert!(matches!(refused, Refusal::Locked { .. }), "{refused:?}");
    }
    assert_eq!(world.events.count(is_wrong), BUDGET);
    // Back and forth within three days: nothing is regained.
    world.clock.advance(days(2));
    assert!(matches!(world.present(&phone.wrong_code(world.now())), Err(Refusal::Locked { .. })));
}

#[test]
fn f36_a_clock_that_goes_back_accepts_nothing_again() {
    let (world, phone, _) = World::enrolled();
    let codes: Vec<String> = (0..12)
        .map(|_| {
            world.clock.advance(STEP);
            phone.code(world.now())
        })
        .collect();
    assert!(world.present(&codes[11]).is_ok());
    for code in codes.iter().rev() {
        let refused = world.present(code).unwrap_err();
        assert!(matches!(refused, Refusal::NotAccepted | Refusal::Locked { .. }), "{refused:?}");
        world.clock.back(STEP);
    }
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::Replayed)), 12);
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::LoggedIn { .. })), 1);
}

#[test]
fn f36_after_a_login_under_a_clock_far_ahead_a_recovery_code_works() {
    let (world, phone, recovery_codes) = World::enrolled();
    world.clock.advance(days(365));
    assert!(world.present(&phone.code(world.now())).is_ok());
    world.clock.back(days(365));
    world.events.take();
    assert_eq!(world.present(&phone.code(world.now())).unwrap_err(), Refusal::NotAccepted);
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::Replayed)), 1);

    // Codes in a row are of steps that were passed over too. A recovery code works, and with it a new enrollment.
    assert_eq!(world.present(&phone.codes_in_a_row(world.now())).unwrap_err(), Refusal::NotAccepted);
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::Replayed)), 2);
    let accepted = world.verifier.present(&world.challenge(), &recovery_codes[0], Remember::No).unwrap();
    let session = accepted.authenticated.into_session();
    let fresh = world.verifier.fresh_factor(&session, &recovery_codes[1]).unwrap();
    let begun = world.verifier.begin_enrollment(fresh, "alice@example.com").unwrap();
    let new_phone = Phone::scan(&begun.uri);
    let _ = world.verifier.confirm_enrollment(&begun.token, &new_phone.code(world.now())).unwrap();
    world.clock.advance(STEP);
    let _ = world.log_in(&new_phone);
}

#[test]
fn f36_challenges_and_devices_of_a_clock_far_ahead_are_refused() {
    let (world, phone, codes) = World::enrolled();
    world.clock.advance(days(40));
    let device = world.remember(&phone);
    let challenge = world.challenge();
    world.clock.back(days(40));
    // Otherwise they would be valid for 70 days.
    let code = phone.code(world.now().saturating_add(STEP));
    let presented = world.verifier.present(&challenge, &code, Remember::No);
    assert_eq!(refusal(presented).unwrap_err(), Refusal::ChallengeOver);
    world.events.take();
    let _ = code_required(world.login_on(&device));
    let opened = EventKind::ChallengeOpened;
    assert_eq!(world.events.take(), [EventKind::DeviceUnknown, opened]);
    // No code of these days is accepted. The owner uses a recovery code, which also forgets the device.
    let _ = world.verifier.present(&world.challenge(), &codes[0], Remember::No).unwrap();
    world.clock.advance(days(40));
    let _ = code_required(world.login_on(&device));
}

/// A wrong time only hides entries. An accepted code proves the clock, and its write deletes what is over.
#[test]
fn f36_entries_hidden_by_a_fast_clock_return_unless_a_code_came() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    let challenge = world.challenge();
    world.clock.advance(days(31));
    let _ = code_required(world.login_on(&device));
    let code = phone.code(world.now());
    let presented = world.verifier.present(&challenge, &code, Remember::No);
    assert_eq!(refusal(presented).unwrap_err(), Refusal::ChallengeOver);
    world.clock.back(days(31));
    let _ = complete(world.login_on(&device));
    assert!(world.verifier.present(&challenge, &phone.code(world.now()), Remember::No).is_ok());

    world.clock.advance(days(31));
    assert!(world.present(&phone.code(world.now())).is_ok());
    world.clock.back(days(31));
    let _ = code_required(world.login_on(&device));
}
