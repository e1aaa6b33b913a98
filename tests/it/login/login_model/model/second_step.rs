//! What is typed where a code is asked for, in a login and in a session.

use super::account::{
    Account, Beside, Challenge, Device, Fresh, Issued, Password, Proof, Reauthenticated, Session, StepUp,
    Touched, With, alive,
};
use super::budget::{Lock, Past};
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

    /// At which steps the phone shows the code, or the last of those in a row.
    fn newest(&self) -> Option<&Vec<u64>> {
        match self {
            Self::Code(steps) => Some(steps),
            Self::CodesInARow(row) => row.last(),
            _ => None,
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
        let lock = self.lock(now);
        match presented {
            Presented::Nothing | Presented::Malformed => Err(Refused::Malformed),
            Presented::Code(steps) => {
                if let Some(Lock { retry_at }) = lock {
                    self.events.push(presented.refused("locked"));
                    return Err(Refused::Locked { retry_at });
                }
                match self.judge(now, &[steps]) {
                    Ok(step) => Ok(self.accept(step, By::Code)),
                    Err(reason) => Err(self.charge(now, presented, reason, challenge)),
                }
            }
            // Whatever is left of the budget, and nothing is kept of wrong ones.
            Presented::CodesInARow(row) => match self.judge(now, &row.iter().collect::<Vec<_>>()) {
                Ok(step) => Ok(self.accept(step, By::CodesInARow)),
                Err(reason) => {
                    self.events.push(presented.refused(reason));
                    Err(Refused::NotAccepted)
                }
            },
            Presented::Recovery(number) => match number.filter(|number| self.recovery.remove(number)) {
                Some(number) => {
                    self.events.push(Event::RecoveryCodeUsed { remaining: self.recovery.len() });
                    let is_kept = |kept: &Device| Some(kept.series) == device;
                    self.forget_devices("credentials changed", is_kept);
                    Ok(With::Recovery(number))
                }
                // It costs nothing, and nothing is kept of it.
                None if lock.is_some() => {
                    self.events.push(presented.refused("wrong"));
                    Err(Refused::NotAccepted)
                }
                None => Err(self.charge(now, presented, "wrong", challenge)),
            },
        }
    }

    fn accept(&mut self, step: u64, by: By) -> With {
        let bound = self.bound.as_mut().unwrap();
        bound.accepted.push(step);
        With::Code { authenticator: bound.id, step, by }
    }

    /// The step that is used up by codes in a row, or by one, of which the phone shows each at these steps.
    fn judge(&self, now: u64, row: &[&Vec<u64>]) -> Result<u64, &'static str> {
        let last = self.bound.iter().flat_map(|bound| &bound.accepted).max().copied();
        self.judge_after(now, row, last)
    }

    pub(super) fn judge_after(
        &self,
        now: u64,
        row: &[&Vec<u64>],
        used: Option<u64>,
    ) -> Result<u64, &'static str> {
        let current = now / 30;
        let window = current.saturating_sub(self.rules.past)..=current + self.rules.future;
        // The last of them was shown in the window, and each of the others one step before the next.
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
        reason: &'static str,
        challenge: Option<&Challenge>,
    ) -> Refused {
        self.events.push(presented.refused(reason));
        self.history.push((now, Past::Guessed { challenge: challenge.map(|challenge| challenge.id) }));
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
        let lock = self.lock(now);
        if let Some(Lock { retry_at }) = lock {
            self.events.push(Event::Locked { until: retry_at });
        }
        // Only who tries codes is told of a lock: recovery codes are taken all the same.
        match lock {
            _ if is_exhausted => Refused::ChallengeOver,
            Some(Lock { retry_at }) if matches!(presented, Presented::Code(_)) => {
                Refused::Locked { retry_at }
            }
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
        let with = self.evaluate(now, presented, None, session.device)?;
        self.history.push((now, Past::Completed { challenge: None, by: with.by() }));
        self.write();
        if with.by() != By::RecoveryCode {
            self.drop_what_is_over(now);
        }
        self.last_step_up = Some(StepUp { session: session.id, at: now, with });
        self.events.push(Event::SteppedUp);
        Ok((Fresh { at: now, session: *session }, with.by()))
    }

    /// The same form again in the same session, a moment later.
    fn is_sent_twice(&self, now: u64, session: &Session, presented: &Presented) -> bool {
        let Some(last) = self.last_step_up else { return false };
        if last.session != session.id || now.abs_diff(last.at) >= 60 {
            return false;
        }
        match (last.with, presented) {
            (With::Recovery(last), Presented::Recovery(Some(number))) => last == *number,
            // Alone or as the last in a row.
            (With::Code { authenticator, step, .. }, Presented::Code(_) | Presented::CodesInARow(_)) => {
                let is_bound = self.bound.as_ref().is_some_and(|bound| bound.id == authenticator);
                // Where it is gone, the step that it was for has removed it, and no code can be compared any more.
                !is_bound || presented.newest().is_some_and(|steps| steps.contains(&step))
            }
            _ => false,
        }
    }
}
