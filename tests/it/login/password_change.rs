//! A password change, interrupted at every point, at the same time as everything else that can be done with the account,
//! in every order.
//!
//! A store and a host that yield before each of their steps split each actor into a few steps; the scheduler restarts the
//! actors for every sequence of choices. After each step the test checks whether a session is current that began with
//! another password than the present one, and who removed the mark; at the end, whether the owner gets in.

mod actors;
mod judge;
mod scene;

use second_factor::testing::Fault;

use actors::{Beside, Change};
use judge::{at_the_end, step};
use scene::{Host, Password, Proof, Scene};

use super::schedule::explore;

/// By how many seconds the clock jumps, at any point: so far that a mark is old enough to be removed.
const JUMPS: [i64; 2] = [61, -61];

/// Every way in which a change can end, except success.
fn endings() -> Vec<Change> {
    let crashes = (0..=5).map(Change::DroppedAfter);
    let faults =
        (1..=4).flat_map(|call| [Fault::Fail, Fault::LoseReply].map(|fault| Change::Fault { call, fault }));
    let writes = [Change::WriteFails, Change::WriteFailsAfterwards];
    crashes.chain(faults).chain(writes).collect()
}

/// All orders of a change that ends in this way, an action `beside` it and, if given, a jump of the clock. Returns their number.
fn beside(proof: Proof, change: Change, beside: Beside, jump: Option<i64>, host: Host) -> usize {
    let start = || {
        let scene = Scene::new(beside.needs_factor(), host);
        let mut actors = vec![actors::changes(&scene, proof, change), actors::beside(&scene, beside)];
        actors.extend(jump.map(|secs| actors::jumps(&scene, secs)));
        (scene, actors)
    };
    let told = format!("{change:?} by {proof:?} beside {beside:?}, clock {jump:?}");
    explore(
        start,
        |scene, actor| step(scene, actor, &told),
        |scene, _| at_the_end(scene, (proof, change, beside), &told),
    )
}

fn all(proof: Proof, changes: &[Change], others: &[Beside], jumps: &[Option<i64>]) -> usize {
    let mut orders = 0;
    for other in others {
        for change in changes {
            for jump in jumps {
                orders += beside(proof, *change, *other, *jump, Host::Bounded);
            }
        }
    }
    orders
}

const PROOFS: [Proof; 2] = [Proof::Reauthenticated, Proof::Reset];

#[test]
fn g41_a_complete_change_beside_everything_else() {
    let jumps: Vec<_> = [None].into_iter().chain(JUMPS.map(Some)).collect();
    let orders: usize =
        PROOFS.into_iter().map(|proof| all(proof, &[Change::Whole], &Beside::SHORT, &jumps)).sum();
    assert_eq!(orders, 25_682);
}

#[test]
fn g41_a_change_interrupted_at_each_point_beside_everything_else() {
    let orders: usize = PROOFS.into_iter().map(|proof| all(proof, &endings(), &Beside::SHORT, &[None])).sum();
    assert_eq!(orders, 10_376);
}

/// A change that was interrupted, and a clock that jumps at any point during it or after it.
#[test]
fn g41_a_change_interrupted_at_each_point_under_a_clock_that_jumps() {
    let jumps = JUMPS.map(Some);
    let orders = all(Proof::Reset, &endings(), &Beside::LOGINS, &jumps);
    assert_eq!(orders, 14_550);
}

#[test]
fn g41_two_changes_at_once() {
    let mut orders = 0;
    for proof in PROOFS {
        orders += all(proof, &[Change::Whole], &[Beside::AnotherChange], &[None]);
        orders += all(proof, &endings(), &[Beside::AnotherChange], &[None]);
    }
    assert_eq!(orders, 3_170);
}

/// The second change is tried again after `Retry`, and finds the mark of the first more than a minute away.
#[test]
fn g41_two_changes_at_once_under_a_clock_that_jumps() {
    let orders = all(Proof::Reset, &[Change::Whole], &[Beside::AnotherChange], &[Some(61), Some(-61)]);
    assert_eq!(orders, 8_461);
}

/// A host without a time limit for its write: the new password is valid while a session of the old one is current, but only
/// until the change is complete.
#[test]
fn g41_a_write_that_takes_longer_than_a_minute_ends_everything() {
    let mut orders = 0;
    for other in Beside::LOGINS {
        orders += beside(Proof::Reset, Change::Whole, other, Some(61), Host::Slow);
    }
    assert_eq!(orders, 1_150);
}

/// A change that crashed after its first swap, then a clock that goes back and forth, with a login at each stop.
#[test]
fn g41_a_mark_under_a_clock_that_goes_back_and_forth() {
    const STOPS: [i64; 7] = [-3_600, -61, -60, 0, 59, 60, 3_600];
    let mut runs = 0;
    for has_factor in [true, false] {
        for first in STOPS {
            for second in STOPS {
                for third in STOPS {
                    judge::mark_under_a_clock(&Scene::new(has_factor, Host::Bounded), [first, second, third]);
                    runs += 1;
                }
            }
        }
    }
    assert_eq!(runs, 686);
}

/// A proof that the host verified at this moment can end an interrupted change, and nothing else can.
#[test]
fn g41_only_a_proof_of_this_moment_removes_the_mark() {
    for has_factor in [true, false] {
        for (away, is_away) in [(0, false), (59, false), (-60, false), (60, true), (-61, true)] {
            let ended = judge::who_ends_a_mark(has_factor, away);
            let may: &[&str] = if is_away {
                &[
                    "password_verified",
                    "change_password",
                    "import",
                    "import, quietly",
                    "administrator_reset",
                    "close_account",
                ]
            } else {
                &[]
            };
            assert_eq!(ended, may, "{away} s away");
        }
    }
}

/// The passwords that are valid one after the other.
#[test]
fn the_host_replaces_only_the_old_hash() {
    let scene = Scene::new(false, Host::Bounded);
    assert!(scene.write(Password::Old, Password::New).is_ok());
    assert!(scene.write(Password::Old, Password::Third).is_err());
    assert_eq!(scene.in_force(), Password::New);
}
