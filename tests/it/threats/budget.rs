//! Guesses until the budget is spent.

use second_factor::session::{EventKind, RefusedBecause, Remember};
use second_factor::{BlockingStore, ChallengeToken, RecoveryCodes, Refusal, UnixTime};

use crate::support::{EventLog, Phone, World, days, is_refused_because, refusal, texts};

/// The guesses that a budget allows at once.
pub const BUDGET: usize = 20;

/// The most guesses that time gives back at once.
pub const CREDIT: usize = 10;

/// The time at which the next guess is covered, if waiting is enough. `more` guesses than the budget were charged since the
/// code accepted at `since`.
pub fn retry_at(since: UnixTime, more: u64) -> Option<UnixTime> {
    (more < CREDIT as u64).then(|| since.saturating_add(days(3 * (more + 1))))
}

pub fn wrong(world: &World, challenge: &ChallengeToken, code: &str) -> Refusal {
    refusal(world.verifier.present(challenge, code, Remember::No)).unwrap_err()
}

/// The number of codes that were evaluated and wrong.
pub fn evaluated(events: &EventLog) -> usize {
    events.count(is_refused_because(RefusedBecause::Wrong))
}

/// Guesses in new challenges until the account is locked. Returns how many were evaluated, and the end of the lock, if
/// waiting ends it.
pub fn guess_until_locked(world: &World, phone: &Phone) -> (usize, Option<UnixTime>) {
    world.events.take();
    for code in phone.wrong_codes(world.now()).take(1_000) {
        if let Refusal::Locked { retry_at } = wrong(world, &world.challenge(), &code) {
            return (evaluated(&world.events), retry_at);
        }
    }
    panic!("a thousand guesses, and no lock");
}

pub fn is_wrong(kind: &EventKind) -> bool {
    is_refused_because(RefusedBecause::Wrong)(kind)
}

/// Guesses until nothing is evaluated any more, with all guesses of each challenge. Returns how many were evaluated.
pub fn exhaust<S: BlockingStore>(world: &World<S>, mut guesses: impl Iterator<Item = String>) -> usize
where
    S::Error: core::fmt::Debug,
{
    let mut evaluated = 0;
    loop {
        let challenge = world.challenge();
        loop {
            let guess = guesses.next().expect("there are too few codes to spend the budget");
            let before = world.events.count(is_wrong);
            let refused = refusal(world.verifier.present(&challenge, &guess, Remember::No)).unwrap_err();
            evaluated += world.events.count(is_wrong) - before;
            match refused {
                Refusal::NotAccepted => {}
                Refusal::ChallengeOver => break,
                Refusal::Locked { .. } => return evaluated,
                other => panic!("{other:?}"),
            }
        }
    }
}

/// Well-formed recovery codes that nobody has.
pub fn wrong_recovery_codes() -> impl Iterator<Item = String> {
    (1..=u8::MAX)
        .flat_map(|n| texts(&RecoveryCodes::from_entropy(&core::array::from_fn(|i| n ^ i.to_le_bytes()[0]))))
}
