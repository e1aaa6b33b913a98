//! A new policy also applies to what exists already: threats G16, G18, G19, G20, G27.

use core::ops::RangeInclusive;
use core::time::Duration;
use std::sync::Mutex;

use second_factor::session::{
    AdministratorReset, EventKind, ForgottenBecause, PolicyBuilder, PolicyError, Requirement, SealingKey,
};
use second_factor::{
    AccountId, BlockingStore, BlockingVerifier, DeviceToken, KeyRing, Login, Policy, Refusal, Remember,
    TotpParams, UnixTime,
};

use crate::support::sessions::{row, session_of};
use crate::support::{DAY, Phone, STEP, TestRng, World, code_required, complete, days, refusal};

fn by_administrator(world: &World) -> AdministratorReset {
    AdministratorReset::by_host(world.account.clone(), &AccountId::new("root").unwrap()).unwrap()
}

#[test]
fn g19_an_owner_cannot_disable_a_factor_that_the_policy_requires() {
    let policy = Policy::builder("Example").require_second_factor().build().unwrap();
    let (world, phone, _) = World::enrolled_with(policy);
    let device = world.remember(&phone);
    let fresh = world.fresh(&phone);
    let before = row(&world);
    assert_eq!(
        refusal(world.verifier.disable(fresh, Requirement::None)).unwrap_err(),
        Refusal::FactorRequired
    );
    assert_eq!(row(&world), before);
    let _ = complete(world.login_on(&device));
    // The owner can replace it. An administrator can remove it, and the next login leads to an enrollment.
    assert!(world.verifier.begin_enrollment(world.fresh(&phone), "alice").is_ok());
    let _ = world.verifier.administrator_reset(by_administrator(&world)).unwrap();
    assert!(matches!(world.login_on(&device), Login::EnrollmentRequired(_)));
    // A proof of an earlier epoch is refused as such, whatever the policy says.
    let (world, phone, _) = World::enrolled_with(world.verifier.policy().clone());
    let fresh = world.fresh(&phone);
    let _ = world.reset_password();
    assert_eq!(
        refusal(world.verifier.disable(fresh, Requirement::None)).unwrap_err(),
        Refusal::StepUpRequired
    );
}

/// The same service, store and keys, with another policy.
pub fn under<S: BlockingStore + Clone>(world: &World<S>, policy: Policy) -> World<S> {
    let verifier = BlockingVerifier::with_sources(
        world.verifier.store().clone(),
        policy,
        KeyRing::new(1, SealingKey::new([7; 32])),
        world.clock.clone(),
        Mutex::new(TestRng(5)),
    );
    World {
        verifier: verifier.with_events(world.events.clone()),
        clock: world.clock.clone(),
        events: world.events.clone(),
        account: world.account.clone(),
    }
}

#[test]
fn g27_after_a_stricter_policy_devices_are_asked_for_a_code() {
    let policies = [
        Policy::builder("Example").remember_for(Duration::ZERO),
        Policy::builder("Example").devices(0),
        // A shorter time than the device's age.
        Policy::builder("Example").remember_for(DAY),
    ];
    for policy in policies {
        let (world, phone, _) = World::enrolled();
        let device = world.remember(&phone);
        let by_code = session_of(&world, &phone);
        world.clock.advance(DAY);
        let accepted = complete(world.login_on(&device));
        let (session, device) = (accepted.authenticated.into_session(), accepted.device.unwrap());
        let before = row(&world);

        let strict = under(&world, policy.build().unwrap());
        let challenge = code_required(strict.login_on(&device));
        assert!(!strict.is_current(&session), "a session that began on the device is current");
        assert!(strict.is_current(&by_code));
        assert_eq!(strict.verifier.status(&strict.account).unwrap().devices, []);
        assert_eq!(row(&world), before, "devices were deleted at once, but the policy may be a mistake");
        assert!(world.is_current(&session));
        let _ = complete(world.login_on(&device));

        // The next accepted code deletes them.
        assert!(strict.verifier.present(&challenge, &phone.code(world.now()), Remember::No).is_ok());
        let expired = |kind: &EventKind| {
            matches!(kind, EventKind::DeviceForgotten { reason: ForgottenBecause::Expired, .. })
        };
        assert_eq!(world.events.count(expired), 1);
        let _ = code_required(world.login_on(&device));
    }
}

#[test]
fn g27_a_lower_number_of_devices_applies_to_those_that_are_remembered() {
    let (world, phone, _) = World::enrolled();
    let [one, two, three] = [(); 3].map(|()| world.remember(&phone));
    world.clock.advance(DAY);
    // The first device is used again, so the second one has not been used for the longest time.
    let [three, one] = [three, one].map(|device| {
        world.clock.advance(STEP);
        complete(world.login_on(&device))
    });
    let strict = under(&world, Policy::builder("Example").devices(2).build().unwrap());
    let before = row(&world);
    assert_eq!(strict.verifier.status(&strict.account).unwrap().devices.len(), 2);
    let challenge = code_required(strict.login_on(&two));
    for device in [three, one] {
        assert!(strict.is_current(&device.authenticated.into_session()));
        let _ = complete(strict.login_on(&device.device.unwrap()));
    }
    assert_eq!(row(&world), before, "devices were deleted at once, but the policy may be a mistake");

    // The next accepted code deletes the one that is too many.
    assert!(strict.verifier.present(&challenge, &phone.code(world.now()), Remember::No).is_ok());
    let too_many = |kind: &EventKind| {
        matches!(kind, EventKind::DeviceForgotten { reason: ForgottenBecause::TooMany, .. })
    };
    assert_eq!(world.events.count(too_many), 1);
    let _ = code_required(world.login_on(&two));
}

#[test]
fn g27_a_device_beyond_a_lower_number_does_not_come_back_for_another() {
    type Forget = fn(&World, &DeviceToken);
    let forget: [(&str, Forget); 3] = [
        ("its owner forgets another", |world, _| {
            let listed = world.verifier.status(&world.account).unwrap().devices;
            assert!(world.verifier.forget_device(&world.account, listed[0].id).unwrap());
        }),
        ("another is outdated", |world, outdated| {
            let _ = code_required(world.login_on(outdated));
        }),
        ("another has expired", |world, _| world.clock.advance(days(28) + DAY / 2)),
    ];
    for (name, forget) in forget {
        let (world, phone, _) = World::enrolled();
        let oldest = world.remember(&phone);
        world.clock.advance(DAY);
        let beyond = world.remember(&phone);
        let _ = world.remember(&phone);
        world.clock.advance(DAY / 2);
        let _ = complete(world.login_on(&oldest));
        world.clock.advance(STEP + DAY / 4);

        let strict = under(&world, Policy::builder("Example").devices(2).build().unwrap());
        let _ = code_required(strict.login_on(&beyond));
        forget(&strict, &oldest);
        let _ = code_required(strict.login_on(&beyond));
        assert_eq!(strict.verifier.status(&strict.account).unwrap().devices.len(), 1, "{name}");
    }
}

#[test]
fn every_setting_is_accepted_at_its_bounds_and_not_beyond() {
    type Set = fn(PolicyBuilder, u64) -> PolicyBuilder;
    let settings: [(&str, &str, RangeInclusive<u64>, Set); 7] = [
        ("challenge_lifetime", "1 to 30 minutes", 60..=1_800, |policy, secs| {
            policy.challenge_lifetime(Duration::from_secs(secs))
        }),
        ("enrollment_lifetime", "1 to 10 minutes", 60..=600, |policy, secs| {
            policy.enrollment_lifetime(Duration::from_secs(secs))
        }),
        ("step_up_age", "1 second to 15 minutes", 1..=900, |policy, secs| {
            policy.step_up_age(Duration::from_secs(secs))
        }),
        ("rotation_grace", "30 to 600 seconds", 30..=600, |policy, secs| {
            policy.rotation_grace(Duration::from_secs(secs))
        }),
        ("remember_for", "0 to 30 days", 0..=30 * 86_400, |policy, secs| {
            policy.remember_for(Duration::from_secs(secs))
        }),
        ("guesses_per_challenge", "1 to 20", 1..=20, |policy, count| {
            policy.guesses_per_challenge(count.try_into().unwrap())
        }),
        ("devices", "0 to 20", 0..=20, |policy, count| policy.devices(count.try_into().unwrap())),
    ];
    for (setting, bounds, range, set) in settings {
        let build = |value| set(Policy::builder("Example"), value).build();
        assert!(build(*range.start()).is_ok() && build(*range.end()).is_ok(), "{setting}");
        let beyond = [range.start().checked_sub(1), range.end().checked_add(1)];
        for value in beyond.into_iter().flatten() {
            assert_eq!(build(value), Err(PolicyError::OutOfBounds { setting, bounds }), "{value}");
        }
    }
}

/// A passkey does not prove that the clock is right, so devices that have expired stay in the row after it.
#[test]
fn g20_a_device_that_has_expired_makes_room_before_one_that_has_not() {
    let policy = Policy::builder("Example").devices(2).build().unwrap();
    let (world, phone, _) = World::enrolled_with(policy);
    let _ = world.bind_passkey(&phone);
    let mut signed = 0;
    let mut remember = || {
        signed += 1;
        let (challenge, proof) = (world.challenge(), world.signed_by_passkey(&signed.to_string()));
        let this = Remember::ThisDevice { label: "Firefox" };
        world.verifier.present(&challenge, proof, this).unwrap().device.unwrap()
    };
    let first = remember();
    world.clock.advance(days(10));
    let second = remember();
    world.clock.advance(days(19));
    let _ = complete(world.login_on(&first));
    world.clock.advance(days(2));
    let third = remember();
    let _ = complete(world.login_on(&second));
    let _ = complete(world.login_on(&third));
}

#[test]
fn g27_a_device_beyond_the_number_does_not_come_back_for_expired_ones() {
    let (world, phone, _) = World::enrolled();
    let _ = world.bind_passkey(&phone);
    let mut signed = 0;
    let mut remember = |world: &World| {
        signed += 1;
        let (challenge, proof) = (world.challenge(), world.signed_by_passkey(&signed.to_string()));
        let this = Remember::ThisDevice { label: "Firefox" };
        world.verifier.present(&challenge, proof, this).unwrap().device.unwrap()
    };
    let old = [(); 2].map(|()| remember(&world));
    world.clock.advance(days(5));
    let beyond = remember(&world);
    world.clock.advance(days(24));
    for device in &old {
        let _ = complete(world.login_on(device));
    }
    world.clock.advance(days(2));
    // The two old ones have expired, but were used after the one that is beyond the number.
    let newest = remember(&world);
    let strict = under(&world, Policy::builder("Example").devices(3).build().unwrap());
    let _ = code_required(strict.login_on(&beyond));
    let _ = remember(&strict);
    let _ = code_required(strict.login_on(&beyond));
    let _ = complete(strict.login_on(&newest));
}

#[test]
fn g18_a_policy_whose_t0_no_key_uri_can_carry_is_refused() {
    for t0 in [1, 30, 1_000_000_000, u64::MAX] {
        let params = TotpParams::default().with_t0(UnixTime::from_secs(t0));
        assert_eq!(Policy::builder("Example").totp(params).build(), Err(PolicyError::T0), "{t0}");
    }
}

#[test]
fn g18_a_password_that_was_checked_too_long_ago_opens_no_challenge() {
    let minute = Duration::from_secs(60);
    let policy = Policy::builder("Example").challenge_lifetime(minute).build().unwrap();
    let (world, phone, _) = World::enrolled_with(policy);
    for (age, opens) in [(59, true), (60, false), (299, false)] {
        let proof = world.password();
        world.clock.advance(Duration::from_secs(age));
        world.events.take();
        let login = refusal(world.verifier.password_verified(proof, None));
        assert_eq!(login.is_ok(), opens, "{age} s");
        match login {
            Ok(login) => {
                let presented =
                    world.verifier.present(&code_required(login), &phone.code(world.now()), Remember::No);
                assert!(presented.is_ok());
            }
            Err(refused) => assert_eq!((refused, world.events.take()), (Refusal::ChallengeOver, vec![])),
        }
    }
}

#[test]
fn g16_two_services_on_one_host_name_do_not_share_a_cookie_or_a_token() {
    let account = AccountId::new("42").unwrap();
    let name = |policy: &Policy| DeviceToken::cookie_name(&account, policy);
    let [wiki, shop] = ["Wiki", "Shop"].map(|issuer| Policy::new(issuer).unwrap());
    let beta = Policy::builder("Wiki").namespace("wiki-beta").build().unwrap();
    let renamed = Policy::builder("The Wiki").namespace("Wiki").build().unwrap();
    assert!(name(&wiki) != name(&shop) && name(&wiki) != name(&beta) && name(&shop) != name(&beta));
    assert_eq!(name(&wiki), name(&renamed), "the name of the cookie depends on the issuer");
    assert!(name(&wiki).starts_with("__Host-"));

    // Even with the same key and table, tokens of one service are not valid in the other.
    let world = World::with_policy(wiki);
    let (phone, codes) = world.enroll();
    let (device, challenge) = (world.remember(&phone), world.challenge());
    let other = under(&world, shop);
    let before = row(&world);
    world.events.take();
    let _ = code_required(other.login_on(&device));
    assert_eq!(world.events.take()[0], EventKind::DeviceUnknown);
    let presented = refusal(other.verifier.present(&challenge, &codes[0], Remember::No));
    assert_eq!(presented.unwrap_err(), Refusal::ChallengeOver);
    assert_eq!(row(&world), before);
    let same = under(&world, renamed);
    let _ = complete(same.login_on(&device));
    assert!(same.verifier.present(&challenge, &codes[0], Remember::No).is_ok());
}

#[test]
fn g16_an_enrollment_of_one_service_is_refused_by_another() {
    let world = World::new();
    let begun = world.begin();
    let other = under(&world, Policy::new("Shop").unwrap());
    let code = Phone::scan(&begun.uri).code(world.now());
    let confirmed = refusal(other.verifier.confirm_enrollment(&begun.token, &code));
    assert_eq!(confirmed.unwrap_err(), Refusal::EnrollmentOver);
    assert!(world.verifier.confirm_enrollment(&begun.token, &code).is_ok());
}

/// P9: somebody with the password and a device token can cause one replacement in a grace period.
#[test]
fn a_grace_period_so_short_that_each_login_writes_is_refused() {
    let grace = |secs| Policy::builder("Example").rotation_grace(Duration::from_secs(secs)).build();
    for too_short in [0, 1, 29] {
        let refused = PolicyError::OutOfBounds { setting: "rotation_grace", bounds: "30 to 600 seconds" };
        assert_eq!(grace(too_short), Err(refused), "{too_short} s");
    }
    let (world, phone, _) = World::enrolled_with(grace(30).unwrap());
    let mut stolen = world.remember(&phone);
    let start = row(&world).unwrap().revision;
    let mut revisions = vec![start];
    for _ in 0..90 {
        stolen = complete(world.login_on(&stolen)).device.unwrap();
        world.clock.advance(Duration::from_secs(1));
        revisions.push(row(&world).unwrap().revision);
    }
    revisions.dedup();
    assert!((3..=4).contains(&(revisions.len() - 1)), "{} writes in 90 s", revisions.len() - 1);
}

#[test]
fn a_namespace_is_short_and_printable() {
    for namespace in ["x".to_owned(), "!~".to_owned(), "x".repeat(64)] {
        assert!(Policy::builder("Example").namespace(&namespace).build().is_ok(), "{namespace}");
    }
    for namespace in [String::new(), "x".repeat(65), "a b".to_owned(), "\u{7f}".to_owned(), "é".to_owned()] {
        let refused = Policy::builder("Example").namespace(&namespace).build().unwrap_err();
        assert_eq!(refused, PolicyError::Namespace, "{namespace}");
    }
}
