//! Runs each command on the library and on the model, and compares the results.

mod compare;
mod found;
mod holder;
mod run;
mod sent;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use second_factor::session::{EventKind, SealingKey};
use second_factor::testing::Faulty;
use second_factor::verifier::Clock;
use second_factor::{AccountId, BlockingStore, BlockingVerifier, KeyRing, MemoryStore, Policy, UnixTime};

use self::found::{Found, plain};
use self::holder::Holder;
use super::command::{Command, Who};
use super::model::{By, Event, Issued, Outcome, Proof};
use crate::support::{EventLog, START, TestClock, TestRng};

type Store = Arc<Faulty<MemoryStore>>;

pub struct Service {
    verifier: BlockingVerifier<Store>,
    clock: Arc<TestClock>,
    log: Arc<EventLog>,
    /// By how much the clock has advanced in total.
    elapsed: u64,
    holders: Vec<Holder>,
    /// By account, phone and step.
    codes: RefCell<BTreeMap<(usize, usize, u64), String>>,
    /// How often each outcome occurred.
    pub seen: BTreeMap<String, usize>,
}

impl Service {
    pub fn new(policy: &Policy) -> Self {
        let clock = TestClock::at(START);
        let log = Arc::new(EventLog::default());
        let keys = KeyRing::new(1, SealingKey::new([7; 32]));
        let (store, rng) = (Arc::new(Faulty::new(MemoryStore::new())), Mutex::new(TestRng(1)));
        let verifier = BlockingVerifier::with_sources(store, policy.clone(), keys, clock.clone(), rng)
            .with_events(log.clone());
        let holders = Who::ALL.map(|who| Holder::new(AccountId::new(format!("{who:?}")).unwrap(), policy));
        let (codes, seen) = Default::default();
        Self { verifier, clock, log, elapsed: 0, holders: holders.into(), codes, seen }
    }

    /// Runs one command and compares. A command about something that was never issued does nothing.
    pub fn run(&mut self, command: Command) -> Result<(), String> {
        let now = self.clock.now().as_secs();
        let forward = |secs: u64| (now + secs, secs);
        let moved = match command {
            Command::WaitSecs(secs) => forward(secs),
            Command::WaitSteps(steps) => forward(steps * 30),
            Command::WaitDays(days) => forward(days * 86_400),
            Command::ClockBack(secs) => (now.saturating_sub(secs), 0),
            _ => return self.act(command),
        };
        self.clock.set(UnixTime::from_secs(moved.0));
        self.elapsed += moved.1;
        // Expiry shows without a write.
        Who::ALL.into_iter().try_for_each(|who| {
            self.compare_status(who)?;
            self.compare_sessions(who)
        })
    }

    fn act(&mut self, command: Command) -> Result<(), String> {
        let Some(who) = command.who() else { return Ok(()) };
        let before = (self.revision(who), self.holders[who as usize].model.writes);
        let weight = self.phones(who).len().max(1) as u64;
        let was_locked = self.verifier.status(&self.holders[who as usize].id).unwrap().is_locked;
        let gains = self.holders[who as usize].model.gains(self.clock.now().as_secs());
        let Some(done) = self.both(who, command) else { return Ok(()) };
        let Found { expected, outcome, got, mut evidence } = done;
        evidence.weight = weight;
        if expected != outcome {
            return Err(format!("the model says {expected:?}, the library {outcome:?}"));
        }
        self.count(command, &name(&outcome));
        if let Outcome::Accepted { by, .. } | Outcome::Fresh(by) = outcome {
            self.count_what_was_special(by, was_locked, gains);
        }
        let events = self.log.all();
        self.log.take();
        for event in &events {
            if let EventKind::SteppedUp { method } = event.kind {
                evidence.accept(method);
            }
        }
        let now = self.clock.now().as_secs();
        let written = self.revision(who) != before.0;
        let holder = &mut self.holders[who as usize];
        if written != (holder.model.writes > before.1) {
            return Err(format!(
                "the library has {} the record",
                if written { "written" } else { "not written" }
            ));
        }
        holder.witness.see(&evidence, &events, now, self.elapsed)?;
        holder.remember_code(&evidence);
        let strangers = events.iter().filter(|event| event.account != holder.id).count();
        if strangers > 0 {
            return Err(format!("{strangers} events of another account"));
        }
        let mut expected = std::mem::take(&mut holder.model.events);
        let mut found: Vec<Event> = events.iter().map(plain).collect();
        expected.sort();
        found.sort();
        if expected != found {
            return Err(format!("the model logs {expected:?}, the library {found:?}"));
        }
        let issued = std::mem::take(&mut holder.model.issued);
        for issued in &issued {
            if let Issued::Proof(Proof::Reauthenticated(proof)) = issued {
                let beside = name(&proof.beside);
                *self.seen.entry(format!("with the password: beside {beside}")).or_default() += 1;
            }
        }
        holder.keep(got, issued, &events)?;
        for event in &found {
            *self.seen.entry(format!("event {}", name(event))).or_default() += 1;
        }
        self.compare_sessions(who)?;
        self.compare_status(who)
    }

    fn count(&mut self, command: Command, outcome: &str) {
        *self.seen.entry(outcome.to_owned()).or_default() += 1;
        let place = match command {
            Command::FreshFactor(..) => "in a session",
            Command::Reauthenticate(..) => "with the password",
            Command::PasswordLater(..) => "after a while",
            Command::ReauthenticateLater(..) => "with an older password",
            Command::BeginEnrollmentLater(..) => "enrolling after a while",
            Command::Import(..) => "import",
            Command::Passkey(..) => "passkey",
            Command::BindPasskey(..) => "by the password",
            Command::TryOldCode(..) => "tried",
            Command::PresentOldCode(..) => "of an old system",
            Command::ResetPassword(..) => "reset",
            Command::EndAllSessions(..) => "logout everywhere",
            Command::AdministratorReset(_) | Command::AdministratorCloses(_) => "administrator",
            Command::Spend(..) => "spent",
            Command::Confirm(..) => "confirm",
            _ => return,
        };
        *self.seen.entry(format!("{place}: {outcome}")).or_default() += 1;
    }

    /// Counts acceptances in rare states of the guess budget.
    fn count_what_was_special(&mut self, by: By, was_locked: bool, (credit, forgotten): (u64, u64)) {
        let is_code = matches!(by, By::Code | By::CodesInARow);
        let special = [
            (was_locked, format!("under a lock: {by:?}")),
            (is_code && credit > 0, "credit taken".to_owned()),
            (is_code && forgotten > 0, "a guess forgotten by the alarm".to_owned()),
        ];
        for (_, what) in special.into_iter().filter(|(is, _)| *is) {
            *self.seen.entry(what).or_default() += 1;
        }
    }

    /// The revision of the account's row: each write changes it.
    fn revision(&self, who: Who) -> Option<u64> {
        let row = self.verifier.store().inner().load(&self.holders[who as usize].id).unwrap();
        row.map(|row| row.revision.get())
    }
}

/// The `Debug` form without the numbers.
fn name(value: &impl core::fmt::Debug) -> String {
    let text = format!("{value:?}");
    let text = ["Locked { retry_at: None }", "Locked { until: None }"]
        .iter()
        .fold(text, |text, locked| text.replace(locked, "LockWithoutATime"));
    let fields = text.find(" {").filter(|_| !text.starts_with("Accepted"));
    let text = &text[..fields.unwrap_or(text.len())];
    let text = text.replace("(ClockOff", "(ClockOff)");
    text.replace("(Locked", "(Locked)").replace("Fresh(Fresh", "Fresh")
}
