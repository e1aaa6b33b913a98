use second_factor::session::{DeviceId, EndOtherSessions};
use second_factor::{AccountId, Session};
use second_factor_fuzz::Phone;

use crate::budget::{Budget, Lock};
use crate::second_step::Form;
use crate::{DAY, is_alive};

/// What the model knows of an account: what must be in its record, and the sessions that its owner has.
pub struct Account {
    pub id: AccountId,
    /// Counts the epochs, which the library draws.
    pub epoch: u32,
    pub phone: Option<Phone>,
    /// Counts what was bound and removed.
    pub binding: u32,
    pub last: Option<u64>,
    pub unused: Vec<String>,
    pub used: Vec<String>,
    pub devices: Vec<Device>,
    pub touched: Vec<Touched>,
    pub mark: Option<Mark>,
    pub stepped_up: Option<SteppedUp>,
    pub sessions: Vec<Kept>,
    pub budget: Budget,
    /// The revision of the row whose budget was last compared.
    pub compared: Option<u64>,
}

/// What decides the password step: the record as it was when it was read.
#[derive(Clone)]
pub struct View {
    pub epoch: u32,
    pub has_factor: bool,
    pub devices: Vec<Device>,
    pub mark: Option<Mark>,
}

#[derive(Clone)]
pub struct Device {
    pub id: DeviceId,
    pub generation: u32,
    pub rotated_at: u64,
    /// When the code was presented.
    pub since: u64,
}

/// A challenge for which something was presented.
pub struct Touched {
    pub challenge: u32,
    pub opened_at: u64,
    pub failures: u8,
    pub done: bool,
}

/// A password change that has begun and not ended.
#[derive(Clone, Copy, PartialEq)]
pub struct Mark {
    pub epoch: u32,
    pub at: u64,
}

/// The last step-up.
pub struct SteppedUp {
    pub session: u32,
    pub at: u64,
    pub text: String,
    pub form: Form,
    /// The binding of the authenticator that showed the code; `None` for a recovery code.
    pub binding: Option<u32>,
}

/// A session in the host's table.
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
            phone: None,
            binding: 0,
            last: None,
            unused: Vec::new(),
            used: Vec::new(),
            devices: Vec::new(),
            touched: Vec::new(),
            mark: None,
            stepped_up: None,
            sessions: Vec::new(),
            budget: Budget::default(),
            compared: None,
        }
    }

    pub fn view(&self) -> View {
        let Self { epoch, devices, mark, .. } = self;
        View { epoch: *epoch, has_factor: self.phone.is_some(), devices: devices.clone(), mark: *mark }
    }

    pub fn is_current(&self, kept: &Kept, now: u64) -> bool {
        kept.epoch == self.epoch && kept.device.is_none_or(|id| self.is_remembered(id, now))
    }

    pub fn is_remembered(&self, id: DeviceId, now: u64) -> bool {
        self.devices.iter().any(|device| device.id == id && device.is_alive(now))
    }

    /// Whether this session sent this very form a moment ago.
    pub fn is_sent_twice(&self, session: u32, text: &str, now: u64) -> bool {
        let same = |last: &SteppedUp| match last.binding {
            // The authenticator is gone, and nothing tells one code from another.
            Some(binding) if binding != self.binding => is_code(text),
            // The code of the step that was used up then, alone or as the last in a row.
            Some(_) => is_code(text) && last_code(&last.text) == last_code(text),
            None => last.text == text,
        };
        let last = self.stepped_up.as_ref();
        last.is_some_and(|last| last.session == session && last.at.abs_diff(now) < 60 && same(last))
    }

    /// Whoever asks has to wait for a password change. One that has taken too long is ended; whether it was.
    pub fn end_interrupted_change(&mut self, now: u64) -> bool {
        let interrupted = self.mark.is_some_and(|mark| !mark.is_recent(now));
        if interrupted {
            self.mark = None;
            self.next_epoch();
        }
        interrupted
    }

    /// Everything from before is over.
    pub fn next_epoch(&mut self) {
        self.epoch += 1;
        self.devices.clear();
        self.touched.clear();
    }

    pub fn bind(&mut self, phone: Phone, last: Option<u64>, recovery_codes: Vec<String>, now: u64) {
        self.next_epoch();
        self.binding += 1;
        if self.phone.is_none() {
            self.budget = Budget::of_first_binding(now);
        } else {
            self.budget.rebind();
        }
        (self.phone, self.last) = (Some(phone), last);
        self.renew_recovery_codes(recovery_codes);
    }

    pub fn unbind(&mut self) {
        self.next_epoch();
        self.binding += 1;
        (self.phone, self.last) = (None, None);
        self.renew_recovery_codes(Vec::new());
    }

    pub fn renew_recovery_codes(&mut self, codes: Vec<String>) {
        self.used.append(&mut self.unused);
        self.unused = codes;
    }

    /// Whether a typed code is not covered by the guess budget.
    pub fn lock(&self, now: u64) -> Option<Lock> {
        self.phone.as_ref()?;
        self.budget.lock(1, now)
    }

    pub fn drop_what_is_over(&mut self, now: u64) {
        self.touched.retain(|touched| is_alive(600, touched.opened_at, now));
        self.devices.retain(|device| device.is_alive(now));
    }

    /// The entry of a challenge. At most 100 are kept: the oldest goes, those that are over first.
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
            self.touched.push(Touched { challenge, opened_at, failures: 0, done: false });
            self.touched.len() - 1
        });
        &mut self.touched[place]
    }

    pub fn start_session(&mut self, number: u32, session: Session, epoch: u32, device: Option<DeviceId>) {
        assert_eq!(
            session.device(),
            device,
            "a session is tied to the device that answered, and to no other"
        );
        let row = serde_json::to_string(&session).expect("a session can be written");
        let session = serde_json::from_str(&row).expect("a session can be read again");
        if self.sessions.len() >= 4 {
            self.sessions.remove(0);
        }
        self.sessions.push(Kept { number, session, epoch, device });
    }

    /// One of the sessions is continued after a change that `maker` made; only that one goes on.
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

/// Whether an authenticator could have shown it: one code, or codes in a row.
fn is_code(text: &str) -> bool {
    let is_of_codes = text.chars().all(|c| c.is_ascii_digit() || c.is_whitespace() || c == '-');
    is_of_codes && matches!(digits(text).len(), 6..=8 | 21 | 24)
}

/// The last six digits.
fn last_code(text: &str) -> String {
    let digits = digits(text);
    digits[digits.len().saturating_sub(6)..].to_owned()
}

/// What was typed without blanks and dashes.
pub fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}
