//! A model checker for the real code: it tries every order of the actions of a few people, as far as time allows.
#![cfg(all(feature = "std", feature = "serde"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_lossless,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::too_many_lines,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]
#![allow(unreachable_pub, reason = "what modules share is `pub`")]

mod action;
mod call;
mod canonical;
mod factors;
mod host;
mod probe;
mod release;
mod rules;
mod scenario;
mod search;
mod start;
mod state;
mod step;
mod tape;
mod tell;
mod trace;

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use second_factor::Verifier;
use second_factor::session::{Keys, StoreSecretsInClear, TokenKey, TokenKeys};

use call::TapeVerifier;
use scenario::{Scenario, policy, scenarios};
use tape::{TapeClock, TapeEntropy, TapeStore};

fn service() -> TapeVerifier {
    let keys = Keys::new(StoreSecretsInClear, TokenKeys::new(1, TokenKey::new([7; 32])));
    Verifier::with_sources(TapeStore, policy(), keys, TapeClock, TapeEntropy).with_events(tape::record_event)
}

/// The environment variable `MODEL_CHECKER_STATES` sets how many states are searched; the default is a few
/// thousand.
#[test]
fn nothing_breaks_a_promise() {
    let most: usize = match std::env::var("MODEL_CHECKER_STATES") {
        Ok(number) => number.parse().expect("MODEL_CHECKER_STATES is a number"),
        Err(_) => 9_000,
    };
    let scenarios = scenarios();
    let each = most.div_ceil(scenarios.len());
    let (service, next) = (service(), AtomicUsize::new(0));
    let states: usize = thread::scope(|scope| {
        let searcher = || {
            let _stop = StopOnPanic(&next);
            let mut states = 0;
            while let Some(scenario) = scenarios.get(next.fetch_add(1, Ordering::Relaxed)) {
                states += searched(scenario, &service, each);
            }
            states
        };
        let threads: Vec<_> = (0..2).map(|_| scope.spawn(searcher)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))).sum()
    });
    eprintln!("{states} states");
    assert!(states >= most / 10 * 9, "the search is smaller than it should be: {states} states");
}

/// After a search has failed, no other one begins.
struct StopOnPanic<'a>(&'a AtomicUsize);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.store(usize::MAX / 2, Ordering::Relaxed);
        }
    }
}

fn searched(scenario: &Scenario, service: &TapeVerifier, most: usize) -> usize {
    let started = Instant::now();
    let seen = search::search(scenario, service, most);
    eprintln!(
        "{:30} {:8} states, {:9} steps, {:7} probes, depth {:2} + {:2}{}, {:.1} s",
        scenario.name,
        seen.states,
        seen.steps,
        seen.probes,
        scenario.start.len(),
        seen.depth,
        if seen.is_complete { " (all)" } else { "" },
        started.elapsed().as_secs_f64(),
    );
    seen.states
}
