use second_factor::session::{AuthenticatorId, DeviceId, EndOtherSessions, EventKind, ForgottenBecause};
use second_factor::{AccountId, AccountRecord, Session};

use crate::authenticator::{App, Authenticator};
use crate::budget::{Budget, Lock};
use crate::held::Basis;
use crate::presented::{HostProof, What, digits};
use crate::{DAY, is_alive};

/// The model of an account: the content of its record, and the sessions of its owner.
#[derive(Clone)]
pub struct Account {
    pub id: AccountId,
    /// The number of the epoch. The library draws the real one.
    pub epoch: u32,
    epochs: u32,
    pub authenticators: Vec<Authenticator>,
    /// The id of the key that seals the secrets.
    pub sealed_with: u32,
    /// The keys whose tokens are no longer valid.
    pub stolen_keys: Vec<u32>,
    pub unused: Vec<String>,
    pub used: Vec<String>,
    /// The names of an old system's unused recovery codes.
    pub old_codes: Vec<String>,
    pub devices: Vec<Device>,
    pub touched: Vec<Touched>,
    pub mark: Option<Mark>,
    pub stepped_up: Option<SteppedUp>,
    /// When recovery codes were last renewed.
    pub regenerated_at: Option<u64>,
    pub sessions: Vec<Kept>,
    pub budget: Budget,
    /// The revision of the row when it was last compared.
    pub compared: Option<u64>,
    /// The events that the present call must report.
    pub events: Vec<EventKind>,
    /// An earlier row, and the model at that time.
    pub backup: Option<Box<(AccountRecord, Account)>>,
}

/// What the password step depends on: the record as it was read.
#[derive(Clone)]
pub struct View {
    pub epoch: u32,
    pub has_factor: bool,
    pub codes_left: usize,
    pub devices: Vec<Device>,
    pub mark: Option<Mark>,
}

#[derive(Clone)]
pub struct Device {
    pub id: DeviceId,
    pub generation: u32,
    pub rotated_at: u64,
    /// When the code was accepted.
    pub since: u64,
}

/// A challenge in which something was presented.
#[derive(Clone)]
pub struct Touched {
    pub challenge: u32,
    pub opened_at: u64,
    pub failures: u8,
    pub charged: u32,
    pub done: bool,
}

/// A password change that has begun and has not ended.
#[derive(Clone, Copy, PartialEq)]
pub struct Mark {
    pub epoch: u32,
    pub at: u64,
}

/// The last step-up.
#[derive(Clone)]
pub struct SteppedUp {
    pub session: u32,
    pub at: u64,
    /// The proof, in exactly the form in which it was presented.
    pub what: What,
    pub with: With,
    /// The key of the tag by which a code is recognized.
    pub key: u32,
}

/// The proof of a step-up.
#[derive(Clone, Debug)]
pub enum With {
    /// This code, alone or as the last in a row.
    Code(String),
    Host(HostProof),
    RecoveryCode(String),
}

/// A session in the host's table.
#[derive(Clone)]
pub struct Kept {
    pub number: u32,
    pub session: Session,
    pub epoch: u32,
    pub device: Option<DeviceId>,
}

impl Account {
    pub fn new(id: &str) -> Self {
        Self {
            id: AccountId::new(id).expect("an id"),
            epoch: 0,
            epochs: 0,
            authenticators: Vec::new(),
            sealed_with: 1,
            stolen_keys: Vec::new(),
            unused: Vec::new(),
            used: Vec::new(),
            old_codes: Vec::new(),
            devices: Vec::new(),
            touched: Vec::new(),
            mark: None,
            stepped_up: None,
            regenerated_at: None,
            sessions: Vec::new(),
            budget: Budget::default(),
            compared: None,
            events: Vec::new(),
            backup: None,
        }
    }

    pub fn view(&self) -> View {
        View {
            epoch: self.epoch,
            has_factor: self.has_factor(),
            codes_left: self.codes_left(),
            devices: self.devices.clone(),
            mark: self.mark,
        }
    }

    pub fn has_factor(&self) -> bool {
        !self.authenticators.is_empty()
    }

    pub fn codes_left(&self) -> usize {
        self.unused.len() + self.old_codes.len()
    }

    pub fn apps(&self) -> impl Iterator<Item = &App> {
        self.authenticators.iter().filter_map(Authenticator::app)
    }

    pub fn find(&self, id: AuthenticatorId) -> Option<&Authenticator> {
        self.authenticators.iter().find(|bound| bound.id == id)
    }

    pub fn is_current(&self, kept: &Kept, now: u64) -> bool {
        kept.epoch == self.epoch && kept.device.is_none_or(|id| self.is_remembered(id, now))
    }

    pub fn is_remembered(&self, id: DeviceId, now: u64) -> bool {
        self.devices.iter().any(|device| device.id == id && device.is_alive(now))
    }

    /// Whether an enrollment may begin with the password alone, in a session that began with a recovery code at this time.
    pub fn is_recovery_login(&self, began_at: u64, now: u64) -> bool {
        is_alive(3_600, began_at, now) && self.upholds(Basis::RecoveryLogin(began_at), now)
    }

    pub fn upholds(&self, basis: Basis, now: u64) -> bool {
        match basis {
            Basis::Epoch => true,
            Basis::Device(id) => self.is_remembered(id, now),
            Basis::RecoveryLogin(at) => self.regenerated_at.is_none_or(|made| at > made.saturating_add(60)),
        }
    }

    /// Whether this session sent exactly this form a moment ago.
    pub fn is_sent_twice(&self, session: u32, what: &What, now: u64) -> bool {
        let Some(last) = &self.stepped_up else { return false };
        if last.session != session || last.at.abs_diff(now) >= 60 {
            return false;
        }
        match (&last.with, what) {
            (With::Host(last), What::Host(proof)) => last == proof,
            (With::RecoveryCode(last), What::Typed(text)) => last == text,
            // Not if the key was stolen, since a tag of it is not believed.
            (With::Code(_), _) if self.stolen_keys.contains(&last.key) => false,
            // Also if the step that it was for has removed the authenticator.
            (With::Code(code), What::Typed(text)) => {
                let digits = digits(text).unwrap_or_default();
                let is_of_form =
                    matches!((code.len(), digits.len()), (6, 6 | 24) | (7, 7 | 21) | (8, 8 | 24));
                is_of_form && digits.ends_with(code.as_str())
            }
            _ => false,
        }
    }

    /// While a password change is under way, a request is refused. One that has taken too long is ended. Returns whether it was.
    pub fn end_interrupted_change(&mut self, now: u64) -> bool {
        let interrupted = self.mark.is_some_and(|mark| !mark.is_recent(now));
        if interrupted {
            self.mark = None;
            self.next_epoch(ForgottenBecause::CredentialsChanged, now);
            self.events.push(EventKind::PasswordChangeInterrupted);
        }
        interrupted
    }

    /// Makes everything void that was handed out before.
    pub fn next_epoch(&mut self, reason: ForgottenBecause, now: u64) {
        self.regenerated_at = self.regenerated_at.map(|made| made.min(now.saturating_add(60)));
        self.epochs += 1;
        self.epoch = self.epochs;
        self.touched.clear();
        self.forget(reason, |_| false);
    }

    pub fn forget(&mut self, reason: ForgottenBecause, is_kept: impl Fn(&Device) -> bool) {
        let (kept, forgotten): (Vec<_>, Vec<_>) = self.devices.drain(..).partition(is_kept);
        self.devices = kept;
        let told = forgotten.iter().map(|device| EventKind::DeviceForgotten { device: device.id, reason });
        self.events.extend(told);
    }

    pub fn renew_recovery_codes(&mut self, codes: Vec<String>) {
        self.used.append(&mut self.unused);
        self.used.drain(..self.used.len().saturating_sub(30));
        self.unused = codes;
        self.old_codes.clear();
    }

    /// The charge of a guess, which is compared with every app.
    pub fn guesses(&self) -> u32 {
        u32::try_from(self.apps().count()).expect("five at most").max(1)
    }

    /// The lock, if the budget does not cover a typed code.
    pub fn lock(&self, now: u64) -> Option<Lock> {
        if self.has_factor() { self.budget.lock(self.guesses(), now) } else { None }
    }

    /// An accepted code, or codes in a row, prove the clock: time gives credit, and expired entries are dropped.
    pub fn trust_the_clock(&mut self, now: u64) {
        self.budget.take_credit(now);
        self.touched.retain(|touched| is_alive(600, touched.opened_at, now));
        self.forget(ForgottenBecause::Expired, |device| device.is_alive(now));
    }

    /// The entry of a challenge. At most 100 are kept: the oldest is dropped, those that are over first.
    pub fn touch(&mut self, challenge: u32, opened_at: u64, now: u64) -> &mut Touched {
        let place = self.touched.iter().position(|touched| touched.challenge == challenge);
        let place = place.unwrap_or_else(|| {
            if self.touched.len() == 100 {
                let places = (0..100).rev();
                let oldest = places.min_by_key(|place| {
                    let touched = &self.touched[*place];
                    (!touched.is_over(now), touched.opened_at, *place)
                });
                self.touched.remove(oldest.expect("a hundred"));
            }
            self.touched.push(Touched { challenge, opened_at, failures: 0, charged: 0, done: false });
            self.touched.len() - 1
        });
        &mut self.touched[place]
    }

    pub fn start_session(&mut self, number: u32, session: Session, epoch: u32, device: Option<DeviceId>) {
        assert_eq!(session.device(), device, "a session is not tied to the device that it began on");
        let row = serde_json::to_string(&session).expect("a session can be written");
        let session = serde_json::from_str(&row).expect("a session can be read again");
        if self.sessions.len() >= 4 {
            self.sessions.remove(0);
        }
        self.sessions.push(Kept { number, session, epoch, device });
    }

    /// A session is continued after a change. Only the one that made the change may go on; `pick` selects any.
    pub fn go_on(&mut self, ended: EndOtherSessions, maker: Option<u32>, before: u32, pick: u8) {
        assert_eq!(ended.account(), &self.id);
        let made_it = self.sessions.iter().position(|kept| Some(kept.number) == maker);
        let any = usize::from(pick >> 2).checked_rem(self.sessions.len());
        let Some(index) = made_it.filter(|_| pick & 3 != 0).or(any) else { return };
        let kept = &mut self.sessions[index];
        kept.session.continue_after(ended);
        if Some(kept.number) == maker && kept.epoch == before {
            (kept.epoch, kept.device) = (self.epoch, None);
        }
    }

    /// Restores the row from the backup. Epochs are never drawn again, and the backup does not have the host's sessions.
    pub fn restore(&mut self, old: Self) {
        *self = Self {
            epochs: self.epochs,
            sessions: std::mem::take(&mut self.sessions),
            stolen_keys: std::mem::take(&mut self.stolen_keys),
            backup: self.backup.take(),
            compared: None,
            ..old
        };
    }
}

impl Device {
    pub fn is_alive(&self, now: u64) -> bool {
        is_alive(30 * DAY, self.since, now)
    }
}

impl Touched {
    fn is_over(&self, now: u64) -> bool {
        self.done || self.failures >= 5 || !is_alive(600, self.opened_at, now)
    }
}

impl Mark {
    pub fn is_recent(&self, now: u64) -> bool {
        is_alive(60, self.at, now)
    }
}
