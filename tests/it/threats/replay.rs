//! Codes that are presented again: threats A1 to A6, failures F7 to F14.

use std::sync::{Arc, Mutex};
use std::thread;

use second_factor::enrollment::ImportedSecret;
use second_factor::session::{AdministratorReset, EventKind, Import, RefusedBecause, Remember, SealingKey};
use second_factor::verifier::Error;
use second_factor::{
    AccountId, AuthMethod, BlockingStore, ChallengeToken, KeyRing, Login, Policy, Refusal, Secret, Totp,
    TotpParams, UnixTime, Verifier,
};

use crate::support::{
    AsyncWorld, JsonRow, Meeting, Phone, Remote, STEP, TestRng, World, at_once, code_required, days,
    is_refused_because, refusal,
};

/// The refusal of a code in a new challenge, and the events.
fn answer(world: &World, code: &str) -> (Refusal, Vec<EventKind>) {
    let challenge = world.challenge();
    world.events.take();
    let answer = refusal(world.verifier.present(&challenge, code, Remember::No)).unwrap_err();
    (answer, world.events.take())
}

const REPLAYED: EventKind = EventKind::CodeRefused { reason: RefusedBecause::Replayed };
const WRONG: EventKind = EventKind::CodeRefused { reason: RefusedBecause::Wrong };

#[test]
fn a01a_the_same_code_is_refused_in_a_second_challenge_of_its_step() {
    let (world, phone, _) = World::enrolled();
    let code = phone.code(world.now());
    assert_eq!(world.present(&code).unwrap().authenticated.method(), AuthMethod::Code);

    assert_eq!(answer(&world, &code), (Refusal::NotAccepted, vec![REPLAYED]));
    // The answer does not reveal that the code was right.
    let wrong = phone.wrong_code(world.now());
    assert_eq!(answer(&world, &wrong), (Refusal::NotAccepted, vec![WRONG]));
}

#[test]
fn a01b_the_same_code_is_refused_in_the_next_step_in_the_window() {
    let (world, phone, _) = World::enrolled();
    let code = phone.code(world.now());
    let _ = world.present(&code).unwrap();

    world.clock.advance(STEP);
    assert_eq!(answer(&world, &code), (Refusal::NotAccepted, vec![REPLAYED]));
    // Unused, it would be accepted: the window still has the code of the step before.
    let (unused, other, _) = World::enrolled();
    let late = other.code(unused.now());
    unused.clock.advance(STEP);
    assert_eq!(unused.present(&late).unwrap().authenticated.method(), AuthMethod::Code);
}

#[test]
fn a02_an_older_code_is_refused_after_a_newer_one() {
    let (world, phone, _) = World::enrolled();
    let now = world.now();
    let early = phone.code(now.saturating_add(STEP));
    assert_eq!(world.present(&early).unwrap().authenticated.method(), AuthMethod::Code);

    // Unused, right and in the window, but older than the accepted one.
    assert_eq!(answer(&world, &phone.code(now)), (Refusal::NotAccepted, vec![REPLAYED]));
    world.clock.advance(STEP);
    assert_eq!(answer(&world, &early), (Refusal::NotAccepted, vec![REPLAYED]));
    let next = phone.code(now.saturating_add(2 * STEP));
    assert_eq!(world.present(&next).unwrap().authenticated.method(), AuthMethod::Code);
}

/// 50 threads present one code in eight challenges, so some share a challenge.
fn one_of_fifty<S: BlockingStore>(world: &World<S>, phone: &Phone)
where
    S::Error: core::fmt::Debug,
{
    let challenges: Vec<_> = (0..8).map(|_| world.challenge()).collect();
    let code = phone.code(world.now());
    world.events.take();
    let answers =
        at_once(50, |number| refusal(world.verifier.present(&challenges[number % 8], &code, Remember::No)));
    let accepted: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().ok()).collect();
    assert_eq!(accepted.len(), 1, "{answers:?}");
    assert_eq!(accepted[0].authenticated.method(), AuthMethod::Code);
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::LoggedIn { .. })), 1);
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::Wrong)), 0);
    let replayed = world.events.count(is_refused_because(RefusedBecause::Replayed));
    let (over, locked) = (RefusedBecause::NoChallenge, RefusedBecause::Locked);
    let others =
        world.events.count(is_refused_because(over)) + world.events.count(is_refused_because(locked));
    // Those who share the winner's challenge and come later get `AlreadyDone`.
    let done = answers.iter().filter(|answer| matches!(answer, Err(Refusal::AlreadyDone))).count();
    assert!(replayed >= 1 && done <= 6);
    assert_eq!(replayed + others + done, 49);
}

#[test]
fn a03_one_code_from_fifty_threads_logs_in_once_on_the_memory_store() {
    let (world, phone, _) = World::enrolled();
    one_of_fifty(&world, &phone);
}

#[test]
fn a03_one_code_from_fifty_threads_logs_in_once_on_a_host_store() {
    let world = World::over(JsonRow::default(), Policy::new("Example").unwrap());
    let (phone, _) = world.enroll();
    one_of_fifty(&world, &phone);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a03_one_code_from_fifty_tasks_logs_in_once_with_async_calls() {
    let (world, phone) = AsyncWorld::enrolled().await;
    let code = phone.code(world.now());
    let challenges = world.challenges(8).await;
    let tasks: Vec<_> = (0..50)
        .map(|number| {
            let (verifier, challenge, code) =
                (world.verifier.clone(), challenges[number % 8].clone(), code.clone());
            tokio::spawn(async move { verifier.present(&challenge, &code, Remember::No).await })
        })
        .collect();
    let mut accepted = 0;
    for task in tasks {
        accepted += usize::from(refusal(task.await.unwrap()).is_ok());
    }
    assert_eq!(accepted, 1);
    assert_eq!(
        world.events.count(|kind| matches!(kind, EventKind::LoggedIn { method: AuthMethod::Code })),
        1
    );
}

/// Presents a used code at every door.
fn refused_at_every_door(world: &World, used: &str) {
    assert_eq!(answer(world, used), (Refusal::NotAccepted, vec![REPLAYED]), "login");

    // Disabling, new recovery codes and enrolling again need a fresh factor, which is made here.
    let events = || {
        let events = world.events.take().into_iter();
        // Without the alarm at the fifth guess.
        events.filter(|kind| !matches!(kind, EventKind::PasswordSuspectedKnown { .. })).collect::<Vec<_>>()
    };
    let stepped_up = world.verifier.fresh_factor(&world.session(1), used);
    assert_eq!(refusal(stepped_up).unwrap_err(), Refusal::NotAccepted, "step-up");
    assert_eq!(events(), [REPLAYED]);
    let changed = world.verifier.reauthenticate(&world.session(1), world.password(), used);
    assert_eq!(
        refusal(changed).unwrap_err(),
        Refusal::NotAccepted,
        "a used code was accepted with the password"
    );
    assert_eq!(events(), [REPLAYED]);
}

#[test]
fn a04a_the_code_of_the_enrollment_is_refused_at_every_other_door() {
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
fn a04b_the_code_of_a_login_is_refused_at_every_other_door() {
    let (world, phone, _) = World::enrolled();
    let code = phone.code(world.now());
    let _ = world.present(&code).unwrap();
    refused_at_every_door(&world, &code);
}

#[test]
fn a04b_the_code_of_a_login_does_not_confirm_a_new_enrollment() {
    let (world, phone, _) = World::enrolled();
    let fresh = world.fresh(&phone);
    let begun = world.verifier.begin_enrollment(fresh, "alice").unwrap();
    let code = phone.code(world.now());
    let _ = world.present(&code).unwrap();
    // It is a code of the old secret, not of the new one.
    let refused = world.verifier.confirm_enrollment(&begun.token, &code);
    assert_eq!(refusal(refused).unwrap_err(), Refusal::NotAccepted);
    assert_eq!(world.events.count(|kind| *kind == EventKind::EnrollmentRefused), 1);
}

#[test]
fn a04b_the_code_of_a_step_up_is_refused_at_every_other_door() {
    let (world, phone, _) = World::enrolled();
    let code = phone.code(world.now());
    // In another session. In the same one the same form is answered `AlreadyDone`.
    let fresh = world.verifier.fresh_factor(&world.session(2), &code).unwrap();
    assert_eq!(fresh.method(), AuthMethod::Code);
    refused_at_every_door(&world, &code);
}

#[test]
fn a05_two_accounts_with_the_same_code_can_both_use_it() {
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
        let login = world.verifier.password_verified(world.password_of(&account), None).unwrap();
        let accepted = world.verifier.present(&code_required(login), &code, Remember::No).unwrap();
        assert_eq!(
            (accepted.authenticated.account(), accepted.authenticated.method()),
            (&account, AuthMethod::Code)
        );
    }
    assert_eq!(answer(&world, &code), (Refusal::NotAccepted, vec![REPLAYED]));
}

#[test]
fn a06a_used_codes_stay_used_if_the_clock_goes_back_ten_steps() {
    let (world, phone, _) = World::enrolled();
    world.clock.advance(20 * STEP);
    let _ = world.present(&phone.code(world.now())).unwrap();

    world.clock.back(10 * STEP);
    for step in 0..3 {
        let code = phone.code(UnixTime::from_secs(world.now().as_secs() - 30 + 30 * step));
        assert_eq!(answer(&world, &code), (Refusal::NotAccepted, vec![REPLAYED]), "step {step}");
    }
}

/// A login under a clock that was a year ahead. The clock is right again, and no code of this year is accepted.
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
fn a06b_after_a_clock_a_year_ahead_a_recovery_code_lets_the_owner_in() {
    let (world, _, codes) = a_year_ahead();
    let accepted = world.verifier.present(&world.challenge(), &codes[0], Remember::No).unwrap();
    assert_eq!(accepted.authenticated.method(), AuthMethod::RecoveryCode);

    let fresh = world.verifier.fresh_factor(&world.session(1), &codes[1]).unwrap();
    let begun = world.verifier.begin_enrollment(fresh, "alice").unwrap();
    let phone = Phone::scan(&begun.uri);
    let _ = world.verifier.confirm_enrollment(&begun.token, &phone.code(world.now())).unwrap();
    world.clock.advance(STEP);
    assert_eq!(world.log_in(&phone).authenticated.method(), AuthMethod::Code);
}

#[test]
fn a06b_after_a_clock_a_year_ahead_an_administrator_can_reset() {
    let (world, _, _) = a_year_ahead();
    let administrator = AccountId::new("root").unwrap();
    let reset = AdministratorReset::by_host(world.account.clone(), &administrator).unwrap();
    let _ = world.verifier.administrator_reset(reset).unwrap();
    assert!(matches!(world.login(), Login::Complete(_)));
    let (phone, _) = world.enroll();
    assert_eq!(world.log_in(&phone).authenticated.method(), AuthMethod::Code);
}

/// Guesses until the account is locked. Returns when the lock ends.
fn spend(world: &World, phone: &Phone) -> Option<UnixTime> {
    let wrong = phone.wrong_code(world.now());
    loop {
        if let Err(Refusal::Locked { retry_at }) = world.present(&wrong) {
            break retry_at;
        }
    }
}

#[test]
fn a06b_a_clock_a_year_ahead_locks_nobody_out_for_a_year() {
    let (world, phone, codes) = World::enrolled();
    let right = world.now();
    world.clock.set(right.saturating_add(days(365)));
    let device = world.remember(&phone);
    let challenge = world.challenge();
    for wrong in phone.wrong_codes(world.now()).take(4) {
        let _ = refusal(world.verifier.present(&challenge, &wrong, Remember::No)).unwrap_err();
    }
    world.clock.set(right);
    // A device that was remembered in the future is unknown, and a challenge from the future is refused.
    let _ = code_required(world.login_on(&device));
    let late = world.verifier.present(&challenge, &phone.code(right), Remember::No);
    assert_eq!(refusal(late).unwrap_err(), Refusal::ChallengeOver);
    // The last accepted code is from the future, so time gives no credit until then. But a recovery code lets the owner in, and
    // codes in a row of a newly enrolled app set the usual wait again.
    assert_eq!(spend(&world, &phone), Some(right.saturating_add(days(365 + 3))));
    let _ = world.present(&codes[0]).unwrap();
    let fresh = world.verifier.fresh_factor(&world.session(1), &codes[1]).unwrap();
    let begun = world.verifier.begin_enrollment(fresh, world.in_place_of_first()).unwrap();
    let phone = Phone::scan(&begun.uri);
    let _ = world.verifier.confirm_enrollment(&begun.token, &phone.code(world.now())).unwrap();
    world.clock.advance(4 * STEP);
    let since = world.now();
    let _ = world.present(&phone.codes_in_a_row(since)).unwrap();
    assert_eq!(spend(&world, &phone), Some(since.saturating_add(days(3))));
}

fn replayed(world: &World) -> usize {
    world.events.count(is_refused_because(RefusedBecause::Replayed))
}

fn logged_in<S: BlockingStore>(world: &World<S>) -> usize {
    world.events.count(|kind| matches!(kind, EventKind::LoggedIn { .. }))
}

/// A world whose store makes a crowd meet.
fn with_meetings() -> (World<Arc<Meeting>>, Phone, Vec<String>) {
    let world = World::over(Arc::new(Meeting::default()), Policy::new("Example").unwrap());
    let (phone, codes) = world.enroll();
    (world, phone, codes)
}

/// Whether the call succeeded. If not, it must be a refusal or `Contention`.
#[track_caller]
fn is_success<T: core::fmt::Debug, E: core::fmt::Debug>(outcome: &Result<T, Error<E>>) -> bool {
    assert!(
        matches!(
            outcome,
            Ok(_)
                | Err(Error::Refused(
                    Refusal::NotAccepted
                        | Refusal::ChallengeOver
                        | Refusal::AlreadyDone
                        | Refusal::Locked { .. }
                ) | Error::Contention)
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
    assert!(world.present(&code).is_ok());

    let wrong = world.present(&phone.wrong_code(world.now())).unwrap_err();
    let again = world.verifier.present(&others[0], &code, Remember::No);
    assert_eq!(refusal(again).unwrap_err(), wrong, "the answer reveals that the code was right");
    assert_eq!(
        refusal(world.verifier.fresh_factor(&world.session(1), &code)).unwrap_err(),
        Refusal::NotAccepted
    );
    assert_eq!(replayed(&world), 2);

    // One step later it is still in the window.
    world.clock.advance(STEP);
    let again = world.verifier.present(&others[1], &code, Remember::No);
    assert_eq!(refusal(again).unwrap_err(), Refusal::NotAccepted);
    assert_eq!(replayed(&world), 3);
    assert_eq!(logged_in(&world), 1);
}

#[test]
fn f08_another_spelling_of_an_accepted_code_is_refused() {
    let (world, phone, _) = World::enrolled();
    // Two steps at a time, so that the code before was accepted and this one is unused. A leading zero is needed for some
    // spellings.
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
        assert_eq!(replayed(&world), count + 1, "{spelling:?} was not refused as a replay");
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
                    scope.spawn(move || is_success(&world.verifier.present(challenge, code, Remember::No)))
                })
                .collect();
            posts.into_iter().map(|post| post.join().unwrap()).filter(|accepted| *accepted).count()
        });
        assert_eq!(successes, 1);
        assert_eq!(logged_in(&world), 1);
        // Wait until time gives back the charges of the seven others.
        world.clock.advance(days(3 * 7));
    }
}

#[test]
fn f09_one_fresh_code_at_two_doors_at_once_is_accepted_once() {
    let (world, phone, _) = with_meetings();
    for _ in 0..20 {
        let code = phone.code(world.now());
        let (login, session) = (world.challenge(), world.session(1));
        world.verifier.store().of(2);
        let (at_login, at_step_up) = thread::scope(|scope| {
            let at_login = scope.spawn(|| is_success(&world.verifier.present(&login, &code, Remember::No)));
            let at_step_up = scope.spawn(|| is_success(&world.verifier.fresh_factor(&session, &code)));
            (at_login.join().unwrap(), at_step_up.join().unwrap())
        });
        assert!(at_login ^ at_step_up, "login: {at_login}, step-up: {at_step_up}");
        world.clock.advance(days(3));
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
            tokio::spawn(async move { verifier.present(&challenge, &code, Remember::No).await })
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
    assert!(world.present(&next).is_ok(), "the code of the next step was refused");
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
    let step_up = world.verifier.fresh_factor(&world.session(1), &code);
    assert_eq!(refusal(step_up).unwrap_err(), Refusal::NotAccepted);
    world.clock.advance(STEP);
    assert_eq!(world.present(&code).unwrap_err(), Refusal::NotAccepted);
    assert_eq!(replayed(&world), 3);
    assert!(world.present(&phone.code(world.now())).is_ok());
}

#[test]
fn f12_one_recovery_code_in_thirty_parallel_posts_logs_in_once() {
    for round in 0..10 {
        // A new service for each round, because the losers are charged.
        let (world, _, codes) = with_meetings();
        let code = &codes[round];
        world.events.take();
        // In the first rounds there are eight challenges, in the others one.
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
                    scope.spawn(move || is_success(&world.verifier.present(challenge, code, Remember::No)))
                })
                .collect();
            posts.into_iter().map(|post| post.join().unwrap()).filter(|accepted| *accepted).count()
        });
        assert_eq!(successes, 1);
        assert_eq!(world.events.count(|kind| *kind == EventKind::RecoveryCodeUsed { remaining: 9 }), 1);
        assert_eq!(world.verifier.status(&world.account).unwrap().recovery_codes_left, 9);
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
                    let spent = world.verifier.present(challenge, code, Remember::No);
                    assert!(spent.is_ok(), "a right recovery code was refused");
                });
            }
        });
        let left = codes.len() - 2 * (round + 1);
        assert_eq!(world.verifier.status(&world.account).unwrap().recovery_codes_left, left);
        for code in pair {
            let again = world.verifier.present(&world.challenge(), code, Remember::No);
            assert_eq!(refusal(again).unwrap_err(), Refusal::NotAccepted);
        }
    }
}

#[test]
fn f14_a_used_recovery_code_is_refused_in_every_spelling() {
    let (world, _, codes) = World::enrolled();
    let code = &codes[3];
    assert!(world.verifier.present(&world.challenge(), code, Remember::No).is_ok());
    let spellings = [
        code.clone(),
        code.to_lowercase(),
        code.replace('-', ""),
        code.replace('-', " "),
        format!(" {code}\n"),
    ];
    for (spelling, number) in spellings.iter().zip(1..) {
        let again = world.verifier.present(&world.challenge(), spelling, Remember::No);
        assert_eq!(refusal(again).unwrap_err(), Refusal::NotAccepted, "{spelling:?}");
        let again = world.verifier.fresh_factor(&world.session(number), spelling);
        assert_eq!(refusal(again).unwrap_err(), Refusal::NotAccepted, "{spelling:?}");
    }
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::Wrong)), 2 * spellings.len());
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::RecoveryCodeUsed { .. })), 1);
    assert_eq!(world.verifier.status(&world.account).unwrap().recovery_codes_left, 9);
}
