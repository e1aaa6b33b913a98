//! What is presented where a factor is asked for: the one place where guesses are evaluated and charged.

use alloc::vec::Vec;

use super::{Context, Draft, Stop};
use crate::enrollment::digest::HalfDigest;
use crate::enrollment::{RecoveryCode, RecoveryCodeDigest};
use crate::otp::{ClockOffset, Code, CodesInARow, Digits, TimeStep, Totp, Verdict, Window, constant_time};
use crate::session::proof::What;
use crate::session::record::{Authenticator, Charged, Host, Lock, Prover, TouchedChallenge};
use crate::session::token::ChallengeClaims;
use crate::session::{
    AccountRecord, AuthMethod, AuthenticatorId, EventKind, ForgottenBecause, HostAuthenticatorVerified,
    OldRecoveryCodeVerified, Presented, Refusal, RefusedBecause, Session, SessionError,
};
use crate::time::UnixTime;

/// What is presented, by its form. Blanks and dashes do not count. Digits are a code, or codes in a row, if
/// one of the account's apps has codes of this length. Other text is read as a recovery code.
pub(super) enum Form<'a> {
    Code(&'a str),
    CodesInARow(&'a str),
    RecoveryCode(RecoveryCode),
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
        Ok(match &presented.0 {
            What::Typed(typed) => Self::of_typed(typed, record),
            What::Host(proof) => Self::Host(proof),
            What::OldRecoveryCode(proof) => Self::OldRecoveryCode(proof),
        })
    }

    fn of_typed(typed: &'a str, record: &AccountRecord) -> Self {
        let apps = record.authenticators.iter().filter_map(Authenticator::app);
        let mut digits = apps.map(|app| app.secret.params.digits());
        if digits.clone().any(|digits| Code::parse(typed, digits).is_ok()) {
            Self::Code(typed)
        } else if digits.any(|digits| CodesInARow::parse(typed, digits).is_ok()) {
            Self::CodesInARow(typed)
        } else {
            RecoveryCode::parse(typed).map_or(Self::Nothing, Self::RecoveryCode)
        }
    }

    pub(super) fn refused(&self, reason: RefusedBecause) -> EventKind {
        match self {
            Self::Code(_) | Self::CodesInARow(_) | Self::Nothing => EventKind::CodeRefused { reason },
            Self::RecoveryCode(_) | Self::OldRecoveryCode(_) => EventKind::RecoveryCodeRefused { reason },
            Self::Host(_) => EventKind::HostAuthenticatorRefused { reason },
        }
    }
}

/// Where something is presented.
#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    /// In the challenge of a login. A failed guess is also counted in the challenge, whose completion refunds it.
    Login(&'a ChallengeClaims),
    /// In a session. Nothing refunds a failed guess.
    StepUp(&'a Session),
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
        proof: HalfDigest,
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
    fn trust_the_clock(&self, draft: &mut Draft<'_>) {
        if matches!(self, Self::Code { .. }) {
            let Context { now, policy, .. } = *draft.context;
            draft.change().budget.take_credit(now, policy);
            draft.drop_what_is_over();
        }
    }
}

/// Compares what is presented with what the account has. What is accepted is used up, and completes the
/// challenge. A wrong single code is charged, and so is a wrong recovery code unless the account is locked.
pub(super) fn evaluate(draft: &mut Draft<'_>, form: &Form<'_>, step: Step<'_>) -> Result<AcceptedWith, Stop> {
    let compared = match form {
        Form::Nothing => return Err(Refusal::Malformed.into()),
        Form::Code(typed) => {
            if let Some(lock) = draft.record.lock(draft.context) {
                draft.event(form.refused(RefusedBecause::Locked));
                return Err(Refusal::from(lock).into());
            }
            compare(draft, AuthMethod::Code, |digits| Code::parse(typed, digits).ok().map(Codes::One))?
        }
        Form::CodesInARow(typed) => compare(draft, AuthMethod::CodesInARow, |digits| {
            CodesInARow::parse(typed, digits).ok().map(Codes::InARow)
        })?,
        // Evaluated whether the account is locked or not: a code has 128 bits, so it cannot be guessed, and this is
        // the owner's way back in.
        Form::RecoveryCode(code) => {
            let digest = code.digest(draft.record.account.as_str());
            use_recovery_code(draft, &digest, step).ok_or(RefusedBecause::Wrong)
        }
        // The host says that it was typed. Its try was charged before the host compared it.
        Form::OldRecoveryCode(proof) => match step {
            Step::Login(claims) if proof.challenge == claims.id => {
                use_recovery_code(draft, &proof.code, step).ok_or(RefusedBecause::Replayed)
            }
            Step::Login(_) | Step::StepUp(_) => Err(RefusedBecause::NoChallenge),
        },
        Form::Host(proof) => use_host_proof(draft, proof),
    };
    let accepted = compared.map_err(|reason| refuse(draft, form, reason, step))?;
    if let Step::Login(claims) = step {
        complete(draft, claims);
    }
    accepted.trust_the_clock(draft);
    Ok(accepted)
}

/// One code, or several in a row.
enum Codes {
    One(Code),
    InARow(CodesInARow),
}

impl Codes {
    fn verify(&self, totp: &Totp, now: UnixTime, window: Window, after: Option<TimeStep>) -> Verdict {
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

/// What a code was compared with, and what came of it.
struct Compared {
    authenticator: AuthenticatorId,
    last_accepted: Option<TimeStep>,
    totp: Totp,
    typed: Codes,
    verdict: Verdict,
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
            let (authenticator, last_accepted) = (bound.id, app.last_accepted);
            let verdict = typed.verify(&totp, now, policy.window(), last_accepted);
            compared.push(Compared { authenticator, last_accepted, totp, typed, verdict });
        }
    }
    let mut accepted = None;
    for Compared { authenticator, typed, verdict, .. } in &compared {
        let Verdict::Accepted(step) = *verdict else { continue };
        if let Some(bound) = draft.change_authenticator(*authenticator) {
            bound.last_used = Some(now);
            if let Some(app) = bound.app_mut() {
                app.last_accepted = Some(step);
            }
        }
        accepted = accepted.or_else(|| Some(AcceptedWith::Code { method, code: typed.newest().clone() }));
    }
    Ok(accepted.ok_or_else(|| why_refused(&compared, now)))
}

/// Why a code is refused, for the audit trail: to the claimant, a clock that is off and a used code look the same.
fn why_refused(compared: &[Compared], now: UnixTime) -> RefusedBecause {
    let mut reason = RefusedBecause::Wrong;
    for Compared { last_accepted, totp, typed, verdict, .. } in compared {
        let found = match (verdict, typed.clock_offset(totp, now)) {
            (Verdict::Replayed(_), _) => RefusedBecause::Replayed,
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
    reason
}

/// After a recovery code, all devices are forgotten but that of the session in which it was presented.
fn use_recovery_code(
    draft: &mut Draft<'_>,
    digest: &RecoveryCodeDigest,
    step: Step<'_>,
) -> Option<AcceptedWith> {
    let (index, _) = constant_time::find(&draft.record.recovery_codes, |unused| unused.ct_eq(digest))?;
    draft.change().recovery_codes.remove(index);
    draft.event(EventKind::RecoveryCodeUsed { remaining: draft.record.recovery_codes.len() });
    let kept = match step {
        Step::Login(_) => None,
        Step::StepUp(session) => session.device(),
    };
    draft.forget_devices(ForgottenBecause::CredentialsChanged, |device| Some(device.id) == kept);
    Some(AcceptedWith::RecoveryCode(digest.clone()))
}

/// What the host verified is accepted whether the account is locked or not: there is nothing to guess.
fn use_host_proof(
    draft: &mut Draft<'_>,
    proof: &HostAuthenticatorVerified,
) -> Result<AcceptedWith, RefusedBecause> {
    let (authenticator, digest, now) = (proof.authenticator(), proof.digest, draft.context.now);
    let host = draft.record.authenticator(authenticator).and_then(Authenticator::host);
    let Host { kind, last_proof } = host.cloned().ok_or(RefusedBecause::Wrong)?;
    if last_proof == Some(digest) {
        return Err(RefusedBecause::Replayed);
    }
    if let Some(bound) = draft.change_authenticator(authenticator) {
        bound.last_used = Some(now);
        bound.prover = Prover::Host(Host { kind, last_proof: Some(digest) });
    }
    let method = AuthMethod::HostAuthenticator(kind);
    Ok(AcceptedWith::Host { method, authenticator, proof: digest })
}

/// The claimant is through: what was charged in the challenge is refunded.
fn complete(draft: &mut Draft<'_>, claims: &ChallengeClaims) {
    let Context { now, policy, .. } = *draft.context;
    let AccountRecord { touched, budget, .. } = draft.change();
    if let Some(touched) = TouchedChallenge::of(touched, claims, now, policy) {
        touched.done = true;
        budget.refund(touched.charged, touched.failures);
    }
}

/// Refuses what was compared, and charges a single code, or a recovery code if the account is not locked. The
/// answer says what the claimant can do next: a lock is reported for codes only, since recovery codes still
/// work.
fn refuse(draft: &mut Draft<'_>, form: &Form<'_>, reason: RefusedBecause, step: Step<'_>) -> Refusal {
    draft.event(form.refused(reason));
    let is_charged = match form {
        Form::Code(_) => true,
        // If the budget is spent, nothing is recorded, so that nobody can make the service write without end.
        Form::RecoveryCode(_) => draft.record.lock(draft.context).is_none(),
        Form::CodesInARow(_) | Form::OldRecoveryCode(_) | Form::Host(_) | Form::Nothing => false,
    };
    if !is_charged {
        return Refusal::NotAccepted;
    }
    let (exhausted, lock) = pay(draft, step);
    match (form, lock) {
        _ if exhausted => Refusal::ChallengeOver,
        (Form::Code(_), Some(lock)) => lock.into(),
        _ => Refusal::NotAccepted,
    }
}

/// Charges one guess for each authenticator app. Returns whether this exhausted the challenge, and the lock
/// if the next guess is not covered.
pub(super) fn pay(draft: &mut Draft<'_>, step: Step<'_>) -> (bool, Option<Lock>) {
    let Context { now, policy, .. } = *draft.context;
    let guesses = draft.record.guesses_a_code();
    let AccountRecord { touched, budget, .. } = draft.change();
    let Charged { alarm, lock } = budget.charge(guesses, now, policy);
    let mut exhausted = false;
    if let Step::Login(claims) = step
        && let Some(touched) = TouchedChallenge::of(touched, claims, now, policy)
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
