//! Two accounts, and any sequence of actions by owners, attackers, administrators, hosts, operators and clocks, with three
//! bytes a command. A model predicts for each call the answer, whether it writes, the events, the record afterwards, and
//! which sessions and devices are still valid.
#![no_main]

mod account;
mod authenticator;
mod budget;
mod enrollment;
mod held;
mod import;
mod login;
mod manage;
mod operate;
mod password_change;
mod presented;
mod row;
mod second_step;
mod step_up;

use std::net::Ipv4Addr;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use libfuzzer_sys::fuzz_target;
use second_factor::session::{AuditEvent, Origin, SealingKey};
use second_factor::store::{MemoryStoreError, Versioned};
use second_factor::verifier::Error;
use second_factor::{AccountRecord, BlockingStore, KeyRing, MemoryStore, Policy, Refusal, Verifier};
use second_factor_fuzz::{EventLog, HandClock, Repeatable, START};

use crate::account::Account;
use crate::held::{Again, Checked, Cookie, Enrolling, Fresh, Open, Tried};
use crate::password_change::Change;

const MAX_COMMANDS: usize = 160;
const DAY: u64 = 24 * 60 * 60;

fuzz_target!(|data: &[u8]| {
    let Some((settings, commands)) = data.split_first() else { return };
    let mut machine = Machine::new(settings & 1 == 1, [3, 1, 5, 2][usize::from(settings >> 1 & 3)]);
    for command in commands.chunks_exact(3).take(MAX_COMMANDS) {
        machine.run(command[0], command[1], command[2]);
    }
});

struct Machine {
    verifier: Arc<Verifier<Arc<MemoryStore>>>,
    policy: Policy,
    store: Arc<MemoryStore>,
    /// For each key of the service, whether tokens that it signed are valid. The last one signs.
    keys: Vec<bool>,
    random: u64,
    clock: Arc<HandClock>,
    events: Arc<EventLog>,
    accounts: [Account; 2],
    checks: Vec<Checked>,
    open: Vec<Open>,
    cookies: Vec<Cookie>,
    fresh: Vec<Fresh>,
    again: Vec<Again>,
    enrolling: Vec<Enrolling>,
    tried: Vec<Tried>,
    changes: Vec<Change>,
    /// The next number of a session or challenge.
    numbers: u32,
}

/// The row of an account before and after a call.
struct Rows {
    before: Option<Versioned<AccountRecord>>,
    after: Option<Versioned<AccountRecord>>,
}

impl Rows {
    fn written(&self) -> bool {
        let revision = |row: &Option<Versioned<AccountRecord>>| row.as_ref().map(|row| row.revision);
        revision(&self.before) != revision(&self.after)
    }
}

impl Machine {
    fn new(is_required: bool, authenticators: u8) -> Self {
        let builder = Policy::builder("Example").authenticators(authenticators);
        let builder = if is_required { builder.require_second_factor() } else { builder };
        let policy = builder.build().expect("a policy");
        let (clock, events) = (Arc::new(HandClock::at(START)), Arc::new(EventLog::default()));
        let store = Arc::new(MemoryStore::new());
        let keys = vec![true];
        let verifier = Arc::new(verifier(&policy, &store, &keys, 1, &clock, &events));
        let accounts = ["alice", "bob"].map(Account::new);
        Self {
            verifier,
            policy,
            store,
            keys,
            random: 1,
            clock,
            events,
            accounts,
            checks: Vec::new(),
            open: Vec::new(),
            cookies: Vec::new(),
            fresh: Vec::new(),
            again: Vec::new(),
            enrolling: Vec::new(),
            tried: Vec::new(),
            changes: Vec::new(),
            numbers: 0,
        }
    }

    fn run(&mut self, command: u8, a: u8, b: u8) {
        let account = usize::from(a & 1);
        match command % 36 {
            0 => self.log_in(a, b),
            1 => self.hold_check(account),
            2 => self.right_code(a, b),
            3 => self.wrong_codes(a, b),
            4 => self.used_code(a, b),
            5 => self.recovery_code(a, b),
            6 => self.present_garbage(a, b),
            7 => self.guess_in_fresh_challenges(a, b),
            8 => self.step_up(a, b),
            9 => self.reauthenticate(a, b),
            10 => self.begin_enrollment(a, b),
            11 => self.confirm(a, b),
            12 => self.show_enrollment(b),
            13 => self.import(a, b),
            14 => self.begin_password_change(a, b),
            15 => self.end_password_change(a, b),
            16 => self.disable(a, b),
            17 => self.regenerate(b),
            18 => self.administrator_reset(account),
            19 => self.forget(account, b),
            20 => self.end_all_sessions(account, b),
            21 => self.close_account(a, b),
            22 => self.set_clock(self.now().saturating_add(span(a, b))),
            23 => self.set_clock(self.now().saturating_sub(span(a, b))),
            24 if a == 255 => self.set_clock(u64::MAX - u64::from(b)),
            25 => self.rotate_keys(a & 1 == 1),
            // Near the relevant spans: a minute, five minutes, ten, an hour, thirty days, and a second less or more.
            26 => {
                let edge = [60, 300, 600, 3_600, 30 * DAY, 59, 299, 599][usize::from(a % 8)];
                self.set_clock(self.now().saturating_add(edge + u64::from(b % 3)));
            }
            27 => self.codes_in_a_row(a, b),
            28 => self.bind_host(a, b),
            29 => self.remove_authenticator(a, b),
            30 => self.rename_authenticator(a, b),
            31 => self.present_host(a, b),
            32 => self.try_old_recovery_code(a, b),
            33 => self.old_recovery_code(a, b),
            34 => self.operate(a),
            35 => self.show_host(a, b),
            _ => {}
        }
        self.compare();
    }

    fn now(&self) -> u64 {
        self.clock.secs()
    }

    fn number(&mut self) -> u32 {
        self.numbers += 1;
        self.numbers
    }

    /// Calls the verifier, and records the effect on the account's row.
    fn ask<T>(
        &self,
        account: usize,
        answer: impl Future<Output = Result<T, Error<MemoryStoreError>>>,
    ) -> (Result<T, Refusal>, Rows) {
        let (answer, rows) = self.ask_for(account, answer);
        let answer = answer.map_err(|error| error.refusal().unwrap_or_else(|| panic!("{error:?}")));
        (answer, rows)
    }

    /// The same with the row of any account.
    fn ask_for<T>(
        &self,
        account: usize,
        answer: impl Future<Output = Result<T, Error<MemoryStoreError>>>,
    ) -> (Result<T, Error<MemoryStoreError>>, Rows) {
        let id = &self.accounts[account].id;
        let row = || BlockingStore::load(&self.store, id).expect("it can be read");
        let before = row();
        let answer = finished(answer);
        (answer, Rows { before, after: row() })
    }

    /// The audit trail has exactly the events that the model predicts for the call.
    fn told(&mut self, account: usize) {
        let (now, owner) = (self.now(), &mut self.accounts[account]);
        let of_call = |event: AuditEvent| {
            assert_eq!((&event.account, event.at.as_secs()), (&owner.id, now));
            assert_eq!(event.origin, Some(origin()), "an event lacks the origin of the request");
            event.kind
        };
        let told: Vec<_> = self.events.take().into_iter().map(of_call).collect();
        assert_eq!(told, std::mem::take(&mut owner.events));
    }

    /// The records, the accounts' status and the current sessions are what the model predicts.
    fn compare(&mut self) {
        assert!(self.events.take().is_empty() && self.accounts.iter().all(|owner| owner.events.is_empty()));
        let (now, key) = (self.now(), self.key());
        for account in 0..self.accounts.len() {
            if self.revision(account) != self.accounts[account].compared {
                // Every write seals the secrets again with the present key.
                self.accounts[account].sealed_with = key;
                self.compare_row(account);
            }
        }
        for owner in &self.accounts {
            let row = BlockingStore::load(&self.store, &owner.id).expect("it can be read");
            let sealing: Vec<u32> = owner.apps().take(1).map(|_| owner.sealed_with).collect();
            assert_eq!(row.map(|row| row.value.sealing_keys()).unwrap_or_default(), sealing);
            let status = finished(self.verifier.status(&owner.id)).expect("it can be read");
            assert_eq!(status.authenticators.len(), owner.authenticators.len());
            owner
                .authenticators
                .iter()
                .zip(&status.authenticators)
                .for_each(|(one, info)| one.assert_shown(info));
            let since = owner.authenticators.iter().map(|bound| bound.bound_at).min();
            assert_eq!(status.enabled_since.map(|at| at.as_secs()), since);
            assert_eq!(
                (status.is_enabled(), status.recovery_codes_left),
                (owner.has_factor(), owner.codes_left())
            );
            let lock = owner.lock(now);
            let retry_at = lock.and_then(|lock| lock.retry_at);
            assert_eq!((status.is_locked, status.retry_at), (lock.is_some(), retry_at), "{:?}", owner.budget);
            let shown = status.devices.iter();
            let shown: Vec<_> =
                shown.map(|one| (one.id, one.since.as_secs(), one.last_used.as_secs())).collect();
            let known = owner.devices.iter().filter(|device| device.is_alive(now));
            let known: Vec<_> = known.map(|device| (device.id, device.since, device.rotated_at)).collect();
            assert_eq!(shown, known, "other remembered devices than in the model");
            for kept in &owner.sessions {
                let current = finished(self.verifier.is_current(&kept.session)).expect("it can be read");
                assert_eq!(current, owner.is_current(kept, now), "whether a session is current");
            }
        }
        assert!(self.events.take().is_empty(), "reading caused an event");
    }

    fn compare_row(&mut self, account: usize) {
        let owner = &mut self.accounts[account];
        let row =
            BlockingStore::load(&self.store, &owner.id).expect("it can be read").expect("none is deleted");
        owner.compared = Some(row.revision.get());
        owner.assert_is(&row.value);
    }

    fn revision(&self, account: usize) -> Option<u64> {
        let row = BlockingStore::load(&self.store, &self.accounts[account].id).expect("it can be read");
        row.map(|row| row.revision.get())
    }

    /// Never sets the last minute of all, because the step after the last one has no time.
    fn set_clock(&mut self, secs: u64) {
        let secs = secs.min(u64::MAX - 60);
        self.clock.set(secs);
    }

    /// The id of the key that signs.
    fn key(&self) -> u32 {
        u32::try_from(self.keys.len()).expect("a few")
    }

    /// Whether tokens that this key signed are valid.
    fn verifies(&self, key: u32) -> bool {
        self.keys[usize::try_from(key).expect("a few") - 1]
    }
}

fn verifier(
    policy: &Policy,
    store: &Arc<MemoryStore>,
    keys: &[bool],
    random: u64,
    clock: &Arc<HandClock>,
    events: &Arc<EventLog>,
) -> Verifier<Arc<MemoryStore>> {
    let key = |id: u32| SealingKey::new([u8::try_from(id).expect("a few"); 32]);
    let newest = u32::try_from(keys.len()).expect("a few");
    let retired = (1..newest).zip(keys);
    let ring = retired.fold(KeyRing::new(newest, key(newest)), |ring, (id, verifies)| {
        if *verifies { ring.with_retired(id, key(id)) } else { ring.with_opening_only(id, key(id)) }
    });
    let random = Mutex::new(Repeatable(random));
    Verifier::with_sources(store.clone(), policy.clone(), ring, clock.clone(), random)
        .with_events(events.clone())
        .on_behalf_of(origin())
}

fn origin() -> Origin {
    Origin::new().with_address(Ipv4Addr::LOCALHOST).with_user_agent("a browser")
}

/// A store in memory never waits.
fn finished<T>(answer: impl Future<Output = T>) -> T {
    match pin!(answer).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("a call waits for something"),
    }
}

fn span(a: u8, b: u8) -> u64 {
    let unit = [1, 30, 60, 600, DAY, 3 * DAY, 30 * DAY, 365 * DAY][usize::from(a % 8)];
    u64::from(b) * unit
}

/// Whether something made at `since` is valid: it is younger than `span`, and at most a minute in the future of this clock.
fn is_alive(span: u64, since: u64, now: u64) -> bool {
    match now.checked_sub(since) {
        Some(age) => age < span,
        None => since <= now.saturating_add(60),
    }
}
