//! Faults of the past that a fuzz target holds off, by name. The inputs are among its seeds.

use second_factor::enrollment::{KeyUriError, KeyUriKind, LabelPart};
use second_factor::session::{EventKind, RefusedBecause, Remember};
use second_factor::{KeyUri, Refusal};

use crate::support::{World, refusal};

/// Target `login_machine`: while the budget was spent, mistyped recovery codes took nothing from it and were
/// refunded all the same.
#[test]
fn a_recovery_code_mistyped_while_locked_buys_no_guesses() {
    let (world, phone, recovery_codes) = World::enrolled();
    let wrong = phone.wrong_code(world.now());
    let evaluated = |kind: &EventKind| *kind == EventKind::CodeRefused { reason: RefusedBecause::Wrong };
    for _ in 0..4 {
        let challenge = world.challenge();
        for _ in 0..5 {
            let refused = world.verifier.present(&challenge, &wrong, Remember::No);
            assert!(refusal(refused).is_err());
        }
    }
    assert_eq!(world.events.count(evaluated), 20);

    let challenge = world.challenge();
    for _ in 0..4 {
        let mistyped = world.verifier.present(&challenge, "MFRGG-ZDFMZ-TWQ2L-KNNWG-23TPOA", Remember::No);
        assert_eq!(refusal(mistyped).unwrap_err(), Refusal::NotAccepted);
    }
    let _ = world.verifier.present(&challenge, &recovery_codes[0], Remember::No).unwrap();

    assert!(matches!(world.present(&wrong), Err(Refusal::Locked { .. })));
    assert_eq!(world.events.count(evaluated), 20, "the budget is 20, whatever was refunded");
}

/// Target `key_uri`: what was read as TOTP was printed as a URI that reads as Steam's.
#[test]
fn an_escaped_encoder_means_what_it_says() {
    let uri = KeyUri::parse("otpauth://totp/a:b?secret=GEZDGNBVGY3TQOJQ&encoder=%73team").unwrap();
    assert_eq!(uri.kind(), KeyUriKind::Steam);
    assert_eq!(KeyUri::parse(uri.to_uri().expose()).unwrap(), uri);
}

/// Target `key_uri`: an issuer with a colon was read strictly as a parameter, and what it printed was not.
#[test]
fn no_issuer_has_a_colon_in_the_key_uri_format() {
    let text = "otpauth://totp/a:b?secret=GEZDGNBVGY3TQOJQ&issuer=c%3Ad";
    assert_eq!(KeyUri::parse(text).unwrap().issuer(), Some("c:d"));
    assert_eq!(KeyUri::parse_strict(text).unwrap_err(), KeyUriError::Colon(LabelPart::Issuer));
}
