//! How the model evaluates proofs, in a challenge or in a session.

use second_factor::session::{
    DeviceId, EventKind, ForgottenBecause, HostAuthenticatorVerified, RefusedBecause,
};
use second_factor::{AccountId, AuthMethod, RecoveryCode, Refusal};

use crate::account::{Account, With};
use crate::authenticator::{App, Authenticator, Compared, Prover, credential, id_of_host};
use crate::budget::Lock;

/// A proof.
#[derive(Clone, PartialEq, Debug)]
pub enum What {
    Typed(String),
    Host(HostProof),
    /// The old recovery code of this name, tried in this challenge.
    Old {
        account: usize,
        challenge: u32,
        name: String,
    },
}

/// A proof of an authenticator that the host verified.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct HostProof {
    pub account: usize,
    pub credential: u8,
    pub signed: u32,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Form {
    Code,
    CodesInARow,
    RecoveryCode,
    Host,
    OldRecoveryCode,
    /// None of these forms.
    Nothing,
}

/// The result for a proof.
#[derive(Debug)]
pub enum Verdict {
    Accepted(AuthMethod, With),
    /// Refused without a charge; with the reason for the host.
    Free(Refusal, Option<RefusedBecause>),
    Charged(RefusedBecause),
}

impl What {
    /// The account that it belongs to, if that is known.
    pub fn account(&self) -> Option<usize> {
        match self {
            Self::Typed(_) => None,
            Self::Host(HostProof { account, .. }) | Self::Old { account, .. } => Some(*account),
        }
    }

    pub fn is_blank(&self) -> bool {
        matches!(self, Self::Typed(text) if text.trim().is_empty())
    }
}

impl HostProof {
    pub fn verified(self, account: &AccountId) -> HostAuthenticatorVerified {
        let signed = self.signed.to_le_bytes();
        HostAuthenticatorVerified::by_host(account.clone(), &credential(self.credential), &signed)
    }
}

impl Form {
    pub fn refused(self, reason: RefusedBecause) -> EventKind {
        match self {
            Self::Code | Self::CodesInARow | Self::Nothing => EventKind::CodeRefused { reason },
            Self::RecoveryCode | Self::OldRecoveryCode => EventKind::RecoveryCodeRefused { reason },
            Self::Host => EventKind::HostAuthenticatorRefused { reason },
        }
    }
}

impl Account {
    /// The form shows what a typed text is. It depends on the digits of the account's apps.
    pub fn form(&self, what: &What) -> Form {
        let text = match what {
            What::Host(_) => return Form::Host,
            What::Old { .. } => return Form::OldRecoveryCode,
            What::Typed(text) => text,
        };
        let digits = digits(text);
        let reads = |is_read: fn(&App, &str) -> bool| {
            digits.as_deref().is_some_and(|digits| self.apps().any(|app| is_read(app, digits)))
        };
        if reads(App::reads_code) {
            Form::Code
        } else if reads(App::reads_row) {
            Form::CodesInARow
        } else if RecoveryCode::parse(text).is_ok() {
            Form::RecoveryCode
        } else {
            Form::Nothing
        }
    }

    /// Uses up what it accepts. `challenge` is the one it is presented in, `kept` the device that a recovery code does not forget.
    pub fn evaluate(
        &mut self,
        what: &What,
        challenge: Option<u32>,
        kept: Option<DeviceId>,
        now: u64,
    ) -> Verdict {
        let refused = |reason| Verdict::Free(Refusal::NotAccepted, Some(reason));
        let (form, lock) = (self.form(what), self.lock(now));
        match (what, form) {
            (_, Form::Nothing) => Verdict::Free(Refusal::Malformed, None),
            (_, Form::Code) if lock.is_some() => {
                Verdict::Free(lock.expect("one").refusal(), Some(RefusedBecause::Locked))
            }
            (What::Typed(text), Form::Code | Form::CodesInARow) => {
                let is_row = form == Form::CodesInARow;
                match self.compare(&digits(text).expect("digits"), is_row, now) {
                    Ok(with) => {
                        let method = if is_row { AuthMethod::CodesInARow } else { AuthMethod::Code };
                        Verdict::Accepted(method, with)
                    }
                    Err(reason) if is_row => refused(reason),
                    Err(reason) => Verdict::Charged(reason),
                }
            }
            (What::Typed(text), _) => match self.unused.iter().position(|unused| unused == text) {
                Some(place) => {
                    let code = self.unused.remove(place);
                    self.used.push(code.clone());
                    self.after_recovery_code(kept);
                    Verdict::Accepted(AuthMethod::RecoveryCode, With::RecoveryCode(code))
                }
                None if lock.is_some() => refused(RefusedBecause::Wrong),
                None => Verdict::Charged(RefusedBecause::Wrong),
            },
            (What::Old { challenge: tried_in, name, .. }, _) => {
                if challenge != Some(*tried_in) {
                    return refused(RefusedBecause::NoChallenge);
                }
                let Some(place) = self.old_codes.iter().position(|unused| unused == name) else {
                    return refused(RefusedBecause::Replayed);
                };
                let name = self.old_codes.remove(place);
                self.after_recovery_code(kept);
                Verdict::Accepted(AuthMethod::RecoveryCode, With::RecoveryCode(name))
            }
            (What::Host(proof), _) => {
                let id = id_of_host(&self.id, proof.credential);
                let bound = self.authenticators.iter_mut().find(|bound| bound.id == id);
                let Some(Authenticator { last_used, prover: Prover::Host(key), .. }) = bound else {
                    return refused(RefusedBecause::Wrong);
                };
                if key.last_signed == Some(proof.signed) {
                    return refused(RefusedBecause::Replayed);
                }
                (*last_used, key.last_signed) = (Some(now), Some(proof.signed));
                Verdict::Accepted(AuthMethod::HostAuthenticator(key.kind), With::Host(*proof))
            }
        }
    }

    /// Compares with every app. Each one that the code fits moves to its step; the first of them is reported.
    fn compare(&mut self, digits: &str, is_row: bool, now: u64) -> Result<With, RefusedBecause> {
        let (mut accepted, mut reason) = (None, RefusedBecause::Wrong);
        for bound in &mut self.authenticators {
            let Prover::App(app) = &mut bound.prover else { continue };
            match app.compare(digits, is_row, now) {
                Some(Compared::Fresh(step)) => {
                    (bound.last_used, app.last) = (Some(now), Some(step));
                    accepted = accepted.or_else(|| Some(With::Code(app.phone.code_of(step))));
                }
                Some(Compared::Refused(found))
                    if reason != RefusedBecause::Replayed && found != RefusedBecause::Wrong =>
                {
                    reason = found;
                }
                _ => {}
            }
        }
        accepted.ok_or(reason)
    }

    /// An owner who uses a recovery code has lost the authenticator, and perhaps the devices.
    fn after_recovery_code(&mut self, kept: Option<DeviceId>) {
        self.events.push(EventKind::RecoveryCodeUsed { remaining: self.codes_left() });
        self.forget(ForgottenBecause::CredentialsChanged, |device| Some(device.id) == kept);
    }

    /// Charges a guess to the account and, if there is one, to its challenge. Returns whether the challenge is exhausted.
    pub fn pay(&mut self, challenge: Option<(u32, u64)>, now: u64) -> (bool, Option<Lock>) {
        let guesses = self.guesses();
        let alarm = self.budget.charge(guesses);
        let lock = self.lock(now);
        let exhausted = challenge.is_some_and(|(challenge, opened_at)| {
            let touched = self.touch(challenge, opened_at, now);
            touched.failures += 1;
            touched.charged += guesses;
            touched.failures >= 5
        });
        let told = [
            exhausted.then_some(EventKind::ChallengeExhausted),
            alarm.map(|guesses| EventKind::PasswordSuspectedKnown { guesses }),
            lock.map(|lock| EventKind::Locked { until: lock.retry_at }),
        ];
        self.events.extend(told.into_iter().flatten());
        (exhausted, lock)
    }

    /// The same for a typed proof; returns the refusal.
    pub fn refuse(
        &mut self,
        form: Form,
        reason: RefusedBecause,
        challenge: Option<(u32, u64)>,
        now: u64,
    ) -> Refusal {
        self.events.push(form.refused(reason));
        match (form, self.pay(challenge, now)) {
            (_, (true, _)) => Refusal::ChallengeOver,
            (Form::Code, (_, Some(lock))) => lock.refusal(),
            _ => Refusal::NotAccepted,
        }
    }

    /// A code that no app shows now.
    pub fn wrong_code(&self, now: u64, salt: u8) -> String {
        let width = self.apps().next().map_or(6, |app| app.phone.digits());
        let is_right = |code: &str| {
            self.apps().any(|app| app.reads_code(code) && !app.phone.steps_with(code, now).is_empty())
        };
        let codes = (0..).map(|n| format!("{:0width$}", u32::from(salt) * 1_000 + n));
        codes.into_iter().find(|code| !is_right(code)).expect("a million codes, fifteen of them right")
    }
}

impl Lock {
    pub fn refusal(self) -> Refusal {
        Refusal::Locked { retry_at: self.retry_at }
    }
}

/// The typed text without blanks and dashes, if only digits are left.
pub fn digits(text: &str) -> Option<String> {
    let is_blank = |c: char| c.is_whitespace() || c == '-';
    let digits: String = text.chars().filter(|c| !is_blank(*c)).collect();
    digits.chars().all(|c| c.is_ascii_digit()).then_some(digits)
}

/// A well-formed recovery code that nobody has.
pub const OF_NOBODY: &str = "MFRGG-ZDFMZ-TWQ2L-KNNWG-23TPOA";
