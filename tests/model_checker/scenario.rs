//! Where searches begin, and who does what in each.

use core::time::Duration;

use second_factor::Policy;

use crate::action::{Action, How};
use crate::call::Deed::{
    ChangePassword, Confirm, Disable, EndAll, Enroll, ForgetDevices, Login, LoginElsewhere, NewCodes,
    Present, PresentRemember, Reset,
};
use crate::call::{Deed, Typed};
use crate::tape::Fault;

/// The guess budget, the most credit, and the seconds in which one guess comes back.
pub const BUDGET: u64 = 3;
pub const CREDIT: u64 = 3;
pub const REGAIN: u64 = 3 * DAY;
/// The rotation grace, in seconds.
pub const GRACE: u64 = 60;
/// How long a device is remembered, in seconds.
pub const DEVICE_LIFETIME: u64 = 30 * DAY;

const DAY: u64 = 24 * 60 * 60;
const DAYS: i32 = 24 * 60 * 60;
const STEP: u32 = 30;
const MONTH: u32 = 30 * 24 * 60 * 60;

/// A search of its own.
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
    pub has_faults: bool,
}

/// A small policy, under which a few steps reach everything.
pub fn policy() -> Policy {
    Policy::builder("Example")
        .authenticators(1)
        .guess_budget(BUDGET as u16, Duration::from_secs(REGAIN))
        .guesses_per_challenge(2)
        .rotation_grace(Duration::from_secs(GRACE))
        .remember_for(Duration::from_secs(DEVICE_LIFETIME))
        .devices(1)
        .build()
        .unwrap()
}

const fn call(browser: u8, deed: Deed) -> Action {
    Action::Call { browser, instance: 0, deed, how: How::Whole }
}

const OWNER: u8 = 0;
const OTHER: u8 = 1;
const ATTACKER: u8 = 2;

/// The owner binds an authenticator.
const ENROLL: &[Action] = &[
    call(OWNER, Login),
    call(OWNER, Enroll(Typed::Nothing)),
    call(OWNER, Confirm),
    Action::LoseRecoveryCodes,
    Action::Tick(STEP),
];

const LOG_IN: &[Action] = &[call(OWNER, Login), call(OWNER, Present(Typed::Right)), Action::Tick(STEP)];

const REMEMBER: &[Action] =
    &[call(OTHER, Login), call(OTHER, PresentRemember(Typed::Right)), Action::Tick(STEP)];

const SPEND: &[Action] = &[
    call(ATTACKER, Login),
    call(ATTACKER, Present(Typed::Wrong)),
    call(ATTACKER, Present(Typed::Wrong)),
    call(ATTACKER, Login),
    call(ATTACKER, Present(Typed::Wrong)),
];

fn after(starts: &[&[Action]]) -> Vec<Action> {
    starts.concat()
}

/// All searches.
pub fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario {
            name: "not enrolled",
            start: vec![],
            browsers: 1,
            owner: &[Login, Enroll(Typed::Nothing), Confirm, Present(Typed::Right), EndAll],
            attacker: &[Login, Enroll(Typed::Nothing), Confirm, Present(Typed::Wrong), EndAll],
            ticks: &[STEP],
            skews: [&[], &[]],
            steals: true,
            interleaves: true,
            has_faults: true,
        },
        Scenario {
            name: "logins",
            start: after(&[ENROLL]),
            browsers: 2,
            owner: &[
                Login,
                Present(Typed::Right),
                Present(Typed::Wrong),
                Present(Typed::Recovery),
                Present(Typed::Row),
            ],
            attacker: &[
                Login,
                Present(Typed::Wrong),
                Present(Typed::Used),
                Present(Typed::UsedRow),
                Present(Typed::UsedRecovery),
                Present(Typed::WrongRecovery),
            ],
            ticks: &[STEP],
            skews: [&[], &[0, 30, -30]],
            steals: false,
            interleaves: true,
            has_faults: true,
        },
        Scenario {
            name: "guessing under wrong clocks",
            start: after(&[ENROLL, LOG_IN, &[Action::StealSession(OWNER)]]),
            browsers: 1,
            owner: &[Login, Present(Typed::Right), Present(Typed::Wrong), ChangePassword(Typed::Right)],
            attacker: &[
                Login,
                Present(Typed::Wrong),
                Present(Typed::WrongRow),
                Present(Typed::WrongRecovery),
                Disable(Typed::Wrong),
                Reset,
            ],
            ticks: &[STEP, 3 * DAYS as u32],
            skews: [&[0, 30 * DAYS], &[0, 9 * DAYS, -9 * DAYS]],
            steals: false,
            interleaves: false,
            has_faults: false,
        },
        Scenario {
            name: "locked",
            start: after(&[ENROLL, LOG_IN, &[Action::StealSession(OWNER)], SPEND]),
            browsers: 1,
            owner: &[
                Login,
                Present(Typed::Right),
                Present(Typed::Row),
                Present(Typed::Recovery),
                ChangePassword(Typed::Row),
            ],
            attacker: &[
                Login,
                Present(Typed::Wrong),
                Present(Typed::WrongRow),
                Present(Typed::WrongRecovery),
                NewCodes(Typed::Wrong),
                EndAll,
            ],
            ticks: &[STEP, 3 * STEP, 3 * DAYS as u32],
            skews: [&[], &[0, 9 * DAYS, -9 * DAYS]],
            steals: false,
            interleaves: true,
            has_faults: false,
        },
        Scenario {
            name: "device remembered",
            start: after(&[ENROLL, REMEMBER]),
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
            skews: [&[], &[0, 3 * DAYS, -3 * DAYS]],
            steals: true,
            interleaves: true,
            has_faults: true,
        },
        Scenario {
            name: "device token stolen",
            start: after(&[ENROLL, REMEMBER, &[Action::StealDevice(OTHER)]]),
            browsers: 2,
            owner: &[Login, Present(Typed::Right), PresentRemember(Typed::Right), EndAll],
            attacker: &[Login, LoginElsewhere, Present(Typed::Wrong), ForgetDevices, EndAll],
            ticks: &[3 * STEP, MONTH],
            skews: [&[], &[0, 31 * DAYS]],
            steals: false,
            interleaves: true,
            has_faults: false,
        },
        Scenario {
            name: "in a session",
            start: after(&[ENROLL, LOG_IN, &[Action::StealSession(OWNER)]]),
            browsers: 1,
            owner: &[
                Login,
                Present(Typed::Right),
                Present(Typed::Recovery),
                Disable(Typed::Right),
                NewCodes(Typed::Right),
                NewCodes(Typed::Recovery),
                Enroll(Typed::Right),
                Enroll(Typed::Nothing),
                Confirm,
            ],
            attacker: &[
                Login,
                Disable(Typed::Wrong),
                NewCodes(Typed::Used),
                Enroll(Typed::Nothing),
                Enroll(Typed::UsedRecovery),
                Confirm,
                EndAll,
            ],
            ticks: &[STEP],
            skews: [&[], &[]],
            steals: true,
            interleaves: true,
            has_faults: true,
        },
        Scenario {
            name: "password change",
            start: after(&[ENROLL, LOG_IN, REMEMBER, &[Action::StealSession(OWNER)]]),
            browsers: 2,
            owner: &[Login, Present(Typed::Right), ChangePassword(Typed::Right)],
            attacker: &[Login, Reset, Present(Typed::Wrong), ChangePassword(Typed::Used), EndAll],
            ticks: &[STEP, 3 * STEP],
            skews: [&[], &[0, 3 * DAYS, -3 * DAYS]],
            steals: true,
            interleaves: true,
            has_faults: true,
        },
        Scenario {
            name: "password change interrupted",
            start: after(&[
                ENROLL,
                LOG_IN,
                REMEMBER,
                &[
                    Action::StealSession(OWNER),
                    Action::StealDevice(OTHER),
                    Action::Call {
                        browser: OWNER,
                        instance: 0,
                        deed: ChangePassword(Typed::Right),
                        how: How::Begin,
                    },
                    Action::Go(0, Fault::None),
                    Action::Go(0, Fault::None),
                    Action::Go(0, Fault::None),
                    Action::Go(0, Fault::None),
                    Action::Go(0, Fault::None),
                    Action::Tick(STEP),
                ],
            ]),
            browsers: 2,
            owner: &[Login, Present(Typed::Right), Present(Typed::Recovery), EndAll],
            attacker: &[Login, Reset, EndAll, Enroll(Typed::Nothing)],
            ticks: &[STEP, 3 * STEP],
            skews: [&[], &[0, 3 * DAYS, -3 * DAYS]],
            steals: true,
            interleaves: true,
            has_faults: true,
        },
    ]
}
