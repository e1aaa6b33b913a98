//! Failures of real deployments: remembered devices. F16 to F19.
#![allow(clippy::arithmetic_side_effects, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod common;

use core::time::Duration;

use common::{Phone, STEP, World, code_required, complete, days, refusal};
use second_factor::session::{AdministratorReset, EventKind, ForgottenBecause, Purpose, Remember};
use second_factor::{AccountId, DeviceToken, How, PasswordVerified, Refusal, Totp};

/// The device is asked for a code, and not as a thief.
#[track_caller]
fn is_refused(world: &World, device: &DeviceToken) {
    world.events.take();
    let _ = code_required(world.login_on(device));
    let opened = EventKind::ChallengeOpened { purpose: Purpose::Login };
    assert_eq!(world.events.take(), [EventKind::DeviceUnknown, opened]);
}

/// That many devices were forgotten because credentials changed.
#[track_caller]
fn were_forgotten(world: &World, expected: usize) {
    let reason = ForgottenBecause::CredentialsChanged;
    let forgotten = world
        .events
        .count(|kind| matches!(kind, EventKind::DeviceForgotten { reason: found, .. } if *found == reason));
    assert_eq!(forgotten, expected);
    assert!(world.verifier.status(&world.account).unwrap().devices.is_empty());
}

#[test]
fn f16_no_device_survives_a_password_change_or_reset() {
    let (world, phone, _) = World::enrolled();
    let devices = [world.remember(&phone), world.remember(&phone)];
    let _ = world.verifier.password_changed(&world.account).unwrap();
    were_forgotten(&world, 2);
    for device in &devices {
        is_refused(&world, device);
    }
}

#[test]
fn f16_no_device_survives_the_removal_of_the_authenticator() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    let _ = world.verifier.disable(world.fresh(&phone)).unwrap();
    were_forgotten(&world, 1);
    // Two-factor authentication is off: in by the password, and not by the device.
    assert_eq!(complete(world.login_on(&device)).authenticated.how(), How::None);
    let _ = world.enroll();
    is_refused(&world, &device);
}

#[test]
fn f16_no_device_survives_a_recovery_code() {
    let (world, phone, codes) = World::enrolled();
    let device = world.remember(&phone);
    let _ = world.verifier.present_recovery_code(&world.challenge(), &codes[0]).unwrap();
    were_forgotten(&world, 1);
    is_refused(&world, &device);

    let device = world.remember(&phone);
    world.events.take();
    let _ = world.verifier.step_up_with_recovery_code(&world.step_up_token(), &codes[1]).unwrap();
    were_forgotten(&world, 1);
    is_refused(&world, &device);
}

#[test]
fn f16_no_device_survives_an_administrators_reset() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    let administrator = AccountId::new("root").unwrap();
    let reset = AdministratorReset::by_host(world.account.clone(), &administrator).unwrap();
    let _ = world.verifier.administrator_reset(reset).unwrap();
    were_forgotten(&world, 1);
    let _ = world.enroll();
    is_refused(&world, &device);
}

#[test]
fn f16_no_device_survives_the_deletion_of_its_account() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    assert!(world.verifier.store().delete(&world.account).unwrap());
    // Registered anew under the same id.
    let _ = world.enroll();
    is_refused(&world, &device);
}

#[test]
fn f16_no_device_survives_the_list_that_its_owner_clears() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    assert_eq!(world.verifier.forget_all_devices(&world.account).unwrap(), 1);
    is_refused(&world, &device);
}

#[test]
fn f17_no_device_survives_a_new_secret() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    let begun = world.verifier.begin_enrollment(world.fresh(&phone), "alice@example.com").unwrap();
    let new_phone = Phone::scan(&begun.uri);

    // Begun is not bound: the device is still of the secret that is live.
    let device = complete(world.login_on(&device)).device.unwrap();
    world.events.take();
    let _ = world.verifier.confirm_enrollment(&begun.token, &new_phone.code(world.now())).unwrap();
    were_forgotten(&world, 1);
    is_refused(&world, &device);
}

#[test]
fn f18_a_device_used_daily_is_refused_after_thirty_days_exactly() {
    let (world, phone, _) = World::enrolled();
    let since = world.now();
    let mut device = world.remember(&phone);
    let end = since.saturating_add(days(30));
    for day in 1..30 {
        world.clock.set(since.saturating_add(days(day)));
        let accepted = complete(world.login_on(&device));
        assert_eq!(accepted.authenticated.how(), How::Remembered { since }, "using it does not extend it");
        device = accepted.device.unwrap();
        let listed = world.verifier.status(&world.account).unwrap().devices;
        assert_eq!(listed.iter().map(|device| device.until).collect::<Vec<_>>(), [end]);
    }
    world.clock.set(end);
    world.clock.back(Duration::from_secs(1));
    device = complete(world.login_on(&device)).device.unwrap();

    // The cookie is kept, whatever its Max-Age said.
    world.clock.set(end);
    is_refused(&world, &device);
    // Nor does a code presented on it without the box revive it.
    let _ = world.log_in(&phone);
    is_refused(&world, &device);
}

#[test]
fn f18_a_code_on_one_device_extends_no_other() {
    let (world, phone, _) = World::enrolled();
    let since = world.now();
    let first = world.remember(&phone);
    world.clock.set(since.saturating_add(days(29)));
    let second = world.remember(&phone);
    world.clock.set(since.saturating_add(days(30)));
    is_refused(&world, &first);
    let _ = complete(world.login_on(&second));
}

#[test]
fn f19_the_cookie_of_one_account_opens_no_other_and_stays_alive() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    let bob = AccountId::new("bob").unwrap();
    let proof = PasswordVerified::by_host(bob.clone());
    let begun = world.verifier.begin_enrollment(proof, "bob@example.com").unwrap();
    let code = Totp::new(begun.uri.secret(), world.verifier.policy().totp()).generate(world.now());
    let _ = world.verifier.confirm_enrollment(&begun.token, code.expose()).unwrap();
    world.clock.advance(STEP);
    world.events.take();

    let proof = PasswordVerified::by_host(bob.clone());
    let login = world.verifier.password_verified(proof, Some(device.expose())).unwrap();
    assert_eq!(code_required(login).account(), &bob);
    let opened = EventKind::ChallengeOpened { purpose: Purpose::Login };
    assert!(world.events.all().iter().all(|event| event.account == bob));
    assert_eq!(world.events.take(), [EventKind::DeviceUnknown, opened]);

    assert_ne!(DeviceToken::cookie_name(&bob), DeviceToken::cookie_name(&world.account));
    let _ = complete(world.login_on(&device));
}

#[test]
fn f19_the_series_alone_opens_nothing() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    // The id that the owner's list shows, and another's secret.
    let other = world.remember(&phone);
    let (of_device, of_other): (Vec<&str>, Vec<&str>) =
        (device.expose().split('.').collect(), other.expose().split('.').collect());
    let id = world.verifier.status(&world.account).unwrap().devices.first().unwrap().id;
    assert_eq!(of_device.get(1).copied(), Some(id.to_string().as_str()));
    let forged = [of_device.first(), of_device.get(1), of_other.get(2)].map(|part| *part.unwrap()).join(".");
    world.events.take();
    let login = world.verifier.password_verified(world.password(), Some(&forged)).unwrap();
    let challenge = code_required(login);
    assert_eq!(world.events.count(|kind| *kind == EventKind::DeviceTokenStolen { device: id }), 1);
    let refused = world.verifier.present_code(&challenge, &phone.wrong_code(world.now()), Remember::No);
    assert_eq!(refusal(refused).unwrap_err(), Refusal::NotAccepted);
    let _ = complete(world.login_on(&other));
}
