//! Threats A1 to A6: a code that was accepted once.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

mod common;
#[path = "common/crowd.rs"]
mod crowd;

use std::sync::{Arc, Mutex};

use common::{
    EventLog, Phone, START, STEP, TestClock, TestRng, World, code_required, days, is_refused_because, refusal,
};
use crowd::{Interleaved, JsonRow, at_once};
use second_factor::enrollment::ImportedSecret;
use second_factor::session::{AdministratorReset, EventKind, Import, RefusedBecause, Remember, SealingKey};
use second_factor::verifier::Clock;
use second_factor::{
    AccountId, BlockingStore, How, KeyRing, Login, PasswordVerified, Policy, Refusal, Secret, Totp,
    TotpParams, UnixTime, Verifier,
};

/// What the claimant and the log learn of a refused code in a fresh challenge.
fn answer(world: &World, code: &str) -> (Refusal, Vec<EventKind>) {
    let challenge = world.challenge();
    world.events.take();
    let answer = refusal(world.verifier.present_code(&challenge, code, Remember::No)).unwrap_err();
    (answer, world.events.take())
}

const REPLAYED: EventKind = EventKind::CodeRefused { reason: RefusedBecause::Replayed };
const WRONG: EventKind = EventKind::CodeRefused { reason: RefusedBecause::Wrong };

#[test]
fn a01a_same_code_in_a_second_challenge_of_the_same_step() {
    let (world, phone, _) = World::enrolled();
    let code = phone.code(world.now());
    assert_eq!(world.present(&code).unwrap().authenticated.how(), How::Presented);

    assert_eq!(answer(&world, &code), (Refusal::NotAccepted, vec![REPLAYED]));
    // The claimant is not told that it was right.
    let wrong = phone.wrong_code(world.now());
    assert_eq!(answer(&world, &wrong), (Refusal::NotAccepted, vec![WRONG]));
}

#[test]
fn a01b_same_code_in_the_next_step_still_inside_the_window() {
    let (world, phone, _) = World::enrolled();
    let code = phone.code(world.now());
    let _ = world.present(&code).unwrap();

    world.clock.advance(STEP);
    assert_eq!(answer(&world, &code), (Refusal::NotAccepted, vec![REPLAYED]));
    // Had it not been used, it would have been inside the window: the code of the step before is.
    let (unused, other, _) = World::enrolled();
    let late = other.code(unused.now());
    unused.clock.advance(STEP);
    assert_eq!(unused.present(&late).unwrap().authenticated.how(), How::Presented);
}

#[test]
fn a02_older_code_after_a_newer_one() {
    let (world, phone, _) = World::enrolled();
    let now = world.now();
    let early = phone.code(now.saturating_add(STEP));
    assert_eq!(world.present(&early).unwrap().authenticated.how(), How::Presented);

    // Never used, right, inside the window: and older than what was accepted.
    assert_eq!(answer(&world, &phone.code(now)), (Refusal::NotAccepted, vec![REPLAYED]));
    world.clock.advance(STEP);
    assert_eq!(answer(&world, &early), (Refusal::NotAccepted, vec![REPLAYED]));
    let next = phone.code(now.saturating_add(2 * STEP));
    assert_eq!(world.present(&next).unwrap().authenticated.how(), How::Presented);
}

/// 50 threads with one code. At most 8 challenges are open at once (one more ends the oldest), so some
/// threads share theirs.
fn one_of_fifty<S: BlockingStore>(world: &World<S>, phone: &Phone)
where
    S::Error: core::fmt::Debug,
{
    let challenges: Vec<_> = (0..8).map(|_| world.challenge()).collect();
    let code = phone.code(world.now());
    world.events.take();
    let answers = at_once(50, |number| {
        refusal(world.verifier.present_code(&challenges[number % 8], &code, Remember::No))
    });
    let accepted: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().ok()).collect();
    assert_eq!(accepted.len(), 1, "{answers:?}");
    assert_eq!(accepted[0].authenticated.how(), How::Presented);
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::LoggedIn { .. })), 1);
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::Wrong)), 0);
    let replayed = world.events.count(is_refused_because(RefusedBecause::Replayed));
    let (over, locked) = (RefusedBecause::NoChallenge, RefusedBecause::Locked);
    let others =
        world.events.count(is_refused_because(over)) + world.events.count(is_refused_because(locked));
    assert!(replayed >= 1);
    assert_eq!(replayed + others, 49);
}

#[test]
fn a03_same_code_from_fifty_threads_on_the_memory_store() {
    let (world, phone, _) = World::enrolled();
    one_of_fifty(&world, &phone);
}

#[test]
fn a03_same_code_from_fifty_threads_on_a_host_store() {
    let world = World::over(JsonRow::default(), Policy::new("Example").unwrap());
    let (phone, _) = world.enroll();
    one_of_fifty(&world, &phone);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a03_same_code_from_fifty_tasks_on_the_async_front() {
    let (clock, events) = (TestClock::at(START), Arc::new(EventLog::default()));
    let verifier = Verifier::with_sources(
        Interleaved::default(),
        Policy::new("Example").unwrap(),
        KeyRing::new(1, SealingKey::new([7; 32])),
        clock.clone(),
        Mutex::new(TestRng(1)),
    );
    let verifier = Arc::new(verifier.with_events(events.clone()));
    let account = AccountId::new("alice").unwrap();
    let password = || PasswordVerified::by_host(account.clone());
    let begun = verifier.begin_enrollment(password(), "alice").await.unwrap();
    let phone = Phone::scan(&begun.uri);
    let _ = verifier.confirm_enrollment(&begun.token, &phone.code(clock.now())).await.unwrap();
    clock.advance(STEP);
    let code = phone.code(clock.now());
    let mut challenges = Vec::new();
    for _ in 0..8 {
        challenges.push(code_required(verifier.password_verified(password(), None).await.unwrap()));
    }
    let tasks: Vec<_> = (0..50)
        .map(|number| {
            let (verifier, challenge, code) =
                (verifier.clone(), challenges[number % 8].clone(), code.clone());
            tokio::spawn(async move { verifier.present_code(&challenge, &code, Remember::No).await })
        })
        .collect();
    let mut accepted = 0;
    for task in tasks {
        accepted += usize::from(refusal(task.await.unwrap()).is_ok());
    }
    assert_eq!(accepted, 1);
    assert_eq!(events.count(|kind| matches!(kind, EventKind::LoggedIn { how: How::Presented })), 1);
}

/// Presents a code that is used up at every door that takes one.
fn refused_at_every_door(world: &World, used: &str) {
    assert_eq!(answer(world, used), (Refusal::NotAccepted, vec![REPLAYED]), "login");

    // Disabling, new recovery codes and enrolling anew take a fresh factor, and this is where one is made.
    let step_up = world.step_up_token();
    world.events.take();
    assert_eq!(refusal(world.verifier.step_up(&step_up, used)).unwrap_err(), Refusal::NotAccepted, "step-up");
    assert_eq!(world.events.take(), [REPLAYED]);

    // A code is no recovery code.
    let recovery = world.verifier.present_recovery_code(&world.challenge(), used);
    assert_eq!(refusal(recovery).unwrap_err(), Refusal::Malformed);
}

#[test]
fn a04a_the_code_that_confirmed_the_enrollment_at_every_other_door() {
    let world = World::new();
    let begun = world.begin();
    let phone = Phone::scan(&begun.uri);
    let code = phone.code(world.now());
    let _ = world.verifier.confirm_enrollment(&begun.token, &code).unwrap();
    refused_at_every_door(&world, &code);
    let again = world.verifier.confirm_enrollment(&begun.token, &code);
    assert_eq!(refusal(again).unwrap_err(), Refusal::EnrollmentOver);
    world.clock.advance(STEP);
    refused_at_every_door(&world, &code);
}

#[test]
fn a04b_the_code_of_a_login_at_every_other_door() {
    let (world, phone, _) = World::enrolled();
    let code = phone.code(world.now());
    let _ = world.present(&code).unwrap();
    refused_at_every_door(&world, &code);
}

#[test]
fn a04b_the_code_of_a_login_where_a_new_enrollment_is_confirmed() {
    let (world, phone, _) = World::enrolled();
    let fresh = world.fresh(&phone);
    let begun = world.verifier.begin_enrollment(fresh, "alice").unwrap();
    let code = phone.code(world.now());
    let _ = world.present(&code).unwrap();
    // It is a code of the old secret, and the new one is asked for.
    let refused = world.verifier.confirm_enrollment(&begun.token, &code);
    assert_eq!(refusal(refused).unwrap_err(), Refusal::NotAccepted);
    assert_eq!(world.events.count(|kind| *kind == EventKind::EnrollmentRefused), 1);
}

#[test]
fn a04b_the_code_of_a_step_up_at_every_other_door() {
    let (world, phone, _) = World::enrolled();
    let code = phone.code(world.now());
    let fresh = world.verifier.step_up(&world.step_up_token(), &code).unwrap();
    assert_eq!(fresh.how(), How::Presented);
    refused_at_every_door(&world, &code);
}

#[test]
fn a05_two_accounts_whose_codes_are_the_same() {
    let world = World::new();
    let secret = Secret::new(&[0x5a; 20]).unwrap();
    let code = Totp::new(&secret, TotpParams::default()).generate(world.now()).expose().to_owned();
    for name in ["alice", "bob"] {
        let account = AccountId::new(name).unwrap();
        let secret = ImportedSecret::new(secret.clone()).unwrap();
        let import = Import::by_host(account, secret, TotpParams::default());
        let _ = world.verifier.import(import).unwrap();
    }
    for name in ["alice", "bob"] {
        let account = AccountId::new(name).unwrap();
        let login =
            world.verifier.password_verified(PasswordVerified::by_host(account.clone()), None).unwrap();
        let accepted = world.verifier.present_code(&code_required(login), &code, Remember::No).unwrap();
        assert_eq!(
            (accepted.authenticated.account(), accepted.authenticated.how()),
            (&account, How::Presented)
        );
    }
    assert_eq!(answer(&world, &code), (Refusal::NotAccepted, vec![REPLAYED]));
}

#[test]
fn a06a_the_clock_goes_back_ten_steps() {
    let (world, phone, _) = World::enrolled();
    world.clock.advance(20 * STEP);
    let _ = world.present(&phone.code(world.now())).unwrap();

    world.clock.back(10 * STEP);
    for step in 0..3 {
        let code = phone.code(UnixTime::from_secs(world.now().as_secs() - 30 + 30 * step));
        assert_eq!(answer(&world, &code), (Refusal::NotAccepted, vec![REPLAYED]), "step {step}");
    }
}

/// A login under a clock that was a year ahead, and the clock right again: no code of this year is accepted.
fn a_year_ahead() -> (World, Phone, Vec<String>) {
    let (world, phone, codes) = World::enrolled();
    let right = world.now();
    world.clock.set(right.saturating_add(days(365)));
    let _ = world.present(&phone.code(world.now())).unwrap();
    world.clock.set(right.saturating_add(10 * STEP));
    assert_eq!(answer(&world, &phone.code(world.now())), (Refusal::NotAccepted, vec![REPLAYED]));
    (world, phone, codes)
}

#[test]
fn a06b_the_clock_was_a_year_ahead_and_a_recovery_code_is_the_way_out() {
    let (world, _, codes) = a_year_ahead();
    let accepted = world.verifier.present_recovery_code(&world.challenge(), &codes[0]).unwrap();
    assert_eq!(accepted.authenticated.how(), How::RecoveryCode);

    let fresh = world.verifier.step_up_with_recovery_code(&world.step_up_token(), &codes[1]).unwrap();
    let begun = world.verifier.begin_enrollment(fresh, "alice").unwrap();
    let phone = Phone::scan(&begun.uri);
    let _ = world.verifier.confirm_enrollment(&begun.token, &phone.code(world.now())).unwrap();
    world.clock.advance(STEP);
    assert_eq!(world.log_in(&phone).authenticated.how(), How::Presented);
}

#[test]
fn a06b_the_clock_was_a_year_ahead_and_an_administrator_is_the_way_out() {
    let (world, _, _) = a_year_ahead();
    let administrator = AccountId::new("root").unwrap();
    let reset = AdministratorReset::by_host(world.account.clone(), &administrator).unwrap();
    let _ = world.verifier.administrator_reset(reset).unwrap();
    assert!(matches!(world.login(), Login::Complete(_)));
    let (phone, _) = world.enroll();
    assert_eq!(world.log_in(&phone).authenticated.how(), How::Presented);
}

#[test]
fn a06b_what_a_clock_a_year_ahead_left_behind_locks_nobody_out_for_a_year() {
    let (world, phone, _) = World::enrolled();
    let right = world.now();
    world.clock.set(right.saturating_add(days(365)));
    let device = world.remember(&phone);
    let challenge = world.challenge();
    for wrong in phone.wrong_codes(world.now()).take(4) {
        let _ = refusal(world.verifier.present_code(&challenge, &wrong, Remember::No)).unwrap_err();
    }
    world.clock.set(right);
    // A device remembered in the future is not remembered, and its challenge not open.
    let _ = code_required(world.login_on(&device));
    let late = world.verifier.present_code(&challenge, &phone.code(right), Remember::No);
    assert_eq!(refusal(late).unwrap_err(), Refusal::ChallengeOver);
    // The budget's wait starts anew at the clock that is right: one guess after three days, not after a year.
    let wrong = phone.wrong_code(right);
    let until = loop {
        if let Err(Refusal::Locked { retry_at }) = world.present(&wrong) {
            break retry_at;
        }
    };
    assert_eq!(until, right.saturating_add(days(3)));
}
