//! Runs a scenario with every single fault and every pair, and checks what must hold.

use std::collections::{BTreeMap, BTreeSet};

use second_factor::session::{AuthenticatorKind, EventKind, Remember};
use second_factor::testing::{Fault, FaultyError};
use second_factor::verifier::Error;
use second_factor::{AccountRecord, Login, Refusal};
use serde_json::Value;

use super::run::{BASE, Granted, May, Operation, Outcome, Run, Scenario};
use crate::support::{Phone, STEP, refusal};

/// The faults that one caller can notice. `Delay` changes only the order of several callers: see `interleavings.rs`.
const FAULTS: [Fault; 5] = [Fault::Fail, Fault::LoseReply, Fault::Duplicate, Fault::Retry, Fault::Conflict];

/// Runs the scenario without faults, with every single fault and with every pair. Returns the number of runs.
pub fn enumerate(scenario: &Scenario) -> usize {
    let singles = |at: usize| FAULTS.map(|fault| (at, fault));
    let mut runs = 1;
    // Before its first fault a run equals the one without faults, and before its second the one with the first fault.
    for first in (1..=run(scenario, &[])).flat_map(singles) {
        runs += 1;
        for second in (first.0 + 1..=run(scenario, &[first])).flat_map(singles) {
            run(scenario, &[first, second]);
            runs += 1;
        }
    }
    runs
}

/// One run with these faults, checked. Returns the number of calls to the store in both attempts.
fn run(scenario: &Scenario, faults: &[(usize, Fault)]) -> usize {
    let (run, mut operation) = (scenario.prepare)();
    let history = || run.store().inner().stored.lock().unwrap().len();
    let before = history().saturating_sub(1);
    run.world.events.take();
    run.store().plan(faults.iter().copied());
    let outcomes = [operation(&run), operation(&run)];
    let calls = run.store().calls();
    run.store().plan([]);
    let told = format!("{} under {faults:?}: {outcomes:?}", scenario.name);
    let stored: Vec<Value> = run.store().inner().stored.lock().unwrap()[before..].iter().map(body).collect();
    for step in stored.windows(2) {
        judge_step(scenario.may, &step[0], &step[1], &told);
    }
    judge_outcomes(scenario.may, &run, operation, &outcomes, &told);
    calls
}

pub fn body(record: &AccountRecord) -> Value {
    serde_json::to_value(record).unwrap()["record"].clone()
}

/// Checks the step from one stored record to the next.
fn judge_step(may: May, before: &Value, after: &Value, told: &str) {
    let codes = |record: &Value| -> BTreeSet<String> {
        record["recovery"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect()
    };
    let (bound, bound_after) = (authenticators(before), authenticators(after));
    for (id, used) in &bound {
        let Some(used_after) = bound_after.get(id) else { continue };
        assert!(used_after.step >= used.step, "a used code becomes valid again: {told}");
        assert!(used_after.has_proof >= used.has_proof, "a used passkey proof becomes valid again: {told}");
    }
    let lost = bound.keys().filter(|id| !bound_after.contains_key(*id)).count();
    assert!(lost <= may.lose_authenticators, "a confirmed authenticator is lost: {told}");
    let new = bound_after.keys().filter(|id| !bound.contains_key(*id)).count();
    assert!(new == 0 || may.bind_authenticator, "an authenticator was added: {told}");
    if !may.replace_codes {
        assert!(codes(after).is_subset(&codes(before)), "a recovery code was added: {told}");
    }
    // An accepted proof refunds only the guesses of its own challenge. Too little time passes for credit.
    for count in ["spent", "since", "unrefunded", "quiet_since"] {
        let counted = |record: &Value| record["budget"][count].as_u64().unwrap();
        assert!(may.restore_budget || counted(after) >= counted(before), "{count} goes backwards: {told}");
    }
}

/// What is used up of an authenticator.
struct Used {
    step: u64,
    has_proof: bool,
}

/// By id.
fn authenticators(record: &Value) -> BTreeMap<String, Used> {
    let of = |bound: &Value| {
        let (app, host) = (&bound["prover"]["app"], &bound["prover"]["host"]);
        assert_ne!(app.is_null(), host.is_null(), "neither an app nor one of the host's: {bound}");
        // An imported one has not accepted a code yet.
        let used = Used { step: app["step"].as_u64().unwrap_or(0), has_proof: host["proof"].is_string() };
        (bound["id"].as_str().unwrap().to_owned(), used)
    };
    record["authenticators"].as_array().unwrap().iter().map(of).collect()
}

fn judge_outcomes(may: May, run: &Run, mut operation: Operation, outcomes: &[Outcome; 2], told: &str) {
    for outcome in outcomes {
        let is_expected =
            matches!(outcome, Ok(_) | Err(Error::Store(FaultyError::Injected { .. }) | Error::Refused(_)));
        assert!(is_expected, "{told}");
    }
    let mut granted: Vec<&Granted> = outcomes.iter().flatten().collect();
    // A third attempt, without faults.
    let again = if may.once { operation(run) } else { Err(Error::Contention) };
    granted.extend(again.as_ref().ok());
    assert!(!may.once || granted.len() <= 1, "granted {} times: {told}", granted.len());
    assert!(!may.never || granted.is_empty(), "fails open: {told}");
    // The log and the results name the same logins.
    let accepted = granted.iter().filter(|granted| matches!(granted, Granted::LoggedIn)).count();
    let logged_in = run.world.events.count(|kind| matches!(kind, EventKind::LoggedIn { .. }));
    assert_eq!(logged_in, accepted, "{told}");
    let fresh = granted.iter().filter(|granted| matches!(granted, Granted::Fresh)).count();
    let stepped_up = run.world.events.count(|kind| matches!(kind, EventKind::SteppedUp { .. }));
    assert_eq!(stepped_up, fresh, "{told}");

    // Nothing was stolen, so a repeated request must not look like a theft.
    let is_alarm = |kind: &EventKind| matches!(kind, EventKind::DeviceTokenStolen { .. });
    assert_eq!(run.world.events.count(is_alarm), 0, "{told}");

    // The owner gets in with each authenticator that is bound now, and with no other. If a password change was interrupted,
    // the first login completes it.
    run.world.clock.advance(5 * STEP);
    let first = refusal(run.world.verifier.password_verified(run.world.password(), None));
    assert!(may.interrupt && matches!(first, Err(Refusal::Retry)) || first.is_ok(), "{told}");
    let bound = run.world.verifier.status(&run.world.account).unwrap().authenticators;
    let apps = bound.iter().filter(|bound| matches!(bound.kind, AuthenticatorKind::App(_))).count();
    if bound.is_empty() {
        assert!(matches!(run.world.login(), Login::Complete(_)), "{told}");
    } else {
        let phones = [Some(&run.phone), run.new_phone.as_ref()].into_iter().flatten();
        // Codes in a row, because they are accepted during a lock too. None of these was used yet.
        let works = |phone: &&Phone| run.world.present(&phone.codes_in_a_row(run.world.now())).is_ok();
        assert_eq!(phones.filter(works).count(), apps, "{told}");
        let passkey = run.world.signed_by_passkey("at the end");
        let accepted = run.world.verifier.present(&run.world.challenge(), passkey, Remember::No);
        let is_bound = bound.iter().any(|bound| bound.id == run.signed().authenticator());
        assert_eq!(accepted.is_ok(), is_bound, "{told}");
    }
    // The recovery codes that were returned last are the valid ones.
    let last = if again.is_ok() { &again } else { &outcomes[1] };
    if let Ok(Granted::Bound(codes) | Granted::Codes(codes)) = last {
        // An additional authenticator leaves the recovery codes as they are.
        let code = codes.first().unwrap_or(&BASE.codes[9]);
        let accepted = run.world.verifier.present(&run.world.challenge(), code, Remember::No);
        assert!(accepted.is_ok(), "{told}");
    }
}
