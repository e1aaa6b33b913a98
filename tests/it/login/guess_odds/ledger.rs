use core::time::Duration;

use second_factor::Policy;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Who {
    Attacker,
    Owner,
}

/// A typed code that was compared and was wrong.
#[derive(Clone, Copy, Debug)]
struct Guess {
    /// The true time.
    at: u64,
    /// Its position among guesses and restores.
    order: u64,
    /// With how many authenticators it was compared.
    weight: u64,
    /// The challenge that it was typed into, if completing that refunds it.
    challenge: Option<u64>,
    who: Who,
}

/// The guesses, with the true times.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    /// Those that were not refunded.
    guesses: Vec<Guess>,
    /// The positions at which a password change with a fresh factor restored the budget.
    restores: Vec<u64>,
    order: u64,
    /// Guesses since the last accepted code or recovery code, including the owner's slips.
    since_accepted: u64,
    /// How many of them a passkey login refunded.
    refunded_since: u64,
    restores_since_accepted: u64,
    /// The most guesses between two accepted codes or restores.
    pub(super) most_between: u64,
    /// Guesses of the attacker that a success of the owner refunded.
    pub(super) refunded_to_attacker: u64,
}

impl Ledger {
    pub(super) fn guessed(&mut self, at: u64, weight: u64, challenge: Option<u64>, who: Who) {
        self.order += 1;
        self.guesses.push(Guess { at, order: self.order, weight, challenge, who });
        self.since_accepted += weight;
        if self.restores_since_accepted == 0 {
            self.most_between = self.most_between.max(self.since_accepted - self.refunded_since);
        }
        // Whatever was restored in between.
        let most = u64::from(Policy::MAX_GUESSES);
        assert!(self.since_accepted <= most, "{} guesses since the last accepted code", self.since_accepted);
    }

    /// A code or recovery code was accepted; in this challenge if it was a login.
    pub(super) fn accepted(&mut self, challenge: Option<u64>) {
        (self.since_accepted, self.refunded_since, self.restores_since_accepted) = (0, 0, 0);
        if let Some(challenge) = challenge {
            self.refund(challenge);
        }
    }

    /// This challenge was completed by a proof that does not prove the clock, such as a passkey.
    pub(super) fn refunded(&mut self, challenge: u64) {
        self.refunded_since += self.refund(challenge);
    }

    fn refund(&mut self, challenge: u64) -> u64 {
        let before = self.total();
        let refunded = |guess: &Guess| guess.challenge == Some(challenge);
        self.refunded_to_attacker += self
            .guesses
            .iter()
            .filter(|guess| refunded(guess) && guess.who == Who::Attacker)
            .map(|guess| guess.weight)
            .sum::<u64>();
        self.guesses.retain(|guess| !refunded(guess));
        before - self.total()
    }

    pub(super) fn restored(&mut self) {
        self.order += 1;
        self.restores.push(self.order);
        self.restores_since_accepted += 1;
    }

    /// All evaluated guesses that were not refunded.
    pub(super) fn total(&self) -> u64 {
        self.guesses.iter().map(|guess| guess.weight).sum()
    }

    pub(super) fn restores(&self) -> u64 {
        self.restores.len() as u64
    }

    /// No span of time has more guesses than are stated for it, plus `a_restore` for each restore in it.
    pub(super) fn assert_bounded(&self, stated: impl Fn(Duration) -> u64, a_restore: u64) {
        for (first, start) in self.guesses.iter().enumerate() {
            let mut count = 0;
            for end in &self.guesses[first..] {
                count += end.weight;
                let restores =
                    self.restores.iter().filter(|at| (start.order..=end.order).contains(*at)).count();
                let span = end.at - start.at;
                let most = stated(Duration::from_secs(span)) + a_restore * restores as u64;
                assert!(count <= most, "{count} guesses within {span} s, {most} are the most");
            }
        }
    }

    /// The same with the odds that this policy states.
    pub(super) fn assert_within(&self, policy: &Policy) {
        assert!(self.most_between <= at_once(policy), "{} between two accepted codes", self.most_between);
        self.assert_bounded(|span| policy.guess_odds(span).guesses(), at_once(policy));
    }
}

/// The most guesses between two accepted codes: the budget, and the most credit that time gives.
pub(super) fn at_once(policy: &Policy) -> u64 {
    u64::from(policy.guess_budget() + policy.most_credit())
}
