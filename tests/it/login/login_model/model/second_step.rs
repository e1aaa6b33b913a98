//! What is typed where a code is asked for, in a login and in a session.

use super::account::{
    Account, Beside, Challenge, Device, Fresh, Issued, Password, Proof, Reauthenticated, Session, StepUp,
    Touched, With, alive,
};
use super::budget::Past;
use super::{By, Event, Outcome, Presented, Refused};

/// The most touched challenges that are kept.
const TOUCHED: usize = 100;

impl Presented {
    pub(super) fn refused(&self, reason: &'static str) -> Event {
        match self {
            Self::Recovery(_) => Event::RecoveryCodeRefused(reason),
            _ => Event::CodeRefused(reason),
        }
    }
}

impl Account {
    /// What was accepted, and used up; a wrong guess is charged. Only a session's own device survives a recovery code.
    pub(super) fn evaluate(
        &mut self,
        now: u64,
        presented: &Presented,
        challenge: Option<&Challenge>,
        device: Option<u64>,
    ) -> Result<With, Refused> {
        let is_locked = self.locked_until(now).is_some() || self.suspended();
        match presented {
            Presented::Nothing | Presented::Malformed => Err(Refused::Malformed),
            Presented::Code(_) if self.suspended() => {
                self.events.push(presented.refused("suspended"));
                Err(Refused::Suspended)
            }
            Presented::Code(_) if is_locked => {
                self.events.push(presented.refused("locked"));
                Err(Refused::Locked { retry_at: self.locked_until(now).unwrap() })
            }
            Presented::Code(steps) => match self.judge(now, steps) {
                Ok(step) => {
                    let bound = self.bound.as_mut().unwrap();
                    bound.accepted.push(step);
                    Ok(With::Code { authenticator: bound.id, step })
                }
                Err(reason) => Err(self.charge(now, presented, reason, challenge)),
            },
            Presented::Recovery(number) => match number.filter(|number| self.recovery.remove(number)) {
                Some(number) => {
                    self.events.push(Event::RecoveryCodeUsed { remaining: self.recovery.len() });
                    let is_kept = |kept: &Device| Some(kept.series) == device;
                    self.forget_devices("credentials changed", is_kept);
                    Ok(With::Recovery(number))
                }
                // It costs nothing, and nothing is kept of it.
                None if is_locked => {
                    self.events.push(presented.refused("wrong"));
                    Err(Refused::NotAccepted)
                }
                None => Err(self.charge(now, presented, "wrong", challenge)),
            },
        }
    }

    /// The step that is used up by a code which the phone shows at `steps`.
    pub(super) fn judge(&self, now: u64, steps: &[u64]) -> Result<u64, &'static str> {
        let last = self.bound.iter().flat_map(|bound| &bound.accepted).max().copied();
        self.judge_after(now, steps, last)
    }

    pub(super) fn judge_after(
        &self,
        now: u64,
        steps: &[u64],
        last: Option<u64>,
    ) -> Result<u64, &'static str> {
        let current = now / 30;
        let in_window = |step: &&u64| {
            (current.saturating_sub(self.rules.past)..=current + self.rules.future).contains(step)
        };
        match steps.iter().filter(in_window).filter(|step| last.is_none_or(|last| **step > last)).min() {
            Some(step) => Ok(*step),
            None if steps.iter().any(|step| in_window(&step)) => Err("replayed"),
            None => Err("wrong"),
        }
    }

    fn charge(
        &mut self,
        now: u64,
        presented: &Presented,
        reason: &'static str,
        challenge: Option<&Challenge>,
    ) -> Refused {
        self.events.push(presented.refused(reason));
        self.history.push((now, Past::Guessed { challenge: challenge.map(|challenge| challenge.id) }));
        self.write(now);
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
        let locked = self.locked_until(now);
        if let Some(until) = locked {
            self.events.push(Event::Locked { until });
        }
        if self.suspended() {
            self.events.push(Event::Suspended);
        }
        // A lock is told to who tries codes: recovery codes are taken all the same.
        match locked {
            _ if matches!(presented, Presented::Code(_)) && self.suspended() => Refused::Suspended,
            Some(retry_at) if matches!(presented, Presented::Code(_)) => Refused::Locked { retry_at },
            _ if is_exhausted => Refused::ChallengeOver,
            _ => Refused::NotAccepted,
        }
    }

    /// The place of a challenge among those that were touched. For room the oldest goes, those that are over first.
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

    /// After a code, which proves that the clock is right.
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

    /// What is typed into the form of a sensitive step.
    pub fn fresh_factor(&mut self, now: u64, session: &Session, presented: &Presented) -> Outcome {
        match self.step_up(now, session, presented) {
            Ok((fresh, by)) => {
                self.issued.push(Issued::Proof(Proof::Fresh(fresh)));
                Outcome::Fresh(by)
            }
            Err(refused) => Outcome::Refused(refused),
        }
    }

    /// The same beside the password, which was typed again.
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
            if self.bound.is_none() {
                return Ok(Beside::Nothing);
            }
            let has_lost_phone = session.by == Some(By::RecoveryCode) && alive(session.at, 3_600, now);
            if has_lost_phone && matches!(presented, Presented::Nothing) {
                return Ok(Beside::RecoveryLogin);
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
        if self.bound.is_none() {
            return Err(Refused::NoAuthenticator);
        }
        // A wait that a clock set which was ahead begins anew, for which something is written.
        let (weighing, from) = self.weighing(now);
        if weighing > 0 && from > now {
            self.write(now);
        }
        let with = self.evaluate(now, presented, None, session.device)?;
        self.history.push((now, Past::Completed { challenge: None }));
        self.write(now);
        if with.by() == By::Code {
            self.drop_what_is_over(now);
        }
        self.last_step_up = Some(StepUp { session: session.id, at: now, with });
        self.events.push(Event::SteppedUp);
        Ok((Fresh { at: now, epoch: self.epoch, session: session.id }, with.by()))
    }

    /// The same form again in the same session, a moment later.
    fn is_sent_twice(&self, now: u64, session: &Session, presented: &Presented) -> bool {
        let Some(last) = self.last_step_up else { return false };
        if last.session != session.id || now.abs_diff(last.at) >= 60 {
            return false;
        }
        match (last.with, presented) {
            (With::Recovery(last), Presented::Recovery(Some(number))) => last == *number,
            (With::Recovery(_), _) => false,
            (With::Code { authenticator, step }, Presented::Code(steps)) => {
                let is_bound = self.bound.as_ref().is_some_and(|bound| bound.id == authenticator);
                // Where it is gone, the step that it was for has removed it, and no code can be compared any more.
                !is_bound || steps.contains(&step)
            }
            (With::Code { .. }, _) => false,
        }
    }
}
