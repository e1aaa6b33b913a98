//! Helpers for tests of sessions.

use second_factor::store::Versioned;
use second_factor::{AccountRecord, BlockingStore, FreshFactor, Refusal, Session};

use crate::support::{Phone, World, refusal};

/// The stored row. Each write changes its revision.
pub fn row(world: &World) -> Option<Versioned<AccountRecord>> {
    world.verifier.store().load(&world.account).unwrap()
}

/// The guesses charged to the account: those to be regained, and those that the alarm counts.
pub fn charged<S: BlockingStore>(world: &World<S>) -> (u64, u64)
where
    S::Error: core::fmt::Debug,
{
    let record = serde_json::to_value(world.record()).unwrap();
    let count = |name: &str| record["record"]["budget"][name].as_u64().unwrap();
    (count("spent"), count("unrefunded"))
}

/// The session of a complete login by code.
pub fn session_of(world: &World, phone: &Phone) -> Session {
    let session = world.log_in(phone).authenticated.into_session();
    world.events.take();
    session
}

pub fn fresh_factor(world: &World, session: &Session, typed: &str) -> Result<FreshFactor, Refusal> {
    refusal(world.verifier.fresh_factor(session, typed))
}

/// Types this many wrong codes in this session. Returns the refusal of the last one.
pub fn guess(world: &World, phone: &Phone, session: &Session, count: usize) -> Refusal {
    let told = phone
        .wrong_codes(world.now())
        .take(count)
        .map(|wrong| fresh_factor(world, session, &wrong).unwrap_err());
    told.last().unwrap()
}
