use alloc::string::String;
use core::time::Duration;

use super::RefusalAnswer;
use crate::otp::ClockOffset;
use crate::time::UnixTime;

/// What a claimant is told when something is not accepted: just enough to go on.
///
/// Wrong, used and outdated codes are the same [`NotAccepted`](Self::NotAccepted); only the host's [audit
/// event](super::AuditEvent) says which it was. Two answers say more: [`AlreadyDone`](Self::AlreadyDone), that
/// the login was completed or that this code was accepted in this session a moment ago; and, in an
/// enrollment, whose authenticator is not bound yet, [`ClockOff`](Self::ClockOff).
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
    /// This code was accepted in this session a moment ago, or this login is complete. Usually a form was
    /// sent twice. The action of the form may still not be done: the code may have served another form, the
    /// action may have failed after the code was accepted, or the reply to the login may have been lost. So
    /// check whether it is done: after a login, with [`is_current`](crate::Verifier::is_current). If it is
    /// not done, ask for the next code.
    #[error("this code was used a moment ago; if what you wanted is not done, use the next one")]
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
    /// What to show to the claimant: a sentence or two in plain English.
    ///
    /// It does not say why a code was not accepted, except in an enrollment, where it says that a clock is
    /// off. A service that speaks another language uses [`code`](Self::code). For the time of the next try,
    /// see [`retry_after`](Self::retry_after).
    ///
    /// ```
    /// use second_factor::Refusal;
    ///
    /// let text = Refusal::NotAccepted.in_words();
    /// assert_eq!(text, "This code was not accepted. Each code works once: wait for the next one.");
    /// ```
    pub fn in_words(self) -> String {
        let text = match self {
            Self::ClockOff(offset) => return clock_off(offset),
            Self::NotAccepted => "This code was not accepted. Each code works once: wait for the next one.",
            Self::Malformed => {
                "A code is six digits (in some apps seven or eight). A recovery code is 26 letters and digits."
            }
            Self::ChallengeOver => "Too many tries, or too much time has passed. Please start again.",
            Self::Locked { .. } => {
                "Too many codes were wrong. Type four codes in a row as your app shows them (three if they have more \
                 than six digits; about two minutes), or a recovery code."
            }
            Self::EnrollmentOver => "This set-up is over. Nothing has changed; please start again.",
            Self::StepUpRequired => "This took too long, or your session is over. Please try again.",
            Self::AlreadyDone => {
                "This code was used a moment ago. If what you wanted is not done, use the next one."
            }
            Self::Retry => "Your password is being changed. Please try again in a minute.",
            Self::TooManyAuthenticators => {
                "You have as many authenticators as an account can have: choose one to be replaced, or remove one."
            }
            Self::AlreadyBound => "This authenticator is on your account already.",
            Self::FactorRequired => {
                "Two-factor authentication is required here, so your last authenticator stays. Add another one first, \
                 or replace it."
            }
            Self::NoAuthenticator => "Your account has no such authenticator.",
        };
        text.into()
    }

    /// A name that does not change, for a program that reads the answer: that of the variant, in snake case.
    ///
    /// ```
    /// use second_factor::Refusal;
    ///
    /// assert_eq!(Refusal::NotAccepted.code(), "not_accepted");
    /// ```
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotAccepted => "not_accepted",
            Self::Malformed => "malformed",
            Self::ChallengeOver => "challenge_over",
            Self::Locked { .. } => "locked",
            Self::EnrollmentOver => "enrollment_over",
            Self::StepUpRequired => "step_up_required",
            Self::AlreadyDone => "already_done",
            Self::Retry => "retry",
            Self::ClockOff(_) => "clock_off",
            Self::TooManyAuthenticators => "too_many_authenticators",
            Self::AlreadyBound => "already_bound",
            Self::FactorRequired => "factor_required",
            Self::NoAuthenticator => "no_authenticator",
        }
    }

    /// The status of an HTTP answer with this refusal.
    ///
    /// | status | refusals |
    /// |---|---|
    /// | 400 | `Malformed` |
    /// | 401 | `NotAccepted`, `ChallengeOver`, `StepUpRequired` |
    /// | 403 | `FactorRequired` |
    /// | 404 | `NoAuthenticator` |
    /// | 409 | `AlreadyDone`, `AlreadyBound`, `ClockOff`, `EnrollmentOver`, `TooManyAuthenticators` |
    /// | 429 | `Locked` |
    /// | 503 | `Retry` |
    ///
    /// In a login, after `AlreadyDone`, a web site sends the browser to the page that follows the login: the
    /// first answer sets the cookies of the session.
    ///
    /// ```
    /// use second_factor::Refusal;
    ///
    /// assert_eq!(Refusal::Locked { retry_at: None }.status(), 429);
    /// ```
    pub const fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::NotAccepted | Self::ChallengeOver | Self::StepUpRequired => 401,
            Self::FactorRequired => 403,
            Self::NoAuthenticator => 404,
            Self::AlreadyDone
            | Self::AlreadyBound
            | Self::ClockOff(_)
            | Self::EnrollmentOver
            | Self::TooManyAuthenticators => 409,
            Self::Locked { .. } => 429,
            Self::Retry => 503,
        }
    }

    /// How long the same request will be refused, in whole seconds: the value of the HTTP header
    /// `Retry-After`. `None` if waiting does not help, or if there is nothing to wait for.
    ///
    /// Under a lock it is the time until a single code is evaluated again. Codes in a row and recovery codes need not wait.
    ///
    /// ```
    /// use core::time::Duration;
    /// use second_factor::{Refusal, UnixTime};
    ///
    /// let now = UnixTime::from_secs(1_700_000_000);
    /// let locked = Refusal::Locked { retry_at: Some(UnixTime::from_secs(1_700_000_090)) };
    /// assert_eq!(locked.retry_after(now), Some(Duration::from_secs(90)));
    /// assert_eq!(Refusal::NotAccepted.retry_after(now), None);
    /// ```
    pub const fn retry_after(self, now: UnixTime) -> Option<Duration> {
        match self {
            Self::Locked { retry_at: Some(retry_at) } => match retry_at.checked_since(now) {
                Some(wait) => Some(wait),
                None => Some(Duration::ZERO),
            },
            Self::Retry => Some(Duration::from_secs(60)),
            _ => None,
        }
    }

    /// All that an API answers, in one value to send as JSON.
    pub fn answer(self, now: UnixTime) -> RefusalAnswer {
        RefusalAnswer::new(self, now)
    }

    /// Whether the challenge, enrollment, session or proof that was used is over, so that it is useless to
    /// ask for another code: drop it and begin again.
    ///
    /// A lock is not the end: the challenge still takes codes in a row and a recovery code.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::ChallengeOver | Self::EnrollmentOver | Self::StepUpRequired)
    }
}

/// Only an enrollment gets this answer: its authenticator is not bound yet, so there is nothing to guess.
fn clock_off(offset: ClockOffset) -> String {
    let side = if offset.is_ahead() { "ahead" } else { "behind" };
    let secs = offset.as_secs().unsigned_abs();
    alloc::format!(
        "Your clock is off by about {secs} seconds: your phone's is {side}. Nothing was set up yet. Have the phone take its \
         time from the network, and type the next code."
    )
}
