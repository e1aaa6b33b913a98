//! Rules for every state: no session from before a change is current, and the owner can log in.

use crate::action::{Action, How, chosen, what};
use crate::call::{Deed, TapeVerifier, Typed};
use crate::rules::{Violation, broken};
use crate::scenario::Scenario;
use crate::state::{ATTACKER, OWNER, State};
use crate::step::step;
use crate::tape::{Fault, Setting, run};
use crate::trace::line;

/// Checks the sessions, and lets the owner try to log in. Returns whether the owner tried, which is not the case after the
/// attacker used the mailbox.
pub fn probe(
    state: &State,
    scenario: &Scenario,
    service: &TapeVerifier,
    mut lines: Option<&mut Vec<String>>,
) -> Result<bool, Violation> {
    sessions(state, service)?;
    if state.ghost.used_mailbox {
        return Ok(false);
    }
    let mut start = state.clone();
    start.skews = [0; 2];
    start.typed_recovery.clear();
    // The owner's own pending calls are dropped; the attacker's may continue at any time.
    start.pending.retain(|call| call.browser == ATTACKER);
    if start.is_bound() && start.unused_recovery().is_some() {
        let mut probe = Probe { state: start.clone(), scenario, service, lines: lines.as_deref_mut() };
        let wait = probe.is_changing_password();
        if !probe.try_until(&[Typed::Recovery], if wait { 90 } else { 0 })? {
            return broken("P3: the owner does not get in by a recovery code");
        }
    }
    if start.key().is_some() {
        let mut probe = Probe { state: start.clone(), scenario, service, lines: lines.as_deref_mut() };
        let wait = probe.is_changing_password();
        if !probe.try_until(&[Typed::Key], if wait { 90 } else { 0 })? {
            return broken("P3: the owner does not get in by the authenticator that the host verifies");
        }
    }
    let held = start.apps().count() + start.keys.len();
    if start.shared.row.as_ref().is_some_and(|row| row.authenticators().count() != held) {
        return broken("P4: an authenticator is bound that is not the owner's");
    }
    // With each app alone; if nothing is bound, with the password, and with the app that must then be enrolled.
    let (apps, is_bound) = (start.apps().count(), start.is_bound());
    for row in [Typed::Row, Typed::OtherRow].into_iter().take(apps.max(usize::from(!is_bound))) {
        let mut probe = Probe { state: start.clone(), scenario, service, lines: lines.as_deref_mut() };
        let wait = if probe.is_changing_password() { 60 } else { 0 };
        if !probe.try_until(&[row], 150 + wait)? {
            return broken("P3: the owner does not get in by codes in a row");
        }
    }
    Ok(true)
}

struct Probe<'a> {
    state: State,
    scenario: &'a Scenario,
    service: &'a TapeVerifier,
    /// The steps for the trace, if it is needed.
    lines: Option<&'a mut Vec<String>>,
}

impl Probe<'_> {
    fn is_changing_password(&self) -> bool {
        self.state.shared.row.as_ref().is_some_and(|row| row.is_changing_password)
    }

    /// Tries until this many seconds have passed. The attacker acts in between.
    fn try_until(&mut self, ways: &[Typed], secs: u64) -> Result<bool, Violation> {
        let end = self.state.time + secs;
        loop {
            let can_try = |probe: &Self| ways.iter().any(|typed| typed_by_owner(&probe.state, *typed));
            if !can_try(self) {
                self.attack()?;
            }
            // Each session and each device token that the attacker holds can end a login once.
            for _ in 0..4 {
                if (can_try(self) || !self.state.is_bound()) && self.attempt(ways)? {
                    return Ok(true);
                }
            }
            if self.state.time >= end {
                return Ok(false);
            }
            self.does(Action::Tick(30))?;
        }
    }

    fn attempt(&mut self, ways: &[Typed]) -> Result<bool, Violation> {
        self.attack()?;
        self.state.browsers[0].session = None;
        self.state.browsers[0].cookie = None;
        self.state.browsers[0].challenge = None;
        self.does(call(0, Deed::Login))?;
        if self.is_in() {
            return Ok(true);
        }
        if !self.state.is_bound() && what(&self.state, 0, Deed::Confirm).is_some() {
            self.does(call(0, Deed::Confirm))?;
        }
        self.attack()?;
        for typed in ways {
            if what(&self.state, 0, Deed::Present(*typed)).is_some() {
                self.does(call(0, Deed::Present(*typed)))?;
            }
        }
        Ok(self.is_in())
    }

    fn is_in(&self) -> bool {
        self.state.browsers[0].session.as_ref().is_some_and(|session| !session.old)
    }

    /// The attacker does everything that an attacker can do.
    fn attack(&mut self) -> Result<(), Violation> {
        while !self.state.pending.is_empty() {
            self.does(Action::Rest(0))?;
        }
        let deeds = self.scenario.attacker.iter().filter(|deed| **deed != Deed::Reset);
        for deed in deeds {
            if what(&self.state, ATTACKER, *deed).is_some() {
                self.does(call(ATTACKER as u8, *deed))?;
            }
        }
        Ok(())
    }

    fn does(&mut self, action: Action) -> Result<(), Violation> {
        let done = step(&self.state, action, self.service);
        if let Some(lines) = &mut self.lines {
            match &done {
                Ok(Some((next, said))) => lines.push(line(&self.state, next, action, said.clone())),
                Ok(None) => {}
                Err(violation) => {
                    lines.push(line(&self.state, &self.state, action, Some(violation.to_string())));
                }
            }
        }
        if let Some((next, _)) = done? {
            self.state = next;
        }
        Ok(())
    }
}

/// Whether the owner has this proof.
fn typed_by_owner(state: &State, typed: Typed) -> bool {
    chosen(state, OWNER, typed).is_some()
}

fn call(browser: u8, deed: Deed) -> Action {
    Action::Call { browser, instance: 0, deed, how: How::Whole }
}

/// Checks that no session is current that is from before a change, or whose device is gone.
fn sessions(state: &State, service: &TapeVerifier) -> Result<(), Violation> {
    for browser in &state.browsers {
        let Some(session) = &browser.session else { continue };
        let device = browser.session_device.as_ref();
        let is_gone = |clock: u64| {
            device.is_some_and(|device| {
                device.old || !state.row_has(&device.text) || clock >= device.made_at + 30 * 24 * 60 * 60
            })
        };
        for instance in 0..2 {
            let clock = state.clock(instance);
            if !session.old && !is_gone(clock) {
                continue;
            }
            let setting = Setting {
                shared: state.shared.clone(),
                tape: Vec::new(),
                started: clock,
                live_clock: clock,
                live: u32::MAX,
                compare_waits: true,
                fault: Fault::None,
                seed: 0,
            };
            let (is_current, _) = run(setting, service.is_current(&session.value));
            if matches!(is_current, Some(Ok(true))) {
                return broken(if session.old {
                    "P4: a session from before a change is current"
                } else {
                    "P8: a session is current whose device is gone"
                });
            }
        }
    }
    Ok(())
}
