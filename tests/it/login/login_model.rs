//! The login machine against a reference model, over random lists of commands: outcomes, audit events, the
//! account's page and the life of sessions must be what DESIGN.md §4 says, whatever was done in whatever
//! order.
//!
//! The lists are the same in each run. `LOGIN_MODEL_SEED` takes other ones, `LOGIN_MODEL_CASES` more.

mod command;
mod invariants;
mod model;
mod service;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::env;

use command::Command;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use second_factor::{Policy, Window};
use service::Service;

use crate::support::days;

const CASES: u32 = 300;

/// Runs lists of commands under this policy, and says what came of them how often. Panics with the shortest
/// list found on which library and model differ.
#[track_caller]
fn agree(policy: &Policy, cases: u32) -> BTreeMap<String, usize> {
    let from_env = |name: &str| env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let mut seed = [0x5f; 32];
    seed[..8].copy_from_slice(&from_env("LOGIN_MODEL_SEED").unwrap_or_default().to_le_bytes());
    let cases = from_env("LOGIN_MODEL_CASES").map_or(cases, |count| count.try_into().unwrap());
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let total = RefCell::new(BTreeMap::<String, usize>::new());
    let result = runner.run(&Command::lists(), |commands| {
        let mut service = Service::new(policy);
        for command in commands.iter().flat_map(|command| command.spelled_out()) {
            service.run(command).map_err(|why| TestCaseError::fail(format!("at {command:?}: {why}")))?;
        }
        let mut total = total.borrow_mut();
        service.seen.into_iter().for_each(|(what, count)| *total.entry(what).or_default() += count);
        Ok(())
    });
    match result {
        Ok(()) => total.into_inner(),
        Err(TestError::Fail(why, commands)) => {
            let list: Vec<String> = commands.iter().map(|command| format!("    {command:?}")).collect();
            panic!("after {} commands:\n{}\n{why}", list.len(), list.join("\n"))
        }
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
}

/// Random lists that never get there are no test. A number of cases that was asked for need not.
#[track_caller]
fn assert_reached(seen: &BTreeMap<String, usize>, wanted: &[&str]) {
    for what in wanted.iter().filter(|_| env::var_os("LOGIN_MODEL_CASES").is_none()) {
        assert!(seen.contains_key(*what), "never reached: {what}\n{seen:#?}");
    }
}

#[test]
fn the_default_policy() {
    let seen = agree(&Policy::new("Example").unwrap(), CASES);
    assert_reached(&seen, &EVERYTHING);
}

/// `EnrollmentRequired` and `Suspended` take another policy.
const EVERYTHING: [&str; 59] = [
    "LoggedInWithoutFactor",
    "LoggedInRemembered",
    "CodeRequired",
    "Accepted { by: Code, device: false }",
    "Accepted { by: Code, device: true }",
    "Accepted { by: RecoveryCode, device: false }",
    "Fresh(Code)",
    "Fresh(RecoveryCode)",
    "in a session: Fresh(Code)",
    "in a session: Fresh(RecoveryCode)",
    "in a session: Refused(NotAccepted)",
    "in a session: Refused(Malformed)",
    "in a session: Refused(ChallengeOver)",
    "in a session: Refused(Locked)",
    "in a session: Refused(StepUpRequired)",
    "in a session: Refused(NoAuthenticator)",
    "with the password: PasswordEnough",
    "with the password: Fresh(Code)",
    "with the password: Fresh(RecoveryCode)",
    "with the password: Refused(NotAccepted)",
    "with the password: Refused(Malformed)",
    "with the password: Refused(ChallengeOver)",
    "with the password: Refused(StepUpRequired)",
    "EnrollmentBegun",
    "EnrollmentShown",
    "Confirmed",
    "Regenerated",
    "Done",
    "Forgot(0)",
    "Forgot(1)",
    "Forgot(2)",
    "Refused(NotAccepted)",
    "Refused(Malformed)",
    "Refused(ChallengeOver)",
    "Refused(Locked)",
    "Refused(EnrollmentOver)",
    "Refused(StepUpRequired)",
    "Refused(NoAuthenticator)",
    "event Opened",
    "event LoggedIn",
    "event SteppedUp",
    "event CodeRefused(\"wrong\")",
    "event CodeRefused(\"replayed\")",
    "event CodeRefused(\"no challenge\")",
    "event CodeRefused(\"locked\")",
    "event RecoveryCodeRefused(\"wrong\")",
    "event RecoveryCodeRefused(\"no challenge\")",
    "event RecoveryCodeUsed",
    "event ChallengeExhausted",
    "event PasswordSuspectedKnown",
    "event Locked",
    "event EnrollmentRefused",
    "event Bound",
    "event Removed",
    "event PasswordChanged",
    "event DeviceForgotten(\"credentials changed\")",
    "event DeviceForgotten(\"revoked\")",
    "event DeviceTokenStolen",
    "event DeviceUnknown",
];

#[test]
fn a_second_factor_is_required() {
    let seen = agree(&Policy::builder("Example").require_second_factor().build().unwrap(), 60);
    assert_reached(&seen, &["EnrollmentRequired"]);
    assert!(!seen.contains_key("LoggedInWithoutFactor"), "{seen:#?}");
}

#[test]
fn the_current_step_only() {
    agree(&Policy::builder("Example").window(Window::EXACT).build().unwrap(), 60);
}

#[test]
fn a_small_budget_that_is_soon_regained_and_soon_suspended() {
    let policy = Policy::builder("Example")
        .guess_budget(6, days(1) / 4)
        .guesses_per_challenge(3)
        .suspend_after(9)
        .build_with_weaker_guess_odds()
        .unwrap();
    let seen = agree(&policy, 100);
    assert_reached(
        &seen,
        &[
            "event Suspended",
            "event CodeRefused(\"suspended\")",
            "Refused(Suspended)",
            "in a session: Refused(Suspended)",
        ],
    );
}

#[test]
fn two_devices_at_most_and_a_long_grace() {
    let policy = Policy::builder("Example").devices(2).rotation_grace(days(1) / 144).build().unwrap();
    let seen = agree(&policy, 100);
    assert_reached(&seen, &["event DeviceForgotten(\"too many\")"]);
}

#[test]
fn no_device_is_remembered() {
    let policy = Policy::builder("Example").remember_for(days(0)).build().unwrap();
    let seen = agree(&policy, 60);
    assert!(!seen.contains_key("event DeviceRemembered"), "{seen:#?}");
}
