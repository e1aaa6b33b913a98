//! A fresh factor in a live session, before something sensitive (ASVS 7.5.1).

use core::time::Duration;

use super::second_step::{AcceptedWith, Charge, Form, Verdict, evaluate, refuse};
use super::{Context, Decision, Draft, Entropy};
use crate::enrollment::RecoveryCode;
use crate::otp::{Code, CodesInARow, Digits};
use crate::session::proof::{Beside, RecoveryLogin};
use crate::session::record::{LastStepUp, SteppedUpWith, UsedCode};
use crate::session::{
    AccountRecord, EventKind, FreshFactor, PasswordVerified, Presented, Refusal, Session, SessionError,
};
use crate::time::is_near;

/// The same form counts as sent twice if it comes again within this time.
const DOUBLED_WITHIN: Duration = Duration::from_secs(60);

/// A fresh factor, presented in the form of the sensitive step itself.
pub(crate) fn fresh_factor(
    record: &AccountRecord,
    session: &Session,
    presented: &Presented<'_>,
    context: &Context<'_>,
    entropy: Entropy,
) -> Result<Decision<Result<FreshFactor, Refusal>>, SessionError> {
    let Context { now, policy, keys, .. } = *context;
    let mut draft = Draft::of(record, session.account(), context, entropy)?;
    let form = Form::of(presented, record)?;
    if is_sent_twice(&draft, session, presented) {
        return draft.decide(Err(Refusal::AlreadyDone));
    }
    if !record.is_current(session, now, policy) {
        return draft.decide(Err(Refusal::StepUpRequired));
    }
    if let Err(refusal) = draft.wait_for_password_change() {
        return draft.decide(Err(refusal));
    }
    if record.authenticators.is_empty() {
        return draft.decide(Err(Refusal::NoAuthenticator));
    }
    let outcome = match evaluate(&mut draft, form, None, |device| Some(device.id) == session.device())? {
        Verdict::Accepted(accepted) => {
            let method = accepted.method();
            accepted.trust_the_clock(&mut draft);
            let what = match accepted {
                AcceptedWith::Code { code, .. } => {
                    SteppedUpWith::Code(UsedCode::of(&code, session.account(), keys.tokens()))
                }
                AcceptedWith::RecoveryCode(digest) => SteppedUpWith::RecoveryCode(digest),
                AcceptedWith::Host { authenticator, proof, .. } => {
                    SteppedUpWith::Host { authenticator, proof }
                }
            };
            draft.change().last_step_up = Some(LastStepUp { session: session.id(), at: now, what });
            draft.event(EventKind::SteppedUp { method });
            Ok(FreshFactor::new(session, now, method))
        }
        Verdict::Free(refusal, reason) => {
            if let Some(reason) = reason {
                draft.event(form.refused(reason));
            }
            Err(refusal)
        }
        Verdict::Charged(reason) => Err(refuse(&mut draft, form, reason, Charge::Session)),
    };
    draft.decide(outcome)
}

/// Whether this is the last step-up again, which was made a moment ago.
fn is_sent_twice(draft: &Draft<'_>, session: &Session, presented: &Presented<'_>) -> bool {
    let Context { now, keys, .. } = *draft.context;
    let Some(last) = &draft.record.last_step_up else { return false };
    if last.session != session.id() || !is_near(last.at, DOUBLED_WITHIN, now) {
        return false;
    }
    let account = session.account();
    match (&last.what, presented.typed()) {
        (SteppedUpWith::Host { authenticator, proof }, _) => presented
            .host()
            .is_some_and(|host| host.authenticator() == *authenticator && host.digest() == *proof),
        (_, None) => false,
        (SteppedUpWith::RecoveryCode(used), Some(typed)) => {
            RecoveryCode::parse(typed).is_ok_and(|code| code.digest(account.as_str()) == *used)
        }
        (SteppedUpWith::Code(used), Some(typed)) => {
            // The step may have removed the code's authenticator, so the code may have any number of digits.
            [Digits::Six, Digits::Seven, Digits::Eight].into_iter().any(|digits| {
                let row = CodesInARow::parse(typed, digits).ok();
                let code = Code::parse(typed, digits).ok().or_else(|| row.map(|row| row.last().clone()));
                code.is_some_and(|code| used.is_of(&code, account, keys.tokens()))
            })
        }
    }
}

/// What a change of credentials asks for: the password, which was just typed again, and a fresh factor if an
/// authenticator is bound.
///
/// If none is bound, what is presented is ignored. In a session that a recovery code began within the last
/// hour, it may be blank, which permits to begin an enrollment and nothing else: the owner has lost the
/// authenticator. That ends when new recovery codes are made.
pub(crate) fn reauthenticate(
    record: &AccountRecord,
    session: &Session,
    password: &PasswordVerified,
    presented: &Presented<'_>,
    context: &Context<'_>,
    entropy: Entropy,
) -> Result<Decision<Result<Beside, Refusal>>, SessionError> {
    let Context { now, policy, .. } = *context;
    if password.account() != session.account() {
        return Err(SessionError::ProofOfAnotherAccount);
    }
    let draft = Draft::of(record, session.account(), context, entropy)?;
    if !is_sent_twice(&draft, session, presented) {
        if !record.is_current(session, now, policy) || !password.is_current(record, now) {
            return draft.decide(Err(Refusal::StepUpRequired));
        }
        if let Err(refusal) = draft.wait_for_password_change() {
            return draft.decide(Err(refusal));
        }
        if password.began_during_change() {
            return draft.decide(Err(Refusal::Retry));
        }
        if record.authenticators.is_empty() {
            return draft.decide(Ok(Beside::Nothing));
        }
        let recovery_login = RecoveryLogin::of(session).filter(|login| login.is_current(record, now, policy));
        if let Some(login) = recovery_login.filter(|_| presented.is_blank()) {
            return draft.decide(Ok(Beside::RecoveryLogin(login)));
        }
    }
    let decision = fresh_factor(record, session, presented, context, draft.entropy)?;
    Ok(decision.map(|outcome| outcome.map(Beside::FreshFactor)))
}
