//! Operations by which an owner or an administrator changes the account.

use second_factor::session::{
    EnrollmentBegun, FreshFactor, HostAuthenticatorKind, Import, NewAuthenticator, NewHostAuthenticator,
    PasswordChangeProof, Reauthenticated, Requirement,
};
use second_factor::verifier::{ChangePasswordError, Error};
use second_factor::{PasswordReset, Refusal, UnixTime};

use super::run::{
    ADDS, BASE, Granted, INTERRUPTS, May, NEVER, ONCE, Operation, Outcome, READS, REMOVES, REPLACES, Run,
    Scenario, other,
};
use crate::support::{PASSKEY, Phone, STEP, texts};

pub const CHANGES: [Scenario; 27] = [
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
        name: "begin_enrollment in place of another",
        may: READS,
        prepare: || {
            with_fresh(|run, fresh| {
                let new = NewAuthenticator::app("alice").replacing(BASE.first);
                run.world.verifier.begin_enrollment(fresh, new).map(other)
            })
        },
    },
    Scenario {
        name: "pending_enrollment",
        may: READS,
        prepare: || {
            let (run, begun) = enrolling(Place::OfFirst);
            (run, Box::new(move |run| run.world.verifier.pending_enrollment(&begun.token).map(other)))
        },
    },
    Scenario {
        name: "confirm_enrollment beside the others",
        may: ADDS,
        prepare: || confirms(enrolling(Place::Beside), Phone::code),
    },
    Scenario {
        name: "confirm_enrollment in place of another",
        may: REPLACES,
        prepare: || confirms(enrolling(Place::OfFirst), Phone::code),
    },
    Scenario {
        name: "confirm_enrollment, wrong",
        may: NEVER,
        prepare: || confirms(enrolling(Place::OfFirst), Phone::wrong_code),
    },
    Scenario {
        name: "confirm_enrollment of the first",
        may: May { replace_codes: true, ..ADDS },
        prepare: || {
            let mut run = Run::empty();
            let begun = run.world.begin();
            run.new_phone = Some(Phone::scan(&begun.uri));
            confirms((run, begun), Phone::code)
        },
    },
    Scenario {
        name: "bind_host_authenticator",
        may: ADDS,
        prepare: || with_fresh(|run, fresh| binds(run, fresh, b"another credential")),
    },
    Scenario {
        name: "bind_host_authenticator that is bound",
        may: NEVER,
        prepare: || with_fresh(|run, fresh| binds(run, fresh, PASSKEY)),
    },
    Scenario { name: "import", may: ADDS, prepare: || imports(|import| import) },
    Scenario { name: "import, quietly", may: ADDS, prepare: || imports(Import::quietly) },
    Scenario {
        name: "remove_authenticator, the phone",
        may: May { once: true, lose_authenticators: 1, ..READS },
        prepare: || {
            with_fresh(|run, fresh| {
                let demanded = Requirement::Enrolled;
                run.world.verifier.remove_authenticator(fresh, BASE.first, demanded).map(other)
            })
        },
    },
    Scenario {
        name: "remove_authenticator, the passkey",
        may: May { once: true, lose_authenticators: 1, ..READS },
        prepare: || {
            with_fresh(|run, fresh| {
                let passkey = run.signed().authenticator();
                run.world.verifier.remove_authenticator(fresh, passkey, Requirement::None).map(other)
            })
        },
    },
    Scenario {
        name: "rename_authenticator",
        may: READS,
        prepare: || {
            with_fresh(|run, fresh| {
                let passkey = run.signed().authenticator();
                run.world.verifier.rename_authenticator(fresh, passkey, "Blue key").map(other)
            })
        },
    },
    Scenario {
        name: "disable where a factor is demanded",
        may: NEVER,
        prepare: || {
            with_fresh(|run, fresh| run.world.verifier.disable(fresh, Requirement::Enrolled).map(other))
        },
    },
    Scenario {
        name: "reseal",
        may: READS,
        prepare: || {
            let operation = |run: &Run| run.world.verifier.reseal(&run.world.account).map(other);
            (Run::under_a_new_key(), Box::new(operation))
        },
    },
    Scenario {
        name: "end_what_a_backup_revived",
        may: READS,
        prepare: || {
            let operation =
                |run: &Run| run.world.verifier.end_what_a_backup_revived(&run.world.account).map(other);
            (Run::enrolled(), Box::new(operation))
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

/// Each attempt gets a fresh factor of its own, because the operation takes it by value.
fn with_fresh(operation: fn(&Run, FreshFactor) -> Outcome) -> (Run, Operation) {
    let run = Run::enrolled();
    let mut fresh: Vec<_> = (0..3).map(|_| run.world.fresh(&run.phone)).collect();
    (run, Box::new(move |run| operation(run, fresh.pop().unwrap())))
}

/// The same with a reauthentication: a fresh factor and the password.
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

/// The host's own write succeeds.
fn changes_password(run: &Run, proof: impl Into<PasswordChangeProof>) -> Outcome {
    match run.world.verifier.change_password(proof, || Ok::<(), Refusal>(())) {
        Ok(changed) => Ok(other(changed)),
        Err(ChangePasswordError::NotStarted(error) | ChangePasswordError::Unfinished(Some(error))) => {
            Err(error)
        }
        // The second swap was applied twice. Somebody may have written in between, so nobody continues.
        Err(ChangePasswordError::Unfinished(None)) => Err(Error::Refused(Refusal::Retry)),
        Err(other) => panic!("{other:?}"),
    }
}

#[derive(Clone, Copy)]
enum Place {
    Beside,
    OfFirst,
}

/// An account with a second phone that is not confirmed yet.
fn enrolling(place: Place) -> (Run, EnrollmentBegun) {
    let mut run = Run::enrolled();
    let new = match place {
        Place::Beside => "alice".into(),
        Place::OfFirst => run.world.in_place_of_first(),
    };
    let begun = run.world.verifier.begin_enrollment(run.world.fresh(&run.phone), new).unwrap();
    run.new_phone = Some(Phone::scan(&begun.uri));
    (run, begun)
}

fn binds(run: &Run, fresh: FreshFactor, credential: &[u8]) -> Outcome {
    let new = NewHostAuthenticator::new(credential, HostAuthenticatorKind::HardwareKey);
    let confirmed = run.world.verifier.bind_host_authenticator(fresh, new)?;
    Ok(Granted::Bound(texts(&confirmed.into_parts().0)))
}

fn imports(how: fn(Import) -> Import) -> (Run, Operation) {
    let mut run = Run::empty();
    run.new_phone = Some(Run::imported_phone());
    let operation =
        move |run: &Run| run.world.verifier.import(how(Run::import(&run.world.account))).map(other);
    (run, Box::new(operation))
}

fn confirms((run, begun): (Run, EnrollmentBegun), code: fn(&Phone, UnixTime) -> String) -> (Run, Operation) {
    let code = code(run.new_phone.as_ref().unwrap(), run.world.now());
    let operation = move |run: &Run| {
        let confirmed = run.world.verifier.confirm_enrollment(&begun.token, &code)?;
        Ok(Granted::Bound(texts(&confirmed.into_parts().0)))
    };
    (run, Box::new(operation))
}
