//! The password step, with a proof of just now or one that was held back, and with whatever device cookie.

use second_factor::session::{DeviceId, EventKind, FirstFactor, ForgottenBecause, Requirement};
use second_factor::{Accepted, AuthMethod, BlockingStore, DeviceToken, Login, Refusal, UnixTime};
use second_factor_fuzz::START;

use crate::account::{Device, View};
use crate::held::{Checked, Cookie, Dated, Open, Word, hold, take};
use crate::step_up::amr;
use crate::{DAY, Machine, finished, is_alive};

/// What the password step must answer.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Expected {
    Over,
    Wait {
        interrupts: bool,
    },
    EnrollmentRequired,
    /// Until when there is time to enroll.
    SingleFactor(Option<UnixTime>),
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

    /// A password check of just now.
    pub fn check(&self, account: usize) -> Checked {
        let owner = &self.accounts[account];
        let row = BlockingStore::load(&self.store, &owner.id).expect("it can be read");
        let check = finished(self.verifier.check_password(&owner.id));
        let word = Word::Check(check, owner.view(), row.map(|row| row.revision.get()));
        let (first, demands) = (FirstFactor::Password, Requirement::None);
        Checked { account, epoch: owner.epoch, at: self.now(), word, first, demands }
    }

    /// A check that was held back, or one of just now.
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

    /// What the host demands: nothing, a factor from some day on, from now on, or a factor.
    pub fn requirement(&self, kind: u8) -> Requirement {
        match kind & 3 {
            0 => Requirement::None,
            1 => Requirement::EnrolledBy(UnixTime::from_secs(START + DAY)),
            2 => Requirement::EnrolledBy(UnixTime::from_secs(self.now())),
            _ => Requirement::Enrolled,
        }
    }

    /// Whether a factor is demanded now, and from when on otherwise.
    pub fn demands(&self, requirement: Requirement) -> (bool, Option<UnixTime>) {
        match requirement {
            _ if self.policy.requires_second_factor() => (true, None),
            Requirement::None => (false, None),
            Requirement::EnrolledBy(time) if self.now() < time.as_secs() => (false, Some(time)),
            Requirement::EnrolledBy(_) | Requirement::Enrolled => (true, None),
        }
    }

    /// The heart of the first step.
    pub fn password_step(&mut self, checked: Checked, cookie: Option<usize>, is_forged: bool) {
        let (account, now, dated) = (checked.account, self.now(), checked.dated());
        let (first, demands) = (checked.first, checked.demands);
        let presented = cookie.map(|index| &self.cookies[index]);
        let text = presented.map(|cookie| if is_forged { forged(&cookie.text) } else { cookie.text.clone() });
        let is_token = text.as_deref().is_some_and(|text| DeviceToken::parse(text).is_ok());
        let genuine =
            presented.filter(|cookie| !is_forged && cookie.account == account && self.verifies(cookie.key));

        // It is decided on what the check read; where that would write and is outdated, on what there is now.
        let row = BlockingStore::load(&self.store, &self.accounts[account].id).expect("it can be read");
        let current = self.accounts[account].view();
        let required = self.demands(demands);
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
        assert_eq!(rows.written(), expected.writes(), "{expected:?}");

        let owner = &mut self.accounts[account];
        match (expected, login) {
            (Expected::Over, Err(Refusal::ChallengeOver)) => {}
            (Expected::Wait { interrupts }, Err(Refusal::Retry)) => {
                assert!(!interrupts || owner.end_interrupted_change(now));
            }
            (Expected::EnrollmentRequired, Ok(Login::EnrollmentRequired(proof))) => {
                let (epoch, at, word) = (dated.epoch, dated.at, Word::Proof(proof));
                hold(&mut self.checks, 8, Checked { account, epoch, at, word, first, demands });
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
                // Its text is the same where its generation and its key are.
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
                        owner.next_epoch(ForgottenBecause::Stolen);
                        epoch = owner.epoch;
                    }
                    _ => owner.events.extend(is_token.then_some(EventKind::DeviceUnknown)),
                }
                owner.events.push(EventKind::ChallengeOpened);
                let (number, key) = (self.number(), self.key());
                hold(&mut self.open, 16, Open { account, token, number, key, epoch, at: dated.at, first });
            }
            (expected, login) => panic!("{expected:?} of {known:?}, and not {login:?}"),
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

/// The password step as the model has it. `genuine` is a device token of this account that a key of this service signed.
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

/// The token with another last character of its body, and so another generation, or none.
fn forged(text: &str) -> String {
    let (body, tag) = text.rsplit_once('.').expect("a tag");
    let (rest, last) = body.split_at(body.len() - 1);
    format!("{rest}{}.{tag}", if last == "A" { "B" } else { "A" })
}
