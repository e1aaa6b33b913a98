//! Who can do what in a state.

use std::sync::Arc;

use crate::call::{Deed, Typed, What};
use crate::scenario::Scenario;
use crate::state::{ATTACKER, Chosen, Key, Phone, State};
use crate::tape::{Fault, Op};

/// An action.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// This many seconds pass, on every clock.
    Tick(u32),
    /// The clock of an instance is set this many seconds off.
    Skew(u8, i32),
    StealSession(u8),
    StealDevice(u8),
    Call {
        browser: u8,
        instance: u8,
        deed: Deed,
        how: How,
    },
    /// The owner's last request is sent again, a moment later.
    Again {
        instance: u8,
        how: How,
    },
    /// A pending call takes its next step.
    Go(u8, Fault),
    /// A pending call runs to its end.
    Rest(u8),
    /// A pending call is dropped at its present operation.
    Drop(u8),
    /// All recovery codes but two are lost, to keep states small.
    LoseRecoveryCodes,
    /// The second app gets the secret of the first, as if it had been bound while the first one's seal did
    /// not open.
    Twin,
}

/// How far a call runs at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum How {
    Whole,
    /// Up to its second operation.
    Begin,
    /// To its end, but the reply to its first swap is lost.
    Lost,
    /// The store fails at once.
    Failing,
    /// The source of random bytes fails.
    NoEntropy,
}

/// A recovery code that nobody has.
const NEVER_ISSUED: &str = "AAAAA-AAAAA-AAAAA-AAAAA-AAAAAA";

/// All actions that are possible in this state.
pub fn actions(state: &State, scenario: &Scenario) -> Vec<Action> {
    let mut actions = Vec::with_capacity(64);
    for index in 0..state.pending.len() {
        pending(state, scenario, index, &mut actions);
    }
    let instances = if state.skews[0] == state.skews[1] { 1 } else { 2 };
    let hows: &[How] = match (scenario.interleaves && state.pending.len() < 2, scenario.has_faults) {
        (true, true) => &[How::Whole, How::NoEntropy, How::Failing, How::Begin, How::Lost],
        (true, false) => &[How::Whole, How::Begin],
        (false, true) => &[How::Whole, How::NoEntropy, How::Failing, How::Lost],
        (false, false) => &[How::Whole],
    };
    let owner =
        (0..scenario.browsers).flat_map(|browser| scenario.owner.iter().map(move |deed| (browser, *deed)));
    let attacker = scenario.attacker.iter().map(|deed| (ATTACKER, *deed));
    for (browser, deed) in owner.chain(attacker) {
        if what(state, browser, deed).is_none() {
            continue;
        }
        for instance in 0..instances {
            for how in hows {
                // Nobody but the attacker notices whether the attacker's replies are lost.
                if browser != ATTACKER || *how != How::Lost {
                    actions.push(Action::Call { browser: browser as u8, instance, deed, how: *how });
                }
            }
        }
    }
    if scenario.has_faults && state.sent.as_ref().is_some_and(|sent| state.time - sent.at < 60) {
        for instance in 0..instances {
            actions.extend(hows.iter().map(|how| Action::Again { instance, how: *how }));
        }
    }
    if scenario.steals {
        let held = state.browsers[..ATTACKER].iter().zip(0..);
        for (browser, index) in held {
            if browser.session.is_some() && state.browsers[ATTACKER].session.is_none() {
                actions.push(Action::StealSession(index));
            }
            if browser.cookie.is_some() && state.browsers[ATTACKER].cookie.is_none() {
                actions.push(Action::StealDevice(index));
            }
        }
    }
    actions.extend(scenario.ticks.iter().map(|secs| Action::Tick(*secs)));
    for (instance, skews) in scenario.skews.iter().enumerate() {
        let others = skews.iter().filter(|skew| state.skews[instance] != i64::from(**skew));
        actions.extend(others.map(|skew| Action::Skew(instance as u8, *skew)));
    }
    actions
}

fn pending(state: &State, scenario: &Scenario, index: usize, actions: &mut Vec<Action>) {
    let call = &state.pending[index];
    let index = index as u8;
    actions.extend([Action::Go(index, Fault::None), Action::Rest(index)]);
    let changes_password = matches!(call.what, What::ChangePassword { .. } | What::Reset { .. });
    if changes_password {
        actions.push(Action::Drop(index));
    }
    if scenario.has_faults {
        match call.waiting {
            Some(Op::Swap) => {
                actions.extend([Action::Go(index, Fault::Lost), Action::Go(index, Fault::Failed)]);
                if !call.has_conflict {
                    actions.push(Action::Go(index, Fault::Conflict));
                }
            }
            Some(Op::Write) => {
                actions.extend([Action::Go(index, Fault::Lost), Action::Go(index, Fault::Failed)]);
            }
            _ => {}
        }
    }
}

/// A deed with its arguments, if the person who does it has them.
pub fn what(state: &State, browser: usize, deed: Deed) -> Option<What> {
    let held = &state.browsers[browser];
    let is_attacker = browser == ATTACKER;
    let password = (!is_attacker).then_some(state.password);
    let new = state.shared.password + 1;
    let session = || held.session.clone();
    Some(match deed {
        Deed::Login => What::Login { password, cookie: held.cookie.clone() },
        Deed::LoginElsewhere => {
            held.cookie.as_ref()?;
            What::Login { password, cookie: None }
        }
        Deed::Present(typed) | Deed::PresentRemember(typed) => What::Present {
            challenge: held.challenge.clone()?,
            chosen: chosen(state, browser, typed)?,
            remember: matches!(deed, Deed::PresentRemember(_)),
        },
        Deed::Disable(typed) => What::Disable { session: session()?, chosen: chosen(state, browser, typed)? },
        Deed::NewCodes(typed) => {
            What::NewCodes { session: session()?, chosen: chosen(state, browser, typed)? }
        }
        Deed::Enroll(typed) => What::Enroll {
            session: session()?,
            password,
            chosen: chosen(state, browser, typed)?,
            replacing: None,
        },
        Deed::Replace(which, typed) => What::Enroll {
            session: session()?,
            password,
            chosen: chosen(state, browser, typed)?,
            replacing: Some(state.authenticator(which)?),
        },
        // As long as nothing is bound, the password is enough to bind an authenticator. That is not an attack, so it is left out.
        Deed::Confirm | Deed::BindKey(_) if is_attacker && !state.is_bound() => return None,
        Deed::BindKey(typed) => What::BindKey {
            session: session()?,
            password,
            chosen: chosen(state, browser, typed)?,
            key: Key::new(format!("credential {}", state.calls)),
        },
        Deed::Remove(which, typed) => What::Remove {
            session: session()?,
            chosen: chosen(state, browser, typed)?,
            authenticator: state.authenticator(which)?,
        },
        Deed::Rename(which, typed) => What::Rename {
            session: session()?,
            chosen: chosen(state, browser, typed)?,
            authenticator: state.authenticator(which)?,
        },
        Deed::Import => What::Import { is_quiet: false },
        Deed::ImportQuietly => What::Import { is_quiet: true },
        Deed::Confirm => {
            let enrolling = held.enrolling.clone()?;
            let chosen = right(&enrolling.phone, state.step());
            What::Confirm { enrolling, chosen }
        }
        Deed::ChangePassword(typed) => What::ChangePassword {
            session: session()?,
            password,
            new,
            chosen: chosen(state, browser, typed)?,
        },
        Deed::EnrollFresh(typed) => {
            What::EnrollFresh { session: session()?, chosen: chosen(state, browser, typed)? }
        }
        Deed::Close(typed) => {
            What::Close { session: session()?, password, chosen: chosen(state, browser, typed)? }
        }
        Deed::AdministratorReset => What::AdministratorReset,
        Deed::Reset => What::Reset { new },
        Deed::EndAll => What::EndAll { session: session()? },
        Deed::ForgetDevices => {
            held.session.as_ref()?;
            What::ForgetDevices
        }
    })
}

fn right(phone: &Phone, step: u64) -> Chosen {
    let text = phone.code(step).into();
    Chosen { typed: Typed::Right, text, key: None, of: phone.id, first: step, last: step }
}

/// A new signature of the key.
fn signed(state: &State, typed: Typed, key: &Key) -> Chosen {
    let text = format!("signed {}", state.calls).into();
    Chosen { typed, text, key: Some(key.clone()), of: key.id, first: 0, last: 0 }
}

/// The text to type, if the person who types it has it.
pub fn chosen(state: &State, browser: usize, typed: Typed) -> Option<Chosen> {
    let text = |text: &str| Some(Chosen { typed, text: text.into(), key: None, of: 0, first: 0, last: 0 });
    let step = state.step();
    let ghost = &state.ghost;
    let code = |phone: &Phone| (step > phone.typed).then(|| right(phone, step));
    let row = |phone: &Phone| {
        let chosen = || Chosen { text: phone.row(step).into(), first: step - 3, ..right(phone, step) };
        (step > phone.typed + 3).then(chosen)
    };
    match typed {
        right if browser == ATTACKER && right.is_right() => None,
        Typed::Right => state.apps().next().and_then(code),
        Typed::Row => state.apps().next().and_then(row),
        Typed::Other => state.apps().nth(1).and_then(code),
        Typed::OtherRow => state.apps().nth(1).and_then(row),
        Typed::Key => state.key().map(|key| signed(state, typed, key)),
        Typed::Recovery => state.unused_recovery().map(|(code, digest)| {
            let of = crate::canonical::hash_bytes(digest.as_bytes());
            Chosen { typed, text: Arc::clone(code), key: None, of, first: 0, last: 0 }
        }),
        Typed::Wrong => text("000000"),
        Typed::WrongRow => text("000000 000000 000000 000000"),
        Typed::WrongRecovery => text(NEVER_ISSUED),
        Typed::Used => ghost.used.clone().filter(|used| !used.typed.is_row()),
        Typed::UsedRow => ghost.used.clone().filter(|used| used.typed.is_row()),
        Typed::UsedRecovery => ghost.used_recovery.clone(),
        Typed::UsedKey => ghost.used_key.clone(),
        Typed::Removed => ghost.removed.as_ref().map(|phone| right(phone, step)),
        Typed::RemovedKey => ghost.removed_key.as_ref().map(|key| signed(state, typed, key)),
        Typed::Nothing => text(""),
    }
    .map(|chosen| Chosen { typed, ..chosen })
}
