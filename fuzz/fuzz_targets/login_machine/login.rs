//! The password step, with a new check or an earlier one, and with any device cookie.

use second_factor::session::{DeviceId, EventKind, FirstFactor, ForgottenBecause, Requirement};
use second_factor::{Accepted, AuthMethod, BlockingStore, DeviceToken, Login, Refusal, UnixTime};
use second_factor_fuzz::START;

use crate::account::{Device, View};
use crate::held::{Checked, Cookie, Dated, Open, Word, hold, take};
use crate::step_up::amr;
use crate::{DAY, Machine, finished, is_alive};

/// The expected answer of the password step.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Expected {
    Over,
    Wait {
        interrupts: bool,
    },
    EnrollmentRequired,
    /// With the time until which a factor must be enrolled.
    SingleFactor(Option<UnixTime>),
    /// On the device at this place of the list.
    Remembered {
        place: usize,
        rotates: bool,
    },
    Code,
    /// The device at this place is forgotten.
    CodeOutdated {
        place: usize,
    },
    CodeStolen(DeviceId),
}

impl Expected {
    fn writes(self) -> bool {
        matches!(
            self,
            Self::Wait { interrupts: true }
                | Self::Remembered { rotates: true, .. }
                | Self::CodeOutdated { .. }
                | Self::CodeStolen(_)
        )
    }
}

impl Machine {
    pub fn hold_check(&mut self, account: usize) {
        let checked = self.check(account);
        hold(&mut self.checks, 8, checked);
    }

    /// A new password check.
    pub fn check(&self, account: usize) -> Checked {
        let owner = &self.accounts[account];
        let row = BlockingStore::load(&self.store, &owner.id).expect("it can be read");
        let check = finished(self.verifier.check_password(&owner.id));
        let word = Word::Check(check, owner.view(), row.map(|row| row.revision.get()));
        let (first, demands) = (FirstFactor::Password, Requirement::None);
        Checked { account, epoch: owner.epoch, at: self.now(), key: self.key(), word, first, demands }
    }

    /// An earlier check, or a new one.
    pub fn some_check(&mut self, account: usize, is_held: bool, pick: u8) -> Checked {
        let held = if is_held { take(&mut self.checks, pick) } else { None };
        held.unwrap_or_else(|| self.check(account))
    }

    pub fn log_in(&mut self, a: u8, pick: u8) {
        let mut checked = self.some_check(usize::from(a & 1), a & 2 == 2, pick);
        if a & 32 == 32 {
            checked.first = FirstFactor::Other;
        }
        if a >> 6 > 0 {
            checked.demands = self.requirement(a >> 6);
        }
        let cookie = usize::from(pick).checked_rem(self.cookies.len()).filter(|_| a & 4 == 4);
        self.password_step(checked, cookie, a & 24 == 24);
    }

    /// What the host requires: nothing, a factor from some day on, one from now on, or one in any case.
    pub fn requirement(&self, kind: u8) -> Requirement {
        match kind & 3 {
            0 => Requirement::None,
            1 => Requirement::EnrolledBy(UnixTime::from_secs(START + DAY)),
            2 => Requirement::EnrolledBy(UnixTime::from_secs(self.now())),
            _ => Requirement::Enrolled,
        }
    }

    /// Whether a factor is required now, and if not, from when on.
    pub fn demands(&self, requirement: Requirement) -> (bool, Option<UnixTime>) {
        match requirement {
            _ if self.policy.requires_second_factor() => (true, None),
            Requirement::None => (false, None),
            Requirement::EnrolledBy(time) if self.now() < time.as_secs() => (false, Some(time)),
            Requirement::EnrolledBy(_) | Requirement::Enrolled => (true, None),
        }
    }

    /// Runs the password step on both sides.
    pub fn password_step(&mut self, checked: Checked, cookie: Option<usize>, is_forged: bool) {
        let (account, now, dated) = (checked.account, self.now(), checked.dated());
        let (key, first, demands) = (checked.key, checked.first, checked.demands);
        let presented = cookie.map(|index| &self.cookies[index]);
        let text = presented.map(|cookie| if is_forged { forged(&cookie.text) } else { cookie.text.clone() });
        let is_token = text.as_deref().is_some_and(|text| DeviceToken::parse(text).is_ok());
        let genuine =
            presented.filter(|cookie| !is_forged && cookie.account == account && self.verifies(cookie.key));

        // Decided on the record that the check read. If that would cause a write and is outdated, decided on the present one.
        let row = BlockingStore::load(&self.store, &self.accounts[account].id).expect("it can be read");
        let current = self.accounts[account].view();
        let required = self.demands(demands);
        let (view, is_outdated) = match &checked.word {
            Word::Check(_, read, revision) if key == self.key() => {
                (read.clone(), *revision != row.map(|row| row.revision.get()))
            }
            Word::Check(..) | Word::Proof(_) => (current.clone(), false),
        };
        let mut view = view;
        let mut expected = expect(&view, dated, now, genuine, required);
        if expected.writes() && is_outdated {
            view = current;
            expected = expect(&view, dated, now, genuine, required);
        }
        // The mark of a change is gone, and the host may have compared the earlier hash.
        if checked.began_during_change() && !matches!(expected, Expected::Over | Expected::Wait { .. }) {
            expected = Expected::Wait { interrupts: false };
        }
        let known = genuine.map(|cookie| (cookie.id, cookie.generation));

        let verifier = self.verifier.clone();
        let (login, rows) =
            self.ask(account, verifier.password_verified(checked.into_password(), text.as_deref()));
        assert_eq!(rows.written(), expected.writes(), "{expected:?}");

        let owner = &mut self.accounts[account];
        match (expected, login) {
            (Expected::Over, Err(Refusal::ChallengeOver)) => {}
            (Expected::Wait { interrupts }, Err(Refusal::Retry)) => {
                assert!(!interrupts || owner.end_interrupted_change(now));
            }
            (Expected::EnrollmentRequired, Ok(Login::EnrollmentRequired(proof))) => {
                let (epoch, at, word) = (dated.epoch, dated.at, Word::Proof(proof));
                hold(&mut self.checks, 8, Checked { account, epoch, at, key, word, first, demands });
            }
            (Expected::SingleFactor(enroll_by), Ok(Login::Complete(accepted))) => {
                assert_eq!((accepted.device.is_none(), accepted.enroll_by), (true, enroll_by));
                assert_eq!(accepted.recovery_codes_left, view.codes_left);
                let method = AuthMethod::SingleFactor;
                owner.events.push(EventKind::LoggedIn { method });
                self.start(account, accepted, (method, first), view.epoch, None);
            }
            (Expected::Remembered { place, rotates }, Ok(Login::Complete(mut accepted))) => {
                let mut device = view.devices[place].clone();
                if rotates {
                    (device.generation, device.rotated_at) = (device.generation + 1, now);
                    owner.devices[place] = device.clone();
                }
                let token = accepted.device.take().expect("the current token again, or the next");
                assert_eq!((accepted.recovery_codes_left, accepted.enroll_by), (view.codes_left, None));
                let since = UnixTime::from_secs(device.since);
                let method = AuthMethod::RememberedDevice { since };
                owner.events.push(EventKind::LoggedIn { method });
                self.start(account, accepted, (method, first), view.epoch, Some(device.id));
                // The text is the same if generation and key are.
                let presented = cookie.map(|index| &self.cookies[index]).expect("a device answered");
                let is_same = presented.key == self.key() && presented.generation == device.generation;
                assert_eq!(presented.text == token.expose(), is_same);
                if !is_same {
                    self.keep_cookie(account, &token, device.id, device.generation);
                }
            }
            (
                Expected::Code | Expected::CodeOutdated { .. } | Expected::CodeStolen(_),
                Ok(Login::CodeRequired(token)),
            ) => {
                assert_eq!(token.account(), &owner.id);
                let mut epoch = view.epoch;
                match expected {
                    Expected::CodeOutdated { place } => {
                        let outdated = owner.devices[place].id;
                        owner.forget(ForgottenBecause::Outdated, |device| device.id != outdated);
                    }
                    Expected::CodeStolen(device) => {
                        owner.events.push(EventKind::DeviceTokenStolen { device });
                        owner.next_epoch(ForgottenBecause::Stolen, now);
                        epoch = owner.epoch;
                    }
                    _ => owner.events.extend(is_token.then_some(EventKind::DeviceUnknown)),
                }
                owner.events.push(EventKind::ChallengeOpened);
                let (number, key) = (self.number(), self.key());
                hold(&mut self.open, 16, Open { account, token, number, key, epoch, at: dated.at, first });
            }
            (expected, login) => panic!("expected {expected:?} of {known:?}, got {login:?}"),
        }
        self.told(account);
    }

    /// The host starts a session.
    pub fn start(
        &mut self,
        account: usize,
        accepted: Accepted,
        (method, first): (AuthMethod, FirstFactor),
        epoch: u32,
        device: Option<DeviceId>,
    ) {
        let (number, now) = (self.number(), self.now());
        let (owner, done) = (&mut self.accounts[account], accepted.authenticated);
        assert_eq!((done.account(), done.method(), done.at().as_secs()), (&owner.id, method, now));
        assert_eq!((done.first_factor(), done.amr()), (first, amr(method, first).as_slice()));
        let session = done.into_session();
        assert_eq!((session.first_factor(), session.amr()), (first, amr(method, first).as_slice()));
        owner.start_session(number, session, epoch, device);
    }

    pub fn keep_cookie(&mut self, account: usize, token: &DeviceToken, id: DeviceId, generation: u32) {
        assert_eq!(token.account(), &self.accounts[account].id);
        let (text, key) = (token.expose().to_owned(), self.key());
        hold(&mut self.cookies, 32, Cookie { account, text, key, id, generation });
    }
}

/// The model of the password step. `genuine` is a device token of this account, signed with a key of this service.
fn expect(
    view: &View,
    dated: Dated,
    now: u64,
    genuine: Option<&Cookie>,
    (is_required, enroll_by): (bool, Option<UnixTime>),
) -> Expected {
    if dated.epoch != view.epoch || !is_alive(300, dated.at, now) {
        return Expected::Over;
    }
    if let Some(mark) = view.mark {
        return Expected::Wait { interrupts: !mark.is_recent(now) };
    }
    if !view.has_factor {
        return if is_required { Expected::EnrollmentRequired } else { Expected::SingleFactor(enroll_by) };
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
        2.. => Expected::CodeStolen(device.id),
    }
}

/// The token with another last character of its body: of another generation, or malformed.
fn forged(text: &str) -> String {
    let (body, tag) = text.rsplit_once('.').expect("a tag");
    let (rest, last) = body.split_at(body.len() - 1);
    format!("{rest}{}.{tag}", if last == "A" { "B" } else { "A" })
}
