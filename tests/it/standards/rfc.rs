//! RFC 4226, 6238 and 8176, where they concern the verifier as a whole: throttling, replay, keys in the store, `amr`.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use second_factor::session::{EventKind, RefusedBecause, SealError, SessionError};
use second_factor::verifier::Error;
use second_factor::{
    Algorithm, AuthMethod, BlockingVerifier, Digits, KeyRing, Period, Policy, Refusal, Remember, SealingKey,
    Secret, TotpParams, UnixTime,
};

use crate::support::{
    BrokenRng, JsonStore, Phone, START, STEP, World, code_required, complete, days, is_refused_because,
    refusal,
};

const BUDGET: usize = 20;

#[test]
fn rfc4226_7_1_every_wrong_code_is_charged_wherever_it_is_presented() {
    let (world, phone, _) = World::enrolled();
    let mut wrong = phone.wrong_codes(world.now());
    for guess in 0..20 {
        let code = wrong.next().unwrap();
        // Alternately in logins and step-ups, which share the budget.
        let refused = if guess % 2 == 0 {
            world.present(&code).map(|_| ())
        } else {
            refusal(world.verifier.fresh_factor(&world.session(guess), &code)).map(|_| ())
        };
        let refused = refused.unwrap_err();
        assert_eq!(matches!(refused, Refusal::Locked { .. }), guess == 19, "guess {guess}: {refused:?}");
    }
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::Wrong)), BUDGET);
    // Now neither is evaluated, not even with the right code.
    let right = phone.code(world.now());
    assert!(matches!(world.present(&right), Err(Refusal::Locked { .. })));
    let stepped_up = refusal(world.verifier.fresh_factor(&world.session(1), &right));
    assert!(matches!(stepped_up, Err(Refusal::Locked { .. })));
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::Locked)), 2);
}

#[test]
fn rfc4226_7_2_at_the_maximum_the_host_is_told_once() {
    let (world, phone, _) = World::enrolled();
    let code = phone.wrong_code(world.now());
    for _ in 0..3 * BUDGET {
        let _ = world.present(&code).unwrap_err();
    }
    let until = Some(START.saturating_add(days(3)));
    assert_eq!(world.events.count(|kind| *kind == EventKind::Locked { until }), 1);
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::Locked { .. })), 1);
    assert!(EventKind::Locked { until }.notify_owner());
    assert_eq!(world.verifier.status(&world.account).unwrap().retry_at, until);
}

#[test]
fn rfc4226_7_3_a_thousand_parallel_sessions_share_one_counter() {
    let (world, phone, _) = World::enrolled();
    let code = phone.wrong_code(world.now());
    let refused = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..125 {
                    // A refusal because of contention is fine: nothing was evaluated.
                    let Ok(login) = world.verifier.password_verified(world.password(), None) else {
                        continue;
                    };
                    let challenge = code_required(login);
                    assert!(world.verifier.present(&challenge, &code, Remember::No).is_err());
                    refused.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    assert!(refused.into_inner() > BUDGET);
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::Wrong)), BUDGET, "evaluated guesses");
}

#[test]
fn rfc6238_3_r4_the_period_is_stored_with_the_authenticator() {
    let store = Arc::new(JsonStore::default());
    let world = World::over(store.clone(), Policy::new("Example").unwrap());
    let (phone, _) = world.enroll();

    // The default of the service changes; an enrolled account keeps the parameters of its app.
    let params = TotpParams::new(Algorithm::Sha256, Digits::Eight, Period::from_secs(60).unwrap());
    let policy = Policy::builder("Example").totp(params).build().unwrap();
    let changed = World::over(store, policy);
    changed.clock.set(world.now());
    assert_eq!(changed.log_in(&phone).authenticated.method(), AuthMethod::Code);

    let begun = changed.verifier.begin_enrollment(changed.fresh(&phone), "alice").unwrap();
    let new = Phone::scan(&begun.uri);
    assert_eq!(new.code(changed.now()).len(), 8);
    let _ = changed.verifier.confirm_enrollment(&begun.token, &new.code(changed.now())).unwrap();
    changed.clock.advance(4 * STEP);
    assert_eq!(changed.log_in(&new).authenticated.method(), AuthMethod::Code);
}

#[test]
fn rfc6238_3_r5_every_enrollment_draws_its_own_secret() {
    let world = World::new();
    let keys: std::collections::BTreeSet<_> = (0..1_000)
        .map(|_| {
            let begun = world.begin();
            assert_eq!(begun.uri.secret().bits(), 160);
            begun.uri.secret().to_base32().expose().to_owned()
        })
        .collect();
    assert_eq!(keys.len(), 1_000);
}

#[test]
fn rfc6238_3_r6_without_random_numbers_every_call_fails() {
    let store = Arc::new(JsonStore::default());
    let world = World::over(store.clone(), Policy::new("Example").unwrap());
    let (phone, _) = world.enroll();
    let challenge = world.challenge();
    let before = store.written().len();
    let ring = KeyRing::new(1, SealingKey::new([7; 32]));
    let broken = BlockingVerifier::with_sources(
        store.clone(),
        Policy::new("Example").unwrap(),
        ring,
        world.clock.clone(),
        Mutex::new(BrokenRng),
    );
    let right = phone.code(world.now());
    assert!(matches!(broken.password_verified(world.password(), None), Err(Error::Entropy(_))));
    assert!(matches!(broken.present(&challenge, &right, Remember::No), Err(Error::Entropy(_))));
    assert!(matches!(broken.begin_enrollment(world.password(), "alice"), Err(Error::Entropy(_))));
    assert_eq!(store.written().len(), before);
}

#[test]
fn rfc6238_3_r7_no_plain_secret_is_stored_and_copied_rows_fail() {
    let store = Arc::new(JsonStore::default());
    let world = World::over(store.clone(), Policy::new("Example").unwrap());
    let begun = world.begin();
    let phone = Phone::scan(&begun.uri);
    let _ = world.verifier.confirm_enrollment(&begun.token, &phone.code(world.now())).unwrap();
    world.clock.advance(2 * STEP);
    let _ = world.remember(&phone);
    let secret = begun.uri.secret().expose();
    let in_hex = secret.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let in_decimal = secret.iter().map(u8::to_string).collect::<Vec<_>>().join(",");
    assert!(store.written().len() >= 2);
    for text in store.written() {
        assert!(!text.contains(&in_hex) && !text.contains(&in_decimal), "{text}");
        // The secret could be anywhere in what is written as base32.
        let decoded = text.split('"').filter_map(|piece| Secret::from_base32(piece).ok());
        let holds = |bytes: &[u8]| bytes.windows(8).any(|part| part == &secret[..8] || part == &secret[12..]);
        assert!(decoded.map(|bytes| holds(bytes.expose())).all(|found| !found), "{text}");
    }

    // A sealed secret that is copied to another account's row is a host error and lets nobody in.
    let text = store.text(&world.account).unwrap().replacen("\"alice\"", "\"mallory\"", 1);
    let mallory = World { account: second_factor::AccountId::new("mallory").unwrap(), ..world };
    store.put(&mallory.account, &text);
    let challenge = mallory.challenge();
    let error = mallory.verifier.present(&challenge, &phone.code(mallory.now()), Remember::No).unwrap_err();
    assert!(matches!(error, Error::Session(SessionError::Seal(SealError::Broken))), "{error:?}");
}

#[test]
fn rfc6238_5_2_an_accepted_code_is_refused_in_every_session() {
    let (world, phone, _) = World::enrolled();
    let (now, code) = (world.now(), phone.code(world.now()));
    let other = world.challenge();
    let challenge = world.challenge();
    let _ = world.verifier.present(&challenge, &code, Remember::No).unwrap();

    let again = |challenge| refusal(world.verifier.present(challenge, &code, Remember::No)).unwrap_err();
    assert_eq!(again(&challenge), Refusal::AlreadyDone, "the same session");
    assert_eq!(again(&other), Refusal::NotAccepted, "a session that was open at the time");
    assert_eq!(again(&world.challenge()), Refusal::NotAccepted, "a new session");
    let stepped_up = refusal(world.verifier.fresh_factor(&world.session(1), &code));
    assert_eq!(stepped_up.unwrap_err(), Refusal::NotAccepted, "a step-up");
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::Replayed)), 3);

    // After the code of step T + 1, the code of T is refused although it is still in the window.
    world.clock.advance(2 * STEP);
    let (earlier, later) = (phone.code(world.now()), phone.code(world.now().saturating_add(STEP)));
    assert!(world.present(&later).is_ok(), "the code of one step ahead was refused");
    assert_eq!(world.present(&earlier).unwrap_err(), Refusal::NotAccepted);
    // The clock goes back: the codes stay used.
    world.clock.set(now);
    assert_eq!(world.present(&code).unwrap_err(), Refusal::NotAccepted);
}

#[test]
fn rfc6238_5_2_of_two_sessions_at_once_one_gets_in() {
    for _ in 0..50 {
        let (world, phone, _) = World::enrolled();
        let code = phone.code(world.now());
        let challenges: Vec<_> = (0..4).map(|_| world.challenge()).collect();
        let let_in = AtomicUsize::new(0);
        thread::scope(|scope| {
            for challenge in challenges.iter().chain(&challenges) {
                scope.spawn(|| {
                    if world.verifier.present(challenge, &code, Remember::No).is_ok() {
                        let_in.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(let_in.into_inner(), 1);
        assert_eq!(world.events.count(|kind| matches!(kind, EventKind::LoggedIn { .. })), 1);
    }
}

#[test]
fn rfc6238_6_no_clock_drift_is_learned_from_any_code() {
    let (world, phone, _) = World::enrolled();
    // A phone two steps ahead is refused, however often it tries; one step ahead it is accepted.
    for _ in 0..3 {
        let ahead = phone.code(world.now().saturating_add(2 * STEP));
        assert_eq!(world.present(&ahead).unwrap_err(), Refusal::NotAccepted);
        world.clock.advance(STEP);
    }
    // A success does not move the window: after a login one step ahead, two steps ahead is still refused.
    world.clock.advance(2 * STEP);
    assert!(world.present(&phone.code(world.now().saturating_add(STEP))).is_ok());
    world.clock.advance(2 * STEP);
    let ahead = phone.code(world.now().saturating_add(2 * STEP));
    assert_eq!(world.present(&ahead).unwrap_err(), Refusal::NotAccepted);
}

#[test]
fn rfc8176_amr_is_right_for_every_login() {
    let (world, phone, codes) = World::enrolled();
    let device = world.remember(&phone);
    let since = UnixTime::from_secs(world.now().as_secs() - STEP.as_secs());

    let no_factor = World { account: second_factor::AccountId::new("bob").unwrap(), ..World::new() };
    let none = complete(no_factor.login());
    let presented = world.log_in(&phone);
    let remembered = complete(world.login_on(&device));
    let recovered = world.verifier.present(&world.challenge(), &codes[0], Remember::No).unwrap();

    let table: [(&second_factor::Accepted, AuthMethod, &[&str]); 4] = [
        (&none, AuthMethod::SingleFactor, &["pwd"]),
        (&presented, AuthMethod::Code, &["pwd", "otp", "mfa"]),
        (&remembered, AuthMethod::RememberedDevice { since }, &["pwd"]),
        (&recovered, AuthMethod::RecoveryCode, &["pwd", "mfa"]),
    ];
    for (accepted, how, amr) in table {
        assert_eq!(accepted.authenticated.method(), how);
        assert_eq!(accepted.authenticated.amr(), amr, "{how:?}");
        assert!(!accepted.authenticated.amr().contains(&"rba"), "no risk was assessed");
    }
}

#[test]
fn rfc4226_4_r6_importing_a_short_secret_needs_a_call_of_its_own() {
    use second_factor::enrollment::ImportedSecret;
    for length in 1..=Secret::MAX_LEN {
        let secret = Secret::new(&vec![0x5a; length]).unwrap();
        assert_eq!(ImportedSecret::new(secret.clone()).is_ok(), length >= 16, "{length}");
        assert_eq!(ImportedSecret::legacy(secret).is_ok(), length >= 10, "{length}");
    }
}
