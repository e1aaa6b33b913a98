use alloc::vec::Vec;

use crate::session::Policy;
use crate::session::token::TokenDigest;
use crate::time::{UnixTime, is_alive};

/// An open challenge as the record keeps it. It holds no password, no secret and no code.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub(crate) struct Challenge {
    pub(crate) purpose: Purpose,
    pub(crate) digest: TokenDigest,
    #[cfg_attr(feature = "serde", serde(rename = "opened"))]
    pub(crate) opened_at: UnixTime,
    /// Failed guesses in it.
    pub(crate) failures: u8,
    /// Those of them that were charged to the account's budget: what its completion refunds.
    pub(crate) charged: u8,
}

impl Challenge {
    /// The most that are open at once. One more ends the oldest.
    pub(crate) const MAX_OPEN: usize = 8;

    /// Opens one more. The oldest makes room; what was charged in it stays charged.
    pub(crate) fn open(
        challenges: &mut Vec<Self>,
        purpose: Purpose,
        digest: TokenDigest,
        now: UnixTime,
        policy: &Policy,
    ) {
        challenges.retain(|open| open.is_alive(now, policy));
        while challenges.len() >= Self::MAX_OPEN {
            challenges.remove(0);
        }
        challenges.push(Self { purpose, digest, opened_at: now, failures: 0, charged: 0 });
    }

    pub(crate) fn is_alive(&self, now: UnixTime, policy: &Policy) -> bool {
        self.failures < policy.guesses_per_challenge()
            && is_alive(self.opened_at, policy.challenge_lifetime(), now)
    }
}

/// What a challenge is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub(crate) enum Purpose {
    /// To log in.
    Login,
    /// To take a sensitive step in a session.
    StepUp,
}
