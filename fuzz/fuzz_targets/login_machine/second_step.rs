//! Proofs in a challenge.

use second_factor::session::{
    DeviceId, EventKind, ForgottenBecause, Presented, RefusedBecause, SessionError,
};
use second_factor::verifier::Error;
use second_factor::{AuthMethod, Refusal, Remember};

use crate::account::{Account, Device};
use crate::authenticator::App;
use crate::presented::{Form, HostProof, OF_NOBODY, Verdict, What};
use crate::{Machine, is_alive};

impl Machine {
    pub fn right_code(&mut self, a: u8, pick: u8) {
        let Some(app) = self.app_for(a >> 3, pick) else { return };
        let Some(step) = app.phone.step(self.now()) else { return };
        let step = match a >> 1 & 3 {
            0 => step.saturating_sub(1),
            1 => step.saturating_add(1),
            _ => step,
        };
        self.present_typed(pick, app.phone.code_of(step), a & 1 == 1);
    }

    pub fn wrong_codes(&mut self, a: u8, pick: u8) {
        for salt in 0..=a % 6 {
            let Some(index) = usize::from(pick).checked_rem(self.open.len()) else { return };
            let wrong = self.accounts[self.open[index].account].wrong_code(self.now(), salt);
            self.present_typed(pick, wrong, false);
        }
    }

    /// The last accepted code or the one before; or a code of a clock that is off by some minutes.
    pub fn used_code(&mut self, a: u8, pick: u8) {
        let Some(app) = self.app_for(a >> 3, pick) else { return };
        let step = if a >= 128 {
            let Some(now) = app.phone.step(self.now()) else { return };
            (now + u64::from(a % 64)).saturating_sub(32)
        } else {
            let Some(last) = app.last else { return };
            last.saturating_sub(u64::from(a % 3))
        };
        self.present_typed(pick, app.phone.code_of(step), a & 4 == 4);
    }

    /// In a challenge.
    pub fn codes_in_a_row(&mut self, a: u8, pick: u8) {
        let Some(index) = usize::from(pick).checked_rem(self.open.len()) else { return };
        let Some(text) = self.row(self.open[index].account, a >> 1 & 7, a >> 4) else { return };
        self.present_typed(pick, text, a & 1 == 1);
    }

    /// Codes in a row: right, ahead, one wrong, one used, in the wrong order, or of a clock that is off.
    pub fn row(&self, account: usize, kind: u8, salt: u8) -> Option<String> {
        let (owner, nth) = (&self.accounts[account], usize::from(salt % 4));
        let place = usize::from(salt >> 2).checked_rem(owner.apps().count())?;
        let App { phone, last, .. } = owner.apps().nth(place)?;
        let now = phone.step(self.now())?;
        let last = match kind {
            1 => now.saturating_add(1),
            3 => (*last)?.saturating_add(salt.into()),
            5 => now.saturating_sub(u64::from(salt) + 2),
            _ => now,
        };
        let mut codes = phone.codes_in_a_row(last)?;
        let count = codes.len();
        match kind {
            2 => codes[nth % count] = phone.wrong_code(self.now(), salt),
            4 => codes.swap(nth % count, (nth + 1) % count),
            _ => {}
        }
        Some(codes.join([" ", "", "-", "\n"][nth]))
    }

    pub fn recovery_code(&mut self, a: u8, pick: u8) {
        let Some(index) = usize::from(pick).checked_rem(self.open.len()) else { return };
        let account = self.open[index].account;
        // Sometimes a code of the other account.
        let account = &self.accounts[if a % 8 == 7 { 1 - account } else { account }];
        let codes = if a % 8 == 6 { &account.used } else { &account.unused };
        let Some(code) = codes.get(usize::from(a >> 3) % codes.len().max(1)).cloned() else { return };
        self.present_typed(pick, code, a & 1 == 1);
    }

    pub fn present_garbage(&mut self, a: u8, pick: u8) {
        let text = match a % 4 {
            0 => OF_NOBODY.to_owned(),
            1 => "lost it".to_owned(),
            2 => String::new(),
            _ => format!("{a:06}"),
        };
        self.present_typed(pick, text, false);
    }

    pub fn present_host(&mut self, a: u8, pick: u8) {
        let Some(index) = usize::from(pick).checked_rem(self.open.len()) else { return };
        let proof = self.host_proof(self.open[index].account, a >> 1);
        let verified = proof.verified(&self.accounts[proof.account].id);
        self.present(index, &What::Host(proof), verified.into(), a & 1 == 1);
    }

    /// A proof that the host verified: a new one, the last one, or always the same; of any credential, bound or not.
    pub fn host_proof(&mut self, account: usize, kind: u8) -> HostProof {
        let account = if kind >> 4 == 7 { 1 - account } else { account };
        let keys: Vec<_> = self.accounts[account].authenticators.iter().filter_map(|one| one.key()).collect();
        let bound = usize::from(kind & 3).checked_rem(keys.len()).map(|place| keys[place]);
        let bound = bound.filter(|_| kind >> 2 & 3 != 3);
        let last = bound.and_then(|key| key.last_signed);
        let credential = bound.map_or(kind & 3, |key| key.credential);
        let signed = match kind >> 2 & 3 {
            2 => last.unwrap_or_default(),
            3 => 0,
            _ => self.number(),
        };
        HostProof { account, credential, signed }
    }

    /// Guesses by somebody with the password, each in a new challenge.
    pub fn guess_in_fresh_challenges(&mut self, a: u8, count: u8) {
        for salt in 0..=count % 32 {
            let checked = self.check(usize::from(a & 1));
            self.password_step(checked, None, false);
            let Some(last) = self.open.len().checked_sub(1) else { return };
            let wrong = self.accounts[self.open[last].account].wrong_code(self.now(), salt);
            self.present(last, &What::Typed(wrong.clone()), (&wrong).into(), false);
        }
    }

    /// One of the apps of the challenge's account.
    fn app_for(&self, nth: u8, pick: u8) -> Option<App> {
        let open = self.open.get(usize::from(pick).checked_rem(self.open.len())?)?;
        let owner = &self.accounts[open.account];
        owner.apps().nth(usize::from(nth).checked_rem(owner.apps().count())?).cloned()
    }

    fn present_typed(&mut self, pick: u8, text: String, ticked: bool) {
        let Some(index) = usize::from(pick).checked_rem(self.open.len()) else { return };
        self.present(index, &What::Typed(text.clone()), (&text).into(), ticked);
    }

    /// Presents a proof in a challenge, and compares the answer with the model's.
    pub fn present(&mut self, index: usize, what: &What, presented: Presented<'_>, ticked: bool) {
        let (now, open) = (self.now(), &self.open[index]);
        let (account, number, epoch, at, first) =
            (open.account, open.number, open.epoch, open.at, open.first);
        let is_genuine = self.verifies(open.key);
        let remember = if ticked { Remember::ThisDevice { label: "a browser" } } else { Remember::No };
        let verifier = self.verifier.clone();
        let (answer, rows) = self.ask_for(account, verifier.present(&open.token, presented, remember));
        if what.account().is_some_and(|whose| whose != account) {
            assert!(matches!(answer, Err(Error::Session(SessionError::ProofOfAnotherAccount))));
            assert!(!rows.written());
            return self.told(account);
        }

        let owner = &mut self.accounts[account];
        let is_live = is_genuine && epoch == owner.epoch && is_alive(600, at, now) && owner.has_factor();
        let expected = owner.expect_presented(what, (number, at), is_genuine, is_live, now);
        assert_eq!(rows.written(), expected.is_written, "{what:?}: {:?}", expected.answer);
        let method = match &answer {
            Ok(accepted) => Ok(accepted.authenticated.method()),
            Err(Error::Refused(refusal)) => Err(*refusal),
            Err(other) => panic!("{other:?}"),
        };
        assert_eq!(method, expected.answer, "{what:?}; {:?}", owner.budget);
        let Ok(mut accepted) = answer else { return self.told(account) };
        let method = accepted.authenticated.method();
        let token = accepted.device.take();
        assert_eq!(token.is_some(), ticked && method != AuthMethod::RecoveryCode);
        assert_eq!((accepted.recovery_codes_left, accepted.enroll_by), (owner.codes_left(), None));
        let epoch = owner.epoch;
        if let Some(token) = token {
            let events = self.events.peek();
            let id = events.iter().find_map(|event| match event.kind {
                EventKind::DeviceRemembered { device, .. } => Some(device),
                _ => None,
            });
            let id = id.expect("it is told of");
            self.accounts[account].remember(id, now);
            self.keep_cookie(account, &token, id, 0);
        }
        self.accounts[account].events.push(EventKind::LoggedIn { method });
        self.start(account, accepted, (method, first), epoch, None);
        self.told(account);
    }
}

/// The expected answer of a call, and whether it writes.
pub struct Expected {
    pub answer: Result<AuthMethod, Refusal>,
    pub is_written: bool,
}

impl Account {
    fn expect_presented(
        &mut self,
        what: &What,
        (number, opened_at): (u32, u64),
        is_genuine: bool,
        is_live: bool,
        now: u64,
    ) -> Expected {
        let form = self.form(what);
        let touched = self.touched.iter().find(|touched| touched.challenge == number);
        let is_done = is_genuine && touched.is_some_and(|touched| touched.done);
        // A try of an old recovery code that exhausted the challenge may still be answered.
        let is_exhausted = touched.is_some_and(|touched| touched.failures >= 5);
        let is_over = !is_live || is_exhausted && form != Form::OldRecoveryCode;
        let refused = match self.mark {
            _ if is_done => Some(Refusal::AlreadyDone),
            _ if is_over => {
                self.events.push(form.refused(RefusedBecause::NoChallenge));
                Some(Refusal::ChallengeOver)
            }
            Some(_) => Some(Refusal::Retry),
            None => None,
        };
        if let Some(refusal) = refused {
            return Expected { answer: Err(refusal), is_written: false };
        }
        match self.evaluate(what, Some(number), None, now) {
            Verdict::Accepted(method, _) => {
                let touched = self.touch(number, opened_at, now);
                touched.done = true;
                let (charged, typed) = (touched.charged, touched.failures);
                self.budget.refund(charged, typed);
                if matches!(method, AuthMethod::Code | AuthMethod::CodesInARow) {
                    self.trust_the_clock(now);
                }
                Expected { answer: Ok(method), is_written: true }
            }
            Verdict::Free(refusal, reason) => {
                self.events.extend(reason.map(|reason| form.refused(reason)));
                Expected { answer: Err(refusal), is_written: false }
            }
            Verdict::Charged(reason) => {
                let refusal = self.refuse(form, reason, Some((number, opened_at)), now);
                Expected { answer: Err(refusal), is_written: true }
            }
        }
    }

    /// At most ten; one that has expired is forgotten, or else the one that was not used for the longest time.
    fn remember(&mut self, id: DeviceId, now: u64) {
        while self.devices.len() >= 10 {
            let age = |device: &Device| (device.is_alive(now), device.rotated_at);
            let oldest = self.devices.iter().map(age).min();
            let idle = self.devices.iter().position(|device| Some(age(device)) == oldest);
            let idle = self.devices.remove(idle.expect("ten")).id;
            let reason = ForgottenBecause::TooMany;
            self.events.push(EventKind::DeviceForgotten { device: idle, reason });
        }
        self.events.push(EventKind::DeviceRemembered { device: id, label: "a browser".to_owned() });
        self.devices.push(Device { id, generation: 0, rotated_at: now, since: now });
    }
}
