//! NIST SP 800-63B. Sections are those of revision 4 unless a name says `r3`.

use core::time::Duration;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use second_factor::session::{
    AdministratorReset, AuditEvent, Binding, EventKind, PolicyError, RefusedBecause, RemovedBy, Requirement,
};
use second_factor::{
    AccountId, AuthMethod, BlockingVerifier, ChallengeToken, DeviceToken, KeyRing, Policy, RecoveryCode,
    Refusal, Remember, SealingKey, Window,
};

use crate::support::tokens::{Parts, base32_text};
use crate::support::{
    DAY, EventLog, JsonStore, Phone, START, STEP, TestClock, TestRng, Told, World, code_required, complete,
    days, is_refused_because, refusal, texts,
};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(60 * 60);

type JsonWorld = World<Arc<JsonStore>>;

fn json_world(policy: Policy) -> JsonWorld {
    World::over(Arc::new(JsonStore::default()), policy)
}

/// The service after a restart, with only what the store holds.
fn restarted(world: &JsonWorld, seed: u64) -> JsonWorld {
    let (clock, events) = (TestClock::at(world.now()), Arc::new(EventLog::default()));
    let verifier = BlockingVerifier::with_sources(
        world.verifier.store().clone(),
        world.verifier.policy().clone(),
        KeyRing::new(1, SealingKey::new([7; 32])),
        clock.clone(),
        Mutex::new(TestRng(seed)),
    );
    World { verifier: verifier.with_events(events.clone()), clock, events, account: world.account.clone() }
}

fn is_wrong(kind: &EventKind) -> bool {
    is_refused_because(RefusedBecause::Wrong)(kind)
}

/// The budget and all credit of time are spent, so no wait ends this lock.
fn spent() -> (World, Phone, Vec<String>) {
    let (world, phone, codes) = World::enrolled();
    world.clock.advance(days(40));
    for guess in 1..=30 {
        let refused = world.present(&phone.wrong_code(world.now())).unwrap_err();
        assert_eq!(refused == Refusal::Locked { retry_at: None }, guess == 30, "{guess}");
    }
    (world, phone, codes)
}

#[test]
fn sp800_63b_3_2_2_at_most_99_guesses_between_two_accepted_codes() {
    assert_eq!(Policy::MAX_GUESSES, 99);
    for (window, budget, hours) in
        [(Window::DEFAULT, 50, 14), (Window::EXACT, 50, 14), (Window::EXACT, 50, 1)]
    {
        let policy = Policy::builder("Example").window(window).guess_budget(budget, hours * HOUR).build();
        assert_eq!(policy.unwrap_err(), PolicyError::TooManyGuesses { guesses: 100 });
    }
    let world = json_world(Policy::new("Example").unwrap());
    let (phone, codes) = world.enroll();
    for _ in 0..200 {
        let wrong = phone.wrong_code(world.now());
        let _ = refusal(world.verifier.present(&world.challenge(), &wrong, Remember::No)).unwrap_err();
        world.clock.advance(DAY);
    }
    assert_eq!(world.events.count(is_wrong), 20 + 10);

    // The right code is not evaluated: not now, not in a step-up, not after a restart, not after any time.
    let _ = world.events.take();
    let locked = Refusal::Locked { retry_at: None };
    let right = |world: &JsonWorld| {
        let code = phone.code(world.now());
        refusal(world.verifier.present(&world.challenge(), &code, Remember::No)).map(|_| ())
    };
    assert_eq!(right(&world), Err(locked));
    let stepped_up = refusal(world.verifier.fresh_factor(&world.session(1), &phone.code(world.now())));
    assert_eq!(stepped_up.unwrap_err(), locked);
    let world = restarted(&world, 2);
    for wait in [STEP, DAY, days(365), days(36_500)] {
        world.clock.advance(wait);
        assert_eq!(right(&world), Err(locked));
        assert!(world.verifier.status(&world.account).unwrap().is_locked);
    }
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::Locked)), 4);
    assert_eq!(world.events.count(is_wrong), 0);

    // A password reset does not end the lock. A recovery code does not either, but lets the owner in. Codes in a row end it.
    let _ = world.reset_password();
    let _ = world.verifier.present(&world.challenge(), &codes[0], Remember::No).unwrap();
    assert_eq!(right(&restarted(&world, 3)), Err(locked));
    let row = phone.codes_in_a_row(world.now());
    let _ = world.verifier.present(&world.challenge(), &row, Remember::No).unwrap();
    world.clock.advance(days(3));
    assert_eq!(right(&restarted(&world, 4)), Ok(()));
}

#[test]
fn sp800_63b_3_2_2_what_restores_a_spent_budget() {
    let is_locked = |world: &World| world.verifier.status(&world.account).unwrap().is_locked;
    let code = |world: &World, phone: &Phone| world.present(&phone.code(world.now())).map(|_| ());

    // A password change with a fresh factor does; a password reset does not.
    let (world, phone, codes) = spent();
    let _ = world.reset_password();
    assert!(is_locked(&world), "a password reset ended the lock");
    let _ = world.change_password(&world.session(1), &codes[0]).unwrap();
    assert!(!is_locked(&world));
    assert_eq!(code(&world, &phone), Ok(()));

    // Codes in a row let the owner in and prove the clock, so the month before them counts as credit.
    let (world, phone, _) = spent();
    let _ = world.present(&phone.codes_in_a_row(world.now())).unwrap();
    let until = world.now().saturating_add(days(3));
    world.clock.advance(STEP);
    assert_eq!(code(&world, &phone), Err(Refusal::Locked { retry_at: Some(until) }));
    world.clock.set(until);
    assert_eq!(code(&world, &phone), Ok(()));

    let (world, ..) = spent();
    let administrator = AccountId::new("root").unwrap();
    let reset = AdministratorReset::by_host(world.account.clone(), &administrator).unwrap();
    let _ = world.verifier.administrator_reset(reset).unwrap();
    assert_eq!(complete(world.login()).authenticated.method(), AuthMethod::SingleFactor);
    assert_eq!(world.events.count(|kind| Told::of(kind) == Told::Removed(RemovedBy::Administrator, 0)), 1);
    let (phone, _) = world.enroll();
    assert!(!is_locked(&world));
    assert_eq!(code(&world, &phone), Ok(()));

    // A new enrollment instead of the old one, with a recovery code, does not restore the budget.
    let (world, _, codes) = spent();
    let fresh = world.verifier.fresh_factor(&world.session(1), &codes[0]).unwrap();
    let begun = world.verifier.begin_enrollment(fresh, "alice").unwrap();
    let new = Phone::scan(&begun.uri);
    let _ = world.verifier.confirm_enrollment(&begun.token, &new.code(world.now())).unwrap();
    world.clock.advance(4 * STEP);
    assert_eq!(code(&world, &new), Err(Refusal::Locked { retry_at: None }));
    assert!(world.present(&new.codes_in_a_row(world.now())).is_ok());
}

#[test]
fn sp800_63b_3_2_2_a_slow_drip_of_one_guess_a_day_stops() {
    let evaluated = |policy: Policy| {
        let (world, phone, _) = World::enrolled_with(policy);
        for _ in 0..200 {
            assert!(world.present(&phone.wrong_code(world.now())).is_err());
            world.clock.advance(DAY);
        }
        world.events.count(is_wrong)
    };
    assert_eq!(evaluated(Policy::new("Example").unwrap()), 20 + 10);
    // The same with the policy that gives the most credit for time.
    let quick = Policy::builder("Example").window(Window::EXACT).guess_budget(33, 22 * HOUR).build();
    assert_eq!(evaluated(quick.unwrap()), 33 + 32);
}

#[test]
fn sp800_63b_3_2_2_only_a_right_code_ends_a_run_of_wrong_codes() {
    // The password, a remembered device and a recovery code do not.
    let (world, phone, codes) = World::enrolled();
    let device = world.remember(&phone);
    for guess in 0..20 {
        let _ = code_required(world.login());
        match guess {
            5 => drop(complete(world.login_on(&device))),
            10 => drop(world.present(&codes[0]).unwrap()),
            _ => {}
        }
        let refused = world.present(&phone.wrong_code(world.now())).unwrap_err();
        assert_eq!(matches!(refused, Refusal::Locked { .. }), guess == 19, "{guess}");
    }
    // A code does: it reduces the count by the time since the last one.
    let (world, phone, _) = World::enrolled();
    for failure in 1..=100 {
        world.clock.advance(days(3));
        let _ = world.log_in(&phone);
        let refused = world.present(&phone.wrong_code(world.now())).unwrap_err();
        assert_eq!(refused, Refusal::NotAccepted, "{failure}");
    }
}

#[test]
fn sp800_63b_3_2_2_the_wait_once_the_budget_is_spent() {
    let (world, phone, _) = World::enrolled();
    for _ in 0..20 {
        let _ = world.present(&phone.wrong_code(world.now())).unwrap_err();
    }
    for wait in 1..=10 {
        let retry_at = START.saturating_add(days(3 * wait));
        for too_early in [world.now(), second_before(retry_at)] {
            world.clock.set(too_early);
            let refused = world.present(&phone.wrong_code(world.now())).unwrap_err();
            assert_eq!(refused, Refusal::Locked { retry_at: Some(retry_at) });
        }
        // Only one guess, and the next wait is as long. After ten of them, no wait ends the lock.
        world.clock.set(retry_at);
        let _ = world.events.take();
        let next = (wait < 10).then(|| retry_at.saturating_add(days(3)));
        let refused = world.present(&phone.wrong_code(world.now())).unwrap_err();
        assert_eq!(refused, Refusal::Locked { retry_at: next });
        assert_eq!(world.events.count(is_wrong), 1);
    }
}

fn second_before(time: second_factor::UnixTime) -> second_factor::UnixTime {
    second_factor::UnixTime::from_secs(time.as_secs() - 1)
}

#[test]
fn sp800_63b_3_1_4_2_a_used_code_is_an_event_and_the_same_refusal() {
    let (world, phone, _) = World::enrolled();
    let code = phone.code(world.now());
    assert!(world.present(&code).is_ok());
    let _ = world.events.take();
    let replayed = world.present(&code).unwrap_err();
    let wrong = world.present(&phone.wrong_code(world.now())).unwrap_err();
    assert_eq!((replayed, wrong), (Refusal::NotAccepted, Refusal::NotAccepted));
    assert_eq!(replayed.to_string(), wrong.to_string());
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::Replayed)), 1);
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::Wrong)), 1);
}

#[test]
fn sp800_63b_3_1_2_2_a_recovery_code_is_spent_once_in_a_race() {
    for _ in 0..50 {
        let (world, _, codes) = World::enrolled();
        let challenges: Vec<ChallengeToken> = (0..4).map(|_| world.challenge()).collect();
        let let_in = AtomicUsize::new(0);
        thread::scope(|scope| {
            for challenge in challenges.iter().chain(&challenges) {
                scope.spawn(|| {
                    if world.verifier.present(challenge, &codes[0], Remember::No).is_ok() {
                        let_in.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(let_in.into_inner(), 1);
        assert_eq!(world.events.count(|kind| *kind == EventKind::RecoveryCodeUsed { remaining: 9 }), 1);
        assert_eq!(world.verifier.status(&world.account).unwrap().recovery_codes_left, 9);
    }
}

#[test]
fn sp800_63b_3_1_2_2_the_store_never_sees_a_recovery_code_or_a_token() {
    let world = json_world(Policy::new("Example").unwrap());
    let (phone, codes) = world.enroll();
    let challenge = world.challenge();
    let device = world.remember(&phone);
    let session = world.session(1);
    let refused = world.verifier.fresh_factor(&session, &phone.wrong_code(world.now()));
    assert_eq!(refusal(refused).unwrap_err(), Refusal::NotAccepted);
    let begun = world.verifier.begin_enrollment(world.fresh(&phone), "alice").unwrap();
    let _ = world.verifier.present(&world.challenge(), &codes[0], Remember::No).unwrap();

    let secret_half = |token: &str| token.split('.').nth(2).unwrap().to_owned();
    let tokens = [challenge.expose(), device.expose(), begun.token.expose()];
    // The store has only a hash of a device's series, from which no token can be made.
    let series = base32_text(&Parts::of(device.expose()).fields[2]);
    let codes = codes.iter().map(|code| code.replace('-', ""));
    let secrets = codes.chain(tokens.map(secret_half)).chain([series]);
    let written = world.verifier.store().written();
    assert!(written.len() >= 5, "{}", written.len());
    for secret in secrets {
        assert!(written.iter().all(|text| !text.contains(&secret[..16])), "{secret}");
    }
}

#[test]
fn sp800_63b_4_2_1_1_recovery_codes_have_the_bits_and_are_counted() {
    const { assert!(RecoveryCode::LEN * 8 >= 112) };
    let (world, _, codes) = World::enrolled();
    for (used, code) in codes.iter().enumerate() {
        let _ = world.verifier.present(&world.challenge(), code, Remember::No).unwrap();
        let remaining = 9 - used;
        let event = EventKind::RecoveryCodeUsed { remaining };
        assert!(event.notify_owner());
        assert_eq!(world.events.count(|kind| *kind == event), 1);
        assert_eq!(world.verifier.status(&world.account).unwrap().recovery_codes_left, remaining);
    }
    let spent = refusal(world.verifier.present(&world.challenge(), &codes[0], Remember::No));
    assert_eq!(spent.unwrap_err(), Refusal::NotAccepted);
}

#[test]
fn sp800_63b_4_2_1_1_guessed_recovery_codes_are_charged() {
    let (world, phone, _) = World::enrolled();
    let not_a_code = RecoveryCode::parse("MFRGG-ZDFMZ-TWQ2L-KNNWG-23TPOA").unwrap().to_text();
    for _ in 0..20 {
        let refused = world.verifier.present(&world.challenge(), not_a_code.expose(), Remember::No);
        assert!(refusal(refused).is_err());
    }
    assert_eq!(
        world.events.count(|kind| *kind == EventKind::RecoveryCodeRefused { reason: RefusedBecause::Wrong }),
        20
    );
    assert!(matches!(world.present(&phone.code(world.now())), Err(Refusal::Locked { .. })));
}

#[test]
fn sp800_63b_4_2_2_2_a_recovery_code_without_the_password_is_refused() {
    let (world, phone, codes) = World::enrolled();
    let present = |challenge: &ChallengeToken| {
        refusal(world.verifier.present(challenge, &codes[0], Remember::No)).unwrap_err()
    };
    // Only the right password opens a challenge. A forged one, one that is over and one of an account without authenticators are
    // refused.
    let made_up = Parts { tag: vec![0; 32], ..Parts::of(world.challenge().expose()) }.text();
    assert_eq!(present(&ChallengeToken::parse(&made_up).unwrap()), Refusal::ChallengeOver);
    let used_up = world.challenge();
    for wrong in phone.wrong_codes(world.now()).take(5) {
        assert!(world.verifier.present(&used_up, &wrong, Remember::No).is_err());
    }
    assert_eq!(present(&used_up), Refusal::ChallengeOver);
    let expired = world.challenge();
    world.clock.advance(Duration::from_secs(600));
    assert_eq!(present(&expired), Refusal::ChallengeOver);
    let no_challenge = EventKind::RecoveryCodeRefused { reason: RefusedBecause::NoChallenge };
    assert_eq!(world.events.count(|kind| *kind == no_challenge), 3);
    assert_eq!(world.verifier.status(&world.account).unwrap().recovery_codes_left, 10);
}

#[test]
fn sp800_63b_4_1_a_binding_is_recorded_with_its_time_and_reported() {
    let (world, phone, _) = World::enrolled();
    let bound_at = world.now().as_secs() - 2 * STEP.as_secs();
    assert_eq!(world.verifier.status(&world.account).unwrap().enabled_since.unwrap().as_secs(), bound_at);

    let begun = world.verifier.begin_enrollment(world.fresh(&phone), world.in_place_of_first()).unwrap();
    let new = Phone::scan(&begun.uri);
    let _ = world.verifier.confirm_enrollment(&begun.token, &new.code(world.now())).unwrap();
    let events = world.events.all();
    let bound = |event: &&AuditEvent| Told::of(&event.kind) == Told::Bound(Binding::Replaced);
    let event = events.iter().find(bound).expect("an event");
    assert_eq!((event.at, &event.account), (world.now(), &world.account));
    assert!(event.kind.notify_owner());
    assert_eq!(world.verifier.status(&world.account).unwrap().enabled_since, Some(world.now()));
}

#[test]
fn sp800_63b_4_1_2_2_an_enrollment_waits_ten_minutes_at_most() {
    const MINUTES: Duration = Duration::from_secs(10 * 60);
    assert_eq!(Policy::MAX_ENROLLMENT_LIFETIME, MINUTES);
    let waiting = |lifetime| Policy::builder("Example").enrollment_lifetime(lifetime).build();
    assert_eq!(
        waiting(MINUTES + SECOND).unwrap_err(),
        PolicyError::OutOfBounds { setting: "enrollment_lifetime", bounds: "1 to 10 minutes" }
    );
    for lifetime in [Duration::from_secs(599), MINUTES] {
        assert_eq!(waiting(lifetime).unwrap().enrollment_lifetime(), lifetime);
    }

    let world = World::new();
    let begun = world.begin();
    let phone = Phone::scan(&begun.uri);
    // Another session has another token, and so another secret to confirm.
    let other = world.begin();
    let confirm =
        |token| refusal(world.verifier.confirm_enrollment(token, &phone.code(world.now()))).map(|_| ());
    assert_eq!(
        confirm(&other.token),
        Err(Refusal::NotAccepted),
        "a code of the first enrollment's secret was accepted"
    );
    assert_eq!(confirm(&begun.token), Ok(()));
    assert_eq!(confirm(&other.token), Err(Refusal::EnrollmentOver));

    for (wait, outcome) in
        [(599, Ok(())), (600, Err(Refusal::EnrollmentOver)), (601, Err(Refusal::EnrollmentOver))]
    {
        let world = World::with_policy(waiting(Policy::MAX_ENROLLMENT_LIFETIME).unwrap());
        let begun = world.begin();
        assert_eq!(begun.expires_at.as_secs(), world.now().as_secs() + 600);
        world.clock.advance(Duration::from_secs(wait));
        let code = Phone::scan(&begun.uri).code(world.now());
        assert_eq!(
            refusal(world.verifier.confirm_enrollment(&begun.token, &code)).map(|_| ()),
            outcome,
            "{wait}"
        );
    }
}

#[test]
fn sp800_63b_2_1_3_a_device_is_remembered_thirty_days_at_most() {
    let longer = Policy::builder("Example").remember_for(days(30) + SECOND).build();
    assert_eq!(
        longer.unwrap_err(),
        PolicyError::OutOfBounds { setting: "remember_for", bounds: "0 to 30 days" }
    );

    let (world, phone, _) = World::enrolled();
    let since = world.now();
    let mut device = world.remember(&phone);
    for day in 1..30 {
        world.clock.set(since.saturating_add(days(day)));
        device = complete(world.login_on(&device)).device.unwrap();
        let [info] = &world.verifier.status(&world.account).unwrap().devices[..] else { panic!() };
        assert_eq!((info.since, info.until), (since, since.saturating_add(days(30))));
    }
    world.clock.set(second_before(since.saturating_add(days(30))));
    device = complete(world.login_on(&device)).device.unwrap();
    world.clock.advance(SECOND);
    let _ = code_required(world.login_on(&device));
}

#[test]
fn sp800_63b_5_1_a_remembered_device_is_not_a_second_factor() {
    let (world, phone, _) = World::enrolled();
    let since = world.now();
    let device = world.remember(&phone);
    let accepted = complete(world.login_on(&device));
    assert_eq!(accepted.authenticated.method(), AuthMethod::RememberedDevice { since });
    assert_eq!(accepted.authenticated.amr(), ["pwd"]);
    // A sensitive step needs a code anyway: the password does not begin an enrollment.
    let refused = refusal(world.verifier.begin_enrollment(world.password(), "alice"));
    assert_eq!(refused.unwrap_err(), Refusal::StepUpRequired);
    // A service can also require a code at each login.
    let policy =
        Policy::builder("Example").require_second_factor().remember_for(Duration::ZERO).build().unwrap();
    let (world, phone, _) = World::enrolled_with(policy);
    let remember = Remember::ThisDevice { label: "Firefox" };
    let accepted = world.verifier.present(&world.challenge(), &phone.code(world.now()), remember).unwrap();
    assert!(accepted.device.is_none());
}

#[test]
fn sp800_63b_5_1_a_bearer_token_opens_nothing_and_claims_nothing() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    // It is not accepted as a proof in a challenge, as a challenge, or as a code in a session.
    let typed = refusal(world.verifier.present(&world.challenge(), device.expose(), Remember::No));
    assert_eq!(typed.unwrap_err(), Refusal::Malformed);
    assert!(ChallengeToken::parse(device.expose()).is_err());
    let stepped_up = refusal(world.verifier.fresh_factor(&world.session(1), device.expose()));
    assert_eq!(stepped_up.unwrap_err(), Refusal::Malformed);
    // With the password it counts as no factor, and it does not elevate a session.
    let session = complete(world.login_on(&device)).authenticated.into_session();
    assert_eq!(session.amr(), ["pwd"]);
    assert!(!session.is_elevated(world.now(), HOUR));
    assert_eq!(session.auth_time(), world.now());
}

#[test]
fn sp800_63b_5_1_a_device_token_is_random_and_new_at_each_use() {
    let (world, phone, _) = World::enrolled();
    let first = world.remember(&phone);
    world.clock.advance(Duration::from_secs(60));
    let second = complete(world.login_on(&first)).device.unwrap();
    let other = world.remember(&phone);
    let [first, second, other] = [&first, &second, &other].map(|token| Parts::of(token.expose()));
    // A random series, which stays the same, and a tag over the series and the number of the use.
    assert_eq!((first.fields[2].len(), first.tag.len()), (16, 32));
    assert_eq!(first.fields[2], second.fields[2]);
    assert_ne!(first.fields[2], other.fields[2]);
    assert!(first.tag != second.tag && first.tag != other.tag);
}

#[test]
fn sp800_63b_5_1_1_the_cookie_is_opaque_and_the_server_ends_it() {
    assert_eq!(DeviceToken::COOKIE_ATTRIBUTES, "Path=/; Secure; HttpOnly; SameSite=Lax");
    let (world, phone, codes) = World::enrolled();
    assert!(DeviceToken::cookie_name(&world.account, world.verifier.policy()).starts_with("__Host-"));
    let device = world.remember(&phone);
    assert!(device.expose().bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.'));
    // A browser that keeps the cookie after it expired or was revoked gains nothing by it.
    let kept = device.clone();
    let _ = world.verifier.present(&world.challenge(), &codes[0], Remember::No).unwrap();
    let _ = code_required(world.login_on(&kept));
    let again = world.remember(&phone);
    world.clock.advance(days(30));
    let _ = code_required(world.login_on(&again));
    assert_eq!(world.events.count(|kind| *kind == EventKind::DeviceUnknown), 2);
}

#[test]
fn sp800_63b_2_2_3_the_time_of_each_factor_is_reported() {
    let (world, phone, _) = World::enrolled();
    let since = world.now();
    let device = world.remember(&phone);
    world.clock.advance(DAY);
    let now = complete(world.login_on(&device)).authenticated;
    assert_eq!((now.at(), now.method()), (world.now(), AuthMethod::RememberedDevice { since }));
    let fresh = world.verifier.fresh_factor(&world.session(1), &phone.code(world.now())).unwrap();
    assert_eq!((fresh.at(), fresh.method()), (world.now(), AuthMethod::Code));
}

#[test]
fn sp800_63b_4_2_3_a_change_needs_a_fresh_factor_and_is_reported() {
    let (world, phone, _) = World::enrolled();
    let codes = world.verifier.regenerate_recovery_codes(world.fresh(&phone)).unwrap();
    assert_eq!(texts(&codes).len(), 10);
    let begun = world.verifier.begin_enrollment(world.fresh(&phone), world.in_place_of_first()).unwrap();
    let phone = Phone::scan(&begun.uri);
    let _ = world.verifier.confirm_enrollment(&begun.token, &phone.code(world.now())).unwrap();
    world.clock.advance(STEP);
    let _ = world.verifier.disable(world.fresh(&phone), Requirement::None).unwrap();
    assert_eq!(
        world.events.take_told(),
        [
            Told::Other(EventKind::RecoveryCodesRegenerated),
            Told::Bound(Binding::Replaced),
            Told::Removed(RemovedBy::Owner, 1),
            Told::Removed(RemovedBy::Owner, 0),
        ]
    );
}
