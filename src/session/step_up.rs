//! A fresh code in a live session, before something sensitive (ASVS 7.5.1).

use super::decision::Draft;
use super::login::open_challenge;
use super::present::{Presented, present};
use super::{
    AccountId, AccountRecord, Context, Decision, Entropy, Epoch, EventKind, FreshFactor, Purpose, Refusal,
    SessionError, StepUpToken,
};

/// Opens a step-up in a session of this epoch. Its guesses come out of the same budget as a login's.
///
/// Refused with [`Refusal::StepUpRequired`] where the session is of an earlier epoch, and with
/// [`Refusal::NoAuthenticator`] where there is nothing to present a code from.
///
/// # Errors
///
/// [`SessionError`] for a record of another account, or if entropy ran out.
pub fn begin_step_up(
    record: &AccountRecord,
    account: &AccountId,
    epoch: Epoch,
    context: &Context<'_>,
    entropy: Entropy,
) -> Result<Decision<Result<StepUpToken, Refusal>>, SessionError> {
    let mut draft = Draft::of(record, account, context, entropy)?;
    if !draft.record.is_current(epoch) {
        return draft.decide(Err(Refusal::StepUpRequired));
    }
    if draft.record.authenticator.is_none() {
        return draft.decide(Err(Refusal::NoAuthenticator));
    }
    let parts = open_challenge(&mut draft, Purpose::StepUp, &StepUpToken::DOMAIN)?;
    let token = StepUpToken::new(draft.record.account.clone(), parts);
    draft.decide(Ok(token))
}

/// A code for the step-up.
///
/// # Errors
///
/// [`SessionError`] for a record of another account, or a seal that does not open.
pub fn step_up(
    record: &AccountRecord,
    token: &StepUpToken,
    code: &str,
    context: &Context<'_>,
    entropy: Entropy,
) -> Result<Decision<Result<FreshFactor, Refusal>>, SessionError> {
    complete(record, token, Presented::Code(code), context, entropy)
}

/// A recovery code for the step-up. All remembered devices are forgotten.
///
/// # Errors
///
/// [`SessionError`] for a record of another account.
pub fn step_up_with_recovery_code(
    record: &AccountRecord,
    token: &StepUpToken,
    code: &str,
    context: &Context<'_>,
    entropy: Entropy,
) -> Result<Decision<Result<FreshFactor, Refusal>>, SessionError> {
    complete(record, token, Presented::RecoveryCode(code), context, entropy)
}

fn complete(
    record: &AccountRecord,
    token: &StepUpToken,
    presented: Presented<'_>,
    context: &Context<'_>,
    entropy: Entropy,
) -> Result<Decision<Result<FreshFactor, Refusal>>, SessionError> {
    let mut draft = Draft::of(record, token.account(), context, entropy)?;
    let outcome = present(&mut draft, Purpose::StepUp, &token.digest(), presented)?.map(|how| {
        draft.event(EventKind::SteppedUp { how });
        FreshFactor::new(draft.record.account.clone(), draft.record.epoch, context.now, how)
    });
    draft.decide(outcome)
}

/// Whether the factor was presented to this account as it is now, and lately.
pub(crate) fn is_fresh(draft: &Draft<'_>, fresh: &FreshFactor) -> bool {
    let Context { now, policy, .. } = *draft.context;
    draft.record.is_current(fresh.epoch()) && super::device::is_alive(fresh.at(), policy.step_up_age(), now)
}
