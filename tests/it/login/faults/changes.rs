//! What an owner or an administrator changes.

use second_factor::enrollment::ImportedSecret;
use second_factor::session::{
    EnrollmentBegun, FreshFactor, Import, PasswordChangeProof, Reauthenticated, Requirement,
};
use second_factor::verifier::{ChangePasswordError, Error};
use second_factor::{
    Algorithm, Digits, KeyUri, PasswordReset, Period, Refusal, Secret, TotpParams, UnixTime,
};

use super::run::{
    BINDS, Granted, INTERRUPTS, May, NEVER, ONCE, Operation, Outcome, READS, REMOVES, Run, Scenario, other,
};
use crate::support::{Phone, STEP, texts};

pub const CHANGES: [Scenario; 16] = [
    Scenario {
        name: "begin_enrollment",
        may: READS,
        prepare: || with_fresh(|run, fresh| run.world.verifier.begin_enrollment(fresh, "alice").map(other)),
    },
    Scenario {
        name: "begin_enrollment without a fresh factor",
        may: NEVER,
        prepare: || {
            let operation =
                |run: &Run| run.world.verifier.begin_enrollment(run.world.password(), "alice").map(other);
            (Run::enrolled(), Box::new(operation))
        },
    },
    Scenario {
        name: "pending_enrollment",
        may: READS,
        prepare: || {
            let (run, begun) = replacing();
            (run, Box::new(move |run| run.world.verifier.pending_enrollment(&begun.token).map(other)))
        },
    },
    Scenario { name: "confirm_enrollment", may: BINDS, prepare: || confirms(replacing(), Phone::code) },
    Scenario {
        name: "confirm_enrollment, wrong",
        may: NEVER,
        prepare: || confirms(replacing(), Phone::wrong_code),
    },
    Scenario {
        name: "confirm_enrollment of the first",
        may: BINDS,
        prepare: || {
            let mut run = Run::empty();
            let begun = run.world.begin();
            run.new_phone = Some(Phone::scan(&begun.uri));
            confirms((run, begun), Phone::code)
        },
    },
    Scenario {
        name: "import",
        may: ONCE,
        prepare: || {
            let mut run = Run::empty();
            let secret = Secret::new(&[0x5a; 20]).unwrap();
            let uri = KeyUri::totp(
                "Example",
                "alice",
                secret.clone(),
                Algorithm::Sha1,
                Digits::Six,
                Period::DEFAULT,
            );
            run.new_phone = Some(Phone::scan(&uri.unwrap()));
            let operation = move |run: &Run| {
                let imported = ImportedSecret::new(secret.clone()).unwrap();
                let import = Import::by_host(run.world.account.clone(), imported, TotpParams::default());
                run.world.verifier.import(import).map(other)
            };
            (run, Box::new(operation))
        },
    },
    Scenario {
        name: "disable",
        may: May { once: true, ..REMOVES },
        prepare: || with_fresh(|run, fresh| run.world.verifier.disable(fresh, Requirement::None).map(other)),
    },
    Scenario {
        name: "regenerate_recovery_codes",
        may: May { replace_codes: true, ..READS },
        prepare: || {
            with_fresh(|run, fresh| {
                run.world.verifier.regenerate_recovery_codes(fresh).map(|codes| Granted::Codes(texts(&codes)))
            })
        },
    },
    Scenario {
        name: "change_password",
        may: May { restore_budget: true, ..INTERRUPTS },
        prepare: || with_reauthenticated(changes_password),
    },
    Scenario {
        name: "change_password by a reset",
        may: INTERRUPTS,
        prepare: || {
            let operation = |run: &Run| {
                let reset = PasswordReset::by_host(run.world.verifier.check_password(&run.world.account));
                changes_password(run, reset)
            };
            (Run::enrolled(), Box::new(operation))
        },
    },
    Scenario {
        name: "end_all_sessions",
        may: ONCE,
        prepare: || {
            let run = Run::enrolled();
            let session = run.world.session(1);
            (run, Box::new(move |run| run.world.verifier.end_all_sessions(&session).map(other)))
        },
    },
    Scenario {
        name: "close_account",
        may: May { once: true, ..REMOVES },
        prepare: || with_reauthenticated(|run, proof| run.world.verifier.close_account(proof).map(other)),
    },
    Scenario {
        name: "close_account by an administrator",
        may: REMOVES,
        prepare: || {
            let operation = |run: &Run| run.world.verifier.close_account(run.administrator()).map(other);
            (Run::enrolled(), Box::new(operation))
        },
    },
    Scenario {
        name: "administrator_reset",
        may: REMOVES,
        prepare: || {
            let operation =
                |run: &Run| run.world.verifier.administrator_reset(run.administrator()).map(other);
            (Run::enrolled(), Box::new(operation))
        },
    },
    Scenario {
        name: "forget_device and forget_all_devices",
        may: READS,
        prepare: || {
            let run = Run::enrolled();
            let device = run.world.verifier.status(&run.world.account).unwrap().devices[0].id;
            let operation = move |run: &Run| {
                run.world.verifier.forget_device(&run.world.account, device)?;
                run.world.verifier.forget_all_devices(&run.world.account)?;
                assert_eq!(run.world.verifier.status(&run.world.account)?.devices, []);
                Ok(Granted::Other)
            };
            (run, Box::new(operation))
        },
    },
];

/// Each attempt takes a fresh factor of its own, as each takes it by value.
fn with_fresh(operation: fn(&Run, FreshFactor) -> Outcome) -> (Run, Operation) {
    let run = Run::enrolled();
    let mut fresh: Vec<_> = (0..3).map(|_| run.world.fresh(&run.phone)).collect();
    (run, Box::new(move |run| operation(run, fresh.pop().unwrap())))
}

/// The same with the password beside it.
fn with_reauthenticated(operation: fn(&Run, Reauthenticated) -> Outcome) -> (Run, Operation) {
    let run = Run::enrolled();
    let mut proofs: Vec<_> = (0..3)
        .map(|_| {
            let (session, code) = (run.world.session(1), run.code());
            let proof = run.world.verifier.reauthenticate(&session, run.world.password(), &code).unwrap();
            run.world.clock.advance(STEP);
            proof
        })
        .collect();
    (run, Box::new(move |run| operation(run, proofs.pop().unwrap())))
}

/// The host's own write goes well.
fn changes_password(run: &Run, proof: impl Into<PasswordChangeProof>) -> Outcome {
    match run.world.verifier.change_password(proof, || Ok::<(), Refusal>(())) {
        Ok(changed) => Ok(other(changed)),
        Err(ChangePasswordError::NotStarted(error) | ChangePasswordError::Unfinished(Some(error))) => {
            Err(error)
        }
        // The second swap arrived twice: who was in between is not known, and nobody continues.
        Err(ChangePasswordError::Unfinished(None)) => Err(Error::Refused(Refusal::Retry)),
        Err(other) => panic!("{other:?}"),
    }
}

/// An account under way from one phone to another.
fn replacing() -> (Run, EnrollmentBegun) {
    let mut run = Run::enrolled();
    let begun = run.world.verifier.begin_enrollment(run.world.fresh(&run.phone), "alice").unwrap();
    run.new_phone = Some(Phone::scan(&begun.uri));
    (run, begun)
}

fn confirms((run, begun): (Run, EnrollmentBegun), code: fn(&Phone, UnixTime) -> String) -> (Run, Operation) {
    let code = code(run.new_phone.as_ref().unwrap(), run.world.now());
    let operation = move |run: &Run| {
        let confirmed = run.world.verifier.confirm_enrollment(&begun.token, &code)?;
        Ok(Granted::Bound(texts(&confirmed.into_parts().0)))
    };
    (run, Box::new(operation))
}
