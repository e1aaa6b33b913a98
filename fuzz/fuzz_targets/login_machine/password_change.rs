//! Password changes. Anything may happen between their two swaps of the record.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use second_factor::Refusal;
use second_factor::session::{EndOtherSessions, EventKind, ForgottenBecause, PasswordChangeProof};
use second_factor::store::MemoryStoreError;
use second_factor::verifier::{ChangePasswordError, Error};

use crate::Machine;
use crate::account::Mark;
use crate::held::{Beside, hold, take};

/// A change after its first swap; the host writes its hash now.
pub struct Change {
    account: usize,
    session: Option<u32>,
    before: u32,
    mark: Mark,
    has_fresh_factor: bool,
    /// The key that sealed when it began. The instance that finishes it has no newer one.
    key: u32,
    running: Running,
    written: Rc<Cell<Option<Result<(), HashNotWritten>>>>,
}

type Running = Pin<
    Box<dyn Future<Output = Result<EndOtherSessions, ChangePasswordError<MemoryStoreError, HashNotWritten>>>>,
>;

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct HashNotWritten;

impl Machine {
    /// With the proof of a reauthentication, or of a reset by mail; with a new check or an earlier one.
    pub fn begin_password_change(&mut self, a: u8, pick: u8) {
        let now = self.now();
        let mut is_doubtful = false;
        let (account, session, permitted, has_fresh_factor, proof): (_, _, _, _, PasswordChangeProof) =
            if a & 2 == 2 {
                let checked = self.some_check(usize::from(a & 1), a & 4 == 4, pick);
                let (account, permitted) =
                    (checked.account, checked.is_current(&self.accounts[checked.account], now));
                is_doubtful = checked.began_during_change();
                let Some(reset) = checked.into_reset() else { return };
                (account, None, permitted, false, reset.into())
            } else {
                let Some(again) = take(&mut self.again, pick) else { return };
                let permitted = again.permits_change(&self.accounts[again.account], now);
                let has_fresh_factor = matches!(again.beside, Beside::Factor(_));
                (again.account, Some(again.session), permitted, has_fresh_factor, again.proof.into())
            };
        let written = Rc::new(Cell::new(None));
        let (verifier, hash) = (self.verifier.clone(), written.clone());
        let mut running: Running = Box::pin(async move {
            let write = || poll_fn(move |_| hash.get().map_or(Poll::Pending, Poll::Ready));
            verifier.change_password(proof, write).await
        });
        let revision = self.revision(account);
        let answer = running.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        let was_written = self.revision(account) != revision;
        let (key, owner) = (self.key(), &mut self.accounts[account]);
        let before = owner.epoch;
        let refused = if !permitted {
            assert!(!was_written);
            Some(Refusal::StepUpRequired)
        } else if owner.mark.is_some() {
            assert_eq!(was_written, owner.end_interrupted_change(now));
            Some(Refusal::Retry)
        } else if is_doubtful {
            assert!(!was_written);
            Some(Refusal::Retry)
        } else {
            assert!(was_written);
            None
        };
        match (refused, answer) {
            (None, Poll::Pending) => {
                owner.next_epoch(ForgottenBecause::CredentialsChanged, now);
                owner.events.push(EventKind::PasswordChangeBegun);
                let mark = Mark { epoch: owner.epoch, at: now };
                owner.mark = Some(mark);
                let change =
                    Change { account, session, before, mark, has_fresh_factor, key, running, written };
                // If there are too many, the first is dropped, as by a crash.
                hold(&mut self.changes, 3, change);
            }
            (Some(expected), Poll::Ready(Err(ChangePasswordError::NotStarted(Error::Refused(refusal))))) => {
                assert_eq!(expected, refusal);
            }
            (expected, answer) => panic!("expected {expected:?}, got {answer:?}"),
        }
        self.told(account);
    }

    /// The host has written the hash, or could not, or its process died.
    pub fn end_password_change(&mut self, a: u8, pick: u8) {
        let Some(mut change) = take(&mut self.changes, pick) else { return };
        let hash = match a % 4 {
            0 => return,
            1 => Err(HashNotWritten),
            _ => Ok(()),
        };
        change.written.set(Some(hash));
        let revision = self.revision(change.account);
        let Poll::Ready(answer) = change.running.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        else {
            panic!("the change still waits for something");
        };
        let was_written = self.revision(change.account) != revision;
        let (now, owner) = (self.now(), &mut self.accounts[change.account]);
        let is_ours = owner.mark.is_some_and(|mark| mark.epoch == change.mark.epoch);
        if is_ours {
            owner.mark = None;
        }
        assert_eq!(was_written, is_ours || hash.is_ok());
        let changed = hash.map_or(EventKind::PasswordNotChanged, |()| EventKind::PasswordChanged);
        owner.events.push(changed);
        match (hash, answer) {
            (Err(_), Err(ChangePasswordError::NotWritten(HashNotWritten))) => {}
            (Ok(()), Ok(ended)) => {
                assert!(
                    is_ours && owner.epoch == change.mark.epoch,
                    "the change continued sessions although others had changed the account"
                );
                if change.has_fresh_factor {
                    owner.budget.restore();
                }
                owner.go_on(ended, change.session, change.before, a >> 2);
            }
            (Ok(()), Err(ChangePasswordError::Unfinished(None))) => {
                assert!(
                    !is_ours || owner.epoch != change.mark.epoch,
                    "the change continued no session although nobody had interfered"
                );
                owner.next_epoch(ForgottenBecause::CredentialsChanged, now);
            }
            (hash, answer) => panic!("hash {hash:?}, answer {answer:?}"),
        }
        if was_written {
            owner.sealed_with = owner.sealed_with.max(change.key);
            self.compare_row(change.account);
        }
        self.told(change.account);
    }
}
