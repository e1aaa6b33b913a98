//! Inputs and outputs of the model, in the terms of the host.

use std::collections::BTreeMap;

use second_factor::session::{Binding, ForgottenBecause, RefusedBecause};
use second_factor::{Refusal, UnixTime};

use super::{OldTry, Token};

/// The result of a command.
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
    /// The mark of the change stays in the record.
    Interrupted,
    Forgot(usize),
    Refused(Refused),
}

/// [`Refusal`], with an order so that outcomes can be counted.
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
            other => panic!("the model lacks this refusal: {other:?}"),
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

/// An authenticator, by the number of the owner's phone or passkey.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Which {
    Phone(usize),
    Passkey(usize),
}

/// Whether the host requires a second factor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Demand {
    Nothing,
    From(u64),
    Now,
}

/// What the host imports.
#[derive(Clone, Debug)]
pub struct Imported {
    pub phone: usize,
    pub is_quiet: bool,
    /// The step of the last code that the other system accepted.
    pub step: Option<u64>,
    /// The numbers of the other system's unused recovery codes.
    pub recovery: Vec<usize>,
}

/// An event of the audit log, without the names of devices.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Event {
    Opened,
    LoggedIn,
    SteppedUp,
    CodeRefused(&'static str),
    /// Its error in seconds.
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
        _ => panic!("the model lacks this reason: {reason:?}"),
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
        _ => panic!("the model lacks this binding: {binding:?}"),
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
        _ => panic!("the model lacks this reason: {reason:?}"),
    }
}

/// The device cookie that a browser sends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sent {
    /// None, or one that cannot be parsed.
    Nothing,
    /// One that this account never got.
    Unknown,
    /// One that this account got.
    Given(Token),
}

/// What is presented.
#[derive(Clone, Debug)]
pub enum Presented {
    Nothing,
    /// Its form is that of none of the others.
    Malformed,
    /// A code, and where it is shown.
    Code(Shown),
    /// Codes in a row, and where each is shown.
    CodesInARow(Vec<Shown>),
    /// A recovery code, with its number if this account ever got it.
    Recovery(Option<usize>),
    /// A passkey, and the number of its proof.
    Passkey {
        passkey: usize,
        signed: u64,
    },
    /// A recovery code of an old system, which the host found right.
    Old(OldTry),
}

/// For each phone, the steps at which it shows the code.
pub type Shown = BTreeMap<usize, Vec<u64>>;
