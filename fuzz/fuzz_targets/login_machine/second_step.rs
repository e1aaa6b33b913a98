//! What is presented for a challenge, and how the model judges what is presented anywhere.

use second_factor::session::{DeviceId, EventKind, RefusedBecause};
use second_factor::{AuthMethod, Refusal, Remember};
use second_factor_fuzz::Phone;

use crate::account::{Account, Device, digits};
use crate::budget::Lock;
use crate::{Machine, is_alive};

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Form {
    Code,
    CodesInARow,
    RecoveryCode,
    /// Of none of these forms.
    Nothing,
}

impl Form {
    pub fn method(self) -> Option<AuthMethod> {
        match self {
            Self::Code => Some(AuthMethod::Code),
            Self::CodesInARow => Some(AuthMethod::CodesInARow),
            Self::RecoveryCode => Some(AuthMethod::RecoveryCode),
            Self::Nothing => None,
        }
    }
}

/// What the model makes of what was presented.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Judged {
    /// The code of this step, or the codes up to it.
    Fresh(u64),
    /// The unused recovery code in this place.
    Unused(usize),
    /// A right code that is not later than the last, or codes of which one is not.
    Used,
    Wrong,
    Malformed,
}

/// What became of what was presented.
#[derive(PartialEq, Debug)]
pub enum Became {
    Accepted(AuthMethod),
    Charged,
    /// Refused free of charge.
    Free,
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

    /// For a challenge.
    pub fn codes_in_a_row(&mut self, a: u8, pick: u8) {
        let Some(index) = usize::from(pick).checked_rem(self.open.len()) else { return };
        let Some(text) = self.row(self.open[index].account, a >> 1 & 7, a >> 4) else { return };
        self.present(index, &text, Form::CodesInARow, a & 1 == 1);
    }

    /// Codes in a row: right, ahead, one wrong, one used, or in the wrong order.
    pub fn row(&self, account: usize, kind: u8, salt: u8) -> Option<String> {
        let (owner, nth) = (&self.accounts[account], usize::from(salt % 4));
        let phone = owner.phone.as_ref()?;
        let now = phone.step(self.now())?;
        let last = match kind {
            1 => now.saturating_add(1),
            3 => owner.last?.saturating_add(salt.into()),
            _ => now,
        };
        let mut codes = phone.codes_in_a_row(last)?;
        match kind {
            2 => codes[nth] = phone.wrong_code(self.now(), salt),
            4 => codes.swap(nth, (nth + 1) % 4),
            _ => {}
        }
        Some(codes.join([" ", "", "-", "\n"][nth]))
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
        let exhausts = touched.is_some_and(|touched| touched.failures == 4);
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
        match became(owner, (form, judged), exhausts, method, &events, now) {
            Became::Free => assert!(!rows.written(), "what costs nothing was written"),
            Became::Charged => {
                assert!(rows.written());
                owner.touch(number, at, now).failures += 1;
            }
            Became::Accepted(method) => {
                assert!(rows.written());
                owner.use_up(judged, None);
                let touched = owner.touch(number, at, now);
                touched.done = true;
                let charged = touched.failures;
                owner.budget.refund(charged);
                owner.trust_the_clock(method, now);
                let mut accepted = answer.expect("as it became");
                let token = accepted.device.take();
                assert_eq!(token.is_some(), ticked && method != AuthMethod::RecoveryCode);
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
            Form::Code | Form::CodesInARow => {
                let is_row = form == Form::CodesInARow;
                let steps = self.phone.as_ref().map_or(Vec::new(), |phone| match is_row {
                    true => phone.steps_with_row(&digits(text), now),
                    false => phone.steps_with(text, now),
                });
                // All four are.
                let later = |step: &u64| {
                    self.last.is_none_or(|last| step.saturating_sub(if is_row { 3 } else { 0 }) > last)
                };
                match steps.iter().copied().filter(later).min() {
                    Some(step) => Judged::Fresh(step),
                    None if steps.is_empty() => Judged::Wrong,
                    None => Judged::Used,
                }
            }
        }
    }

    /// An accepted code, or codes in a row, prove the clock: time gives credit, and what is over goes.
    pub fn trust_the_clock(&mut self, method: AuthMethod, now: u64) {
        if method != AuthMethod::RecoveryCode {
            self.budget.take_credit(now);
            self.drop_what_is_over(now);
        }
    }

    /// What was accepted is used up. After a recovery code, all devices are forgotten but one.
    pub fn use_up(&mut self, judged: Judged, kept: Option<DeviceId>) {
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
/// `exhausts` is whether another failure ends the challenge.
pub fn became(
    owner: &mut Account,
    (form, judged): (Form, Judged),
    exhausts: bool,
    answer: Result<AuthMethod, Refusal>,
    events: &[EventKind],
    now: u64,
) -> Became {
    let told = events.iter().find_map(|event| match event {
        EventKind::CodeRefused { reason } if form != Form::RecoveryCode => Some(*reason),
        EventKind::RecoveryCodeRefused { reason } if form == Form::RecoveryCode => Some(*reason),
        _ => None,
    });
    let lock = owner.lock(now);
    let reason = if judged == Judged::Used { RefusedBecause::Replayed } else { RefusedBecause::Wrong };
    let (expected, reason, became) = match (form, judged, lock) {
        (_, Judged::Malformed, _) => (Err(Refusal::Malformed), None, Became::Free),
        (Form::Code, _, Some(Lock { retry_at })) => {
            (Err(Refusal::Locked { retry_at }), Some(RefusedBecause::Locked), Became::Free)
        }
        (_, Judged::Fresh(_) | Judged::Unused(_), _) => {
            let method = form.method().expect("it is not malformed");
            (Ok(method), None, Became::Accepted(method))
        }
        (Form::CodesInARow, ..) | (Form::RecoveryCode, _, Some(_)) => {
            (Err(Refusal::NotAccepted), Some(reason), Became::Free)
        }
        _ => {
            let alarm = owner.budget.charge();
            let lock = owner.lock(now);
            assert_charged(events, exhausts, alarm, lock);
            let refusal = match (form, lock) {
                _ if exhausts => Refusal::ChallengeOver,
                (Form::Code, Some(Lock { retry_at })) => Refusal::Locked { retry_at },
                _ => Refusal::NotAccepted,
            };
            (Err(refusal), Some(reason), Became::Charged)
        }
    };
    assert_eq!((answer, told), (expected, reason), "{form:?} that is {judged:?}; {:?}", owner.budget);
    if became != Became::Charged {
        assert_charged(events, false, None, None);
    }
    became
}

/// The host is told what a charge set off, and of nothing else.
fn assert_charged(events: &[EventKind], exhausts: bool, alarm: Option<u32>, lock: Option<Lock>) {
    let is_of_charges = |event: &&EventKind| {
        matches!(
            event,
            EventKind::ChallengeExhausted
                | EventKind::PasswordSuspectedKnown { .. }
                | EventKind::Locked { .. }
        )
    };
    let told: Vec<_> = events.iter().filter(is_of_charges).cloned().collect();
    let expected = [
        exhausts.then_some(EventKind::ChallengeExhausted),
        alarm.map(|guesses| EventKind::PasswordSuspectedKnown { guesses }),
        lock.map(|lock| EventKind::Locked { until: lock.retry_at }),
    ];
    assert_eq!(told, expected.into_iter().flatten().collect::<Vec<_>>());
}

/// The recovery code of nobody.
pub const OF_NOBODY: &str = "MFRGG-ZDFMZ-TWQ2L-KNNWG-23TPOA";
