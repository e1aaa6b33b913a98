use alloc::vec::Vec;

use crate::session::Policy;
use crate::session::token::ChallengeClaims;
use crate::time::{UnixTime, is_alive};

/// What is kept of a challenge once a guess was charged in it or it was completed. The challenge itself is a
/// signed token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct TouchedChallenge {
    pub(crate) id: [u8; 16],
    pub(crate) opened_at: UnixTime,
    /// Failed guesses in it, and tries of old recovery codes.
    pub(crate) failures: u8,
    /// What was charged to the account's budget for them. Completing the challenge refunds it.
    pub(crate) charged: u16,
    /// It was completed.
    pub(crate) done: bool,
}

impl TouchedChallenge {
    /// The most that are kept. Dropping an entry loses only a count of failures, a refund and the answer
    /// [`AlreadyDone`](crate::Refusal::AlreadyDone).
    pub(crate) const MAX: usize = 100;

    /// Finds the entry of this challenge, or adds one. If the list is full, it drops the oldest of the
    /// entries that are over, or else the oldest of all.
    pub(crate) fn of<'t>(
        touched: &'t mut Vec<Self>,
        challenge: &ChallengeClaims,
        now: UnixTime,
        policy: &Policy,
    ) -> Option<&'t mut Self> {
        let known = touched.iter().position(|entry| entry.id == challenge.id);
        let index = known.unwrap_or_else(|| {
            while touched.len() >= Self::MAX {
                let oldest = touched
                    .iter()
                    .enumerate()
                    .min_by_key(|(_, entry)| (!entry.is_over(now, policy), entry.opened_at))
                    .map_or(0, |(index, _)| index);
                touched.remove(oldest);
            }
            let opened_at = challenge.opened_at;
            touched.push(Self { id: challenge.id, opened_at, failures: 0, charged: 0, done: false });
            touched.len().saturating_sub(1)
        });
        touched.get_mut(index)
    }

    /// Whether nothing more can be presented for it.
    pub(crate) fn is_over(&self, now: UnixTime, policy: &Policy) -> bool {
        self.done || self.is_exhausted(policy) || !self.is_alive(now, policy)
    }

    pub(crate) fn is_exhausted(&self, policy: &Policy) -> bool {
        self.failures >= policy.guesses_per_challenge()
    }

    pub(crate) fn is_alive(&self, now: UnixTime, policy: &Policy) -> bool {
        is_alive(self.opened_at, policy.challenge_lifetime(), now)
    }
}
