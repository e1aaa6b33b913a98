//! Codes and other proofs, in a login and in a session.

use super::account::{
    Account, Beside, Bound, Challenge, Fresh, Issued, Password, Proof, Reauthenticated, Session, StepUp,
    Touched, With, alive,
};
use super::budget::{Lock, Past};
use super::{By, Event, Outcome, Presented, Refused, Shown, Which};

/// The most touched challenges that are stored.
const TOUCHED: usize = 100;

impl Presented {
    pub(super) fn refused(&self, reason: &'static str) -> Event {
        match self {
            Self::Recovery(_) | Self::Old(_) => Event::RecoveryCodeRefused(reason),
            Self::Passkey { .. } => Event::PasskeyRefused(reason),
            _ => Event::CodeRefused(reason),
        }
    }

    /// Where the code is shown; of codes in a row, the last.
    fn newest(&self) -> Option<&Shown> {
        match self {
            Self::Code(shown) => Some(shown),
            Self::CodesInARow(row) => row.last(),
            _ => None,
        }
    }
}

impl Account {
    /// Accepts a proof and marks it as used, or charges a guess. A recovery code forgets all devices but the session's own.
    pub(super) fn evaluate(
        &mut self,
        now: u64,
        presented: &Presented,
        challenge: Option<&Challenge>,
        device: Option<u64>,
    ) -> Result<With, Refused> {
        let lock = self.lock(now);
        match presented {
            Presented::Nothing | Presented::Malformed => Err(Refused::Malformed),
            // There is no app that could show the code.
            Presented::Code(_) | Presented::CodesInARow(_) if self.phones().is_empty() => {
                Err(Refused::Malformed)
            }
            Presented::Code(shown) => {
                if let Some(Lock { retry_at }) = lock {
                    self.events.push(presented.refused("locked"));
                    return Err(Refused::Locked { retry_at });
                }
                self.compare(now, &[shown], By::Code)
                    .map_err(|event| self.charge(now, presented, event, challenge))
            }
            // Codes in a row are evaluated whatever is left of the budget, and wrong ones are not charged.
            Presented::CodesInARow(row) => {
                let compared = self.compare(now, &row.iter().collect::<Vec<_>>(), By::CodesInARow);
                compared.map_err(|event| {
                    self.events.push(event);
                    Refused::NotAccepted
                })
            }
            Presented::Passkey { passkey, signed } => self.recognize_passkey(now, *passkey, *signed),
            Presented::Old(tried) => {
                let reason = match (challenge, tried.number.filter(|number| self.recovery.contains(number))) {
                    (Some(challenge), Some(number)) if challenge.id == tried.challenge => {
                        return Ok(self.use_recovery_code(number, device));
                    }
                    (Some(challenge), _) if challenge.id == tried.challenge => "replayed",
                    _ => "no challenge",
                };
                self.events.push(presented.refused(reason));
                Err(Refused::NotAccepted)
            }
            Presented::Recovery(number) => match number.filter(|number| self.recovery.contains(number)) {
                Some(number) => Ok(self.use_recovery_code(number, device)),
                // During a lock a wrong recovery code costs nothing and changes nothing.
                None if lock.is_some() => {
                    self.events.push(presented.refused("wrong"));
                    Err(Refused::NotAccepted)
                }
                None => Err(self.charge(now, presented, presented.refused("wrong"), challenge)),
            },
        }
    }

    fn phones(&self) -> Vec<usize> {
        self.bound.iter().filter_map(Bound::phone).collect()
    }

    fn use_recovery_code(&mut self, number: usize, device: Option<u64>) -> With {
        self.recovery.remove(&number);
        self.events.push(Event::RecoveryCodeUsed { remaining: self.recovery.len() });
        self.forget_devices("credentials changed", |kept| Some(kept.series) == device);
        With::Recovery(number)
    }

    /// Costs nothing, whatever is left of the budget: a signature cannot be guessed.
    fn recognize_passkey(&mut self, now: u64, passkey: usize, signed: u64) -> Result<With, Refused> {
        let bound = self.bound.iter_mut().find(|bound| bound.which == Which::Passkey(passkey));
        let reason = match bound {
            None => "wrong",
            Some(bound) if bound.accepted.last() == Some(&signed) => "replayed",
            Some(bound) => {
                bound.accepted.push(signed);
                bound.used = Some(now);
                return Ok(With::Passkey { passkey, signed });
            }
        };
        self.events.push(Event::PasskeyRefused(reason));
        Err(Refused::NotAccepted)
    }

    /// Compares one code, or codes in a row, with each app. Every app that shows them moves to that step. If none does: why.
    fn compare(&mut self, now: u64, row: &[&Shown], by: By) -> Result<With, Event> {
        let (mut accepted, mut refused) = (vec![], vec![]);
        for phone in self.phones() {
            let index = self.bound.iter().position(|bound| bound.which == Which::Phone(phone)).unwrap();
            let last = self.bound[index].accepted.iter().max().copied();
            let steps: Vec<&Vec<u64>> = row.iter().map(|shown| &shown[&phone]).collect();
            match self.judge_after(now, &steps, last) {
                Ok(step) => {
                    self.bound[index].accepted.push(step);
                    self.bound[index].used = Some(now);
                    accepted.push(With::Code { phone, step, by });
                }
                Err("wrong") if steps.len() == 1 => match near(now, steps[0]) {
                    Some(step) if last.is_some_and(|last| step <= last) => {
                        refused.push(Event::CodeRefused("replayed"));
                    }
                    Some(step) => refused.push(Event::ClockOff { by: offset(now, step) }),
                    None => {}
                },
                Err("wrong") => {}
                Err(reason) => refused.push(Event::CodeRefused(reason)),
            }
        }
        if let Some(with) = accepted.first() {
            return Ok(*with);
        }
        let replayed = Event::CodeRefused("replayed");
        let wrong = Event::CodeRefused("wrong");
        Err(if refused.contains(&replayed) { replayed } else { refused.into_iter().next().unwrap_or(wrong) })
    }

    pub(super) fn judge_after(
        &self,
        now: u64,
        row: &[&Vec<u64>],
        used: Option<u64>,
    ) -> Result<u64, &'static str> {
        let current = now / 30;
        let window = current.saturating_sub(self.rules.past)..=current + self.rules.future;
        // The last code is shown within the window, and each other one a step before the next.
        let is_shown =
            |last: &u64| (*last + 1..).zip(row).all(|(step, at)| at.contains(&(step - row.len() as u64)));
        let shown: Vec<u64> = window.filter(is_shown).collect();
        let is_new = |last: &&u64| used.is_none_or(|used| *last + 1 - row.len() as u64 > used);
        match shown.iter().find(is_new) {
            Some(step) => Ok(*step),
            None if shown.is_empty() => Err("wrong"),
            None => Err("replayed"),
        }
    }

    fn charge(
        &mut self,
        now: u64,
        presented: &Presented,
        event: Event,
        challenge: Option<&Challenge>,
    ) -> Refused {
        self.events.push(event);
        let is_exhausted = self.pay(now, challenge);
        // The answer to a code reports a lock. The answer to a recovery code does not, because those are accepted anyway.
        match self.lock(now) {
            _ if is_exhausted => Refused::ChallengeOver,
            Some(Lock { retry_at }) if matches!(presented, Presented::Code(_)) => {
                Refused::Locked { retry_at }
            }
            _ => Refused::NotAccepted,
        }
    }

    /// Charges a guess. Returns whether this ends its challenge.
    pub(super) fn pay(&mut self, now: u64, challenge: Option<&Challenge>) -> bool {
        let (challenge_id, weight) = (challenge.map(|challenge| challenge.id), self.weight());
        self.history.push((now, Past::Guessed { challenge: challenge_id, weight }));
        self.write();
        let mut is_exhausted = false;
        if let Some(challenge) = challenge {
            let touched = self.touch(now, challenge);
            self.touched[touched].failures += 1;
            is_exhausted = self.touched[touched].failures >= self.rules.guesses_per_challenge;
        }
        if is_exhausted {
            self.events.push(Event::ChallengeExhausted);
        }
        if self.unrefunded().is_multiple_of(5) {
            self.events.push(Event::PasswordSuspectedKnown { guesses: self.unrefunded() });
        }
        if let Some(Lock { retry_at }) = self.lock(now) {
            self.events.push(Event::Locked { until: retry_at });
        }
        is_exhausted
    }

    /// The index of a challenge among the touched ones. If there is no room, the oldest is dropped, those that are over first.
    pub(super) fn touch(&mut self, now: u64, challenge: &Challenge) -> usize {
        if let Some(found) = self.touched.iter().position(|touched| touched.challenge == challenge.id) {
            return found;
        }
        while self.touched.len() >= TOUCHED {
            let over: Vec<usize> =
                (0..self.touched.len()).filter(|index| self.is_over(&self.touched[*index], now)).collect();
            let among = if over.is_empty() { (0..self.touched.len()).collect() } else { over };
            let oldest = among.iter().map(|index| self.touched[*index].opened).min().unwrap();
            let gone = among.into_iter().find(|index| self.touched[*index].opened == oldest).unwrap();
            let challenge = self.touched.remove(gone).challenge;
            self.history.push((now, Past::Dropped { challenge }));
        }
        self.touched.push(Touched {
            challenge: challenge.id,
            opened: challenge.opened,
            failures: 0,
            done: false,
        });
        self.touched.len() - 1
    }

    fn is_over(&self, touched: &Touched, now: u64) -> bool {
        touched.done
            || touched.failures >= self.rules.guesses_per_challenge
            || !alive(touched.opened, self.rules.challenge, now)
    }

    /// After an accepted code, which proves that the clock is right.
    pub(super) fn drop_what_is_over(&mut self, now: u64) {
        let lifetime = self.rules.challenge;
        let (kept, gone): (Vec<_>, Vec<_>) =
            self.touched.drain(..).partition(|touched| alive(touched.opened, lifetime, now));
        self.touched = kept;
        let dropped = gone.iter().map(|touched| (now, Past::Dropped { challenge: touched.challenge }));
        self.history.extend(dropped);
        let remember = self.rules.remember;
        self.forget_devices("expired", |device| alive(device.since, remember, now));
    }

    // --- in a session ---

    /// Checks what is typed into the form of a sensitive step.
    pub fn fresh_factor(&mut self, now: u64, session: &Session, presented: &Presented) -> Outcome {
        match self.step_up(now, session, presented) {
            Ok((fresh, by)) => {
                self.issued.push(Issued::Proof(Proof::Fresh(fresh)));
                Outcome::Fresh(by)
            }
            Err(refused) => Outcome::Refused(refused),
        }
    }

    /// The same, with the password typed again.
    pub fn reauthenticate(
        &mut self,
        now: u64,
        session: &Session,
        password: Password,
        presented: &Presented,
    ) -> Outcome {
        match self.beside(now, session, &password, presented) {
            Ok(beside) => {
                let proof = Reauthenticated { password, session: session.id, beside };
                self.issued.push(Issued::Proof(Proof::Reauthenticated(proof)));
                Outcome::Reauthenticated
            }
            Err(refused) => Outcome::Refused(refused),
        }
    }

    fn beside(
        &mut self,
        now: u64,
        session: &Session,
        password: &Password,
        presented: &Presented,
    ) -> Result<Beside, Refused> {
        if !self.is_sent_twice(now, session, presented) {
            if !self.is_current(session, now) || !self.is_password_current(password, now) {
                return Err(Refused::StepUpRequired);
            }
            if self.mark.is_some() || password.during_change {
                return Err(Refused::Retry);
            }
            if self.bound.is_empty() {
                return Ok(Beside::Nothing);
            }
            let has_lost_phone =
                session.by == Some(By::RecoveryCode) && self.may_bind_by_password(session.at, now);
            if has_lost_phone && matches!(presented, Presented::Nothing) {
                return Ok(Beside::RecoveryLogin { at: session.at });
            }
        }
        self.step_up(now, session, presented).map(|(fresh, _)| Beside::Fresh(fresh))
    }

    fn step_up(
        &mut self,
        now: u64,
        session: &Session,
        presented: &Presented,
    ) -> Result<(Fresh, By), Refused> {
        if self.is_sent_twice(now, session, presented) {
            return Err(Refused::AlreadyDone);
        }
        if !self.is_current(session, now) {
            return Err(Refused::StepUpRequired);
        }
        if self.mark.is_some() {
            return Err(Refused::Retry);
        }
        if self.bound.is_empty() {
            return Err(Refused::NoAuthenticator);
        }
        let with = self.evaluate(now, presented, None, session.device)?;
        self.history.push((now, Past::Completed { challenge: None, by: with.by() }));
        self.write();
        if with.proves_the_clock() {
            self.drop_what_is_over(now);
        }
        self.last_step_up = Some(StepUp { session: session.id, at: now, with });
        self.events.push(Event::SteppedUp);
        Ok((Fresh { at: now, session: *session }, with.by()))
    }

    /// Whether this is the same form in the same session again, a moment later.
    fn is_sent_twice(&self, now: u64, session: &Session, presented: &Presented) -> bool {
        let Some(last) = self.last_step_up else { return false };
        if last.session != session.id || now.abs_diff(last.at) >= 60 {
            return false;
        }
        match (last.with, presented) {
            (With::Recovery(last), Presented::Recovery(Some(number))) => last == *number,
            (With::Passkey { passkey: last, signed: before }, Presented::Passkey { passkey, signed }) => {
                (last, before) == (*passkey, *signed)
            }
            // The code alone or as the last in a row; also if the step that it was for has removed the phone.
            (With::Code { phone, step, .. }, Presented::Code(_) | Presented::CodesInARow(_)) => {
                presented.newest().is_some_and(|shown| shown[&phone].contains(&step))
            }
            _ => false,
        }
    }
}

/// The first step, within ten minutes of now, at which it is shown.
pub(super) fn near(now: u64, steps: &[u64]) -> Option<u64> {
    let near = steps.iter().copied().filter(|step| step.abs_diff(now / 30) <= 20);
    near.min()
}

/// Positive if the phone is ahead.
pub(super) fn offset(now: u64, step: u64) -> i32 {
    let secs = i32::try_from(30 * step.abs_diff(now / 30)).unwrap();
    if step < now / 30 { -secs } else { secs }
}
