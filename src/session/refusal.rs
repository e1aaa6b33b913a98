use crate::otp::ClockOffset;
use crate::time::UnixTime;

/// What a claimant is told when something is not accepted: just enough to go on.
///
/// Wrong, used and outdated codes are the same [`NotAccepted`](Self::NotAccepted); only the host's [audit
/// event](super::AuditEvent) says which it was.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Not accepted; another code may be tried.
    #[error("not accepted")]
    NotAccepted,
    /// The input does not have the form of a code, so it was not tried and nothing was charged.
    #[error("this does not look like a code")]
    Malformed,
    /// Not accepted, and the login is over (spent, expired, or ended by a change to the account): start again
    /// from the password.
    #[error("not accepted; log in again")]
    ChallengeOver,
    /// The guess budget does not cover another code, so the code was not evaluated. Codes in a row and
    /// recovery codes still are: ask for those.
    #[error("too many attempts; enter several codes in a row, or a recovery code")]
    Locked {
        /// When a single code will be evaluated again; `None` if waiting alone will not help.
        retry_at: Option<UnixTime>,
    },
    /// The enrollment is over (confirmed, expired, or ended by a change to the account): begin again.
    #[error("this enrollment is over; begin again")]
    EnrollmentOver,
    /// The session is over, or the proof presented is too old or from before a change: log in, or step up, again.
    #[error("a fresh code or recovery code is needed")]
    StepUpRequired,
    /// The same form was accepted a moment ago: it was sent twice. Go on as after the first answer.
    #[error("already done")]
    AlreadyDone,
    /// A password change of this account is under way, or was interrupted: try again in a minute.
    #[error("the account is being changed; try again in a minute")]
    Retry,
    /// The code that should confirm an enrollment is right for another time: the app's clock is off, or the
    /// server's. Nothing was bound. Once the clock is right, a new code will be accepted.
    #[error("the clock of the authenticator app is {0}; set it to network time and try the next code")]
    ClockOff(ClockOffset),
    /// The account has as many authenticators as the policy allows: name one to be replaced, or remove one first.
    #[error("there are as many authenticators as an account can have; replace or remove one")]
    TooManyAuthenticators,
    /// This authenticator is bound already; or, for an import, the account has an authenticator and must have
    /// none.
    #[error("an authenticator is bound already")]
    AlreadyBound,
    /// The host or the policy demands a second factor, so the last one cannot be removed.
    #[error("a second factor is required")]
    FactorRequired,
    /// The account has no authenticator to present a code from, or not the one that was named.
    #[error("no such authenticator is bound to this account")]
    NoAuthenticator,
}

impl Refusal {
    /// Whether the challenge or enrollment that was tried is over, so that a form that asks for another code would ask in
    /// vain: drop its token and begin again.
    ///
    /// A lock is not the end: the challenge still takes codes in a row and a recovery code.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::ChallengeOver | Self::EnrollmentOver | Self::StepUpRequired)
    }
}
