//! What a host, an owner or an attacker may do, in words: each command means something in every state, so
//! that any list of commands is a test, and any part of a failing list is a shorter one.

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

/// Which of the things issued so far, counted from the newest.
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

/// What the browser sends as this account's device cookie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cookie {
    /// What is in its jar for this account.
    Own,
    /// What is in its jar for the next account.
    OfNextAccount,
    /// Any that this account was ever given.
    Issued(Pick),
    Garbage,
    Absent,
}

/// What is typed as a code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Typed {
    /// What the newest phone shows this many steps from now.
    Shown(i8),
    /// The same of the phone before it, if two are bound.
    OtherShown(i8),
    /// The code that was accepted last.
    Again,
    /// What the phone shows that was removed last.
    OldPhone,
    /// What the phone of the next account shows.
    NextAccounts,
    Wrong(u8),
    Malformed,
}

/// What is typed as codes in a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Row {
    /// What the newest phone shows up to this many steps from now.
    Shown(i8),
    /// The same of the phone before it, if two are bound.
    OtherShown,
    /// Two codes of the one and two of the other.
    OfTwoPhones,
    /// The same up to now, but for one that is wrong.
    OneWrong(usize),
    /// The newest first.
    Backwards,
    /// Each but the last twice as far back.
    WithGaps,
    /// Those that were accepted last.
    Again,
    /// What the phone shows that was removed last.
    OldPhone,
}

/// What is typed as a recovery code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Recovery {
    /// Any that this account was ever shown: unused, used or void.
    Shown(Pick),
    OfNextAccount,
    Wrong,
    Malformed,
}

/// What the host says that a passkey signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signed {
    /// Something new, by the passkey of this number, bound or not.
    New(usize),
    /// What was accepted last, once more.
    Again,
}

/// A recovery code of an old system.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OldCode {
    /// Any that was ever brought along.
    Brought(Pick),
    /// The host found it wrong, and drops the try; or says a name that it never brought along.
    Unknown,
}

/// What is presented in the form of a sensitive step: it takes every kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Either {
    Code(Typed),
    InARow(Row),
    Recovery(Recovery),
    Passkey(Signed),
    Nothing,
}

/// What becomes of the host's write of the new hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Write {
    Done,
    Failed,
    /// It is not known: the call never came to its end.
    Interrupted,
}

/// The sensitive step that a proof is spent on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sensitive {
    Disable(Demanded),
    /// Any that was ever bound.
    Remove(Pick, Demanded),
    Rename(Pick, &'static str),
    Regenerate,
    EnrollAnew(Place),
    BindPasskey(usize, Place),
    ChangePassword(Write),
    Close,
}

/// Where a new authenticator goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    Beside,
    /// In place of one that was bound at some time.
    Of(Pick),
}

/// Whether the host demands a second factor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Demanded {
    No,
    /// From so many seconds from now on.
    In(i32),
    Now,
}

/// What the host brings along.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Brought {
    pub is_quiet: bool,
    /// The other system accepted the code of so many steps from now last.
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
    /// The first factor may be another, and the host may demand a second one.
    FirstFactor(Who, Browser, Cookie, bool, Demanded),
    /// The check begins, and the password step is taken later, or never.
    Check(Who),
    PasswordLater(Who, Pick, Browser, Cookie),
    Code(Who, Pick, Typed),
    /// With the box ticked, in this browser.
    CodeAndRemember(Who, Pick, Typed, Browser),
    /// With the box ticked.
    CodesInARow(Who, Pick, Row),
    /// With the box ticked, too, which a recovery code does not serve for.
    RecoveryCode(Who, Pick, Recovery),
    /// With the box ticked.
    Passkey(Who, Pick, Signed),
    /// The host asks whether it may compare one for this challenge.
    TryOldCode(Who, Pick, OldCode),
    /// What the host says of a try, for a challenge: not always the same.
    PresentOldCode(Who, Pick, Pick),
    /// In one of the sessions that were ever started, on the form of the sensitive step itself.
    FreshFactor(Who, Pick, Either),
    /// The same beside the password, which was typed again.
    Reauthenticate(Who, Pick, Either),
    /// The same with a password whose check began a while ago.
    ReauthenticateLater(Who, Pick, Either),
    Spend(Who, Pick, Sensitive),
    BeginEnrollment(Who),
    /// With the password alone.
    BindPasskey(Who, usize),
    BeginEnrollmentLater(Who, Pick),
    ShowEnrollment(Who, Pick),
    Confirm(Who, Pick, Typed),
    Import(Who, Brought),
    /// On an operator's word.
    EndWhatABackupRevived(Who),
    ResetPassword(Who, Write),
    EndAllSessions(Who, Pick),
    AdministratorReset(Who),
    AdministratorCloses(Who),
    ForgetDevice(Who, Pick),
    ForgetAllDevices(Who),
    /// Whole flows, so that the rare states are reached often.
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
    /// New recovery codes between the beginning of an enrollment and its end.
    RecoverAndRenew,
    /// The device of its session is forgotten before an enrollment is confirmed.
    EnrollOnADevice(Place),
    GuessInASession(Pick),
    GuessInTheOtherSession,
    GuessInSessionsUntilLocked,
    ResetBeforeSpending(Sensitive),
    ResetBeforeTheLoginIsDone,
    /// What can end it is tried at once, and one of it later.
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
    /// Whose account it is about.
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
