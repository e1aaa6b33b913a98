//! The single commands of each flow.

use super::command::{
    Brought, Browser, Command, Cookie, Demanded, Either, Flow, OldCode, Pick, Place, Recovery, Row,
    Sensitive, Signed, Typed, Who, Write,
};

impl Flow {
    pub(super) fn spelled_out(self, who: Who) -> Vec<Command> {
        use Command::*;
        let shown = Either::Code(Typed::Shown(0));
        let fresh = |typed| FreshFactor(who, Pick::Newest, Either::Code(typed));
        let again = |typed| Reauthenticate(who, Pick::Newest, Either::Code(typed));
        let in_cafe = Password(who, Browser::Cafe, Cookie::Absent);
        let in_a_row = |row| CodesInARow(who, Pick::Newest, row);
        match self {
            Self::Enroll => vec![BeginEnrollment(who), Confirm(who, Pick::Newest, Typed::Shown(0))],
            Self::FreshFactorAnd(sensitive) => {
                vec![WaitSteps(1), fresh(Typed::Shown(0)), Spend(who, Pick::Newest, sensitive)]
            }
            Self::FreshFactorAfterTypos => {
                let typo = fresh(Typed::Wrong(1));
                vec![WaitSteps(1), typo, typo, fresh(Typed::Malformed), typo, typo, fresh(Typed::Shown(0))]
            }
            Self::FreshFactorTwice => vec![
                WaitSteps(1),
                fresh(Typed::Shown(0)),
                fresh(Typed::Again),
                WaitSteps(1),
                again(Typed::Again),
                WaitSteps(1),
                fresh(Typed::Again),
            ],
            Self::ReauthenticateAnd(sensitive) => vec![
                WaitSteps(1),
                again(Typed::Wrong(2)),
                again(Typed::Shown(0)),
                Spend(who, Pick::Newest, sensitive),
            ],
            Self::ReauthenticateBadly(pick) => {
                (0..5).map(|n| Reauthenticate(who, pick, Either::Code(Typed::Wrong(n)))).collect()
            }
            Self::RecoverInASession(pick) => {
                let typed = |recovery| Either::Recovery(recovery);
                vec![
                    FreshFactor(who, pick, typed(Recovery::Wrong)),
                    FreshFactor(who, pick, typed(Recovery::Shown(Pick::Before(5)))),
                    FreshFactor(who, pick, typed(Recovery::Shown(Pick::Before(5)))),
                    Reauthenticate(who, pick, typed(Recovery::Wrong)),
                    Reauthenticate(who, pick, typed(Recovery::Shown(Pick::Before(6)))),
                ]
            }
            Self::RecoverAndEnroll => vec![
                in_cafe,
                RecoveryCode(who, Pick::Newest, Recovery::Shown(Pick::Before(4))),
                Reauthenticate(who, Pick::Newest, Either::Nothing),
                Spend(who, Pick::Newest, Sensitive::ChangePassword(Write::Done)),
                Reauthenticate(who, Pick::Newest, Either::Nothing),
                Spend(who, Pick::Newest, Sensitive::EnrollAnew(Place::Of(Pick::Newest))),
                Confirm(who, Pick::Newest, Typed::Shown(0)),
            ],
            Self::RecoverAndRenew => {
                let by_password = Reauthenticate(who, Pick::Newest, Either::Nothing);
                let enrolls = Spend(who, Pick::Newest, Sensitive::EnrollAnew(Place::Of(Pick::Newest)));
                let typed = |n| Either::Recovery(Recovery::Shown(Pick::Before(n)));
                vec![
                    in_cafe,
                    RecoveryCode(who, Pick::Newest, Recovery::Shown(Pick::Before(4))),
                    by_password,
                    by_password,
                    enrolls,
                    FreshFactor(who, Pick::Newest, typed(5)),
                    Spend(who, Pick::Newest, Sensitive::Regenerate),
                    Confirm(who, Pick::Newest, Typed::Shown(0)),
                    enrolls,
                    by_password,
                    WaitSecs(61),
                    in_cafe,
                    RecoveryCode(who, Pick::Newest, Recovery::Shown(Pick::Before(4))),
                    by_password,
                    enrolls,
                ]
            }
            Self::EnrollOnADevice(place) => {
                let begins = [
                    WaitSteps(1),
                    Password(who, Browser::Home, Cookie::Own),
                    fresh(Typed::Shown(0)),
                    Spend(who, Pick::Newest, Sensitive::EnrollAnew(place)),
                    ForgetAllDevices(who),
                    Confirm(who, Pick::Newest, Typed::Shown(0)),
                ];
                [&LogIn(who, Browser::Home).spelled_out()[..], &begins].concat()
            }
            Self::GuessInTheOtherSession => {
                let typed = |pick, typed| FreshFactor(who, pick, Either::Code(typed));
                let guess = |n| typed(Pick::Before(1), Typed::Wrong(n));
                let typo = typed(Pick::Newest, Typed::Wrong(9));
                let login = LogIn(who, Browser::Work).spelled_out();
                let right = [WaitSteps(1), FreshFactor(who, Pick::Newest, shown)];
                [&login[..], &login, &[guess(0), typo, guess(1), guess(2)], &right, &[guess(3), guess(4)]]
                    .concat()
            }
            Self::GuessInASession(pick) => {
                (0..5).map(|n| FreshFactor(who, pick, Either::Code(Typed::Wrong(n)))).collect()
            }
            Self::GuessInSessionsUntilLocked => {
                let pick = |n| if n == 0 { Pick::Newest } else { Pick::Before(n) };
                (0..6).flat_map(|n| Self::GuessInASession(pick(n % 2)).spelled_out(who)).collect()
            }
            Self::ResetBeforeSpending(sensitive) => vec![
                WaitSteps(1),
                fresh(Typed::Shown(0)),
                ResetPassword(who, Write::Done),
                Spend(who, Pick::Newest, sensitive),
            ],
            Self::ResetBeforeTheLoginIsDone => vec![
                Check(who),
                in_cafe,
                ResetPassword(who, Write::Done),
                PasswordLater(who, Pick::Newest, Browser::Cafe, Cookie::Absent),
                WaitSteps(1),
                Code(who, Pick::Newest, Typed::Shown(0)),
            ],
            Self::InterruptedChange { then, ended_by } => {
                let ending = [
                    in_cafe,
                    Import(who, Brought { is_quiet: false, last: None, recovery_codes: 0 }),
                    AdministratorReset(who),
                    AdministratorCloses(who),
                    ResetPassword(who, Write::Done),
                ];
                let later = [WaitSecs(then), ending[ended_by], in_cafe];
                [&[ResetPassword(who, Write::Interrupted)], &ending[..], &later].concat()
            }
            Self::GuessUntilTimeWillNotDo => {
                let guesses = Self::GuessUntilLocked.spelled_out(who);
                let typed = |n| FreshFactor(who, Pick::Newest, Either::Code(Typed::Wrong(n)));
                [
                    &guesses[..],
                    &[WaitDays(31)],
                    &guesses,
                    &[typed(1), in_cafe, WaitSteps(5), in_a_row(Row::Shown(0))],
                ]
                .concat()
            }
            Self::CodesInARowUnderALock => {
                let rows = [Row::OneWrong(1), Row::Backwards, Row::Shown(0), Row::Again].map(in_a_row);
                let right = Code(who, Pick::Newest, Typed::Shown(0));
                let again = [in_cafe, in_a_row(Row::Again)];
                [&Self::GuessUntilLocked.spelled_out(who)[..], &[WaitSteps(5), in_cafe, right], &rows, &again]
                    .concat()
            }
            Self::CodesInARowInASession(pick) => {
                let fresh = |row| FreshFactor(who, pick, Either::InARow(row));
                let again = |row| Reauthenticate(who, pick, Either::InARow(row));
                vec![
                    WaitSteps(5),
                    fresh(Row::OneWrong(0)),
                    fresh(Row::Shown(0)),
                    fresh(Row::Again),
                    FreshFactor(who, pick, Either::Code(Typed::Again)),
                    WaitSteps(2),
                    again(Row::Shown(0)),
                    WaitSteps(3),
                    again(Row::Shown(0)),
                    again(Row::Again),
                ]
            }
            Self::GuessAndComeLater => {
                let guesses = Self::GuessFourTimes.spelled_out(who);
                let login = LogIn(who, Browser::Home).spelled_out();
                [&guesses[..], &guesses, &[WaitDays(10)], &login, &[WaitDays(31)], &login].concat()
            }
            Self::Replay => vec![in_cafe, Code(who, Pick::Newest, Typed::Again)],
            Self::PresentTwice => vec![
                WaitSteps(1),
                in_cafe,
                Code(who, Pick::Newest, Typed::Shown(0)),
                Code(who, Pick::Newest, Typed::Again),
            ],
            Self::GuessUntilLocked => (0..6).flat_map(|_| Self::GuessFourTimes.spelled_out(who)).collect(),
            Self::EnrollBadly => {
                let typo = Confirm(who, Pick::Newest, Typed::Wrong(0));
                vec![BeginEnrollment(who), ShowEnrollment(who, Pick::Newest), typo, typo, typo, typo]
            }
            Self::EnrollInTwoTabs => {
                let confirm = |pick| Confirm(who, pick, Typed::Shown(0));
                let begin = BeginEnrollment(who);
                vec![begin, begin, confirm(Pick::Before(1)), confirm(Pick::Newest)]
            }
            Self::Add(place) => {
                let login = LogIn(who, Browser::Home).spelled_out();
                let add = [
                    WaitSteps(1),
                    fresh(Typed::Shown(0)),
                    Spend(who, Pick::Newest, Sensitive::EnrollAnew(place)),
                    Confirm(who, Pick::Newest, Typed::Shown(0)),
                    in_cafe,
                    Code(who, Pick::Newest, Typed::OtherShown(0)),
                ];
                [&login[..], &add, &login].concat()
            }
            Self::AddPasskey(place) => {
                let add = |passkey| Spend(who, Pick::Newest, Sensitive::BindPasskey(passkey, place));
                let again = [WaitSteps(1), fresh(Typed::Shown(0)), add(1)];
                [&LogIn(who, Browser::Home).spelled_out()[..], &again, &Self::UsePasskey.spelled_out(who)]
                    .concat()
            }
            Self::UsePasskey => {
                let passkey = |signed| Passkey(who, Pick::Newest, signed);
                vec![
                    in_cafe,
                    Code(who, Pick::Newest, Typed::Wrong(1)),
                    passkey(Signed::New(2)),
                    passkey(Signed::New(1)),
                    passkey(Signed::Again),
                    in_cafe,
                    passkey(Signed::Again),
                    passkey(Signed::New(1)),
                ]
            }
            Self::PasskeyInASession => {
                let signed = |signed| FreshFactor(who, Pick::Newest, Either::Passkey(signed));
                vec![
                    signed(Signed::New(1)),
                    signed(Signed::Again),
                    Reauthenticate(who, Pick::Newest, Either::Passkey(Signed::Again)),
                    WaitSteps(2),
                    signed(Signed::Again),
                    signed(Signed::New(0)),
                    Reauthenticate(who, Pick::Newest, Either::Passkey(Signed::New(1))),
                    Spend(who, Pick::Newest, Sensitive::ChangePassword(Write::Done)),
                ]
            }
            Self::PasskeyUnderALock => {
                let lock = Self::GuessUntilLocked.spelled_out(who);
                let mine = [in_cafe, Passkey(who, Pick::Newest, Signed::New(1))];
                [&Self::AddPasskey(Place::Beside).spelled_out(who)[..], &lock, &mine].concat()
            }
            Self::AddUntilFull => {
                let add = |passkey| Spend(who, Pick::Newest, Sensitive::BindPasskey(passkey, Place::Beside));
                let login = LogIn(who, Browser::Home).spelled_out();
                let steps =
                    |passkey| [&login[..], &[WaitSteps(1), fresh(Typed::Shown(0)), add(passkey)]].concat();
                (0..3).flat_map(steps).collect()
            }
            Self::RestoreByPasskeyOverAndOver => {
                let round = [
                    in_cafe,
                    Passkey(who, Pick::Newest, Signed::New(1)),
                    Reauthenticate(who, Pick::Newest, Either::Passkey(Signed::New(1))),
                    Spend(who, Pick::Newest, Sensitive::ChangePassword(Write::Done)),
                ];
                let round = [&Self::GuessUntilLocked.spelled_out(who)[..], &round].concat();
                [Self::AddPasskey(Place::Beside).spelled_out(who), round.repeat(6)].concat()
            }
            Self::RemoveOneOfTwo => {
                let remove = |pick| Spend(who, Pick::Newest, Sensitive::Remove(pick, Demanded::No));
                let steps = [
                    WaitSteps(1),
                    fresh(Typed::Shown(0)),
                    remove(Pick::Newest),
                    // Within a minute, a code of the other phone cannot be distinguished from the same form sent again.
                    fresh(Typed::Again),
                    fresh(Typed::Shown(0)),
                    WaitSteps(2),
                    fresh(Typed::Shown(0)),
                    fresh(Typed::Again),
                    Spend(who, Pick::Newest, Sensitive::Remove(Pick::Before(1), Demanded::Now)),
                    WaitSteps(1),
                    fresh(Typed::Shown(0)),
                    remove(Pick::Before(1)),
                ];
                [&Self::Add(Place::Beside).spelled_out(who)[..], &steps].concat()
            }
            Self::EnrollByClocksThatAreOff(steps) => {
                let confirm = |steps| Confirm(who, Pick::Newest, Typed::Shown(steps));
                vec![BeginEnrollment(who), confirm(steps), confirm(0)]
            }
            Self::ClockOff(one, other) => {
                let code = |typed| Code(who, Pick::Newest, typed);
                let codes =
                    [code(Typed::Shown(one)), code(Typed::OtherShown(other)), fresh(Typed::Shown(other))];
                [&[WaitSteps(3), in_cafe][..], &codes].concat()
            }
            Self::UseOldCodes(brought) => {
                let tried = |n| TryOldCode(who, Pick::Newest, OldCode::Brought(Pick::Before(n)));
                let was = |pick| PresentOldCode(who, Pick::Newest, pick);
                let again = [in_cafe, tried(1), was(Pick::Newest), was(Pick::Before(1))];
                let login = LogIn(who, Browser::Work).spelled_out();
                let first = [
                    AdministratorReset(who),
                    Import(who, brought),
                    in_cafe,
                    Code(who, Pick::Newest, Typed::Wrong(1)),
                    tried(0),
                    tried(1),
                    was(Pick::Newest),
                    was(Pick::Before(1)),
                ];
                [&first[..], &again, &login].concat()
            }
            Self::GuessOldCodes(brought) => {
                let wrong = TryOldCode(who, Pick::Newest, OldCode::Unknown);
                let right = TryOldCode(who, Pick::Newest, OldCode::Brought(Pick::Newest));
                let was = PresentOldCode(who, Pick::Newest, Pick::Newest);
                let fifth = [in_cafe, wrong, wrong, wrong, was, wrong, right, right, was];
                let four = [in_cafe, wrong, wrong, wrong, wrong].repeat(5);
                let import = [AdministratorReset(who), Import(who, brought)];
                let reset = ResetPassword(who, Write::Done);
                [&import[..], &fifth, &[in_cafe, right, reset, was], &four, &[in_cafe, right, was]].concat()
            }
            Self::ImportWhileEnrolling(is_quiet) => {
                let import = Import(who, Brought { is_quiet, last: None, recovery_codes: 1 });
                let before = [Password(who, Browser::Home, Cookie::Absent), BeginEnrollment(who), Check(who)];
                let after = [
                    Confirm(who, Pick::Newest, Typed::Shown(0)),
                    BeginEnrollmentLater(who, Pick::Newest),
                    fresh(Typed::Shown(0)),
                ];
                [&[AdministratorReset(who)][..], &before, &[import], &after].concat()
            }
            Self::Overdue(secs) => {
                let first = |demanded| FirstFactor(who, Browser::Home, Cookie::Absent, secs > 0, demanded);
                vec![
                    first(Demanded::In(secs)),
                    AdministratorReset(who),
                    first(Demanded::In(secs)),
                    first(Demanded::Now),
                    BeginEnrollmentLater(who, Pick::Newest),
                    Confirm(who, Pick::Newest, Typed::Shown(0)),
                    WaitSteps(1),
                    FirstFactor(who, Browser::Home, Cookie::Absent, secs > 0, Demanded::Now),
                    Code(who, Pick::Newest, Typed::Shown(0)),
                ]
            }
            Self::ForgetTwoDevices => {
                let logins = [Browser::Home, Browser::Work].map(|browser| LogIn(who, browser).spelled_out());
                [&logins.concat()[..], &[ForgetAllDevices(who)]].concat()
            }
            Self::RecoverAfterTypos => {
                let typo = RecoveryCode(who, Pick::Newest, Recovery::Wrong);
                let right = RecoveryCode(who, Pick::Newest, Recovery::Shown(Pick::Before(3)));
                vec![Password(who, Browser::Home, Cookie::Absent), typo, typo, typo, right]
            }
            Self::GuessFourTimes => {
                let guess = |n| Code(who, Pick::Newest, Typed::Wrong(n));
                vec![in_cafe, guess(0), guess(1), guess(2), guess(3)]
            }
            Self::GuessFiveTimes => {
                let fifth = Code(who, Pick::Newest, Typed::Wrong(4));
                [&Self::GuessFourTimes.spelled_out(who)[..], &[fifth, fifth]].concat()
            }
        }
    }
}
