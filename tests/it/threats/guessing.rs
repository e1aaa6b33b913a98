//! Guessing: threats A7 to A9, failures F1 to F3, F5, F6, F15, F31, F35.

use second_factor::otp::ClockOffset;
use std::collections::HashSet;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::Duration;

use second_factor::session::{EventKind, RefusedBecause, Remember, SealingKey};
use second_factor::verifier::Error;
use second_factor::{
    AuthMethod, BlockingStore, ChallengeToken, KeyRing, Policy, RecoveryCodes, Refusal, UnixTime, Verifier,
};

use super::budget::{
    BUDGET, evaluated, exhaust, guess_until_locked, is_wrong, retry_at, wrong, wrong_recovery_codes,
};
use crate::support::{
    AsyncWorld, DAY, Meeting, Remote, START, STEP, TestRng, World, at_once, code_required, complete, days,
    is_refused_because, refusal, texts,
};

#[test]
fn a07_five_wrong_codes_end_the_challenge_for_every_kind_of_factor() {
    let (world, phone, codes) = World::enrolled();
    let challenge = world.challenge();
    let now = world.now();
    world.events.take();
    let answers: Vec<_> =
        phone.wrong_codes(now).take(5).map(|code| wrong(&world, &challenge, &code)).collect();
    assert_eq!(answers[..4], [Refusal::NotAccepted; 4]);
    assert_eq!(answers[4], Refusal::ChallengeOver);
    assert!(world.events.take().contains(&EventKind::ChallengeExhausted));

    assert_eq!(wrong(&world, &challenge, &phone.code(now)), Refusal::ChallengeOver);
    let recovery = world.verifier.present(&challenge, &codes[0], Remember::No);
    assert_eq!(refusal(recovery).unwrap_err(), Refusal::ChallengeOver);
    let no_challenge = RefusedBecause::NoChallenge;
    assert_eq!(
        world.events.take(),
        [
            EventKind::CodeRefused { reason: no_challenge },
            EventKind::RecoveryCodeRefused { reason: no_challenge }
        ]
    );
    // Neither was used up: each is accepted in a challenge of its own.
    assert_eq!(world.log_in(&phone).authenticated.method(), AuthMethod::Code);
    let accepted = world.verifier.present(&world.challenge(), &codes[0], Remember::No).unwrap();
    assert_eq!(accepted.authenticated.method(), AuthMethod::RecoveryCode);
}

#[test]
fn a07_wrong_codes_of_both_kinds_count_together() {
    let (world, phone, codes) = World::enrolled();
    let challenge = world.challenge();
    let unknown = "MFRGG-ZDFMZ-TWQ2L-KNNWG-23TPOA";
    assert!(!codes.iter().any(|code| code == unknown));
    for code in phone.wrong_codes(world.now()).take(2) {
        assert_eq!(wrong(&world, &challenge, &code), Refusal::NotAccepted);
        let recovery = world.verifier.present(&challenge, unknown, Remember::No);
        assert_eq!(refusal(recovery).unwrap_err(), Refusal::NotAccepted);
    }
    let recovery = world.verifier.present(&challenge, unknown, Remember::No);
    assert_eq!(refusal(recovery).unwrap_err(), Refusal::ChallengeOver);
    assert_eq!(wrong(&world, &challenge, &phone.code(world.now())), Refusal::ChallengeOver);
}

#[test]
fn a08_new_challenges_give_no_new_budget() {
    let (world, phone, _) = World::enrolled();
    let mut guesses = phone.wrong_codes(world.now());
    let mut last = Refusal::NotAccepted;
    for _ in 0..5 {
        let challenge = world.challenge();
        for _ in 0..4 {
            last = wrong(&world, &challenge, &guesses.next().unwrap());
        }
    }
    let retry_at = retry_at(START, 0);
    assert_eq!(last, Refusal::Locked { retry_at });
    assert_eq!(evaluated(&world.events), BUDGET);
    assert_eq!(world.events.count(|kind| *kind == EventKind::Locked { until: retry_at }), 1);
    // The owner was told long before that somebody has the password.
    let alarms = world.events.count(|kind| matches!(kind, EventKind::PasswordSuspectedKnown { .. }));
    assert_eq!(alarms, 4);

    assert_eq!(world.present(&phone.code(world.now())).unwrap_err(), Refusal::Locked { retry_at });
    assert_eq!(world.present(&guesses.next().unwrap()).unwrap_err(), Refusal::Locked { retry_at });
    assert_eq!(evaluated(&world.events), BUDGET, "guesses were evaluated after the budget was spent");
}

#[test]
fn a08_a_challenge_from_before_a_lock_is_over_when_it_ends() {
    let (world, phone, _) = World::enrolled();
    let early = world.challenge();
    let session = world.session(1);
    let mut guesses = phone.wrong_codes(world.now());
    let challenges: Vec<_> = (0..4).map(|_| world.challenge()).collect();
    for challenge in &challenges {
        for _ in 0..5 {
            let _ = wrong(&world, challenge, &guesses.next().unwrap());
        }
    }
    let retry_at = retry_at(START, 0);
    let right = phone.code(world.now());
    assert_eq!(wrong(&world, &early, &right), Refusal::Locked { retry_at });
    assert_eq!(
        refusal(world.verifier.fresh_factor(&session, &right)).unwrap_err(),
        Refusal::Locked { retry_at }
    );
    // When the lock ends, the challenge has long expired.
    world.clock.set(retry_at.unwrap());
    let right = phone.code(world.now());
    assert_eq!(wrong(&world, &early, &right), Refusal::ChallengeOver);
    assert!(
        world.verifier.fresh_factor(&session, &right).is_ok(),
        "the right code was refused in the session"
    );
}

#[test]
fn a08_step_ups_in_a_stolen_session_use_the_same_budget() {
    let (world, phone, _) = World::enrolled();
    world.events.take();
    let mut guesses = phone.wrong_codes(world.now());
    for number in 0..5 {
        let session = world.session(number);
        for _ in 0..4 {
            let _ = refusal(world.verifier.fresh_factor(&session, &guesses.next().unwrap())).unwrap_err();
        }
    }
    let retry_at = retry_at(START, 0);
    let locked = Refusal::Locked { retry_at };
    assert_eq!(evaluated(&world.events), BUDGET);
    let right = phone.code(world.now());
    assert_eq!(refusal(world.verifier.fresh_factor(&world.session(1), &right)).unwrap_err(), locked);
    assert_eq!(world.present(&right).unwrap_err(), locked, "logins and step-ups have different budgets");
}

#[test]
fn a08_a_login_of_the_owner_does_not_refund_an_attackers_guesses() {
    let (world, phone, _) = World::enrolled();
    world.events.take();
    let mut guesses = phone.wrong_codes(world.now());
    for day in 0..5 {
        for _ in 0..4 {
            let _ = wrong(&world, &world.challenge(), &guesses.next().unwrap());
        }
        if day < 4 {
            let _ = world.log_in(&phone);
        }
    }
    assert_eq!(evaluated(&world.events), BUDGET);
    assert!(matches!(world.present(&phone.code(world.now())), Err(Refusal::Locked { .. })));
}

#[test]
fn a08_an_owner_who_mistypes_and_then_succeeds_is_not_charged() {
    let (world, phone, _) = World::enrolled();
    for _ in 0..10 {
        let challenge = world.challenge();
        for code in phone.wrong_codes(world.now()).take(4) {
            assert_eq!(wrong(&world, &challenge, &code), Refusal::NotAccepted);
        }
        let _ = world.verifier.present(&challenge, &phone.code(world.now()), Remember::No).unwrap();
        world.clock.advance(STEP);
    }
    assert_eq!(guess_until_locked(&world, &phone).0, BUDGET);
}

#[test]
fn a09_two_hundred_wrong_codes_at_once_in_one_challenge() {
    let (world, phone, _) = World::enrolled();
    let challenge = world.challenge();
    let guesses: Vec<_> = phone.wrong_codes(world.now()).take(200).collect();
    world.events.take();
    let answers = at_once(200, |number| wrong(&world, &challenge, &guesses[number]));
    assert_eq!(evaluated(&world.events), 5);
    assert_eq!(answers.iter().filter(|answer| **answer == Refusal::NotAccepted).count(), 4);
    assert_eq!(answers.iter().filter(|answer| **answer == Refusal::ChallengeOver).count(), 196);
    assert_eq!(world.events.count(|kind| *kind == EventKind::ChallengeExhausted), 1);
}

#[test]
fn a09_two_hundred_wrong_codes_at_once_against_a_budget_of_five() {
    let policy = Policy::builder("Example").guess_budget(5, days(30)).build().unwrap();
    let (world, phone, _) = World::enrolled_with(policy);
    let challenges: Vec<_> = (0..8).map(|_| world.challenge()).collect();
    let guesses: Vec<_> = phone.wrong_codes(world.now()).take(200).collect();
    world.events.take();
    let answers = at_once(200, |number| wrong(&world, &challenges[number % 8], &guesses[number]));
    assert_eq!(evaluated(&world.events), 5);
    let retry_at = Some(START.saturating_add(days(30)));
    // A client that shares a challenge with five guesses learns that it is over, all others that the account is locked.
    let over = answers.iter().filter(|answer| **answer == Refusal::ChallengeOver).count();
    let locked = answers.iter().filter(|answer| **answer == Refusal::Locked { retry_at }).count();
    let again = answers.iter().filter(|answer| **answer == Refusal::NotAccepted).count();
    assert_eq!((over + locked + again, again), (200, 4));
    assert!(over < 25 && locked >= 171, "{over} over, {locked} locked");
    assert_eq!(world.verifier.status(&world.account).unwrap().retry_at, retry_at);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a09_two_hundred_wrong_codes_at_once_on_the_async_front() {
    let (world, phone) = AsyncWorld::enrolled().await;
    let challenges = world.challenges(8).await;
    let tasks: Vec<_> = phone
        .wrong_codes(world.now())
        .take(200)
        .enumerate()
        .map(|(number, code)| {
            let (verifier, challenge) = (world.verifier.clone(), challenges[number % 8].clone());
            tokio::spawn(async move { verifier.present(&challenge, &code, Remember::No).await })
        })
        .collect();
    for task in tasks {
        let _ = refusal(task.await.unwrap()).unwrap_err();
    }
    assert_eq!(evaluated(&world.events), BUDGET);
}

fn suspected(kind: &EventKind) -> bool {
    matches!(kind, EventKind::PasswordSuspectedKnown { .. })
}

#[test]
fn f01_authquake_parallel_sessions_share_one_budget() {
    const SESSIONS: usize = 40;
    let (world, phone, _) = World::enrolled();
    let guesses: Vec<String> = phone.wrong_codes(world.now()).take(SESSIONS * 10).collect();
    let start = Barrier::new(SESSIONS);
    thread::scope(|scope| {
        for mine in guesses.chunks(10) {
            let (world, start) = (&world, &start);
            scope.spawn(move || {
                start.wait();
                let Ok(login) = world.verifier.password_verified(world.password(), None) else { return };
                let challenge = code_required(login);
                for guess in mine {
                    let answer = world.verifier.present(&challenge, guess, Remember::No);
                    assert!(
                        matches!(answer, Err(Error::Refused(_) | Error::Contention)),
                        "a wrong code was not refused"
                    );
                }
            });
        }
    });
    assert!(world.events.count(is_wrong) <= BUDGET, "{} guesses", world.events.count(is_wrong));

    // Only the guesses that the storm left over are evaluated.
    if world.verifier.status(&world.account).unwrap().retry_at.is_none() {
        exhaust(&world, phone.wrong_codes(world.now()));
    }
    assert_eq!(world.events.count(is_wrong), BUDGET);
    let retry_at = retry_at(START, 0);
    assert_eq!(world.events.count(|kind| *kind == EventKind::Locked { until: retry_at }), 1);
    let alarms: HashSet<u32> = world
        .events
        .all()
        .iter()
        .filter_map(|event| match event.kind {
            EventKind::PasswordSuspectedKnown { guesses } => Some(guesses),
            _ => None,
        })
        .collect();
    assert_eq!(alarms, HashSet::from([5, 10, 15, 20]), "not one alarm at each fifth guess");
    assert_eq!(world.present(&phone.code(world.now())).unwrap_err(), Refusal::Locked { retry_at });
}

#[test]
fn f01_a_code_older_than_one_step_is_refused() {
    let (world, phone, _) = World::enrolled();
    let code = phone.code(world.now());
    world.clock.advance(2 * STEP);
    assert_eq!(world.present(&code).unwrap_err(), Refusal::NotAccepted);
    let late = RefusedBecause::ClockOff(ClockOffset::from_secs(-60));
    assert_eq!(world.events.count(is_refused_because(late)), 1, "too old");
    world.clock.back(STEP);
    assert!(world.present(&code).is_ok(), "a code that is one step old was refused");
}

#[test]
fn f02_a_pending_login_is_over_after_the_fifth_wrong_code() {
    let (world, phone, _) = World::enrolled();
    let challenge = world.challenge();
    let mut answers = Vec::new();
    for guess in phone.wrong_codes(world.now()).take(150) {
        answers.push(refusal(world.verifier.present(&challenge, &guess, Remember::No)).unwrap_err());
    }
    assert_eq!(answers[..4], [Refusal::NotAccepted; 4]);
    assert_eq!(answers[4..], [Refusal::ChallengeOver; 146]);
    assert_eq!(world.events.count(is_wrong), 5);
    assert_eq!(world.events.count(|kind| *kind == EventKind::ChallengeExhausted), 1);

    let right = world.verifier.present(&challenge, &phone.code(world.now()), Remember::No);
    assert_eq!(refusal(right).unwrap_err(), Refusal::ChallengeOver);
    assert!(world.present(&phone.code(world.now())).is_ok(), "the right code was refused in a new login");
}

#[test]
fn f03_another_password_step_does_not_reset_the_counter() {
    let (world, phone, _) = World::enrolled();
    let mut guesses = phone.wrong_codes(world.now());
    // Four guesses and then the password again, so that no challenge is ever exhausted.
    for _ in 0..BUDGET / 4 {
        let challenge = world.challenge();
        for guess in guesses.by_ref().take(4) {
            assert!(refusal(world.verifier.present(&challenge, &guess, Remember::No)).is_err());
        }
        let _ = world.challenge();
    }
    assert_eq!(world.events.count(|kind| *kind == EventKind::PasswordSuspectedKnown { guesses: 5 }), 1);
    assert_eq!(world.events.count(is_wrong), BUDGET);
    let retry_at = retry_at(START, 0);
    assert_eq!(world.present(&phone.code(world.now())).unwrap_err(), Refusal::Locked { retry_at });
}

#[test]
fn f03_a_login_by_remembered_device_does_not_reset_the_counter() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    let challenge = world.challenge();
    let mut guesses = phone.wrong_codes(world.now());
    for guess in guesses.by_ref().take(4) {
        assert!(refusal(world.verifier.present(&challenge, &guess, Remember::No)).is_err());
    }
    let _ = complete(world.login_on(&device));
    assert_eq!(exhaust(&world, guesses), BUDGET - 4);
}

#[test]
fn f05_five_thousand_concurrent_guesses_share_one_budget() {
    const THREADS: usize = 50;
    let world = World::over(Arc::new(Meeting::default()), Policy::new("Example").unwrap());
    let (phone, _) = world.enroll();
    let guesses: Vec<String> = phone.wrong_codes(world.now()).take(5_000).collect();
    let challenges: Vec<ChallengeToken> = (0..8).map(|_| world.challenge()).collect();
    world.verifier.store().of(THREADS);
    thread::scope(|scope| {
        for (thread, mine) in guesses.chunks(guesses.len() / THREADS).enumerate() {
            let (world, challenge) = (&world, &challenges[thread % challenges.len()]);
            scope.spawn(move || {
                for guess in mine {
                    let answer = world.verifier.present(challenge, guess, Remember::No);
                    assert!(matches!(answer, Err(Error::Refused(_) | Error::Contention)));
                }
            });
        }
    });
    assert_eq!(
        world.events.count(is_wrong),
        BUDGET,
        "eight challenges of five guesses are enough to spend it"
    );
    assert_eq!(world.verifier.status(&world.account).unwrap().retry_at, retry_at(START, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn f05_a_thousand_tasks_over_a_slow_store_share_one_budget() {
    let (world, phone, _) = World::enrolled();
    let challenges: Vec<ChallengeToken> = (0..8).map(|_| world.challenge()).collect();
    let verifier = Arc::new(
        Verifier::with_sources(
            Remote(world.verifier.store().clone()),
            Policy::new("Example").unwrap(),
            KeyRing::new(1, SealingKey::new([7; 32])),
            world.clock.clone(),
            Mutex::new(TestRng(2)),
        )
        .with_events(world.events.clone()),
    );
    let tasks: Vec<_> = phone
        .wrong_codes(world.now())
        .take(1_000)
        .zip(challenges.iter().cycle().cloned())
        .map(|(guess, challenge)| {
            let verifier = verifier.clone();
            tokio::spawn(async move { verifier.present(&challenge, &guess, Remember::No).await })
        })
        .collect();
    for task in tasks {
        assert!(matches!(task.await.unwrap(), Err(Error::Refused(_) | Error::Contention)));
    }
    assert!(world.events.count(is_wrong) <= BUDGET, "{} guesses", world.events.count(is_wrong));
    if world.verifier.status(&world.account).unwrap().retry_at.is_none() {
        exhaust(&world, phone.wrong_codes(world.now()));
    }
    assert_eq!(world.events.count(is_wrong), BUDGET);
}

#[test]
fn f06_login_step_up_and_recovery_code_share_one_budget() {
    let (world, phone, _) = World::enrolled();
    let mut codes = phone.wrong_codes(world.now());
    let mut recovery = wrong_recovery_codes();
    for number in 0..5 {
        let (login, session) = (world.challenge(), world.session(number));
        let verifier = &world.verifier;
        let refusals = [
            refusal(verifier.present(&login, &codes.next().unwrap(), Remember::No)).err(),
            refusal(verifier.fresh_factor(&session, &codes.next().unwrap())).err(),
            refusal(verifier.present(&login, &recovery.next().unwrap(), Remember::No)).err(),
            refusal(verifier.fresh_factor(&session, &recovery.next().unwrap())).err(),
        ];
        assert!(refusals.iter().all(Option::is_some), "{refusals:?}");
    }
    assert_eq!(world.events.count(is_wrong), BUDGET);
    let retry_at = retry_at(START, 0);
    let right = phone.code(world.now());
    assert_eq!(world.present(&right).unwrap_err(), Refusal::Locked { retry_at });
    let stepped_up = world.verifier.fresh_factor(&world.session(1), &right);
    assert_eq!(refusal(stepped_up).unwrap_err(), Refusal::Locked { retry_at });
}

#[test]
fn f15_wrong_recovery_codes_count_across_challenges_like_wrong_codes() {
    let (world, phone, recovery_codes) = World::enrolled();
    let mut guesses = wrong_recovery_codes();
    for _ in 0..BUDGET / 4 {
        let challenge = world.challenge();
        for guess in guesses.by_ref().take(4) {
            let refused = refusal(world.verifier.present(&challenge, &guess, Remember::No)).unwrap_err();
            assert_eq!(refused, Refusal::NotAccepted);
        }
    }
    assert_eq!(world.events.count(is_wrong), BUDGET);
    let retry_at = retry_at(START, 0);
    assert_eq!(world.events.count(|kind| *kind == EventKind::Locked { until: retry_at }), 1);
    assert_eq!(world.events.count(|kind| *kind == EventKind::PasswordSuspectedKnown { guesses: 5 }), 1);
    assert_eq!(world.present(&phone.code(world.now())).unwrap_err(), Refusal::Locked { retry_at });

    // Nothing was gained: 128 bits cannot be guessed, and the owner's code still works.
    let accepted = world.verifier.present(&world.challenge(), &recovery_codes[0], Remember::No).unwrap();
    assert_eq!(accepted.authenticated.method(), AuthMethod::RecoveryCode);
}

#[test]
fn f15_a_recovery_code_has_at_least_64_bits() {
    assert_eq!(second_factor::RecoveryCode::LEN * 8, 128);
    let mut seen = HashSet::new();
    for seed in 0..50 {
        let codes = RecoveryCodes::generate(&mut TestRng(seed)).unwrap();
        for text in texts(&codes) {
            assert_eq!(text.bytes().filter(|byte| *byte != b'-').count(), 26);
            assert!(seen.insert(text), "a code occurred twice");
        }
    }
}

#[test]
fn f15_recovery_codes_mistyped_during_a_lock_refund_nothing() {
    let (world, phone, recovery_codes) = World::enrolled();
    let mut guesses = phone.wrong_codes(world.now());
    assert_eq!(exhaust(&world, guesses.by_ref()), BUDGET);
    let mut mistyped = wrong_recovery_codes();
    for right in recovery_codes.iter().take(5) {
        let challenge = world.challenge();
        for wrong in mistyped.by_ref().take(4) {
            assert!(refusal(world.verifier.present(&challenge, &wrong, Remember::No)).is_err());
        }
        assert!(world.verifier.present(&challenge, right, Remember::No).is_ok());
    }
    // The budget was spent before, and not by the owner.
    let retry_at = retry_at(START, 0);
    assert_eq!(world.present(&guesses.next().unwrap()).unwrap_err(), Refusal::Locked { retry_at });
}

/// During a lock recovery codes are checked without a write; otherwise a thief could cause any number of writes.
#[test]
fn f15_recovery_codes_mistyped_during_a_lock_write_nothing() {
    let (world, phone, recovery_codes) = World::enrolled();
    assert_eq!(exhaust(&world, phone.wrong_codes(world.now())), BUDGET);
    let before = world.verifier.store().load(&world.account).unwrap();
    let challenge = world.challenge();
    for wrong in wrong_recovery_codes().take(150) {
        let refused = refusal(world.verifier.present(&challenge, &wrong, Remember::No)).unwrap_err();
        assert_eq!(refused, Refusal::NotAccepted);
    }
    assert_eq!(world.verifier.store().load(&world.account).unwrap(), before);
    // The lock does not delay the owner's own recovery code.
    assert!(world.verifier.present(&challenge, &recovery_codes[0], Remember::No).is_ok());
}

#[test]
fn f31_a_patient_attacker_and_a_daily_owner_share_one_budget() {
    let (world, phone, _) = World::enrolled();
    let mut in_a_row = 0;
    let mut first_alarm = None;
    for day in 0..365 {
        let morning = START.saturating_add(days(day + 1));
        world.clock.set(morning);
        // The owner gets in each day, with codes in a row if a single one is refused.
        if let Err(refused) = world.present(&phone.code(morning)) {
            assert!(matches!(refused, Refusal::Locked { .. }), "{refused:?}");
            let accepted = world.present(&phone.codes_in_a_row(morning)).unwrap();
            assert_eq!(accepted.authenticated.method(), AuthMethod::CodesInARow);
            in_a_row += 1;
        }
        world.clock.set(morning.saturating_add(DAY / 24 * 11));
        let challenge = world.challenge();
        for guess in phone.wrong_codes(world.now()).take(4) {
            assert!(refusal(world.verifier.present(&challenge, &guess, Remember::No)).is_err());
            if first_alarm.is_none() && world.events.count(suspected) > 0 {
                first_alarm = Some((day, world.events.count(is_wrong)));
            }
        }
    }
    let guesses = world.events.count(is_wrong);
    assert!(guesses <= BUDGET + 365 / 3 + 1, "{guesses} guesses in a year");
    assert!(guesses > BUDGET + 100, "the attacker made only {guesses} guesses");
    assert!(guesses as u64 <= world.verifier.policy().guess_odds(days(365)).guesses());
    assert!(in_a_row > 200, "the attacker locked the account on only {in_a_row} days");
    assert_eq!(first_alarm, Some((1, 5)), "not an alarm at the fifth guess, on the second day");
    assert_eq!(world.events.count(suspected), guesses / 5, "a success has reset the counter of the alarm");
}

#[test]
fn f35_a_thousand_addresses_share_one_budget() {
    let (world, phone, _) = World::enrolled();
    let guesses: Vec<String> = phone.wrong_codes(world.now()).take(5_000).collect();
    for from_one_address in guesses.chunks(5) {
        let challenge = world.challenge();
        for guess in from_one_address {
            assert!(refusal(world.verifier.present(&challenge, guess, Remember::No)).is_err());
        }
    }
    assert_eq!(world.events.count(is_wrong), BUDGET);
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::Locked)), 5_000 - BUDGET);
}

/// Only the owner's own guess is refunded, and the wait for the next one does not change.
#[test]
fn f31_an_owner_who_mistypes_first_gives_no_extra_guess() {
    let (world, phone, _) = World::enrolled();
    let wrong = phone.wrong_code(world.now());
    let guess = |challenge: &ChallengeToken| -> Refusal {
        refusal(world.verifier.present(challenge, &wrong, Remember::No)).unwrap_err()
    };
    let owners = world.challenge();
    assert_eq!(guess(&owners), Refusal::NotAccepted);

    world.clock.advance(Duration::from_secs(9 * 60));
    let first = world.now();
    for _ in 0..6 {
        let challenge = world.challenge();
        for _ in 0..3 {
            assert_eq!(guess(&challenge), Refusal::NotAccepted);
        }
    }
    assert!(world.verifier.present(&owners, &phone.code(world.now()), Remember::No).is_ok());
    let challenge = world.challenge();
    assert_eq!(guess(&challenge), Refusal::NotAccepted);
    assert_eq!(guess(&challenge), Refusal::Locked { retry_at: retry_at(START, 0) });

    // The attacker's twenty-first guess comes exactly three days after the last code that left nothing charged.
    world.clock.set(UnixTime::from_secs(START.saturating_add(days(3)).as_secs() - 1));
    assert_eq!(guess(&world.challenge()), Refusal::Locked { retry_at: retry_at(START, 0) });
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(guess(&world.challenge()), Refusal::Locked { retry_at: retry_at(START, 1) });
    assert_eq!(world.events.count(is_wrong), 22, "not 21 guesses of the attacker and one of the owner");
    let span = world.now().checked_since(first).unwrap();
    assert!(span < days(3));
    assert!(world.verifier.policy().guess_odds(span).guesses() >= 21);
}
