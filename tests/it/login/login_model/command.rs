//! The commands: what a host, an owner or an attacker may do. Each command has a meaning in every state, so any list of
//! commands is a test, and a failing list can be shortened by leaving out any part.

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Who {
    Alice,
    Bob,
    Carol,
}

impl Who {
    pub const ALL: [Self; 3] = [Self::Alice, Self::Bob, Self::Carol];

    pub fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % 3]
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Browser {
    Home,
    Work,
    Cafe,
}

/// One of the things issued so far, counted from the newest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pick {
    Newest,
    Before(usize),
}

impl Pick {
    pub fn index(self, count: usize) -> Option<usize> {
        let back = match self {
            Self::Newest => 0,
            Self::Before(back) => back,
        };
        count.checked_sub(back + 1)
    }
}

/// The device cookie that the browser sends for this account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cookie {
    /// The browser's cookie for this account.
    Own,
    /// The browser's cookie for the next account.
    OfNextAccount,
    /// Any token that this account ever got.
    Issued(Pick),
    Garbage,
    Absent,
}

/// The text typed as a code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Typed {
    /// The newest phone's code, this many steps from now.
    Shown(i8),
    /// The same, of the phone before it, if two are bound.
    OtherShown(i8),
    /// The code that was accepted last.
    Again,
    /// A code of the phone that was removed last.
    OldPhone,
    /// A code of the next account's phone.
    NextAccounts,
    Wrong(u8),
    Malformed,
}

/// The text typed as codes in a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Row {
    /// The newest phone's codes, up to this many steps from now.
    Shown(i8),
    /// The same, of the phone before it, if two are bound.
    OtherShown,
    /// Two codes of one phone and two of the other.
    OfTwoPhones,
    /// The newest phone's codes up to now, with one replaced by a wrong one.
    OneWrong(usize),
    /// In reverse order.
    Backwards,
    /// Each code but the last twice as far back.
    WithGaps,
    /// The ones that were accepted last.
    Again,
    /// Codes of the phone that was removed last.
    OldPhone,
}

/// The text typed as a recovery code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Recovery {
    /// Any that this account ever got: unused, used or void.
    Shown(Pick),
    OfNextAccount,
    Wrong,
    Malformed,
}

/// The passkey proof that the host presents.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signed {
    /// A new proof by the passkey of this number, bound or not.
    New(usize),
    /// The proof that was accepted last, again.
    Again,
}

/// A recovery code of an old system.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OldCode {
    /// Any that was ever imported.
    Brought(Pick),
    /// The host finds that the code is wrong and drops the try, or names a code that was never imported.
    Unknown,
}

/// What is typed into the form of a sensitive step, which accepts every kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Either {
    Code(Typed),
    InARow(Row),
    Recovery(Recovery),
    Passkey(Signed),
    Nothing,
}

/// The result of the host's write of the new hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Write {
    Done,
    Failed,
    /// Unknown: the call never finished.
    Interrupted,
}

/// The sensitive step that a proof is used for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sensitive {
    Disable(Demanded),
    /// Any authenticator that was ever bound.
    Remove(Pick, Demanded),
    Rename(Pick, &'static str),
    Regenerate,
    EnrollAnew(Place),
    BindPasskey(usize, Place),
    ChangePassword(Write),
    Close,
}

/// Whether a new authenticator replaces another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    Beside,
    /// Replaces one that was bound at some time.
    Of(Pick),
}

/// Whether the host requires a second factor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Demanded {
    No,
    /// From this many seconds from now on.
    In(i32),
    Now,
}

/// What the host imports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Brought {
    pub is_quiet: bool,
    /// The other system last accepted the code of this many steps from now.
    pub last: Option<i8>,
    pub recovery_codes: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Command {
    WaitSecs(u64),
    WaitSteps(u64),
    WaitDays(u64),
    ClockBack(u64),
    Password(Who, Browser, Cookie),
    /// The first factor may be another than a password, and the host may require a second one.
    FirstFactor(Who, Browser, Cookie, bool, Demanded),
    /// The password check begins; the password step follows later, or never.
    Check(Who),
    PasswordLater(Who, Pick, Browser, Cookie),
    Code(Who, Pick, Typed),
    /// With "remember this device" ticked, in this browser.
    CodeAndRemember(Who, Pick, Typed, Browser),
    /// With "remember this device" ticked.
    CodesInARow(Who, Pick, Row),
    /// With "remember this device" ticked, which has no effect with a recovery code.
    RecoveryCode(Who, Pick, Recovery),
    /// With "remember this device" ticked.
    Passkey(Who, Pick, Signed),
    /// The host asks to try a recovery code of the old system in this challenge.
    TryOldCode(Who, Pick, OldCode),
    /// The host reports a try, for a challenge that may be another than the one it was made in.
    PresentOldCode(Who, Pick, Pick),
    /// In any session that ever began, with the form of a sensitive step.
    FreshFactor(Who, Pick, Either),
    /// The same, with the password typed again.
    Reauthenticate(Who, Pick, Either),
    /// The same, with a password check that began earlier.
    ReauthenticateLater(Who, Pick, Either),
    Spend(Who, Pick, Sensitive),
    BeginEnrollment(Who),
    /// With the password alone.
    BindPasskey(Who, usize),
    BeginEnrollmentLater(Who, Pick),
    ShowEnrollment(Who, Pick),
    Confirm(Who, Pick, Typed),
    Import(Who, Brought),
    /// Ordered by an operator.
    EndWhatABackupRevived(Who),
    ResetPassword(Who, Write),
    EndAllSessions(Who, Pick),
    AdministratorReset(Who),
    AdministratorCloses(Who),
    ForgetDevice(Who, Pick),
    ForgetAllDevices(Who),
    /// A sequence of commands, so that rare states are reached often.
    Flow(Who, Flow),
    LogIn(Who, Browser),
    CopyCookie(Who, Browser, usize),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    Enroll,
    FreshFactorAnd(Sensitive),
    FreshFactorAfterTypos,
    FreshFactorTwice,
    ReauthenticateAnd(Sensitive),
    ReauthenticateBadly(Pick),
    RecoverInASession(Pick),
    RecoverAndEnroll,
    /// New recovery codes are made between the beginning and the end of an enrollment.
    RecoverAndRenew,
    /// The device on which the session began is forgotten before the enrollment is confirmed.
    EnrollOnADevice(Place),
    GuessInASession(Pick),
    GuessInTheOtherSession,
    GuessInSessionsUntilLocked,
    ResetBeforeSpending(Sensitive),
    ResetBeforeTheLoginIsDone,
    /// Everything that may end the change is tried at once, and one of it later.
    InterruptedChange {
        then: u64,
        ended_by: usize,
    },
    GuessUntilTimeWillNotDo,
    CodesInARowUnderALock,
    CodesInARowInASession(Pick),
    GuessAndComeLater,
    Replay,
    PresentTwice,
    GuessFourTimes,
    GuessFiveTimes,
    GuessUntilLocked,
    RecoverAfterTypos,
    EnrollBadly,
    EnrollInTwoTabs,
    Add(Place),
    AddPasskey(Place),
    AddUntilFull,
    UsePasskey,
    PasskeyInASession,
    PasskeyUnderALock,
    RestoreByPasskeyOverAndOver,
    RemoveOneOfTwo,
    EnrollByClocksThatAreOff(i8),
    ClockOff(i8, i8),
    UseOldCodes(Brought),
    GuessOldCodes(Brought),
    ImportWhileEnrolling(bool),
    Overdue(i32),
    ForgetTwoDevices,
}

impl Command {
    /// The account that the command is about.
    pub fn who(self) -> Option<Who> {
        use Command::*;
        match self {
            Password(who, ..)
            | FirstFactor(who, ..)
            | Passkey(who, ..)
            | TryOldCode(who, ..)
            | PresentOldCode(who, ..)
            | BindPasskey(who, _)
            | EndWhatABackupRevived(who)
            | Check(who)
            | PasswordLater(who, ..)
            | Code(who, ..)
            | CodeAndRemember(who, ..)
            | CodesInARow(who, ..)
            | RecoveryCode(who, ..)
            | FreshFactor(who, ..)
            | Reauthenticate(who, ..)
            | ReauthenticateLater(who, ..)
            | Spend(who, ..)
            | BeginEnrollment(who)
            | BeginEnrollmentLater(who, _)
            | ShowEnrollment(who, _)
            | Confirm(who, ..)
            | Import(who, _)
            | ResetPassword(who, _)
            | EndAllSessions(who, _)
            | AdministratorReset(who)
            | AdministratorCloses(who)
            | ForgetDevice(who, _)
            | ForgetAllDevices(who) => Some(who),
            WaitSecs(_) | WaitSteps(_) | WaitDays(_) | ClockBack(_) => None,
            Flow(..) | LogIn(..) | CopyCookie(..) => panic!("not a single command: {self:?}"),
        }
    }
}
