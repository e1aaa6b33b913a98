//! A fresh code in a live session.

use second_factor::session::Reauthenticated;

use super::run::{BASE, Granted, NEVER, ONCE, Operation, READS, Run, Scenario, fresh, other};
use crate::support::{NEVER_ISSUED, complete};

pub const STEP_UPS: [Scenario; 12] = [
    Scenario {
        name: "begin_step_up",
        may: READS,
        prepare: || {
            let run = Run::enrolled();
            let epoch = run.world.epoch();
            (run, Box::new(move |run| run.world.verifier.begin_step_up(&run.world.account, epoch).map(other)))
        },
    },
    Scenario { name: "step_up", may: ONCE, prepare: || steps_up(Run::code) },
    Scenario { name: "step_up, wrong", may: NEVER, prepare: || steps_up(Run::wrong_code) },
    Scenario {
        name: "step_up_with_recovery_code",
        may: ONCE,
        prepare: || {
            let run = Run::enrolled();
            let mut tokens = [run.world.step_up_token(), run.world.step_up_token()].into_iter().cycle();
            let operation = move |run: &Run| {
                run.world
                    .verifier
                    .step_up_with_recovery_code(&tokens.next().unwrap(), &BASE.codes[0])
                    .map(fresh)
            };
            (run, Box::new(operation))
        },
    },
    Scenario { name: "fresh_factor", may: ONCE, prepare: || gives_a_fresh_factor(Run::code) },
    Scenario { name: "fresh_factor, wrong", may: NEVER, prepare: || gives_a_fresh_factor(Run::wrong_code) },
    Scenario {
        name: "fresh_factor by recovery code",
        may: ONCE,
        prepare: || gives_a_fresh_factor(|_| BASE.codes[0].clone()),
    },
    Scenario {
        name: "fresh_factor by recovery code, wrong",
        may: NEVER,
        prepare: || gives_a_fresh_factor(|_| NEVER_ISSUED.to_owned()),
    },
    Scenario { name: "reauthenticate", may: ONCE, prepare: || reauthenticates(Run::code) },
    Scenario { name: "reauthenticate, wrong", may: NEVER, prepare: || reauthenticates(Run::wrong_code) },
    Scenario {
        name: "reauthenticate by recovery code",
        may: ONCE,
        prepare: || reauthenticates(|_| BASE.codes[0].clone()),
    },
    Scenario {
        name: "reauthenticate without an authenticator",
        may: READS,
        prepare: || {
            let run = Run::empty();
            let session = complete(run.world.login()).authenticated.into_session();
            let operation = move |run: &Run| {
                let proof = run.world.verifier.reauthenticate(&session, run.world.password(), "")?;
                assert!(matches!(proof, Reauthenticated::Password(_)), "{proof:?}");
                Ok(Granted::Other)
            };
            (run, Box::new(operation))
        },
    },
];

fn steps_up(code: fn(&Run) -> String) -> (Run, Operation) {
    let run = Run::enrolled();
    let mut tokens =
        [run.world.step_up_token(), run.world.step_up_token(), run.world.step_up_token()].into_iter().cycle();
    let code = code(&run);
    let operation = move |run: &Run| run.world.verifier.step_up(&tokens.next().unwrap(), &code).map(fresh);
    (run, Box::new(operation))
}

/// In the same session each time: its step-up opens anew where the last one was completed.
fn gives_a_fresh_factor(typed: fn(&Run) -> String) -> (Run, Operation) {
    let run = Run::enrolled();
    let (session, typed) = (run.world.session(1), typed(&run));
    (run, Box::new(move |run| run.world.verifier.fresh_factor(&session, &typed).map(fresh)))
}

fn reauthenticates(typed: fn(&Run) -> String) -> (Run, Operation) {
    let run = Run::enrolled();
    let (session, typed) = (run.world.session(1), typed(&run));
    let operation = move |run: &Run| {
        let proof = run.world.verifier.reauthenticate(&session, run.world.password(), &typed)?;
        // The password alone must not come out of it, whatever the store did.
        Ok(if matches!(proof, Reauthenticated::FreshFactor(_)) { Granted::Fresh } else { Granted::Other })
    };
    (run, Box::new(operation))
}
