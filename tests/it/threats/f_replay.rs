//! Failures of real deployments: codes that are accepted twice. F7 to F14.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

mod common;

use std::sync::{Arc, Mutex};
use std::thread;

use common::{Meeting, Phone, STEP, TestRng, World, is_refused_because, refusal};
use second_factor::session::{EventKind, RefusedBecause, Remember, SealingKey};
use second_factor::store::{BlockingStore, Expected, MemoryStoreError, Swap, Versioned};
use second_factor::verifier::Error;
use second_factor::{
    AccountId, AccountRecord, ChallengeToken, KeyRing, MemoryStore, Policy, Refusal, Store, Verifier,
};

fn replayed(world: &World) -> usize {
    world.events.count(is_refused_because(RefusedBecause::Replayed))
}

fn logged_in<S: BlockingStore>(world: &World<S>) -> usize {
    world.events.count(|kind| matches!(kind, EventKind::LoggedIn { .. }))
}

/// A world in whose store a crowd can meet.
fn with_meetings() -> (World<Arc<Meeting>>, Phone, Vec<String>) {
    let world = World::over(Arc::new(Meeting::default()), Policy::new("Example").unwrap());
    let (phone, codes) = world.enroll();
    (world, phone, codes)
}

/// What is not a success must be a refusal, or the honest answer that there was too much going on.
#[track_caller]
fn is_success<T: core::fmt::Debug, E: core::fmt::Debug>(outcome: &Result<T, Error<E>>) -> bool {
    assert!(
        matches!(
            outcome,
            Ok(_)
                | Err(Error::Refused(Refusal::NotAccepted | Refusal::ChallengeOver | Refusal::Locked { .. })
                    | Error::Contention)
        ),
        "{outcome:?}"
    );
    outcome.is_ok()
}

#[test]
fn f07_an_accepted_code_is_refused_in_every_other_session() {
    let (world, phone, _) = World::enrolled();
    let code = phone.code(world.now());
    let others = [world.challenge(), world.challenge()];
    let step_up = world.step_up_token();
    assert!(world.present(&code).is_ok());

    let wrong = world.present(&phone.wrong_code(world.now())).unwrap_err();
    let again = world.verifier.present_code(&others[0], &code, Remember::No);
    assert_eq!(refusal(again).unwrap_err(), wrong, "the claimant is not told that it was right");
    assert_eq!(refusal(world.verifier.step_up(&step_up, &code)).unwrap_err(), Refusal::NotAccepted);
    assert_eq!(replayed(&world), 2);

    // One step on it is still inside the window.
    world.clock.advance(STEP);
    let again = world.verifier.present_code(&others[1], &code, Remember::No);
    assert_eq!(refusal(again).unwrap_err(), Refusal::NotAccepted);
    assert_eq!(replayed(&world), 3);
    assert_eq!(logged_in(&world), 1);
}

#[test]
fn f08_no_other_spelling_of_an_accepted_code_is_another_code() {
    let (world, phone, _) = World::enrolled();
    // Two steps apart, so that the code before was accepted and this one is fresh; the zero in front is the
    // point.
    while !phone.code(world.now()).starts_with('0') {
        world.clock.advance(STEP);
    }
    let code = phone.code(world.now());
    assert!(world.present(&code).is_ok());
    let (front, back) = code.split_at(3);
    let same = [
        format!(" {code}"),
        format!("{code} "),
        format!("{code}\n"),
        format!("\u{3000}{code}\u{a0}"),
        format!("{front} {back}"),
        format!("{front}-{back}"),
    ];
    for (count, spelling) in same.iter().enumerate() {
        let refused = world.present(spelling).unwrap_err();
        assert_eq!(refused, Refusal::NotAccepted, "{spelling:?}");
        assert_eq!(replayed(&world), count + 1, "{spelling:?} is the code that was used");
    }
    let full_width: String =
        code.chars().map(|c| char::from_u32(u32::from(c) - 0x30 + 0xff10).unwrap()).collect();
    let arabic: String = code.chars().map(|c| char::from_u32(u32::from(c) - 0x30 + 0x660).unwrap()).collect();
    for spelling in [
        full_width,
        arabic,
        format!("0{code}"),
        format!("{code}0"),
        code.trim_start_matches('0').to_owned(),
        format!("+{code}"),
        format!("{front}_{back}"),
        format!("{front}  {back}"),
        format!("{code}\0"),
        format!("{code}.0"),
    ] {
        assert_eq!(world.present(&spelling).unwrap_err(), Refusal::Malformed, "{spelling:?}");
    }
    assert_eq!(logged_in(&world), 1);
}

#[test]
fn f09_one_fresh_code_in_eight_parallel_posts_logs_in_once() {
    let (world, phone, _) = with_meetings();
    for _ in 0..20 {
        world.events.take();
        let code = phone.code(world.now());
        let challenges: Vec<ChallengeToken> = (0..8).map(|_| world.challenge()).collect();
        world.verifier.store().of(challenges.len());
        let successes = thread::scope(|scope| {
            let posts: Vec<_> = challenges
                .iter()
                .map(|challenge| {
                    let (world, code) = (&world, &code);
                    scope.spawn(move || {
                        is_success(&world.verifier.present_code(challenge, code, Remember::No))
                    })
                })
                .collect();
            posts.into_iter().map(|post| post.join().unwrap()).filter(|accepted| *accepted).count()
        });
        assert_eq!(successes, 1);
        assert_eq!(logged_in(&world), 1);
        // The seven others were charged: time gives them back before the next round.
        world.clock.advance(common::days(3 * 7));
    }
}

#[test]
fn f09_one_fresh_code_at_two_doors_at_once_opens_one() {
    let (world, phone, _) = with_meetings();
    for _ in 0..20 {
        let code = phone.code(world.now());
        let (login, step_up) = (world.challenge(), world.step_up_token());
        world.verifier.store().of(2);
        let (at_login, at_step_up) = thread::scope(|scope| {
            let at_login =
                scope.spawn(|| is_success(&world.verifier.present_code(&login, &code, Remember::No)));
            let at_step_up = scope.spawn(|| is_success(&world.verifier.step_up(&step_up, &code)));
            (at_login.join().unwrap(), at_step_up.join().unwrap())
        });
        assert!(at_login ^ at_step_up, "login: {at_login}, step-up: {at_step_up}");
        world.clock.advance(common::days(3));
    }
}

/// A store on the other side of a network: others have their turn between any two of its steps.
#[derive(Debug)]
struct Remote(Arc<MemoryStore>);

impl Store for Remote {
    type Error = MemoryStoreError;

    async fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, MemoryStoreError> {
        let row = BlockingStore::load(&*self.0, account);
        tokio::task::yield_now().await;
        row
    }

    async fn compare_and_swap(
        &self,
        account: &AccountId,
        expected: Expected,
        next: &AccountRecord,
    ) -> Result<Swap, MemoryStoreError> {
        tokio::task::yield_now().await;
        BlockingStore::compare_and_swap(&*self.0, account, expected, next)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn f09_one_fresh_code_in_eight_tasks_over_a_slow_store_logs_in_once() {
    let (world, phone, _) = World::enrolled();
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
    let code = phone.code(world.now());
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (verifier, code, challenge) = (verifier.clone(), code.clone(), world.challenge());
            tokio::spawn(async move { verifier.present_code(&challenge, &code, Remember::No).await })
        })
        .collect();
    let mut successes = 0;
    for task in tasks {
        successes += usize::from(is_success(&task.await.unwrap()));
    }
    assert_eq!((successes, logged_in(&world)), (1, 1));
    assert_eq!(replayed(&world), 7);
}

#[test]
fn f10_a_code_passed_over_by_a_later_one_is_refused() {
    let (world, phone, _) = World::enrolled();
    let (now, next) = (phone.code(world.now()), phone.code(world.now().saturating_add(STEP)));
    assert!(world.present(&next).is_ok(), "a clock that is a little fast");
    assert_eq!(world.present(&now).unwrap_err(), Refusal::NotAccepted);
    world.clock.advance(STEP);
    assert_eq!(world.present(&now).unwrap_err(), Refusal::NotAccepted);
    assert_eq!(world.present(&next).unwrap_err(), Refusal::NotAccepted);
    assert_eq!(replayed(&world), 3);
}

#[test]
fn f11_the_code_that_confirmed_the_enrollment_logs_nobody_in() {
    let world = World::new();
    let begun = world.begin();
    let phone = Phone::scan(&begun.uri);
    let code = phone.code(world.now());
    let _ = world.verifier.confirm_enrollment(&begun.token, &code).unwrap();
    assert_eq!(world.present(&code).unwrap_err(), Refusal::NotAccepted);
    let step_up = world.verifier.step_up(&world.step_up_token(), &code);
    assert_eq!(refusal(step_up).unwrap_err(), Refusal::NotAccepted);
    world.clock.advance(STEP);
    assert_eq!(world.present(&code).unwrap_err(), Refusal::NotAccepted);
    assert_eq!(replayed(&world), 3);
    assert!(world.present(&phone.code(world.now())).is_ok());
}

#[test]
fn f12_one_recovery_code_in_thirty_parallel_posts_logs_in_once() {
    let (world, _, codes) = with_meetings();
    for (round, code) in codes.iter().enumerate() {
        world.events.take();
        // The first rounds in eight challenges, the others in one.
        let challenges: Vec<ChallengeToken> =
            (0..if round < 5 { 8 } else { 1 }).map(|_| world.challenge()).collect();
        world.verifier.store().of(30);
        let successes = thread::scope(|scope| {
            let posts: Vec<_> = challenges
                .iter()
                .cycle()
                .take(30)
                .map(|challenge| {
                    let world = &world;
                    scope.spawn(move || is_success(&world.verifier.present_recovery_code(challenge, code)))
                })
                .collect();
            posts.into_iter().map(|post| post.join().unwrap()).filter(|accepted| *accepted).count()
        });
        assert_eq!(successes, 1);
        let remaining = codes.len() - 1 - round;
        assert_eq!(world.events.count(|kind| *kind == EventKind::RecoveryCodeUsed { remaining }), 1);
        assert_eq!(world.verifier.status(&world.account).unwrap().recovery_codes_left, remaining);
        // Whoever is logged in now changes the password, which gives the budget back.
        let _ = world.verifier.password_changed(&world.account).unwrap();
    }
}

#[test]
fn f13_two_recovery_codes_spent_at_once_both_stay_spent() {
    let (world, _, codes) = with_meetings();
    for (round, pair) in codes.chunks(2).enumerate() {
        let challenges = [world.challenge(), world.challenge()];
        world.verifier.store().of(2);
        thread::scope(|scope| {
            for (challenge, code) in challenges.iter().zip(pair) {
                let world = &world;
                scope.spawn(move || {
                    let spent = world.verifier.present_recovery_code(challenge, code);
                    assert!(spent.is_ok(), "each is right, and its own");
                });
            }
        });
        let left = codes.len() - 2 * (round + 1);
        assert_eq!(world.verifier.status(&world.account).unwrap().recovery_codes_left, left);
        for code in pair {
            let again = world.verifier.present_recovery_code(&world.challenge(), code);
            assert_eq!(refusal(again).unwrap_err(), Refusal::NotAccepted);
        }
    }
}

#[test]
fn f14_a_recovery_code_is_consumed_under_every_spelling() {
    let (world, _, codes) = World::enrolled();
    let code = &codes[3];
    assert!(world.verifier.present_recovery_code(&world.challenge(), code).is_ok());
    let spellings = [
        code.clone(),
        code.to_lowercase(),
        code.replace('-', ""),
        code.replace('-', " "),
        format!(" {code}\n"),
    ];
    for spelling in &spellings {
        let again = world.verifier.present_recovery_code(&world.challenge(), spelling);
        assert_eq!(refusal(again).unwrap_err(), Refusal::NotAccepted, "{spelling:?}");
        let again = world.verifier.step_up_with_recovery_code(&world.step_up_token(), spelling);
        assert_eq!(refusal(again).unwrap_err(), Refusal::NotAccepted, "{spelling:?}");
    }
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::Wrong)), 2 * spellings.len());
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::RecoveryCodeUsed { .. })), 1);
    assert_eq!(world.verifier.status(&world.account).unwrap().recovery_codes_left, 9);
}
