//! Fresh factors in a session.

use second_factor::{Refusal, Remember};

use super::site::{Row, Site, with};
use crate::support::{NEVER_ISSUED, refusal};

pub const STEP_UPS: [Row; 11] = [
    (
        "fresh_factor",
        || {
            with(Site::session, |site, session| {
                let _ = site.world.verifier.fresh_factor(&session, &site.code()).unwrap();
            })
        },
        (2, 1),
    ),
    (
        "fresh_factor, wrong",
        || {
            with(Site::session, |site, session| {
                let _ = site.world.verifier.fresh_factor(&session, &site.wrong_code()).unwrap_err();
            })
        },
        (2, 1),
    ),
    (
        "fresh_factor, sent twice",
        || {
            with(
                |site| {
                    let _ = site.world.verifier.fresh_factor(&site.session(), &site.code()).unwrap();
                    site.session()
                },
                |site, session| {
                    let again = refusal(site.world.verifier.fresh_factor(&session, &site.code()));
                    assert_eq!(again.unwrap_err(), Refusal::AlreadyDone);
                },
            )
        },
        (1, 0),
    ),
    (
        "fresh_factor, by a passkey",
        || {
            with(
                |site| {
                    site.with_passkey();
                    site.session()
                },
                |site, session| {
                    let proof = site.world.signed_by_passkey("a challenge");
                    let _ = site.world.verifier.fresh_factor(&session, proof).unwrap();
                },
            )
        },
        (2, 1),
    ),
    (
        "fresh_factor, by a passkey that is not bound",
        || {
            with(Site::session, |site, session| {
                let proof = site.world.signed_by_passkey("a challenge");
                let _ = site.world.verifier.fresh_factor(&session, proof).unwrap_err();
            })
        },
        (1, 0),
    ),
    (
        "fresh_factor, under a lock",
        || {
            with(
                |site| {
                    site.spend_the_budget();
                    site.session()
                },
                |site, session| {
                    let _ = site.world.verifier.fresh_factor(&session, &site.code()).unwrap_err();
                },
            )
        },
        (1, 0),
    ),
    (
        "fresh_factor, a wrong recovery code under a lock",
        || {
            with(
                |site| {
                    site.spend_the_budget();
                    site.session()
                },
                |site, session| {
                    let _ = site.world.verifier.fresh_factor(&session, NEVER_ISSUED).unwrap_err();
                },
            )
        },
        (1, 0),
    ),
    (
        "fresh_factor, in a session that is over",
        || {
            with(
                |site| {
                    let session = site.session();
                    let _ = site.world.verifier.end_all_sessions(&session).unwrap();
                    session
                },
                |site, session| {
                    let _ = site.world.verifier.fresh_factor(&session, &site.code()).unwrap_err();
                },
            )
        },
        (1, 0),
    ),
    (
        "reauthenticate",
        || {
            with(
                |site| (site.session(), site.password()),
                |site, (session, proof)| {
                    let _ = site.world.verifier.reauthenticate(&session, proof, &site.code()).unwrap();
                },
            )
        },
        (2, 1),
    ),
    (
        "reauthenticate, wrong",
        || {
            with(
                |site| (site.session(), site.password()),
                |site, (session, proof)| {
                    let _ =
                        site.world.verifier.reauthenticate(&session, proof, &site.wrong_code()).unwrap_err();
                },
            )
        },
        (2, 1),
    ),
    (
        "reauthenticate, after a recovery code",
        || {
            with(
                |site| {
                    let challenge = site.challenge();
                    let accepted =
                        site.world.verifier.present(&challenge, &site.codes[0], Remember::No).unwrap();
                    (accepted.authenticated.into_session(), site.password())
                },
                |site, (session, proof)| {
                    let _ = site.world.verifier.reauthenticate(&session, proof, "").unwrap();
                },
            )
        },
        (1, 0),
    ),
];
