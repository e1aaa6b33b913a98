use core::time::Duration;

use crate::session::Policy;
use crate::time::UnixTime;

/// How many guesses an account has left, whoever makes them and from wherever.
///
/// A guess is charged when it is made. Only the completion of its own challenge refunds it, and time gives
/// back one every [`Policy::regain_every`]; so over any span at most `budget + span / regain_every` guesses
/// go unrefunded, whatever else happens on the account.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub(crate) struct GuessBudget {
    /// Guesses charged, and not yet regained or refunded.
    spent: u16,
    /// From when on time counts towards the next regained guess.
    since: UnixTime,
    /// Guesses charged since the last password change whose challenge was not completed. Time does not lower
    /// it.
    unrefunded: u32,
    /// Failures since the authenticator last succeeded (SP 800-63B §3.2.2).
    consecutive: u32,
}

/// What a charged guess set off.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Charged {
    /// The unrefunded guesses have reached a multiple of [`GuessBudget::ALARM_EVERY`].
    pub(crate) alarm: Option<u32>,
    /// That was the last guess; the next one is evaluated at this time.
    pub(crate) locked_until: Option<UnixTime>,
    /// That was the failure at which the authenticator is suspended.
    pub(crate) suspended: bool,
}

impl GuessBudget {
    /// "The fifth unrefunded failure raises an event": somebody has this password.
    const ALARM_EVERY: u32 = 5;

    /// Nothing spent, nothing failed.
    pub(crate) const FULL: Self = Self { spent: 0, since: UnixTime::EPOCH, unrefunded: 0, consecutive: 0 };

    /// When a guess is evaluated again: `None` for now.
    pub(crate) fn locked_until(&self, now: UnixTime, policy: &Policy) -> Option<UnixTime> {
        let budget = self.regained(now, policy);
        (budget.spent >= policy.guess_budget()).then(|| budget.since.saturating_add(policy.regain_every()))
    }

    /// Whether the authenticator is suspended.
    pub(crate) fn is_suspended(&self, policy: &Policy) -> bool {
        self.consecutive >= policy.suspend_after()
    }

    /// Whether no code is evaluated now, for whichever of the two reasons.
    pub(crate) fn is_locked(&self, now: UnixTime, policy: &Policy) -> bool {
        self.is_suspended(policy) || self.locked_until(now, policy).is_some()
    }

    /// Charges a failed guess, which [was allowed](Self::is_locked): one for each authenticator that it was compared
    /// with.
    pub(crate) fn charge(&mut self, count: u16, now: UnixTime, policy: &Policy) -> Charged {
        // First, since the end of the lock is told from it.
        self.follow_clock(now);
        *self = self.regained(now, policy);
        self.spent = self.spent.saturating_add(count);
        self.unrefunded = self.unrefunded.saturating_add(count.into());
        self.consecutive = self.consecutive.saturating_add(1);
        Charged {
            alarm: self.unrefunded.is_multiple_of(Self::ALARM_EVERY).then_some(self.unrefunded),
            locked_until: self.locked_until(now, policy),
            suspended: self.is_suspended(policy),
        }
    }

    /// The factor succeeded. `charged` is what its own challenge was charged: it was the owner who mistyped in it.
    pub(crate) fn succeed(&mut self, charged: u16, now: UnixTime, policy: &Policy) {
        *self = self.regained(now, policy);
        self.spent = self.spent.saturating_sub(charged);
        self.unrefunded = self.unrefunded.saturating_sub(charged.into());
        self.consecutive = 0;
    }

    /// The password changed or the authenticator is gone: whoever was guessing has lost the way in.
    pub(crate) fn restore(&mut self) {
        *self = Self::FULL;
    }

    /// A new secret is bound: failures of the old one no longer count as consecutive.
    pub(crate) fn end_suspension(&mut self) {
        self.consecutive = 0;
    }

    /// Whether the wait was set by a clock that was ahead: it would end in that future.
    pub(crate) fn is_ahead(&self, now: UnixTime) -> bool {
        self.spent > 0 && self.since > now
    }

    /// A clock that went back must not hold the account until it has caught up: the wait starts anew.
    pub(crate) fn follow_clock(&mut self, now: UnixTime) {
        self.since = self.since.min(now);
    }

    /// The budget as it stands at `now`. A clock that went back gives nothing back.
    fn regained(&self, now: UnixTime, policy: &Policy) -> Self {
        let every = policy.regain_every().as_secs();
        let waited = now.checked_since(self.since).map_or(0, |span| span.as_secs());
        let regained = u16::try_from(waited.checked_div(every).unwrap_or(0)).unwrap_or(u16::MAX);
        let spent = self.spent.saturating_sub(regained);
        let since = match spent {
            0 => now,
            _ => self.since.saturating_add(Duration::from_secs(every.saturating_mul(regained.into()))),
        };
        Self { spent, since, ..*self }
    }
}
