use core::time::Duration;

use crate::session::Policy;
use crate::time::UnixTime;

/// How many guesses an account has left, no matter who makes them and from where.
///
/// A guess is charged when it is made, and only the completion of its own login challenge refunds it. After
/// the first binding, only an accepted code moves the times in this struct, since it proves that the clock is
/// right: between two accepted codes at most `guess_budget` guesses (or one for each app, if there are more
/// apps) and a month's credit are evaluated, whatever the clocks of the instances do.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub(crate) struct GuessBudget {
    /// Guesses that were charged and not given back, neither by a refund nor by time.
    spent: u16,
    /// From when on time gives credit: set when a code is accepted, and at the first binding.
    since: UnixTime,
    /// Typed guesses that no success refunded, each counted once for all authenticators. This count raises
    /// the alarm.
    unrefunded: u32,
    /// The time of the last accepted code, or of the first binding. Each whole month from it to the next
    /// accepted code lowers `unrefunded` by one.
    quiet_since: UnixTime,
    /// Guesses since the last accepted code, or since all authenticators were replaced, including those that
    /// were refunded or restored (SP 800-63B §3.2.2).
    consecutive: u16,
}

/// What a charged guess set off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Charged {
    /// The count of unrefunded guesses, if it has reached a multiple of [`GuessBudget::ALARM_EVERY`].
    pub(crate) alarm: Option<u32>,
    /// The lock, if the next guess is not covered.
    pub(crate) lock: Option<Lock>,
}

/// The budget does not cover a guess.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Lock {
    /// When it will cover one; `None` if waiting alone will not help.
    pub(crate) retry_at: Option<UnixTime>,
}

impl GuessBudget {
    /// At each multiple of this many unrefunded guesses, the owner is told that somebody may know the
    /// password.
    const ALARM_EVERY: u32 = 5;

    /// Each month between two accepted codes takes one off `unrefunded`.
    const MONTH: Duration = Duration::from_secs(30 * 24 * 60 * 60);

    /// Nothing spent.
    pub(crate) const FULL: Self = Self {
        spent: 0,
        since: UnixTime::EPOCH,
        unrefunded: 0,
        quiet_since: UnixTime::EPOCH,
        consecutive: 0,
    };

    /// Nothing spent; time gives credit from `now` on, when the first authenticator is bound.
    pub(crate) fn of_first_binding(now: UnixTime) -> Self {
        Self { since: now, quiet_since: now, ..Self::FULL }
    }

    /// The lock, if a guess that is compared with this many authenticators is not covered now.
    pub(crate) fn lock(&self, authenticators: u16, now: UnixTime, policy: &Policy) -> Option<Lock> {
        if self.consecutive.saturating_add(authenticators) > Policy::MAX_GUESSES {
            return Some(Lock { retry_at: None });
        }
        let needed = self.spent.saturating_add(authenticators);
        // An account may have more authenticators than the policy allows by now. Its first guess is evaluated too.
        let budget = policy.guess_budget().max(authenticators);
        if needed <= budget.saturating_add(self.credit(now, policy)) {
            return None;
        }
        let missing = needed.saturating_sub(budget);
        let retry_at = (missing <= policy.most_credit())
            .then(|| self.since.saturating_add(times(policy.regain_every(), missing)));
        Some(Lock { retry_at })
    }

    /// Charges a guess that was compared with this many authenticators.
    pub(crate) fn charge(&mut self, authenticators: u16, now: UnixTime, policy: &Policy) -> Charged {
        self.spent = self.spent.saturating_add(authenticators);
        self.consecutive = self.consecutive.saturating_add(authenticators);
        self.unrefunded = self.unrefunded.saturating_add(1);
        Charged {
            alarm: self.unrefunded.is_multiple_of(Self::ALARM_EVERY).then_some(self.unrefunded),
            lock: self.lock(authenticators, now, policy),
        }
    }

    /// Gives back what was charged in a challenge that has just been completed: it was the owner who
    /// mistyped.
    pub(crate) fn refund(&mut self, charged: u16, typed: u8) {
        self.spent = self.spent.saturating_sub(charged);
        self.unrefunded = self.unrefunded.saturating_sub(typed.into());
    }

    /// The authenticators that were guessed at have all been replaced.
    pub(crate) fn rebind(&mut self) {
        self.consecutive = 0;
    }

    /// A code was accepted, which proves that the clock is right: saves the credit for the time since the
    /// last one.
    pub(crate) fn take_credit(&mut self, now: UnixTime, policy: &Policy) {
        self.consecutive = 0;
        let credit = self.credit(now, policy);
        self.spent = self.spent.saturating_sub(credit);
        let is_all = self.spent == 0 || credit == policy.most_credit();
        self.since = match self.since.checked_since(now) {
            // A clock that was far ahead is right again: credit begins anew, or it would not come for as long.
            Some(ahead) if ahead >= policy.regain_every() => now,
            // Two clocks that both take codes are a little apart. The time between them has given credit already.
            Some(_) => self.since,
            None if is_all => now,
            None => self.since.saturating_add(times(policy.regain_every(), credit)),
        };

        let quiet = now.checked_since(self.quiet_since).unwrap_or_default().as_secs();
        let months = quiet.checked_div(Self::MONTH.as_secs()).unwrap_or_default();
        self.unrefunded = self.unrefunded.saturating_sub(u32::try_from(months).unwrap_or(u32::MAX));
        self.quiet_since = now;
    }

    /// The owner changed the password with a fresh factor: an attacker who was guessing no longer knows the
    /// password.
    pub(crate) fn restore(&mut self) {
        self.spent = 0;
        self.unrefunded = 0;
    }

    /// How many guesses the time since the last accepted code gives back.
    fn credit(&self, now: UnixTime, policy: &Policy) -> u16 {
        let waited = now.checked_since(self.since).unwrap_or_default().as_secs();
        let credit = waited.checked_div(policy.regain_every().as_secs()).unwrap_or_default();
        u16::try_from(credit).unwrap_or(u16::MAX).min(policy.most_credit())
    }
}

fn times(span: Duration, count: u16) -> Duration {
    Duration::from_secs(span.as_secs().saturating_mul(count.into()))
}
