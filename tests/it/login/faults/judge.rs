//! The faults, every single one and every pair, and what must hold under them.

use std::collections::{BTreeMap, BTreeSet};

use second_factor::session::{AuthenticatorKind, EventKind, Remember};
use second_factor::testing::{Fault, FaultyError};
use second_factor::verifier::Error;
use second_factor::{AccountRecord, Login, Refusal};
use serde_json::Value;

use super::run::{BASE, Granted, May, Operation, Outcome, Run, Scenario};
use crate::support::{Phone, STEP, refusal};

/// The faults that a store can show to one caller. `Delay` changes the order between callers only: see
/// `interleavings.rs`.
const FAULTS: [Fault; 5] = [Fault::Fail, Fault::LoseReply, Fault::Duplicate, Fault::Retry, Fault::Conflict];

/// Runs the scenario without faults, with every single one and with every pair; how many runs there were.
pub fn enumerate(scenario: &Scenario) -> usize {
    let singles = |at: usize| FAULTS.map(|fault| (at, fault));
    let mut runs = 1;
    // Up to its first fault a run is the one without, and up to its second the one with the first.
    for first in (1..=run(scenario, &[])).flat_map(singles) {
        runs += 1;
        for second in (first.0 + 1..=run(scenario, &[first])).flat_map(singles) {
            run(scenario, &[first, second]);
            runs += 1;
        }
    }
    runs
}

/// One run under these faults, judged; how many calls to the store the two attempts made.
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

/// From one stored record to the next.
fn judge_step(may: May, before: &Value, after: &Value, told: &str) {
    let codes = |record: &Value| -> BTreeSet<String> {
        record["recovery"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect()
    };
    let (bound, bound_after) = (authenticators(before), authenticators(after));
    for (id, used) in &bound {
        let Some(used_after) = bound_after.get(id) else { continue };
        assert!(used_after.step >= used.step, "a spent code comes back: {told}");
        assert!(used_after.has_proof >= used.has_proof, "what a passkey signed comes back: {told}");
    }
    let lost = bound.keys().filter(|id| !bound_after.contains_key(*id)).count();
    assert!(lost <= may.lose_authenticators, "a confirmed authenticator is lost: {told}");
    let new = bound_after.keys().filter(|id| !bound.contains_key(*id)).count();
    assert!(new == 0 || may.bind_authenticator, "an authenticator comes from nowhere: {told}");
    if !may.replace_codes {
        assert!(codes(after).is_subset(&codes(before)), "a recovery code comes back: {told}");
    }
    // What was accepted refunds the guesses of its own challenge, and only those; too little time goes by for credit.
    for count in ["spent", "since", "unrefunded", "quiet_since"] {
        let counted = |record: &Value| record["budget"][count].as_u64().unwrap();
        assert!(may.restore_budget || counted(after) >= counted(before), "{count} goes backwards: {told}");
    }
}

/// What of an authenticator is used up.
struct Used {
    step: u64,
    has_proof: bool,
}

/// By id.
fn authenticators(record: &Value) -> BTreeMap<String, Used> {
    let of = |bound: &Value| {
        let (app, host) = (&bound["prover"]["app"], &bound["prover"]["host"]);
        assert_ne!(app.is_null(), host.is_null(), "an app, or one of the host's: {bound}");
        // None was accepted of one that was imported.
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
    // Once more, the store being well again.
    let again = if may.once { operation(run) } else { Err(Error::Contention) };
    granted.extend(again.as_ref().ok());
    assert!(!may.once || granted.len() <= 1, "granted {} times: {told}", granted.len());
    assert!(!may.never || granted.is_empty(), "fails open: {told}");
    // Nobody is logged in in the log who is not, and nobody is who is not in the log.
    let accepted = granted.iter().filter(|granted| matches!(granted, Granted::LoggedIn)).count();
    let logged_in = run.world.events.count(|kind| matches!(kind, EventKind::LoggedIn { .. }));
    assert_eq!(logged_in, accepted, "{told}");
    let fresh = granted.iter().filter(|granted| matches!(granted, Granted::Fresh)).count();
    let stepped_up = run.world.events.count(|kind| matches!(kind, EventKind::SteppedUp { .. }));
    assert_eq!(stepped_up, fresh, "{told}");

    // Nobody stole anything, so nothing that is sent again may look like it.
    let is_alarm = |kind: &EventKind| matches!(kind, EventKind::DeviceTokenStolen { .. });
    assert_eq!(run.world.events.count(is_alarm), 0, "{told}");

    // The owner of what is bound now gets in with it, and with nothing else. A password change that was interrupted is
    // over by now, which the first password tells.
    run.world.clock.advance(5 * STEP);
    let first = refusal(run.world.verifier.password_verified(run.world.password(), None));
    assert!(may.interrupt && matches!(first, Err(Refusal::Retry)) || first.is_ok(), "{told}");
    let bound = run.world.verifier.status(&run.world.account).unwrap().authenticators;
    let apps = bound.iter().filter(|bound| matches!(bound.kind, AuthenticatorKind::App(_))).count();
    if bound.is_empty() {
        assert!(matches!(run.world.login(), Login::Complete(_)), "{told}");
    } else {
        let phones = [Some(&run.phone), run.new_phone.as_ref()].into_iter().flatten();
        // Codes in a row, which a lock lets in, too; none of them was used yet.
        let works = |phone: &&Phone| run.world.present(&phone.codes_in_a_row(run.world.now())).is_ok();
        assert_eq!(phones.filter(works).count(), apps, "{told}");
        let passkey = run.world.signed_by_passkey("at the end");
        let accepted = run.world.verifier.present(&run.world.challenge(), passkey, Remember::No);
        let is_bound = bound.iter().any(|bound| bound.id == run.signed().authenticator());
        assert_eq!(accepted.is_ok(), is_bound, "{told}");
    }
    // The recovery codes that were handed out last are those that are kept.
    let last = if again.is_ok() { &again } else { &outcomes[1] };
    if let Ok(Granted::Bound(codes) | Granted::Codes(codes)) = last {
        // An authenticator beside others leaves the codes that there are.
        let code = codes.first().unwrap_or(&BASE.codes[9]);
        let accepted = run.world.verifier.present(&run.world.challenge(), code, Remember::No);
        assert!(accepted.is_ok(), "{told}");
    }
}
