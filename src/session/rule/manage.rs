//! What changes an account's second factor besides logins and enrollments.

use super::enrollment::draw_recovery_codes;
use super::{Context, Decision, Draft, Entropy};
use crate::enrollment::RecoveryCodes;
use crate::session::record::Epoch;
use crate::session::{
    AccountId, AccountRecord, AdministratorReset, CloseProof, DeviceId, EndAllSessions, EndOtherSessions,
    EventKind, ForgottenBecause, FreshFactor, Refusal, RemovedBy, Session, SessionError,
};

/// Switches two-factor authentication off: the authenticator, its recovery codes and all remembered devices
/// go. Refused under a policy that demands a second factor.
pub(crate) fn disable(
    record: &AccountRecord,
    fresh: &FreshFactor,
    context: &Context<'_>,
    entropy: Entropy,
) -> Result<Decision<Result<EndOtherSessions, Refusal>>, SessionError> {
    let mut draft = Draft::of(record, fresh.account(), context, entropy)?;
    if let Err(refusal) = permits(&draft, fresh) {
        return draft.decide(Err(refusal));
    }
    if context.policy.requires_second_factor() {
        return draft.decide(Err(Refusal::FactorRequired));
    }
    let before = record.epoch;
    remove(&mut draft, RemovedBy::Owner)?;
    let (account, after) = (draft.record.account.clone(), draft.record.epoch);
    draft.decide(Ok(EndOtherSessions { account, session: Some(fresh.session()), before, after }))
}

/// Makes new recovery codes, to be shown once. The old ones are void.
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
    draft.event(EventKind::RecoveryCodesRegenerated);
    draft.decide(Ok(codes))
}

/// Forgets one remembered device; whether it was there. It takes no fresh factor: it takes rights away.
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

/// Forgets all remembered devices; how many there were.
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

/// Ends all sessions of the account, the one that asks included. Remembered devices are forgotten too, so that whoever
/// stole a session cannot come back to do it again without a factor.
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
/// administrator's word. The password still stands; the account has no second factor until its owner enrolls
/// one.
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
    remove(&mut draft, RemovedBy::Administrator)?;
    let account = draft.record.account.clone();
    draft.decide(Ok(EndAllSessions { account }))
}

/// Closes the account: all that was kept about it goes. What stays is a record with a new epoch, also where none was,
/// so that no session or proof from before counts if the id ever comes back.
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

fn remove(draft: &mut Draft<'_>, by: RemovedBy) -> Result<(), SessionError> {
    draft.next_epoch(ForgottenBecause::CredentialsChanged)?;
    let record = draft.change();
    record.authenticators.clear();
    record.recovery_codes.clear();
    draft.event(EventKind::AuthenticatorRemoved { by });
    Ok(())
}
