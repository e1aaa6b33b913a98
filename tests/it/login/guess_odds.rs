//! The strongest attacker: has the password, unlimited time and machines, and whatever else a scenario adds. Whatever the
//! clocks do, the attacker never gets more guesses than `Policy::guess_odds` states.
//!
//! | module | what it tries |
//! | `year` | every strategy with every owner, under every kind of clock, for a year |
//! | `year` | every strategy with every owner, under every kind of clock, for a year |
//! | `scenarios` | single cases: a planted challenge, a mailbox, a password change, a slow clock |
//! | `exhaustive` | small budgets; every order of guesses, successes, waiting and clock jumps |
//! | `policies` | the extreme policies that `build` accepts, and policies that change |
//! | `chance` | how often a guess wins |
//!
//! For a longer run, `GUESS_ODDS_YEARS` sets the number of simulated years, and `GUESS_ODDS_DEPTH` the number of actions
//! of the exhaustive adversary.

mod attacker;
mod chance;
mod clocks;
mod exhaustive;
mod ledger;
mod owner;
mod policies;
mod probes;
mod scenarios;
mod service;
mod year;

use core::time::Duration;
use std::env;

use second_factor::{Algorithm, Digits, Period, Policy, TotpParams, Window};

use crate::support::{DAY, days};

const YEAR: Duration = Duration::from_secs(365 * DAY.as_secs());

/// A number from the environment, for a longer run.
fn from_env(name: &str, otherwise: usize) -> usize {
    env::var(name).map_or(otherwise, |text| text.parse().expect("a number"))
}

/// The policy with these values whose budget is regained as quickly as `build` accepts.
fn quickest(digits: Digits, window: Window, budget: u16, authenticators: u8) -> Option<Policy> {
    let build = |regain: u64| {
        let params = TotpParams::new(Algorithm::Sha1, digits, Period::DEFAULT);
        Policy::builder("Example")
            .totp(params)
            .window(window)
            .authenticators(authenticators)
            .guess_budget(budget, Duration::from_secs(regain))
            .build()
    };
    let (mut refused, mut accepted) = (3_599, days(366).as_secs());
    build(accepted).ok()?;
    while accepted - refused > 1 {
        let middle = refused.midpoint(accepted);
        if build(middle).is_ok() { accepted = middle } else { refused = middle }
    }
    build(accepted).ok()
}
