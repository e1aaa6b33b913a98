//! What is presented where a factor is asked for: the one place where guesses are evaluated and charged.

use alloc::vec::Vec;

use super::{Context, Draft};
use crate::enrollment::{RecoveryCode, RecoveryCodeDigest};
use crate::otp::{self, ClockOffset, Code, CodesInARow, Digits, TimeStep, Totp, Window, constant_time};
use crate::session::proof::ProofDigest;
use crate::session::record::{Authenticator, Charged, Device, Host, Lock, Prover, TouchedChallenge};
use crate::session::token::ChallengeClaims;
use crate::session::{
    AccountRecord, AuthMethod, AuthenticatorId, EventKind, ForgottenBecause, HostAuthenticatorVerified,
    OldRecoveryCodeVerified, Presented, Refusal, RefusedBecause, SessionError,
};
use crate::time::UnixTime;

/// What is presented, by its form. Blanks and dashes do not count. Digits are a code or codes in a row if
/// their number fits one of the account's apps; other text is a recovery code.
#[derive(Clone, Copy)]
pub(super) enum Form<'a> {
    Code(&'a str),
    CodesInARow(&'a str),
    RecoveryCode(&'a str),
    Host(&'a HostAuthenticatorVerified),
    OldRecoveryCode(&'a OldRecoveryCodeVerified),
    Nothing,
}

impl<'a> Form<'a> {
    /// # Errors
    ///
    /// [`SessionError::ProofOfAnotherAccount`] for a proof that the host made for another account than the
    /// record's.
    pub(super) fn of(presented: &'a Presented<'_>, record: &AccountRecord) -> Result<Self, SessionError> {
        if presented.account().is_some_and(|account| *account != record.account) {
            return Err(SessionError::ProofOfAnotherAccount);
        }
        Ok(match (presented.typed(), presented.host(), presented.old_recovery_code()) {
            (Some(typed), ..) => Self::of_typed(typed, record),
            (_, Some(proof), _) => Self::Host(proof),
            (_, _, Some(proof)) => Self::OldRecoveryCode(proof),
            (None, None, None) => Self::Nothing,
        })
    }

    fn of_typed(typed: &'a str, record: &AccountRecord) -> Self {
        let apps = record.authenticators.iter().filter_map(Authenticator::app);
        let mut digits = apps.map(|app| app.secret.params.digits());
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
            Self::RecoveryCode(_) | Self::OldRecoveryCode(_) => EventKind::RecoveryCodeRefused { reason },
            Self::Host(_) => EventKind::HostAuthenticatorRefused { reason },
        }
    }
}

/// What became of what was presented.
pub(super) enum Verdict {
    Accepted(AcceptedWith),
    /// Refused and not charged: it was not compared, or cannot be guessed.
    Free(Refusal, Option<RefusedBecause>),
    /// Compared, refused, and to be charged.
    Charged(RefusedBecause),
}

/// What was accepted.
pub(super) enum AcceptedWith {
    /// A code, or the last of codes in a row.
    Code {
        method: AuthMethod,
        code: Code,
    },
    RecoveryCode(RecoveryCodeDigest),
    Host {
        method: AuthMethod,
        authenticator: AuthenticatorId,
        proof: ProofDigest,
    },
}

impl AcceptedWith {
    pub(super) fn method(&self) -> AuthMethod {
        match self {
            Self::Code { method, .. } | Self::Host { method, .. } => *method,
            Self::RecoveryCode(_) => AuthMethod::RecoveryCode,
        }
    }

    /// An accepted code also proves that the clock is right. So the time since the last one gives credit now,
    /// and what is over is dropped; until then it was only ignored.
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
///
/// `challenge` is that of the login in which it is presented; `None` in a step-up.
pub(super) fn evaluate(
    draft: &mut Draft<'_>,
    form: Form<'_>,
    challenge: Option<&ChallengeClaims>,
    is_kept: impl Fn(&Device) -> bool,
) -> Result<Verdict, SessionError> {
    match form {
        Form::Nothing => Ok(Verdict::Free(Refusal::Malformed, None)),
        Form::Code(typed) => {
            if let Some(lock) = draft.record.lock(draft.context) {
                return Ok(Verdict::Free(lock.into(), Some(RefusedBecause::Locked)));
            }
            let read = |digits| Code::parse(typed, digits).ok().map(Codes::One);
            let verdict = compare(draft, AuthMethod::Code, read)?;
            Ok(verdict.map_or_else(Verdict::Charged, Verdict::Accepted))
        }
        Form::CodesInARow(typed) => {
            let read = |digits| CodesInARow::parse(typed, digits).ok().map(Codes::InARow);
            let verdict = compare(draft, AuthMethod::CodesInARow, read)?;
            Ok(verdict
                .map_or_else(|reason| Verdict::Free(Refusal::NotAccepted, Some(reason)), Verdict::Accepted))
        }
        Form::RecoveryCode(typed) => Ok(evaluate_recovery_code(draft, typed, is_kept)),
        Form::OldRecoveryCode(proof) => Ok(evaluate_old_recovery_code(draft, proof, challenge, is_kept)),
        Form::Host(proof) => Ok(evaluate_host(draft, proof)),
    }
}

/// One code, or several in a row.
enum Codes {
    One(Code),
    InARow(CodesInARow),
}

impl Codes {
    fn verify(&self, totp: &Totp, now: UnixTime, window: Window, after: Option<TimeStep>) -> otp::Verdict {
        match self {
            Self::One(code) => totp.verify(code, now, window, after),
            Self::InARow(codes) => totp.verify_in_a_row(codes, now, window, after),
        }
    }

    fn newest(&self) -> &Code {
        match self {
            Self::One(code) => code,
            Self::InARow(codes) => codes.last(),
        }
    }

    /// By how much the clock is off, if a code is that of another time. This is not determined for several in
    /// a row, since the last one says nothing about the others.
    fn clock_offset(&self, totp: &Totp, now: UnixTime) -> Option<(TimeStep, ClockOffset)> {
        match self {
            Self::One(code) => totp.clock_offset(code, now),
            Self::InARow(_) => None,
        }
    }
}

/// Compares with every authenticator app, even after one has matched. Each that matches records the code's
/// step. `read` returns `None` if what was typed does not have the form of codes with this many digits.
fn compare(
    draft: &mut Draft<'_>,
    method: AuthMethod,
    read: impl Fn(Digits) -> Option<Codes>,
) -> Result<Result<AcceptedWith, RefusedBecause>, SessionError> {
    let Context { now, policy, keys, .. } = *draft.context;
    let mut compared = Vec::with_capacity(draft.record.authenticators.len());
    for (bound, app) in draft.record.authenticators.iter().filter_map(|bound| Some((bound, bound.app()?))) {
        let params = app.secret.params;
        let totp = Totp::new(&app.secret.open(&draft.record.account, &bound.id, keys.seal())?, params);
        if let Some(typed) = read(params.digits()) {
            let verdict = typed.verify(&totp, now, policy.window(), app.last_accepted);
            compared.push((bound.id, app.last_accepted, totp, typed, verdict));
        }
    }
    let mut accepted = None;
    for (authenticator, .., typed, verdict) in &compared {
        let otp::Verdict::Accepted(step) = *verdict else { continue };
        let mut bound = draft.change().authenticators.iter_mut().filter(|bound| bound.id == *authenticator);
        if let Some(bound) = bound.next() {
            bound.last_used = Some(now);
            if let Some(app) = bound.app_mut() {
                app.last_accepted = Some(step);
            }
        }
        accepted = accepted.or_else(|| Some(AcceptedWith::Code { method, code: typed.newest().clone() }));
    }
    if let Some(accepted) = accepted {
        return Ok(Ok(accepted));
    }
    // Refused. For the audit trail, why: a clock that is off and a used code look the same to the claimant.
    let mut reason = RefusedBecause::Wrong;
    for (_, last_accepted, totp, typed, verdict) in &compared {
        let near = typed.clock_offset(totp, now);
        let found = match (verdict, near) {
            (otp::Verdict::Replayed(_), _) => RefusedBecause::Replayed,
            (_, Some((step, _))) if last_accepted.is_some_and(|last| step <= last) => {
                RefusedBecause::Replayed
            }
            (_, Some((_, offset))) => RefusedBecause::ClockOff(offset),
            (_, None) => continue,
        };
        if reason != RefusedBecause::Replayed {
            reason = found;
        }
    }
    Ok(Err(reason))
}

/// What the host verified is accepted whether the account is locked or not: there is nothing to guess.
fn evaluate_host(draft: &mut Draft<'_>, proof: &HostAuthenticatorVerified) -> Verdict {
    let (authenticator, digest) = (proof.authenticator(), proof.digest());
    let refused = |reason| Verdict::Free(Refusal::NotAccepted, Some(reason));
    let Some(Host { kind, last_proof }) =
        draft.record.authenticator(authenticator).and_then(Authenticator::host).cloned()
    else {
        return refused(RefusedBecause::Wrong);
    };
    if last_proof == Some(digest) {
        return refused(RefusedBecause::Replayed);
    }
    let now = draft.context.now;
    let mut bound = draft.change().authenticators.iter_mut().filter(|bound| bound.id == authenticator);
    if let Some(bound) = bound.next() {
        bound.last_used = Some(now);
        bound.prover = Prover::Host(Host { kind, last_proof: Some(digest) });
    }
    let method = AuthMethod::HostAuthenticator(kind);
    Verdict::Accepted(AcceptedWith::Host { method, authenticator, proof: digest })
}

/// The host says that a recovery code of an old system was typed. Its try was charged before the host
/// compared it.
fn evaluate_old_recovery_code(
    draft: &mut Draft<'_>,
    proof: &OldRecoveryCodeVerified,
    challenge: Option<&ChallengeClaims>,
    is_kept: impl Fn(&Device) -> bool,
) -> Verdict {
    if !challenge.is_some_and(|claims| proof.is_for(&claims.id)) {
        return Verdict::Free(Refusal::NotAccepted, Some(RefusedBecause::NoChallenge));
    }
    let matching = constant_time::find(&draft.record.recovery_codes, |unused| unused.ct_eq(proof.code()));
    let Some((index, _)) = matching else {
        return Verdict::Free(Refusal::NotAccepted, Some(RefusedBecause::Replayed));
    };
    use_recovery_code(draft, index, is_kept);
    Verdict::Accepted(AcceptedWith::RecoveryCode(proof.code().clone()))
}

fn use_recovery_code(draft: &mut Draft<'_>, index: usize, is_kept: impl Fn(&Device) -> bool) {
    draft.change().recovery_codes.remove(index);
    draft.event(EventKind::RecoveryCodeUsed { remaining: draft.record.recovery_codes.len() });
    draft.forget_devices(ForgottenBecause::CredentialsChanged, is_kept);
}

/// Evaluated whether the account is locked or not: a code has 128 bits, so it cannot be guessed, and this is
/// the owner's way back in.
fn evaluate_recovery_code(draft: &mut Draft<'_>, typed: &str, is_kept: impl Fn(&Device) -> bool) -> Verdict {
    let Ok(code) = RecoveryCode::parse(typed) else {
        return Verdict::Free(Refusal::Malformed, None);
    };
    let digest = code.digest(draft.record.account.as_str());
    let matching = constant_time::find(&draft.record.recovery_codes, |unused| unused.ct_eq(&digest));
    let Some((index, _)) = matching else {
        // If the budget is spent, nothing is recorded, so that nobody can make the service write without end.
        return match draft.record.lock(draft.context) {
            Some(_) => Verdict::Free(Refusal::NotAccepted, Some(RefusedBecause::Wrong)),
            None => Verdict::Charged(RefusedBecause::Wrong),
        };
    };
    use_recovery_code(draft, index, is_kept);
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

/// Charges a guess that was compared and refused: one for each authenticator app. The answer says what the claimant can
/// do next: a lock is reported for codes only, since recovery codes still work.
pub(super) fn refuse(
    draft: &mut Draft<'_>,
    form: Form<'_>,
    reason: RefusedBecause,
    charge: Charge<'_>,
) -> Refusal {
    draft.event(form.refused(reason));
    let (exhausted, lock) = pay(draft, charge);
    match (form, lock) {
        _ if exhausted => Refusal::ChallengeOver,
        (Form::Code(_), Some(lock)) => lock.into(),
        _ => Refusal::NotAccepted,
    }
}

/// Charges a guess. Returns whether it exhausted its challenge, and the lock if the next guess is not
/// covered.
pub(super) fn pay(draft: &mut Draft<'_>, charge: Charge<'_>) -> (bool, Option<Lock>) {
    let Context { now, policy, .. } = *draft.context;
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
    (exhausted, lock)
}

impl From<Lock> for Refusal {
    fn from(lock: Lock) -> Self {
        Self::Locked { retry_at: lock.retry_at }
    }
}
