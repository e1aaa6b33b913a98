//! A try of an old recovery code is charged before the host compares it.

use core::time::Duration;

use second_factor::session::{EventKind, Remember};
use second_factor::{AuthMethod, Refusal};

use super::{ROWS, app, code, imported, recovery_codes_left, tried, with_old_code, with_wrong_old_code};
use crate::support::sessions::{charged, row};
use crate::support::{DAY, World, at_once, days, refusal};
use crate::threats::budget::{BUDGET, is_wrong, retry_at};

fn is_tried(kind: &EventKind) -> bool {
    *kind == EventKind::OldRecoveryCodeTried
}

fn try_until_locked(world: &World) {
    let mut answers = (0..100).map(|_| with_wrong_old_code(world, &world.challenge()));
    let refused = answers.find_map(Result::err);
    assert!(matches!(refused, Some(Refusal::Locked { .. })), "{refused:?}");
}

fn suspected(world: &World) -> Vec<EventKind> {
    let events = world.events.take().into_iter();
    events.filter(|kind| matches!(kind, EventKind::PasswordSuspectedKnown { .. })).collect()
}

#[test]
fn m07_a_try_is_charged_first_and_refunded_by_a_success() {
    let world = imported();
    let challenge = world.challenge();
    let dropped = tried(&world, &challenge).unwrap();
    assert_eq!(charged(&world), (1, 1), "a try is charged before the host compares");
    drop(dropped);
    assert_eq!(charged(&world), (1, 1));
    assert!(world.verifier.present(&challenge, "000000", Remember::No).is_err());
    assert_eq!(charged(&world), (2, 2), "codes and tries do not share the budget");
    let elsewhere = world.challenge();
    with_wrong_old_code(&world, &elsewhere).unwrap();
    assert_eq!(charged(&world), (3, 3));
    // The login refunds the charges of its own challenge: two wrong ones and its own try.
    let _ = with_old_code(&world, &challenge, ROWS[0]).unwrap();
    assert_eq!(charged(&world), (1, 1));
}

#[test]
fn m07_the_fifth_try_ends_the_challenge_and_is_still_answered() {
    // The fifth try is right.
    let world = imported();
    let challenge = world.challenge();
    for _ in 0..4 {
        with_wrong_old_code(&world, &challenge).unwrap();
    }
    let fifth = tried(&world, &challenge).unwrap();
    assert_eq!(tried(&world, &challenge).unwrap_err(), Refusal::ChallengeOver);
    let right = code(world.now());
    let refused = refusal(world.verifier.present(&challenge, &right, Remember::No));
    assert_eq!(refused.unwrap_err(), Refusal::ChallengeOver, "the challenge accepts another code");
    let verified = fifth.was(ROWS[0]);
    let accepted = world.verifier.present(&challenge, verified, Remember::No).unwrap();
    assert_eq!(accepted.authenticated.method(), AuthMethod::RecoveryCode);
    assert_eq!(charged(&world), (0, 0));

    // The fifth try is wrong.
    let world = imported();
    let challenge = world.challenge();
    for _ in 0..5 {
        with_wrong_old_code(&world, &challenge).unwrap();
    }
    assert_eq!(world.events.count(|kind| *kind == EventKind::ChallengeExhausted), 1);
    assert_eq!(with_old_code(&world, &challenge, ROWS[0]).unwrap_err(), Refusal::ChallengeOver);
    assert_eq!(charged(&world), (5, 5));
    // Four wrong codes and a try make five too.
    let world = imported();
    let challenge = world.challenge();
    for wrong in ["000000", "000001", "000002", "000003"] {
        let _ = world.verifier.present(&challenge, wrong, Remember::No).unwrap_err();
    }
    with_wrong_old_code(&world, &challenge).unwrap();
    assert_eq!(tried(&world, &challenge).unwrap_err(), Refusal::ChallengeOver);
}

#[test]
fn m07_parallel_tries_are_each_charged() {
    // Of 40 at once in one challenge, five are charged.
    let world = imported();
    let challenge = world.challenge();
    let answers = at_once(40, |_| tried(&world, &challenge).map(drop));
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 5);
    assert_eq!(answers.iter().filter(|answer| **answer == Err(Refusal::ChallengeOver)).count(), 35);
    assert_eq!(charged(&world), (5, 5));
    // Of 40 in a challenge each, as many as the budget has left.
    let challenges: Vec<_> = (0..40).map(|_| world.challenge()).collect();
    let answers = at_once(40, |n| tried(&world, &challenges[n]).map(drop));
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), BUDGET - 5);
    let locked = Err(Refusal::Locked { retry_at: retry_at(world.now(), 0) });
    assert_eq!(answers.iter().filter(|answer| **answer == locked).count(), 20 + 5);
    assert_eq!(charged(&world).0, BUDGET as u64);
}

#[test]
fn m07_with_a_spent_budget_nothing_is_tried() {
    let world = imported();
    let pending = world.challenge();
    let verified = tried(&world, &pending).unwrap().was(ROWS[0]);
    try_until_locked(&world);
    assert_eq!(world.events.count(is_tried), BUDGET);
    let before = row(&world);
    let locked = Refusal::Locked { retry_at: retry_at(world.now(), 0) };
    assert_eq!(tried(&world, &world.challenge()).unwrap_err(), locked);
    assert_eq!(row(&world), before, "a refused try was written");
    // A try that was charged before still works, and refunds its charge, so one more is covered.
    let _ = world.verifier.present(&pending, verified, Remember::No).unwrap();
    assert_eq!(charged(&world).0, BUDGET as u64 - 1);
    assert!(with_old_code(&world, &world.challenge(), ROWS[1]).is_ok());
    // The app alone still lets the owner in.
    try_until_locked(&world);
    assert!(world.present(&app().codes_in_a_row(world.now())).is_ok());
}

#[test]
fn m07_tries_count_for_the_alarm() {
    let world = imported();
    for count in 1..=12 {
        with_wrong_old_code(&world, &world.challenge()).unwrap();
        let told = match count {
            5 | 10 => vec![EventKind::PasswordSuspectedKnown { guesses: count }],
            _ => vec![],
        };
        assert_eq!(suspected(&world), told, "{count}");
    }
}

/// Somebody with the password tries codes and old recovery codes all the time for a year, and the owner logs in every week.
/// No more are compared than the policy states, and no old code is used up.
#[test]
fn m07_a_year_of_tries_stays_within_the_stated_guesses() {
    for owner_comes in [false, true] {
        let world = imported();
        let phone = app();
        let mut guesses = 0;
        for round in 1..=365 * 4_usize {
            let challenge = world.challenge();
            for n in 0..4 {
                let is_compared = if (round + n) % 2 == 0 {
                    with_wrong_old_code(&world, &challenge).is_ok()
                } else {
                    let wrong = phone.wrong_code(world.now());
                    let before = world.events.count(is_wrong);
                    let _ = world.verifier.present(&challenge, &wrong, Remember::No).unwrap_err();
                    world.events.count(is_wrong) > before
                };
                guesses += u64::from(is_compared);
            }
            world.events.take();
            world.clock.advance(DAY / 4);
            if owner_comes && round % 28 == 0 {
                assert!(world.present(&phone.codes_in_a_row(world.now())).is_ok());
                world.clock.advance(Duration::from_secs(150));
            }
        }
        let stated = world.verifier.policy().guess_odds(days(365)).guesses();
        assert!(guesses <= stated, "{guesses} of {stated}");
        // The bound is nearly reached. Without the owner there is one budget, and the credit of one month.
        assert!(guesses > if owner_comes { stated - 30 } else { 29 }, "{guesses} of {stated}");
        assert_eq!(recovery_codes_left(&world), 10);
    }
}

/// So a form needs a field of its own for such old codes.
#[test]
fn m07_an_old_code_that_looks_like_another_code_is_not_malformed() {
    for typed in ["123456", "123456 123456 123456 123456", "ABCDE-FGHIJ-KLMNO-PQRST-UVWXYA"] {
        let world = imported();
        let presented = world.verifier.present(&world.challenge(), typed, Remember::No);
        assert_eq!(refusal(presented).unwrap_err(), Refusal::NotAccepted, "{typed}");
    }
}
