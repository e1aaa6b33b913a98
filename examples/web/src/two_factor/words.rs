//! The answers of the library as texts of this site.

use second_factor::{
    AuditEvent, AuthMethod, AuthenticatorKind, ChangePasswordError, CodesInARow, Error, EventKind, EventSink,
    HostAuthenticatorKind, Origin, Refusal, RefusedBecause, Requirement, StoreError, TokenError,
    TracingEvents, UnixTime,
};

use super::{AuthenticatorInfo, CODES, FactorStatus, Member, TwoFactor};
pub(crate) use crate::security_log::SecurityLog as Log;
use crate::stop::{Outcome, Stop};

/// What the set-up page shows: the authenticators, and whether another one fits.
pub struct Place {
    /// The bound authenticators, oldest first.
    pub bound: Vec<AuthenticatorInfo>,
    /// Whether another one fits.
    pub has_room: bool,
    /// Whether the owner logged in with a recovery code, and so may have lost an authenticator.
    pub is_one_lost: bool,
}

impl TwoFactor {
    /// The content of `/account/two-factor/enable`.
    pub async fn place(&self, member: &Member<'_>) -> Outcome<Place> {
        let bound = self.status(member).await?.authenticators;
        let has_room = bound.len() < self.verifier.policy().authenticators();
        Ok(Place { bound, has_room, is_one_lost: member.is_one_lost() })
    }

    /// If this account has no second factor: the time from which it needs one.
    pub fn demanded_from(&self, status: &FactorStatus) -> Option<UnixTime> {
        match self.requirement {
            Requirement::EnrolledBy(time) if !status.is_enabled() => Some(time),
            _ => None,
        }
    }
}

impl Member<'_> {
    /// The account id, as the security log uses it.
    pub(crate) fn account(&self) -> &str {
        self.session.account().as_str()
    }

    /// Whether the owner logged in with a recovery code, and so may have lost an authenticator.
    pub(crate) fn is_one_lost(&self) -> bool {
        self.session.method() == AuthMethod::RecoveryCode
    }

    /// How and when the user logged in, and when they last confirmed their identity since.
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

/// What the site accepts while single codes are refused. Several in a row cannot be guessed.
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

/// The number of codes in a row, as a word.
pub(crate) fn in_a_row() -> &'static str {
    match count_in_a_row() {
        3 => "three",
        _ => "four",
    }
}

pub(crate) fn count_in_a_row() -> u8 {
    CodesInARow::count(CODES.digits())
}

/// The kind of an authenticator, in words.
pub(crate) fn kind(kind: AuthenticatorKind) -> &'static str {
    match kind {
        AuthenticatorKind::Host(HostAuthenticatorKind::HardwareKey) => "Security key",
        AuthenticatorKind::Host(_) => "Passkey",
        _ => "Authenticator app",
    }
}

/// A line of the security log.
pub(crate) struct Event {
    pub(crate) at: UnixTime,
    /// What happened, and from which address.
    pub(crate) text: String,
    pub(crate) kind: Kind,
    /// Whether to mail the owner.
    pub(crate) is_notable: bool,
}

/// The kind of an event, without its fields.
pub(crate) type Kind = std::mem::Discriminant<EventKind>;

/// An event that changes no record, and so is not in the trail.
pub(crate) enum Unrecorded {
    Login,
    Refusal,
}

/// Every event goes to the log of the service, and some go to that of the account.
impl EventSink for Log {
    fn record(&self, event: &AuditEvent) {
        TracingEvents.record(event);
        self.note(event);
    }
}

impl Unrecorded {
    pub(crate) fn of(event: &AuditEvent) -> Option<Self> {
        match event.kind {
            EventKind::LoggedIn {
                method: AuthMethod::SingleFactor | AuthMethod::RememberedDevice { .. },
            } => Some(Self::Login),
            EventKind::CodeRefused { reason: RefusedBecause::Locked }
            | EventKind::RecoveryCodeRefused { reason: RefusedBecause::Locked } => Some(Self::Refusal),
            _ => None,
        }
    }
}

impl Event {
    /// Reads an event from its serde form.
    pub(crate) fn read(event: &str) -> Option<Self> {
        let AuditEvent { at, kind, origin, .. } = serde_json::from_str(event).ok()?;
        let text = match origin.as_ref().and_then(Origin::address) {
            Some(address) => format!("{kind} (from {address})"),
            None => kind.to_string(),
        };
        Some(Self { at, text, kind: std::mem::discriminant(&kind), is_notable: kind.notify_owner() })
    }
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
            other => other.in_words(),
        };
        Self::Refused { message, over: refusal.is_over() }
    }
}

/// Says which of the two passwords is valid. If the change had begun, nobody is logged in any more.
impl From<ChangePasswordError<StoreError, Stop>> for Stop {
    fn from(error: ChangePasswordError<StoreError, Stop>) -> Self {
        let message = match error {
            ChangePasswordError::NotStarted(error) => return error.into(),
            ChangePasswordError::NotWritten(Self::LoggedOut(message)) => message,
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
    /// The form named a device by something that is not an id.
    fn from(_: TokenError) -> Self {
        Self::unusable("There is no such device.")
    }
}
