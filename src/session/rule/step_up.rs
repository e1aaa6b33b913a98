//! A fresh factor in a live session, before something sensitive (ASVS 7.5.1).

use core::time::Duration;

use super::second_step::{AcceptedWith, Form, Step, evaluate};
use super::{Context, Draft, Stop, require};
use crate::enrollment::RecoveryCode;
use crate::otp::{Code, CodesInARow, Digits};
use crate::session::proof::{Beside, RecoveryLogin, What};
use crate::session::record::{LastStepUp, SteppedUpWith, UsedCode};
use crate::session::{EventKind, FreshFactor, PasswordVerified, Presented, Refusal, Session, SessionError};
use crate::time::is_near;

/// The same form counts as sent twice if it comes again within this time.
const DOUBLED_WITHIN: Duration = Duration::from_secs(60);

/// A fresh factor, presented in the form of the sensitive step itself.
pub(crate) fn fresh_factor(
    draft: &mut Draft<'_>,
    session: &Session,
    presented: &Presented<'_>,
) -> Result<FreshFactor, Stop> {
    let Context { now, policy, keys, .. } = *draft.context;
    let form = Form::of(presented, &draft.record)?;
    require(!is_sent_twice(draft, session, presented), Refusal::AlreadyDone)?;
    require(draft.record.is_current(session, now, policy), Refusal::StepUpRequired)?;
    draft.wait_for_password_change()?;
    require(!draft.record.authenticators.is_empty(), Refusal::NoAuthenticator)?;
    let accepted = evaluate(draft, &form, Step::StepUp(session))?;
    let method = accepted.method();
    let what = match accepted {
        AcceptedWith::Code { code, .. } => {
            SteppedUpWith::Code(UsedCode::of(&code, session.account(), keys.tokens()))
        }
        AcceptedWith::RecoveryCode(digest) => SteppedUpWith::RecoveryCode(digest),
        AcceptedWith::Host { authenticator, proof, .. } => SteppedUpWith::Host { authenticator, proof },
    };
    draft.change().last_step_up = Some(LastStepUp { session: session.id(), at: now, what });
    draft.event(EventKind::SteppedUp { method });
    Ok(FreshFactor::new(session, now, method))
}

/// Whether this is the last step-up again, which was made a moment ago.
fn is_sent_twice(draft: &Draft<'_>, session: &Session, presented: &Presented<'_>) -> bool {
    let Context { now, keys, .. } = *draft.context;
    let Some(last) = &draft.record.last_step_up else { return false };
    if last.session != session.id() || !is_near(last.at, DOUBLED_WITHIN, now) {
        return false;
    }
    let account = session.account();
    match (&last.what, &presented.0) {
        (SteppedUpWith::Host { authenticator, proof }, What::Host(host)) => {
            host.authenticator() == *authenticator && host.digest == *proof
        }
        (SteppedUpWith::RecoveryCode(used), What::Typed(typed)) => {
            RecoveryCode::parse(typed).is_ok_and(|code| code.digest(account.as_str()) == *used)
        }
        (SteppedUpWith::Code(used), What::Typed(typed)) => {
            // The step may have removed the code's authenticator, so the code may have any number of digits.
            [Digits::Six, Digits::Seven, Digits::Eight].into_iter().any(|digits| {
                let row = CodesInARow::parse(typed, digits).ok();
                let code = Code::parse(typed, digits).ok().or_else(|| row.map(|row| row.last().clone()));
                code.is_some_and(|code| used.is_of(&code, account, keys.tokens()))
            })
        }
        _ => false,
    }
}

/// What a change of credentials asks for: the password, which was just typed again, and a fresh factor if an
/// authenticator is bound.
///
/// If none is bound, what is presented is ignored. In a session that a recovery code began within the last
/// hour, it may be blank: the owner has lost the authenticator. That permits beginning an enrollment and
/// nothing else, and only until new recovery codes are made.
pub(crate) fn reauthenticate(
    draft: &mut Draft<'_>,
    session: &Session,
    password: &PasswordVerified,
    presented: &Presented<'_>,
) -> Result<Beside, Stop> {
    if password.account() != session.account() {
        return Err(SessionError::ProofOfAnotherAccount.into());
    }
    if !is_sent_twice(draft, session, presented) {
        let (Context { now, policy, .. }, record) = (*draft.context, &draft.record);
        let is_current = record.is_current(session, now, policy) && password.check.is_current(record, now);
        require(is_current, Refusal::StepUpRequired)?;
        draft.wait_for_password_change()?;
        require(!password.check.during_change, Refusal::Retry)?;
        if record.authenticators.is_empty() {
            return Ok(Beside::Nothing);
        }
        let recovery_login = RecoveryLogin::of(session).filter(|login| login.is_current(record, now, policy));
        if let Some(login) = recovery_login.filter(|_| presented.is_blank()) {
            return Ok(Beside::RecoveryLogin(login));
        }
    }
    fresh_factor(draft, session, presented).map(Beside::FreshFactor)
}
