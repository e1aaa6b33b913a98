//! What is typed where a code is asked for: the one place where guesses are evaluated and charged.

use alloc::vec::Vec;

use super::{Context, Draft};
use crate::enrollment::{RecoveryCode, RecoveryCodeDigest};
use crate::otp::constant_time;
use crate::otp::{self, Code, TimeStep, Totp};
use crate::session::record::{Charged, Device, TouchedChallenge};
use crate::session::token::ChallengeClaims;
use crate::session::{AuthMethod, EventKind, ForgottenBecause, Refusal, RefusedBecause, SessionError};

/// What the claimant presents; its form tells which of the two.
#[derive(Clone, Copy)]
pub(super) enum Presented<'a> {
    Code(&'a str),
    RecoveryCode(&'a str),
}

impl<'a> Presented<'a> {
    pub(super) fn of(typed: &'a str) -> Self {
        if RecoveryCode::parse(typed).is_ok() { Self::RecoveryCode(typed) } else { Self::Code(typed) }
    }

    pub(super) fn refused(self, reason: RefusedBecause) -> EventKind {
        match self {
            Self::Code(_) => EventKind::CodeRefused { reason },
            Self::RecoveryCode(_) => EventKind::RecoveryCodeRefused { reason },
        }
    }
}

/// What became of what was presented.
pub(super) enum Verdict {
    Accepted(AcceptedWith),
    /// Not even compared, so free of charge.
    NotEvaluated(Refusal, Option<RefusedBecause>),
    /// Compared, and refused.
    Refused(RefusedBecause),
}

/// What was accepted.
pub(super) enum AcceptedWith {
    Code { authenticator: [u8; 16], step: TimeStep },
    RecoveryCode(RecoveryCodeDigest),
}

impl AcceptedWith {
    pub(super) fn method(&self) -> AuthMethod {
        match self {
            Self::Code { .. } => AuthMethod::Code,
            Self::RecoveryCode(_) => AuthMethod::RecoveryCode,
        }
    }

    /// Drops what is over where a code was accepted, which proves that the clock is right. Until then it is ignored
    /// where it is.
    pub(super) fn drop_what_is_over(&self, draft: &mut Draft<'_>) {
        if matches!(self, Self::Code { .. }) {
            draft.drop_what_is_over();
        }
    }
}

/// Compares what is presented with what the account has. What is accepted is used up; after a recovery code, all
/// devices are forgotten but those that are kept.
pub(super) fn evaluate(
    draft: &mut Draft<'_>,
    presented: Presented<'_>,
    is_kept: impl Fn(&Device) -> bool,
) -> Result<Verdict, SessionError> {
    match presented {
        Presented::Code(typed) => evaluate_code(draft, typed),
        Presented::RecoveryCode(typed) => Ok(evaluate_recovery_code(draft, typed, is_kept)),
    }
}

/// Every authenticator is compared, whichever matches, and each that matches moves to its step.
fn evaluate_code(draft: &mut Draft<'_>, typed: &str) -> Result<Verdict, SessionError> {
    let Context { now, policy, keys } = *draft.context;
    if draft
        .record
        .authenticators
        .iter()
        .all(|bound| Code::parse(typed, bound.secret.params.digits()).is_err())
    {
        return Ok(Verdict::NotEvaluated(Refusal::Malformed, None));
    }
    if draft.record.budget.is_suspended(policy) {
        return Ok(Verdict::NotEvaluated(Refusal::Suspended, Some(RefusedBecause::Suspended)));
    }
    if let Some(retry_at) = draft.record.budget.locked_until(now, policy) {
        return Ok(Verdict::NotEvaluated(Refusal::Locked { retry_at }, Some(RefusedBecause::Locked)));
    }
    let bound = &draft.record.authenticators;
    let mut verdicts = Vec::with_capacity(bound.len());
    for bound in bound {
        let params = bound.secret.params;
        // A code of another number of digits is no code of this authenticator.
        let Ok(code) = Code::parse(typed, params.digits()) else { continue };
        let totp = Totp::new(&bound.secret.open(&draft.record.account, keys.seal())?, params);
        verdicts.push((bound.secret.id, totp.verify(&code, now, policy.window(), bound.last_accepted)));
    }
    let mut accepted = None;
    for (authenticator, verdict) in &verdicts {
        let otp::Verdict::Accepted(step) = *verdict else { continue };
        let bound = draft.change().authenticators.iter_mut().find(|bound| bound.secret.id == *authenticator);
        if let Some(bound) = bound {
            bound.last_accepted = Some(step);
        }
        accepted = accepted.or(Some(AcceptedWith::Code { authenticator: *authenticator, step }));
    }
    let was_used = verdicts.iter().any(|(_, verdict)| matches!(verdict, otp::Verdict::Replayed(_)));
    Ok(match accepted {
        Some(accepted) => Verdict::Accepted(accepted),
        None if was_used => Verdict::Refused(RefusedBecause::Replayed),
        None => Verdict::Refused(RefusedBecause::Wrong),
    })
}

/// Evaluated whether the account is locked or not: at 112 bits and more there is nothing to guess, and this
/// is the owner's way back in.
fn evaluate_recovery_code(draft: &mut Draft<'_>, typed: &str, is_kept: impl Fn(&Device) -> bool) -> Verdict {
    let Ok(code) = RecoveryCode::parse(typed) else {
        return Verdict::NotEvaluated(Refusal::Malformed, None);
    };
    let digest = code.digest(draft.record.account.as_str());
    let matching = constant_time::find(&draft.record.recovery_codes, |unused| unused.ct_eq(&digest));
    let Some((index, _)) = matching else {
        return if draft.record.budget.is_locked(draft.context.now, draft.context.policy) {
            Verdict::NotEvaluated(Refusal::NotAccepted, Some(RefusedBecause::Wrong))
        } else {
            Verdict::Refused(RefusedBecause::Wrong)
        };
    };
    draft.change().recovery_codes.remove(index);
    draft.event(EventKind::RecoveryCodeUsed { remaining: draft.record.recovery_codes.len() });
    draft.forget_devices(ForgottenBecause::CredentialsChanged, is_kept);
    Verdict::Accepted(AcceptedWith::RecoveryCode(digest))
}

/// Where a failed guess is counted beside the account's budget.
#[derive(Clone, Copy)]
pub(super) enum Charge<'a> {
    /// In its challenge, whose completion refunds it.
    Challenge(&'a ChallengeClaims),
    /// Nowhere: it was made in a session, and nothing refunds it.
    Session,
}

/// Charges a guess that was compared and refused: one for each authenticator. The answer says what the claimant can
/// do next: a lock is reported for codes only, since recovery codes still work.
pub(super) fn refuse(
    draft: &mut Draft<'_>,
    presented: Presented<'_>,
    reason: RefusedBecause,
    charge: Charge<'_>,
) -> Refusal {
    let Context { now, policy, .. } = *draft.context;
    draft.event(presented.refused(reason));
    let count = u16::try_from(draft.record.authenticators.len()).unwrap_or(u16::MAX);
    let Charged { alarm, locked_until, suspended } = draft.change().budget.charge(count, now, policy);
    let mut exhausted = false;
    if let Charge::Challenge(claims) = charge
        && let Some(touched) = TouchedChallenge::of(&mut draft.change().touched, claims, now, policy)
    {
        touched.failures = touched.failures.saturating_add(1);
        touched.charged = touched.charged.saturating_add(count);
        exhausted = touched.is_exhausted(policy);
    }
    if exhausted {
        draft.event(EventKind::ChallengeExhausted);
    }
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
