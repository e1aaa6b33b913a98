//! The guess budget, from the history.

use std::collections::BTreeMap;

use super::account::{Account, Rules};

/// What is remembered of the guesses.
#[derive(Clone, Copy, Debug)]
pub(super) enum Past {
    /// In a session there is no challenge.
    Guessed {
        challenge: Option<u64>,
    },
    Completed {
        challenge: Option<u64>,
    },
    /// It is not remembered any more what this challenge was charged.
    Dropped {
        challenge: u64,
    },
    /// Whoever was guessing has lost the way in.
    Restored,
    /// Another authenticator was bound.
    Bound,
    /// Something else was written.
    Touched,
}

impl Account {
    /// Guesses that weigh on the budget at `now`, and from when on time counts towards the next one's return.
    pub(super) fn weighing(&self, now: u64) -> (u64, u64) {
        let Rules { regain_every, .. } = self.rules;
        let regain = |mut weighing: u64, mut from: u64, now: u64| {
            while weighing > 0 && now >= from + regain_every {
                weighing -= 1;
                from += regain_every;
            }
            (weighing, from)
        };
        let (mut weighing, mut from) = (0, 0);
        let mut by_challenge = BTreeMap::new();
        for (at, past) in &self.history {
            match past {
                Past::Guessed { challenge } => {
                    (weighing, from) = regain(weighing, from, *at);
                    if weighing == 0 {
                        from = *at;
                    }
                    weighing += 1;
                    *by_challenge.entry(*challenge).or_insert(0) += 1;
                }
                Past::Completed { challenge } => {
                    (weighing, from) = regain(weighing, from, *at);
                    let charged = challenge.and_then(|_| by_challenge.remove(challenge));
                    weighing = weighing.saturating_sub(charged.unwrap_or(0));
                }
                Past::Dropped { challenge } => {
                    by_challenge.remove(&Some(*challenge));
                }
                Past::Restored => weighing = 0,
                Past::Bound | Past::Touched => {}
            }
            // A clock that went back: the wait begins anew.
            from = from.min(*at);
        }
        regain(weighing, from, now)
    }

    pub fn locked_until(&self, now: u64) -> Option<u64> {
        let (weighing, from) = self.weighing(now);
        (weighing >= self.rules.budget).then_some(from + self.rules.regain_every)
    }

    pub fn suspended(&self) -> bool {
        let since_success = self
            .history
            .iter()
            .rev()
            .take_while(|(_, past)| {
                matches!(past, Past::Guessed { .. } | Past::Dropped { .. } | Past::Touched)
            })
            .filter(|(_, past)| matches!(past, Past::Guessed { .. }));
        since_success.count() >= self.rules.suspend_after
    }

    /// Guesses since the last time that the budget was restored whose challenge was not completed.
    pub(super) fn unrefunded(&self) -> u64 {
        let mut guesses: Vec<Option<u64>> = vec![];
        for (_, past) in &self.history {
            match past {
                Past::Guessed { challenge } => guesses.push(*challenge),
                Past::Completed { challenge: None } | Past::Bound | Past::Touched => {}
                Past::Completed { challenge } => guesses.retain(|guess| guess != challenge),
                Past::Dropped { challenge } => guesses
                    .iter_mut()
                    .filter(|guess| **guess == Some(*challenge))
                    .for_each(|guess| *guess = None),
                Past::Restored => guesses.clear(),
            }
        }
        guesses.len() as u64
    }
}
