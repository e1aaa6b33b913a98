//! Compares the library with a reference model, over random lists of commands. Results, audit events, the status of the
//! account, the number of writes and the lifetime of sessions must agree, whatever was done in whatever order.
//!
//! The lists are the same in each run. `LOGIN_MODEL_SEED` selects other lists, `LOGIN_MODEL_CASES` more of them.

mod command;
mod flows;
mod invariants;
mod lists;
mod model;
mod service;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::env;

use command::{Browser, Command, Cookie, Flow, Pick, Typed, Who};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use second_factor::{Policy, Window};
use service::Service;

use crate::support::days;

const CASES: u32 = 400;

/// Runs lists of commands with this policy, and returns how often each outcome occurred. Panics with the shortest list it
/// finds on which library and model differ.
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

/// Checks that the random lists reached these outcomes. Skipped if the number of cases was given in the environment.
#[track_caller]
fn assert_reached(seen: &BTreeMap<String, usize>, wanted: &[&str]) {
    let missing: Vec<_> = wanted.iter().filter(|what| !seen.contains_key(**what)).collect();
    assert!(
        missing.is_empty() || env::var_os("LOGIN_MODEL_CASES").is_some(),
        "never reached: {missing:?}\n{seen:#?}"
    );
}

#[test]
fn the_default_policy() {
    let seen = agree(&Policy::new("Example").unwrap(), CASES);
    assert_reached(&seen, EVERYTHING);
}

const EVERYTHING: &[&str] = &[
    "LoggedInWithoutFactor",
    "EnrollmentRequired",
    "LoggedInRemembered",
    "CodeRequired",
    "Accepted { by: Code, device: false }",
    "Accepted { by: Code, device: true }",
    "Accepted { by: CodesInARow, device: true }",
    "Accepted { by: Passkey, device: true }",
    "Accepted { by: RecoveryCode, device: false }",
    "Fresh(Code)",
    "Fresh(RecoveryCode)",
    "in a session: Fresh(Code)",
    "in a session: Fresh(CodesInARow)",
    "in a session: Fresh(Passkey)",
    "in a session: Fresh(RecoveryCode)",
    "in a session: Refused(AlreadyDone)",
    "in a session: Refused(NotAccepted)",
    "in a session: Refused(Malformed)",
    "in a session: Refused(Locked)",
    "in a session: Refused(LockWithoutATime)",
    "in a session: Refused(StepUpRequired)",
    "in a session: Refused(NoAuthenticator)",
    "with the password: beside Nothing",
    "with the password: beside Fresh",
    "with the password: beside RecoveryLogin",
    "with the password: Refused(AlreadyDone)",
    "with the password: Refused(NotAccepted)",
    "with the password: Refused(Malformed)",
    "with the password: Refused(Locked)",
    "with the password: Refused(StepUpRequired)",
    "with an older password: Refused(StepUpRequired)",
    "after a while: CodeRequired",
    "after a while: LoggedInWithoutFactor",
    "after a while: Refused(ChallengeOver)",
    "enrolling after a while: Refused(StepUpRequired)",
    "EnrollmentBegun",
    "EnrollmentShown",
    "confirm: Confirmed",
    "confirm: Refused(NotAccepted)",
    "confirm: Refused(EnrollmentOver)",
    "confirm: Refused(ClockOff)",
    "import: Imported",
    "import: Refused(AlreadyBound)",
    "import: Refused(Retry)",
    "by the password: PasskeyBound",
    "by the password: Refused(StepUpRequired)",
    "passkey: Accepted { by: Passkey, device: true }",
    "passkey: Refused(NotAccepted)",
    "passkey: Refused(AlreadyDone)",
    "passkey: Refused(ChallengeOver)",
    "tried: OldCodeTried",
    "tried: Refused(NotAccepted)",
    "tried: Refused(Locked)",
    "tried: Refused(ChallengeOver)",
    "tried: Refused(AlreadyDone)",
    "of an old system: Accepted { by: RecoveryCode, device: false }",
    "of an old system: Refused(NotAccepted)",
    "of an old system: Refused(AlreadyDone)",
    "of an old system: Refused(ChallengeOver)",
    "reset: PasswordChanged",
    "reset: NotWritten",
    "reset: Interrupted",
    "reset: Refused(Retry)",
    "spent: Done",
    "spent: Regenerated",
    "spent: PasskeyBound",
    "spent: Renamed",
    "spent: Refused(NoAuthenticator)",
    "spent: Refused(TooManyAuthenticators)",
    "spent: Refused(AlreadyBound)",
    "spent: Refused(FactorRequired)",
    "spent: EnrollmentBegun",
    "spent: PasswordChanged",
    "spent: NotWritten",
    "spent: Interrupted",
    "spent: Refused(StepUpRequired)",
    "logout everywhere: Done",
    "logout everywhere: Refused(StepUpRequired)",
    "administrator: Done",
    "administrator: Refused(Retry)",
    "Forgot(0)",
    "Forgot(1)",
    "Forgot(2)",
    "Refused(NotAccepted)",
    "Refused(Malformed)",
    "Refused(ChallengeOver)",
    "Refused(AlreadyDone)",
    "Refused(Retry)",
    "Refused(Locked)",
    "Refused(LockWithoutATime)",
    "under a lock: CodesInARow",
    "under a lock: Passkey",
    "under a lock: RecoveryCode",
    "credit taken",
    "a guess forgotten by the alarm",
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
    "event ClockOff",
    "event PasskeyRefused(\"wrong\")",
    "event PasskeyRefused(\"replayed\")",
    "event PasskeyRefused(\"no challenge\")",
    "event OldCodeTried",
    "event RecoveryCodeRefused(\"wrong\")",
    "event RecoveryCodeRefused(\"no challenge\")",
    "event RecoveryCodeRefused(\"replayed\")",
    "event RecoveryCodeRefused(\"locked\")",
    "event RecoveryCodeUsed",
    "event ChallengeExhausted",
    "event PasswordSuspectedKnown",
    "event Locked",
    "event LockWithoutATime",
    "event EnrollmentRefused",
    "event Bound(\"first\")",
    "event Bound(\"added\")",
    "event Bound(\"replaced\")",
    "event Bound(\"imported\")",
    "event Bound(\"imported quietly\")",
    "event Removed",
    "event Renamed",
    "event Regenerated",
    "event PasswordChangeBegun",
    "event PasswordChanged",
    "event PasswordNotChanged",
    "event PasswordChangeInterrupted",
    "event SessionsEnded",
    "event Restored",
    "event AccountClosed",
    "event DeviceRemembered",
    "event DeviceForgotten(\"credentials changed\")",
    "event DeviceForgotten(\"expired\")",
    "event DeviceForgotten(\"outdated\")",
    "event DeviceForgotten(\"revoked\")",
    "event DeviceForgotten(\"restored\")",
    "event DeviceForgotten(\"stolen\")",
    "event DeviceTokenStolen",
    "event DeviceUnknown",
];

#[test]
fn a_second_factor_is_required() {
    let seen = agree(&Policy::builder("Example").require_second_factor().build().unwrap(), 100);
    assert_reached(&seen, &["EnrollmentRequired", "spent: Refused(FactorRequired)"]);
    assert!(!seen.contains_key("LoggedInWithoutFactor"), "{seen:#?}");
}

#[test]
fn the_current_step_only() {
    agree(&Policy::builder("Example").window(Window::EXACT).build().unwrap(), 60);
}

#[test]
fn a_small_budget_that_a_month_gives_back_completely() {
    let policy =
        Policy::builder("Example").guess_budget(6, days(3)).guesses_per_challenge(3).build().unwrap();
    let seen = agree(&policy, 100);
    assert_reached(&seen, &["Refused(Locked)", "Refused(LockWithoutATime)", "credit taken"]);
}

#[test]
fn a_budget_that_time_does_not_give_back() {
    let policy = Policy::builder("Example").guess_budget(10, days(31)).build().unwrap();
    let seen = agree(&policy, 60);
    assert_reached(&seen, &["Refused(LockWithoutATime)", "under a lock: CodesInARow"]);
    for never in ["Refused(Locked)", "event Locked", "credit taken"] {
        assert!(!seen.contains_key(never), "{never}: {seen:#?}");
    }
}

#[test]
fn two_devices_at_most_and_a_long_grace() {
    let policy = Policy::builder("Example").devices(2).rotation_grace(days(1) / 144).build().unwrap();
    let seen = agree(&policy, 100);
    assert_reached(&seen, &["event DeviceForgotten(\"too many\")"]);
}

/// More challenges than are kept: the ones that are done are dropped, oldest first, and are then no longer known to be
/// done. The budget does not cover a hundred open ones, so their charges stay to be refunded.
#[test]
fn more_than_a_hundred_touched_challenges() {
    let half_an_hour = days(1) / 48;
    let policy = Policy::builder("Example")
        .guess_budget(50, days(31))
        .challenge_lifetime(half_an_hour)
        .build()
        .unwrap();
    let (who, newest) = (Who::Alice, Pick::Newest);
    let opens = Command::Password(who, Browser::Cafe, Cookie::Absent);
    let guesses = |pick, n: u8| Command::Code(who, pick, Typed::Wrong(n));
    let right = |pick| [Command::WaitSteps(1), Command::Code(who, pick, Typed::Shown(0))];
    let again = |pick| Command::Code(who, pick, Typed::Again);
    let enroll = Command::Flow(who, Flow::Enroll).spelled_out();
    let mut list = [&enroll[..], &[opens], &right(newest), &[opens, guesses(newest, 1), opens]].concat();
    for n in 0..98 {
        list.push(opens);
        list.extend(if n % 11 < 5 { vec![guesses(newest, n)] } else { right(newest).to_vec() });
    }
    // The first one, which is done, is dropped for the 101st. Presenting to it again drops the next one that is done.
    list.extend([again(Pick::Before(100)), guesses(Pick::Before(98), 7), again(Pick::Before(100))]);
    list.extend([again(Pick::Before(92)), again(Pick::Before(89))]);
    // These were guessed in before all others, and are still refunded.
    list.extend([right(Pick::Before(99)), right(Pick::Before(97))].concat());
    let mut service = Service::new(&policy);
    for (place, command) in list.into_iter().enumerate() {
        service.run(command).unwrap_or_else(|why| panic!("at {place}, {command:?}: {why}"));
    }
    let count = |what: &str| service.seen.get(what).copied().unwrap_or_default();
    assert_eq!(count("Refused(AlreadyDone)"), 2, "{:#?}", service.seen);
    assert_eq!(count("Accepted { by: Code, device: false }"), 56, "{:#?}", service.seen);
}

#[test]
fn no_device_is_remembered() {
    let policy = Policy::builder("Example").remember_for(days(0)).build().unwrap();
    let seen = agree(&policy, 60);
    assert!(!seen.contains_key("event DeviceRemembered"), "{seen:#?}");
}
