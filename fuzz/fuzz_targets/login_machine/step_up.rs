//! What is typed in a session, before something sensitive.

use core::time::Duration;

use second_factor::session::{EventKind, SessionError};
use second_factor::verifier::Error;
use second_factor::{AuthMethod, FreshFactor, Refusal, UnixTime};

use crate::account::SteppedUp;
use crate::held::{Again, Beside, Checked, Dated, Fresh, hold};
use crate::second_step::{Became, Form, Judged, OF_NOBODY, became};
use crate::{Machine, Rows, finished, is_alive};

impl Machine {
    /// A code, codes in a row or a recovery code, in one of the sessions; the same form once or twice.
    pub fn step_up(&mut self, a: u8, pick: u8) {
        let account = usize::from(a & 1);
        let Some(index) = usize::from(pick).checked_rem(self.accounts[account].sessions.len()) else {
            return;
        };
        let Some((text, form)) = self.typed(account, a >> 1) else { return };
        for _ in 0..=pick >> 7 {
            self.fresh_factor(account, index, &text, form);
        }
    }

    /// The same beside the password.
    pub fn reauthenticate(&mut self, a: u8, pick: u8) {
        let account = usize::from(a & 1);
        let Some(index) = usize::from(pick & 3).checked_rem(self.accounts[account].sessions.len()) else {
            return;
        };
        let Some((text, form)) = self.typed(account, a >> 1) else { return };
        let checked = self.some_check(account, pick & 4 == 4, pick >> 3);
        if checked.account == account {
            self.type_again(index, checked, &text, form);
        } else {
            let session = &self.accounts[account].sessions[index].session;
            let answer = finished(self.verifier.reauthenticate(session, checked.into_password(), &text));
            assert!(matches!(answer, Err(Error::Session(SessionError::PasswordOfAnotherAccount))));
        }
    }

    /// What is typed: right, early, wrong, used, of another, or nothing.
    fn typed(&self, account: usize, kind: u8) -> Option<(String, Form)> {
        let (owner, other) = (&self.accounts[account], &self.accounts[1 - account]);
        let nth = usize::from(kind >> 4);
        let from = |codes: &[String]| codes.get(nth.checked_rem(codes.len())?).cloned();
        let step = owner.phone.as_ref().and_then(|phone| Some((phone, phone.step(self.now())?)));
        Some(match kind & 15 {
            0 | 1 => (step.map(|(phone, step)| phone.code_of(step))?, Form::Code),
            2 => (step.map(|(phone, step)| phone.code_of(step.saturating_add(1)))?, Form::Code),
            3 => match step {
                Some((phone, _)) => (phone.wrong_code(self.now(), kind >> 4), Form::Code),
                None => ("000000".to_owned(), Form::Code),
            },
            4 => (step.and_then(|(phone, _)| Some(phone.code_of(owner.last?)))?, Form::Code),
            5 => (from(&owner.unused)?, Form::RecoveryCode),
            6 => (from(&owner.used).or_else(|| from(&other.unused))?, Form::RecoveryCode),
            7 => (OF_NOBODY.to_owned(), Form::RecoveryCode),
            8 => ("lost it".to_owned(), Form::Nothing),
            9 => (String::new(), Form::Nothing),
            10 => {
                let last = owner.stepped_up.as_ref()?;
                (last.text.clone(), last.form)
            }
            row => (self.row(account, row - 11, kind >> 4)?, Form::CodesInARow),
        })
    }

    fn fresh_factor(&mut self, account: usize, index: usize, text: &str, form: Form) {
        let verifier = self.verifier.clone();
        let session = &self.accounts[account].sessions[index].session;
        let (answer, rows) = self.ask(account, verifier.fresh_factor(session, text));
        let method = answer.as_ref().map(FreshFactor::method).map_err(|refusal| *refusal);
        let Some(dated) = self.hold_to_model(account, index, (text, form), method, &rows) else { return };
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
        assert_eq!((kept.session.auth_time(), kept.session.amr()), (at(now), proof.method().amr()));
        // The other sessions are not elevated by it.
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

    fn type_again(&mut self, index: usize, checked: Checked, text: &str, form: Form) {
        let (account, now, password) = (checked.account, self.now(), checked.dated());
        let owner = &self.accounts[account];
        let kept = &owner.sessions[index];
        let session = kept.number;
        let is_doubled = owner.is_sent_twice(session, text, now);
        let is_live = owner.is_current(kept, now) && checked.is_current(owner, now);
        let is_recovery_login = kept.session.method() == AuthMethod::RecoveryCode
            && is_alive(3_600, kept.session.at().as_secs(), now);
        // What the password alone is enough for, or is refused for. Otherwise it is as without it.
        let alone = if is_doubled {
            None
        } else if !is_live {
            Some(Err(Refusal::StepUpRequired))
        } else if owner.mark.is_some() || checked.began_during_change() {
            Some(Err(Refusal::Retry))
        } else if owner.phone.is_none() {
            Some(Ok(Beside::Nothing))
        } else if is_recovery_login && text.is_empty() {
            Some(Ok(Beside::RecoveryLogin))
        } else {
            None
        };

        let verifier = self.verifier.clone();
        let asked = verifier.reauthenticate(&kept.session, checked.into_password(), text);
        let (answer, rows) = self.ask(account, asked);
        let beside = match alone {
            Some(alone) => {
                self.take_events();
                assert!(!rows.written());
                assert_eq!(answer.as_ref().err(), alone.as_ref().err());
                let Ok(beside) = alone else { return };
                beside
            }
            None => {
                // Which of the three it was is told by the event.
                let method = match &answer {
                    Err(refusal) => Err(*refusal),
                    Ok(_) => Ok(form.method().expect("something was typed")),
                };
                let Some(dated) = self.hold_to_model(account, index, (text, form), method, &rows) else {
                    return;
                };
                Beside::Factor(dated)
            }
        };
        let proof = answer.expect("as the model has it");
        assert_eq!(proof.account(), &self.accounts[account].id);
        hold(&mut self.again, 8, Again { account, session, password, beside, proof });
    }

    /// Holds the answer to a step-up to the model: when and in which epoch it was made, if it was.
    fn hold_to_model(
        &mut self,
        account: usize,
        index: usize,
        (text, form): (&str, Form),
        answer: Result<AuthMethod, Refusal>,
        rows: &Rows,
    ) -> Option<Dated> {
        let (now, events) = (self.now(), self.take_events());
        assert!(!events.contains(&EventKind::ChallengeOpened));
        let owner = &mut self.accounts[account];
        let kept = &owner.sessions[index];
        let (session, device) = (kept.number, kept.session.device());
        let refused = if owner.is_sent_twice(session, text, now) {
            Some(Refusal::AlreadyDone)
        } else if !owner.is_current(kept, now) {
            Some(Refusal::StepUpRequired)
        } else if owner.mark.is_some() {
            Some(Refusal::Retry)
        } else if owner.phone.is_none() {
            Some(Refusal::NoAuthenticator)
        } else {
            None
        };
        if let Some(refusal) = refused {
            assert_eq!(answer, Err(refusal), "in a session");
            assert!(!rows.written(), "written for nothing");
            return None;
        }
        let judged = owner.judge(text, form, now);
        match became(owner, (form, judged), false, answer, &events, now) {
            Became::Free => {
                assert!(!rows.written(), "what costs nothing was written");
                None
            }
            Became::Charged => {
                assert!(rows.written());
                None
            }
            Became::Accepted(method) => {
                assert!(rows.written());
                assert!(events.contains(&EventKind::SteppedUp { method }));
                let epoch = owner.epoch;
                owner.use_up(judged, device);
                owner.trust_the_clock(method, now);
                let binding = matches!(judged, Judged::Fresh(_)).then_some(owner.binding);
                owner.stepped_up = Some(SteppedUp { session, at: now, text: text.to_owned(), form, binding });
                Some(Dated { epoch, at: now, device })
            }
        }
    }
}
