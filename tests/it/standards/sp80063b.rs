//! NIST SP 800-63B. Sections are those of revision 4 unless a name says `r3`.

use core::time::Duration;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use second_factor::session::{AdministratorReset, EventKind, PolicyError, RefusedBecause, RemovedBy};
use second_factor::{
    AccountId, AuthMethod, BlockingVerifier, ChallengeToken, DeviceToken, KeyRing, Policy, RecoveryCode,
    Refusal, Remember, SealingKey,
};

use crate::support::tokens::{Parts, base32_text};
use crate::support::{
    DAY, EventLog, JsonStore, Phone, STEP, TestClock, TestRng, World, code_required, complete, days,
    is_refused_because, refusal, texts,
};

const SECOND: Duration = Duration::from_secs(1);

type JsonWorld = World<Arc<JsonStore>>;

fn json_world(policy: Policy) -> JsonWorld {
    World::over(Arc::new(JsonStore::default()), policy)
}

/// The service again after a restart: nothing left but what the store holds.
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

/// Suspends the authenticator with so many wrong codes in a row, an hour between them.
fn suspended(failures: u32) -> (World, Phone, Vec<String>) {
    let policy = Policy::builder("Example").suspend_after(failures).build().unwrap();
    let (world, phone, codes) = World::enrolled_with(policy);
    for failure in 1..=failures {
        let refused = world.present(&phone.wrong_code(world.now())).unwrap_err();
        assert_eq!(refused == Refusal::Suspended, failure == failures, "{failure}");
    }
    (world, phone, codes)
}

#[test]
fn sp800_63b_3_2_2_the_101st_attempt_is_never_evaluated() {
    let world = json_world(Policy::new("Example").unwrap());
    let (phone, codes) = world.enroll();
    let wrong = |world: &JsonWorld| {
        let code = phone.wrong_code(world.now());
        refusal(world.verifier.present(&world.challenge(), &code, Remember::No)).unwrap_err()
    };
    let mut evaluated = 0;
    while evaluated < 100 {
        match wrong(&world) {
            Refusal::Locked { retry_at }
                if world.events.count(is_refused_because(RefusedBecause::Locked)) > 0 =>
            {
                let _ = world.events.take();
                world.clock.set(retry_at);
            }
            refused => {
                evaluated += 1;
                assert_eq!(
                    refused == Refusal::Suspended,
                    evaluated == 100,
                    "attempt {evaluated}: {refused:?}"
                );
            }
        }
    }
    assert_eq!(world.events.count(|kind| *kind == EventKind::Suspended), 1);

    // The right code is not evaluated: now, in a step-up, after a restart, after any time.
    let _ = world.events.take();
    let right = |world: &JsonWorld| {
        let code = phone.code(world.now());
        refusal(world.verifier.present(&world.challenge(), &code, Remember::No)).map(|_| ())
    };
    assert_eq!(right(&world), Err(Refusal::Suspended));
    let stepped_up = refusal(world.verifier.fresh_factor(&world.session(1), &phone.code(world.now())));
    assert_eq!(stepped_up.unwrap_err(), Refusal::Suspended);
    let world = restarted(&world, 2);
    for wait in [STEP, DAY, days(365), days(36_500)] {
        world.clock.advance(wait);
        assert_eq!(right(&world), Err(Refusal::Suspended));
        assert!(world.verifier.status(&world.account).unwrap().suspended);
    }
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::Suspended)), 4);
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::Wrong)), 0);

    // Nor does a password reset end it; a recovery code does.
    let _ = world.reset_password();
    assert_eq!(right(&restarted(&world, 3)), Err(Refusal::Suspended));
    let _ = world.verifier.present(&world.challenge(), &codes[0], Remember::No).unwrap();
    assert_eq!(right(&restarted(&world, 4)), Ok(()));
}

#[test]
fn sp800_63b_3_2_2_what_ends_a_suspension() {
    let is_suspended = |world: &World| world.verifier.status(&world.account).unwrap().suspended;
    let code = |world: &World, phone: &Phone| world.present(&phone.code(world.now())).map(|_| ());

    let (world, phone, codes) = suspended(5);
    assert!(is_suspended(&world));
    let _ = world.reset_password();
    assert!(is_suspended(&world), "whoever holds the mailbox ends it not");
    let _ = world.change_password(&world.session(1), &codes[0]).unwrap();
    assert!(!is_suspended(&world));
    assert_eq!(code(&world, &phone), Ok(()));

    let (world, phone, codes) = suspended(5);
    let _ = world.verifier.present(&world.challenge(), &codes[0], Remember::No).unwrap();
    assert!(!is_suspended(&world));
    assert_eq!(code(&world, &phone), Ok(()));

    let (world, ..) = suspended(5);
    let administrator = AccountId::new("root").unwrap();
    let reset = AdministratorReset::by_host(world.account.clone(), &administrator).unwrap();
    let _ = world.verifier.administrator_reset(reset).unwrap();
    assert!(!is_suspended(&world));
    assert_eq!(complete(world.login()).authenticated.method(), AuthMethod::SingleFactor);
    assert_eq!(
        world.events.count(|kind| *kind == EventKind::AuthenticatorRemoved { by: RemovedBy::Administrator }),
        1
    );

    // Enrolling anew takes a recovery code, and the new authenticator starts with no failures.
    let (world, _, codes) = suspended(5);
    let fresh = world.verifier.fresh_factor(&world.session(1), &codes[0]).unwrap();
    let begun = world.verifier.begin_enrollment(fresh, "alice").unwrap();
    let new = Phone::scan(&begun.uri);
    let _ = world.verifier.confirm_enrollment(&begun.token, &new.code(world.now())).unwrap();
    world.clock.advance(2 * STEP);
    assert_eq!(code(&world, &new), Ok(()));
}

#[test]
fn sp800_63b_3_2_2_a_slow_drip_of_one_guess_a_day_stops() {
    let evaluated = |policy: Policy| {
        let (world, phone, _) = World::enrolled_with(policy);
        for _ in 0..200 {
            assert!(world.present(&phone.wrong_code(world.now())).is_err());
            world.clock.advance(DAY);
        }
        world.events.count(is_refused_because(RefusedBecause::Wrong))
    };
    // By default the budget stops it earlier: 20, and one every three days.
    assert_eq!(evaluated(Policy::new("Example").unwrap()), 20 + 199 / 3);
    // Where the budget would let all of it through, the suspension stops it.
    let loose = Policy::builder("Example").guess_budget(1_000, Duration::from_secs(3_600));
    assert_eq!(evaluated(loose.build_with_weaker_guess_odds().unwrap()), 100);
    // No policy can be built that allows more.
    let more = Policy::builder("Example").suspend_after(101).build_with_weaker_guess_odds();
    assert_eq!(more.unwrap_err(), PolicyError::OutOfBounds { setting: "suspend_after" });
}

#[test]
fn sp800_63b_3_2_2_only_its_own_success_ends_a_run_of_failures() {
    let policy = || Policy::builder("Example").suspend_after(6).build().unwrap();
    let fail = |world: &World, phone: &Phone| world.present(&phone.wrong_code(world.now())).unwrap_err();

    // Neither the password nor a remembered device does.
    let (world, phone, _) = World::enrolled_with(policy());
    let device = world.remember(&phone);
    for failure in 1..=6 {
        let _ = code_required(world.login());
        if failure == 3 {
            let _ = complete(world.login_on(&device));
        }
        assert_eq!(fail(&world, &phone) == Refusal::Suspended, failure == 6, "{failure}");
    }
    // A code does.
    let (world, phone, _) = World::enrolled_with(policy());
    for failure in 1..=10 {
        if failure % 5 == 0 {
            let _ = world.log_in(&phone);
        }
        assert_ne!(fail(&world, &phone), Refusal::Suspended, "{failure}");
    }
}

#[test]
fn sp800_63b_3_2_2_the_wait_once_the_budget_is_spent() {
    let (world, phone, _) = World::enrolled();
    let start = world.now();
    for _ in 0..20 {
        let _ = world.present(&phone.wrong_code(world.now())).unwrap_err();
    }
    let mut retry_at = start.saturating_add(days(3));
    for _ in 0..4 {
        for too_early in [start, second_before(retry_at)] {
            world.clock.set(too_early.max(world.now()));
            let refused = world.present(&phone.wrong_code(world.now())).unwrap_err();
            assert_eq!(refused, Refusal::Locked { retry_at });
        }
        // One guess, no more, and the next wait is as long.
        world.clock.set(retry_at);
        let _ = world.events.take();
        let next = retry_at.saturating_add(days(3));
        let refused = world.present(&phone.wrong_code(world.now())).unwrap_err();
        assert_eq!(refused, Refusal::Locked { retry_at: next });
        assert_eq!(world.events.count(is_refused_because(RefusedBecause::Wrong)), 1);
        retry_at = next;
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
fn sp800_63b_3_1_2_2_a_recovery_code_is_spent_once_whoever_is_quicker() {
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
    // The series of a device is kept as a hash, from which no token can be made.
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
    let not_a_code = RecoveryCode::parse("MFRGG-ZDFMZ-TWQ2L-KNNWG-23TPOA").unwrap().expose();
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
    // A challenge comes from a password. One that is made up, or over, or of an account that has none, is no
    // challenge.
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
fn sp800_63b_4_1_binding_is_recorded_with_its_time_and_told() {
    let (world, phone, _) = World::enrolled();
    let bound_at = world.now().as_secs() - 2 * STEP.as_secs();
    assert_eq!(world.verifier.status(&world.account).unwrap().enabled_since.unwrap().as_secs(), bound_at);

    let begun = world.verifier.begin_enrollment(world.fresh(&phone), "alice").unwrap();
    let new = Phone::scan(&begun.uri);
    let _ = world.verifier.confirm_enrollment(&begun.token, &new.code(world.now())).unwrap();
    let bound = EventKind::AuthenticatorBound { replaced: true, imported: false };
    let events = world.events.all();
    let event = events.iter().find(|event| event.kind == bound).expect("an event");
    assert_eq!((event.at, &event.account), (world.now(), &world.account));
    assert!(bound.notify_owner());
    assert_eq!(world.verifier.status(&world.account).unwrap().enabled_since, Some(world.now()));
}

#[test]
fn sp800_63b_4_1_2_2_an_enrollment_waits_15_minutes_at_most() {
    const { assert!(Policy::MAX_ENROLLMENT_LIFETIME.as_secs() <= 15 * 60) };
    let over =
        Policy::builder("Example").enrollment_lifetime(Policy::MAX_ENROLLMENT_LIFETIME + SECOND).build();
    assert_eq!(over.unwrap_err(), PolicyError::OutOfBounds { setting: "enrollment_lifetime" });

    let world = World::new();
    let begun = world.begin();
    let phone = Phone::scan(&begun.uri);
    // Another session, and so another token, confirms another secret.
    let other = world.begin();
    let confirm =
        |token| refusal(world.verifier.confirm_enrollment(token, &phone.code(world.now()))).map(|_| ());
    assert_eq!(confirm(&other.token), Err(Refusal::NotAccepted), "the secret of the first");
    assert_eq!(confirm(&begun.token), Ok(()));
    assert_eq!(confirm(&other.token), Err(Refusal::EnrollmentOver));

    for (wait, outcome) in
        [(599, Ok(())), (600, Err(Refusal::EnrollmentOver)), (601, Err(Refusal::EnrollmentOver))]
    {
        let world = World::new();
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
    let longer = Policy::builder("Example").remember_for(days(30) + SECOND).build_with_weaker_guess_odds();
    assert_eq!(longer.unwrap_err(), PolicyError::OutOfBounds { setting: "remember_for" });

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
fn sp800_63b_5_1_a_remembered_device_is_no_second_factor() {
    let (world, phone, _) = World::enrolled();
    let since = world.now();
    let device = world.remember(&phone);
    let accepted = complete(world.login_on(&device));
    assert_eq!(accepted.authenticated.method(), AuthMethod::RememberedDevice { since });
    assert_eq!(accepted.authenticated.amr(), ["pwd"]);
    // Whatever is sensitive asks for a code all the same: the password does not begin an enrollment.
    let refused = refusal(world.verifier.begin_enrollment(world.password(), "alice"));
    assert_eq!(refused.unwrap_err(), Refusal::StepUpRequired);
    // And a service that wants a code each time has one.
    let policy =
        Policy::builder("Example").require_second_factor().remember_for(Duration::ZERO).build().unwrap();
    let (world, phone, _) = World::enrolled_with(policy);
    let remember = Remember::ThisDevice { label: "Firefox" };
    let accepted = world.verifier.present(&world.challenge(), &phone.code(world.now()), remember).unwrap();
    assert!(accepted.device.is_none());
}

#[test]
fn sp800_63b_5_1_a_device_token_is_random_and_new_at_each_use() {
    let (world, phone, _) = World::enrolled();
    let first = world.remember(&phone);
    world.clock.advance(Duration::from_secs(60));
    let second = complete(world.login_on(&first)).device.unwrap();
    let other = world.remember(&phone);
    let [first, second, other] = [&first, &second, &other].map(|token| Parts::of(token.expose()));
    // A random series, which stays, and a tag over it and the number of its use.
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
    // A browser that keeps the cookie beyond its time, or beyond its end, has nothing.
    let kept = device.clone();
    let _ = world.verifier.present(&world.challenge(), &codes[0], Remember::No).unwrap();
    let _ = code_required(world.login_on(&kept));
    let again = world.remember(&phone);
    world.clock.advance(days(30));
    let _ = code_required(world.login_on(&again));
    assert_eq!(world.events.count(|kind| *kind == EventKind::DeviceUnknown), 2);
}

#[test]
fn sp800_63b_2_2_3_the_time_of_each_factor_is_told() {
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
fn sp800_63b_4_2_3_a_change_takes_a_fresh_factor_and_is_told() {
    let (world, phone, _) = World::enrolled();
    let codes = world.verifier.regenerate_recovery_codes(world.fresh(&phone)).unwrap();
    assert_eq!(texts(&codes).len(), 10);
    let begun = world.verifier.begin_enrollment(world.fresh(&phone), "alice").unwrap();
    let phone = Phone::scan(&begun.uri);
    let _ = world.verifier.confirm_enrollment(&begun.token, &phone.code(world.now())).unwrap();
    world.clock.advance(STEP);
    let _ = world.verifier.disable(world.fresh(&phone)).unwrap();
    let told: Vec<_> = world.events.take().into_iter().filter(EventKind::notify_owner).collect();
    assert_eq!(
        told,
        [
            EventKind::RecoveryCodesRegenerated,
            EventKind::AuthenticatorBound { replaced: true, imported: false },
            EventKind::AuthenticatorRemoved { by: RemovedBy::Owner },
        ]
    );
}
