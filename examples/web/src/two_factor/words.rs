//! What the library says, in the words of this site.

use second_factor::otp::{ClockOffset, CodesInARow};
use second_factor::session::{AuditEvent, AuthenticatorKind, HostAuthenticatorKind, Origin, TokenError};
use second_factor::store::StoreError;
use second_factor::verifier::{ChangePasswordError, Error};
use second_factor::{AuthMethod, Refusal, UnixTime};

use super::{CODES, Member};
use crate::date;
use crate::stop::Stop;

impl Member {
    /// The account, in the words of the security log.
    pub(crate) fn account(&self) -> &str {
        self.session.account().as_str()
    }

    /// How and when they got in, in words, and when they last confirmed since that it is them.
    pub(crate) fn arrival(&self) -> (String, UnixTime, Option<UnixTime>) {
        let how = match self.session.method() {
            AuthMethod::SingleFactor => "with your password alone".into(),
            AuthMethod::Code => "with your password and a code".into(),
            AuthMethod::CodesInARow => "with your password and codes in a row".into(),
            AuthMethod::RecoveryCode => "with your password and a recovery code".into(),
            AuthMethod::RememberedDevice { since } => {
                format!("with your password, on a device remembered since {}", date::words(since))
            }
            other => format!("{other:?}"),
        };
        let (at, confirmed) = (self.session.at(), self.session.auth_time());
        (how, at, (confirmed != at).then_some(confirmed))
    }
}

/// What takes the place of a single code where too many were wrong. Several in a row cannot be guessed.
pub(crate) fn way_in(retry_at: Option<UnixTime>) -> String {
    let count = in_a_row();
    let way = format!(
        "type {count} codes in a row as your app shows them (about two minutes), or a recovery code."
    );
    match retry_at {
        Some(retry_at) => format!("{way} A single code is accepted again from {} on.", date::words(retry_at)),
        None => way,
    }
}

/// How many codes that is, in words.
pub(crate) fn in_a_row() -> &'static str {
    match CodesInARow::count(CODES.digits()) {
        3 => "three",
        _ => "four",
    }
}

/// What those look like in the field.
pub(crate) fn in_a_row_placeholder() -> String {
    let code = "0".repeat(CODES.digits().count().into());
    vec![code; CodesInARow::count(CODES.digits()).into()].join(" ")
}

/// What an authenticator is.
pub(crate) fn kind(kind: AuthenticatorKind) -> &'static str {
    match kind {
        AuthenticatorKind::Host(HostAuthenticatorKind::HardwareKey) => "Security key",
        AuthenticatorKind::Host(_) => "Passkey",
        _ => "Authenticator app",
    }
}

/// A line of the security log: when, what and where from, and whether it is one to be told of by mail.
pub(crate) fn log_line(event: &str) -> Option<(UnixTime, String, bool)> {
    let AuditEvent { at, kind, origin, .. } = serde_json::from_str(event).ok()?;
    let what = match origin.as_ref().and_then(Origin::address) {
        Some(address) => format!("{kind} (from {address})"),
        None => kind.to_string(),
    };
    Some((at, what, kind.notify_owner()))
}

impl From<Error<StoreError>> for Stop {
    fn from(error: Error<StoreError>) -> Self {
        match error {
            Error::Refused(refusal) => refusal.into(),
            error => Self::failed(error),
        }
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        let message = match refusal {
            Refusal::NotAccepted => {
                "This code was not accepted. Each code works once: wait for the next one.".into()
            }
            Refusal::Malformed => "A code is six digits. A recovery code is 26 letters and digits.".into(),
            Refusal::ChallengeOver => {
                "Too many tries, or too much time has passed. Please start again.".into()
            }
            Refusal::EnrollmentOver => "This set-up is over. Nothing has changed; please start again.".into(),
            Refusal::Locked { retry_at } => {
                return Self::Locked(format!("Too many codes were wrong: {}", way_in(retry_at)));
            }
            // The answer to the first is on its way to the same browser.
            Refusal::AlreadyDone => return Self::GoTo("/account"),
            Refusal::Retry => "Your password is being changed. Please try again in a minute.".into(),
            Refusal::StepUpRequired => {
                "This took too long, or your session is over. Please try again.".into()
            }
            Refusal::ClockOff(offset) => clock_off(offset),
            Refusal::TooManyAuthenticators => {
                "You have as many authenticators as an account can have: choose one to be replaced.".into()
            }
            Refusal::AlreadyBound => "This authenticator is on your account already.".into(),
            Refusal::NoAuthenticator => "Your account has no such authenticator.".into(),
            Refusal::FactorRequired => {
                "Two-factor authentication is required here, so your last authenticator stays. To remove it, add another \
                 one first, or replace it."
                    .into()
            }
            other => other.to_string(),
        };
        Self::Refused { message, over: refusal.is_over() }
    }
}

/// Told at the set-up alone, where nothing is bound yet that could be guessed.
fn clock_off(offset: ClockOffset) -> String {
    let side = if offset.is_ahead() { "ahead" } else { "behind" };
    format!(
        "Your clock is off by about {} seconds: your phone's is {side}. Nothing was set up yet. Have the phone take its time \
         from the network, and type the next code.",
        offset.as_secs().unsigned_abs()
    )
}

/// Says which of the two passwords is in force; where the change began, nobody is logged in any more.
impl From<ChangePasswordError<StoreError, Stop>> for Stop {
    fn from(error: ChangePasswordError<StoreError, Stop>) -> Self {
        let message = match error {
            ChangePasswordError::NotStarted(error) => return error.into(),
            ChangePasswordError::NotWritten(_) => {
                "Your password was not changed. You have been logged out everywhere: log in with the old one."
            }
            _ => "Your password was changed. You have been logged out everywhere: log in with the new one.",
        };
        tracing::error!(?error, "a password change was interrupted");
        Self::LoggedOut(message)
    }
}

impl From<TokenError> for Stop {
    /// The id of a device that is none.
    fn from(_: TokenError) -> Self {
        Self::unusable("There is no such device.")
    }
}
