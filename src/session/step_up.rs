//! A fresh code in a live session, before something sensitive (ASVS 7.5.1).

use subtle::ConstantTimeEq;

use super::challenge::Challenge;
use super::decision::Draft;
use super::login::open_challenge;
use super::present::{Presented, present};
use super::token::TokenDigest;
use super::{
    AccountId, AccountRecord, Context, Decision, Entropy, Epoch, EventKind, FreshFactor, PasswordVerified,
    Purpose, Reauthenticated, Refusal, Session, SessionError, StepUpToken,
};
use crate::enrollment::RecoveryCode;
use crate::otp::constant_time;

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
    if let Err(refusal) = can_step_up(record, epoch) {
        return draft.decide(Err(refusal));
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
    let draft = Draft::of(record, token.account(), context, entropy)?;
    complete(draft, &token.digest(), Presented::Code(code))
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
    let draft = Draft::of(record, token.account(), context, entropy)?;
    complete(draft, &token.digest(), Presented::RecoveryCode(code))
}

/// Both steps in one, where the form of the sensitive step itself asks for the code: the step-up is the
/// session's own, and opened with the first guess.
///
/// `typed` is a code or a recovery code; its form tells which. As in every challenge five wrong ones are the
/// end, told by [`Refusal::ChallengeOver`]: what they were charged is then not refunded, and the next one opens
/// another step-up.
///
/// The count is the session's, so whoever has stolen its cookie shares it with the owner, whose success refunds
/// both. [`begin_step_up`] counts each page that is opened for itself.
///
/// Refused with [`Refusal::StepUpRequired`] where the session is of an earlier epoch, and with
/// [`Refusal::NoAuthenticator`] where there is nothing to present a code from.
///
/// # Errors
///
/// [`SessionError`] for a record of another account, or a seal that does not open.
pub fn fresh_factor(
    record: &AccountRecord,
    session: &Session,
    typed: &str,
    context: &Context<'_>,
    entropy: Entropy,
) -> Result<Decision<Result<FreshFactor, Refusal>>, SessionError> {
    let mut draft = Draft::of(record, session.account(), context, entropy)?;
    if let Err(refusal) = can_step_up(record, session.epoch()) {
        return draft.decide(Err(refusal));
    }
    let Context { now, policy, .. } = *context;
    // As a step-up of its own does by being opened, or whoever stays in their session would wait for that clock's future.
    if draft.record.budget.is_ahead(now) {
        draft.change().budget.follow_clock(now);
    }
    let digest = session.digest();
    let challenges = &mut draft.record.challenges;
    // Not yet a change: what is not even evaluated, for its form or because of a lock, writes nothing.
    let is_own =
        |open: &Challenge| open.digest.ct_eq(&digest) & constant_time::only_if(open.is_alive(now, policy));
    if constant_time::find(challenges, is_own).is_none() {
        Challenge::open(challenges, Purpose::StepUp, digest, now, policy);
    }
    let is_recovery_code = RecoveryCode::parse(typed).is_ok();
    let presented = if is_recovery_code { Presented::RecoveryCode(typed) } else { Presented::Code(typed) };
    complete(draft, &digest, presented)
}

/// What a change of credentials asks for: the password, which was just typed again, and where an authenticator is
/// bound a [`fresh_factor`] beside it. Where none is, `typed` is not looked at.
///
/// # Errors
///
/// [`SessionError`] for a record of another account, a password of another account, or a seal that does not
/// open.
pub fn reauthenticate(
    record: &AccountRecord,
    session: &Session,
    password: &PasswordVerified,
    typed: &str,
    context: &Context<'_>,
    entropy: Entropy,
) -> Result<Decision<Result<Reauthenticated, Refusal>>, SessionError> {
    if password.account() != session.account() {
        return Err(SessionError::PasswordOfAnotherAccount);
    }
    if record.authenticator.is_none() && record.is_current(session.epoch()) {
        let draft = Draft::of(record, session.account(), context, entropy)?;
        return draft.decide(Ok(Reauthenticated::Password(password.repeated())));
    }
    let Decision { outcome, next, events } = fresh_factor(record, session, typed, context, entropy)?;
    Ok(Decision { outcome: outcome.map(Reauthenticated::FreshFactor), next, events })
}

/// Whether a session of this epoch may step up.
fn can_step_up(record: &AccountRecord, epoch: Epoch) -> Result<(), Refusal> {
    if !record.is_current(epoch) {
        Err(Refusal::StepUpRequired)
    } else if record.authenticator.is_none() {
        Err(Refusal::NoAuthenticator)
    } else {
        Ok(())
    }
}

fn complete(
    mut draft: Draft<'_>,
    digest: &TokenDigest,
    presented: Presented<'_>,
) -> Result<Decision<Result<FreshFactor, Refusal>>, SessionError> {
    let outcome = present(&mut draft, Purpose::StepUp, digest, presented)?.map(|how| {
        draft.event(EventKind::SteppedUp { how });
        FreshFactor::new(draft.record.account.clone(), draft.record.epoch, draft.context.now, how)
    });
    draft.decide(outcome)
}

/// Whether the factor was presented to this account as it is now, and lately.
pub(crate) fn is_fresh(draft: &Draft<'_>, fresh: &FreshFactor) -> bool {
    let Context { now, policy, .. } = *draft.context;
    draft.record.is_current(fresh.epoch()) && super::device::is_alive(fresh.at(), policy.step_up_age(), now)
}
