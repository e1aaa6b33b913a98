//! Two accounts, and whatever owners, attackers, administrators and clocks do: three bytes a command. A model beside the verifier knows what
//! was used up, and nothing that is used up is ever accepted.
#![no_main]

mod account;
mod changes;
mod login;
mod step_up;

use std::sync::{Arc, Mutex};

use libfuzzer_sys::fuzz_target;
use second_factor::session::{EventKind, SealingKey};
use second_factor::{BlockingVerifier, FreshFactor, KeyRing, MemoryStore, Policy};
use second_factor_fuzz::{EventLog, HandClock, Repeatable, START};

use crate::account::{Account, Born, Device, Open, Presented};

const MAX_COMMANDS: usize = 128;
const DAY: u64 = 24 * 60 * 60;

fuzz_target!(|data: &[u8]| {
    let mut machine = Machine::new();
    for command in data.chunks_exact(3).take(MAX_COMMANDS) {
        machine.run(command[0], command[1], command[2]);
    }
});

struct Machine {
    verifier: BlockingVerifier<Arc<MemoryStore>>,
    clock: Arc<HandClock>,
    events: Arc<EventLog>,
    accounts: [Account; 2],
    open: Vec<Open>,
    devices: Vec<Device>,
    fresh: Vec<(usize, FreshFactor, Born)>,
    /// How far the clock has gone forward in all, however often it went back between.
    forward: u128,
    backward: u128,
}

impl Machine {
    fn new() -> Self {
        let (clock, events) = (Arc::new(HandClock::at(START)), Arc::new(EventLog::default()));
        let ring = KeyRing::new(1, SealingKey::new([7; 32]));
        let policy = Policy::new("Example").expect("a policy");
        let store = Arc::new(MemoryStore::new());
        let verifier =
            BlockingVerifier::with_sources(store, policy, ring, clock.clone(), Mutex::new(Repeatable(1)))
                .with_events(events.clone());
        let accounts = ["alice", "bob"].map(Account::new);
        let (open, devices, fresh) = (Vec::new(), Vec::new(), Vec::new());
        Self { verifier, clock, events, accounts, open, devices, fresh, forward: 0, backward: 0 }
    }

    fn now(&self) -> u64 {
        self.clock.secs()
    }

    fn run(&mut self, command: u8, a: u8, b: u8) {
        let account = usize::from(a & 1);
        match command % 20 {
            0 => self.password(account, b),
            1 => self.right_code(a, b),
            2 => (0..=a % 6).for_each(|salt| self.wrong_code(salt, b)),
            3 => self.used_code(a, b),
            4 => self.recovery_code(a, b),
            5 => self.in_session(a, b, false),
            6 => self.begin_enrollment(account, b),
            7 => self.confirm(account, b),
            8 => self.set_clock(self.now().saturating_add(span(a, b))),
            9 => self.set_clock(self.now().saturating_sub(span(a, b))),
            10 => self.change_password(account),
            11 => self.disable(b),
            12 => self.regenerate(b),
            13 => self.reset(account),
            14 => self.forget(account, b),
            15 => self.in_session(a, b, true),
            16 if a == 255 => self.set_clock(u64::MAX - u64::from(b)),
            17 => self.import(account, b),
            18 => self.present(usize::from(b), &format!("{a:06}"), Presented::Code, false),
            19 if a & 1 == 1 => self.present(usize::from(b), "lost it", Presented::Nothing, false),
            19 => {
                self.present(usize::from(b), "MFRGG-ZDFMZ-TWQ2L-KNNWG-23TPOA", Presented::RecoveryCode, false)
            }
            _ => {}
        }
        self.compare(account);
    }

    /// What the account's page says is what the model says.
    fn compare(&mut self, account: usize) {
        let owner = &self.accounts[account];
        let status = self.verifier.status(&owner.id).expect("it can be read");
        assert_eq!(status.is_enabled(), owner.phone.is_some());
        assert_eq!(status.recovery_codes_left, owner.unused.len());
        assert!(status.devices.len() <= self.verifier.policy().devices());
        for kept in &owner.sessions {
            let current = self.verifier.is_current(&owner.id, kept.session.epoch()).expect("it can be read");
            assert_eq!(current, kept.credentials == owner.credentials, "sessions end with the credentials");
        }
        self.take_events();
    }

    fn take_events(&mut self) -> Vec<EventKind> {
        let events = self.events.take().into_iter().map(|event| event.kind).collect::<Vec<_>>();
        for event in &events {
            if let EventKind::DeviceForgotten { device, .. } | EventKind::DeviceTokenStolen { device } = event
            {
                let series = device.to_string();
                let same =
                    self.devices.iter_mut().filter(|known| known.text.split('.').nth(1) == Some(&series));
                same.for_each(|known| known.gone = true);
            }
        }
        events
    }

    fn set_clock(&mut self, secs: u64) {
        self.forward += u128::from(secs.saturating_sub(self.now()));
        self.backward += u128::from(self.now().saturating_sub(secs));
        self.clock.set(secs);
    }
}

fn series_of(token: &str) -> String {
    token.split('.').nth(1).unwrap_or_default().to_owned()
}

fn span(a: u8, b: u8) -> u64 {
    let unit = [1, 30, 60, 600, DAY, 3 * DAY, 30 * DAY, 365 * DAY][usize::from(a % 8)];
    u64::from(b) * unit
}

/// Under a clock that went back it is for the verifier to say what is still young; the model knows what is too old.
fn is_within(span: u64, since: u64, now: u64) -> bool {
    now.checked_sub(since).is_none_or(|age| age < span)
}
