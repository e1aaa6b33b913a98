//! Two accounts, and whatever owners, attackers, administrators, hosts and clocks do: three bytes a command. A model beside the verifier says of
//! each call what it must answer, whether it may write, and which sessions and devices are left.
//!
//! Exact are liveness, single use, writes, and the guess budget: what is spent, from when on time counts, locks and alarms.
#![no_main]

mod account;
mod budget;
mod enrollment;
mod held;
mod login;
mod manage;
mod password_change;
mod second_step;
mod step_up;

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use libfuzzer_sys::fuzz_target;
use second_factor::session::{EventKind, SealingKey};
use second_factor::store::{MemoryStoreError, Versioned};
use second_factor::verifier::Error;
use second_factor::{AccountRecord, BlockingStore, KeyRing, MemoryStore, Policy, Refusal, Verifier};
use second_factor_fuzz::{EventLog, HandClock, Repeatable, START};

use crate::account::Account;
use crate::held::{Again, Checked, Cookie, Enrolling, Fresh, Open};
use crate::password_change::Change;

const MAX_COMMANDS: usize = 160;
const DAY: u64 = 24 * 60 * 60;

fuzz_target!(|data: &[u8]| {
    let Some((settings, commands)) = data.split_first() else { return };
    let mut machine = Machine::new(settings & 1 == 1);
    for command in commands.chunks_exact(3).take(MAX_COMMANDS) {
        machine.run(command[0], command[1], command[2]);
    }
});

struct Machine {
    verifier: Arc<Verifier<Arc<MemoryStore>>>,
    policy: Policy,
    store: Arc<MemoryStore>,
    /// The service's keys, the last of which signs, and whether tokens that they signed still count.
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
    changes: Vec<Change>,
    /// Numbers sessions and challenges.
    numbers: u32,
}

/// What a call did to the row of an account.
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
    fn new(is_required: bool) -> Self {
        let builder = Policy::builder("Example");
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
            changes: Vec::new(),
            numbers: 0,
        }
    }

    fn run(&mut self, command: u8, a: u8, b: u8) {
        let account = usize::from(a & 1);
        match command % 28 {
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
            13 => self.import(account, b),
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
            // Close to what counts: a minute, five minutes, ten, an hour, thirty days, and a second beside.
            26 => {
                let edge = [60, 300, 600, 3_600, 30 * DAY, 59, 299, 599][usize::from(a % 8)];
                self.set_clock(self.now().saturating_add(edge + u64::from(b % 3)));
            }
            27 => self.codes_in_a_row(a, b),
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

    /// Asks the verifier, and sees what that did to the account's row.
    fn ask<T>(
        &self,
        account: usize,
        answer: impl Future<Output = Result<T, Error<MemoryStoreError>>>,
    ) -> (Result<T, Refusal>, Rows) {
        let id = &self.accounts[account].id;
        let row = || BlockingStore::load(&self.store, id).expect("it can be read");
        let before = row();
        let answer = match finished(answer) {
            Ok(answer) => Ok(answer),
            Err(Error::Refused(refusal)) => Err(refusal),
            Err(other) => panic!("{other:?}"),
        };
        (answer, Rows { before, after: row() })
    }

    fn take_events(&self) -> Vec<EventKind> {
        self.events.take().into_iter().map(|event| event.kind).collect()
    }

    /// What the accounts' pages say, and which sessions are left, is what the model says.
    fn compare(&mut self) {
        let now = self.now();
        for owner in &mut self.accounts {
            let row = BlockingStore::load(&self.store, &owner.id).expect("it can be read");
            let revision = row.as_ref().map(|row| row.revision.get());
            if let Some(row) = row.filter(|_| revision != owner.compared) {
                let record = serde_json::to_value(&row.value).expect("JSON");
                assert_eq!(record["record"]["budget"], owner.budget.to_json());
                owner.compared = revision;
            }
            let status = finished(self.verifier.status(&owner.id)).expect("it can be read");
            assert_eq!(status.is_enabled(), owner.phone.is_some());
            assert_eq!(status.recovery_codes_left, owner.unused.len());
            let lock = owner.lock(now);
            let retry_at = lock.and_then(|lock| lock.retry_at);
            assert_eq!((status.is_locked, status.retry_at), (lock.is_some(), retry_at), "{:?}", owner.budget);
            let shown = status.devices.iter();
            let shown: Vec<_> =
                shown.map(|one| (one.id, one.since.as_secs(), one.last_used.as_secs())).collect();
            let known = owner.devices.iter().filter(|device| device.is_alive(now));
            let known: Vec<_> = known.map(|device| (device.id, device.since, device.rotated_at)).collect();
            assert_eq!(shown, known, "remembered devices");
            for kept in &owner.sessions {
                let current = finished(self.verifier.is_current(&kept.session)).expect("it can be read");
                assert_eq!(current, owner.is_current(kept, now), "sessions end when they must");
            }
        }
        self.take_events();
    }

    /// Never into the last minute of all, since the step ahead of the last one has no time.
    fn set_clock(&mut self, secs: u64) {
        let secs = secs.min(u64::MAX - 60);
        self.clock.set(secs);
    }

    /// A new key signs and seals; tokens of the one before count on, or it was stolen and they do not.
    fn rotate_keys(&mut self, was_stolen: bool) {
        if self.keys.len() >= 6 {
            return;
        }
        if let Some(verifies) = self.keys.last_mut() {
            *verifies = !was_stolen;
        }
        self.keys.push(true);
        self.random += 1 << 32;
        let Self { policy, store, keys, random, clock, events, .. } = self;
        self.verifier = Arc::new(verifier(policy, store, keys, *random, clock, events));
    }

    /// The key that signs.
    fn key(&self) -> u32 {
        u32::try_from(self.keys.len()).expect("a few")
    }

    /// Whether tokens that this key signed count.
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
}

/// A store in memory lets nobody wait.
fn finished<T>(answer: impl Future<Output = T>) -> T {
    match pin!(answer).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("nothing is waited for"),
    }
}

fn span(a: u8, b: u8) -> u64 {
    let unit = [1, 30, 60, 600, DAY, 3 * DAY, 30 * DAY, 365 * DAY][usize::from(a % 8)];
    u64::from(b) * unit
}

/// Whether what was made at `since` counts: it is younger than that, and was not made more than a minute ahead of this clock.
fn is_alive(span: u64, since: u64, now: u64) -> bool {
    match now.checked_sub(since) {
        Some(age) => age < span,
        None => since <= now.saturating_add(60),
    }
}
