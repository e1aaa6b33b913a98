//! Random lists of commands.

use proptest::prelude::*;
use proptest::strategy::Union;

use super::command::{
    Brought, Browser, Command, Cookie, Demanded, Either, Flow, OldCode, Pick, Place, Recovery, Row,
    Sensitive, Signed, Typed, Who, Write,
};

impl Command {
    /// Lists of up to 60 commands; most start with two accounts enrolled.
    pub fn lists() -> impl Strategy<Value = Vec<Self>> {
        let start = prop::bool::weighted(0.8).prop_map(|enrolled| {
            let enroll = |who| Self::Flow(who, Flow::Enroll);
            if enrolled { vec![enroll(Who::Alice), enroll(Who::Bob)] } else { vec![] }
        });
        (start, prop::collection::vec(Self::any(), 1..=58)).prop_map(|(start, rest)| [start, rest].concat())
    }

    pub fn any() -> impl Strategy<Value = Self> {
        use Command::*;
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
            (12, (who(), browser(), cookie()).prop_map(|(w, b, c)| Password(w, b, c)).boxed()),
            (
                4,
                (who(), browser(), cookie(), any::<bool>(), demanded())
                    .prop_map(|(w, b, c, other, d)| FirstFactor(w, b, c, other, d))
                    .boxed(),
            ),
            (3, who().prop_map(Check).boxed()),
            (
                4,
                (who(), pick(), browser(), cookie())
                    .prop_map(|(w, p, b, c)| PasswordLater(w, p, b, c))
                    .boxed(),
            ),
            (16, (who(), pick(), typed()).prop_map(|(w, p, t)| Code(w, p, t)).boxed()),
            (
                8,
                (who(), pick(), typed(), browser())
                    .prop_map(|(w, p, t, b)| CodeAndRemember(w, p, t, b))
                    .boxed(),
            ),
            (6, (who(), pick(), row()).prop_map(|(w, p, r)| CodesInARow(w, p, r)).boxed()),
            (8, (who(), pick(), recovery()).prop_map(|(w, p, r)| RecoveryCode(w, p, r)).boxed()),
            (6, (who(), pick(), signed()).prop_map(|(w, p, s)| Passkey(w, p, s)).boxed()),
            (2, (who(), pick(), old_code()).prop_map(|(w, p, o)| TryOldCode(w, p, o)).boxed()),
            (2, (who(), pick(), pick()).prop_map(|(w, p, q)| PresentOldCode(w, p, q)).boxed()),
            (14, (who(), pick(), either()).prop_map(|(w, p, e)| FreshFactor(w, p, e)).boxed()),
            (4, (who(), pick(), either()).prop_map(|(w, p, e)| Reauthenticate(w, p, e)).boxed()),
            (2, (who(), pick(), either()).prop_map(|(w, p, e)| ReauthenticateLater(w, p, e)).boxed()),
            (4, (who(), pick(), sensitive()).prop_map(|(w, p, s)| Spend(w, p, s)).boxed()),
            (3, who().prop_map(BeginEnrollment).boxed()),
            (2, (who(), pick()).prop_map(|(w, p)| BeginEnrollmentLater(w, p)).boxed()),
            (1, (who(), pick()).prop_map(|(w, p)| ShowEnrollment(w, p)).boxed()),
            (5, (who(), pick(), typed()).prop_map(|(w, p, t)| Confirm(w, p, t)).boxed()),
            (1, (who(), 0_usize..3).prop_map(|(w, n)| BindPasskey(w, n)).boxed()),
            (1, (who(), brought()).prop_map(|(w, b)| Import(w, b)).boxed()),
            (1, who().prop_map(EndWhatABackupRevived).boxed()),
            (2, (who(), write()).prop_map(|(w, write)| ResetPassword(w, write)).boxed()),
            (1, (who(), pick()).prop_map(|(w, p)| EndAllSessions(w, p)).boxed()),
            (1, who().prop_map(AdministratorReset).boxed()),
            (1, who().prop_map(AdministratorCloses).boxed()),
            (1, (who(), pick()).prop_map(|(w, p)| ForgetDevice(w, p)).boxed()),
            (1, who().prop_map(ForgetAllDevices).boxed()),
            (70, (who(), flow()).prop_map(|(w, flow)| Flow(w, flow)).boxed()),
            (14, (who(), browser()).prop_map(|(w, b)| LogIn(w, b)).boxed()),
            (3, (who(), browser(), 1_usize..4).prop_map(|(w, b, behind)| CopyCookie(w, b, behind)).boxed()),
        ])
    }

    /// The single commands of a flow.
    pub fn spelled_out(self) -> Vec<Self> {
        use Command::*;
        match self {
            LogIn(who, browser) => vec![
                WaitSteps(1),
                Password(who, browser, Cookie::Own),
                CodeAndRemember(who, Pick::Newest, Typed::Shown(0), browser),
            ],
            // The copy is used after its owner got this many newer tokens.
            CopyCookie(who, browser, behind) => {
                let use_own = [WaitSteps(3), Password(who, browser, Cookie::Own)].repeat(behind);
                let use_copy = Password(who, Browser::Cafe, Cookie::Issued(Pick::Before(behind)));
                [&LogIn(who, browser).spelled_out()[..], &use_own, &[WaitSteps(3), use_copy]].concat()
            }
            Flow(who, flow) => flow.spelled_out(who),
            single => vec![single],
        }
    }
}

fn flow() -> BoxedStrategy<Flow> {
    use Flow::*;
    prop_oneof![
        4 => Just(Enroll),
        9 => sensitive().prop_map(FreshFactorAnd),
        2 => Just(FreshFactorAfterTypos),
        2 => Just(FreshFactorTwice),
        5 => sensitive().prop_map(ReauthenticateAnd),
        2 => pick().prop_map(ReauthenticateBadly),
        2 => pick().prop_map(RecoverInASession),
        2 => Just(RecoverAndEnroll),
        1 => Just(RecoverAndRenew),
        1 => place().prop_map(EnrollOnADevice),
        2 => pick().prop_map(GuessInASession),
        3 => Just(GuessInTheOtherSession),
        1 => Just(GuessInSessionsUntilLocked),
        1 => sensitive().prop_map(ResetBeforeSpending),
        2 => Just(ResetBeforeTheLoginIsDone),
        3 => (50_u64..70, 0_usize..5).prop_map(|(then, ended_by)| InterruptedChange { then, ended_by }),
        1 => Just(GuessUntilTimeWillNotDo),
        2 => Just(CodesInARowUnderALock),
        2 => pick().prop_map(CodesInARowInASession),
        1 => Just(GuessAndComeLater),
        3 => Just(Replay),
        2 => Just(PresentTwice),
        6 => Just(GuessFourTimes),
        2 => Just(GuessFiveTimes),
        2 => Just(GuessUntilLocked),
        2 => Just(RecoverAfterTypos),
        2 => Just(EnrollBadly),
        1 => Just(EnrollInTwoTabs),
        7 => place().prop_map(Add),
        4 => place().prop_map(AddPasskey),
        1 => Just(AddUntilFull),
        2 => Just(UsePasskey),
        2 => Just(PasskeyInASession),
        1 => Just(PasskeyUnderALock),
        1 => Just(RestoreByPasskeyOverAndOver),
        2 => Just(RemoveOneOfTwo),
        1 => (-21_i8..=21).prop_map(EnrollByClocksThatAreOff),
        3 => (-21_i8..=21, -21_i8..=21).prop_map(|(one, other)| ClockOff(one, other)),
        2 => brought().prop_map(UseOldCodes),
        1 => brought().prop_map(GuessOldCodes),
        1 => any::<bool>().prop_map(ImportWhileEnrolling),
        1 => (-90_i32..90).prop_map(Overdue),
        1 => Just(ForgetTwoDevices),
    ]
    .boxed()
}

fn pick() -> BoxedStrategy<Pick> {
    prop_oneof![4 => Just(Pick::Newest), 1 => (1_usize..12).prop_map(Pick::Before)].boxed()
}

fn who() -> BoxedStrategy<Who> {
    prop_oneof![5 => Just(Who::Alice), 2 => Just(Who::Bob), 1 => Just(Who::Carol)].boxed()
}

fn browser() -> BoxedStrategy<Browser> {
    prop_oneof![3 => Just(Browser::Home), 1 => Just(Browser::Work), 1 => Just(Browser::Cafe)].boxed()
}

fn typed() -> BoxedStrategy<Typed> {
    prop_oneof![
        6 => Just(Typed::Shown(0)),
        2 => (-3_i8..=3).prop_map(Typed::Shown),
        1 => (-22_i8..=22).prop_map(Typed::Shown),
        3 => (-1_i8..=1).prop_map(Typed::OtherShown),
        1 => (-22_i8..=22).prop_map(Typed::OtherShown),
        2 => Just(Typed::Again),
        1 => Just(Typed::OldPhone),
        1 => Just(Typed::NextAccounts),
        4 => any::<u8>().prop_map(Typed::Wrong),
        1 => Just(Typed::Malformed),
    ]
    .boxed()
}

fn row() -> BoxedStrategy<Row> {
    prop_oneof![
        6 => Just(Row::Shown(0)),
        2 => (-3_i8..=3).prop_map(Row::Shown),
        2 => Just(Row::OtherShown),
        1 => Just(Row::OfTwoPhones),
        2 => (0_usize..4).prop_map(Row::OneWrong),
        1 => Just(Row::Backwards),
        1 => Just(Row::WithGaps),
        2 => Just(Row::Again),
        1 => Just(Row::OldPhone),
    ]
    .boxed()
}

fn recovery() -> BoxedStrategy<Recovery> {
    prop_oneof![
        6 => (0_usize..30).prop_map(Pick::Before).prop_map(Recovery::Shown),
        1 => Just(Recovery::Shown(Pick::Newest)),
        1 => Just(Recovery::OfNextAccount),
        3 => Just(Recovery::Wrong),
        1 => Just(Recovery::Malformed),
    ]
    .boxed()
}

fn either() -> BoxedStrategy<Either> {
    prop_oneof![
        6 => typed().prop_map(Either::Code),
        2 => row().prop_map(Either::InARow),
        2 => recovery().prop_map(Either::Recovery),
        2 => signed().prop_map(Either::Passkey),
        1 => Just(Either::Nothing),
    ]
    .boxed()
}

fn cookie() -> BoxedStrategy<Cookie> {
    prop_oneof![
        6 => Just(Cookie::Own),
        1 => Just(Cookie::OfNextAccount),
        2 => pick().prop_map(Cookie::Issued),
        1 => Just(Cookie::Garbage),
        3 => Just(Cookie::Absent),
    ]
    .boxed()
}

fn signed() -> BoxedStrategy<Signed> {
    prop_oneof![5 => (0_usize..3).prop_map(Signed::New), 2 => Just(Signed::Again)].boxed()
}

fn old_code() -> BoxedStrategy<OldCode> {
    prop_oneof![3 => pick().prop_map(OldCode::Brought), 1 => Just(OldCode::Unknown)].boxed()
}

fn place() -> BoxedStrategy<Place> {
    prop_oneof![3 => Just(Place::Beside), 2 => pick().prop_map(Place::Of)].boxed()
}

fn label() -> BoxedStrategy<&'static str> {
    prop_oneof![Just("Tablet"), Just("Old phone"), Just(" ")].boxed()
}

fn demanded() -> BoxedStrategy<Demanded> {
    prop_oneof![
        4 => Just(Demanded::No),
        2 => (-120_i32..120).prop_map(Demanded::In),
        1 => Just(Demanded::Now),
    ]
    .boxed()
}

fn brought() -> BoxedStrategy<Brought> {
    (any::<bool>(), prop::option::of(-3_i8..=3), 0_usize..4)
        .prop_map(|(is_quiet, last, recovery_codes)| Brought { is_quiet, last, recovery_codes })
        .boxed()
}

fn write() -> BoxedStrategy<Write> {
    prop_oneof![3 => Just(Write::Done), 1 => Just(Write::Failed), 1 => Just(Write::Interrupted)].boxed()
}

fn sensitive() -> BoxedStrategy<Sensitive> {
    prop_oneof![
        2 => demanded().prop_map(Sensitive::Disable),
        3 => (pick(), demanded()).prop_map(|(p, d)| Sensitive::Remove(p, d)),
        2 => (pick(), label()).prop_map(|(p, l)| Sensitive::Rename(p, l)),
        4 => Just(Sensitive::Regenerate),
        6 => place().prop_map(Sensitive::EnrollAnew),
        3 => (0_usize..3, place()).prop_map(|(n, p)| Sensitive::BindPasskey(n, p)),
        4 => write().prop_map(Sensitive::ChangePassword),
        1 => Just(Sensitive::Close),
    ]
    .boxed()
}
