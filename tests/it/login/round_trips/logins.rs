//! The password step and the steps after it.

use second_factor::{Login, Policy, Refusal};

use super::site::{Row, Site, on, store, with, with_import};
use crate::support::{NEVER_ISSUED, STEP, World, days, refusal};

pub const LOGINS: [Row; 24] = [
    ("check_password", || with(|_| (), |site, ()| drop(site.password())), (1, 0)),
    ("password_verified", || with(Site::password, |site, proof| on(site, proof, None)), (0, 0)),
    (
        "password_verified, no record",
        || {
            let site =
                Site { world: World::over(store(), Policy::new("Example").unwrap()), ..Site::enrolled() };
            let proof = site.password();
            site.cost(|| on(&site, proof, None))
        },
        (0, 0),
    ),
    (
        "password_verified, a device",
        || {
            with(Site::password, |site, proof| {
                on(site, proof, Some(site.device.expose()));
            })
        },
        (1, 1),
    ),
    (
        "password_verified, an outdated device",
        || {
            with(
                |site| {
                    let _ = site.world.login_on(&site.device);
                    site.world.clock.advance(2 * STEP);
                    site.password()
                },
                |site, proof| on(site, proof, Some(site.device.expose())),
            )
        },
        (1, 1),
    ),
    (
        "password_verified, a stolen device",
        || {
            with(
                |site| {
                    let Login::Complete(accepted) = site.world.login_on(&site.device) else {
                        panic!("remembered")
                    };
                    site.world.clock.advance(2 * STEP);
                    let _ = site.world.login_on(&accepted.device.unwrap());
                    site.password()
                },
                |site, proof| on(site, proof, Some(site.device.expose())),
            )
        },
        (1, 1),
    ),
    (
        "password_verified, an unknown device",
        || {
            with(
                |site| {
                    site.world.verifier.forget_all_devices(&site.world.account).unwrap();
                    site.password()
                },
                |site, proof| on(site, proof, Some(site.device.expose())),
            )
        },
        (0, 0),
    ),
    (
        "password_verified, a device for the thirty-first day",
        || {
            with(
                |site| {
                    site.world.clock.advance(days(30));
                    site.password()
                },
                |site, proof| on(site, proof, Some(site.device.expose())),
            )
        },
        (0, 0),
    ),
    (
        "password_verified, read by somebody else's write",
        || {
            with(
                |site| {
                    let proof = site.password();
                    let _ = site.world.log_in(&site.phone);
                    proof
                },
                |site, proof| on(site, proof, Some(site.device.expose())),
            )
        },
        (3, 2),
    ),
    (
        "present, a code",
        || {
            with(Site::challenge, |site, challenge| {
                site.present(&challenge, &site.code()).unwrap();
            })
        },
        (2, 1),
    ),
    (
        "present, a wrong code",
        || {
            with(Site::challenge, |site, challenge| {
                site.present(&challenge, &site.wrong_code()).unwrap_err();
            })
        },
        (2, 1),
    ),
    (
        "present, no code",
        || {
            with(Site::challenge, |site, challenge| {
                site.present(&challenge, "12345x").unwrap_err();
            })
        },
        (1, 0),
    ),
    (
        "present, a recovery code",
        || {
            with(Site::challenge, |site, challenge| {
                site.present(&challenge, &site.codes[0]).unwrap();
            })
        },
        (2, 1),
    ),
    (
        "present, a passkey's proof",
        || {
            with(
                |site| {
                    site.with_passkey();
                    site.challenge()
                },
                |site, challenge| {
                    site.present(&challenge, site.world.signed_by_passkey("a challenge")).unwrap();
                },
            )
        },
        (2, 1),
    ),
    (
        "present, the proof of a passkey that is not bound",
        || {
            with(Site::challenge, |site, challenge| {
                site.present(&challenge, site.world.signed_by_passkey("a challenge")).unwrap_err();
            })
        },
        (1, 0),
    ),
    (
        "try_old_recovery_code",
        || {
            with_import(Site::challenge, |site, challenge| {
                let _ = site.world.verifier.try_old_recovery_code(&challenge).unwrap();
            })
        },
        (2, 1),
    ),
    (
        "try_old_recovery_code, under a lock",
        || {
            with_import(
                |site| {
                    site.spend_the_budget();
                    site.challenge()
                },
                |site, challenge| {
                    let tried = refusal(site.world.verifier.try_old_recovery_code(&challenge));
                    assert!(matches!(tried, Err(Refusal::Locked { .. })));
                },
            )
        },
        (1, 0),
    ),
    (
        "present, an old recovery code",
        || {
            with_import(
                |site| {
                    let challenge = site.challenge();
                    let tried = site.world.verifier.try_old_recovery_code(&challenge).unwrap();
                    (challenge, tried.was("one"))
                },
                |site, (challenge, code)| site.present(&challenge, code).unwrap(),
            )
        },
        (2, 1),
    ),
    (
        "present, an old recovery code under a name that was never imported",
        || {
            with_import(
                |site| {
                    let challenge = site.challenge();
                    let tried = site.world.verifier.try_old_recovery_code(&challenge).unwrap();
                    (challenge, tried.was("two"))
                },
                |site, (challenge, code)| {
                    assert_eq!(site.present(&challenge, code), Err(Refusal::NotAccepted));
                },
            )
        },
        (1, 0),
    ),
    (
        "present, under a lock",
        || {
            with(
                |site| {
                    site.spend_the_budget();
                    site.challenge()
                },
                |site, challenge| {
                    assert!(matches!(site.present(&challenge, &site.code()), Err(Refusal::Locked { .. })));
                },
            )
        },
        (1, 0),
    ),
    (
        "present, a wrong recovery code under a lock",
        || {
            with(
                |site| {
                    site.spend_the_budget();
                    site.challenge()
                },
                |site, challenge| {
                    assert_eq!(site.present(&challenge, NEVER_ISSUED), Err(Refusal::NotAccepted));
                },
            )
        },
        (1, 0),
    ),
    (
        "present, in a challenge that is done",
        || {
            with(
                |site| {
                    let challenge = site.challenge();
                    site.present(&challenge, &site.code()).unwrap();
                    challenge
                },
                |site, challenge| {
                    assert_eq!(site.present(&challenge, &site.code()), Err(Refusal::AlreadyDone));
                },
            )
        },
        (1, 0),
    ),
    (
        "present, in a challenge that is over",
        || {
            with(
                |site| {
                    let challenge = site.challenge();
                    site.world.clock.advance(20 * STEP);
                    challenge
                },
                |site, challenge| {
                    assert_eq!(site.present(&challenge, &site.code()), Err(Refusal::ChallengeOver));
                },
            )
        },
        (1, 0),
    ),
    ("is_current", || with(Site::session, |site, session| assert!(site.world.is_current(&session))), (1, 0)),
];
