//! A wrong clock: threat G21. The set-up says by how much a clock is off; a login does not, but the log does.

use second_factor::otp::ClockOffset;
use second_factor::session::{EventKind, NewAuthenticator, RefusedBecause, Remember};
use second_factor::{Digits, Period, Policy, Refusal, TotpParams, UnixTime};

use crate::support::sessions::{charged, fresh_factor, row};
use crate::support::{Phone, STEP, World, refusal};

/// The time on a clock that is this many seconds ahead.
fn ahead(world: &World, secs: i64) -> UnixTime {
    UnixTime::from_secs(world.now().as_secs().checked_add_signed(secs).unwrap())
}

fn off(secs: i64) -> ClockOffset {
    ClockOffset::from_secs(secs.try_into().unwrap())
}

/// Offsets within ten minutes, in half minutes, that are outside of the window.
fn told() -> impl Iterator<Item = i64> {
    (-20..=20_i64).filter(|steps| steps.abs() > 1).map(|steps| 30 * steps)
}

#[test]
fn g21_at_an_enrollment_a_wrong_clock_binds_nothing_and_is_reported() {
    for secs in told() {
        let world = World::new();
        let begun = world.begin();
        let phone = Phone::scan(&begun.uri);
        let code = phone.code(ahead(&world, secs));
        world.events.take();
        let refused = refusal(world.verifier.confirm_enrollment(&begun.token, &code)).unwrap_err();
        assert_eq!(refused, Refusal::ClockOff(off(secs)));
        assert_eq!((row(&world), world.list().len()), (None, 0), "{secs} s");
        assert_eq!(world.events.take(), [EventKind::EnrollmentRefused], "{secs} s");
        assert!(!refused.is_over(), "the enrollment is over");
        // After either clock was set right, the next right code confirms.
        world.clock.advance(STEP);
        assert!(world.verifier.confirm_enrollment(&begun.token, &phone.code(world.now())).is_ok());
    }
    // A code in the window binds at once.
    for secs in [-30, 0, 30] {
        let world = World::new();
        let begun = world.begin();
        let code = Phone::scan(&begun.uri).code(ahead(&world, secs));
        assert!(world.verifier.confirm_enrollment(&begun.token, &code).is_ok(), "{secs} s");
    }
}

#[test]
fn g21_a_wrong_clock_binds_no_additional_authenticator_either() {
    let (world, phone, _) = World::enrolled();
    let new = [NewAuthenticator::app("alice"), world.in_place_of_first()];
    for new in new {
        let begun = world.verifier.begin_enrollment(world.fresh(&phone), new).unwrap();
        let other = Phone::scan(&begun.uri);
        let before = row(&world);
        for secs in told() {
            let code = other.code(ahead(&world, secs));
            let refused = refusal(world.verifier.confirm_enrollment(&begun.token, &code));
            assert_eq!(refused.unwrap_err(), Refusal::ClockOff(off(secs)));
        }
        // A code of the app that is bound already is wrong, whatever its clock.
        let code = phone.code(ahead(&world, 300));
        let refused = refusal(world.verifier.confirm_enrollment(&begun.token, &code));
        assert_eq!(refused.unwrap_err(), Refusal::NotAccepted);
        assert_eq!(row(&world), before, "the row has changed");
        assert!(world.verifier.confirm_enrollment(&begun.token, &other.code(world.now())).is_ok());
        world.clock.advance(2 * STEP);
        let session = world.session(1);
        assert!(fresh_factor(&world, &session, &other.code(world.now())).is_ok());
        world.clock.advance(STEP);
    }
}

#[test]
fn g21_a_clock_that_is_off_by_more_than_ten_minutes_is_not_reported() {
    let params =
        |secs| TotpParams::new(second_factor::Algorithm::Sha1, Digits::Six, Period::from_secs(secs).unwrap());
    // For each period: the largest offset that is reported, and the next one.
    for (period, last) in [(15, 600), (30, 600), (60, 600)] {
        let world = World::with_policy(Policy::builder("Example").totp(params(period)).build().unwrap());
        let begun = world.begin();
        let phone = Phone::scan(&begun.uri);
        let step = i64::from(period);
        for (secs, expected) in [
            (last, Refusal::ClockOff(off(last))),
            (-last, Refusal::ClockOff(off(-last))),
            (last + step, Refusal::NotAccepted),
            (-last - step, Refusal::NotAccepted),
            (3_600, Refusal::NotAccepted),
            (-86_400, Refusal::NotAccepted),
        ] {
            let code = phone.code(ahead(&world, secs));
            let refused = refusal(world.verifier.confirm_enrollment(&begun.token, &code));
            assert_eq!(refused.unwrap_err(), expected, "{secs} s of {period} s");
        }
    }
}

/// The refusal of a code at a login, and the events without the alarm at every fifth guess.
fn answer(world: &World, code: &str) -> (Refusal, Vec<EventKind>) {
    let challenge = world.challenge();
    world.events.take();
    let refused = refusal(world.verifier.present(&challenge, code, Remember::No)).unwrap_err();
    let is_alarm = |kind: &EventKind| matches!(kind, EventKind::PasswordSuspectedKnown { .. });
    (refused, world.events.take().into_iter().filter(|kind| !is_alarm(kind)).collect())
}

fn because(reason: RefusedBecause) -> Vec<EventKind> {
    vec![EventKind::CodeRefused { reason }]
}

#[test]
fn g21_at_a_login_a_wrong_clock_is_an_event_and_a_wrong_code() {
    for secs in told() {
        let (world, phone, _) = World::enrolled();
        world.clock.advance(100 * STEP);
        let code = phone.code(ahead(&world, secs));
        let reason = RefusedBecause::ClockOff(off(secs));
        // Answered, charged and counted like a wrong code.
        assert_eq!(answer(&world, &code), (Refusal::NotAccepted, because(reason)));
        let wrong = phone.wrong_code(world.now());
        assert_eq!(answer(&world, &wrong), (Refusal::NotAccepted, because(RefusedBecause::Wrong)));
        assert_eq!(charged(&world), (2, 2));
        // The same in a session.
        world.events.take();
        let stepped_up = fresh_factor(&world, &world.session(1), &code);
        assert_eq!(stepped_up.unwrap_err(), Refusal::NotAccepted);
        assert_eq!(world.events.take(), because(reason));
        assert_eq!(charged(&world), (3, 3));
        // The code was not used up: when its time has come, it is accepted.
        if let Ok(secs) = u64::try_from(secs) {
            world.clock.advance(core::time::Duration::from_secs(secs));
            assert!(world.present(&code).is_ok(), "{secs} s");
        }
    }
    for secs in [-630, 630, 3_600] {
        let (world, phone, _) = World::enrolled();
        world.clock.advance(100 * STEP);
        let code = phone.code(ahead(&world, secs));
        assert_eq!(answer(&world, &code), (Refusal::NotAccepted, because(RefusedBecause::Wrong)));
    }
}

#[test]
fn g21_five_codes_of_another_time_end_a_challenge_like_wrong_ones() {
    let (world, phone, _) = World::enrolled();
    let challenge = world.challenge();
    let told: Vec<_> = (3..=7)
        .map(|steps| {
            let code = phone.code(ahead(&world, 30 * steps));
            refusal(world.verifier.present(&challenge, &code, Remember::No)).unwrap_err()
        })
        .collect();
    assert_eq!(told[..4], [Refusal::NotAccepted; 4]);
    assert_eq!(told[4], Refusal::ChallengeOver);
    let right = refusal(world.verifier.present(&challenge, &phone.code(world.now()), Remember::No));
    assert_eq!(right.unwrap_err(), Refusal::ChallengeOver);
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::PasswordSuspectedKnown { .. })), 1);
}

#[test]
fn g21_the_log_says_that_a_code_of_ten_minutes_ago_was_used() {
    let (world, phone, _) = World::enrolled();
    world.clock.advance(100 * STEP);
    let [used, skipped] = [0, -30].map(|secs| phone.code(ahead(&world, secs)));
    let _ = world.present(&used).unwrap();
    // Far outside of the window: this step and the one before are used up.
    for steps in [3, 10, 19] {
        world.clock.advance(steps * STEP);
        for code in [&used, &skipped] {
            assert_eq!(answer(&world, code), (Refusal::NotAccepted, because(RefusedBecause::Replayed)));
        }
        world.clock.back(steps * STEP);
    }
    world.clock.advance(10 * STEP);
    let unused = phone.code(ahead(&world, -150));
    let reason = RefusedBecause::ClockOff(off(-150));
    assert_eq!(answer(&world, &unused), (Refusal::NotAccepted, because(reason)));
    world.clock.advance(30 * STEP);
    assert_eq!(answer(&world, &used), (Refusal::NotAccepted, because(RefusedBecause::Wrong)));
}

#[test]
fn g21_of_several_apps_the_one_whose_clock_is_off_is_found() {
    let (world, phones, _) = World::with_apps(2);
    world.clock.advance(100 * STEP);
    for phone in &phones {
        let code = phone.code(ahead(&world, -240));
        let reason = RefusedBecause::ClockOff(off(-240));
        assert_eq!(answer(&world, &code), (Refusal::NotAccepted, because(reason)));
    }
    assert_eq!(charged(&world), (4, 2), "once for each app");
}
