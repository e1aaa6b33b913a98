//! A password change that is interrupted, or that meets another one: threats G4 and G6.

use core::fmt;
use core::time::Duration;
use std::sync::{Arc, Mutex};

use second_factor::session::EventKind;
use second_factor::store::{Change, MemoryStoreError, Swap, Versioned};
use second_factor::verifier::{ChangePasswordError, Error};
use second_factor::{
    AccountId, AccountRecord, AuthMethod, BlockingStore, MemoryStore, NewAuthenticator, PasswordReset,
    Policy, Refusal,
};

use crate::support::{World, code_required, refusal};

const MINUTE: Duration = Duration::from_secs(60);

/// A store that fails at one of its writes, before or after it writes the row.
#[derive(Debug, Default)]
struct Faulty {
    rows: MemoryStore,
    fault: Mutex<Option<(usize, bool)>>,
}

#[derive(Debug)]
struct DiskFull;

impl fmt::Display for DiskFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("disk full")
    }
}

impl core::error::Error for DiskFull {}

impl From<MemoryStoreError> for DiskFull {
    fn from(_: MemoryStoreError) -> Self {
        Self
    }
}

impl BlockingStore for Faulty {
    type Error = DiskFull;

    fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, DiskFull> {
        Ok(self.rows.load(account)?)
    }

    fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, DiskFull> {
        let mut fault = self.fault.lock().unwrap();
        let (is_now, is_written) = match fault.take() {
            Some((1, is_written)) => (true, is_written),
            other => {
                *fault = other.map(|(nth, is_written)| (nth - 1, is_written));
                (false, true)
            }
        };
        let swap = if is_written { self.rows.compare_and_swap(account, change)? } else { Swap::Conflict };
        if is_now { Err(DiskFull) } else { Ok(swap) }
    }
}

#[test]
fn g06_a_failing_store_leaves_no_new_password_with_old_sessions() {
    for (nth, is_written) in [(1, false), (1, true), (2, false), (2, true)] {
        let case = format!("write {nth}, written: {is_written}");
        let world = World::over(Arc::new(Faulty::default()), Policy::new("Example").unwrap());
        let (phone, codes) = world.enroll();
        let device = world.remember(&phone);
        let sessions = [1, 2].map(|number| world.session(number));
        let proof = world.verifier.reauthenticate(&sessions[0], world.password(), &codes[0]).unwrap();
        *world.verifier.store().fault.lock().unwrap() = Some((nth, is_written));
        let mut password = "old";
        let changed = world.verifier.change_password(proof, || {
            password = "new";
            Ok::<(), ()>(())
        });
        // The error tells the host which password is valid.
        match &changed {
            Err(ChangePasswordError::NotStarted(Error::Store(DiskFull))) => {
                assert_eq!((nth, password), (1, "old"));
            }
            Err(ChangePasswordError::Unfinished(Some(Error::Store(DiskFull)))) => {
                assert_eq!((nth, password), (2, "new"));
            }
            other => panic!("{case}: {other:?}"),
        }
        let is_ended = nth == 2 || is_written;
        for session in &sessions {
            assert_eq!(world.is_current(session), !is_ended, "{case}");
        }
        if !is_ended {
            continue;
        }
        // If the mark stays, nobody gets in for a minute, by device or otherwise. After that everybody gets in who has the valid
        // password and the factor.
        let is_marked = (nth, is_written) != (2, true);
        let login = refusal(world.verifier.password_verified(world.password(), Some(device.expose())));
        assert_eq!(login.as_ref().err(), is_marked.then_some(&Refusal::Retry), "{case}: {login:?}");
        world.clock.advance(MINUTE);
        if is_marked {
            let login = refusal(world.verifier.password_verified(world.password(), Some(device.expose())));
            assert_eq!(login.unwrap_err(), Refusal::Retry, "{case}");
            assert_eq!(world.events.count(|kind| *kind == EventKind::PasswordChangeInterrupted), 1);
        }
        let _ = code_required(world.login_on(&device));
        assert_eq!(world.log_in(&phone).authenticated.method(), AuthMethod::Code, "{case}");
        for session in &sessions {
            assert!(!world.is_current(session), "{case}");
        }
    }
}

#[test]
fn g06_if_the_host_cannot_write_the_hash_nobody_has_to_wait() {
    let (world, phone, codes) = World::enrolled();
    let session = world.session(1);
    let proof = world.verifier.reauthenticate(&session, world.password(), &codes[0]).unwrap();
    let changed = world.verifier.change_password(proof, || Err("no connection"));
    assert!(matches!(changed, Err(ChangePasswordError::NotWritten("no connection"))), "{changed:?}");
    assert!(!world.is_current(&session), "the session survived, although the hash may have been written");
    assert_eq!(world.log_in(&phone).authenticated.method(), AuthMethod::Code);
    // The owner is told, because the sessions ended.
    let told = world.events.take();
    assert!(!told.contains(&EventKind::PasswordChanged), "{told:?}");
    assert!(told.contains(&EventKind::PasswordNotChanged) && EventKind::PasswordNotChanged.notify_owner());
}

/// A reset may have been verified by something that the change has just replaced, such as a link derived from the old hash.
#[test]
fn g04_a_reset_verified_during_a_change_is_refused_after_it() {
    let (world, phone, _) = World::enrolled();
    let mut session = world.log_in(&phone).authenticated.into_session();
    let proof = world.verifier.reauthenticate(&session, world.password(), &phone.code(world.now())).unwrap();
    let mut during = None;
    let changed = world.verifier.change_password(proof, || {
        during = Some(world.verifier.check_password(&world.account));
        Ok::<(), DiskFull>(())
    });
    session.continue_after(changed.unwrap());
    let late = PasswordReset::by_host(during.unwrap());
    let answer =
        world.verifier.change_password(late, || -> Result<(), DiskFull> { panic!("the change began") });
    let Err(ChangePasswordError::NotStarted(error)) = answer else { panic!("{answer:?}") };
    assert_eq!(refusal::<(), _>(Err(error)).unwrap_err(), Refusal::Retry);
    assert!(world.is_current(&session), "the owner's session has ended");
    let _ = world.reset_password();
}

/// The same of a password that begins the first enrollment.
#[test]
fn g04_a_password_typed_during_a_change_begins_no_enrollment() {
    let world = World::new();
    let proof = PasswordReset::by_host(world.verifier.check_password(&world.account));
    let mut during = None;
    let changed = world.verifier.change_password(proof, || {
        during = Some(world.password());
        Ok::<(), DiskFull>(())
    });
    assert!(changed.is_ok(), "{changed:?}");
    let begun = world.verifier.begin_enrollment(during.unwrap(), NewAuthenticator::app("alice@example.org"));
    assert_eq!(refusal(begun).unwrap_err(), Refusal::Retry);
    assert!(
        world.verifier.begin_enrollment(world.password(), NewAuthenticator::app("alice@example.org")).is_ok()
    );
}

#[test]
fn g04_a_backup_that_is_restored_during_a_change_ends_all_sessions() {
    let (world, _, codes) = World::enrolled();
    let session = world.session(1);
    let proof = world.verifier.reauthenticate(&session, world.password(), &codes[0]).unwrap();
    let changed = world.verifier.change_password(proof, || {
        let _ = world.verifier.end_what_a_backup_revived(&world.account).unwrap();
        Ok::<(), DiskFull>(())
    });
    assert!(matches!(changed, Err(ChangePasswordError::Unfinished(None))), "{changed:?}");
    assert!(!world.is_current(&session));
}
