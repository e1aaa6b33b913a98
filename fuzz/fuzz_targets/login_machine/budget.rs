//! The guess budget with the defaults of a policy, implemented a second time: counts and times, without care for overflow.

use second_factor::UnixTime;
use serde_json::{Value, json};

use crate::DAY;

const BUDGET: u32 = 20;
const REGAIN_EVERY: u64 = 3 * DAY;
/// No budget, and no restored budget, allows more guesses in a row than this (SP 800-63B §3.2.2).
const MOST_CONSECUTIVE: u32 = 99;
/// The most credit, that of a month.
const MOST_CREDIT: u32 = 10;

#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Budget {
    spent: u32,
    since: u64,
    unrefunded: u32,
    quiet_since: u64,
    /// Guesses since the last accepted code, whatever was restored or refunded in between.
    consecutive: u32,
}

/// The budget does not cover another guess.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Lock {
    pub retry_at: Option<UnixTime>,
}

impl Budget {
    /// The first authenticator starts with the whole budget, and credit counts from its binding.
    pub fn of_first_binding(now: u64) -> Self {
        Self { since: now, quiet_since: now, ..Self::default() }
    }

    /// The lock, if the budget does not cover a comparison with this many apps.
    pub fn lock(&self, guesses: u32, now: u64) -> Option<Lock> {
        if self.consecutive + guesses > MOST_CONSECUTIVE {
            return Some(Lock { retry_at: None });
        }
        if self.spent + guesses <= BUDGET + self.credit(now) {
            return None;
        }
        let missing = self.spent + guesses - BUDGET;
        let at = || self.since.saturating_add(u64::from(missing) * REGAIN_EVERY);
        Some(Lock { retry_at: (missing <= MOST_CREDIT).then(|| UnixTime::from_secs(at())) })
    }

    /// Charges a wrong guess that was compared with this many apps. Returns the alarm that it raises.
    pub fn charge(&mut self, guesses: u32) -> Option<u32> {
        self.spent += guesses;
        self.unrefunded += 1;
        self.consecutive += guesses;
        assert!(self.consecutive <= MOST_CONSECUTIVE, "{} guesses in a row", self.consecutive);
        self.unrefunded.is_multiple_of(5).then_some(self.unrefunded)
    }

    /// A challenge was completed: refunds its charges, and its `typed` guesses.
    pub fn refund(&mut self, charged: u32, typed: u8) {
        self.spent = self.spent.saturating_sub(charged);
        self.unrefunded = self.unrefunded.saturating_sub(typed.into());
    }

    /// Another authenticator replaces the only one that was guessed at.
    pub fn rebind(&mut self) {
        self.consecutive = 0;
    }

    /// A code was accepted, or codes in a row.
    pub fn take_credit(&mut self, now: u64) {
        self.consecutive = 0;
        let credit = self.credit(now);
        self.spent = self.spent.saturating_sub(credit);
        let is_all = self.spent == 0 || credit == MOST_CREDIT;
        self.since = match self.since.saturating_sub(now) {
            // A little in the future: the time until then has been credited already.
            ahead @ 1.. if ahead < REGAIN_EVERY => self.since,
            0 if !is_all => self.since + u64::from(credit) * REGAIN_EVERY,
            _ => now,
        };
        let months = now.saturating_sub(self.quiet_since) / (30 * DAY);
        self.unrefunded = u64::from(self.unrefunded).saturating_sub(months) as u32;
        self.quiet_since = now;
    }

    /// The password was changed with a fresh factor.
    pub fn restore(&mut self) {
        (self.spent, self.unrefunded) = (0, 0);
    }

    /// Its form in a record.
    pub fn to_json(self) -> Value {
        let Self { spent, since, unrefunded, quiet_since, consecutive } = self;
        json!({
            "spent": spent,
            "since": since,
            "unrefunded": unrefunded,
            "quiet_since": quiet_since,
            "consecutive": consecutive,
        })
    }

    fn credit(&self, now: u64) -> u32 {
        let regained = now.saturating_sub(self.since) / REGAIN_EVERY;
        regained.min(u64::from(MOST_CREDIT)) as u32
    }
}
