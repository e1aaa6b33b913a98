//! Guesses until the budget is spent.

use second_factor::session::{EventKind, RefusedBecause, Remember};
use second_factor::{BlockingStore, ChallengeToken, RecoveryCodes, Refusal, UnixTime};

use crate::support::{EventLog, Phone, World, days, is_refused_because, refusal, texts};

/// The guesses that a budget allows at once.
pub const BUDGET: usize = 20;

/// The most guesses that time gives at once.
pub const CREDIT: usize = 10;

/// When time covers the next guess, if it does, where so many more than the budget have been charged since a code was
/// accepted at this time.
pub fn retry_at(since: UnixTime, more: u64) -> Option<UnixTime> {
    (more < CREDIT as u64).then(|| since.saturating_add(days(3 * (more + 1))))
}

pub fn wrong(world: &World, challenge: &ChallengeToken, code: &str) -> Refusal {
    refusal(world.verifier.present(challenge, code, Remember::No)).unwrap_err()
}

/// How many codes were evaluated and found wrong.
pub fn evaluated(events: &EventLog) -> usize {
    events.count(is_refused_because(RefusedBecause::Wrong))
}

/// Guesses in fresh challenges until the account is locked; how many were evaluated, and until when it is
/// locked, if time ends it.
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

/// Guesses until nothing is evaluated any more, each challenge used up; how many were evaluated.
pub fn exhaust<S: BlockingStore>(world: &World<S>, mut guesses: impl Iterator<Item = String>) -> usize
where
    S::Error: core::fmt::Debug,
{
    let mut evaluated = 0;
    loop {
        let challenge = world.challenge();
        loop {
            let guess = guesses.next().expect("the budget is spent before the codes are");
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

/// Recovery codes of nobody.
pub fn wrong_recovery_codes() -> impl Iterator<Item = String> {
    (1..=u8::MAX)
        .flat_map(|n| texts(&RecoveryCodes::from_entropy(&core::array::from_fn(|i| n ^ i.to_le_bytes()[0]))))
}
