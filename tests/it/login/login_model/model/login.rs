//! The two steps of a login.

use super::account::{Account, Challenge, Device, Issued, OldTry, Password, Session, Token, alive};
use super::budget::Past;
use super::{By, Demand, Event, Outcome, Presented, Refused, Sent};
use second_factor::session::FirstFactor;

/// How long a password check is valid, in seconds.
const PASSWORD: u64 = 300;

impl Demand {
    pub(super) fn is_due(self, now: u64) -> bool {
        match self {
            Self::Nothing => false,
            Self::From(time) => now >= time,
            Self::Now => true,
        }
    }
}

impl Password {
    /// Adds the first factor and the host's requirement.
    pub fn of(self, first: FirstFactor, demand: Demand) -> Self {
        Self { first, demand, ..self }
    }
}

impl Account {
    /// Begins a password check: the account is read.
    pub fn check(&self, now: u64) -> Password {
        let read = Self { events: vec![], issued: vec![], ..self.clone() };
        let during_change = self.mark.is_some();
        let (first, demand) = (FirstFactor::Password, Demand::Nothing);
        Password { at: now, epoch: self.epoch, during_change, first, demand, read: Some(Box::new(read)) }
    }

    /// The stricter of the host's requirement and the policy.
    pub(super) fn demanded(&self, demand: Demand) -> Demand {
        if self.rules.required { Demand::Now } else { demand }
    }

    pub(super) fn is_password_current(&self, proof: &Password, now: u64) -> bool {
        proof.epoch == self.epoch && alive(proof.at, PASSWORD, now)
    }

    /// The password step. It uses the account as read when the check began; only if it must write, it decides again on the
    /// present account.
    pub fn password(&mut self, now: u64, proof: &mut Password, sent: Sent) -> Outcome {
        if let Some(mut read) = proof.read.take() {
            let before = read.writes;
            let outcome = read.after_password(now, proof, sent);
            if read.writes == before {
                self.events.append(&mut read.events);
                self.issued.append(&mut read.issued);
                return outcome;
            }
            if before == self.writes {
                *self = *read;
                return outcome;
            }
        }
        self.after_password(now, proof, sent)
    }

    fn after_password(&mut self, now: u64, proof: &Password, sent: Sent) -> Outcome {
        if !self.is_password_current(proof, now) {
            return Outcome::Refused(Refused::ChallengeOver);
        }
        if self.is_changing(now) || proof.during_change {
            return Outcome::Refused(Refused::Retry);
        }
        if self.bound.is_empty() {
            let demand = self.demanded(proof.demand);
            if demand.is_due(now) {
                self.issued.push(Issued::Password);
                return Outcome::EnrollmentRequired;
            }
            let enroll_by = if let Demand::From(time) = demand { Some(time) } else { None };
            self.log_in(now, proof.first, None, None, enroll_by);
            return Outcome::LoggedInWithoutFactor;
        }
        if sent != Sent::Nothing
            && let Some(since) = self.recognize(now, proof.first, sent)
        {
            return Outcome::LoggedInRemembered { since };
        }
        self.events.push(Event::Opened);
        let challenge =
            Challenge { id: self.next_id(), epoch: self.epoch, opened: proof.at, first: proof.first };
        self.issued.push(Issued::Challenge(challenge));
        Outcome::CodeRequired
    }

    /// Whether a password change is under way. A proof that was verified just now ends an interrupted one.
    pub(super) fn is_changing(&mut self, now: u64) -> bool {
        let Some(mark) = self.mark else { return false };
        if !alive(mark.at, 60, now) {
            self.mark = None;
            self.next_epoch("credentials changed", now);
            self.events.push(Event::PasswordChangeInterrupted);
        }
        true
    }

    /// If the device is recognized: since when it is remembered.
    fn recognize(&mut self, now: u64, first: FirstFactor, sent: Sent) -> Option<u64> {
        let given = if let Sent::Given(token) = sent { Some(token) } else { None };
        let found = given.and_then(|token| {
            let of = |device: &Device| {
                device.series == token.series && alive(device.since, self.rules.remember, now)
            };
            Some((token, self.devices.iter().position(of)?))
        });
        let Some((token, index)) = found else {
            self.events.push(Event::DeviceUnknown);
            return None;
        };
        let grace = self.rules.grace;
        let device = &mut self.devices[index];
        let is_near = now.abs_diff(device.rotated) < grace;
        if token.generation > device.generation {
            self.events.push(Event::DeviceUnknown);
            return None;
        }
        match device.generation - token.generation {
            0 | 1 if is_near => {}
            0 => {
                device.generation += 1;
                device.rotated = now;
                self.write();
            }
            1 => {
                self.forget_devices("outdated", |device| device.series != token.series);
                self.write();
                return None;
            }
            _ => {
                self.events.push(Event::DeviceTokenStolen);
                self.next_epoch("stolen", now);
                return None;
            }
        }
        let Device { series, generation, since, .. } = self.devices[index];
        self.log_in(now, first, None, Some(series), None);
        self.issued.push(Issued::Token(Token { series, generation }));
        Some(since)
    }

    fn log_in(
        &mut self,
        now: u64,
        first: FirstFactor,
        by: Option<By>,
        device: Option<u64>,
        enroll_by: Option<u64>,
    ) {
        self.events.push(Event::LoggedIn);
        let (id, epoch, left) = (self.next_id(), self.epoch, self.recovery.len());
        let session = Session { id, epoch, at: now, by, device, first, left, enroll_by };
        self.issued.push(Issued::Session(session));
    }

    /// Presents a code or a recovery code in a login's challenge.
    pub fn present(
        &mut self,
        now: u64,
        challenge: &Challenge,
        presented: &Presented,
        remember: bool,
    ) -> Outcome {
        // A try of an old recovery code that was charged as the last guess may still be answered.
        let takes_exhausted = matches!(presented, Presented::Old(_));
        if let Err(refused) = self.open(now, challenge, takes_exhausted) {
            if refused == Refused::ChallengeOver {
                self.events.push(presented.refused("no challenge"));
            }
            return Outcome::Refused(refused);
        }
        let with = match self.evaluate(now, presented, Some(challenge), None) {
            Ok(with) => with,
            Err(refused) => return Outcome::Refused(refused),
        };
        let touched = self.touch(now, challenge);
        self.touched[touched].done = true;
        self.history.push((now, Past::Completed { challenge: Some(challenge.id), by: with.by() }));
        self.write();
        if with.proves_the_clock() {
            self.drop_what_is_over(now);
        }
        let is_remembered =
            with.by() != By::RecoveryCode && remember && self.rules.remember > 0 && self.rules.devices > 0;
        let token = is_remembered.then(|| self.remember(now));
        self.log_in(now, challenge.first, Some(with.by()), None, None);
        self.issued.extend(token.map(Issued::Token));
        Outcome::Accepted { by: with.by(), device: is_remembered }
    }

    /// Whether the challenge accepts a proof.
    fn open(&self, now: u64, challenge: &Challenge, takes_exhausted: bool) -> Result<(), Refused> {
        let touched = self.touched.iter().find(|touched| touched.challenge == challenge.id);
        if touched.is_some_and(|touched| touched.done) {
            return Err(Refused::AlreadyDone);
        }
        let is_exhausted =
            touched.is_some_and(|touched| touched.failures >= self.rules.guesses_per_challenge);
        let is_live = challenge.epoch == self.epoch
            && alive(challenge.opened, self.rules.challenge, now)
            && (takes_exhausted || !is_exhausted)
            && !self.bound.is_empty();
        match self.mark {
            _ if !is_live => Err(Refused::ChallengeOver),
            Some(_) => Err(Refused::Retry),
            None => Ok(()),
        }
    }

    /// Tries a recovery code of an old system. The try is charged before the code is compared.
    pub fn try_old_code(&mut self, now: u64, challenge: &Challenge, number: Option<usize>) -> Outcome {
        let refusal = match self.open(now, challenge, false) {
            Ok(()) if self.recovery.is_empty() => Some((Refused::NotAccepted, Some("wrong"))),
            Ok(()) => {
                self.lock(now).map(|lock| (Refused::Locked { retry_at: lock.retry_at }, Some("locked")))
            }
            Err(Refused::ChallengeOver) => Some((Refused::ChallengeOver, Some("no challenge"))),
            Err(other) => Some((other, None)),
        };
        if let Some((refused, reason)) = refusal {
            self.events.extend(reason.map(Event::RecoveryCodeRefused));
            return Outcome::Refused(refused);
        }
        self.events.push(Event::OldCodeTried);
        self.pay(now, Some(challenge));
        self.issued.push(Issued::OldTry(OldTry { challenge: challenge.id, number }));
        Outcome::OldCodeTried
    }

    fn remember(&mut self, now: u64) -> Token {
        while self.devices.len() >= self.rules.devices {
            let age = |device: &Device| (alive(device.since, self.rules.remember, now), device.rotated);
            let oldest = self.devices.iter().map(age).min().unwrap();
            let index = self.devices.iter().position(|device| age(device) == oldest).unwrap();
            self.devices.remove(index);
            self.events.push(Event::DeviceForgotten("too many"));
        }
        let token = Token { series: self.next_id(), generation: 0 };
        self.devices.push(Device { series: token.series, generation: 0, rotated: now, since: now });
        self.events.push(Event::DeviceRemembered);
        token
    }
}
