//! What changes an account's second factor besides logins and enrollments.

use alloc::vec::Vec;

use super::enrollment::draw_recovery_codes;
use super::new_authenticator::label_or;
use super::{Context, Decision, Draft, Entropy};
use crate::enrollment::RecoveryCodes;
use crate::session::record::{Authenticator, Epoch};
use crate::session::{
    AccountId, AccountRecord, AdministratorReset, AuthenticatorId, CloseProof, DeviceId, EndAllSessions,
    EndOtherSessions, EventKind, ForgottenBecause, FreshFactor, Refusal, RemovedBy, Requirement, Session,
    SessionError,
};

/// Switches two-factor authentication off: removes all authenticators, the recovery codes and all remembered
/// devices. Refused while a second factor is demanded.
pub(crate) fn disable(
    record: &AccountRecord,
    fresh: &FreshFactor,
    requirement: Requirement,
    context: &Context<'_>,
    entropy: Entropy,
) -> Result<Decision<Result<EndOtherSessions, Refusal>>, SessionError> {
    let mut draft = Draft::of(record, fresh.account(), context, entropy)?;
    if let Err(refusal) = permits(&draft, fresh).and_then(|()| permits_none(&draft, requirement)) {
        return draft.decide(Err(refusal));
    }
    let end_sessions = remove(&mut draft, fresh, |_| true)?;
    draft.decide(Ok(end_sessions))
}

/// Removes one authenticator. Removing the last one switches two-factor authentication off.
pub(crate) fn remove_authenticator(
    record: &AccountRecord,
    fresh: &FreshFactor,
    authenticator: AuthenticatorId,
    requirement: Requirement,
    context: &Context<'_>,
    entropy: Entropy,
) -> Result<Decision<Result<EndOtherSessions, Refusal>>, SessionError> {
    let mut draft = Draft::of(record, fresh.account(), context, entropy)?;
    let permitted = permits(&draft, fresh).and_then(|()| match record.authenticators.as_slice() {
        _ if record.authenticator(authenticator).is_none() => Err(Refusal::NoAuthenticator),
        [_] => permits_none(&draft, requirement),
        _ => Ok(()),
    });
    if let Err(refusal) = permitted {
        return draft.decide(Err(refusal));
    }
    let end_sessions = remove(&mut draft, fresh, |bound| bound.id == authenticator)?;
    draft.decide(Ok(end_sessions))
}

/// Gives an authenticator another label.
pub(crate) fn rename_authenticator(
    record: &AccountRecord,
    fresh: &FreshFactor,
    authenticator: AuthenticatorId,
    name: &str,
    context: &Context<'_>,
    entropy: Entropy,
) -> Result<Decision<Result<(), Refusal>>, SessionError> {
    let mut draft = Draft::of(record, fresh.account(), context, entropy)?;
    if let Err(refusal) = permits(&draft, fresh) {
        return draft.decide(Err(refusal));
    }
    let Some(bound) = record.authenticator(authenticator) else {
        return draft.decide(Err(Refusal::NoAuthenticator));
    };
    let label = label_or(name, &bound.label);
    if label != bound.label {
        let mut renamed = draft.change().authenticators.iter_mut().filter(|bound| bound.id == authenticator);
        if let Some(renamed) = renamed.next() {
            renamed.label.clone_from(&label);
        }
        draft.event(EventKind::AuthenticatorRenamed { authenticator, label });
    }
    draft.decide(Ok(()))
}

/// Makes new recovery codes, to be shown once. The old ones are void, and whoever logged in with one of them binds
/// nothing by the password alone any more.
pub(crate) fn regenerate_recovery_codes(
    record: &AccountRecord,
    fresh: &FreshFactor,
    context: &Context<'_>,
    entropy: Entropy,
) -> Result<Decision<Result<RecoveryCodes, Refusal>>, SessionError> {
    let mut draft = Draft::of(record, fresh.account(), context, entropy)?;
    if let Err(refusal) = permits(&draft, fresh) {
        return draft.decide(Err(refusal));
    }
    let codes = draw_recovery_codes(&mut draft)?;
    draft.change().regenerated_at = Some(context.now);
    draft.event(EventKind::RecoveryCodesRegenerated);
    draft.decide(Ok(codes))
}

/// Forgets one remembered device, and returns whether it was there. No fresh factor is needed, since this
/// only takes rights away.
pub(crate) fn forget_device(
    record: &AccountRecord,
    account: &AccountId,
    device: DeviceId,
    context: &Context<'_>,
    entropy: Entropy,
) -> Result<Decision<bool>, SessionError> {
    let mut draft = Draft::of(record, account, context, entropy)?;
    let is_there = draft.record.devices.iter().any(|known| known.id == device);
    draft.forget_devices(ForgottenBecause::Revoked, |known| known.id != device);
    draft.decide(is_there)
}

/// Forgets all remembered devices, and returns how many there were.
pub(crate) fn forget_all_devices(
    record: &AccountRecord,
    account: &AccountId,
    context: &Context<'_>,
    entropy: Entropy,
) -> Result<Decision<usize>, SessionError> {
    let mut draft = Draft::of(record, account, context, entropy)?;
    let count = draft.record.devices.len();
    draft.forget_devices(ForgottenBecause::Revoked, |_| false);
    draft.decide(count)
}

/// Ends all sessions of the account, the one that asks included. Remembered devices are forgotten too, so
/// that whoever stole a session cannot log in again without a factor.
pub(crate) fn end_all_sessions(
    record: &AccountRecord,
    session: &Session,
    context: &Context<'_>,
    entropy: Entropy,
) -> Result<Decision<Result<EndAllSessions, Refusal>>, SessionError> {
    let mut draft = Draft::of(record, session.account(), context, entropy)?;
    if !record.is_current(session, context.now, context.policy) {
        return draft.decide(Err(Refusal::StepUpRequired));
    }
    if let Err(refusal) = draft.wait_for_password_change() {
        return draft.decide(Err(refusal));
    }
    draft.next_epoch(ForgottenBecause::Revoked)?;
    draft.event(EventKind::SessionsEnded);
    let account = draft.record.account.clone();
    draft.decide(Ok(EndAllSessions { account }))
}

/// Removes the second factor of somebody who lost both authenticator and recovery codes, on an
/// administrator's word. The password stays; the account has no second factor until its owner enrolls one.
pub(crate) fn administrator_reset(
    record: &AccountRecord,
    reset: &AdministratorReset,
    context: &Context<'_>,
    entropy: Entropy,
) -> Result<Decision<Result<EndAllSessions, Refusal>>, SessionError> {
    let mut draft = Draft::of(record, reset.account(), context, entropy)?;
    if let Err(refusal) = draft.end_interrupted_password_change()? {
        return draft.decide(Err(refusal));
    }
    draft.next_epoch(ForgottenBecause::CredentialsChanged)?;
    remove_all(&mut draft, RemovedBy::Administrator, |_| true);
    let account = draft.record.account.clone();
    draft.decide(Ok(EndAllSessions { account }))
}

/// Closes the account: everything that was kept about it is removed. A record with a new epoch stays, even if
/// there was none before, so that no session or proof from before is valid if the id is ever used again.
pub(crate) fn close_account(
    record: &AccountRecord,
    proof: &CloseProof,
    context: &Context<'_>,
    entropy: Entropy,
) -> Result<Decision<Result<EndAllSessions, Refusal>>, SessionError> {
    let mut draft = Draft::of(record, proof.account(), context, entropy)?;
    if let CloseProof::Owner(owner) = proof
        && !owner.permits_change(record, context.now, context.policy)
    {
        return draft.decide(Err(Refusal::StepUpRequired));
    }
    if let Err(refusal) = draft.end_interrupted_password_change()? {
        return draft.decide(Err(refusal));
    }
    draft.forget_devices(ForgottenBecause::CredentialsChanged, |_| false);
    let (account, epoch) = (draft.record.account.clone(), Epoch::new(draft.entropy.take()?));
    *draft.change() = AccountRecord::in_epoch(account.clone(), epoch);
    draft.event(EventKind::AccountClosed);
    draft.decide(Ok(EndAllSessions { account }))
}

fn permits(draft: &Draft<'_>, fresh: &FreshFactor) -> Result<(), Refusal> {
    if !fresh.is_current(&draft.record, draft.context.now, draft.context.policy) {
        return Err(Refusal::StepUpRequired);
    }
    draft.wait_for_password_change()
}

/// Whether the account may be without a second factor.
fn permits_none(draft: &Draft<'_>, requirement: Requirement) -> Result<(), Refusal> {
    let Context { now, policy, .. } = *draft.context;
    if requirement.under(policy).is_due(now) { Err(Refusal::FactorRequired) } else { Ok(()) }
}

/// Removes authenticators for their owner. Everything from before ends, except the session that asked.
fn remove(
    draft: &mut Draft<'_>,
    fresh: &FreshFactor,
    is_removed: impl Fn(&Authenticator) -> bool,
) -> Result<EndOtherSessions, SessionError> {
    let before = draft.record.epoch;
    draft.next_epoch(ForgottenBecause::CredentialsChanged)?;
    remove_all(draft, RemovedBy::Owner, is_removed);
    let (account, after) = (draft.record.account.clone(), draft.record.epoch);
    Ok(EndOtherSessions { account, session: Some(fresh.session()), before, after })
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
