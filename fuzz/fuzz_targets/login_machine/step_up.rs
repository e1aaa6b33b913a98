//! Proofs in a session, before a sensitive step.

use core::time::Duration;

use second_factor::session::{EventKind, FirstFactor, HostAuthenticatorKind, Presented, SessionError};
use second_factor::verifier::Error;
use second_factor::{AuthMethod, FreshFactor, Refusal, UnixTime};

use crate::account::{Account, SteppedUp};
use crate::held::{Again, Beside, Checked, Dated, Fresh, hold, take};
use crate::presented::{OF_NOBODY, Verdict, What};
use crate::second_step::Expected;
use crate::{Machine, Rows};

impl Machine {
    /// A code, codes in a row or a recovery code, in one of the sessions; the same form once or twice.
    pub fn step_up(&mut self, a: u8, pick: u8) {
        let account = usize::from(a & 1);
        let Some(index) = usize::from(pick).checked_rem(self.accounts[account].sessions.len()) else {
            return;
        };
        let Some(what) = self.typed(account, a >> 1) else { return };
        for _ in 0..=pick >> 7 {
            self.present_in_session(account, index, &what);
        }
    }

    /// The same with the password.
    pub fn reauthenticate(&mut self, a: u8, pick: u8) {
        let Some(what) = self.typed(usize::from(a & 1), a >> 1) else { return };
        self.present_beside_password(usize::from(a & 1), &what, pick);
    }

    /// A proof that the host verified, alone or with the password.
    pub fn show_host(&mut self, a: u8, pick: u8) {
        let account = usize::from(a & 1);
        let what = What::Host(self.host_proof(account, a >> 1));
        if pick & 64 == 64 {
            return self.present_beside_password(account, &what, pick & 31);
        }
        let Some(index) = usize::from(pick & 63).checked_rem(self.accounts[account].sessions.len()) else {
            return;
        };
        for _ in 0..=pick >> 7 {
            self.present_in_session(account, index, &what);
        }
    }

    fn present_in_session(&mut self, account: usize, index: usize, what: &What) {
        let whose = &self.accounts[what.account().unwrap_or(account)].id;
        match what {
            What::Typed(text) => self.fresh_factor(account, index, what, text.into()),
            What::Host(proof) => self.fresh_factor(account, index, what, proof.verified(whose).into()),
            What::Old { .. } => {}
        }
    }

    fn present_beside_password(&mut self, account: usize, what: &What, pick: u8) {
        let Some(index) = usize::from(pick & 3).checked_rem(self.accounts[account].sessions.len()) else {
            return;
        };
        let checked = self.some_check(account, pick & 4 == 4, pick >> 3);
        let whose = &self.accounts[what.account().unwrap_or(account)].id;
        match what {
            What::Typed(text) => self.type_again(account, index, checked, what, text.into()),
            What::Host(proof) => {
                self.type_again(account, index, checked, what, proof.verified(whose).into());
            }
            What::Old { .. } => {}
        }
    }

    /// The typed text: right, early, wrong, used, of the other account, or empty; or the last one again.
    fn typed(&self, account: usize, kind: u8) -> Option<What> {
        let (owner, other) = (&self.accounts[account], &self.accounts[1 - account]);
        let nth = usize::from(kind >> 4);
        let from = |codes: &[String]| codes.get(nth.checked_rem(codes.len())?).cloned();
        let app = nth.checked_rem(owner.apps().count()).and_then(|place| owner.apps().nth(place));
        let step = app.and_then(|app| Some((app, app.phone.step(self.now())?)));
        Some(What::Typed(match kind & 15 {
            0 | 1 => step.map(|(app, step)| app.phone.code_of(step))?,
            2 => step.map(|(app, step)| app.phone.code_of(step.saturating_add(1)))?,
            3 => owner.wrong_code(self.now(), kind >> 4),
            4 => step.and_then(|(app, _)| Some(app.phone.code_of(app.last?)))?,
            5 => from(&owner.unused)?,
            6 => from(&owner.used).or_else(|| from(&other.unused))?,
            7 => OF_NOBODY.to_owned(),
            8 => "lost it".to_owned(),
            9 => String::new(),
            10 => return owner.stepped_up.as_ref().map(|last| last.what.clone()),
            row => self.row(account, row - 11, kind >> 4)?,
        }))
    }

    pub fn fresh_factor(&mut self, account: usize, index: usize, what: &What, presented: Presented<'_>) {
        let verifier = self.verifier.clone();
        let session = &self.accounts[account].sessions[index].session;
        let (answer, rows) = self.ask_for(account, verifier.fresh_factor(session, presented));
        if what.account().is_some_and(|whose| whose != account) {
            return self.assert_of_another(account, &answer, &rows);
        }
        let method = answer.as_ref().map(FreshFactor::method);
        let Some(dated) = self.hold_to_model(account, index, what, method, &rows) else { return };
        let proof = answer.expect("it was accepted");
        let (now, owner) = (self.now(), &mut self.accounts[account]);
        assert_eq!((proof.account(), proof.at().as_secs()), (&owner.id, now));
        let kept = &mut owner.sessions[index];
        kept.session.elevate(&proof);
        let at = |secs| UnixTime::from_secs(secs);
        assert!(kept.session.is_elevated(at(now), Duration::from_secs(3_600)));
        let age = now.abs_diff(kept.session.at().as_secs()).saturating_add(3_600);
        assert!(
            !kept.session.is_elevated(at(now.saturating_add(age)), Duration::from_secs(3_600))
                || now > u64::MAX / 2
        );
        assert_eq!(kept.session.auth_time(), at(now));
        assert_eq!(kept.session.amr(), amr(proof.method(), kept.session.first_factor()));
        // It does not elevate the other sessions.
        for kept in
            owner.sessions.iter_mut().enumerate().filter(|(place, _)| *place != index).map(|(_, kept)| kept)
        {
            let before = kept.session.clone();
            kept.session.elevate(&proof);
            assert_eq!(kept.session, before);
        }
        let session = owner.sessions[index].number;
        hold(&mut self.fresh, 8, Fresh { account, session, dated, proof });
    }

    fn type_again(
        &mut self,
        account: usize,
        index: usize,
        checked: Checked,
        what: &What,
        presented: Presented<'_>,
    ) {
        let (now, password) = (self.now(), checked.dated());
        let owner = &self.accounts[account];
        let kept = &owner.sessions[index];
        let session = kept.number;
        let is_of_another = checked.account != account;
        let is_doubled = owner.is_sent_twice(session, what, now);
        let is_live = owner.is_current(kept, now) && checked.is_current(owner, now);
        let began_at = kept.session.at().as_secs();
        let is_recovery_login =
            kept.session.method() == AuthMethod::RecoveryCode && owner.is_recovery_login(began_at, now);
        // First the cases in which the password alone is enough or refused. All others are as without the password.
        let alone = if is_doubled {
            None
        } else if !is_live {
            Some(Err(Refusal::StepUpRequired))
        } else if owner.mark.is_some() || checked.began_during_change() {
            Some(Err(Refusal::Retry))
        } else if !owner.has_factor() {
            Some(Ok(Beside::Nothing))
        } else if is_recovery_login && what.is_blank() {
            Some(Ok(Beside::RecoveryLogin(began_at)))
        } else {
            None
        };

        let verifier = self.verifier.clone();
        let asked = verifier.reauthenticate(&kept.session, checked.into_password(), presented);
        let (answer, rows) = self.ask_for(account, asked);
        let is_of_another =
            is_of_another || alone.is_none() && what.account().is_some_and(|whose| whose != account);
        if is_of_another {
            return self.assert_of_another(account, &answer, &rows);
        }
        let beside = match alone {
            Some(alone) => {
                self.told(account);
                assert!(!rows.written());
                match (answer.as_ref(), alone) {
                    (Ok(_), Ok(beside)) => beside,
                    (Err(Error::Refused(refusal)), Err(expected)) if *refusal == expected => return,
                    (answer, alone) => panic!("expected {alone:?}, got {answer:?}"),
                }
            }
            None => {
                // The event has the method.
                let stepped_up = |kind: &EventKind| match kind {
                    EventKind::SteppedUp { method } => Some(*method),
                    _ => None,
                };
                let method = self.events.peek().iter().find_map(|event| stepped_up(&event.kind));
                let method = answer.as_ref().map(|_| method.expect("it is told of"));
                let Some(dated) = self.hold_to_model(account, index, what, method, &rows) else { return };
                Beside::Factor(dated)
            }
        };
        let proof = answer.expect("as the model has it");
        assert_eq!(proof.account(), &self.accounts[account].id);
        hold(&mut self.again, 8, Again { account, session, password, beside, proof });
    }

    fn assert_of_another<T, E>(&mut self, account: usize, answer: &Result<T, Error<E>>, rows: &Rows) {
        assert!(matches!(answer, Err(Error::Session(SessionError::ProofOfAnotherAccount))));
        assert!(!rows.written());
        self.told(account);
    }

    /// Compares the answer to a step-up with the model's, including when and in which epoch it was made.
    fn hold_to_model<E: core::fmt::Debug>(
        &mut self,
        account: usize,
        index: usize,
        what: &What,
        answer: Result<AuthMethod, &Error<E>>,
        rows: &Rows,
    ) -> Option<Dated> {
        let (now, key, owner) = (self.now(), self.key(), &mut self.accounts[account]);
        let device = owner.sessions[index].session.device();
        let expected = owner.expect_stepped_up(index, what, key, now);
        let answer = answer.map_err(|error| error.refusal().unwrap_or_else(|| panic!("{error:?}")));
        assert_eq!(answer, expected.answer, "{what:?}; {:?}", owner.budget);
        assert_eq!(rows.written(), expected.is_written, "{what:?}: {answer:?}");
        let epoch = owner.epoch;
        self.told(account);
        answer.is_ok().then_some(Dated { epoch, at: now, device })
    }

    /// A try of an old recovery code is valid only in a login.
    pub fn present_old_in_session(
        &mut self,
        account: usize,
        pick: u8,
        what: &What,
        presented: Presented<'_>,
    ) {
        let Some(index) = usize::from(pick & 3).checked_rem(self.accounts[account].sessions.len()) else {
            return;
        };
        if pick & 4 == 4 {
            let checked = self.some_check(account, false, 0);
            self.type_again(account, index, checked, what, presented);
        } else {
            self.fresh_factor(account, index, what, presented);
        }
    }

    /// One of the earlier proofs.
    pub fn take_fresh(&mut self, pick: u8) -> Option<Fresh> {
        take(&mut self.fresh, pick)
    }
}

impl Account {
    fn expect_stepped_up(&mut self, index: usize, what: &What, key: u32, now: u64) -> Expected {
        let kept = &self.sessions[index];
        let (session, device) = (kept.number, kept.session.device());
        let refused = if self.is_sent_twice(session, what, now) {
            Some(Refusal::AlreadyDone)
        } else if !self.is_current(kept, now) {
            Some(Refusal::StepUpRequired)
        } else if self.mark.is_some() {
            Some(Refusal::Retry)
        } else if !self.has_factor() {
            Some(Refusal::NoAuthenticator)
        } else {
            None
        };
        if let Some(refusal) = refused {
            return Expected { answer: Err(refusal), is_written: false };
        }
        let form = self.form(what);
        match self.evaluate(what, None, device, now) {
            Verdict::Accepted(method, with) => {
                if matches!(method, AuthMethod::Code | AuthMethod::CodesInARow) {
                    self.trust_the_clock(now);
                }
                self.stepped_up = Some(SteppedUp { session, at: now, what: what.clone(), with, key });
                self.events.push(EventKind::SteppedUp { method });
                Expected { answer: Ok(method), is_written: true }
            }
            Verdict::Free(refusal, reason) => {
                self.events.extend(reason.map(|reason| form.refused(reason)));
                Expected { answer: Err(refusal), is_written: false }
            }
            Verdict::Charged(reason) => {
                let refusal = self.refuse(form, reason, None, now);
                Expected { answer: Err(refusal), is_written: true }
            }
        }
    }
}

/// The RFC 8176 §2 names of the verified factors.
pub fn amr(method: AuthMethod, first: FirstFactor) -> Vec<&'static str> {
    let first = (first == FirstFactor::Password).then_some("pwd");
    let second: &[&str] = match method {
        AuthMethod::Code | AuthMethod::CodesInARow => &["otp", "mfa"],
        AuthMethod::RecoveryCode => &["mfa"],
        AuthMethod::HostAuthenticator(HostAuthenticatorKind::HardwareKey) => &["hwk", "mfa"],
        AuthMethod::HostAuthenticator(HostAuthenticatorKind::SoftwareKey) => &["swk", "mfa"],
        _ => &[],
    };
    first.into_iter().chain(second.iter().copied()).collect()
}
