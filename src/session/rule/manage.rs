//! What changes an account's second factor besides logins and enrollments.

use alloc::vec::Vec;

use super::enrollment::draw_recovery_codes;
use super::new_authenticator::label_or;
use super::{Context, Draft, Stop, require};
use crate::enrollment::RecoveryCodes;
use crate::session::record::{Authenticator, Epoch};
use crate::session::{
    AccountRecord, AuthenticatorId, CloseProof, DeviceId, EndAllSessions, EndOtherSessions, EventKind,
    ForgottenBecause, FreshFactor, Refusal, RemovedBy, Requirement, Session,
};

/// Switches two-factor authentication off: removes all authenticators, the recovery codes and all remembered
/// devices. Refused while a second factor is demanded.
pub(crate) fn disable(
    draft: &mut Draft<'_>,
    fresh: &FreshFactor,
    requirement: Requirement,
) -> Result<EndOtherSessions, Stop> {
    permits(draft, fresh)?;
    permits_none(draft, requirement)?;
    remove(draft, fresh, |_| true)
}

/// Removes one authenticator. Removing the last one switches two-factor authentication off.
pub(crate) fn remove_authenticator(
    draft: &mut Draft<'_>,
    fresh: &FreshFactor,
    authenticator: AuthenticatorId,
    requirement: Requirement,
) -> Result<EndOtherSessions, Stop> {
    permits(draft, fresh)?;
    require(draft.record.authenticator(authenticator).is_some(), Refusal::NoAuthenticator)?;
    if draft.record.authenticators.len() == 1 {
        permits_none(draft, requirement)?;
    }
    remove(draft, fresh, |bound| bound.id == authenticator)
}

/// Gives an authenticator another label.
pub(crate) fn rename_authenticator(
    draft: &mut Draft<'_>,
    fresh: &FreshFactor,
    authenticator: AuthenticatorId,
    name: &str,
) -> Result<(), Stop> {
    permits(draft, fresh)?;
    let bound = draft.record.authenticator(authenticator).ok_or(Refusal::NoAuthenticator)?;
    let label = label_or(name, &bound.label);
    if label != bound.label {
        if let Some(renamed) = draft.change_authenticator(authenticator) {
            renamed.label.clone_from(&label);
        }
        draft.event(EventKind::AuthenticatorRenamed { authenticator, label });
    }
    Ok(())
}

/// Makes new recovery codes, to be shown once. The old ones are void. Whoever logged in with one of them can
/// no longer begin an enrollment with the password alone.
pub(crate) fn regenerate_recovery_codes(
    draft: &mut Draft<'_>,
    fresh: &FreshFactor,
) -> Result<RecoveryCodes, Stop> {
    permits(draft, fresh)?;
    let codes = draw_recovery_codes(draft)?;
    draft.change().regenerated_at = Some(draft.context.now);
    draft.event(EventKind::RecoveryCodesRegenerated);
    Ok(codes)
}

/// Forgets one remembered device, and returns whether it was there. No fresh factor is needed, since this
/// only takes rights away.
pub(crate) fn forget_device(draft: &mut Draft<'_>, device: DeviceId) -> bool {
    let is_there = draft.record.devices.iter().any(|known| known.id == device);
    draft.forget_devices(ForgottenBecause::Revoked, |known| known.id != device);
    is_there
}

/// Forgets all remembered devices, and returns how many there were.
pub(crate) fn forget_all_devices(draft: &mut Draft<'_>) -> usize {
    let count = draft.record.devices.len();
    draft.forget_devices(ForgottenBecause::Revoked, |_| false);
    count
}

/// Ends all sessions of the account, the one that asks included. Remembered devices are forgotten too, so
/// that whoever stole a session cannot log in again without a factor.
pub(crate) fn end_all_sessions(draft: &mut Draft<'_>, session: &Session) -> Result<EndAllSessions, Stop> {
    let Context { now, policy, .. } = *draft.context;
    require(draft.record.is_current(session, now, policy), Refusal::StepUpRequired)?;
    draft.wait_for_password_change()?;
    draft.next_epoch(ForgottenBecause::Revoked)?;
    draft.event(EventKind::SessionsEnded);
    Ok(EndAllSessions { account: draft.record.account.clone() })
}

/// Removes the second factor of somebody who lost both authenticator and recovery codes, on an
/// administrator's word. The password stays; the account has no second factor until its owner enrolls one.
pub(crate) fn administrator_reset(draft: &mut Draft<'_>) -> Result<EndAllSessions, Stop> {
    draft.end_interrupted_password_change()?;
    draft.next_epoch(ForgottenBecause::CredentialsChanged)?;
    remove_all(draft, RemovedBy::Administrator, |_| true);
    Ok(EndAllSessions { account: draft.record.account.clone() })
}

/// Closes the account: everything that was kept about it is removed. A record with a new epoch stays, even if
/// there was none before, so that no session or proof from before is valid if the id is ever used again.
pub(crate) fn close_account(draft: &mut Draft<'_>, proof: &CloseProof) -> Result<EndAllSessions, Stop> {
    let Context { now, policy, .. } = *draft.context;
    if let CloseProof::Owner(owner) = proof {
        require(owner.permits_change(&draft.record, now, policy), Refusal::StepUpRequired)?;
    }
    draft.end_interrupted_password_change()?;
    draft.forget_devices(ForgottenBecause::CredentialsChanged, |_| false);
    let (account, epoch) = (draft.record.account.clone(), Epoch(draft.entropy.take()?));
    *draft.change() = AccountRecord::in_epoch(account.clone(), epoch);
    draft.event(EventKind::AccountClosed);
    Ok(EndAllSessions { account })
}

fn permits(draft: &Draft<'_>, fresh: &FreshFactor) -> Result<(), Refusal> {
    let Context { now, policy, .. } = *draft.context;
    require(fresh.is_current(&draft.record, now, policy), Refusal::StepUpRequired)?;
    draft.wait_for_password_change()
}

/// Whether the account may be without a second factor.
fn permits_none(draft: &Draft<'_>, requirement: Requirement) -> Result<(), Refusal> {
    let Context { now, policy, .. } = *draft.context;
    require(!requirement.under(policy).is_due(now), Refusal::FactorRequired)
}

/// Removes authenticators for their owner. Everything from before ends, except the session that asked.
fn remove(
    draft: &mut Draft<'_>,
    fresh: &FreshFactor,
    is_removed: impl Fn(&Authenticator) -> bool,
) -> Result<EndOtherSessions, Stop> {
    let before = draft.record.epoch;
    draft.next_epoch(ForgottenBecause::CredentialsChanged)?;
    remove_all(draft, RemovedBy::Owner, is_removed);
    let (account, after) = (draft.record.account.clone(), draft.record.epoch);
    Ok(EndOtherSessions { account, session: Some(fresh.session), before, after })
}

fn remove_all(draft: &mut Draft<'_>, by: RemovedBy, is_removed: impl Fn(&Authenticator) -> bool) {
    let authenticators = core::mem::take(&mut draft.change().authenticators);
    let (removed, kept): (Vec<_>, Vec<_>) = authenticators.into_iter().partition(is_removed);
    let mut remaining = kept.len().saturating_add(removed.len());
    if kept.is_empty() {
        draft.change().recovery_codes.clear();
    }
    draft.change().authenticators = kept;
    for Authenticator { id: authenticator, label, .. } in removed {
        remaining = remaining.saturating_sub(1);
        draft.event(EventKind::AuthenticatorRemoved { authenticator, label, by, remaining });
    }
}
