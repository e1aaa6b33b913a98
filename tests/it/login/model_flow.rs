//! The flow that this crate is for, from the first password to the 31st day.

use second_factor::session::{AccountIdError, Remember, RemovedBy, Requirement};
use second_factor::{AccountId, AuthMethod, DeviceToken, Refusal};

use crate::support::{Phone, STEP, Told, World, code_required, complete, days, refusal, texts};

#[test]
fn a_remembered_device_is_asked_for_a_code_again_after_thirty_days() {
    let world = World::new();

    // A login without a second factor.
    let first = complete(world.login()).authenticated;
    assert_eq!((first.method(), first.amr()), (AuthMethod::SingleFactor, ["pwd"].as_slice()));

    // "Enable two-factor authentication": type the password again, scan, type a code.
    let begun = world.begin();
    let phone = Phone::scan(&begun.uri);
    let code = phone.code(world.now());
    let confirmed = world.verifier.confirm_enrollment(&begun.token, &code).unwrap();
    let (recovery_codes, end_sessions) = confirmed.into_parts();
    assert_eq!(texts(&recovery_codes).len(), 10);
    assert_eq!(end_sessions.account(), &world.account);
    assert!(!world.is_current(&first.into_session()), "the first session is over");

    // Password and code. The code that confirmed the enrollment is refused.
    let challenge = world.challenge();
    assert_eq!(
        refusal(world.verifier.present(&challenge, &code, Remember::No)).unwrap_err(),
        Refusal::NotAccepted
    );
    world.clock.advance(STEP);
    let remember = Remember::ThisDevice { label: "Firefox on Linux" };
    let accepted = world.verifier.present(&challenge, &phone.code(world.now()), remember).unwrap();
    assert_eq!(accepted.authenticated.method(), AuthMethod::Code);
    assert_eq!(accepted.authenticated.amr(), ["pwd", "otp", "mfa"]);
    let since = world.now();
    let mut device = accepted.device.unwrap();

    // Daily logins on this device without a code, up to the last second of the 30 days. A new device always needs a code.
    for day in 1..30 {
        world.clock.set(since.saturating_add(days(day)));
        let accepted = complete(world.login_on(&device));
        assert_eq!(accepted.authenticated.method(), AuthMethod::RememberedDevice { since });
        assert_eq!(accepted.authenticated.amr(), ["pwd"]);
        device = accepted.device.expect("rotated");
        let _ = code_required(world.login());
    }
    world.clock.set(since.saturating_add(days(30)));
    let _ = code_required(world.login_on(&device));
}

#[test]
fn each_sensitive_step_needs_a_fresh_code() {
    let (world, phone, old_codes) = World::enrolled();
    let codes = world.verifier.regenerate_recovery_codes(world.fresh(&phone)).unwrap();
    let refused = world.verifier.present(&world.challenge(), &old_codes[0], Remember::No);
    assert_eq!(refusal(refused).unwrap_err(), Refusal::NotAccepted);

    let accepted = world.verifier.present(&world.challenge(), &texts(&codes)[0], Remember::No).unwrap();
    assert_eq!(accepted.authenticated.method(), AuthMethod::RecoveryCode);
    assert_eq!(world.verifier.status(&world.account).unwrap().recovery_codes_left, 9);

    let mut session = world.session(1);
    session.continue_after(world.verifier.disable(world.fresh(&phone), Requirement::None).unwrap());
    assert!(world.is_current(&session));
    assert_eq!(world.events.count(|kind| Told::of(kind) == Told::Removed(RemovedBy::Owner, 0)), 1);
    assert_eq!(complete(world.login()).authenticated.method(), AuthMethod::SingleFactor);
}

#[test]
fn the_device_cookie_is_named_after_the_account_and_has_every_attribute() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    let name = DeviceToken::cookie_name(&world.account, world.verifier.policy());
    assert_eq!(
        device.set_cookie(world.verifier.policy()).expose(),
        format!("{name}={}; Max-Age=2592000; Path=/; Secure; HttpOnly; SameSite=Lax", device.expose()),
    );
}

#[test]
fn an_account_id_is_1_to_255_bytes_without_control_characters() {
    for id in ["a", " ", "7f3c2a", "ålice@example.com", &"a".repeat(255)] {
        assert_eq!(AccountId::new(id).unwrap().as_str(), id);
    }
    for id in ["", &"a".repeat(256)] {
        assert_eq!(AccountId::new(id).unwrap_err(), AccountIdError::Length { found: id.len() }, "{id:?}");
    }
    for id in ["a\0", "\n", "a\tb", "a\u{7f}", "\u{85}a"] {
        assert_eq!(AccountId::new(id).unwrap_err(), AccountIdError::ControlCharacter, "{id:?}");
    }
}
