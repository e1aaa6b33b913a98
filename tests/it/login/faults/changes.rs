//! What an owner or an administrator changes.

use second_factor::enrollment::ImportedSecret;
use second_factor::session::{AdministratorReset, EnrollmentBegun, FreshFactor, Import};
use second_factor::{AccountId, Algorithm, Digits, KeyUri, Period, Secret, TotpParams, UnixTime};

use super::run::{
    BINDS, Granted, May, NEVER, ONCE, Operation, Outcome, READS, REMOVES, Run, Scenario, other,
};
use crate::support::{Phone, texts};

pub const CHANGES: [Scenario; 12] = [
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
        prepare: || with_fresh(|run, fresh| run.world.verifier.disable(fresh).map(other)),
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
        name: "password_changed",
        may: May { restore_budget: true, ..READS },
        prepare: || {
            (
                Run::enrolled(),
                Box::new(|run| run.world.verifier.password_changed(&run.world.account).map(other)),
            )
        },
    },
    Scenario {
        name: "administrator_reset",
        may: REMOVES,
        prepare: || {
            let operation = |run: &Run| {
                let administrator = AccountId::new("administrator").unwrap();
                let reset = AdministratorReset::by_host(run.world.account.clone(), &administrator).unwrap();
                run.world.verifier.administrator_reset(reset).map(other)
            };
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
        Ok(Granted::Bound(texts(&confirmed.recovery_codes)))
    };
    (run, Box::new(operation))
}
