//! Restoring a row from a backup makes used and ended things valid again, and `end_what_a_backup_revived` ends some of them:
//! the table of `manual::operations`, row by row. Each test first shows that without the call the thing is valid again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use second_factor::session::{AdministratorReset, EventKind, ForgottenBecause, Requirement};
use second_factor::{
    Accepted, AccountId, AuthMethod, BlockingVerifier, KeyRing, Login, PasswordReset, Policy, Refusal,
    Remember, SealingKey, UnixTime,
};

use crate::support::{JsonStore, Phone, STEP, TestRng, World, code_required, complete, refusal};

type JsonWorld = World<Arc<JsonStore>>;

fn json_world() -> JsonWorld {
    World::over(Arc::new(JsonStore::default()), Policy::new("Example").unwrap())
}

fn enrolled() -> (JsonWorld, Phone, Vec<String>) {
    let world = json_world();
    let (phone, codes) = world.enroll();
    (world, phone, codes)
}

/// A backup of the account's row.
fn backup(world: &JsonWorld) -> String {
    world.verifier.store().text(&world.account).unwrap()
}

/// Restores the row without telling the library.
fn restore(world: &JsonWorld, backup: &str) {
    world.verifier.store().put(&world.account, backup);
}

/// Restores the row as the manual says.
fn restore_by_the_manual(world: &JsonWorld, backup: &str) {
    restore(world, backup);
    let ended = world.verifier.end_what_a_backup_revived(&world.account).unwrap();
    assert_eq!(ended.account(), &world.account);
}

#[test]
fn o03_a_code_from_before_the_restore_is_refused_after_the_call() {
    let (world, phone, _) = enrolled();
    let row = backup(&world);
    let used = phone.code(world.now());
    let _ = world.present(&used).unwrap();
    assert_eq!(world.present(&used).unwrap_err(), Refusal::NotAccepted);
    restore(&world, &row);
    assert!(world.present(&used).is_ok(), "the backup does not have the use of the code");

    restore_by_the_manual(&world, &row);
    let in_a_step = phone.code(UnixTime::from_secs(world.now().as_secs() + 30));
    for code in [&used, &in_a_step] {
        assert_eq!(world.present(code).unwrap_err(), Refusal::NotAccepted);
    }
    // The owner waits a minute at most.
    world.clock.advance(STEP);
    assert_eq!(world.present(&in_a_step).unwrap_err(), Refusal::NotAccepted);
    world.clock.advance(STEP);
    assert!(world.present(&phone.code(world.now())).is_ok());
}

#[test]
fn o03_a_code_is_refused_after_the_call_though_its_key_was_missing() {
    let (world, phone, _) = enrolled();
    let row = backup(&world);
    let used = phone.code(world.now());
    let _ = world.present(&used).unwrap();
    restore(&world, &row);
    let (store, clock) = (world.verifier.store().clone(), world.clock.clone());
    let ring = KeyRing::new(2, SealingKey::new([8; 32]));
    let policy = Policy::new("Example").unwrap();
    let elsewhere = BlockingVerifier::with_sources(store, policy, ring, clock, Mutex::new(TestRng(1 << 32)));
    let _ = elsewhere.end_what_a_backup_revived(&world.account).unwrap();
    assert_eq!(world.present(&used).unwrap_err(), Refusal::NotAccepted);
}

#[test]
fn o03_a_session_that_was_ended_is_over_after_the_call() {
    let (world, phone, _) = enrolled();
    let session = world.log_in(&phone).authenticated.into_session();
    let row = backup(&world);
    let _ = world.verifier.end_all_sessions(&session).unwrap();
    assert!(!world.is_current(&session));
    restore(&world, &row);
    assert!(world.is_current(&session), "the backup does not have the end of the session");

    restore_by_the_manual(&world, &row);
    assert!(!world.is_current(&session));
}

#[test]
fn o03_a_session_from_before_the_first_row_is_over_after_the_call() {
    let world = json_world();
    let Login::Complete(Accepted { authenticated, .. }) = world.login() else {
        panic!("no authenticator is bound")
    };
    let session = authenticated.into_session();
    let _ = world.verifier.end_all_sessions(&session).unwrap();
    assert!(!world.is_current(&session));
    // The backup has no row for this account.
    let restored = json_world();
    assert!(restored.is_current(&session), "the backup does not have the end of the session");
    let _ = restored.verifier.end_what_a_backup_revived(&world.account).unwrap();
    assert!(!restored.is_current(&session));
}

#[test]
fn o03_a_login_that_was_open_or_done_is_over_after_the_call() {
    let (world, phone, _) = enrolled();
    let [open, done] = [world.challenge(), world.challenge()];
    let row = backup(&world);
    let present =
        |challenge| refusal(world.verifier.present(challenge, &phone.code(world.now()), Remember::No));
    let _ = present(&done).unwrap();
    assert_eq!(present(&done).unwrap_err(), Refusal::AlreadyDone);
    restore(&world, &row);
    world.clock.advance(STEP);
    assert!(present(&done).is_ok(), "the backup does not have the end of the login");

    restore_by_the_manual(&world, &row);
    world.clock.advance(2 * STEP);
    assert_eq!(present(&done).unwrap_err(), Refusal::ChallengeOver);
    assert_eq!(present(&open).unwrap_err(), Refusal::ChallengeOver);
    assert!(world.present(&phone.code(world.now())).is_ok());
}

#[test]
fn o03_an_enrollment_that_was_over_is_refused_after_the_call() {
    let (world, phone, _) = enrolled();
    let session = world.session(1);
    let begun = world.verifier.begin_enrollment(world.fresh(&phone), "alice").unwrap();
    let other = Phone::scan(&begun.uri);
    let confirm = || refusal(world.verifier.confirm_enrollment(&begun.token, &other.code(world.now())));
    let row = backup(&world);
    let _ = world.verifier.end_all_sessions(&session).unwrap();
    assert_eq!(confirm().unwrap_err(), Refusal::EnrollmentOver);
    restore(&world, &row);
    assert!(confirm().is_ok(), "the backup does not have the end of the enrollment");

    restore_by_the_manual(&world, &row);
    assert_eq!(confirm().unwrap_err(), Refusal::EnrollmentOver);
    assert_eq!(
        refusal(world.verifier.pending_enrollment(&begun.token)).unwrap_err(),
        Refusal::EnrollmentOver
    );
}

#[test]
fn o03_a_device_that_was_forgotten_is_refused_after_the_call() {
    let (world, phone, _) = enrolled();
    let device = world.remember(&phone);
    let row = backup(&world);
    assert_eq!(world.verifier.forget_all_devices(&world.account).unwrap(), 1);
    let _ = code_required(world.login_on(&device));
    restore(&world, &row);
    let session = complete(world.login_on(&device)).authenticated.into_session();

    restore_by_the_manual(&world, &row);
    let _ = code_required(world.login_on(&device));
    assert!(!world.is_current(&session));
    assert!(world.verifier.status(&world.account).unwrap().devices.is_empty());
}

#[test]
fn o03_the_owner_is_told_of_the_restored_backup() {
    let (world, phone, _) = enrolled();
    let device = world.remember(&phone);
    let row = backup(&world);
    world.events.take();
    restore_by_the_manual(&world, &row);
    let kinds = world.events.take();
    let [EventKind::DeviceForgotten { reason: ForgottenBecause::Restored, .. }, EventKind::Restored] =
        &kinds[..]
    else {
        panic!("{kinds:?}")
    };
    assert!(EventKind::Restored.notify_owner());
    // A second call, as after an interrupted walk, ends what began between the two.
    world.clock.advance(2 * STEP);
    let session = world.log_in(&phone).authenticated.into_session();
    let _ = world.verifier.end_what_a_backup_revived(&world.account).unwrap();
    assert!(!world.is_current(&session));
    let _ = code_required(world.login_on(&device));
}

/// The account's status after this row was restored as the manual says.
fn status_after(world: &JsonWorld, row: &str) -> (usize, usize, bool) {
    restore_by_the_manual(world, row);
    let status = world.verifier.status(&world.account).unwrap();
    (status.authenticators.len(), status.recovery_codes_left, status.is_locked)
}

#[test]
fn o03_some_things_stay_valid_after_the_call() {
    let (world, phone, codes) = enrolled();
    let row = backup(&world);
    // A used recovery code is valid again, until new ones are made.
    let _ = world.present(&codes[0]).unwrap();
    assert_eq!(status_after(&world, &row), (1, 10, false));
    assert_eq!(world.present(&codes[0]).unwrap().authenticated.method(), AuthMethod::RecoveryCode);
    restore_by_the_manual(&world, &row);
    world.clock.advance(2 * STEP);
    let _ = world.verifier.regenerate_recovery_codes(world.fresh(&phone)).unwrap();
    assert_eq!(world.present(&codes[0]).unwrap_err(), Refusal::NotAccepted);

    // Spent guesses can be made again.
    let limit = usize::from(world.verifier.policy().guess_budget());
    for wrong in phone.wrong_codes(world.now()).take(limit) {
        let _ = world.present(&wrong).unwrap_err();
    }
    assert!(world.verifier.status(&world.account).unwrap().is_locked);
    assert_eq!(status_after(&world, &row), (1, 10, false));

    // A removed authenticator is bound again and codes are required; a closed account is open.
    world.clock.advance(2 * STEP);
    let _ = world.verifier.disable(world.fresh(&phone), Requirement::None).unwrap();
    let _ = complete(world.login());
    assert_eq!(status_after(&world, &row), (1, 10, false));
    let _ = code_required(world.login());
    let support = AccountId::new("support").unwrap();
    let closed = AdministratorReset::by_host(world.account.clone(), &support).unwrap();
    let _ = world.verifier.close_account(closed).unwrap();
    assert_eq!(status_after(&world, &row), (1, 10, false));
}

#[test]
fn o03_an_owner_who_enrolled_after_the_backup_needs_no_code() {
    let (world, _, _) = enrolled();
    let _ = code_required(world.login());
    let restored = json_world();
    let _ = restored.verifier.end_what_a_backup_revived(&world.account).unwrap();
    let _ = complete(restored.login());
}

#[test]
fn o03_a_backup_taken_during_a_password_change_makes_a_login_wait_once() {
    let (world, phone, _) = enrolled();
    let reset = PasswordReset::by_host(world.verifier.check_password(&world.account));
    let crashed = catch_unwind(AssertUnwindSafe(|| {
        let _ = world.verifier.change_password(reset, || -> Result<(), &str> { panic!("planted") });
    }));
    assert!(crashed.is_err());
    let row = backup(&world);
    world.clock.advance(4 * STEP);
    restore_by_the_manual(&world, &row);
    world.clock.advance(2 * STEP);
    assert_eq!(
        refusal(world.verifier.password_verified(world.password(), None)).unwrap_err(),
        Refusal::Retry
    );
    let _ = world.log_in(&phone);
}

/// Only the rows are restored; the host still has today's sessions.
#[test]
fn o03_a_session_from_after_the_backup_is_over_after_the_restore() {
    let (world, phone, _) = enrolled();
    let row = backup(&world);
    let _ = world.verifier.end_all_sessions(&world.session(1)).unwrap();
    let session = world.log_in(&phone).authenticated.into_session();
    restore(&world, &row);
    assert!(!world.is_current(&session));
}
