use core::time::Duration;

use crate::session::Policy;
use crate::time::UnixTime;

/// How many guesses an account has left, whoever makes them and from wherever.
///
/// A guess is charged when it is made, and only the completion of its own login challenge refunds it. Time is taken from
/// nothing but accepted codes, since these prove the clock: between two of them at most `guess_budget` guesses and a
/// month's credit are evaluated, whatever the clocks of the instances do.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub(crate) struct GuessBudget {
    /// Guesses charged, and neither refunded nor made up for by time.
    spent: u16,
    /// From when on time gives credit: that of an accepted code.
    since: UnixTime,
    /// Guesses typed that no success refunded, by which the alarm goes.
    unrefunded: u32,
    /// From when on a month without an alarm lowers that count: the time of an accepted code.
    quiet_since: UnixTime,
    /// Guesses since the last accepted code, whatever was restored or refunded between (SP 800-63B §3.2.2).
    consecutive: u16,
}

/// What a charged guess set off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Charged {
    /// The unrefunded guesses have reached a multiple of [`GuessBudget::ALARM_EVERY`].
    pub(crate) alarm: Option<u32>,
    /// The next guess is not covered.
    pub(crate) lock: Option<Lock>,
}

/// The budget does not cover a guess.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Lock {
    /// When it will, if time alone will do.
    pub(crate) retry_at: Option<UnixTime>,
}

impl GuessBudget {
    /// At so many unrefunded guesses, and their multiples, the owner is told that somebody has the password.
    const ALARM_EVERY: u32 = 5;

    /// A month without an accepted code between takes one off the count that the alarm goes by.
    const MONTH: Duration = Duration::from_secs(30 * 24 * 60 * 60);

    /// Nothing spent.
    pub(crate) const FULL: Self = Self {
        spent: 0,
        since: UnixTime::EPOCH,
        unrefunded: 0,
        quiet_since: UnixTime::EPOCH,
        consecutive: 0,
    };

    /// Nothing spent, from the binding of the first authenticator on.
    pub(crate) fn of_first_binding(now: UnixTime) -> Self {
        Self { since: now, quiet_since: now, ..Self::FULL }
    }

    /// Whether a guess against so many authenticators is not covered now.
    pub(crate) fn lock(&self, authenticators: u16, now: UnixTime, policy: &Policy) -> Option<Lock> {
        if self.consecutive.saturating_add(authenticators) > Policy::MAX_GUESSES {
            return Some(Lock { retry_at: None });
        }
        let needed = self.spent.saturating_add(authenticators);
        let budget = policy.guess_budget();
        if needed <= budget.saturating_add(self.credit(now, policy)) {
            return None;
        }
        let missing = needed.saturating_sub(budget);
        let retry_at = (missing <= policy.most_credit())
            .then(|| self.since.saturating_add(times(policy.regain_every(), missing)));
        Some(Lock { retry_at })
    }

    /// Charges a guess that was compared with so many authenticators.
    pub(crate) fn charge(&mut self, authenticators: u16, now: UnixTime, policy: &Policy) -> Charged {
        self.spent = self.spent.saturating_add(authenticators);
        self.consecutive = self.consecutive.saturating_add(authenticators);
        self.unrefunded = self.unrefunded.saturating_add(1);
        Charged {
            alarm: self.unrefunded.is_multiple_of(Self::ALARM_EVERY).then_some(self.unrefunded),
            lock: self.lock(authenticators, now, policy),
        }
    }

    /// Gives back what the challenge was charged that has just been completed: it was the owner who mistyped in it.
    pub(crate) fn refund(&mut self, charged: u16, typed: u8) {
        self.spent = self.spent.saturating_sub(charged);
        self.unrefunded = self.unrefunded.saturating_sub(typed.into());
    }

    /// Another authenticator takes the place of those that were guessed at.
    pub(crate) fn rebind(&mut self) {
        self.consecutive = 0;
    }

    /// A code was accepted, which proves the clock: the time since the last one counts now.
    pub(crate) fn take_credit(&mut self, now: UnixTime, policy: &Policy) {
        self.consecutive = 0;
        let credit = self.credit(now, policy);
        self.spent = self.spent.saturating_sub(credit);
        let is_all = self.spent == 0 || credit == policy.most_credit() || now < self.since;
        self.since =
            if is_all { now } else { self.since.saturating_add(times(policy.regain_every(), credit)) };

        let quiet = now.checked_since(self.quiet_since).unwrap_or_default().as_secs();
        let months = quiet.checked_div(Self::MONTH.as_secs()).unwrap_or_default();
        self.unrefunded = self.unrefunded.saturating_sub(u32::try_from(months).unwrap_or(u32::MAX));
        self.quiet_since = now;
    }

    /// The owner changed the password with a fresh factor: whoever was guessing has lost the way in.
    pub(crate) fn restore(&mut self) {
        self.spent = 0;
        self.unrefunded = 0;
    }

    /// What the time since the last accepted code is worth, in guesses.
    fn credit(&self, now: UnixTime, policy: &Policy) -> u16 {
        let waited = now.checked_since(self.since).unwrap_or_default().as_secs();
        let credit = waited.checked_div(policy.regain_every().as_secs()).unwrap_or_default();
        u16::try_from(credit).unwrap_or(u16::MAX).min(policy.most_credit())
    }
}

fn times(span: Duration, count: u16) -> Duration {
    Duration::from_secs(span.as_secs().saturating_mul(count.into()))
}
