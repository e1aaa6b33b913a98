//! The owner gets in, whatever an attacker, a wrong clock or typing mistakes have charged: threats G21 and G22, failure F36.

use core::time::Duration;
use second_factor::otp::ClockOffset;

use second_factor::session::{EventKind, RefusedBecause};
use second_factor::{AuthMethod, Policy, Refusal, Remember, UnixTime};

use super::budget::{BUDGET, CREDIT, exhaust};
use crate::support::sessions::charged;
use crate::support::{START, STEP, World, days, is_refused_because, refusal};

#[test]
fn g21_an_owner_charged_by_a_slow_server_gets_in_once_it_is_right() {
    const SLOW: Duration = Duration::from_secs(180);
    for attempts in [1, 4, 19, 20, 25, 60] {
        let (world, phone, _) = World::enrolled();
        // The owner's codes are those of a right clock, and each attempt is a new login.
        for _ in 0..attempts {
            let refused = world.present(&phone.code(world.now().saturating_add(SLOW))).unwrap_err();
            assert!(matches!(refused, Refusal::NotAccepted | Refusal::Locked { .. }), "{refused:?}");
            world.clock.advance(STEP);
        }
        let wrong = attempts.min(BUDGET);
        assert_eq!(charged(&world).0, wrong as u64, "{attempts}");
        // The audit trail shows the operator that one clock is three minutes off.
        let off = RefusedBecause::ClockOff(ClockOffset::from_secs(180));
        assert_eq!(world.events.count(is_refused_because(off)), wrong);

        world.clock.advance(SLOW);
        let accepted = world.present(&phone.codes_in_a_row(world.now())).unwrap();
        assert_eq!(accepted.authenticated.method(), AuthMethod::CodesInARow, "{attempts}");
    }
}

#[test]
fn g22_an_owner_who_mistypes_once_a_day_is_never_locked_out() {
    let (world, phone, _) = World::enrolled();
    let mut in_a_row = 0;
    for day in 1..=90 {
        world.clock.set(START.saturating_add(days(day)));
        // Mistypes and starts a new login instead of trying again, so that nothing is refunded.
        let _ = world.present(&phone.wrong_code(world.now())).unwrap_err();
        match world.present(&phone.code(world.now())) {
            Ok(_) => {}
            Err(refused) => {
                assert!(matches!(refused, Refusal::Locked { .. }), "{day}: {refused:?}");
                let accepted = world.present(&phone.codes_in_a_row(world.now())).unwrap();
                assert_eq!(accepted.authenticated.method(), AuthMethod::CodesInARow);
                in_a_row += 1;
            }
        }
        assert!(in_a_row == 0 || day >= 25, "a single code was refused on day {day} already");
    }
    assert!(in_a_row > 0, "single codes were never refused");
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::LoggedIn { .. })), 90);
}

/// An owner who tries again in the same login is not charged at all.
#[test]
fn g22_an_owner_who_mistypes_and_tries_again_is_charged_nothing() {
    let (world, phone, _) = World::enrolled();
    for day in 1..=90 {
        world.clock.set(START.saturating_add(days(day)));
        let challenge = world.challenge();
        for wrong in phone.wrong_codes(world.now()).take(4) {
            let _ = refusal(world.verifier.present(&challenge, &wrong, Remember::No)).unwrap_err();
        }
        let _ = world.verifier.present(&challenge, &phone.code(world.now()), Remember::No).unwrap();
        assert_eq!(charged(&world), (0, 0));
    }
    let suspected = |kind: &EventKind| matches!(kind, EventKind::PasswordSuspectedKnown { .. });
    assert_eq!(world.events.count(suspected), 0);
}

/// Starting at any second, and also if the code shown now was just used.
#[test]
fn g22_the_app_alone_is_enough_within_two_and_a_half_minutes() {
    for second in 0..30 {
        for is_used in [false, true] {
            let (world, phone, _) = World::enrolled();
            world.clock.advance(4 * STEP + Duration::from_secs(second));
            if is_used {
                let _ = world.present(&phone.code(world.now())).unwrap();
            }
            assert_eq!(exhaust(&world, phone.wrong_codes(world.now())), BUDGET);

            let begun = world.now();
            let first = UnixTime::from_secs(begun.as_secs() / 30 * 30 + if is_used { 30 } else { 0 });
            world.clock.set(first.saturating_add(3 * STEP).max(begun));
            let accepted = world.present(&phone.codes_in_a_row(world.now())).unwrap();
            assert_eq!(accepted.authenticated.method(), AuthMethod::CodesInARow);
            // The last code is shown for another 30 seconds, in which the owner types.
            let waited = world.now().checked_since(begun).unwrap() + STEP;
            assert!(waited <= Duration::from_secs(150), "{waited:?}");
        }
    }
}

/// Whatever somebody with the password or a stolen session does at the same time, codes in a row are accepted.
#[test]
fn g22_codes_in_a_row_are_accepted_while_many_guess() {
    use std::sync::Arc;

    use crate::support::{Meeting, at_once};

    let world = World::over(Arc::new(Meeting::default()), Policy::new("Example").unwrap());
    let (phone, _) = world.enroll();
    assert!(exhaust(&world, phone.wrong_codes(world.now())) > 0);
    world.clock.advance(4 * STEP);
    let (session, challenge) = (world.session(1), world.challenge());
    let wrong: Vec<_> = phone.wrong_codes(world.now()).take(4).collect();
    let right = phone.codes_in_a_row(world.now());
    let answers = at_once(33, |number| {
        if number == 0 {
            return refusal(world.verifier.present(&challenge, &right, Remember::No)).is_ok();
        }
        for _ in 0..10 {
            let _ = world.present(&wrong[0]);
            let _ = world.present(&wrong.concat());
            let _ = world.verifier.fresh_factor(&session, &wrong.concat());
        }
        false
    });
    assert!(answers[0], "the owner did not get in");
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::LoggedIn { .. })), 1);
}

#[test]
fn f36_a_lock_under_a_clock_a_year_ahead_is_opened_by_codes_in_a_row() {
    let (world, phone, _) = World::enrolled();
    world.clock.advance(days(365));
    assert_eq!(exhaust(&world, phone.wrong_codes(world.now())), BUDGET + CREDIT);
    world.clock.back(days(365));
    world.clock.advance(4 * STEP);
    let accepted = world.present(&phone.codes_in_a_row(world.now())).unwrap();
    assert_eq!(accepted.authenticated.method(), AuthMethod::CodesInARow);
}
