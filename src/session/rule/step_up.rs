//! A fresh code in a live session, before something sensitive (ASVS 7.5.1).

use subtle::ConstantTimeEq;

use super::second_step::second_step;
use super::{Context, Decision, Draft, Entropy};
use crate::otp::constant_time;
use crate::session::record::{Challenge, Purpose};
use crate::session::{
    AccountRecord, EventKind, FreshFactor, PasswordVerified, Reauthenticated, Refusal, Session, SessionError,
};
use crate::time::is_alive;

/// A fresh code or recovery code, on the form of the sensitive step itself: the step-up is the session's own, and
/// opened with the first guess.
///
/// As in every challenge five wrong ones are the end, told by [`Refusal::ChallengeOver`]: what they were charged is
/// then not refunded, and the next one opens another step-up.
///
/// The count is the session's, so whoever has stolen its cookie shares it with the owner, whose success refunds
/// both.
pub(crate) fn fresh_factor(
    record: &AccountRecord,
    session: &Session,
    typed: &str,
    context: &Context<'_>,
    entropy: Entropy,
) -> Result<Decision<Result<FreshFactor, Refusal>>, SessionError> {
    let mut draft = Draft::of(record, session.account(), context, entropy)?;
    if let Err(refusal) = can_step_up(record, session) {
        return draft.decide(Err(refusal));
    }
    let Context { now, policy, .. } = *context;
    // Reset a wait that was set while the clock ran ahead.
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
    let outcome = second_step(&mut draft, Purpose::StepUp, &digest, typed)?.map(|method| {
        draft.event(EventKind::SteppedUp { method });
        FreshFactor::new(draft.record.account.clone(), draft.record.epoch, draft.context.now, method)
    });
    draft.decide(outcome)
}

/// What a change of credentials asks for: the password, which was just typed again, and where an authenticator is
/// bound a [`fresh_factor`] beside it. Where none is, `typed` is not looked at.
pub(crate) fn reauthenticate(
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

/// Whether this session may step up.
fn can_step_up(record: &AccountRecord, session: &Session) -> Result<(), Refusal> {
    if !record.is_current(session.epoch()) {
        Err(Refusal::StepUpRequired)
    } else if record.authenticator.is_none() {
        Err(Refusal::NoAuthenticator)
    } else {
        Ok(())
    }
}

/// Whether the factor was presented to this account as it is now, and lately.
pub(super) fn is_fresh(draft: &Draft<'_>, fresh: &FreshFactor) -> bool {
    let Context { now, policy, .. } = *draft.context;
    draft.record.is_current(fresh.epoch()) && is_alive(fresh.at(), policy.step_up_age(), now)
}
