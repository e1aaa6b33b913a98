//! What the whole flows are made of.

use super::command::{
    Browser, Command, Cookie, Either, Flow, Pick, Recovery, Row, Sensitive, Typed, Who, Write,
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
                Spend(who, Pick::Newest, Sensitive::EnrollAnew),
                Confirm(who, Pick::Newest, Typed::Shown(0)),
            ],
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
                    Import(who),
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
