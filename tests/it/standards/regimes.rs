//! The policies of `manual::regimes`, through the public API. The numbers here are those of that page.

use core::time::Duration;
use std::sync::Mutex;

use second_factor::session::{
    AdministratorReset, EventKind, FirstFactor, RefusedBecause, Remember, Requirement, SealingKey,
};
use second_factor::store::{Change, Expected, Revision, Swap};
use second_factor::{
    AccountId, BlockingStore, BlockingVerifier, KeyRing, Login, Policy, Refusal, UnixTime, Window,
};

use crate::support::{
    DAY, Phone, STEP, TestRng, World, code_required, complete, days, is_refused_because, refusal,
};

const REMEMBER: Remember<'_> = Remember::ThisDevice { label: "Firefox" };

fn aal2() -> Policy {
    Policy::builder("Example").require_second_factor().remember_for(Duration::ZERO).build().unwrap()
}

fn asvs(window: Window) -> Policy {
    let policy = Policy::builder("Example").require_second_factor().remember_for(Duration::ZERO);
    policy.window(window).build().unwrap()
}

fn pci() -> Policy {
    let policy = Policy::builder("Example").require_second_factor().remember_for(Duration::ZERO);
    policy.guess_budget(10, days(31)).build().unwrap()
}

fn psd2() -> Policy {
    let policy = Policy::builder("Example").require_second_factor().remember_for(Duration::ZERO);
    policy.guess_budget(5, days(31)).build().unwrap()
}

/// Another instance of the service, with the same store, clock and log.
fn instance(world: &World, policy: Policy, seed: u64) -> World {
    let verifier = BlockingVerifier::with_sources(
        world.verifier.store().clone(),
        policy,
        KeyRing::new(1, SealingKey::new([7; 32])),
        world.clock.clone(),
        Mutex::new(TestRng(seed)),
    );
    World {
        verifier: verifier.with_events(world.events.clone()),
        clock: world.clock.clone(),
        events: world.events.clone(),
        account: world.account.clone(),
    }
}

fn evaluated(world: &World) -> usize {
    world.events.count(is_refused_because(RefusedBecause::Wrong))
}

/// Presents a code at one of the doors: a login, a step-up, a change of credentials.
fn present_at(door: usize, world: &World, code: &str) -> Result<(), Refusal> {
    let session = world.session(u8::try_from(door % 200).unwrap());
    match door % 3 {
        0 => world.present(code).map(drop),
        1 => refusal(world.verifier.fresh_factor(&session, code)).map(drop),
        _ => refusal(world.verifier.reauthenticate(&session, world.password(), code)).map(drop),
    }
}

/// An account with two authenticators, each with its own secret.
fn with_two_authenticators(policy: &Policy) -> (World, [Phone; 2]) {
    let (world, first, _) = World::enrolled_with(policy.clone());
    let other = instance(&World::with_policy(policy.clone()), policy.clone(), 99);
    let (second, _) = other.enroll();
    let mut row = serde_json::to_value(world.record()).unwrap();
    let mut bound = serde_json::to_value(other.record()).unwrap();
    let bound = bound["record"]["authenticators"][0].take();
    row["record"]["authenticators"].as_array_mut().unwrap().push(bound);
    let record = serde_json::from_value(row).unwrap();
    let before = world.verifier.store().load(&world.account).unwrap().unwrap().revision;
    let change = Change::new(Expected::At(before), Revision::new(before.get() ^ 1), &record, &[]);
    let swapped = world.verifier.store().compare_and_swap(&world.account, change).unwrap();
    assert_eq!(swapped, Swap::Stored);
    (world, [first, second])
}

/// Asserts that at most this many codes are evaluated: in any session, on any instance, after any time.
fn at_most(most: usize, policy: &Policy) {
    // The last of them is still evaluated.
    for wrong in 0..=most {
        let (world, phone, _) = World::enrolled_with(policy.clone());
        for code in phone.wrong_codes(world.now()).take(wrong) {
            assert!(world.present(&code).is_err());
        }
        let right = world.present(&phone.code(world.now())).map(drop);
        let expected = if wrong < most { Ok(()) } else { Err(Refusal::Locked { retry_at: None }) };
        assert_eq!(right, expected, "after {wrong} wrong codes");
    }

    // A year of guesses, at all doors and on all instances.
    let (world, phone, codes) = World::enrolled_with(policy.clone());
    let instances = [instance(&world, policy.clone(), 2), instance(&world, policy.clone(), 3)];
    for guess in 0..365 {
        let wrong = phone.wrong_code(world.now());
        assert!(present_at(guess, &instances[guess % 2], &wrong).is_err());
        world.clock.advance(DAY);
    }
    assert_eq!(evaluated(&world), most);
    assert_eq!(world.events.count(|kind| *kind == EventKind::Locked { until: None }), 1);

    // The right code is not evaluated either: not later, not if the clock goes back, not after a restart.
    let (now, before) = (world.now(), world.record());
    let waits = [0, 30 * 60, 86_400, 31 * 86_400, 366 * 86_400, 36_500 * 86_400];
    let times = waits.map(|wait| now.saturating_add(Duration::from_secs(wait)));
    for time in times.into_iter().chain([UnixTime::from_secs(now.as_secs() - 365 * 86_400)]) {
        world.clock.set(time);
        for door in 0..6 {
            let restarted = instance(&world, policy.clone(), 4);
            let told = present_at(door, &restarted, &phone.code(time));
            assert_eq!(told, Err(Refusal::Locked { retry_at: None }), "{time:?}, door {door}");
        }
    }
    assert_eq!((evaluated(&world), world.record()), (most, before));
    world.clock.set(now);

    // Codes in a row and recovery codes let the owner in; a password reset is not enough.
    let _ = world.reset_password();
    assert!(world.present(&phone.code(now)).is_err());
    assert!(world.present(&codes[0]).is_ok());
    assert!(world.present(&phone.codes_in_a_row(now)).is_ok());
    // Neither accepted codes nor time restore the budget; a password change with a fresh factor does.
    world.clock.advance(days(40));
    let locked = Refusal::Locked { retry_at: None };
    assert_eq!(world.present(&phone.code(world.now())).unwrap_err(), locked);
    let row = phone.codes_in_a_row(world.now());
    let _ = world.change_password(&world.session(1), &row).unwrap();
    world.clock.advance(STEP);
    assert!(world.present(&phone.code(world.now())).is_ok());
}

/// Asserts that each complete login had a second factor: no cookie replaces it.
fn two_factors_each_time(policy: &Policy) {
    let world = World::with_policy(policy.clone());
    assert!(matches!(world.login(), Login::EnrollmentRequired(_)), "a login without a second factor");
    let (phone, codes) = world.enroll();

    // A browser that was remembered while that was allowed, and a login that asks for it now.
    let permissive = instance(&world, Policy::new("Example").unwrap(), 5);
    let device = permissive.remember(&phone);
    let _ = complete(permissive.login_on(&device));
    let challenge = code_required(world.login_on(&device));
    let accepted = world.verifier.present(&challenge, &phone.code(world.now()), REMEMBER).unwrap();
    assert!(accepted.device.is_none());
    assert_eq!(accepted.authenticated.amr(), ["pwd", "otp", "mfa"]);
    world.clock.advance(STEP);
    let _ = code_required(world.login_on(&device));
    let _ = code_required(world.login());
    let by_recovery = world.present(&codes[0]).unwrap();
    assert_eq!(by_recovery.authenticated.amr(), ["pwd", "mfa"]);

    // The owner cannot disable it, and after an administrator's reset nobody gets in without one.
    let refused = refusal(world.verifier.disable(world.fresh(&phone), Requirement::None));
    assert_eq!(refused.unwrap_err(), Refusal::FactorRequired);
    let administrator = AccountId::new("root").unwrap();
    let reset = AdministratorReset::by_host(world.account.clone(), &administrator).unwrap();
    let _ = world.verifier.administrator_reset(reset).unwrap();
    assert!(matches!(world.login_on(&device), Login::EnrollmentRequired(_)));

    // Only one login had no second factor.
    let logins = world.events.all().into_iter().filter_map(|event| match event.kind {
        EventKind::LoggedIn { method } => Some(method),
        _ => None,
    });
    let without = logins.filter(|method| !method.amr(FirstFactor::Password).contains(&"mfa")).count();
    assert_eq!(without, 1, "not only the one on the permissive instance");
}

#[test]
fn sp800_63b_3_2_2_under_the_aal2_policy_30_guesses_are_evaluated() {
    let (world, phone, _) = World::enrolled_with(aal2());
    for _ in 0..365 {
        assert!(world.present(&phone.wrong_code(world.now())).is_err());
        world.clock.advance(DAY);
    }
    assert_eq!(evaluated(&world), 30);
    let locked = Refusal::Locked { retry_at: None };
    assert_eq!(world.present(&phone.code(world.now())).unwrap_err(), locked);
}

#[test]
fn sp800_63b_5_1_under_the_aal2_policy_each_login_has_two_factors() {
    two_factors_each_time(&aal2());
}

#[test]
fn sp800_63b_5_1_a_session_of_a_remembered_device_is_aal1_by_its_amr() {
    let is_aal2 = |amr: &[&str]| amr.contains(&"mfa");
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    let mut session = complete(world.login_on(&device)).authenticated.into_session();
    assert!(!is_aal2(session.amr()));
    world.clock.advance(DAY);
    let fresh = world.verifier.fresh_factor(&session, &phone.code(world.now())).unwrap();
    session.elevate(&fresh);
    assert!(is_aal2(session.amr()));
    assert_eq!(session.auth_time(), world.now(), "the time from which the 24 hours of §2.2.3 count");
}

#[test]
fn asvs_6_3_3_under_the_level_2_policy_each_login_has_two_factors() {
    two_factors_each_time(&asvs(Window::DEFAULT));
}

#[test]
fn asvs_6_5_5_under_the_level_2_policy_a_code_lives_90_or_30_seconds() {
    for (window, before, after) in [(Window::DEFAULT, 30, 60), (Window::EXACT, 0, 30)] {
        let lives: Vec<i64> = (-100..100)
            .filter(|offset| {
                let (world, phone, _) = World::enrolled_with(asvs(window));
                world.clock.advance(days(1));
                let step = world.now().as_secs();
                assert_eq!(step % 30, 0);
                let code = phone.code(world.now());
                world.clock.set(UnixTime::from_secs(step.saturating_add_signed(*offset)));
                world.present(&code).is_ok()
            })
            .collect();
        assert_eq!(lives, (-before..after).collect::<Vec<i64>>(), "{window:?}");
    }
}

#[test]
fn asvs_7_5_1_under_the_level_2_policy_a_change_needs_password_and_code() {
    let (world, phone, _) = World::enrolled_with(asvs(Window::DEFAULT));
    let session = world.log_in(&phone).authenticated.into_session();
    let begin = |typed: &str| {
        let proof = refusal(world.verifier.reauthenticate(&session, world.password(), typed))?;
        refusal(world.verifier.begin_enrollment(proof, "alice")).map(drop)
    };
    // Refused with the password alone, with a wrong code, and with the code of the login.
    let alone = refusal(world.verifier.begin_enrollment(world.password(), "alice"));
    assert_eq!(alone.unwrap_err(), Refusal::StepUpRequired);
    assert_eq!(begin(""), Err(Refusal::Malformed));
    assert_eq!(begin(&phone.wrong_code(world.now())), Err(Refusal::NotAccepted));
    let of_the_login = phone.code(UnixTime::from_secs(world.now().as_secs() - 30));
    assert_eq!(begin(&of_the_login), Err(Refusal::NotAccepted));
    assert_eq!(begin(&phone.code(world.now())), Ok(()));
    // The fresh factor is at most five minutes old.
    for (age, is_fresh) in [(299, true), (300, false), (301, false)] {
        world.clock.advance(STEP);
        let fresh = world.verifier.fresh_factor(&session, &phone.code(world.now())).unwrap();
        world.clock.advance(Duration::from_secs(age));
        let changed = refusal(world.verifier.regenerate_recovery_codes(fresh));
        assert_eq!(changed.err(), (!is_fresh).then_some(Refusal::StepUpRequired), "{age}");
        world.clock.set(UnixTime::from_secs(world.now().as_secs() / 30 * 30));
    }
}

#[test]
fn pci_dss_8_3_4_the_eleventh_code_is_not_evaluated() {
    at_most(10, &pci());
}

#[test]
fn pci_dss_8_3_4_of_two_authenticators_the_sixth_code_is_not_evaluated() {
    let (world, phones) = with_two_authenticators(&pci());
    for code in phones[0].wrong_codes(world.now()).take(6) {
        assert!(world.present(&code).is_err());
    }
    assert_eq!(evaluated(&world), 5);
    for phone in &phones {
        let right = phone.code(world.now());
        assert_eq!(world.present(&right).unwrap_err(), Refusal::Locked { retry_at: None });
    }
    // Codes in a row of either authenticator let the owner in.
    world.clock.advance(DAY);
    for phone in &phones {
        assert!(world.present(&phone.codes_in_a_row(world.now())).is_ok());
        world.clock.advance(4 * STEP);
    }
}

#[test]
fn pci_dss_8_3_4_the_gentler_setting_ends_at_ten_too() {
    let policy = Policy::builder("Example").guess_budget(5, days(6)).build().unwrap();
    let (world, phone, _) = World::enrolled_with(policy);
    for _ in 0..365 {
        assert!(world.present(&phone.wrong_code(world.now())).is_err());
        world.clock.advance(DAY);
    }
    assert_eq!(evaluated(&world), 10);
    // If a guess was about to be regained, the wait ends in less than 30 minutes.
    let (world, phone, _) = World::enrolled_with(world.verifier.policy().clone());
    let bound_at = UnixTime::from_secs(world.now().as_secs() - 2 * STEP.as_secs());
    world.clock.set(bound_at.saturating_add(days(6)));
    world.clock.back(2 * STEP);
    for code in phone.wrong_codes(world.now()).take(5) {
        assert!(world.present(&code).is_err());
    }
    let Err(Refusal::Locked { retry_at: Some(until) }) = world.present(&phone.code(world.now())) else {
        panic!("locked")
    };
    assert_eq!(until.as_secs() - world.now().as_secs(), 60);
}

#[test]
fn pci_dss_8_5_1_success_of_both_factors_comes_before_access() {
    two_factors_each_time(&pci());
}

#[test]
fn pci_dss_8_5_1_a_code_that_was_accepted_is_refused() {
    let (world, phone, _) = World::enrolled_with(pci());
    let code = phone.code(world.now());
    assert!(world.present(&code).is_ok());
    for door in 0..3 {
        assert_eq!(present_at(door, &world, &code), Err(Refusal::NotAccepted), "door {door}");
    }
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::Replayed)), 3);
}

#[test]
fn psd2_rts_4_3_b_after_five_failures_the_sixth_code_is_not_evaluated() {
    at_most(5, &psd2());
    let (world, phones) = with_two_authenticators(&psd2());
    for code in phones[0].wrong_codes(world.now()).take(3) {
        assert!(world.present(&code).is_err());
    }
    assert_eq!(evaluated(&world), 2);
    assert_eq!(world.events.count(|kind| *kind == EventKind::Locked { until: None }), 1);
}
