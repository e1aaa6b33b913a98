//! The password step, with a proof of just now or one that was held back, and with whatever device cookie.

use second_factor::session::{DeviceId, EventKind};
use second_factor::{Accepted, AuthMethod, BlockingStore, DeviceToken, Login, Refusal, UnixTime};

use crate::account::{Device, View};
use crate::held::{Checked, Cookie, Dated, Open, Word, hold, take};
use crate::{Machine, finished, is_alive};

/// What the password step must answer.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Expected {
    Over,
    Wait {
        interrupts: bool,
    },
    EnrollmentRequired,
    SingleFactor,
    /// On the device in this place of the list.
    Remembered {
        place: usize,
        rotates: bool,
    },
    Code,
    /// The device in this place is forgotten.
    CodeOutdated {
        place: usize,
    },
    CodeStolen,
}

impl Expected {
    fn writes(self) -> bool {
        matches!(
            self,
            Self::Wait { interrupts: true }
                | Self::Remembered { rotates: true, .. }
                | Self::CodeOutdated { .. }
                | Self::CodeStolen
        )
    }
}

impl Machine {
    pub fn hold_check(&mut self, account: usize) {
        let checked = self.check(account);
        hold(&mut self.checks, 8, checked);
    }

    /// A password check of just now.
    pub fn check(&self, account: usize) -> Checked {
        let owner = &self.accounts[account];
        let row = BlockingStore::load(&self.store, &owner.id).expect("it can be read");
        let check = finished(self.verifier.check_password(&owner.id));
        let word = Word::Check(check, owner.view(), row.map(|row| row.revision.get()));
        Checked { account, epoch: owner.epoch, at: self.now(), word }
    }

    /// A check that was held back, or one of just now.
    pub fn some_check(&mut self, account: usize, is_held: bool, pick: u8) -> Checked {
        let held = if is_held { take(&mut self.checks, pick) } else { None };
        held.unwrap_or_else(|| self.check(account))
    }

    pub fn log_in(&mut self, a: u8, pick: u8) {
        let checked = self.some_check(usize::from(a & 1), a & 2 == 2, pick);
        let cookie = usize::from(pick).checked_rem(self.cookies.len()).filter(|_| a & 4 == 4);
        self.password_step(checked, cookie, a & 24 == 24);
    }

    /// The heart of the first step.
    pub fn password_step(&mut self, checked: Checked, cookie: Option<usize>, is_forged: bool) {
        let (account, now, dated) = (checked.account, self.now(), checked.dated());
        let presented = cookie.map(|index| &self.cookies[index]);
        let text = presented.map(|cookie| if is_forged { forged(&cookie.text) } else { cookie.text.clone() });
        let genuine =
            presented.filter(|cookie| !is_forged && cookie.account == account && self.verifies(cookie.key));

        // It is decided on what the check read; where that would write and is outdated, on what there is now.
        let row = BlockingStore::load(&self.store, &self.accounts[account].id).expect("it can be read");
        let current = self.accounts[account].view();
        let required = self.policy.requires_second_factor();
        let (view, is_outdated) = match &checked.word {
            Word::Check(_, read, revision) => (read.clone(), *revision != row.map(|row| row.revision.get())),
            Word::Proof(_) => (current.clone(), false),
        };
        let mut view = view;
        let mut expected = expect(&view, dated, now, genuine, required);
        if expected.writes() && is_outdated {
            view = current;
            expected = expect(&view, dated, now, genuine, required);
            // Its mark is gone, and the host may have compared the hash of before.
            if checked.began_during_change() && !matches!(expected, Expected::Over | Expected::Wait { .. }) {
                expected = Expected::Wait { interrupts: false };
            }
        }
        let known = genuine.map(|cookie| (cookie.id, cookie.generation));

        let verifier = self.verifier.clone();
        let (login, rows) =
            self.ask(account, verifier.password_verified(checked.into_password(), text.as_deref()));
        let events = self.take_events();
        assert_eq!(rows.written(), expected.writes(), "{expected:?}");
        let stolen = events.iter().any(|event| matches!(event, EventKind::DeviceTokenStolen { .. }));
        assert_eq!(stolen, expected == Expected::CodeStolen);
        assert_eq!(events.contains(&EventKind::ChallengeOpened), matches!(login, Ok(Login::CodeRequired(_))));
        let interrupted = events.contains(&EventKind::PasswordChangeInterrupted);
        assert_eq!(interrupted, expected == Expected::Wait { interrupts: true });

        let owner = &mut self.accounts[account];
        match (expected, login) {
            (Expected::Over, Err(Refusal::ChallengeOver)) => {}
            (Expected::Wait { interrupts }, Err(Refusal::Retry)) => {
                assert!(!interrupts || owner.end_interrupted_change(now));
            }
            (Expected::EnrollmentRequired, Ok(Login::EnrollmentRequired(proof))) => {
                let word = Word::Proof(proof);
                hold(&mut self.checks, 8, Checked { account, epoch: dated.epoch, at: dated.at, word });
            }
            (Expected::SingleFactor, Ok(Login::Complete(accepted))) => {
                assert!(accepted.device.is_none());
                self.start(account, accepted, AuthMethod::SingleFactor, view.epoch, None);
            }
            (Expected::Remembered { place, rotates }, Ok(Login::Complete(mut accepted))) => {
                let mut device = view.devices[place].clone();
                if rotates {
                    (device.generation, device.rotated_at) = (device.generation + 1, now);
                    owner.devices[place] = device.clone();
                }
                let token = accepted.device.take().expect("the current token again, or the next");
                let since = UnixTime::from_secs(device.since);
                let method = AuthMethod::RememberedDevice { since };
                self.start(account, accepted, method, view.epoch, Some(device.id));
                // Its text is the same where its generation and its key are.
                let presented = cookie.map(|index| &self.cookies[index]).expect("a device answered");
                let is_same = presented.key == self.key() && presented.generation == device.generation;
                assert_eq!(presented.text == token.expose(), is_same);
                if !is_same {
                    self.keep_cookie(account, &token, device.id, device.generation);
                }
            }
            (
                Expected::Code | Expected::CodeOutdated { .. } | Expected::CodeStolen,
                Ok(Login::CodeRequired(token)),
            ) => {
                assert_eq!(token.account(), &owner.id);
                let mut epoch = view.epoch;
                match expected {
                    Expected::CodeOutdated { place } => drop(owner.devices.remove(place)),
                    Expected::CodeStolen => {
                        owner.next_epoch();
                        epoch = owner.epoch;
                    }
                    _ => {}
                }
                let (number, key) = (self.number(), self.key());
                hold(&mut self.open, 16, Open { account, token, number, key, epoch, at: dated.at });
            }
            (expected, login) => panic!("{expected:?} of {known:?}, and not {login:?}"),
        }
    }

    /// The host starts a session.
    pub fn start(
        &mut self,
        account: usize,
        accepted: Accepted,
        method: AuthMethod,
        epoch: u32,
        device: Option<DeviceId>,
    ) {
        let (number, now) = (self.number(), self.now());
        let (owner, done) = (&mut self.accounts[account], accepted.authenticated);
        assert_eq!((done.account(), done.method(), done.at().as_secs()), (&owner.id, method, now));
        owner.start_session(number, done.into_session(), epoch, device);
    }

    pub fn keep_cookie(&mut self, account: usize, token: &DeviceToken, id: DeviceId, generation: u32) {
        assert_eq!(token.account(), &self.accounts[account].id);
        let (text, key) = (token.expose().to_owned(), self.key());
        hold(&mut self.cookies, 32, Cookie { account, text, key, id, generation });
    }
}

/// The password step as the model has it. `genuine` is a device token of this account that a key of this service signed.
fn expect(view: &View, dated: Dated, now: u64, genuine: Option<&Cookie>, required: bool) -> Expected {
    if dated.epoch != view.epoch || !is_alive(300, dated.at, now) {
        return Expected::Over;
    }
    if let Some(mark) = view.mark {
        return Expected::Wait { interrupts: !mark.is_recent(now) };
    }
    if !view.has_factor {
        return if required { Expected::EnrollmentRequired } else { Expected::SingleFactor };
    }
    let Some(cookie) = genuine else { return Expected::Code };
    let is_it = |device: &Device| device.id == cookie.id && device.is_alive(now);
    let Some(place) = view.devices.iter().position(is_it) else { return Expected::Code };
    let device = &view.devices[place];
    let in_grace = device.rotated_at.abs_diff(now) < 60;
    match i64::from(device.generation) - i64::from(cookie.generation) {
        ..0 => Expected::Code,
        0 => Expected::Remembered { place, rotates: !in_grace },
        1 if in_grace => Expected::Remembered { place, rotates: false },
        1 => Expected::CodeOutdated { place },
        2.. => Expected::CodeStolen,
    }
}

/// The token with another last character of its body, and so another generation, or none.
fn forged(text: &str) -> String {
    let (body, tag) = text.rsplit_once('.').expect("a tag");
    let (rest, last) = body.split_at(body.len() - 1);
    format!("{rest}{}.{tag}", if last == "A" { "B" } else { "A" })
}
