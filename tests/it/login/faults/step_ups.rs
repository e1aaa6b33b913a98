//! Fresh factors in a session.

use second_factor::Remember;

use super::run::{BASE, NEVER, ONCE, Operation, READS, Run, Scenario, fresh, other};
use crate::support::{NEVER_ISSUED, complete};

pub const STEP_UPS: [Scenario; 13] = [
    Scenario { name: "fresh_factor", may: ONCE, prepare: || gives_a_fresh_factor(Run::code) },
    Scenario {
        name: "fresh_factor in another session each time",
        may: ONCE,
        prepare: || {
            let run = Run::enrolled();
            let (mut sessions, code) =
                ([1, 2, 3].map(|number| run.world.session(number)).into_iter(), run.code());
            let operation =
                move |run: &Run| run.world.verifier.fresh_factor(&sessions.next().unwrap(), &code).map(fresh);
            (run, Box::new(operation))
        },
    },
    Scenario {
        name: "fresh_factor, codes in a row, locked",
        may: ONCE,
        prepare: || {
            let run = Run::locked();
            let (session, row) = (run.world.session(1), run.codes_in_a_row());
            (run, Box::new(move |run| run.world.verifier.fresh_factor(&session, &row).map(fresh)))
        },
    },
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
    Scenario {
        name: "fresh_factor by a passkey",
        may: ONCE,
        prepare: || {
            let run = Run::enrolled();
            let session = run.world.session(1);
            (run, Box::new(move |run| run.world.verifier.fresh_factor(&session, run.signed()).map(fresh)))
        },
    },
    Scenario {
        name: "reauthenticate by a passkey",
        may: ONCE,
        prepare: || {
            let run = Run::enrolled();
            let session = run.world.session(1);
            let operation = move |run: &Run| {
                let password = run.world.password();
                run.world.verifier.reauthenticate(&session, password, run.signed()).map(fresh)
            };
            (run, Box::new(operation))
        },
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
                run.world.verifier.reauthenticate(&session, run.world.password(), "").map(other)
            };
            (run, Box::new(operation))
        },
    },
    Scenario {
        name: "reauthenticate after a recovery code, with nothing typed",
        may: READS,
        prepare: || {
            let run = Run::enrolled();
            let challenge = run.world.challenge();
            let accepted = run.world.verifier.present(&challenge, &BASE.codes[0], Remember::No).unwrap();
            let session = accepted.authenticated.into_session();
            let operation = move |run: &Run| {
                run.world.verifier.reauthenticate(&session, run.world.password(), "").map(other)
            };
            (run, Box::new(operation))
        },
    },
];

/// In the same session each time, like a form that is sent again.
fn gives_a_fresh_factor(typed: fn(&Run) -> String) -> (Run, Operation) {
    let run = Run::enrolled();
    let (session, typed) = (run.world.session(1), typed(&run));
    (run, Box::new(move |run| run.world.verifier.fresh_factor(&session, &typed).map(fresh)))
}

fn reauthenticates(typed: fn(&Run) -> String) -> (Run, Operation) {
    let run = Run::enrolled();
    let (session, typed) = (run.world.session(1), typed(&run));
    let operation =
        move |run: &Run| run.world.verifier.reauthenticate(&session, run.world.password(), &typed).map(fresh);
    (run, Box::new(operation))
}
