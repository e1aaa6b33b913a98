//! The state between two steps: the row, the clocks, what everybody holds, the pending calls, and the memory of the rules.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use second_factor::session::{AuthenticatorId, EnrollmentToken};
use second_factor::{ChallengeToken, DeviceToken, Secret, Session, Totp, TotpParams, UnixTime};

use crate::call::{Call, Deed, Typed, What, Which};
use crate::canonical::{Token, hash_bytes};
use crate::host::account;
use crate::scenario::Scenario;
use crate::tape::Shared;

/// The first of the owner's browsers.
pub const OWNER: usize = 0;

/// The attacker's browser. Those before it are the owner's.
pub const ATTACKER: usize = 2;

pub const START: u64 = 1_700_000_010 / 30 * 30;

/// Something that somebody holds.
#[derive(Debug)]
pub struct Held<T> {
    pub value: Arc<T>,
    pub tokens: Arc<Vec<Token>>,
    /// Whether it is from before a change, and so no longer valid.
    pub old: bool,
}

impl<T> Held<T> {
    pub fn new(value: T, tokens: Vec<Token>) -> Self {
        Self { value: Arc::new(value), tokens: Arc::new(tokens), old: false }
    }
}

impl<T> Clone for Held<T> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), tokens: self.tokens.clone(), old: self.old }
    }
}

/// A device cookie.
#[derive(Clone, Debug)]
pub struct Device {
    pub token: Arc<DeviceToken>,
    /// The hash of its id, as states name it, and the id as it is in the record.
    pub id: u64,
    pub text: Arc<str>,
    pub generation: u64,
    /// The time when the code was accepted, by the instance's clock.
    pub made_at: u64,
    pub old: bool,
}

/// How many codes the cache holds.
const MOST_CODES: usize = 10_000;

thread_local! {
    /// A cache of codes, by app and step, because every state computes what can be typed.
    static CODES: RefCell<HashMap<(u64, u64), String>> = RefCell::default();
}

/// An authenticator app's entry.
#[derive(Clone, Debug)]
pub struct Phone {
    pub id: u64,
    pub text: Arc<str>,
    pub secret: Secret,
    /// The latest step whose code the owner has typed.
    pub typed: u64,
}

/// An authenticator that the host verifies.
#[derive(Clone, Debug)]
pub struct Key {
    pub credential: Arc<str>,
    /// Its id, and the hash of the id, as states name it.
    pub authenticator: Arc<str>,
    pub id: u64,
}

impl Key {
    pub fn new(credential: String) -> Self {
        let authenticator: Arc<str> =
            AuthenticatorId::of_host(&account(), credential.as_bytes()).to_string().into();
        let id = hash_bytes(authenticator.as_bytes());
        Self { credential: credential.into(), authenticator, id }
    }
}

impl Phone {
    pub fn code(&self, step: u64) -> String {
        let generate = || {
            let totp = Totp::new(&self.secret, TotpParams::default());
            totp.generate(UnixTime::from_secs(step * 30)).expose().to_owned()
        };
        CODES.with_borrow_mut(|codes| {
            if codes.len() > MOST_CODES {
                codes.clear();
            }
            codes.entry((self.id, step)).or_insert_with(generate).clone()
        })
    }

    pub fn row(&self, last: u64) -> String {
        (last - 3..=last).map(|step| self.code(step)).collect::<Vec<_>>().join(" ")
    }
}

#[derive(Clone, Debug)]
pub struct Enrolling {
    pub token: Held<EnrollmentToken>,
    pub phone: Phone,
    /// The remembered device that its session began on. The enrollment ends with it.
    pub device: Option<Device>,
    /// Whether it began with the password alone.
    pub is_bare: bool,
}

/// A proof that is presented.
#[derive(Clone, Debug)]
pub struct Chosen {
    pub typed: Typed,
    /// The text that is typed, or the key's signature.
    pub text: Arc<str>,
    pub key: Option<Key>,
    /// The authenticator, or the digest of the recovery code; 0 if it is neither.
    pub of: u64,
    pub first: u64,
    pub last: u64,
}

#[derive(Clone, Debug, Default)]
pub struct Browser {
    pub cookie: Option<Device>,
    pub session: Option<Held<Session>>,
    /// The device that the session began on.
    pub session_device: Option<Device>,
    pub challenge: Option<Held<ChallengeToken>>,
    pub enrolling: Option<Enrolling>,
}

/// A recovery code: its text, and its digest as it is in the record.
pub type Recovery = (Arc<str>, Arc<str>);

/// The owner's last request, which may be sent again a moment later.
#[derive(Clone, Debug)]
pub struct Sent {
    pub what: What,
    pub deed: Deed,
    pub browser: usize,
    pub at: u64,
}

/// The memory of the rules. The code under test has no access to it.
#[expect(clippy::struct_excessive_bools, reason = "the flags are independent")]
#[derive(Clone, Debug, Default)]
pub struct Ghost {
    /// Apps and the last step of each that was accepted, newest last.
    pub accepted: Vec<(u64, u64)>,
    pub recovery_used: Vec<u64>,
    pub used: Option<Chosen>,
    pub used_recovery: Option<Chosen>,
    pub used_key: Option<Chosen>,
    /// The proof of the last step-up.
    pub stepped_up: Option<Chosen>,
    /// When recovery codes were last replaced by new ones.
    pub regenerated: Option<u64>,
    /// The authenticator that was removed last. The attacker has found it.
    pub removed: Option<Phone>,
    pub removed_key: Option<Key>,
    /// When the attacker first guessed, or when the first authenticator was bound.
    pub since: u64,
    /// How many codes of the attacker were compared: in total, and since the last accepted code.
    pub guesses: u16,
    pub guesses_since_code: u16,
    /// How many guesses the attacker's writes were charged for.
    pub charged: u16,
    /// Password changes that a fresh factor authorized: in total, and since the last accepted code.
    pub restores: u16,
    pub restores_since_code: u16,
    /// When the attacker last caused the replacement of a device token.
    pub rotated: u64,
    pub gone: Vec<u64>,
    pub stolen_device: Option<u64>,
    pub used_mailbox: bool,
    pub were_clocks_wrong: bool,
    /// Whether a request took longer than the grace period.
    pub was_held_up: bool,
    /// Whether the attacker bound an authenticator while none was bound. The rules about the owner then no longer apply.
    pub is_over: bool,
}

#[derive(Clone, Debug)]
pub struct State {
    pub time: u64,
    pub skews: [i64; 2],
    pub shared: Shared,
    pub browsers: [Browser; 3],
    /// The password that the owner knows.
    pub password: u8,
    /// The owner's bound phones.
    pub phones: Vec<Phone>,
    pub keys: Vec<Key>,
    pub recovery: Vec<Recovery>,
    /// The recovery codes that the owner typed, accepted or not.
    pub typed_recovery: Vec<u64>,
    pub sent: Option<Arc<Sent>>,
    pub pending: Vec<Arc<Call>>,
    pub ghost: Ghost,
    pub calls: u64,
    /// Whether a call can be held up before the password is compared. The same in all states of a search.
    pub is_slow: bool,
    /// The time from which the host requires a second factor. The same in all states of a search.
    pub due: Option<u64>,
}

impl State {
    pub fn new(scenario: &Scenario) -> Self {
        Self {
            time: START,
            skews: [0; 2],
            shared: Shared::default(),
            browsers: Default::default(),
            password: 0,
            phones: Vec::new(),
            keys: Vec::new(),
            recovery: Vec::new(),
            typed_recovery: Vec::new(),
            sent: None,
            pending: Vec::new(),
            ghost: Ghost::default(),
            calls: 0,
            is_slow: scenario.is_slow,
            due: scenario.due.map(|secs| START + u64::from(secs)),
        }
    }

    pub fn clock(&self, instance: usize) -> u64 {
        self.time.wrapping_add_signed(self.skews[instance])
    }

    pub fn step(&self) -> u64 {
        self.time / 30
    }

    pub fn is_bound(&self) -> bool {
        self.shared.row.as_ref().is_some_and(|row| row.is_bound)
    }

    pub fn row_has(&self, text: &str) -> bool {
        self.shared.row.as_ref().is_some_and(|row| row.text.contains(text))
    }

    /// The owner's apps that the account is bound to, in the order of the row.
    pub fn apps(&self) -> impl Iterator<Item = &Phone> {
        let bound = self.shared.row.iter().flat_map(|row| row.authenticators());
        bound.filter_map(|(_, sealed)| self.phones.iter().find(|phone| Some(&*phone.text) == sealed))
    }

    /// The owner's authenticator that the host verifies.
    pub fn key(&self) -> Option<&Key> {
        self.keys.iter().find(|key| self.row_has(&key.authenticator))
    }

    /// The id of one of the account's authenticators.
    pub fn authenticator(&self, which: Which) -> Option<AuthenticatorId> {
        let mut bound = self.shared.row.as_ref()?.authenticators();
        let (id, _) = match which {
            Which::First => bound.find(|(_, sealed)| sealed.is_some()),
            Which::Second => bound.filter(|(_, sealed)| sealed.is_some()).nth(1),
            Which::Key => bound.find(|(_, sealed)| sealed.is_none()),
        }?;
        Some(AuthenticatorId::parse(id).unwrap())
    }

    pub fn unused_recovery(&self) -> Option<&Recovery> {
        let row = self.shared.row.as_ref()?;
        self.recovery.iter().find(|(_, digest)| {
            let is_typed = self.typed_recovery.contains(&hash_bytes(digest.as_bytes()));
            !is_typed && row.recovery_codes().contains(&**digest)
        })
    }

    /// The last step of this authenticator that was accepted.
    pub fn last_accepted(&self, of: u64) -> u64 {
        self.ghost.accepted.iter().filter(|(id, _)| *id == of).map(|(_, step)| *step).max().unwrap_or(0)
    }

    /// Marks everything that was made so far as being from before a change.
    pub fn everything_is_old(&mut self, but: u64) {
        for browser in &mut self.browsers {
            browser.session.iter_mut().for_each(|held| held.old = true);
            browser.challenge.iter_mut().for_each(|held| held.old = true);
            browser.enrolling.iter_mut().for_each(|enrolling| enrolling.token.old = true);
        }
        for call in self.pending.iter_mut().filter(|call| call.id != but) {
            Arc::make_mut(call).old = true;
        }
        self.devices_are_gone(|_| true);
    }

    /// Marks enrollments that began with the password alone: they can no longer be confirmed.
    pub fn bare_enrollments_are_old(&mut self) {
        self.enrollments_are_old(|enrolling| enrolling.is_bare);
        for call in &mut self.pending {
            Arc::make_mut(call).is_overtaken = true;
        }
    }

    fn enrollments_are_old(&mut self, which: impl Fn(&Enrolling) -> bool) {
        for enrolling in self.browsers.iter_mut().filter_map(|browser| browser.enrolling.as_mut()) {
            enrolling.token.old |= which(enrolling);
        }
        for call in &mut self.pending {
            if let What::Confirm { enrolling, .. } = &mut Arc::make_mut(call).what {
                enrolling.token.old |= which(enrolling);
            }
        }
    }

    pub fn devices_are_gone(&mut self, which: impl Fn(&Device) -> bool) {
        let held = self.browsers.iter().flat_map(|browser| {
            let enrolling = browser.enrolling.as_ref().and_then(|enrolling| enrolling.device.as_ref());
            [browser.cookie.as_ref(), browser.session_device.as_ref(), enrolling]
        });
        let in_calls = self.pending.iter().map(|call| match &call.what {
            What::Login { cookie, .. } => cookie.as_ref(),
            What::Confirm { enrolling, .. } => enrolling.device.as_ref(),
            _ => None,
        });
        let gone: Vec<u64> =
            held.chain(in_calls).flatten().filter(|device| which(device)).map(|device| device.id).collect();
        self.ghost.gone.extend(gone);
        self.ghost.gone.sort_unstable();
        self.ghost.gone.dedup();
        for browser in &mut self.browsers {
            for device in [&mut browser.cookie, &mut browser.session_device].into_iter().flatten() {
                device.old |= self.ghost.gone.contains(&device.id);
            }
        }
        let gone = self.ghost.gone.clone();
        let is_gone = |device: &Device| gone.contains(&device.id);
        self.enrollments_are_old(|enrolling| enrolling.device.as_ref().is_some_and(is_gone));
    }
}
