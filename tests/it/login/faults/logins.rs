//! The password step and the steps after it.

use second_factor::Login;
use second_factor::session::{HostAuthenticatorVerified, Remember};

use super::run::{
    BASE, Granted, May, NEVER, ONCE, Operation, Outcome, READS, Run, Scenario, logged_in, other,
};
use crate::support::{NEVER_ISSUED, STEP};

pub const LOGINS: [Scenario; 16] = [
    Scenario {
        name: "password_verified",
        may: READS,
        prepare: || {
            let operation =
                |run: &Run| run.world.verifier.password_verified(run.world.password(), None).map(other);
            (Run::enrolled(), Box::new(operation))
        },
    },
    Scenario {
        name: "password_verified on a remembered device",
        may: READS,
        prepare: || {
            let run = Run::enrolled();
            // After the grace period, so that the token is replaced.
            run.world.clock.advance(4 * STEP);
            // The second attempt has the cookie of the first, within the grace period.
            (run, Box::new(|run| uses_device(run, &BASE.device)))
        },
    },
    Scenario {
        name: "password_verified on a device whose token was replaced",
        may: READS,
        prepare: || {
            let run = Run::enrolled();
            run.world.clock.advance(4 * STEP);
            assert!(matches!(uses_device(&run, &BASE.device), Ok(Granted::LoggedIn)));
            run.world.clock.advance(4 * STEP);
            (run, Box::new(|run| uses_device(run, &BASE.device)))
        },
    },
    Scenario {
        name: "password_verified without a record",
        may: READS,
        prepare: || {
            let operation =
                |run: &Run| run.world.verifier.password_verified(run.world.password(), None).map(logged_in);
            (Run::empty(), Box::new(operation))
        },
    },
    Scenario { name: "present, a code", may: ONCE, prepare: || presents(Run::code, Remember::No) },
    Scenario {
        name: "present, a code, remembering",
        may: ONCE,
        prepare: || presents(Run::code, Remember::ThisDevice { label: "Firefox" }),
    },
    Scenario {
        name: "present, a wrong code",
        may: NEVER,
        prepare: || presents(Run::wrong_code, Remember::No),
    },
    Scenario {
        name: "present, codes in a row, locked",
        may: ONCE,
        prepare: || presents_under_a_lock(Run::codes_in_a_row),
    },
    Scenario {
        name: "present, wrong codes in a row, locked",
        may: NEVER,
        prepare: || presents_under_a_lock(|run| format!("{0} {0} {0} {0}", run.wrong_code())),
    },
    Scenario { name: "present, a recovery code", may: ONCE, prepare: || spends(&BASE.codes[0]) },
    Scenario { name: "present, a wrong recovery code", may: NEVER, prepare: || spends(NEVER_ISSUED) },
    Scenario {
        name: "present, a passkey's proof",
        may: ONCE,
        prepare: || presents_passkey(Run::enrolled(), Run::signed),
    },
    Scenario {
        name: "present, a passkey's proof, locked",
        may: ONCE,
        prepare: || presents_passkey(Run::locked(), Run::signed),
    },
    Scenario {
        name: "present, the proof of a passkey that is not bound",
        may: NEVER,
        prepare: || {
            let unknown = |run: &Run| {
                HostAuthenticatorVerified::by_host(run.world.account.clone(), b"another", b"a challenge")
            };
            presents_passkey(Run::enrolled(), unknown)
        },
    },
    Scenario {
        name: "try_old_recovery_code and present",
        // The try is charged, and its own success refunds it.
        may: May { restore_budget: true, ..ONCE },
        prepare: || {
            let run = Run::imported();
            let mut challenges =
                [run.world.challenge(), run.world.challenge(), run.world.challenge()].into_iter().cycle();
            let operation = move |run: &Run| {
                let challenge = challenges.next().unwrap();
                let code = run.world.verifier.try_old_recovery_code(&challenge)?.was("one");
                run.world.verifier.present(&challenge, code, Remember::No).map(logged_in)
            };
            (run, Box::new(operation))
        },
    },
    Scenario {
        name: "status and is_current",
        may: READS,
        prepare: || {
            let run = Run::enrolled();
            let session = run.world.session(1);
            let operation = move |run: &Run| {
                let status = run.world.verifier.status(&run.world.account)?;
                assert!(status.is_enabled(), "the account has no second factor any more");
                assert!(run.world.verifier.is_current(&session)?);
                Ok(Granted::Other)
            };
            (run, Box::new(operation))
        },
    },
];

fn uses_device(run: &Run, device: &str) -> Outcome {
    let login = run.world.verifier.password_verified(run.world.password(), Some(device))?;
    Ok(if matches!(login, Login::Complete(_)) { Granted::LoggedIn } else { Granted::Other })
}

fn presents(code: fn(&Run) -> String, remember: Remember<'static>) -> (Run, Operation) {
    presents_in(Run::enrolled(), code, remember)
}

fn presents_under_a_lock(row: fn(&Run) -> String) -> (Run, Operation) {
    presents_in(Run::locked(), row, Remember::No)
}

fn presents_in(run: Run, code: fn(&Run) -> String, remember: Remember<'static>) -> (Run, Operation) {
    let (challenges, code) =
        ([run.world.challenge(), run.world.challenge(), run.world.challenge()], code(&run));
    let mut challenges = challenges.into_iter().cycle();
    // A new challenge for each attempt: a completed one is over.
    let operation = move |run: &Run| {
        run.world.verifier.present(&challenges.next().unwrap(), &code, remember).map(logged_in)
    };
    (run, Box::new(operation))
}

fn presents_passkey(run: Run, signed: fn(&Run) -> HostAuthenticatorVerified) -> (Run, Operation) {
    let mut challenges =
        [run.world.challenge(), run.world.challenge(), run.world.challenge()].into_iter().cycle();
    let operation = move |run: &Run| {
        run.world.verifier.present(&challenges.next().unwrap(), signed(run), Remember::No).map(logged_in)
    };
    (run, Box::new(operation))
}

fn spends(code: &'static str) -> (Run, Operation) {
    let run = Run::enrolled();
    let mut challenges =
        [run.world.challenge(), run.world.challenge(), run.world.challenge()].into_iter().cycle();
    let operation = move |run: &Run| {
        run.world.verifier.present(&challenges.next().unwrap(), code, Remember::No).map(logged_in)
    };
    (run, Box::new(operation))
}
