//! Bugs that `login_model.rs` found, each as the shortest list of commands.

use second_factor::session::{AdministratorReset, EventKind};
use second_factor::{AccountId, Refusal, Remember};

use crate::support::{NEVER_ISSUED, START, STEP, World, days, refusal};

/// During a lock a wrong recovery code is not charged, so nothing may be refunded for it.
#[test]
fn typos_under_a_lock_do_not_lower_the_count_of_the_alarm() {
    let (world, phone, codes) = World::enrolled();
    let wrong: Vec<_> = phone.wrong_codes(world.now()).take(21).collect();
    for wrong in &wrong[..20] {
        let _ = world.present(wrong).unwrap_err();
    }
    let challenge = world.challenge();
    for _ in 0..3 {
        let typo = world.verifier.present(&challenge, NEVER_ISSUED, Remember::No);
        assert_eq!(refusal(typo).unwrap_err(), Refusal::NotAccepted);
    }
    let _ = world.verifier.present(&challenge, &codes[0], Remember::No).unwrap();
    world.events.take();
    // The alarm reported twenty guesses, and none was refunded; the next alarm is at the 25th.
    world.clock.advance(days(15));
    for wrong in phone.wrong_codes(world.now()).take(4) {
        let _ = world.present(&wrong).unwrap_err();
    }
    let alarm = |kind: &EventKind| matches!(kind, EventKind::PasswordSuspectedKnown { .. });
    assert_eq!(world.events.count(alarm), 0);
    let _ = world.present(&wrong[20]).unwrap_err();
    assert_eq!(world.events.count(|kind| *kind == EventKind::PasswordSuspectedKnown { guesses: 25 }), 1);
}

/// If the clock goes back, the wait does not move, and the answer to the last guess has the right time.
#[test]
fn the_reported_end_of_a_lock_is_right_after_a_clock_went_back() {
    let (world, phone, _) = World::enrolled();
    for wrong in phone.wrong_codes(world.now()).take(19) {
        let _ = world.present(&wrong).unwrap_err();
    }
    world.clock.back(1_000 * STEP);
    let session = world.session(1);
    let told = refusal(world.verifier.fresh_factor(&session, &phone.wrong_code(world.now()))).unwrap_err();
    let until = START.saturating_add(days(3));
    let retry_at = Some(until);
    assert_eq!(told, Refusal::Locked { retry_at });
    assert_eq!(world.events.count(|kind| *kind == EventKind::Locked { until: retry_at }), 1);
    assert_eq!(world.verifier.status(&world.account).unwrap().retry_at, retry_at);
    world.clock.set(until);
    assert!(world.present(&phone.code(world.now())).is_ok());
}

/// Without an authenticator there is nothing to lock, whatever was guessed before it was removed.
#[test]
fn an_account_without_an_authenticator_is_not_locked() {
    let (world, phone, _) = World::enrolled();
    world.clock.advance(days(31));
    for wrong in phone.wrong_codes(world.now()).take(30) {
        let _ = world.present(&wrong).unwrap_err();
    }
    world.clock.back(days(30));
    assert!(world.verifier.status(&world.account).unwrap().is_locked);
    let administrator = AccountId::new("administrator").unwrap();
    let reset = AdministratorReset::by_host(world.account.clone(), &administrator).unwrap();
    let _ = world.verifier.administrator_reset(reset).unwrap();
    let status = world.verifier.status(&world.account).unwrap();
    assert_eq!((status.is_locked, status.retry_at), (false, None));
}

/// A user who stays in a session takes no password step. The lock once lasted until the time of a clock that was ahead.
#[test]
fn a_lock_by_a_clock_that_was_ahead_ends_after_three_days() {
    let (world, phone, _) = World::enrolled();
    let session = world.session(1);
    world.clock.advance(days(365));
    for wrong in phone.wrong_codes(world.now()).take(20) {
        let _ = world.verifier.fresh_factor(&session, &wrong).unwrap_err();
    }
    world.clock.back(days(365));
    let told = refusal(world.verifier.fresh_factor(&session, &phone.code(world.now()))).unwrap_err();
    // That clock would cover ten more guesses, and reported none of them; the right clock counts from the last code.
    assert_eq!(told, Refusal::Locked { retry_at: Some(START.saturating_add(days(3))) });
    world.clock.advance(days(3));
    let fresh = world.verifier.fresh_factor(&session, &phone.code(world.now())).unwrap();
    assert_eq!(fresh.account(), &world.account);
}
