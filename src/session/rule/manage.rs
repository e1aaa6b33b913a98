//! What changes an account's second factor besides logins and enrollments.

use super::enrollment::draw_recovery_codes;
use super::step_up::is_fresh;
use super::{Context, Decision, Draft, Entropy};
use crate::enrollment::RecoveryCodes;
use crate::session::{
    AccountId, AccountRecord, AdministratorReset, DeviceId, EndAllSessions, EndOtherSessions, EventKind,
    ForgottenBecause, FreshFactor, Refusal, RemovedBy, SessionError,
};

/// Switches two-factor authentication off: the authenticator, its recovery codes and all remembered devices
/// go.
pub(crate) fn disable(
    record: &AccountRecord,
    fresh: &FreshFactor,
    context: &Context<'_>,
    entropy: Entropy,
) -> Result<Decision<Result<EndOtherSessions, Refusal>>, SessionError> {
    let mut draft = Draft::of(record, fresh.account(), context, entropy)?;
    if !is_fresh(&draft, fresh) {
        return draft.decide(Err(Refusal::StepUpRequired));
    }
    remove(&mut draft, RemovedBy::Owner)?;
    let end_sessions = EndOtherSessions { account: draft.record.account.clone(), epoch: draft.record.epoch };
    draft.decide(Ok(end_sessions))
}

/// Makes new recovery codes, to be shown once. The old ones are void.
pub(crate) fn regenerate_recovery_codes(
    record: &AccountRecord,
    fresh: &FreshFactor,
    context: &Context<'_>,
    entropy: Entropy,
) -> Result<Decision<Result<RecoveryCodes, Refusal>>, SessionError> {
    let mut draft = Draft::of(record, fresh.account(), context, entropy)?;
    if !is_fresh(&draft, fresh) {
        return draft.decide(Err(Refusal::StepUpRequired));
    }
    let codes = draw_recovery_codes(&mut draft)?;
    draft.change().challenges.clear();
    draft.event(EventKind::RecoveryCodesRegenerated);
    draft.decide(Ok(codes))
}

/// The host says that the password changed or was reset: remembered devices, challenges, the pending
/// enrollment and older sessions end; the authenticator stays, is no longer suspended, and has its full guess
/// budget again, because whoever was guessing has lost the way in.
pub(crate) fn password_changed(
    record: &AccountRecord,
    account: &AccountId,
    context: &Context<'_>,
    entropy: Entropy,
) -> Result<Decision<EndOtherSessions>, SessionError> {
    let mut draft = Draft::of(record, account, context, entropy)?;
    draft.end_challenges_and_devices();
    draft.next_epoch()?;
    let record = draft.change();
    record.pending = None;
    record.budget.restore();
    draft.event(EventKind::PasswordChanged);
    let end_sessions = EndOtherSessions { account: draft.record.account.clone(), epoch: draft.record.epoch };
    draft.decide(end_sessions)
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
    let is_there = draft.record.devices.iter().any(|known| known.id() == device);
    if is_there {
        draft.change().devices.retain(|known| known.id() != device);
        draft.event(EventKind::DeviceForgotten { device, reason: ForgottenBecause::Revoked });
    }
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
    if count > 0 {
        draft.forget_devices(ForgottenBecause::Revoked);
    }
    draft.decide(count)
}

/// Removes the second factor of somebody who lost both authenticator and recovery codes, on an
/// administrator's word. The password still stands; the account has no second factor until its owner enrolls
/// one.
pub(crate) fn administrator_reset(
    record: &AccountRecord,
    reset: &AdministratorReset,
    context: &Context<'_>,
    entropy: Entropy,
) -> Result<Decision<EndAllSessions>, SessionError> {
    let mut draft = Draft::of(record, reset.account(), context, entropy)?;
    remove(&mut draft, RemovedBy::Administrator)?;
    let end_sessions = EndAllSessions { account: draft.record.account.clone() };
    draft.decide(end_sessions)
}

fn remove(draft: &mut Draft<'_>, by: RemovedBy) -> Result<(), SessionError> {
    draft.end_challenges_and_devices();
    draft.next_epoch()?;
    let record = draft.change();
    record.authenticator = None;
    record.pending = None;
    record.recovery_codes.clear();
    record.budget.restore();
    draft.event(EventKind::AuthenticatorRemoved { by });
    Ok(())
}
