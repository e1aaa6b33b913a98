//! Every operation of the verifier with a faulty store: a fault at every call, and at every pair of calls.
//!
//! Each operation is called twice with the same input, as by a client that retries after an error, so a pair of faults can
//! hit both calls. All combinations are tried.

mod changes;
mod judge;
mod logins;
mod run;
mod step_ups;

use changes::CHANGES;
use judge::enumerate;
use logins::LOGINS;
use run::Scenario;
use step_ups::STEP_UPS;

#[test]
fn no_fault_or_pair_of_faults_lets_a_login_fail_open() {
    enumerate_all(&LOGINS);
}

#[test]
fn no_fault_or_pair_of_faults_lets_a_step_up_fail_open() {
    enumerate_all(&STEP_UPS);
}

#[test]
fn no_fault_or_pair_of_faults_loses_an_owners_change() {
    enumerate_all(&CHANGES);
}

fn enumerate_all(scenarios: &[Scenario]) {
    let mut runs = 0;
    for scenario in scenarios {
        let found = enumerate(scenario);
        println!("{}: {found} runs", scenario.name);
        runs += found;
    }
    println!("{} operations, {runs} runs", scenarios.len());
}
