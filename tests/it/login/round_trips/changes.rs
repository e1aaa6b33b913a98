//! What changes an account.

use second_factor::enrollment::ImportedSecret;
use second_factor::session::{Import, Requirement};
use second_factor::{Refusal, Secret, TotpParams};

use super::site::{Row, Site, with};
use crate::support::Phone;

pub const CHANGES: [Row; 20] = [
    (
        "begin_enrollment",
        || {
            with(Site::fresh, |site, fresh| {
                let _ = site.world.verifier.begin_enrollment(fresh, "alice").unwrap();
            })
        },
        (1, 0),
    ),
    (
        "pending_enrollment",
        || {
            with(Site::begun, |site, begun| {
                let _ = site.world.verifier.pending_enrollment(&begun.token).unwrap();
            })
        },
        (1, 0),
    ),
    (
        "confirm_enrollment",
        || {
            with(Site::begun, |site, begun| {
                let code = Phone::scan(&begun.uri).code(site.world.now());
                let _ = site.world.verifier.confirm_enrollment(&begun.token, &code).unwrap();
            })
        },
        (2, 1),
    ),
    (
        "confirm_enrollment, wrong",
        || {
            with(Site::begun, |site, begun| {
                let wrong = Phone::scan(&begun.uri).wrong_code(site.world.now());
                let _ = site.world.verifier.confirm_enrollment(&begun.token, &wrong).unwrap_err();
            })
        },
        (1, 0),
    ),
    (
        "import, where one is bound",
        || {
            with(
                |_| (),
                |site, ()| {
                    let secret = ImportedSecret::new(Secret::new(&[0x5a; 20]).unwrap()).unwrap();
                    let import = Import::by_host(site.world.account.clone(), secret, TotpParams::default());
                    let _ = site.world.verifier.import(import).unwrap_err();
                },
            )
        },
        (1, 0),
    ),
    (
        "disable",
        || {
            with(Site::fresh, |site, fresh| {
                drop(site.world.verifier.disable(fresh, Requirement::None).unwrap());
            })
        },
        (2, 1),
    ),
    (
        "regenerate_recovery_codes",
        || {
            with(Site::fresh, |site, fresh| {
                let _ = site.world.verifier.regenerate_recovery_codes(fresh).unwrap();
            })
        },
        (2, 1),
    ),
    (
        "change_password",
        || {
            with(Site::reauthenticated, |site, proof| {
                let _ = site.world.verifier.change_password(proof, || Ok::<(), Refusal>(())).unwrap();
            })
        },
        (4, 2),
    ),
    (
        "change_password, by a reset",
        || {
            with(Site::reset, |site, proof| {
                let _ = site.world.verifier.change_password(proof, || Ok::<(), Refusal>(())).unwrap();
            })
        },
        (4, 2),
    ),
    (
        "change_password, not written",
        || {
            with(Site::reset, |site, proof| {
                let _ =
                    site.world.verifier.change_password(proof, || Err::<(), _>(Refusal::Retry)).unwrap_err();
            })
        },
        (4, 2),
    ),
    (
        "change_password, from before a change",
        || {
            with(
                |site| {
                    let reset = site.reset();
                    let _ = site.world.verifier.end_all_sessions(&site.session()).unwrap();
                    reset
                },
                |site, proof| {
                    let _ = site.world.verifier.change_password(proof, || Ok::<(), Refusal>(())).unwrap_err();
                },
            )
        },
        (1, 0),
    ),
    (
        "end_all_sessions",
        || {
            with(Site::session, |site, session| {
                let _ = site.world.verifier.end_all_sessions(&session).unwrap();
            })
        },
        (2, 1),
    ),
    (
        "close_account",
        || {
            with(Site::reauthenticated, |site, proof| {
                let _ = site.world.verifier.close_account(proof).unwrap();
            })
        },
        (2, 1),
    ),
    (
        "administrator_reset",
        || {
            with(Site::administrator, |site, word| {
                let _ = site.world.verifier.administrator_reset(word).unwrap();
            })
        },
        (2, 1),
    ),
    (
        "forget_all_devices",
        || {
            with(
                |_| (),
                |site, ()| {
                    assert_eq!(site.world.verifier.forget_all_devices(&site.world.account).unwrap(), 1);
                },
            )
        },
        (2, 1),
    ),
    (
        "forget_all_devices, where there are none",
        || {
            with(
                |site| {
                    site.world.verifier.forget_all_devices(&site.world.account).unwrap();
                },
                |site, ()| {
                    assert_eq!(site.world.verifier.forget_all_devices(&site.world.account).unwrap(), 0);
                },
            )
        },
        (1, 0),
    ),
    (
        "status",
        || with(|_| (), |site, ()| drop(site.world.verifier.status(&site.world.account).unwrap())),
        (1, 0),
    ),
    (
        "import",
        || {
            with(
                |site| {
                    let _ = site.world.verifier.administrator_reset(site.administrator()).unwrap();
                },
                |site, ()| {
                    let secret = ImportedSecret::new(Secret::new(&[0x5a; 20]).unwrap()).unwrap();
                    let import = Import::by_host(site.world.account.clone(), secret, TotpParams::default());
                    let _ = site.world.verifier.import(import).unwrap();
                },
            )
        },
        (2, 1),
    ),
    (
        "close_account, by an administrator",
        || {
            with(Site::administrator, |site, word| {
                let _ = site.world.verifier.close_account(word).unwrap();
            })
        },
        (2, 1),
    ),
    (
        "forget_device",
        || {
            with(
                |site| site.world.verifier.status(&site.world.account).unwrap().devices[0].id,
                |site, id| {
                    assert!(site.world.verifier.forget_device(&site.world.account, id).unwrap());
                },
            )
        },
        (2, 1),
    ),
];
