//! A password change: the host writes its hash between two swaps of the record.
//!
//! The first swap ends every session, device and challenge and leaves a mark; while the mark is there, nobody
//! can log in. The second swap removes the mark. So the new password is never in force while old sessions are
//! alive, and nobody can log in with the old password and stay logged in.

use super::{Context, Draft, Stop, require};
use crate::session::record::PasswordChangeMark;
use crate::session::{EndOtherSessions, EventKind, ForgottenBecause, PasswordChangeProof, Refusal};

/// A password change after its first swap.
pub(crate) struct PasswordChange {
    /// The permission for the session that goes on, if the change completes. Its epoch is also the mark's.
    pub(crate) others: EndOtherSessions,
    has_fresh_factor: bool,
}

/// Whether the host has written the new hash.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    Written,
    NotWritten,
}

/// The first swap.
pub(crate) fn begin_password_change(
    draft: &mut Draft<'_>,
    proof: &PasswordChangeProof,
) -> Result<PasswordChange, Stop> {
    let Context { now, policy, .. } = *draft.context;
    require(proof.is_current(&draft.record, now, policy), Refusal::StepUpRequired)?;
    draft.end_interrupted_password_change()?;
    require(!proof.began_during_change(), Refusal::Retry)?;
    let before = draft.record.epoch;
    draft.next_epoch(ForgottenBecause::CredentialsChanged)?;
    let (account, after) = (draft.record.account.clone(), draft.record.epoch);
    draft.change().password_change = Some(PasswordChangeMark { epoch: after, at: now });
    draft.event(EventKind::PasswordChangeBegun);
    let others = EndOtherSessions { account, session: proof.session(), before, after };
    Ok(PasswordChange { others, has_fresh_factor: proof.has_fresh_factor() })
}

/// The second swap. Returns whether a session may go on.
///
/// If the mark is no longer this change's, the host's write took so long that others could log in meanwhile.
/// Since it is not known who logged in with which password, everybody has to log in again.
pub(crate) fn finish_password_change(
    draft: &mut Draft<'_>,
    change: &PasswordChange,
    hash: Hash,
) -> Result<bool, Stop> {
    let ours = change.others.after;
    let is_ours = draft.record.password_change.as_ref().is_some_and(|mark| mark.epoch == ours);
    if is_ours {
        draft.change().password_change = None;
    }
    if hash == Hash::NotWritten {
        draft.event(EventKind::PasswordNotChanged);
        return Ok(false);
    }
    draft.event(EventKind::PasswordChanged);
    if !is_ours || draft.record.epoch != ours {
        draft.next_epoch(ForgottenBecause::CredentialsChanged)?;
        return Ok(false);
    }
    if change.has_fresh_factor {
        draft.change().budget.restore();
    }
    Ok(true)
}
