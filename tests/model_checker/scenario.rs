//! The searches: their start states, and who can do what.

use core::time::Duration;

use second_factor::Policy;

use crate::action::Action;
use crate::call::Deed::{
    AdministratorReset, ChangePassword, Close, Confirm, Disable, EndAll, Enroll, EnrollFresh, ForgetDevices,
    Login, LoginElsewhere, NewCodes, Present, PresentRemember, Replace, Reset,
};
use crate::call::{Deed, Typed, Which};
use crate::start::{
    BEGIN_CHANGE, BEGIN_ENROLLMENTS, ENROLL, ENROLL_ON_DEVICE, GUESS_TWICE, LOG_IN, NEARLY_ALL, RECOVER,
    REMEMBER, SPEND, STEAL_DEVICE, STEAL_SESSION,
};

mod factors;

/// The guess budget, the most credit, and the seconds to regain one guess.
pub const BUDGET: u64 = 3;
pub const CREDIT: u64 = 3;
pub const REGAIN: u64 = 3 * DAY;
/// How many authenticators an account can have.
pub const AUTHENTICATORS: usize = 3;
/// The rotation grace, in seconds.
pub const GRACE: u64 = 60;
/// How long a device is remembered, in seconds.
pub const DEVICE_LIFETIME: u64 = 30 * DAY;

const DAY: u64 = 24 * 60 * 60;
pub const DAYS: i32 = 24 * 60 * 60;
pub const STEP: u32 = 30;
const MONTH: u32 = 30 * 24 * 60 * 60;

/// One search.
#[expect(clippy::struct_excessive_bools, reason = "the flags are independent")]
#[derive(Debug)]
pub struct Scenario {
    pub name: &'static str,
    /// What happens before the search begins.
    pub start: Vec<Action>,
    pub browsers: usize,
    pub owner: &'static [Deed],
    pub attacker: &'static [Deed],
    pub ticks: &'static [u32],
    /// How far the clock of each instance can be off.
    pub skews: [&'static [i32]; 2],
    pub steals: bool,
    pub interleaves: bool,
    /// Calls can also be held up before the password is compared.
    pub is_slow: bool,
    pub has_faults: bool,
    /// The seconds after the start from which the host requires a second factor, if it does.
    pub due: Option<u32>,
}

/// A policy with small numbers, so that few steps reach every state.
pub fn policy() -> Policy {
    Policy::builder("Example")
        .authenticators(AUTHENTICATORS as u8)
        .guess_budget(BUDGET as u16, Duration::from_secs(REGAIN))
        .guesses_per_challenge(2)
        .rotation_grace(Duration::from_secs(GRACE))
        .remember_for(Duration::from_secs(DEVICE_LIFETIME))
        .devices(1)
        .build()
        .unwrap()
}

/// A scenario in which nobody does anything, with one browser and right clocks.
const QUIET: Scenario = Scenario {
    name: "",
    start: Vec::new(),
    browsers: 1,
    owner: &[],
    attacker: &[],
    ticks: &[STEP],
    skews: [&[], &[]],
    steals: false,
    interleaves: false,
    is_slow: false,
    has_faults: false,
    due: None,
};

/// All searches.
pub fn scenarios() -> Vec<Scenario> {
    let scenarios =
        [logins(), guessing(), devices(), changes(), factors::authenticators(), factors::bindings()];
    scenarios.into_iter().flatten().collect()
}

fn logins() -> Vec<Scenario> {
    vec![
        Scenario {
            name: "not enrolled",
            owner: &[Login, Enroll(Typed::Nothing), Confirm, Present(Typed::Right), EndAll],
            attacker: &[Login, Enroll(Typed::Nothing), Confirm, EndAll],
            steals: true,
            interleaves: true,
            has_faults: true,
            ..QUIET
        },
        Scenario {
            name: "two enrollments",
            start: BEGIN_ENROLLMENTS.to_vec(),
            owner: &[Confirm, Enroll(Typed::Nothing), Login, Present(Typed::Right)],
            attacker: &[Confirm, Enroll(Typed::Nothing), Login, EndAll],
            interleaves: true,
            has_faults: true,
            ..QUIET
        },
        Scenario {
            name: "logins",
            start: ENROLL.to_vec(),
            owner: &[Login, Present(Typed::Right), Present(Typed::Recovery)],
            attacker: &[Login, Present(Typed::Used), Present(Typed::UsedRecovery)],
            interleaves: true,
            has_faults: true,
            ..QUIET
        },
        Scenario {
            name: "logins on two browsers",
            start: ENROLL.to_vec(),
            browsers: 2,
            owner: &[Login, Present(Typed::Right), Present(Typed::Wrong), Present(Typed::Row)],
            attacker: &[Login, Present(Typed::UsedRow), Present(Typed::Used)],
            skews: [&[], &[0, 30, -30]],
            interleaves: true,
            ..QUIET
        },
    ]
}

fn guessing() -> Vec<Scenario> {
    vec![
        Scenario {
            name: "guessing",
            start: ENROLL.to_vec(),
            owner: &[Login, Present(Typed::Right), Present(Typed::Wrong)],
            attacker: &[Login, Present(Typed::Wrong), Present(Typed::WrongRecovery)],
            ticks: &[STEP, 3 * DAYS as u32],
            ..QUIET
        },
        Scenario {
            name: "guessing under wrong clocks",
            start: [ENROLL, LOG_IN, STEAL_SESSION].concat(),
            owner: &[Login, Present(Typed::Right), ChangePassword(Typed::Right)],
            attacker: &[Login, Present(Typed::Wrong), Disable(Typed::Wrong), Reset],
            ticks: &[STEP, 3 * DAYS as u32],
            skews: [&[], &[0, 9 * DAYS, -9 * DAYS]],
            ..QUIET
        },
        Scenario {
            name: "guessing at once",
            start: [ENROLL, LOG_IN, STEAL_SESSION].concat(),
            owner: &[Login, Present(Typed::Right)],
            attacker: &[Login, Present(Typed::Wrong), NewCodes(Typed::Wrong), Present(Typed::WrongRow)],
            skews: [&[0, 30 * DAYS], &[]],
            interleaves: true,
            has_faults: true,
            ..QUIET
        },
        Scenario {
            name: "one guess left",
            start: [ENROLL, LOG_IN, STEAL_SESSION, SPEND, NEARLY_ALL].concat(),
            owner: &[Login, Present(Typed::Right), ChangePassword(Typed::Row)],
            attacker: &[Login, Present(Typed::Wrong), Present(Typed::WrongRecovery), Disable(Typed::Wrong)],
            ticks: &[STEP, 3 * DAYS as u32],
            skews: [&[], &[0, 30 * DAYS, -30 * DAYS]],
            interleaves: true,
            ..QUIET
        },
        Scenario {
            name: "guessing after all guesses",
            start: [ENROLL, GUESS_TWICE].concat(),
            owner: &[Login, Present(Typed::Right), Present(Typed::Row)],

            attacker: &[Login, Present(Typed::Wrong)],
            ticks: &[STEP, 4 * STEP],
            skews: [&[], &[0, 9 * DAYS]],
            ..QUIET
        },
        Scenario {
            name: "locked",
            start: [ENROLL, LOG_IN, STEAL_SESSION, SPEND].concat(),
            owner: &[Login, Present(Typed::Right), Present(Typed::Row), ChangePassword(Typed::Row)],
            attacker: &[
                Login,
                Present(Typed::Wrong),
                Present(Typed::WrongRow),
                Present(Typed::WrongRecovery),
                NewCodes(Typed::Wrong),
                EndAll,
            ],
            ticks: &[STEP, 3 * STEP, 3 * DAYS as u32],
            skews: [&[], &[0, 9 * DAYS]],
            ..QUIET
        },
    ]
}

fn devices() -> Vec<Scenario> {
    vec![
        Scenario {
            name: "a device, held up and doubled",
            start: [ENROLL, REMEMBER].concat(),
            owner: &[Login, PresentRemember(Typed::Right)],
            ticks: &[3 * STEP],
            skews: [&[], &[0, 3 * DAYS]],
            interleaves: true,
            is_slow: true,
            has_faults: true,
            ..QUIET
        },
        Scenario {
            name: "an enrollment on a device",
            start: [ENROLL, ENROLL_ON_DEVICE].concat(),
            owner: &[
                Login,
                LoginElsewhere,
                Present(Typed::Recovery),
                ForgetDevices,
                Replace(Which::First, Typed::Right),
                Confirm,
            ],
            ticks: &[STEP, MONTH],
            interleaves: true,
            ..QUIET
        },
        Scenario {
            name: "two devices with room for one",
            start: [ENROLL, REMEMBER].concat(),
            browsers: 2,
            owner: &[
                Login,
                LoginElsewhere,
                PresentRemember(Typed::Right),
                Present(Typed::Recovery),
                ForgetDevices,
            ],
            attacker: &[Login],
            ticks: &[STEP, 3 * STEP, MONTH],
            steals: true,
            ..QUIET
        },
        Scenario {
            name: "devices under wrong clocks",
            start: [ENROLL, REMEMBER].concat(),
            owner: &[Login, LoginElsewhere, PresentRemember(Typed::Right)],
            ticks: &[3 * STEP, 3 * DAYS as u32, MONTH],
            skews: [&[0, 31 * DAYS], &[0, 3 * DAYS, -3 * DAYS]],
            ..QUIET
        },
        Scenario {
            name: "device token stolen",
            start: [ENROLL, REMEMBER, STEAL_DEVICE].concat(),
            owner: &[Login, PresentRemember(Typed::Right), EndAll],
            attacker: &[Login, LoginElsewhere, Present(Typed::Wrong), EndAll],
            ticks: &[3 * STEP, MONTH],
            skews: [&[], &[0, 31 * DAYS]],
            interleaves: true,
            ..QUIET
        },
    ]
}

fn changes() -> Vec<Scenario> {
    vec![
        Scenario {
            name: "factor changes",
            start: [ENROLL, LOG_IN, STEAL_SESSION].concat(),
            owner: &[
                Login,
                Present(Typed::Right),
                Disable(Typed::Right),
                NewCodes(Typed::Right),
                Replace(Which::First, Typed::Right),
                Confirm,
            ],
            attacker: &[
                Disable(Typed::Wrong),
                NewCodes(Typed::Used),
                Enroll(Typed::Nothing),
                Confirm,
                EndAll,
            ],
            interleaves: true,
            has_faults: true,
            ..QUIET
        },
        Scenario {
            name: "closing and resetting",
            start: [ENROLL, LOG_IN, STEAL_SESSION].concat(),
            owner: &[Login, EnrollFresh(Typed::Right), Close(Typed::Right), AdministratorReset, Confirm],
            attacker: &[EnrollFresh(Typed::Used), Close(Typed::Wrong), Disable(Typed::Used), EndAll],
            interleaves: true,
            has_faults: true,
            ..QUIET
        },
        Scenario {
            name: "the phone is lost",
            start: [ENROLL, LOG_IN, STEAL_SESSION, RECOVER].concat(),
            owner: &[
                Login,
                Present(Typed::Recovery),
                Replace(Which::First, Typed::Nothing),
                NewCodes(Typed::Recovery),
                Confirm,
            ],
            attacker: &[Enroll(Typed::Nothing), Enroll(Typed::UsedRecovery), Disable(Typed::UsedRecovery)],
            ticks: &[STEP, 60 * 60],
            interleaves: true,
            has_faults: true,
            ..QUIET
        },
        Scenario {
            name: "password change",
            start: [ENROLL, LOG_IN, REMEMBER, STEAL_SESSION].concat(),
            browsers: 2,
            owner: &[Login, Present(Typed::Right), ChangePassword(Typed::Right)],
            attacker: &[Login, Present(Typed::Wrong), ChangePassword(Typed::Used), EndAll],
            ticks: &[STEP, 3 * STEP],
            skews: [&[], &[0, 3 * DAYS]],
            steals: true,
            interleaves: true,
            is_slow: true,
            has_faults: true,
            ..QUIET
        },
        Scenario {
            name: "password reset",
            start: [ENROLL, LOG_IN, STEAL_SESSION].concat(),
            owner: &[Login, Present(Typed::Right), ChangePassword(Typed::Right)],
            attacker: &[Login, Reset, Present(Typed::Wrong)],
            ticks: &[3 * STEP],
            interleaves: true,
            is_slow: true,
            ..QUIET
        },
        Scenario {
            name: "password change interrupted",
            start: [ENROLL, LOG_IN, REMEMBER, STEAL_SESSION, STEAL_DEVICE, BEGIN_CHANGE].concat(),
            owner: &[Login, Present(Typed::Right), Present(Typed::Recovery), EndAll],
            attacker: &[Login, Reset, EndAll, Enroll(Typed::Nothing)],
            ticks: &[STEP, 3 * STEP],
            skews: [&[], &[0, 3 * DAYS, -3 * DAYS]],
            steals: true,
            interleaves: true,
            is_slow: true,
            has_faults: true,
            ..QUIET
        },
    ]
}
