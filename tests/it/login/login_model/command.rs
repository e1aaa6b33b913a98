//! What a host, an owner or an attacker may do, in words: each command means something in every state, so
//! that any list of commands is a test, and any part of a failing list is a shorter one.

use proptest::prelude::*;
use proptest::strategy::Union;

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
    /// What the phone shows this many steps from now.
    Shown(i8),
    /// The code that was accepted last.
    Again,
    /// What the phone that was enrolled before shows.
    OldPhone,
    /// What the phone of the next account shows.
    NextAccounts,
    Wrong(u8),
    Malformed,
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

/// What is typed into the form of a sensitive step: it takes both kinds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Either {
    Code(Typed),
    Recovery(Recovery),
}

/// The sensitive step that a fresh factor is spent on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sensitive {
    Disable,
    Regenerate,
    EnrollAnew,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Command {
    WaitSecs(u64),
    WaitSteps(u64),
    WaitDays(u64),
    ClockBack(u64),
    Password(Who, Browser, Cookie),
    Code(Who, Pick, Typed),
    /// With the box ticked, in this browser.
    CodeAndRemember(Who, Pick, Typed, Browser),
    /// With the box ticked, too, which a recovery code does not serve for.
    RecoveryCode(Who, Pick, Recovery),
    /// In one of the sessions that were ever started, on the form of the sensitive step itself.
    FreshFactor(Who, Pick, Either),
    /// The same beside the password, which was typed again.
    Reauthenticate(Who, Pick, Either),
    Spend(Who, Pick, Sensitive),
    BeginEnrollment(Who),
    ShowEnrollment(Who, Pick),
    Confirm(Who, Pick, Typed),
    PasswordChange(Who),
    AdministratorReset(Who),
    ForgetDevice(Who, Pick),
    ForgetAllDevices(Who),
    /// Whole flows, so that the rare states are reached often.
    Enroll(Who),
    LogIn(Who, Browser),
    FreshFactorAnd(Who, Sensitive),
    FreshFactorAfterTypos(Who),
    ReauthenticateAnd(Who, Sensitive),
    ReauthenticateBadly(Who, Pick),
    RecoverInASession(Who, Pick),
    GuessInASession(Who, Pick),
    GuessInTheOtherSession(Who),
    GuessInSessionsUntilLocked(Who),
    ChangePasswordBeforeSpending(Who, Sensitive),
    Replay(Who),
    GuessFourTimes(Who),
    GuessUntilLocked(Who),
    RecoverAfterTypos(Who),
    EnrollBadly(Who),
    CopyCookie(Who, Browser),
}

impl Command {
    /// Lists of up to 60 commands; most start with two accounts enrolled.
    pub fn lists() -> impl Strategy<Value = Vec<Self>> {
        let start = prop::bool::weighted(0.8).prop_map(|enrolled| {
            if enrolled { vec![Self::Enroll(Who::Alice), Self::Enroll(Who::Bob)] } else { vec![] }
        });
        (start, prop::collection::vec(Self::any(), 1..=58)).prop_map(|(start, rest)| [start, rest].concat())
    }

    pub fn any() -> impl Strategy<Value = Self> {
        use Command::*;
        let pick = || prop_oneof![4 => Just(Pick::Newest), 1 => (1_usize..12).prop_map(Pick::Before)].boxed();
        let who = || prop_oneof![5 => Just(Who::Alice), 2 => Just(Who::Bob), 1 => Just(Who::Carol)].boxed();
        let browser = || {
            prop_oneof![3 => Just(Browser::Home), 1 => Just(Browser::Work), 1 => Just(Browser::Cafe)].boxed()
        };
        let typed = || {
            prop_oneof![
                6 => Just(Typed::Shown(0)),
                2 => (-3_i8..=3).prop_map(Typed::Shown),
                2 => Just(Typed::Again),
                1 => Just(Typed::OldPhone),
                1 => Just(Typed::NextAccounts),
                4 => any::<u8>().prop_map(Typed::Wrong),
                1 => Just(Typed::Malformed),
            ]
            .boxed()
        };
        let recovery = || {
            prop_oneof![
                6 => (0_usize..30).prop_map(Pick::Before).prop_map(Recovery::Shown),
                1 => Just(Recovery::Shown(Pick::Newest)),
                1 => Just(Recovery::OfNextAccount),
                3 => Just(Recovery::Wrong),
                1 => Just(Recovery::Malformed),
            ]
            .boxed()
        };
        let either = || {
            prop_oneof![3 => typed().prop_map(Either::Code), 1 => recovery().prop_map(Either::Recovery)]
                .boxed()
        };
        let cookie = prop_oneof![
            6 => Just(Cookie::Own),
            1 => Just(Cookie::OfNextAccount),
            2 => pick().prop_map(Cookie::Issued),
            1 => Just(Cookie::Garbage),
            3 => Just(Cookie::Absent),
        ]
        .boxed();
        let sensitive = prop_oneof![
            1 => Just(Sensitive::Disable),
            2 => Just(Sensitive::Regenerate),
            3 => Just(Sensitive::EnrollAnew),
        ]
        .boxed();
        Union::new_weighted(vec![
            (4, prop_oneof![1_u64..70, 290_u64..310, 590_u64..610].prop_map(WaitSecs).boxed()),
            (8, (1_u64..4).prop_map(WaitSteps).boxed()),
            (4, prop_oneof![4 => 1_u64..4, 2 => 25_u64..32, 1 => 400_u64..4_000].prop_map(WaitDays).boxed()),
            (
                2,
                prop_oneof![1_u64..200, 80_000_u64..600_000, 1_000_000_u64..90_000_000]
                    .prop_map(ClockBack)
                    .boxed(),
            ),
            (12, (who(), browser(), cookie).prop_map(|(w, b, c)| Password(w, b, c)).boxed()),
            (16, (who(), pick(), typed()).prop_map(|(w, p, t)| Code(w, p, t)).boxed()),
            (
                8,
                (who(), pick(), typed(), browser())
                    .prop_map(|(w, p, t, b)| CodeAndRemember(w, p, t, b))
                    .boxed(),
            ),
            (8, (who(), pick(), recovery()).prop_map(|(w, p, r)| RecoveryCode(w, p, r)).boxed()),
            (14, (who(), pick(), either()).prop_map(|(w, p, e)| FreshFactor(w, p, e)).boxed()),
            (4, (who(), pick(), either()).prop_map(|(w, p, e)| Reauthenticate(w, p, e)).boxed()),
            (9, (who(), sensitive.clone()).prop_map(|(w, s)| FreshFactorAnd(w, s)).boxed()),
            (2, who().prop_map(FreshFactorAfterTypos).boxed()),
            (2, (who(), sensitive.clone()).prop_map(|(w, s)| ReauthenticateAnd(w, s)).boxed()),
            (2, (who(), pick()).prop_map(|(w, p)| ReauthenticateBadly(w, p)).boxed()),
            (2, (who(), pick()).prop_map(|(w, p)| RecoverInASession(w, p)).boxed()),
            (2, (who(), pick()).prop_map(|(w, p)| GuessInASession(w, p)).boxed()),
            (3, who().prop_map(GuessInTheOtherSession).boxed()),
            (1, who().prop_map(GuessInSessionsUntilLocked).boxed()),
            (1, (who(), sensitive.clone()).prop_map(|(w, s)| ChangePasswordBeforeSpending(w, s)).boxed()),
            (3, who().prop_map(Replay).boxed()),
            (4, (who(), pick(), sensitive).prop_map(|(w, p, s)| Spend(w, p, s)).boxed()),
            (3, who().prop_map(BeginEnrollment).boxed()),
            (1, (who(), pick()).prop_map(|(w, p)| ShowEnrollment(w, p)).boxed()),
            (5, (who(), pick(), typed()).prop_map(|(w, p, t)| Confirm(w, p, t)).boxed()),
            (1, who().prop_map(PasswordChange).boxed()),
            (1, who().prop_map(AdministratorReset).boxed()),
            (1, (who(), pick()).prop_map(|(w, p)| ForgetDevice(w, p)).boxed()),
            (1, who().prop_map(ForgetAllDevices).boxed()),
            (4, who().prop_map(Enroll).boxed()),
            (14, (who(), browser()).prop_map(|(w, b)| LogIn(w, b)).boxed()),
            (6, who().prop_map(GuessFourTimes).boxed()),
            (2, who().prop_map(GuessUntilLocked).boxed()),
            (2, who().prop_map(RecoverAfterTypos).boxed()),
            (2, who().prop_map(EnrollBadly).boxed()),
            (2, (who(), browser()).prop_map(|(w, b)| CopyCookie(w, b)).boxed()),
        ])
    }

    /// The single commands that it stands for.
    pub fn spelled_out(self) -> Vec<Self> {
        use Command::*;
        match self {
            Enroll(who) => {
                vec![BeginEnrollment(who), Confirm(who, Pick::Newest, Typed::Shown(0))]
            }
            LogIn(who, browser) => vec![
                WaitSteps(1),
                Password(who, browser, Cookie::Own),
                CodeAndRemember(who, Pick::Newest, Typed::Shown(0), browser),
            ],
            FreshFactorAnd(who, sensitive) => vec![
                WaitSteps(1),
                FreshFactor(who, Pick::Newest, Either::Code(Typed::Shown(0))),
                Spend(who, Pick::Newest, sensitive),
            ],
            FreshFactorAfterTypos(who) => {
                let typed = |typed| FreshFactor(who, Pick::Newest, Either::Code(typed));
                let typo = typed(Typed::Wrong(1));
                vec![WaitSteps(1), typo, typo, typed(Typed::Malformed), typo, typo, typed(Typed::Shown(0))]
            }
            ReauthenticateAnd(who, sensitive) => vec![
                WaitSteps(1),
                Reauthenticate(who, Pick::Newest, Either::Code(Typed::Wrong(2))),
                Reauthenticate(who, Pick::Newest, Either::Code(Typed::Shown(0))),
                Spend(who, Pick::Newest, sensitive),
            ],
            ReauthenticateBadly(who, pick) => {
                (0..5).map(|n| Reauthenticate(who, pick, Either::Code(Typed::Wrong(n)))).collect()
            }
            RecoverInASession(who, pick) => {
                let typed = |recovery| Either::Recovery(recovery);
                vec![
                    FreshFactor(who, pick, typed(Recovery::Wrong)),
                    FreshFactor(who, pick, typed(Recovery::Shown(Pick::Before(5)))),
                    Reauthenticate(who, pick, typed(Recovery::Wrong)),
                    Reauthenticate(who, pick, typed(Recovery::Shown(Pick::Before(6)))),
                ]
            }
            GuessInTheOtherSession(who) => {
                let typed = |pick, typed| FreshFactor(who, pick, Either::Code(typed));
                let guess = |n| typed(Pick::Before(1), Typed::Wrong(n));
                let typo = typed(Pick::Newest, Typed::Wrong(9));
                let login = LogIn(who, Browser::Work).spelled_out();
                let right = [WaitSteps(1), typed(Pick::Newest, Typed::Shown(0))];
                [&login[..], &login, &[guess(0), typo, guess(1), guess(2)], &right, &[guess(3), guess(4)]]
                    .concat()
            }
            GuessInASession(who, pick) => {
                (0..5).map(|n| FreshFactor(who, pick, Either::Code(Typed::Wrong(n)))).collect()
            }
            GuessInSessionsUntilLocked(who) => {
                let pick = |n| if n == 0 { Pick::Newest } else { Pick::Before(n) };
                (0..6).flat_map(|n| GuessInASession(who, pick(n % 2)).spelled_out()).collect()
            }
            ChangePasswordBeforeSpending(who, sensitive) => vec![
                WaitSteps(1),
                FreshFactor(who, Pick::Newest, Either::Code(Typed::Shown(0))),
                PasswordChange(who),
                Spend(who, Pick::Newest, sensitive),
            ],
            Replay(who) => {
                vec![Password(who, Browser::Cafe, Cookie::Absent), Code(who, Pick::Newest, Typed::Again)]
            }
            GuessUntilLocked(who) => (0..6).flat_map(|_| GuessFourTimes(who).spelled_out()).collect(),
            EnrollBadly(who) => {
                let typo = Confirm(who, Pick::Newest, Typed::Wrong(0));
                vec![BeginEnrollment(who), ShowEnrollment(who, Pick::Newest), typo, typo, typo, typo]
            }
            CopyCookie(who, browser) => vec![
                Password(who, browser, Cookie::Own),
                WaitSteps(3),
                Password(who, Browser::Cafe, Cookie::Issued(Pick::Before(1))),
            ],
            RecoverAfterTypos(who) => {
                let typo = RecoveryCode(who, Pick::Newest, Recovery::Wrong);
                let right = RecoveryCode(who, Pick::Newest, Recovery::Shown(Pick::Before(3)));
                vec![Password(who, Browser::Home, Cookie::Absent), typo, typo, typo, right]
            }
            GuessFourTimes(who) => {
                let guess = |n| Code(who, Pick::Newest, Typed::Wrong(n));
                vec![Password(who, Browser::Cafe, Cookie::Absent), guess(0), guess(1), guess(2), guess(3)]
            }
            single => vec![single],
        }
    }
}
