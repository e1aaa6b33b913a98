//! Calls that change an account.

use std::sync::Mutex;

use second_factor::session::{HostAuthenticatorKind, NewHostAuthenticator, Requirement};
use second_factor::{BlockingVerifier, KeyRing, Refusal, SealingKey};

use super::site::{Row, Site, with};
use crate::support::{PASSKEY, Phone, STEP, TestRng, refusal};

pub const CHANGES: [Row; 31] = [
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
        "confirm_enrollment, by a clock that is off",
        || {
            with(Site::begun, |site, begun| {
                let code = Phone::scan(&begun.uri).code(site.world.now().saturating_add(5 * STEP));
                let told = refusal(site.world.verifier.confirm_enrollment(&begun.token, &code)).map(drop);
                assert!(matches!(told, Err(Refusal::ClockOff(_))));
            })
        },
        (1, 0),
    ),
    (
        "bind_host_authenticator",
        || {
            with(Site::fresh, |site, fresh| {
                let _ = site.world.verifier.bind_host_authenticator(fresh, passkey()).unwrap();
            })
        },
        (2, 1),
    ),
    (
        "bind_host_authenticator that is bound",
        || {
            with(
                |site| {
                    site.with_passkey();
                    site.fresh()
                },
                |site, fresh| {
                    let _ = site.world.verifier.bind_host_authenticator(fresh, passkey()).unwrap_err();
                },
            )
        },
        (1, 0),
    ),
    (
        "remove_authenticator",
        || {
            with(
                |site| (site.with_passkey(), site.fresh()),
                |site, (passkey, fresh)| {
                    drop(
                        site.world.verifier.remove_authenticator(fresh, passkey, Requirement::None).unwrap(),
                    );
                },
            )
        },
        (2, 1),
    ),
    (
        "remove_authenticator, the last where one is demanded",
        || {
            with(
                |site| (site.world.first_authenticator(), site.fresh()),
                |site, (phone, fresh)| {
                    let demanded = Requirement::Enrolled;
                    let _ = site.world.verifier.remove_authenticator(fresh, phone, demanded).unwrap_err();
                },
            )
        },
        (1, 0),
    ),
    (
        "rename_authenticator",
        || {
            with(
                |site| (site.world.first_authenticator(), site.fresh()),
                |site, (phone, fresh)| {
                    site.world.verifier.rename_authenticator(fresh, phone, "Tablet").unwrap();
                },
            )
        },
        (2, 1),
    ),
    (
        "rename_authenticator, to nothing",
        || {
            with(
                |site| (site.world.first_authenticator(), site.fresh()),
                |site, (phone, fresh)| {
                    site.world.verifier.rename_authenticator(fresh, phone, " ").unwrap();
                },
            )
        },
        (1, 0),
    ),
    (
        "reseal, under the key that seals",
        || with(|_| (), |site, ()| assert!(!site.world.verifier.reseal(&site.world.account).unwrap())),
        (1, 0),
    ),
    (
        "reseal, under a retired key",
        || {
            let mut site = Site::enrolled();
            let keys = KeyRing::new(2, SealingKey::new([8; 32])).with_retired(1, SealingKey::new([7; 32]));
            let (store, policy) = (site.world.verifier.store().clone(), site.world.verifier.policy().clone());
            let (clock, rng) = (site.world.clock.clone(), Mutex::new(TestRng(2)));
            site.world.verifier = BlockingVerifier::with_sources(store, policy, keys, clock, rng);
            site.cost(|| assert!(site.world.verifier.reseal(&site.world.account).unwrap()))
        },
        (2, 1),
    ),
    (
        "end_what_a_backup_revived",
        || {
            with(
                |_| (),
                |site, ()| {
                    let _ = site.world.verifier.end_what_a_backup_revived(&site.world.account).unwrap();
                },
            )
        },
        (2, 1),
    ),
    (
        "import, where one is bound",
        || {
            with(
                |_| (),
                |site, ()| {
                    let _ = site.world.verifier.import(site.import()).unwrap_err();
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
                    let _ = site.world.verifier.import(site.import()).unwrap();
                },
            )
        },
        (2, 1),
    ),
    (
        "import, quietly",
        || {
            with(
                |site| {
                    let _ = site.world.verifier.administrator_reset(site.administrator()).unwrap();
                },
                |site, ()| {
                    let _ = site.world.verifier.import(site.import().quietly()).unwrap();
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

fn passkey() -> NewHostAuthenticator<'static> {
    NewHostAuthenticator::new(PASSKEY, HostAuthenticatorKind::SoftwareKey)
}
