//! The actions before a search begins, so that it starts in an interesting state.

use crate::action::{Action, How};
use crate::call::Deed::{BindKey, ChangePassword, Confirm, Enroll, Login, Present, PresentRemember};
use crate::call::{Deed, Typed};
use crate::scenario::{DAYS, STEP};
use crate::tape::Fault;

const fn call(browser: u8, deed: Deed) -> Action {
    Action::Call { browser, instance: 0, deed, how: How::Whole }
}

const OWNER: u8 = 0;
const ATTACKER: u8 = 2;

/// The owner binds an authenticator.
pub const ENROLL: &[Action] = &[
    call(OWNER, Login),
    call(OWNER, Enroll(Typed::Nothing)),
    call(OWNER, Confirm),
    Action::LoseRecoveryCodes,
    Action::Tick(STEP),
];

/// The owner's only authenticator is one that the host verifies.
pub const BIND_KEY: &[Action] = &[
    call(OWNER, Login),
    call(OWNER, BindKey(Typed::Nothing)),
    Action::LoseRecoveryCodes,
    Action::Tick(STEP),
];

pub const LOG_IN_BY_KEY: &[Action] =
    &[call(OWNER, Login), call(OWNER, Present(Typed::Key)), Action::Tick(STEP)];

/// The owner adds another app.
pub const ADD_APP: &[Action] = &[
    call(OWNER, Login),
    call(OWNER, Present(Typed::Right)),
    Action::Tick(STEP),
    call(OWNER, Enroll(Typed::Right)),
    call(OWNER, Confirm),
    Action::Tick(STEP),
];

/// The owner adds an authenticator that the host verifies.
pub const ADD_KEY: &[Action] = &[
    call(OWNER, Login),
    call(OWNER, Present(Typed::Right)),
    Action::Tick(STEP),
    call(OWNER, BindKey(Typed::Right)),
    Action::Tick(STEP),
];

/// Both apps have the same secret.
pub const TWIN: &[Action] = &[Action::Twin];

/// All guesses at two apps that fit between two accepted codes: one from the budget, and one through a fast clock.
pub const GUESS_AT_TWO: &[Action] = &[call(ATTACKER, Login), call(ATTACKER, Present(Typed::Wrong))];

pub const LOG_IN: &[Action] = &[call(OWNER, Login), call(OWNER, Present(Typed::Right)), Action::Tick(STEP)];

pub const REMEMBER: &[Action] =
    &[call(OWNER, Login), call(OWNER, PresentRemember(Typed::Right)), Action::Tick(STEP)];

/// An enrollment in a session that began on a remembered device.
pub const ENROLL_ON_DEVICE: &[Action] = &[
    call(OWNER, Login),
    call(OWNER, PresentRemember(Typed::Right)),
    Action::Tick(STEP),
    call(OWNER, Login),
    call(OWNER, Enroll(Typed::Right)),
    Action::Tick(STEP),
];

pub const SPEND: &[Action] = &[
    call(ATTACKER, Login),
    call(ATTACKER, Present(Typed::Wrong)),
    call(ATTACKER, Present(Typed::Wrong)),
    call(ATTACKER, Login),
    call(ATTACKER, Present(Typed::Wrong)),
];

/// All but one of the guesses that fit between two accepted codes: three from the budget, and two through a fast clock.
pub const NEARLY_ALL: &[Action] = &[
    Action::Skew(0, 9 * DAYS),
    call(ATTACKER, Login),
    call(ATTACKER, Present(Typed::Wrong)),
    call(ATTACKER, Present(Typed::Wrong)),
    Action::Skew(0, 0),
];

/// A month passes, and all possible guesses are made. Then the owner logs in, and all possible guesses are made again
/// through a fast clock.
pub const GUESS_TWICE: &[Action] = &[
    Action::Tick(30 * DAYS as u32),
    call(ATTACKER, Login),
    call(ATTACKER, Present(Typed::Wrong)),
    call(ATTACKER, Present(Typed::Wrong)),
    call(ATTACKER, Login),
    call(ATTACKER, Present(Typed::Wrong)),
    call(ATTACKER, Present(Typed::Wrong)),
    call(ATTACKER, Login),
    call(ATTACKER, Present(Typed::Wrong)),
    call(ATTACKER, Present(Typed::Wrong)),
    call(OWNER, Login),
    call(OWNER, Present(Typed::Row)),
    Action::Tick(STEP),
    Action::Skew(0, 9 * DAYS),
    call(ATTACKER, Login),
    call(ATTACKER, Present(Typed::Wrong)),
    call(ATTACKER, Present(Typed::Wrong)),
    call(ATTACKER, Login),
    call(ATTACKER, Present(Typed::Wrong)),
    Action::Skew(0, 0),
    call(ATTACKER, Login),
];

/// Two enrollments, one of them by the attacker while the password is still enough.
pub const BEGIN_ENROLLMENTS: &[Action] = &[
    call(ATTACKER, Login),
    call(ATTACKER, Enroll(Typed::Nothing)),
    call(OWNER, Login),
    call(OWNER, Enroll(Typed::Nothing)),
];

pub const STEAL_SESSION: &[Action] = &[Action::StealSession(OWNER)];

pub const STEAL_DEVICE: &[Action] = &[Action::StealDevice(OWNER)];

pub const RECOVER: &[Action] =
    &[call(OWNER, Login), call(OWNER, Present(Typed::Recovery)), Action::Tick(STEP)];

/// A password change after its first swap: the host has not written its hash yet.
pub const BEGIN_CHANGE: &[Action] = &[
    Action::Call { browser: OWNER, instance: 0, deed: ChangePassword(Typed::Right), how: How::Begin },
    Action::Go(0, Fault::None),
    Action::Go(0, Fault::None),
    Action::Go(0, Fault::None),
    Action::Go(0, Fault::None),
    Action::Go(0, Fault::None),
    Action::Tick(STEP),
];
