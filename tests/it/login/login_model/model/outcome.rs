//! What is put in and what comes out, as far as it can be known without the rules.

use second_factor::session::{Binding, ForgottenBecause, RefusedBecause};
use second_factor::{Refusal, UnixTime};

use super::Token;

/// What a command comes to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Outcome {
    LoggedInWithoutFactor,
    LoggedInRemembered {
        since: u64,
    },
    CodeRequired,
    EnrollmentRequired,
    Accepted {
        by: By,
        device: bool,
    },
    Fresh(By),
    Reauthenticated,
    EnrollmentBegun,
    EnrollmentShown,
    Confirmed,
    Imported,
    Regenerated,
    Done,
    PasswordChanged,
    /// The host's write failed.
    NotWritten,
    /// The mark stays.
    Interrupted,
    Forgot(usize),
    Refused(Refused),
}

/// [`Refusal`], ordered so that outcomes can be counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Refused {
    NotAccepted,
    Malformed,
    ChallengeOver,
    Locked { retry_at: Option<u64> },
    EnrollmentOver,
    StepUpRequired,
    AlreadyDone,
    Retry,
    FactorRequired,
    NoAuthenticator,
    AlreadyBound,
    TooManyAuthenticators,
    ClockOff { by: i32 },
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotAccepted => Self::NotAccepted,
            Refusal::Malformed => Self::Malformed,
            Refusal::ChallengeOver => Self::ChallengeOver,
            Refusal::Locked { retry_at } => Self::Locked { retry_at: retry_at.map(UnixTime::as_secs) },
            Refusal::EnrollmentOver => Self::EnrollmentOver,
            Refusal::StepUpRequired => Self::StepUpRequired,
            Refusal::AlreadyDone => Self::AlreadyDone,
            Refusal::AlreadyBound => Self::AlreadyBound,
            Refusal::TooManyAuthenticators => Self::TooManyAuthenticators,
            Refusal::ClockOff(offset) => Self::ClockOff { by: offset.as_secs() },
            Refusal::Retry => Self::Retry,
            Refusal::FactorRequired => Self::FactorRequired,
            Refusal::NoAuthenticator => Self::NoAuthenticator,
            other => panic!("a refusal that the model does not know: {other:?}"),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum By {
    Code,
    CodesInARow,
    RecoveryCode,
}

/// What goes to the audit log, without the names of devices.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Event {
    Opened,
    LoggedIn,
    SteppedUp,
    CodeRefused(&'static str),
    RecoveryCodeRefused(&'static str),
    RecoveryCodeUsed { remaining: usize },
    ChallengeExhausted,
    PasswordSuspectedKnown { guesses: u64 },
    Locked { until: Option<u64> },
    EnrollmentBegun,
    EnrollmentRefused,
    Bound(&'static str),
    Removed { by_owner: bool, remaining: usize },
    Regenerated,
    PasswordChanged,
    PasswordChangeInterrupted,
    SessionsEnded,
    AccountClosed,
    DeviceRemembered,
    DeviceForgotten(&'static str),
    DeviceTokenStolen,
    DeviceUnknown,
}

pub fn why(reason: RefusedBecause) -> &'static str {
    match reason {
        RefusedBecause::Wrong => "wrong",
        RefusedBecause::Replayed => "replayed",
        RefusedBecause::NoChallenge => "no challenge",
        RefusedBecause::Locked => "locked",
        _ => panic!("a reason that the model does not know: {reason:?}"),
    }
}

/// How an authenticator was bound.
pub fn how(binding: Binding) -> &'static str {
    match binding {
        Binding::First => "first",
        Binding::Added => "added",
        Binding::Replaced => "replaced",
        Binding::Imported => "imported",
        Binding::ImportedQuietly => "imported quietly",
        _ => panic!("a binding that the model does not know: {binding:?}"),
    }
}

pub fn why_forgotten(reason: ForgottenBecause) -> &'static str {
    match reason {
        ForgottenBecause::Revoked => "revoked",
        ForgottenBecause::CredentialsChanged => "credentials changed",
        ForgottenBecause::TooMany => "too many",
        ForgottenBecause::Expired => "expired",
        ForgottenBecause::Outdated => "outdated",
        ForgottenBecause::Stolen => "stolen",
        _ => panic!("a reason that the model does not know: {reason:?}"),
    }
}

/// The device cookie that a browser sends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sent {
    /// None, or none that can be read.
    Nothing,
    /// One that this account was never given.
    Unknown,
    /// One that it was given once.
    Given(Token),
}

/// What is presented.
#[derive(Clone, Debug)]
pub enum Presented {
    Nothing,
    /// None of these, by its form.
    Malformed,
    /// A code, and the steps at which the phone shows it.
    Code(Vec<u64>),
    /// Codes in a row, and for each the steps at which the phone shows it.
    CodesInARow(Vec<Vec<u64>>),
    /// A recovery code; its number, if this account was ever shown it.
    Recovery(Option<usize>),
}
