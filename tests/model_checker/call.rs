//! A request to the service, and its answer.

use second_factor::session::{AuthenticatorId, EnrollmentToken, Requirement};
use second_factor::{ChallengeToken, DeviceToken, Refusal, Secret, Session, UnixTime, Verifier};

use crate::state::{Chosen, Device, Enrolling, Held, Key};
use crate::tape::{Answer, Op, TapeStore};

pub type TapeVerifier = Verifier<TapeStore>;

/// What is presented as the second factor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Typed {
    /// The code that the first of the account's apps shows.
    Right,
    /// The last four codes that it showed.
    Row,
    /// The code that the second app shows, or its last four codes.
    Other,
    OtherRow,
    /// The next recovery code.
    Recovery,
    /// A new signature of the authenticator that the host verifies.
    Key,
    Wrong,
    WrongRow,
    WrongRecovery,
    /// The proof that was accepted last: somebody looked over the owner's shoulder.
    Used,
    UsedRow,
    UsedRecovery,
    /// The signature that was accepted last.
    UsedKey,
    /// The current code of an app that was removed, and a new signature of a key that was removed.
    Removed,
    RemovedKey,
    Nothing,
}

impl Typed {
    /// Whether it is something valid that the owner has.
    pub fn is_right(self) -> bool {
        matches!(self, Self::Right | Self::Row | Self::Other | Self::OtherRow | Self::Recovery | Self::Key)
    }

    /// Whether it is several codes.
    pub fn is_row(self) -> bool {
        matches!(self, Self::Row | Self::OtherRow)
    }
}

/// Which of the account's authenticators.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    /// The first app.
    First,
    /// The second app.
    Second,
    /// The one that the host verifies.
    Key,
}

/// A request to the service.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deed {
    Login,
    /// Without the device cookie.
    LoginElsewhere,
    Present(Typed),
    /// With "remember this device" ticked.
    PresentRemember(Typed),
    Disable(Typed),
    NewCodes(Typed),
    /// Adds an app.
    Enroll(Typed),
    /// Replaces this authenticator with an app.
    Replace(Which, Typed),
    Confirm,
    /// Adds an authenticator that the host verifies.
    BindKey(Typed),
    Remove(Which, Typed),
    Rename(Which, Typed),
    /// The host imports the owner's app from another system.
    Import,
    ImportQuietly,
    ChangePassword(Typed),
    Reset,
    EndAll,
    ForgetDevices,
    /// With a fresh factor alone, without the password.
    EnrollFresh(Typed),
    Close(Typed),
    /// An administrator removes the factor.
    AdministratorReset,
}

/// A request with its arguments.
#[derive(Clone, Debug)]
pub enum What {
    Login {
        password: Option<u8>,
        cookie: Option<Device>,
    },
    Present {
        challenge: Held<ChallengeToken>,
        chosen: Chosen,
        remember: bool,
    },
    Disable {
        session: Held<Session>,
        chosen: Chosen,
    },
    NewCodes {
        session: Held<Session>,
        chosen: Chosen,
    },
    Enroll {
        session: Held<Session>,
        password: Option<u8>,
        chosen: Chosen,
        replacing: Option<AuthenticatorId>,
    },
    Confirm {
        enrolling: Enrolling,
        chosen: Chosen,
    },
    BindKey {
        session: Held<Session>,
        password: Option<u8>,
        chosen: Chosen,
        key: Key,
    },
    Remove {
        session: Held<Session>,
        chosen: Chosen,
        authenticator: AuthenticatorId,
    },
    Rename {
        session: Held<Session>,
        chosen: Chosen,
        authenticator: AuthenticatorId,
    },
    Import {
        is_quiet: bool,
    },
    ChangePassword {
        session: Held<Session>,
        password: Option<u8>,
        new: u8,
        chosen: Chosen,
    },
    Reset {
        new: u8,
    },
    EndAll {
        session: Held<Session>,
    },
    ForgetDevices,
    EnrollFresh {
        session: Held<Session>,
        chosen: Chosen,
    },
    Close {
        session: Held<Session>,
        password: Option<u8>,
        chosen: Chosen,
    },
    AdministratorReset,
}

impl What {
    pub fn chosen(&self) -> Option<&Chosen> {
        match self {
            Self::Present { chosen, .. }
            | Self::Disable { chosen, .. }
            | Self::NewCodes { chosen, .. }
            | Self::Enroll { chosen, .. }
            | Self::Confirm { chosen, .. }
            | Self::BindKey { chosen, .. }
            | Self::Remove { chosen, .. }
            | Self::Rename { chosen, .. }
            | Self::EnrollFresh { chosen, .. }
            | Self::Close { chosen, .. }
            | Self::ChangePassword { chosen, .. } => Some(chosen),
            Self::Login { .. }
            | Self::Reset { .. }
            | Self::EndAll { .. }
            | Self::ForgetDevices
            | Self::Import { .. }
            | Self::AdministratorReset => None,
        }
    }

    pub fn session(&self) -> Option<&Held<Session>> {
        match self {
            Self::Disable { session, .. }
            | Self::NewCodes { session, .. }
            | Self::Enroll { session, .. }
            | Self::BindKey { session, .. }
            | Self::Remove { session, .. }
            | Self::Rename { session, .. }
            | Self::ChangePassword { session, .. }
            | Self::EnrollFresh { session, .. }
            | Self::Close { session, .. }
            | Self::EndAll { session } => Some(session),
            _ => None,
        }
    }

    /// Whether it uses something from before a change.
    pub fn is_old(&self) -> bool {
        match self {
            Self::Present { challenge, .. } => challenge.old,
            Self::Confirm { enrolling, .. } => enrolling.token.old,
            other => other.session().is_some_and(|session| session.old),
        }
    }
}

/// A call that was made, and the answers that it got so far.
#[expect(clippy::struct_excessive_bools, reason = "the flags are independent")]
#[derive(Clone, Debug)]
pub struct Call {
    pub id: u64,
    pub browser: usize,
    pub instance: usize,
    pub deed: Deed,
    pub what: What,
    pub started: u64,
    /// When it was first sent, by a right clock.
    pub sent_at: u64,
    pub tape: Vec<(u64, Answer)>,
    pub waiting: Option<Op>,
    /// Whether a change was made since it began.
    pub old: bool,
    /// Whether it is the same request, sent again.
    pub again: bool,
    /// Whether the store reported a conflict although there was none.
    pub has_conflict: bool,
    /// Whether, since it began, an authenticator was imported quietly or new recovery codes were made: the password alone can
    /// then enroll nothing.
    pub is_overtaken: bool,
    /// The time from which the host requires a second factor.
    pub due: Option<u64>,
}

impl Call {
    /// Whether something was presented in addition to the password.
    pub fn has_factor(&self) -> bool {
        self.what.chosen().is_some_and(|chosen| chosen.typed != Typed::Nothing)
    }

    /// The requirement of the host.
    pub fn requirement(&self) -> Requirement {
        self.due.map_or(Requirement::None, |due| Requirement::EnrolledBy(UnixTime::from_secs(due)))
    }
}

/// The answer of the service.
#[derive(Debug)]
pub enum Released {
    In(Session, Option<DeviceToken>),
    Challenge(ChallengeToken),
    Enrollment(EnrollmentToken, Secret),
    Bound(Option<Vec<String>>),
    Codes(Vec<String>),
    /// One authenticator was removed, or all of them.
    Off(Session),
    Renamed,
    Imported,
    Changed(Option<Session>),
    NotWritten,
    Unfinished,
    Ended,
    Closed,
    Forgotten,
    WrongPassword,
    Refused(Refusal),
    Failed(String),
}

impl Released {
    /// Whether the request succeeded.
    pub fn is_good(&self) -> bool {
        matches!(
            self,
            Self::In(..)
                | Self::Off(_)
                | Self::Codes(_)
                | Self::Bound(_)
                | Self::Changed(_)
                | Self::Enrollment(..)
                | Self::Renamed
                | Self::Imported
                | Self::Closed
        )
    }
}
