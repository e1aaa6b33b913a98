//! Searches on accounts with several authenticators, or with one that the host verifies.

use super::{DAYS, QUIET, STEP, Scenario};
use crate::action::Action;
use crate::call::Deed::{
    AdministratorReset, BindKey, ChangePassword, Confirm, Disable, EndAll, Enroll, Import, ImportQuietly,
    Login, NewCodes, Present, PresentRemember, Remove, Rename, Replace,
};
use crate::call::{Typed, Which};
use crate::start::{
    ADD_APP, ADD_KEY, BEGIN_ENROLLMENTS, BIND_KEY, ENROLL, GUESS_AT_TWO, LOG_IN, LOG_IN_BY_KEY, RECOVER,
    SPEND, STEAL_SESSION, TWIN,
};

/// Several authenticators, and guesses at them.
pub fn authenticators() -> Vec<Scenario> {
    vec![
        Scenario {
            name: "two apps",
            start: [ENROLL, ADD_APP, LOG_IN, STEAL_SESSION].concat(),
            owner: &[Login, Present(Typed::Right), Present(Typed::Other), NewCodes(Typed::OtherRow)],
            attacker: &[Login, Present(Typed::Used), NewCodes(Typed::Used), Present(Typed::UsedRow)],
            interleaves: true,
            has_faults: true,
            ..QUIET
        },
        Scenario {
            name: "guessing at two apps",
            start: [ENROLL, ADD_APP, LOG_IN, STEAL_SESSION, GUESS_AT_TWO].concat(),
            owner: &[Login, Present(Typed::Other), ChangePassword(Typed::Right)],
            attacker: &[Login, Present(Typed::Wrong), Disable(Typed::Wrong), Present(Typed::WrongRecovery)],
            ticks: &[STEP, 3 * DAYS as u32],
            skews: [&[], &[0, 9 * DAYS]],
            ..QUIET
        },
        Scenario {
            name: "one secret in two apps",
            start: [ENROLL, ADD_APP, TWIN, LOG_IN, STEAL_SESSION].concat(),
            owner: &[Login, Present(Typed::Right), Present(Typed::Row), Disable(Typed::Right)],
            attacker: &[Login, Present(Typed::Used), Present(Typed::UsedRow), Disable(Typed::Used)],
            interleaves: true,
            ..QUIET
        },
        Scenario {
            name: "a key alone",
            start: [BIND_KEY, LOG_IN_BY_KEY, STEAL_SESSION].concat(),
            owner: &[Login, PresentRemember(Typed::Key), Present(Typed::Recovery), NewCodes(Typed::Key)],
            attacker: &[
                Login,
                Present(Typed::UsedKey),
                NewCodes(Typed::UsedKey),
                Present(Typed::WrongRecovery),
                EndAll,
            ],
            ticks: &[STEP, 3 * STEP],
            steals: true,
            interleaves: true,
            has_faults: true,
            ..QUIET
        },
        Scenario {
            name: "guessing beside a key",
            start: [ENROLL, ADD_KEY, LOG_IN, STEAL_SESSION, SPEND].concat(),
            owner: &[Login, Present(Typed::Key), ChangePassword(Typed::Key), Present(Typed::Right)],
            attacker: &[Login, Present(Typed::Wrong), Disable(Typed::Wrong), Present(Typed::UsedKey)],
            ticks: &[STEP, 3 * DAYS as u32],
            skews: [&[], &[0, 9 * DAYS]],
            ..QUIET
        },
    ]
}

/// Searches in which authenticators are added and removed.
pub fn bindings() -> Vec<Scenario> {
    vec![
        Scenario {
            name: "authenticators are removed",
            start: [ENROLL, ADD_APP, ADD_KEY, LOG_IN, STEAL_SESSION].concat(),
            browsers: 2,
            owner: &[
                Login,
                Present(Typed::Key),
                Remove(Which::First, Typed::Right),
                Remove(Which::Second, Typed::Right),
                Remove(Which::Key, Typed::Key),
            ],
            attacker: &[
                Login,
                Present(Typed::Removed),
                Present(Typed::RemovedKey),
                Remove(Which::First, Typed::Used),
                Remove(Which::Key, Typed::Nothing),
            ],
            interleaves: true,
            ..QUIET
        },
        Scenario {
            name: "authenticators are replaced",
            start: [ENROLL, ADD_KEY, LOG_IN, STEAL_SESSION].concat(),
            owner: &[
                Login,
                Present(Typed::Key),
                Replace(Which::First, Typed::Right),
                Confirm,
                Rename(Which::Key, Typed::Right),
                Enroll(Typed::Key),
            ],
            attacker: &[
                Login,
                Present(Typed::Removed),
                Present(Typed::Used),
                BindKey(Typed::UsedKey),
                Rename(Which::First, Typed::Used),
                Confirm,
            ],
            interleaves: true,
            has_faults: true,
            ..QUIET
        },
        Scenario {
            name: "as many as possible",
            start: [ENROLL, ADD_APP, ADD_KEY, RECOVER, STEAL_SESSION].concat(),
            owner: &[
                Enroll(Typed::Nothing),
                BindKey(Typed::Right),
                Replace(Which::Key, Typed::Nothing),
                Confirm,
                Remove(Which::Second, Typed::Other),
            ],
            attacker: &[BindKey(Typed::Nothing), Enroll(Typed::UsedKey), Disable(Typed::UsedKey)],
            ticks: &[STEP, 60 * 60],
            interleaves: true,
            ..QUIET
        },
        Scenario {
            name: "imported during an enrollment",
            start: [BEGIN_ENROLLMENTS, &[Action::StealSession(0)]].concat(),
            owner: &[ImportQuietly, Login, Confirm, Present(Typed::Right), BindKey(Typed::Nothing), Import],
            attacker: &[
                Login,
                Confirm,
                Enroll(Typed::Nothing),
                BindKey(Typed::Nothing),
                Present(Typed::Used),
            ],
            interleaves: true,
            has_faults: true,
            ..QUIET
        },
        Scenario {
            name: "a factor is required",
            start: [ENROLL, LOG_IN, STEAL_SESSION].concat(),
            owner: &[
                Login,
                Present(Typed::Right),
                Disable(Typed::Right),
                Remove(Which::First, Typed::Right),
                AdministratorReset,
                Confirm,
            ],
            attacker: &[Login, Confirm, Present(Typed::Removed), Remove(Which::First, Typed::Used)],
            due: Some(3 * STEP),
            interleaves: true,
            ..QUIET
        },
    ]
}
