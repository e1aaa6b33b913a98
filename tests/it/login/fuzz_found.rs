//! Bugs that a fuzz target found, as named tests. The inputs are among the target's seeds.

use core::time::Duration;

use second_factor::enrollment::{KeyUriError, KeyUriKind, LabelPart};
use second_factor::session::{EventKind, RefusedBecause, Remember, Requirement};
use second_factor::{KeyUri, Refusal};

use crate::support::{World, refusal};

/// Target `login_machine`: while the budget was spent, mistyped recovery codes were refunded although they had not been
/// charged.
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
    assert_eq!(world.events.count(evaluated), 20, "more guesses were evaluated than the budget of 20");
}

/// Target `key_uri`: a URI that was read as TOTP was printed so that it read as Steam's.
#[test]
fn an_escaped_encoder_is_printed_so_that_it_reads_the_same() {
    let uri = KeyUri::parse("otpauth://totp/a:b?secret=GEZDGNBVGY3TQOJQ&encoder=%73team").unwrap();
    assert_eq!(uri.kind(), KeyUriKind::Steam);
    assert_eq!(KeyUri::parse(uri.to_uri().expose()).unwrap(), uri);
}

/// Target `key_uri`: the issuer parameter could have a colon in strict mode, and the printed URI was then refused.
#[test]
fn no_issuer_has_a_colon_in_the_key_uri_format() {
    let text = "otpauth://totp/a:b?secret=GEZDGNBVGY3TQOJQ&issuer=c%3Ad";
    assert_eq!(KeyUri::parse(text).unwrap().issuer(), Some("c:d"));
    assert_eq!(KeyUri::parse_strict(text).unwrap_err(), KeyUriError::Colon(LabelPart::Issuer));
}

/// Target `login_machine`: after the factor was disabled, another form without a code was answered `AlreadyDone`.
#[test]
fn a_form_without_a_code_is_not_the_one_that_removed_the_factor() {
    let (world, phone, _) = World::enrolled();
    let mut session = world.session(1);
    let code = phone.code(world.now());
    let fresh = world.verifier.fresh_factor(&session, &code).unwrap();
    session.continue_after(world.verifier.disable(fresh, Requirement::None).unwrap());

    let doubled = world.verifier.fresh_factor(&session, &code);
    assert_eq!(refusal(doubled).unwrap_err(), Refusal::AlreadyDone);
    for typed in ["", "lost it"] {
        let again = world.verifier.reauthenticate(&session, world.password(), typed);
        assert_eq!(again.unwrap().account(), &world.account);
    }
}

/// Target `login_machine`: a login under a fast clock hid the step-up that came after it.
#[test]
fn a_step_up_counts_in_a_session_that_began_in_the_future() {
    let (world, phone, _) = World::enrolled();
    let (now, hour) = (world.now(), Duration::from_secs(3_600));
    world.clock.advance(2 * hour);
    let mut session = world.session(1);
    world.clock.set(now);
    assert!(!session.is_elevated(now, hour));
    session.elevate(&world.verifier.fresh_factor(&session, &phone.code(now)).unwrap());
    assert!(session.is_elevated(now, hour));
}

/// Target `login_machine`: a label was accepted although only a blank was left of it.
#[test]
fn a_label_that_is_only_blanks_and_controls_changes_nothing() {
    let (world, phone, _) = World::enrolled();
    let id = world.first_authenticator();
    let label = || world.verifier.status(&world.account).unwrap().authenticators[0].label.clone();
    for blank in ["\u{7} \u{7}", "\u{200e} \u{202e}", " \u{2028} "] {
        world.verifier.rename_authenticator(world.fresh(&phone), id, blank).unwrap();
        assert_eq!(label(), "Authenticator app", "{blank:?}");
    }
    world.verifier.rename_authenticator(world.fresh(&phone), id, "\u{7} Phone \u{7}").unwrap();
    assert_eq!(label(), "Phone");
}
