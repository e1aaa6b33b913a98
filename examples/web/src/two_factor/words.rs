//! What the library says, in the words of this site.

use second_factor::{
    AuditEvent, AuthMethod, AuthenticatorKind, ChangePasswordError, CodesInARow, Error,
    HostAuthenticatorKind, Origin, Refusal, StoreError, TokenError, UnixTime,
};

use super::{CODES, Member};
use crate::stop::Stop;

impl Member {
    /// The account, in the words of the security log.
    pub(crate) fn account(&self) -> &str {
        self.session.account().as_str()
    }

    /// How and when they got in, in words, and when they last confirmed since that it is them.
    pub(crate) fn arrival(&self) -> (String, UnixTime, Option<UnixTime>) {
        let how = match self.session.method() {
            AuthMethod::RememberedDevice { since } => {
                format!("with your password, on a device remembered since {}", since.in_words())
            }
            _ => self.session.in_words().to_owned(),
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
        Some(retry_at) => format!("{way} A single code is accepted again from {} on.", retry_at.in_words()),
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
            Refusal::Locked { retry_at } => {
                return Self::Locked(format!("Too many codes were wrong: {}", way_in(retry_at)));
            }
            // The answer to the first is on its way to the same browser.
            Refusal::AlreadyDone => return Self::GoTo("/account"),
            other => other.in_words(),
        };
        Self::Refused { message, over: refusal.is_over() }
    }
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
