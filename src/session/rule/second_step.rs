//! A code or recovery code for an open challenge: the one place where guesses are counted.

use subtle::ConstantTimeEq;

use super::{Context, Draft};
use crate::enrollment::RecoveryCode;
use crate::otp::constant_time;
use crate::otp::{Code, Totp, Verdict};
use crate::session::record::{Challenge, Charged, Purpose};
use crate::session::token::TokenDigest;
use crate::session::{AuthMethod, EventKind, ForgottenBecause, Refusal, RefusedBecause, SessionError};

/// What the claimant presents; its form tells which of the two.
#[derive(Clone, Copy)]
enum Presented<'a> {
    Code(&'a str),
    RecoveryCode(&'a str),
}

impl<'a> Presented<'a> {
    fn of(typed: &'a str) -> Self {
        if RecoveryCode::parse(typed).is_ok() { Self::RecoveryCode(typed) } else { Self::Code(typed) }
    }

    fn refused(self, reason: RefusedBecause) -> EventKind {
        match self {
            Self::Code(_) => EventKind::CodeRefused { reason },
            Self::RecoveryCode(_) => EventKind::RecoveryCodeRefused { reason },
        }
    }
}

/// Decides on what was typed for the challenge, and charges or refunds the guesses.
pub(super) fn second_step(
    draft: &mut Draft<'_>,
    purpose: Purpose,
    digest: &TokenDigest,
    typed: &str,
) -> Result<Result<AuthMethod, Refusal>, SessionError> {
    let presented = Presented::of(typed);
    let Context { now, policy, .. } = *draft.context;
    let is_this = |open: &Challenge| {
        open.digest.ct_eq(digest)
            & constant_time::only_if(open.purpose == purpose && open.is_alive(now, policy))
    };
    let Some((index, _)) = constant_time::find(&draft.record.challenges, is_this) else {
        draft.event(presented.refused(RefusedBecause::NoChallenge));
        return Ok(Err(Refusal::ChallengeOver));
    };
    let verdict = match presented {
        Presented::Code(code) => evaluate_code(draft, code)?,
        Presented::RecoveryCode(code) => evaluate_recovery_code(draft, code),
    };
    match verdict {
        Ok(method) => {
            let challenge = draft.change().challenges.remove(index);
            draft.change().budget.refund(&challenge, now, policy);
            Ok(Ok(method))
        }
        Err(Evaluated::Not(refusal, reason)) => {
            if let Some(reason) = reason {
                draft.event(presented.refused(reason));
            }
            Ok(Err(refusal))
        }
        Err(Evaluated::Refused(reason)) => {
            draft.event(presented.refused(reason));
            Ok(Err(charge(draft, index, presented)))
        }
    }
}

/// Why nothing was accepted: not even evaluated, so free of charge; or evaluated and refused.
enum Evaluated {
    Not(Refusal, Option<RefusedBecause>),
    Refused(RefusedBecause),
}

fn evaluate_code(draft: &mut Draft<'_>, code: &str) -> Result<Result<AuthMethod, Evaluated>, SessionError> {
    let Context { now, policy, seal } = *draft.context;
    let Some(bound) = &draft.record.authenticator else {
        return Ok(Err(Evaluated::Not(Refusal::ChallengeOver, Some(RefusedBecause::NoChallenge))));
    };
    let params = bound.secret.params;
    let Ok(code) = Code::parse(code, params.digits()) else {
        return Ok(Err(Evaluated::Not(Refusal::Malformed, None)));
    };
    if draft.record.budget.is_suspended(policy) {
        return Ok(Err(Evaluated::Not(Refusal::Suspended, Some(RefusedBecause::Suspended))));
    }
    if let Some(retry_at) = draft.record.budget.locked_until(now, policy) {
        return Ok(Err(Evaluated::Not(Refusal::Locked { retry_at }, Some(RefusedBecause::Locked))));
    }
    let totp = Totp::new(&bound.secret.open(&draft.record.account, seal)?, params);
    Ok(match totp.verify(&code, now, policy.window(), bound.last_accepted) {
        Verdict::Accepted(step) => {
            if let Some(bound) = &mut draft.change().authenticator {
                bound.last_accepted = Some(step);
            }
            Ok(AuthMethod::Code)
        }
        Verdict::Replayed(_) => Err(Evaluated::Refused(RefusedBecause::Replayed)),
        Verdict::Wrong => Err(Evaluated::Refused(RefusedBecause::Wrong)),
    })
}

/// Evaluated whether the account is locked or not: at 112 bits and more there is nothing to guess, and this
/// is the owner's way back in.
fn evaluate_recovery_code(draft: &mut Draft<'_>, code: &str) -> Result<AuthMethod, Evaluated> {
    let Ok(code) = RecoveryCode::parse(code) else {
        return Err(Evaluated::Not(Refusal::Malformed, None));
    };
    let digest = code.digest(draft.record.account.as_str());
    let matching = constant_time::find(&draft.record.recovery_codes, |unused| unused.ct_eq(&digest));
    let Some((index, _)) = matching else {
        return Err(Evaluated::Refused(RefusedBecause::Wrong));
    };
    draft.change().recovery_codes.remove(index);
    draft.event(EventKind::RecoveryCodeUsed { remaining: draft.record.recovery_codes.len() });
    draft.forget_devices(ForgottenBecause::CredentialsChanged);
    Ok(AuthMethod::RecoveryCode)
}

/// Charges a failed guess to the challenge, and to the account unless it is locked: then it was a recovery
/// code, which costs the account nothing, or whoever has the password could suspend the authenticator with a
/// hundred of them.
///
/// The answer says what the claimant can do next, so a lock is told to whoever tries codes: it does not hold
/// up recovery codes.
fn charge(draft: &mut Draft<'_>, index: usize, presented: Presented<'_>) -> Refusal {
    let Context { now, policy, .. } = *draft.context;
    let record = draft.change();
    let charged = (!record.budget.is_locked(now, policy)).then(|| record.budget.charge(now, policy));
    let exhausted = record.challenges.get_mut(index).is_none_or(|challenge| {
        challenge.failures = challenge.failures.saturating_add(1);
        challenge.charged = challenge.charged.saturating_add(charged.is_some().into());
        !challenge.is_alive(now, policy)
    });
    if exhausted {
        record.challenges.retain(|open| open.failures < policy.guesses_per_challenge());
        draft.event(EventKind::ChallengeExhausted);
    }
    let Charged { alarm, locked_until, suspended } = charged.unwrap_or_default();
    if let Some(guesses) = alarm {
        draft.event(EventKind::PasswordSuspectedKnown { guesses });
    }
    if let Some(until) = locked_until {
        draft.event(EventKind::Locked { until });
    }
    if suspended {
        draft.event(EventKind::Suspended);
    }
    match (presented, locked_until) {
        (Presented::Code(_), _) if suspended => Refusal::Suspended,
        (Presented::Code(_), Some(retry_at)) => Refusal::Locked { retry_at },
        _ if exhausted => Refusal::ChallengeOver,
        _ => Refusal::NotAccepted,
    }
}
