//! What is put in and what comes out, as far as it can be known without the rules.

use std::collections::BTreeMap;

use second_factor::session::{Binding, ForgottenBecause, RefusedBecause};
use second_factor::{Refusal, UnixTime};

use super::{OldTry, Token};

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
    Imported {
        ends_sessions: bool,
    },
    PasskeyBound,
    OldCodeTried,
    Renamed,
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
    Passkey,
    RecoveryCode,
}

/// An authenticator, by the number that its owner's phones or passkeys have.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Which {
    Phone(usize),
    Passkey(usize),
}

/// Whether the host demands a second factor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Demand {
    Nothing,
    From(u64),
    Now,
}

/// What the host brings along.
#[derive(Clone, Debug)]
pub struct Imported {
    pub phone: usize,
    pub is_quiet: bool,
    /// The step of the last code that the other system accepted.
    pub step: Option<u64>,
    /// The numbers of the recovery codes that are left of the other system.
    pub recovery: Vec<usize>,
}

/// What goes to the audit log, without the names of devices.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Event {
    Opened,
    LoggedIn,
    SteppedUp,
    CodeRefused(&'static str),
    /// By how much, in seconds.
    ClockOff {
        by: i32,
    },
    RecoveryCodeRefused(&'static str),
    PasskeyRefused(&'static str),
    OldCodeTried,
    RecoveryCodeUsed {
        remaining: usize,
    },
    ChallengeExhausted,
    PasswordSuspectedKnown {
        guesses: u64,
    },
    Locked {
        until: Option<u64>,
    },
    EnrollmentBegun,
    EnrollmentRefused,
    Bound(&'static str),
    Removed {
        by_owner: bool,
        remaining: usize,
    },
    Renamed,
    Regenerated,
    PasswordChangeBegun,
    PasswordChanged,
    PasswordNotChanged,
    PasswordChangeInterrupted,
    SessionsEnded,
    Restored,
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
        ForgottenBecause::Restored => "restored",
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
    /// A code, and where it is shown.
    Code(Shown),
    /// Codes in a row, and for each where it is shown.
    CodesInARow(Vec<Shown>),
    /// A recovery code; its number, if this account was ever shown it.
    Recovery(Option<usize>),
    /// A passkey, and the number of what it signed.
    Passkey {
        passkey: usize,
        signed: u64,
    },
    /// The host's word for a recovery code of an old system.
    Old(OldTry),
}

/// By phone, the steps at which it shows a code.
pub type Shown = BTreeMap<usize, Vec<u64>>;
