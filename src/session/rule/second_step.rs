//! What is typed where a code is asked for: the one place where guesses are evaluated and charged.

use alloc::vec::Vec;

use super::{Context, Draft};
use crate::enrollment::{RecoveryCode, RecoveryCodeDigest};
use crate::otp::{self, Code, CodesInARow, TimeStep, Totp, constant_time};
use crate::session::record::{Authenticator, Charged, Device, TouchedChallenge};
use crate::session::token::ChallengeClaims;
use crate::session::{
    AccountRecord, AuthMethod, EventKind, ForgottenBecause, Refusal, RefusedBecause, SessionError,
};

/// What the claimant presents; its form tells which: without blanks and dashes, as many digits as a code of one of the
/// account's authenticators has, as many as codes in a row have, or otherwise a recovery code.
#[derive(Clone, Copy)]
pub(super) enum Presented<'a> {
    Code(&'a str),
    CodesInARow(&'a str),
    RecoveryCode(&'a str),
    Nothing,
}

impl<'a> Presented<'a> {
    pub(super) fn of(typed: &'a str, record: &AccountRecord) -> Self {
        let mut digits = record.authenticators.iter().map(|bound| bound.secret.params.digits());
        if digits.clone().any(|digits| Code::parse(typed, digits).is_ok()) {
            Self::Code(typed)
        } else if digits.any(|digits| CodesInARow::parse(typed, digits).is_ok()) {
            Self::CodesInARow(typed)
        } else if RecoveryCode::parse(typed).is_ok() {
            Self::RecoveryCode(typed)
        } else {
            Self::Nothing
        }
    }

    pub(super) fn refused(self, reason: RefusedBecause) -> EventKind {
        match self {
            Self::Code(_) | Self::CodesInARow(_) | Self::Nothing => EventKind::CodeRefused { reason },
            Self::RecoveryCode(_) => EventKind::RecoveryCodeRefused { reason },
        }
    }
}

/// What became of what was presented.
pub(super) enum Verdict {
    Accepted(AcceptedWith),
    /// Refused free of charge: not even compared, or nothing that can be guessed.
    Free(Refusal, Option<RefusedBecause>),
    /// Compared, refused, and to be charged.
    Charged(RefusedBecause),
}

/// What was accepted.
pub(super) enum AcceptedWith {
    /// A code, or the last of codes in a row.
    Code {
        method: AuthMethod,
        authenticator: [u8; 16],
        step: TimeStep,
    },
    RecoveryCode(RecoveryCodeDigest),
}

impl AcceptedWith {
    pub(super) fn method(&self) -> AuthMethod {
        match self {
            Self::Code { method, .. } => *method,
            Self::RecoveryCode(_) => AuthMethod::RecoveryCode,
        }
    }

    /// What else an accepted code means: it proves that the clock is right. So the time since the last one gives
    /// credit now, and what is over is dropped, which until then is ignored where it is.
    pub(super) fn trust_the_clock(&self, draft: &mut Draft<'_>) {
        if matches!(self, Self::Code { .. }) {
            let Context { now, policy, .. } = *draft.context;
            draft.change().budget.take_credit(now, policy);
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
    let Context { now, policy, .. } = *draft.context;
    match presented {
        Presented::Nothing => Ok(Verdict::Free(Refusal::Malformed, None)),
        Presented::Code(typed) => {
            if let Some(lock) = draft.record.lock(draft.context) {
                let refusal = Refusal::Locked { retry_at: lock.retry_at };
                return Ok(Verdict::Free(refusal, Some(RefusedBecause::Locked)));
            }
            let verdict = compare(draft, AuthMethod::Code, |totp, bound| {
                let code = Code::parse(typed, totp.params().digits()).ok()?;
                Some(totp.verify(&code, now, policy.window(), bound.last_accepted))
            })?;
            Ok(verdict.map_or_else(Verdict::Charged, Verdict::Accepted))
        }
        Presented::CodesInARow(typed) => {
            let verdict = compare(draft, AuthMethod::CodesInARow, |totp, bound| {
                let codes = CodesInARow::parse(typed, totp.params().digits()).ok()?;
                Some(totp.verify_in_a_row(&codes, now, policy.window(), bound.last_accepted))
            })?;
            Ok(verdict
                .map_or_else(|reason| Verdict::Free(Refusal::NotAccepted, Some(reason)), Verdict::Accepted))
        }
        Presented::RecoveryCode(typed) => Ok(evaluate_recovery_code(draft, typed, is_kept)),
    }
}

/// Every authenticator is compared, whichever matches, and each that matches moves to its step. `verify` has no answer
/// for what is not of the form of this authenticator's codes.
fn compare(
    draft: &mut Draft<'_>,
    method: AuthMethod,
    verify: impl Fn(&Totp, &Authenticator) -> Option<otp::Verdict>,
) -> Result<Result<AcceptedWith, RefusedBecause>, SessionError> {
    let seal = draft.context.keys.seal();
    let mut verdicts = Vec::with_capacity(draft.record.authenticators.len());
    for bound in &draft.record.authenticators {
        let secret = bound.secret.open(&draft.record.account, seal)?;
        let totp = Totp::new(&secret, bound.secret.params);
        verdicts.extend(verify(&totp, bound).map(|verdict| (bound.secret.id, verdict)));
    }
    let mut accepted = None;
    for (authenticator, verdict) in &verdicts {
        let otp::Verdict::Accepted(step) = *verdict else { continue };
        let bound = draft.change().authenticators.iter_mut().find(|bound| bound.secret.id == *authenticator);
        if let Some(bound) = bound {
            bound.last_accepted = Some(step);
        }
        accepted = accepted.or(Some(AcceptedWith::Code { method, authenticator: *authenticator, step }));
    }
    let was_used = verdicts.iter().any(|(_, verdict)| matches!(verdict, otp::Verdict::Replayed(_)));
    Ok(accepted.ok_or(if was_used { RefusedBecause::Replayed } else { RefusedBecause::Wrong }))
}

/// Evaluated whether the account is locked or not: at 112 bits and more there is nothing to guess, and this
/// is the owner's way back in.
fn evaluate_recovery_code(draft: &mut Draft<'_>, typed: &str, is_kept: impl Fn(&Device) -> bool) -> Verdict {
    let Ok(code) = RecoveryCode::parse(typed) else {
        return Verdict::Free(Refusal::Malformed, None);
    };
    let digest = code.digest(draft.record.account.as_str());
    let matching = constant_time::find(&draft.record.recovery_codes, |unused| unused.ct_eq(&digest));
    let Some((index, _)) = matching else {
        // Where the budget is spent nothing is recorded, so that nobody makes the service write without end.
        return match draft.record.lock(draft.context) {
            Some(_) => Verdict::Free(Refusal::NotAccepted, Some(RefusedBecause::Wrong)),
            None => Verdict::Charged(RefusedBecause::Wrong),
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
    let guesses = draft.record.guesses_a_code();
    let Charged { alarm, lock } = draft.change().budget.charge(guesses, now, policy);
    let mut exhausted = false;
    if let Charge::Challenge(claims) = charge
        && let Some(touched) = TouchedChallenge::of(&mut draft.change().touched, claims, now, policy)
    {
        touched.failures = touched.failures.saturating_add(1);
        touched.charged = touched.charged.saturating_add(guesses);
        exhausted = touched.is_exhausted(policy);
    }
    if exhausted {
        draft.event(EventKind::ChallengeExhausted);
    }
    if let Some(guesses) = alarm {
        draft.event(EventKind::PasswordSuspectedKnown { guesses });
    }
    if let Some(lock) = lock {
        draft.event(EventKind::Locked { until: lock.retry_at });
    }
    match (presented, lock) {
        _ if exhausted => Refusal::ChallengeOver,
        (Presented::Code(_), Some(lock)) => Refusal::Locked { retry_at: lock.retry_at },
        _ => Refusal::NotAccepted,
    }
}
