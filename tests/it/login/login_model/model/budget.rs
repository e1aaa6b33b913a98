//! The guess budget, computed from the history.

use std::collections::BTreeMap;

use super::By;
use super::account::{Account, Rules};

const MONTH: u64 = 30 * 86_400;

/// An event of the history.
#[derive(Clone, Copy, Debug)]
pub(super) enum Past {
    /// In a session there is no challenge.
    Guessed {
        challenge: Option<u64>,
        /// The number of apps that it was compared with.
        weight: u64,
    },
    Completed {
        challenge: Option<u64>,
        by: By,
    },
    /// The charges of this challenge are no longer stored.
    Dropped {
        challenge: u64,
    },
    /// The budget was restored: whoever was guessing has lost access.
    Restored,
    /// The first authenticator was bound.
    FirstBound,
    /// An authenticator replaced all others.
    Rebound,
}

/// Single codes are not evaluated.
#[derive(Clone, Copy, Debug)]
pub struct Lock {
    /// When they will be again, if waiting is enough.
    pub retry_at: Option<u64>,
}

/// The result of the history.
#[derive(Clone, Default, Debug)]
pub(super) struct Budget {
    spent: u64,
    since: u64,
    /// Typed guesses that no success refunded, minus those that months gave back.
    unrefunded: u64,
    quiet_since: u64,
    /// Typed guesses since the last accepted code.
    consecutive: u64,
    /// The charges, and how many typed guesses they are for.
    by_challenge: BTreeMap<u64, (u64, u64)>,
}

impl Budget {
    fn live_through(&mut self, at: u64, past: Past, rules: &Rules) {
        match past {
            Past::Guessed { challenge, weight } => {
                self.spent += weight;
                self.unrefunded += 1;
                self.consecutive += weight;
                if let Some(challenge) = challenge {
                    let (charged, typed) = self.by_challenge.entry(challenge).or_default();
                    (*charged, *typed) = (*charged + weight, *typed + 1);
                }
            }
            Past::Completed { challenge, by } => {
                let refund = challenge.and_then(|challenge| self.by_challenge.remove(&challenge));
                let (refund, typed) = refund.unwrap_or_default();
                self.unrefunded = self.unrefunded.saturating_sub(typed);
                if matches!(by, By::RecoveryCode | By::Passkey) {
                    self.spent = self.spent.saturating_sub(refund);
                } else {
                    self.consecutive = 0;
                    self.take_credit(at, refund, rules);
                }
            }
            Past::Dropped { challenge } => {
                self.by_challenge.remove(&challenge);
            }
            Past::Restored => (self.spent, self.unrefunded) = (0, 0),
            Past::Rebound => self.consecutive = 0,
            Past::FirstBound => *self = Self { since: at, quiet_since: at, ..Self::default() },
        }
    }

    fn take_credit(&mut self, at: u64, refund: u64, rules: &Rules) {
        let credit = self.credit(at, rules);
        self.spent = self.spent.saturating_sub(credit + refund);
        let is_all = self.spent == 0 || credit == rules.most_credit();
        self.since = if self.since >= at + rules.regain_every || is_all && at >= self.since {
            at
        } else {
            self.since + credit * rules.regain_every
        };
        while at >= self.quiet_since + MONTH && self.unrefunded > 0 {
            self.unrefunded -= 1;
            self.quiet_since += MONTH;
        }
        self.quiet_since = at;
    }

    /// Counted one by one.
    fn credit(&self, now: u64, rules: &Rules) -> u64 {
        let has_come = |nth: &u64| now >= self.since + nth * rules.regain_every;
        (1..=rules.most_credit()).take_while(has_come).count() as u64
    }
}

impl Rules {
    /// The credit of a month, at most the budget.
    pub(super) fn most_credit(&self) -> u64 {
        (MONTH / self.regain_every).min(self.budget)
    }
}

impl Account {
    pub(super) fn budget(&self) -> Budget {
        let mut budget = Budget::default();
        self.history.iter().for_each(|(at, past)| budget.live_through(*at, *past, &self.rules));
        budget
    }

    /// The lock, if the budget does not cover another guess.
    pub fn lock(&self, now: u64) -> Option<Lock> {
        self.bound.first()?;
        let weight = self.weight();
        let Rules { budget: most, regain_every, .. } = self.rules;
        let budget = self.budget();
        if budget.consecutive + weight > 99 {
            return Some(Lock { retry_at: None });
        }
        if budget.spent + weight <= most + budget.credit(now, &self.rules) {
            return None;
        }
        let missing = budget.spent + weight - most;
        let in_time = missing <= self.rules.most_credit();
        Some(Lock { retry_at: in_time.then(|| budget.since + missing * regain_every) })
    }

    pub(super) fn unrefunded(&self) -> u64 {
        self.budget().unrefunded
    }

    /// The guesses that time gives back now if a code is accepted, and those that the alarm no longer counts.
    pub fn gains(&self, now: u64) -> (u64, u64) {
        let before = self.budget();
        let mut after = before.clone();
        after.live_through(now, Past::Completed { challenge: None, by: By::Code }, &self.rules);
        (before.spent - after.spent, before.unrefunded - after.unrefunded)
    }
}
