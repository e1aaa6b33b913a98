//! The guess budget: threats G7 to G10, G20, G23, G42.

use core::time::Duration;

use second_factor::session::{EventKind, PolicyError};
use second_factor::{Algorithm, Digits, Period, Policy, Refusal, TotpParams, UnixTime, Window};

use super::budget::{BUDGET, exhaust, guess_until_locked, is_wrong, retry_at};
use super::policies::under;
use crate::support::sessions::{charged, fresh_factor, guess, row};
use crate::support::{DAY, Phone, START, STEP, World, complete, days};

const YEAR: u64 = 365;
const BUDGET_OUT_OF_BOUNDS: PolicyError =
    PolicyError::OutOfBounds { setting: "guess_budget", bounds: "the number of authenticators to 50" };

fn suspected(kind: &EventKind) -> bool {
    matches!(kind, EventKind::PasswordSuspectedKnown { .. })
}

/// Types four wrong codes, each in a new login.
fn four_guesses(world: &World, phone: &Phone) {
    for wrong in phone.wrong_codes(world.now()).take(4) {
        let _ = world.present(&wrong).unwrap_err();
    }
}

/// The owner logs in using only the app.
fn owner_logs_in(world: &World, phone: &Phone) {
    if world.present(&phone.code(world.now())).is_err() {
        let _ = world.present(&phone.codes_in_a_row(world.now())).unwrap();
    }
}

#[test]
fn g07_eight_digits_do_not_allow_a_larger_budget() {
    let params = TotpParams::new(Algorithm::Sha1, Digits::Eight, Period::DEFAULT);
    let refused = |budget, regain_every| {
        let policy = Policy::builder("Example").totp(params).guess_budget(budget, regain_every);
        policy.build().unwrap_err()
    };
    let hour = DAY / 24;
    assert_eq!(refused(1_000, hour), BUDGET_OUT_OF_BOUNDS);
    assert_eq!(refused(50, hour), PolicyError::TooManyGuesses { guesses: 100 });
    assert!(matches!(refused(20, DAY), PolicyError::GuessOdds { one_in } if one_in < Policy::MIN_ODDS));
    // The odds are computed for six digits, because an account may have enrolled with six.
    let year = days(YEAR);
    let eight = Policy::builder("Example").totp(params).build().unwrap();
    assert_eq!(eight.guess_odds(year), Policy::new("Example").unwrap().guess_odds(year));
}

/// A write under a wrong clock, other than an accepted code.
type Write = (&'static str, fn(&World, &Phone, &[String]));

const WRITES: [Write; 4] = [
    ("a login by recovery code", |world, _, codes| drop(world.present(&codes[0]).unwrap())),
    ("a step-up by recovery code", |world, _, codes| {
        let _ = fresh_factor(world, &world.session(1), &codes[0]).unwrap();
    }),
    ("a password reset", |world, _, _| drop(world.reset_password())),
    ("wrong codes", |world, phone, _| {
        for wrong in phone.wrong_codes(world.now()).take(3) {
            let _ = world.present(&wrong).unwrap_err();
        }
    }),
];

#[test]
fn g08_no_write_under_a_wrong_clock_gives_a_guess() {
    for (name, write) in WRITES {
        for is_ahead in [false, true] {
            let (world, phone, codes) = World::enrolled();
            assert_eq!(exhaust(&world, phone.wrong_codes(world.now())), BUDGET);
            let right = world.now();
            let before = charged(&world).0;
            let year_off = if is_ahead { right.as_secs() + 31_536_000 } else { right.as_secs() - 31_536_000 };
            world.clock.set(UnixTime::from_secs(year_off));
            write(&world, &phone, &codes);

            world.clock.set(right);
            assert!(charged(&world).0 >= before, "{name}");
            let Err(Refusal::Locked { retry_at: told }) = world.present(&phone.code(world.now())) else {
                panic!("{name}: not locked any more")
            };
            assert!(told.is_none_or(|told| Some(told) >= retry_at(START, 0)), "{name}");
            world.events.take();
            assert_eq!(guess_until_locked(&world, &phone).0, 0, "{name}: no guess was regained");
            // The wait still counts from the last accepted code.
            world.clock.set(START.saturating_add(days(3)));
            let guesses = guess_until_locked(&world, &phone).0;
            assert!(guesses <= 1, "{name}: {guesses}");
        }
    }
}

#[test]
fn g08_a_remembered_device_under_a_clock_a_year_back_gives_no_guess() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    assert_eq!(exhaust(&world, phone.wrong_codes(world.now())), BUDGET);
    let before = charged(&world);
    world.clock.advance(DAY);
    let _ = complete(world.login_on(&device));
    world.clock.back(days(YEAR));
    let _ = world.login_on(&device);
    world.clock.advance(days(YEAR));
    assert_eq!(charged(&world), before);
    assert_eq!(guess_until_locked(&world, &phone).0, 0);
}

/// The attacker guesses on an instance with a wrong clock, while the owner logs in daily on another one.
#[test]
fn g08_an_instance_61_days_slow_or_fast_stays_within_the_bound() {
    for is_fast in [false, true] {
        let (world, phone, _) = World::enrolled();
        for day in 1..=YEAR {
            let right = START.saturating_add(days(day));
            world.clock.set(right);
            if is_fast {
                world.clock.advance(days(61));
            } else {
                world.clock.back(days(61));
            }
            four_guesses(&world, &phone);
            world.clock.set(right);
            owner_logs_in(&world, &phone);
        }
        let guesses = world.events.count(is_wrong) as u64;
        let most = world.verifier.policy().guess_odds(days(YEAR)).guesses();
        assert!(guesses <= most, "{guesses} of {most}");
        assert!(guesses > 100, "the attacker made only {guesses} guesses");
    }
}

#[test]
fn g09_no_success_of_the_owner_refunds_guesses_in_a_shared_session() {
    let (world, phone, _) = World::enrolled();
    let shared = world.session(1);
    for day in 1..=YEAR {
        world.clock.set(START.saturating_add(days(day)));
        let _ = guess(&world, &phone, &shared, 4);
        let mut stepped_up = fresh_factor(&world, &shared, &phone.code(world.now()));
        if let Err(Refusal::Locked { .. }) = stepped_up {
            stepped_up = fresh_factor(&world, &shared, &phone.codes_in_a_row(world.now()));
        }
        assert!(stepped_up.is_ok(), "{day}: {stepped_up:?}");
    }
    let guesses = world.events.count(is_wrong);
    assert!(guesses as u64 <= world.verifier.policy().guess_odds(days(YEAR)).guesses(), "{guesses}");
    assert!(guesses <= BUDGET + 365 / 3 + 1, "{guesses}");
    assert!(guesses > 100, "the attacker made only {guesses} guesses");
    assert_eq!(world.events.count(suspected), guesses / 5, "the owner was not told of every fifth guess");
}

#[test]
fn g10_fifty_password_resets_share_one_budget() {
    let (world, phone, codes) = World::enrolled();
    for _ in 0..50 {
        let _ = world.reset_password();
        four_guesses(&world, &phone);
    }
    assert_eq!(world.events.count(is_wrong), BUDGET);
    assert_eq!(charged(&world).0, BUDGET as u64);
    // A change that the owner authorizes with a fresh factor does restore the budget.
    let _ = world.change_password(&world.session(1), &codes[0]).unwrap();
    assert_eq!(charged(&world), (0, 0));
    assert_eq!(guess_until_locked(&world, &phone), (BUDGET, retry_at(START, 0)));
}

#[test]
fn g10_resets_and_daily_logins_of_the_owner_share_one_budget() {
    let (world, phone, _) = World::enrolled();
    for day in 1..=50 {
        world.clock.set(START.saturating_add(days(day)));
        // To the same password, so that the owner does not notice.
        let _ = world.reset_password();
        four_guesses(&world, &phone);
        owner_logs_in(&world, &phone);
    }
    let guesses = world.events.count(is_wrong);
    assert!(guesses <= BUDGET + 50 / 3 + 1, "{guesses}");
}

#[test]
fn g10_a_change_with_any_fresh_factor_restores_the_budget() {
    for kind in ["code", "codes in a row", "recovery code"] {
        let (world, phone, codes) = World::enrolled();
        let session = world.session(1);
        let guesses = if kind == "code" { BUDGET - 1 } else { BUDGET };
        let _ = guess(&world, &phone, &session, guesses);
        world.clock.advance(4 * STEP);
        let typed = match kind {
            "code" => phone.code(world.now()),
            "codes in a row" => phone.codes_in_a_row(world.now()),
            _ => codes[0].clone(),
        };
        let _ = world.change_password(&session, &typed).unwrap();
        assert_eq!(charged(&world), (0, 0), "{kind}");
    }
}

#[test]
fn g10_restored_budgets_do_not_allow_a_hundredth_guess() {
    let (world, phone, codes) = World::enrolled();
    let mut guesses = 0;
    for code in &codes[..6] {
        let (evaluated, _) = guess_until_locked(&world, &phone);
        guesses += evaluated;
        // A recovery code does not count as a success of the guessed authenticator (SP 800-63B §3.2.2).
        let _ = world.change_password(&world.session(1), code).unwrap();
    }
    assert_eq!(guesses, usize::from(Policy::MAX_GUESSES));
    world.clock.advance(days(10_000));
    let locked = Refusal::Locked { retry_at: None };
    assert_eq!(world.present(&phone.code(world.now())).unwrap_err(), locked);
    let _ = world.present(&phone.codes_in_a_row(world.now())).unwrap();
    world.clock.advance(STEP);
    let _ = world.present(&phone.code(world.now())).unwrap();
}

#[test]
fn g20_a_clock_in_the_year_2000_gives_and_takes_no_guess() {
    let (world, phone, _) = World::enrolled();
    let _ = guess(&world, &phone, &world.session(1), 12);
    let (right, before) = (world.now(), row(&world));
    world.clock.set(UnixTime::from_secs(946_684_800));
    let _ = world.challenge();
    assert_eq!(world.verifier.status(&world.account).unwrap().retry_at, None);
    assert_eq!(row(&world), before);
    // Under that clock guesses are counted as usual.
    assert_eq!(guess_until_locked(&world, &phone), (BUDGET - 12, retry_at(START, 0)));
    let _ = world.present(&phone.codes_in_a_row(right)).unwrap_err();
    world.clock.set(right);
    assert_eq!(guess_until_locked(&world, &phone), (0, retry_at(START, 0)));
}

#[test]
fn g23_after_a_policy_change_the_reported_time_is_right_or_absent() {
    // 15 of 20 guesses are spent, and the policy now allows 5: waiting does not help, because time gives back five at most.
    let (world, phone, _) = World::enrolled();
    let _ = guess(&world, &phone, &world.session(1), 15);
    let five = Policy::builder("Example").guess_budget(5, days(3)).build().unwrap();
    let strict = under(&world, five);
    let locked = Refusal::Locked { retry_at: None };
    assert_eq!(strict.present(&phone.code(strict.now())).unwrap_err(), locked);
    strict.clock.advance(days(10_000));
    assert_eq!(strict.present(&phone.code(strict.now())).unwrap_err(), locked);

    for spent in 0..=19 {
        for (budget, regain) in [(5, 3), (5, 6), (10, 3), (12, 30), (20, 6), (24, 3), (3, 31)] {
            let (world, phone, _) = World::enrolled();
            for wrong in phone.wrong_codes(world.now()).take(spent) {
                let _ = world.present(&wrong).unwrap_err();
            }
            let policy = Policy::builder("Example").guess_budget(budget, days(regain)).build().unwrap();
            let changed = under(&world, policy);
            let status = changed.verifier.status(&changed.account).unwrap();
            assert_eq!(status.is_locked, spent >= budget.into(), "{spent} of {budget}");
            let Some(until) = status.retry_at else {
                changed.clock.advance(days(10_000));
                let status = changed.verifier.status(&changed.account).unwrap();
                assert_eq!((status.is_locked, status.retry_at), (spent >= budget.into(), None));
                continue;
            };
            let what = format!("{spent} of {budget}, {regain} days");
            changed.clock.set(UnixTime::from_secs(until.as_secs() - 1));
            let refused = changed.present(&phone.code(changed.now())).unwrap_err();
            assert_eq!(refused, Refusal::Locked { retry_at: Some(until) }, "{what}");
            changed.clock.advance(Duration::from_secs(1));
            assert!(changed.present(&phone.code(until)).is_ok(), "{what}");
        }
    }
}

#[test]
fn g42_a_budget_below_the_number_of_authenticators_is_refused() {
    let build = |authenticators, budget| {
        let policy = Policy::builder("Example").authenticators(authenticators);
        policy.guess_budget(budget, days(3)).build()
    };
    for authenticators in 1..=5 {
        for budget in 0..=5 {
            let policy = build(authenticators, budget);
            if budget < authenticators.into() {
                assert_eq!(policy.unwrap_err(), BUDGET_OUT_OF_BOUNDS);
            } else {
                assert_eq!(policy.unwrap().guess_budget(), budget);
            }
        }
    }
    // By default an account may have three authenticators.
    let one = Policy::builder("Example").guess_budget(1, days(3)).build();
    assert_eq!(one.unwrap_err(), BUDGET_OUT_OF_BOUNDS);
}

#[test]
fn g42_the_smallest_budget_accepts_a_code_and_then_codes_in_a_row() {
    let policy = Policy::builder("Example").authenticators(1).guess_budget(1, days(366)).build().unwrap();
    let (world, phone, _) = World::enrolled_with(policy);
    let _ = world.log_in(&phone);
    let wrong = phone.wrong_code(world.now());
    assert_eq!(world.present(&wrong).unwrap_err(), Refusal::Locked { retry_at: None });
    world.clock.advance(4 * STEP);
    let _ = world.present(&phone.codes_in_a_row(world.now())).unwrap();
}

/// One instance is 119 s fast and another 119 s slow. With a period of 120 s, each accepts a code at the right moment, so
/// both clocks count as right. The time between them must give credit only once.
#[test]
fn g08_two_clocks_that_both_accept_codes_give_no_credit_twice() {
    let params = TotpParams::new(Algorithm::Sha1, Digits::Six, Period::from_secs(120).unwrap());
    let policy = Policy::builder("Example").totp(params).window(Window::EXACT).guess_budget(6, days(3));
    let world = World::with_policy(policy.build().unwrap());
    let (first, _) = world.enroll();
    let start = UnixTime::from_secs(world.now().as_secs().div_ceil(120) * 120 + 240);
    let clock = |secs: u64| world.clock.set(UnixTime::from_secs(secs));
    clock(start.as_secs());
    let (_, second) = world.add_app(&first, "Tablet");
    // Some guesses under the right clock, and a fast clock when the first of them is regained.
    let after = start.as_secs() + 1_300;
    let wrong = |count: usize| {
        for wrong in second.wrong_codes(world.now()).take(count) {
            let _ = world.present(&wrong);
        }
    };
    clock(after);
    assert!(world.present(&first.code(world.now())).is_ok());
    wrong(3);
    let locked_until = || world.verifier.status(&world.account).unwrap().retry_at;
    assert!(locked_until().is_some());
    let regained = after + days(6).as_secs();
    assert_eq!(locked_until(), Some(UnixTime::from_secs(regained)));
    // The fast instance shows its own time, and the app the time 119 s before it: the same step.
    let truth = regained - regained % 120;
    clock(truth + 119);
    assert!(world.present(&first.code(UnixTime::from_secs(truth))).is_ok());
    wrong(1);
    let next = locked_until().unwrap();
    assert_eq!(next.as_secs(), regained + days(6).as_secs());
    // The slow instance, 119 s later: it does not give back the next guesses earlier.
    let truth = truth + 119;
    clock(truth - 119);
    let row = second.codes_in_a_row(UnixTime::from_secs(truth));
    assert!(world.present(&row).is_ok());
    assert_eq!(locked_until(), Some(next));
}

#[test]
fn g10_a_new_authenticator_has_no_guesses_against_it() {
    let (world, phone, codes) = World::enrolled();
    for code in &codes[..6] {
        let _ = guess_until_locked(&world, &phone);
        let _ = world.change_password(&world.session(1), code).unwrap();
    }
    world.clock.advance(days(10_000));
    let locked = Refusal::Locked { retry_at: None };
    assert_eq!(world.present(&phone.code(world.now())).unwrap_err(), locked);
    let session = world.present(&codes[6]).unwrap().authenticated.into_session();
    let proof = world.verifier.reauthenticate(&session, world.password(), "").unwrap();
    let begun = world.verifier.begin_enrollment(proof, world.in_place_of_first()).unwrap();
    let new = Phone::scan(&begun.uri);
    let _ = world.verifier.confirm_enrollment(&begun.token, &new.code(world.now())).unwrap();
    world.clock.advance(2 * STEP);
    let _ = world.present(&new.code(world.now())).unwrap();
}

#[test]
fn g42_a_smaller_budget_locks_no_account_that_nobody_guessed_at() {
    let (world, phones, _) = World::with_apps(3);
    let small = Policy::builder("Example").authenticators(1).guess_budget(1, days(31)).build().unwrap();
    let strict = under(&world, small);
    assert!(!strict.verifier.status(&strict.account).unwrap().is_locked);
    for phone in &phones {
        let _ = strict.log_in(phone);
    }
    // A guess is charged for each of the three, and no second one is evaluated.
    let wrong = phones[0].wrong_code(strict.now());
    let locked = Refusal::Locked { retry_at: None };
    assert_eq!(strict.present(&wrong).unwrap_err(), locked);
    assert_eq!(strict.present(&phones[0].code(strict.now())).unwrap_err(), locked);
    // Codes in a row are.
    strict.clock.advance(4 * STEP);
    assert!(strict.present(&phones[1].codes_in_a_row(strict.now())).is_ok());
}

#[test]
fn g42_the_stated_odds_hold_for_more_apps_than_the_budget_has_guesses() {
    let window = Window::wide(10, 10).unwrap();
    let build = |regain| {
        let policy = Policy::builder("Example").authenticators(1).window(window);
        policy.guess_budget(1, days(regain)).build()
    };
    // 2^31 / (23 * 21 * 2,148) = 2,069, but with five apps there are four guesses more: 1,763.
    assert_eq!(build(19), Err(PolicyError::GuessOdds { one_in: 1_763 }));
    assert_eq!(build(180).unwrap().guess_odds(days(YEAR)).guesses(), 4);
}
