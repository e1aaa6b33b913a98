//! What is presented for a challenge, and how the model judges what is presented anywhere.

use second_factor::session::{DeviceId, EventKind, RefusedBecause};
use second_factor::{AuthMethod, Refusal, Remember};
use second_factor_fuzz::Phone;

use crate::account::{Account, Device};
use crate::{Machine, Rows, is_alive};

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Form {
    Code,
    RecoveryCode,
    /// Of neither form.
    Nothing,
}

/// What the model makes of what was presented.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Judged {
    /// The code of this step.
    Fresh(u64),
    /// The unused recovery code in this place.
    Unused(usize),
    /// A right code that is not later than the last.
    Used,
    Wrong,
    Malformed,
}

/// What became of what was presented.
#[derive(PartialEq, Debug)]
pub enum Became {
    Accepted(AuthMethod),
    Charged(Refusal),
    NotEvaluated,
}

impl Machine {
    pub fn right_code(&mut self, a: u8, pick: u8) {
        let Some(phone) = self.phone_for(pick) else { return };
        let Some(step) = phone.step(self.now()) else { return };
        let step = match a >> 1 & 3 {
            0 => step.saturating_sub(1),
            1 => step.saturating_add(1),
            _ => step,
        };
        self.present(usize::from(pick), &phone.code_of(step), Form::Code, a & 1 == 1);
    }

    pub fn wrong_codes(&mut self, a: u8, pick: u8) {
        for salt in 0..=a % 6 {
            let Some(phone) = self.phone_for(pick) else { return };
            self.present(usize::from(pick), &phone.wrong_code(self.now(), salt), Form::Code, false);
        }
    }

    pub fn used_code(&mut self, a: u8, pick: u8) {
        let Some(phone) = self.phone_for(pick) else { return };
        let account = self.open[usize::from(pick) % self.open.len()].account;
        let Some(last) = self.accounts[account].last else { return };
        let step = last.saturating_sub(u64::from(a % 3));
        self.present(usize::from(pick), &phone.code_of(step), Form::Code, a & 4 == 4);
    }

    pub fn recovery_code(&mut self, a: u8, pick: u8) {
        let Some(index) = usize::from(pick).checked_rem(self.open.len()) else { return };
        let account = self.open[index].account;
        // Sometimes one of the other account.
        let account = &self.accounts[if a % 8 == 7 { 1 - account } else { account }];
        let codes = if a % 8 == 6 { &account.used } else { &account.unused };
        let Some(code) = codes.get(usize::from(a >> 3) % codes.len().max(1)).cloned() else { return };
        self.present(index, &code, Form::RecoveryCode, a & 1 == 1);
    }

    pub fn present_garbage(&mut self, a: u8, pick: u8) {
        let (text, form) = match a % 4 {
            0 => (OF_NOBODY.to_owned(), Form::RecoveryCode),
            1 => ("lost it".to_owned(), Form::Nothing),
            2 => (String::new(), Form::Nothing),
            _ => (format!("{a:06}"), Form::Code),
        };
        self.present(usize::from(pick), &text, form, false);
    }

    /// Somebody who has the password, and a new challenge for each guess.
    pub fn guess_in_fresh_challenges(&mut self, a: u8, count: u8) {
        for salt in 0..=count % 32 {
            let checked = self.check(usize::from(a & 1));
            self.password_step(checked, None, false);
            let Some(last) = self.open.len().checked_sub(1) else { return };
            let phone = self.accounts[self.open[last].account].phone.as_ref();
            let wrong = phone.map(|phone| phone.wrong_code(self.now(), salt));
            self.present(last, wrong.as_deref().unwrap_or("000000"), Form::Code, false);
        }
    }

    fn phone_for(&self, pick: u8) -> Option<Phone> {
        let open = self.open.get(usize::from(pick).checked_rem(self.open.len())?)?;
        self.accounts[open.account].phone.clone()
    }

    /// The heart: presents a text for a challenge, and holds the answer to the model.
    pub fn present(&mut self, pick: usize, text: &str, form: Form, ticked: bool) {
        let Some(index) = pick.checked_rem(self.open.len()) else { return };
        let (now, open) = (self.now(), &self.open[index]);
        let (account, number, epoch, at) = (open.account, open.number, open.epoch, open.at);
        let is_genuine = self.verifies(open.key);
        let remember = if ticked { Remember::ThisDevice { label: "a browser" } } else { Remember::No };
        let verifier = self.verifier.clone();
        let (answer, rows) = self.ask(account, verifier.present(&open.token, text, remember));
        let events = self.take_events();

        let owner = &mut self.accounts[account];
        let touched = owner.touched.iter().find(|touched| touched.challenge == number);
        let is_live = is_genuine && epoch == owner.epoch && is_alive(600, at, now) && owner.phone.is_some();
        let refused = match touched {
            Some(touched) if is_genuine && touched.done => Some(Refusal::AlreadyDone),
            Some(touched) if touched.failures >= 5 => Some(Refusal::ChallengeOver),
            _ if !is_live => Some(Refusal::ChallengeOver),
            _ if owner.mark.is_some() => Some(Refusal::Retry),
            _ => None,
        };
        if let Some(refusal) = refused {
            assert_eq!(answer.err(), Some(refusal), "of what is over");
            assert!(!rows.written(), "written for what is over");
            return;
        }

        let judged = owner.judge(text, form, now);
        let method =
            answer.as_ref().map(|accepted| accepted.authenticated.method()).map_err(|refusal| *refusal);
        match became(owner, (form, judged), method, &events, &rows, self.forward) {
            Became::NotEvaluated => assert!(!rows.written(), "what was not evaluated was written"),
            Became::Charged(refusal) => {
                assert!(rows.written());
                let touched = owner.touch(number, at, now);
                touched.failures += 1;
                let exhausted = touched.failures >= 5;
                assert_eq!(exhausted, events.contains(&EventKind::ChallengeExhausted));
                if matches!(refusal, Refusal::NotAccepted | Refusal::ChallengeOver) {
                    assert_eq!(exhausted, refusal == Refusal::ChallengeOver);
                }
            }
            Became::Accepted(method) => {
                assert!(rows.written());
                owner.use_up(judged, None);
                let touched = owner.touch(number, at, now);
                touched.done = true;
                owner.guesses -= u32::from(touched.failures);
                if method == AuthMethod::Code {
                    owner.drop_what_is_over(now);
                }
                let mut accepted = answer.expect("as it became");
                let token = accepted.device.take();
                assert_eq!(token.is_some(), ticked && method == AuthMethod::Code);
                let epoch = owner.epoch;
                if let Some(token) = token {
                    let id = events.iter().find_map(|event| match event {
                        EventKind::DeviceRemembered { device, .. } => Some(*device),
                        _ => None,
                    });
                    let id = id.expect("it is told of");
                    while owner.devices.len() >= 10 {
                        let oldest = owner.devices.iter().map(|device| device.rotated_at).min();
                        let idle = owner.devices.iter().position(|device| Some(device.rotated_at) == oldest);
                        owner.devices.remove(idle.expect("ten"));
                    }
                    owner.devices.push(Device { id, generation: 0, rotated_at: now, since: now });
                    self.keep_cookie(account, &token, id, 0);
                }
                self.start(account, accepted, method, epoch, None);
            }
        }
    }
}

impl Account {
    pub fn judge(&self, text: &str, form: Form, now: u64) -> Judged {
        match form {
            Form::Nothing => Judged::Malformed,
            Form::RecoveryCode => {
                let place = self.unused.iter().position(|unused| unused == text);
                place.map_or(Judged::Wrong, Judged::Unused)
            }
            Form::Code => {
                let steps = self.phone.as_ref().map_or(Vec::new(), |phone| phone.steps_with(text, now));
                let later = |step: &u64| self.last.is_none_or(|last| *step > last);
                match steps.iter().copied().filter(later).min() {
                    Some(step) => Judged::Fresh(step),
                    None if steps.is_empty() => Judged::Wrong,
                    None => Judged::Used,
                }
            }
        }
    }

    /// What was accepted is used up. After a recovery code, all devices are forgotten but one.
    pub fn use_up(&mut self, judged: Judged, kept: Option<DeviceId>) {
        self.consecutive = 0;
        match judged {
            Judged::Fresh(step) => self.last = Some(step),
            Judged::Unused(place) => {
                let code = self.unused.remove(place);
                self.used.push(code);
                self.devices.retain(|device| Some(device.id) == kept);
            }
            judged => panic!("accepted, and it was {judged:?}"),
        }
    }
}

/// Holds an answer to what the model makes of what was presented, where nothing stood in the way of evaluating it.
pub fn became(
    owner: &mut Account,
    (form, judged): (Form, Judged),
    answer: Result<AuthMethod, Refusal>,
    events: &[EventKind],
    rows: &Rows,
    forward: u128,
) -> Became {
    let reason = events.iter().find_map(|event| match event {
        EventKind::CodeRefused { reason } | EventKind::RecoveryCodeRefused { reason } => Some(*reason),
        _ => None,
    });
    let is_spent = owner.guesses >= 20 || owner.consecutive >= 100;
    let refusal = match (judged, answer, reason) {
        (Judged::Fresh(_), Ok(AuthMethod::Code), None) => return Became::Accepted(AuthMethod::Code),
        (Judged::Unused(_), Ok(AuthMethod::RecoveryCode), None) => {
            return Became::Accepted(AuthMethod::RecoveryCode);
        }
        (Judged::Malformed, Err(Refusal::Malformed), None) => return Became::NotEvaluated,
        (_, Err(Refusal::Locked { .. }), Some(RefusedBecause::Locked)) if form == Form::Code => {
            assert!(owner.guesses >= 20, "locked after {} guesses", owner.guesses);
            return Became::NotEvaluated;
        }
        (_, Err(Refusal::Suspended), Some(RefusedBecause::Suspended)) if form == Form::Code => {
            assert!(owner.consecutive >= 100, "suspended after {} failures", owner.consecutive);
            return Became::NotEvaluated;
        }
        (Judged::Wrong, Err(Refusal::NotAccepted), Some(RefusedBecause::Wrong))
            if form == Form::RecoveryCode && is_spent && !is_charged(rows) =>
        {
            return Became::NotEvaluated;
        }
        (Judged::Wrong, Err(refusal), Some(RefusedBecause::Wrong)) => refusal,
        (Judged::Used, Err(refusal), Some(RefusedBecause::Replayed)) => refusal,
        (judged, answer, reason) => panic!("{judged:?}, and {answer:?} because {reason:?}"),
    };
    owner.charge(forward);
    let locks = events.iter().any(|event| matches!(event, EventKind::Locked { .. }));
    let suspends = events.contains(&EventKind::Suspended);
    assert!(!locks || owner.guesses >= 20);
    match refusal {
        Refusal::Suspended => assert!(form == Form::Code && suspends),
        Refusal::Locked { .. } => assert!(form == Form::Code && locks),
        Refusal::NotAccepted | Refusal::ChallengeOver => {
            assert!(form == Form::RecoveryCode || !locks && !suspends);
        }
        refusal => panic!("charged, and {refusal:?}"),
    }
    Became::Charged(refusal)
}

/// Whether the record counts one more guess.
fn is_charged(rows: &Rows) -> bool {
    let [before, after] = [&rows.before, &rows.after].map(|row| {
        let record = row.as_ref().map(|row| serde_json::to_value(&row.value).expect("JSON"));
        record.and_then(|record| record.pointer("/record/budget/unrefunded")?.as_u64())
    });
    before != after
}

/// The recovery code of nobody.
pub const OF_NOBODY: &str = "MFRGG-ZDFMZ-TWQ2L-KNNWG-23TPOA";
