//! Invariants that are checked without the model, only from what the library did.

use std::collections::{BTreeMap, BTreeSet};

use second_factor::session::{AuditEvent, EventKind, RefusedBecause};
use second_factor::{AuthMethod, Policy};

use super::command::Either;
use crate::support::Phone;

const THIRTY_DAYS: u64 = 30 * 86_400;

/// Where something was presented: in a challenge or in a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    ForLogin(usize),
    InSession,
}

/// Facts about one command.
#[derive(Default)]
#[allow(clippy::struct_excessive_bools, reason = "a list of facts")]
pub struct Evidence {
    pub asked: Option<Asked>,
    /// The typed text, and the phones of which one should show it.
    shown: Option<(Vec<(usize, Phone)>, String)>,
    /// The number of apps that a code is compared with.
    pub weight: u64,
    pub accepted_code: bool,
    accepted_passkey: bool,
    /// The bound passkey that signed, and the number of the proof.
    pub signed: Option<(usize, u64)>,
    /// For these phones, no step up to this one may be accepted any more.
    pub used_up: Vec<(usize, u64)>,
    pub recovery_code: Option<String>,
    accepted_recovery_code: bool,
    /// Whether the cookie that was sent is one that this account got.
    pub cookie_was_given: bool,
    pub method: Option<AuthMethod>,
    pub remembered: bool,
    /// Whether the password was changed with a fresh factor, or the last authenticator was removed.
    pub restored: bool,
}

impl Evidence {
    pub fn code(&mut self, phones: Vec<(usize, Phone)>, text: &str) {
        self.shown = Some((phones, text.to_owned()));
    }

    pub fn either(&mut self, either: Either, phones: Vec<(usize, Phone)>, text: &str) {
        match either {
            Either::Code(_) | Either::InARow(_) => self.code(phones, text),
            Either::Recovery(_) => self.recovery_code = Some(text.to_owned()),
            Either::Passkey(_) | Either::Nothing => {}
        }
    }

    /// The text typed as a code.
    pub fn typed_code(&self) -> Option<&str> {
        self.shown.as_ref().map(|(_, text)| text.as_str())
    }

    pub fn accepted_passkey(&self) -> bool {
        self.accepted_passkey
    }

    pub fn accept(&mut self, method: AuthMethod) {
        self.method = Some(method);
        self.accepted_code = [AuthMethod::Code, AuthMethod::CodesInARow].contains(&method);
        self.accepted_passkey = matches!(method, AuthMethod::HostAuthenticator(_));
        self.accepted_recovery_code = method == AuthMethod::RecoveryCode;
    }
}

/// A guess that was evaluated, with the total time by which the clock had advanced.
struct Guess {
    /// The challenge whose success refunds it. In a session there is none.
    challenge: Option<Asked>,
    elapsed: u64,
    weight: u64,
    /// How many codes had been accepted before.
    accepted_codes: u64,
}

pub struct Witness {
    budget: u64,
    /// The most guesses that time gives back at once.
    credit: u64,
    regain_every: u64,
    window: (u64, u64),
    /// The last accepted step of each phone.
    last_step: BTreeMap<usize, u64>,
    used_recovery_codes: BTreeSet<String>,
    /// The last accepted proof of each passkey.
    last_signed: BTreeMap<usize, u64>,
    /// When codes were accepted with "remember this device" ticked.
    remembered: BTreeSet<u64>,
    guesses: Vec<Guess>,
    accepted_codes: u64,
}

impl Witness {
    pub fn new(policy: &Policy) -> Self {
        Self {
            budget: policy.guess_budget().into(),
            credit: (THIRTY_DAYS / policy.regain_every().as_secs()).min(policy.guess_budget().into()),
            regain_every: policy.regain_every().as_secs(),
            window: (policy.window().past().into(), policy.window().future().into()),
            last_step: BTreeMap::new(),
            used_recovery_codes: BTreeSet::new(),
            last_signed: BTreeMap::new(),
            remembered: BTreeSet::new(),
            guesses: vec![],
            accepted_codes: 0,
        }
    }

    pub fn see(
        &mut self,
        shown: &Evidence,
        events: &[AuditEvent],
        now: u64,
        elapsed: u64,
    ) -> Result<(), String> {
        for (phone, step) in &shown.used_up {
            let last = self.last_step.entry(*phone).or_default();
            *last = (*last).max(*step);
        }
        if shown.accepted_passkey {
            let (passkey, signed) =
                shown.signed.ok_or("a passkey was accepted that made no proof, or is not bound")?;
            if self.last_signed.insert(passkey, signed) == Some(signed) {
                return Err("a passkey proof was accepted twice".into());
            }
        }
        if shown.accepted_code {
            self.a_right_code_once(shown, now)?;
        }
        if shown.accepted_recovery_code {
            let code = shown.recovery_code.clone().ok_or("no recovery code was presented")?;
            if !self.used_recovery_codes.insert(code) {
                return Err("a recovery code was accepted twice".into());
            }
        }
        if shown.remembered {
            self.remembered.insert(now);
        }
        match shown.method {
            Some(AuthMethod::Code | AuthMethod::CodesInARow) if !shown.accepted_code => {
                return Err("`Code` without a code".into());
            }
            Some(AuthMethod::RememberedDevice { since }) => {
                self.a_cookie_of_less_than_thirty_days(shown, since.as_secs(), now)?;
            }
            _ => {}
        }
        self.the_budget(shown, events, elapsed)
    }

    /// No step is accepted twice or after a later one, and no code is accepted that the phone does not show within the window.
    fn a_right_code_once(&mut self, shown: &Evidence, now: u64) -> Result<(), String> {
        let (phones, text) = shown.shown.as_ref().ok_or("a code was accepted, but none was typed")?;
        let (past, future) = self.window;
        let codes: Vec<&str> = text.split(' ').collect();
        if (codes.len() == 4) != (shown.method == Some(AuthMethod::CodesInARow)) {
            return Err(format!("{} codes were accepted as {:?}", codes.len(), shown.method));
        }
        let accepted = phones.iter().filter_map(|(phone, app)| {
            let last = self.last_step.get(phone).copied();
            let mut window = (now / 30).saturating_sub(past)..=now / 30 + future;
            let step = window.find(|step| {
                let oldest = step + 1 - codes.len() as u64;
                last.is_none_or(|last| oldest > last)
                    && (oldest..)
                        .zip(&codes)
                        .all(|(step, code)| app.code(second_factor::UnixTime::from_secs(step * 30)) == *code)
            });
            Some((*phone, step?))
        });
        let accepted: Vec<(usize, u64)> = accepted.collect();
        if accepted.is_empty() {
            return Err("the accepted code was wrong, used, or older than a used one".into());
        }
        self.last_step.extend(accepted);
        Ok(())
    }

    fn a_cookie_of_less_than_thirty_days(
        &self,
        shown: &Evidence,
        since: u64,
        now: u64,
    ) -> Result<(), String> {
        if !shown.cookie_was_given {
            return Err("remembered by a cookie that this account never got".into());
        }
        if !self.remembered.contains(&since) {
            return Err(format!("remembered since {since}, but no login then had it ticked"));
        }
        if now >= since + THIRTY_DAYS {
            return Err(format!("remembered {} s after the code", now - since));
        }
        Ok(())
    }

    /// Evaluated guesses whose challenge was not completed. Between two accepted codes: at most the budget and a month's
    /// credit. In any span of time: the same, plus one for each `regain_every` in that span.
    fn the_budget(&mut self, shown: &Evidence, events: &[AuditEvent], elapsed: u64) -> Result<(), String> {
        if shown.restored {
            self.guesses.clear();
        }
        let challenge = shown.asked.filter(|asked| *asked != Asked::InSession);
        if shown.accepted_code || shown.accepted_recovery_code || shown.accepted_passkey {
            self.guesses.retain(|guess| guess.challenge.is_none() || guess.challenge != challenge);
        }
        let is_guess = |event: &&AuditEvent| match event.kind {
            EventKind::CodeRefused { reason } => {
                matches!(
                    reason,
                    RefusedBecause::Wrong | RefusedBecause::Replayed | RefusedBecause::ClockOff(_)
                )
            }
            // Recovery codes of an old system may be as short as a code.
            EventKind::OldRecoveryCodeTried => true,
            _ => false,
        };
        // Codes in a row are not counted as guesses: 64 bits cannot be guessed.
        let is_row = shown.typed_code().is_some_and(|typed| typed.contains(' '));
        for _ in events.iter().filter(|event| !is_row && is_guess(event)) {
            shown.asked.ok_or("a guess outside of challenges and sessions")?;
            let (weight, accepted_codes) = (shown.weight, self.accepted_codes);
            self.guesses.push(Guess { challenge, elapsed, weight, accepted_codes });
        }
        if shown.accepted_code && shown.asked.is_some() {
            self.accepted_codes += 1;
        }
        let since_the_last = self.guesses.iter().filter(|guess| guess.accepted_codes == self.accepted_codes);
        let since_the_last: u64 = since_the_last.map(|guess| guess.weight).sum();
        if since_the_last > self.budget + self.credit {
            return Err(format!("{since_the_last} guesses were evaluated since a code was accepted"));
        }
        let mut count = 0;
        for first in self.guesses.iter().rev() {
            count += first.weight;
            let span = elapsed - first.elapsed;
            let most = self.budget + self.credit + 1 + span / self.regain_every;
            if count > most {
                return Err(format!("{count} guesses were evaluated within {span} s: at most {most} may be"));
            }
        }
        Ok(())
    }
}
