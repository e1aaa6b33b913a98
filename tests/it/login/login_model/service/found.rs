//! The answers of the library.

use second_factor::session::HostAuthenticatorKind;
use second_factor::session::{
    AuditEvent, AuthenticatorId, EndOtherSessions, EnrollmentConfirmed, EnrollmentToken, EventKind,
    OldRecoveryCodeTry, Reauthenticated, RefusedBecause, RemovedBy,
};
use second_factor::testing::FaultyError;
use second_factor::verifier::{ChangePasswordError, Error};
use second_factor::{
    Accepted, AuthMethod, ChallengeToken, FreshFactor, Login, PasswordVerified, Session, UnixTime,
};

use crate::login::login_model::invariants::Evidence;
use crate::login::login_model::model::{self, By, Event, Outcome, Refused};
use crate::support::{Phone, texts};

type StoreError = FaultyError<second_factor::store::MemoryStoreError>;
pub type Verified<T> = Result<T, Error<StoreError>>;

/// The results of one command on both sides.
pub struct Found {
    /// The result of the model.
    pub expected: Outcome,
    pub outcome: Outcome,
    pub got: Vec<Got>,
    pub evidence: Evidence,
}

/// What a call handed out, in the order of the model.
#[allow(clippy::large_enum_variant, reason = "a handful at a time")]
pub enum Got {
    /// With the recovery codes that are left, and the time until which a second factor must be enrolled.
    Session(Session, usize, Option<u64>),
    /// For this browser.
    Token(String, usize),
    Challenge(ChallengeToken),
    Password(PasswordVerified, Box<model::Password>),
    Fresh(FreshFactor),
    Reauthenticated(Reauthenticated),
    Enrollment(EnrollmentToken, Phone),
    RecoveryCodes(Vec<String>),
    /// The id, if the answer has it.
    Bound(Option<AuthenticatorId>),
    /// With the number of the code that the host finds it to be.
    OldTry(OldRecoveryCodeTry, Option<usize>),
    Continue(EndOtherSessions),
}

pub fn refused<T>(result: Verified<T>) -> Result<T, Refused> {
    result.map_err(|error| match error {
        Error::Refused(refusal) => refusal.into(),
        other => panic!("not a refusal but {other:?}"),
    })
}

/// The result of a call that hands out one thing or is refused.
pub fn one<T>(result: Verified<T>, outcome: Outcome, got: impl FnOnce(T) -> Got) -> (Outcome, Vec<Got>) {
    match refused(result) {
        Ok(value) => (outcome, vec![got(value)]),
        Err(refused) => (Outcome::Refused(refused), vec![]),
    }
}

/// The same for a call that hands out nothing.
pub fn none<T>(result: Verified<T>, outcome: Outcome) -> (Outcome, Vec<Got>) {
    (refused(result).map_or_else(Outcome::Refused, |_| outcome), vec![])
}

pub fn logged_in(
    login: Verified<Login>,
    check: model::Password,
    browser: usize,
    evidence: &mut Evidence,
) -> (Outcome, Vec<Got>) {
    match refused(login) {
        Ok(Login::Complete(Accepted { authenticated, device, recovery_codes_left, enroll_by, .. })) => {
            let method = authenticated.method();
            evidence.method = Some(method);
            let outcome = match method {
                AuthMethod::SingleFactor => Outcome::LoggedInWithoutFactor,
                AuthMethod::RememberedDevice { since } => {
                    Outcome::LoggedInRemembered { since: since.as_secs() }
                }
                other => panic!("the password step has authenticated by {other:?}"),
            };
            let token = device.map(|token| Got::Token(token.expose().to_owned(), browser));
            let enroll_by = enroll_by.map(UnixTime::as_secs);
            let session = Got::Session(authenticated.into_session(), recovery_codes_left, enroll_by);
            (outcome, [Some(session), token].into_iter().flatten().collect())
        }
        Ok(Login::CodeRequired(challenge)) => (Outcome::CodeRequired, vec![Got::Challenge(challenge)]),
        Ok(Login::EnrollmentRequired(proof)) => {
            (Outcome::EnrollmentRequired, vec![Got::Password(proof, Box::new(check))])
        }
        Err(refused) => (Outcome::Refused(refused), vec![]),
    }
}

pub fn accepted(
    result: Verified<Accepted>,
    browser: Option<usize>,
    evidence: &mut Evidence,
) -> (Outcome, Vec<Got>) {
    match refused(result) {
        Ok(Accepted { authenticated, device, recovery_codes_left, enroll_by, .. }) => {
            evidence.accept(authenticated.method());
            let by = by(authenticated.method());
            evidence.remembered = device.is_some();
            let outcome = Outcome::Accepted { by, device: device.is_some() };
            let browser = browser.unwrap_or_default();
            let token = device.map(|token| Got::Token(token.expose().to_owned(), browser));
            let enroll_by = enroll_by.map(UnixTime::as_secs);
            let session = Got::Session(authenticated.into_session(), recovery_codes_left, enroll_by);
            (outcome, [Some(session), token].into_iter().flatten().collect())
        }
        Err(refused) => (Outcome::Refused(refused), vec![]),
    }
}

/// An authenticator is bound; there may be new recovery codes.
pub fn bound(result: Verified<EnrollmentConfirmed>, outcome: Outcome) -> (Outcome, Vec<Got>) {
    match refused(result) {
        Ok(confirmed) => {
            let id = Got::Bound(Some(confirmed.authenticator()));
            let codes = confirmed.into_parts().0.map(|codes| Got::RecoveryCodes(texts(&codes)));
            (outcome, [Some(id), codes].into_iter().flatten().collect())
        }
        Err(refused) => (Outcome::Refused(refused), vec![]),
    }
}

pub fn password_changed(
    result: Result<EndOtherSessions, ChangePasswordError<StoreError, &'static str>>,
) -> (Outcome, Vec<Got>) {
    match result {
        Ok(end) => (Outcome::PasswordChanged, vec![Got::Continue(end)]),
        Err(ChangePasswordError::NotStarted(error)) => none::<()>(Err(error), Outcome::Done),
        Err(ChangePasswordError::NotWritten("planted")) => (Outcome::NotWritten, vec![]),
        Err(ChangePasswordError::Unfinished(Some(Error::Store(_)))) => (Outcome::Interrupted, vec![]),
        Err(other) => panic!("{other:?}"),
    }
}

pub fn by(method: AuthMethod) -> By {
    match method {
        AuthMethod::Code => By::Code,
        AuthMethod::CodesInARow => By::CodesInARow,
        AuthMethod::HostAuthenticator(HostAuthenticatorKind::SoftwareKey) => By::Passkey,
        AuthMethod::RecoveryCode => By::RecoveryCode,
        other => panic!("something presented was accepted as {other:?}"),
    }
}

pub fn plain(event: &AuditEvent) -> Event {
    match &event.kind {
        EventKind::ChallengeOpened => Event::Opened,
        EventKind::LoggedIn { .. } => Event::LoggedIn,
        EventKind::SteppedUp { .. } => Event::SteppedUp,
        EventKind::CodeRefused { reason: RefusedBecause::ClockOff(offset) } => {
            Event::ClockOff { by: offset.as_secs() }
        }
        EventKind::CodeRefused { reason } => Event::CodeRefused(model::why(*reason)),
        EventKind::RecoveryCodeRefused { reason } => Event::RecoveryCodeRefused(model::why(*reason)),
        EventKind::HostAuthenticatorRefused { reason } => Event::PasskeyRefused(model::why(*reason)),
        EventKind::OldRecoveryCodeTried => Event::OldCodeTried,
        EventKind::AuthenticatorRenamed { .. } => Event::Renamed,
        EventKind::Restored => Event::Restored,
        EventKind::RecoveryCodeUsed { remaining } => Event::RecoveryCodeUsed { remaining: *remaining },
        EventKind::ChallengeExhausted => Event::ChallengeExhausted,
        EventKind::PasswordSuspectedKnown { guesses } => {
            Event::PasswordSuspectedKnown { guesses: u64::from(*guesses) }
        }
        EventKind::Locked { until } => Event::Locked { until: until.map(UnixTime::as_secs) },
        EventKind::EnrollmentBegun => Event::EnrollmentBegun,
        EventKind::EnrollmentRefused => Event::EnrollmentRefused,
        EventKind::AuthenticatorBound { binding, .. } => Event::Bound(model::how(*binding)),
        EventKind::AuthenticatorRemoved { by, remaining, .. } => {
            Event::Removed { by_owner: *by == RemovedBy::Owner, remaining: *remaining }
        }
        EventKind::RecoveryCodesRegenerated => Event::Regenerated,
        EventKind::PasswordChangeBegun => Event::PasswordChangeBegun,
        EventKind::PasswordChanged => Event::PasswordChanged,
        EventKind::PasswordNotChanged => Event::PasswordNotChanged,
        EventKind::PasswordChangeInterrupted => Event::PasswordChangeInterrupted,
        EventKind::SessionsEnded => Event::SessionsEnded,
        EventKind::AccountClosed => Event::AccountClosed,
        EventKind::DeviceRemembered { .. } => Event::DeviceRemembered,
        EventKind::DeviceForgotten { reason, .. } => Event::DeviceForgotten(model::why_forgotten(*reason)),
        EventKind::DeviceTokenStolen { .. } => Event::DeviceTokenStolen,
        EventKind::DeviceUnknown => Event::DeviceUnknown,
        other => panic!("the model lacks this event: {other:?}"),
    }
}
