//! Threats A7 to A12: guessing, and locks.
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

use core::fmt;
use std::sync::{Arc, Mutex};

use common::{
    EventLog, Phone, START, STEP, TestClock, TestRng, World, code_required, complete, days,
    is_refused_because, refusal,
};
use crowd::{Interleaved, at_once};
use second_factor::session::{EventKind, Purpose, RefusedBecause, Remember, SealingKey};
use second_factor::store::{Expected, MemoryStoreError, Revision, Swap, Versioned};
use second_factor::verifier::{Clock, Error};
use second_factor::{
    AccountId, AccountRecord, BlockingStore, ChallengeToken, How, KeyRing, MemoryStore, PasswordVerified,
    Policy, Refusal, UnixTime, Verifier,
};

/// The guesses that a budget allows at once. The scenarios were written for 10; DESIGN §4 has 20.
const BUDGET: usize = 20;

fn wrong(world: &World, challenge: &ChallengeToken, code: &str) -> Refusal {
    refusal(world.verifier.present_code(challenge, code, Remember::No)).unwrap_err()
}

/// How many codes were evaluated and found wrong.
fn evaluated(events: &EventLog) -> usize {
    events.count(is_refused_because(RefusedBecause::Wrong))
}

/// Guesses in fresh challenges until the account is locked; how many were evaluated, and until when it is
/// locked.
fn guess_until_locked(world: &World, phone: &Phone) -> (usize, UnixTime) {
    world.events.take();
    for code in phone.wrong_codes(world.now()).take(1_000) {
        if let Refusal::Locked { retry_at } = wrong(world, &world.challenge(), &code) {
            return (evaluated(&world.events), retry_at);
        }
    }
    panic!("a thousand guesses, and no lock");
}

#[test]
fn a07_five_wrong_codes_kill_the_challenge_for_every_kind_of_factor() {
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
    let recovery = world.verifier.present_recovery_code(&challenge, &codes[0]);
    assert_eq!(refusal(recovery).unwrap_err(), Refusal::ChallengeOver);
    let no_challenge = RefusedBecause::NoChallenge;
    assert_eq!(
        world.events.take(),
        [
            EventKind::CodeRefused { reason: no_challenge },
            EventKind::RecoveryCodeRefused { reason: no_challenge }
        ]
    );
    // Neither was used up: both are good in a challenge of their own.
    assert_eq!(world.log_in(&phone).authenticated.how(), How::Presented);
    let accepted = world.verifier.present_recovery_code(&world.challenge(), &codes[0]).unwrap();
    assert_eq!(accepted.authenticated.how(), How::RecoveryCode);
}

#[test]
fn a07_wrong_codes_of_both_kinds_count_together() {
    let (world, phone, codes) = World::enrolled();
    let challenge = world.challenge();
    let unknown = "MFRGG-ZDFMZ-TWQ2L-KNNWG-23TPOA";
    assert!(!codes.iter().any(|code| code == unknown));
    for code in phone.wrong_codes(world.now()).take(2) {
        assert_eq!(wrong(&world, &challenge, &code), Refusal::NotAccepted);
        let recovery = world.verifier.present_recovery_code(&challenge, unknown);
        assert_eq!(refusal(recovery).unwrap_err(), Refusal::NotAccepted);
    }
    let recovery = world.verifier.present_recovery_code(&challenge, unknown);
    assert_eq!(refusal(recovery).unwrap_err(), Refusal::ChallengeOver);
    assert_eq!(wrong(&world, &challenge, &phone.code(world.now())), Refusal::ChallengeOver);
}

#[test]
fn a08_a_fresh_challenge_after_every_four_guesses_is_no_fresh_budget() {
    let (world, phone, _) = World::enrolled();
    let mut guesses = phone.wrong_codes(world.now());
    let mut last = Refusal::NotAccepted;
    for _ in 0..5 {
        let challenge = world.challenge();
        for _ in 0..4 {
            last = wrong(&world, &challenge, &guesses.next().unwrap());
        }
    }
    let retry_at = world.now().saturating_add(days(3));
    assert_eq!(last, Refusal::Locked { retry_at });
    assert_eq!(evaluated(&world.events), BUDGET);
    assert_eq!(world.events.count(|kind| *kind == EventKind::Locked { until: retry_at }), 1);
    // The owner was told long before: somebody has this password.
    let alarms = world.events.count(|kind| matches!(kind, EventKind::PasswordSuspectedKnown { .. }));
    assert_eq!(alarms, 4);

    assert_eq!(world.present(&phone.code(world.now())).unwrap_err(), Refusal::Locked { retry_at });
    assert_eq!(world.present(&guesses.next().unwrap()).unwrap_err(), Refusal::Locked { retry_at });
    assert_eq!(evaluated(&world.events), BUDGET, "nothing is evaluated once the budget is spent");
}

#[test]
fn a08_a_challenge_from_before_the_lock_does_not_outlive_it() {
    let (world, phone, _) = World::enrolled();
    let early = world.challenge();
    let step_up = world.step_up_token();
    let mut guesses = phone.wrong_codes(world.now());
    // Six others open at once, so that the early one is not ended by being the oldest.
    let challenges: Vec<_> = (0..4).map(|_| world.challenge()).collect();
    for challenge in &challenges {
        for _ in 0..5 {
            let _ = wrong(&world, challenge, &guesses.next().unwrap());
        }
    }
    let retry_at = world.now().saturating_add(days(3));
    let right = phone.code(world.now());
    assert_eq!(wrong(&world, &early, &right), Refusal::Locked { retry_at });
    assert_eq!(refusal(world.verifier.step_up(&step_up, &right)).unwrap_err(), Refusal::Locked { retry_at });
    // When the lock ends they are long over.
    world.clock.set(retry_at);
    assert_eq!(wrong(&world, &early, &phone.code(retry_at)), Refusal::ChallengeOver);
    let late = world.verifier.step_up(&step_up, &phone.code(retry_at));
    assert_eq!(refusal(late).unwrap_err(), Refusal::ChallengeOver);
}

#[test]
fn a08_step_up_from_a_stolen_session_takes_from_the_same_budget() {
    let (world, phone, _) = World::enrolled();
    world.events.take();
    let mut guesses = phone.wrong_codes(world.now());
    for _ in 0..5 {
        let step_up = world.step_up_token();
        for _ in 0..4 {
            let _ = refusal(world.verifier.step_up(&step_up, &guesses.next().unwrap())).unwrap_err();
        }
    }
    let retry_at = world.now().saturating_add(days(3));
    let locked = Refusal::Locked { retry_at };
    assert_eq!(evaluated(&world.events), BUDGET);
    let right = phone.code(world.now());
    assert_eq!(refusal(world.verifier.step_up(&world.step_up_token(), &right)).unwrap_err(), locked);
    assert_eq!(world.present(&right).unwrap_err(), locked, "one budget for both doors");
}

#[test]
fn a08_a_login_of_the_owner_does_not_refill_the_budget_of_somebody_else() {
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
fn a08_the_owner_who_mistypes_and_then_succeeds_pays_nothing() {
    let (world, phone, _) = World::enrolled();
    for _ in 0..10 {
        let challenge = world.challenge();
        for code in phone.wrong_codes(world.now()).take(4) {
            assert_eq!(wrong(&world, &challenge, &code), Refusal::NotAccepted);
        }
        let _ = world.verifier.present_code(&challenge, &phone.code(world.now()), Remember::No).unwrap();
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
    let retry_at = world.now().saturating_add(days(30));
    // Whoever shares a challenge that took all five learns that it is over; everybody else that the account
    // is locked.
    let over = answers.iter().filter(|answer| **answer == Refusal::ChallengeOver).count();
    let locked = answers.iter().filter(|answer| **answer == Refusal::Locked { retry_at }).count();
    let again = answers.iter().filter(|answer| **answer == Refusal::NotAccepted).count();
    assert_eq!((over + locked + again, again), (200, 4));
    assert!(over < 25 && locked >= 171, "{over} over, {locked} locked");
    assert_eq!(world.verifier.status(&world.account).unwrap().locked_until, Some(retry_at));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a09_two_hundred_wrong_codes_at_once_on_the_async_front() {
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
    let mut challenges = Vec::new();
    for _ in 0..8 {
        challenges.push(code_required(verifier.password_verified(password(), None).await.unwrap()));
    }
    let tasks: Vec<_> = phone
        .wrong_codes(clock.now())
        .take(200)
        .enumerate()
        .map(|(number, code)| {
            let (verifier, challenge) = (verifier.clone(), challenges[number % 8].clone());
            tokio::spawn(async move { verifier.present_code(&challenge, &code, Remember::No).await })
        })
        .collect();
    for task in tasks {
        let _ = refusal(task.await.unwrap()).unwrap_err();
    }
    assert_eq!(evaluated(&events), BUDGET);
}

/// A host that runs each request in a transaction and rolls it back when the request fails.
#[derive(Debug, Default)]
struct Transactional {
    rows: MemoryStore,
    /// The mistake: the store's write joins the request's transaction.
    joins: bool,
}

impl Transactional {
    /// Runs a request; rolls back what it wrote if it fails.
    fn request<T, E>(&self, account: &AccountId, request: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let before = self.rows.load(account).unwrap().unwrap();
        let result = request();
        if result.is_err() && self.joins {
            let now = self.rows.load(account).unwrap().unwrap().revision;
            let undone = self.rows.compare_and_swap(account, Expected::At(now), &before.value).unwrap();
            assert!(matches!(undone, Swap::Stored(_)));
        }
        result
    }
}

impl BlockingStore for Transactional {
    type Error = MemoryStoreError;

    fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, MemoryStoreError> {
        self.rows.load(account)
    }

    fn compare_and_swap(
        &self,
        account: &AccountId,
        expected: Expected,
        next: &AccountRecord,
    ) -> Result<Swap, MemoryStoreError> {
        self.rows.compare_and_swap(account, expected, next)
    }
}

/// Wrong codes, each in a request that fails and is rolled back; how many were evaluated.
fn guesses_in_requests(joins: bool) -> usize {
    let store = Arc::new(Transactional { joins, ..Transactional::default() });
    let world = World::over(store.clone(), Policy::new("Example").unwrap());
    let (phone, _) = world.enroll();
    for code in phone.wrong_codes(world.now()).take(2 * BUDGET) {
        let challenge = world.challenge();
        let refused = store
            .request(&world.account, || world.verifier.present_code(&challenge, &code, Remember::No))
            .unwrap_err();
        assert!(refused.refusal().is_some());
    }
    evaluated(&world.events)
}

#[test]
fn a10a_a_charge_survives_the_roll_back_of_the_request() {
    assert_eq!(guesses_in_requests(false), BUDGET);
    // What the contract of `Store` warns of: the write joined the transaction, and every guess was free.
    assert_eq!(guesses_in_requests(true), 2 * BUDGET);
}

/// A store that breaks on demand.
#[derive(Debug, Default)]
struct Failing {
    rows: MemoryStore,
    breaks: Mutex<Breaks>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq)]
enum Breaks {
    #[default]
    Never,
    BeforeTheWrite,
    AfterTheWrite,
    OnLoad,
}

#[derive(Debug)]
struct DiskFull;

impl fmt::Display for DiskFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("disk full")
    }
}

impl core::error::Error for DiskFull {}

impl Failing {
    fn breaks(&self, when: Breaks) {
        *self.breaks.lock().unwrap() = when;
    }
}

impl BlockingStore for Failing {
    type Error = DiskFull;

    fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, DiskFull> {
        match *self.breaks.lock().unwrap() {
            Breaks::OnLoad => Err(DiskFull),
            _ => Ok(self.rows.load(account).unwrap()),
        }
    }

    fn compare_and_swap(
        &self,
        account: &AccountId,
        expected: Expected,
        next: &AccountRecord,
    ) -> Result<Swap, DiskFull> {
        let breaks = *self.breaks.lock().unwrap();
        if breaks == Breaks::BeforeTheWrite {
            return Err(DiskFull);
        }
        let swap = self.rows.compare_and_swap(account, expected, next).unwrap();
        if breaks == Breaks::AfterTheWrite { Err(DiskFull) } else { Ok(swap) }
    }
}

fn over_failing() -> (Arc<Failing>, World<Arc<Failing>>, Phone, Vec<String>) {
    let store = Arc::new(Failing::default());
    let world = World::over(store.clone(), Policy::new("Example").unwrap());
    let (phone, codes) = world.enroll();
    (store, world, phone, codes)
}

#[test]
fn a10b_a_store_that_cannot_write_lets_nobody_in_and_answers_no_guess() {
    for breaks in [Breaks::BeforeTheWrite, Breaks::OnLoad] {
        let (store, world, phone, codes) = over_failing();
        let (challenge, step_up) = (world.challenge(), world.step_up_token());
        world.events.take();
        store.breaks(breaks);
        // Right, wrong and used codes get the same answer, so nothing is learned from any number of them.
        let [right, wrong] = [phone.code(world.now()), phone.wrong_code(world.now())];
        let used = phone.code(UnixTime::from_secs(world.now().as_secs() - 60));
        for code in [&right, &wrong, &used] {
            let presented = world.verifier.present_code(&challenge, code, Remember::No);
            assert!(matches!(presented, Err(Error::Store(DiskFull))), "{presented:?}");
            let stepped_up = world.verifier.step_up(&step_up, code);
            assert!(matches!(stepped_up, Err(Error::Store(DiskFull))), "{stepped_up:?}");
        }
        let presented = world.verifier.present_recovery_code(&challenge, &codes[0]);
        assert!(matches!(presented, Err(Error::Store(DiskFull))), "{presented:?}");
        let login = world.verifier.password_verified(world.password(), None);
        assert!(matches!(login, Err(Error::Store(DiskFull))), "{login:?}");
        assert_eq!(world.events.take(), [], "nothing is reported that is not stored");

        store.breaks(Breaks::Never);
        let accepted = world.verifier.present_code(&challenge, &right, Remember::No).unwrap();
        assert_eq!(accepted.authenticated.how(), How::Presented);
    }
}

#[test]
fn a10b_a_write_of_unknown_outcome_lets_nobody_in_and_burns_the_code() {
    let (store, world, phone, _) = over_failing();
    let challenge = world.challenge();
    store.breaks(Breaks::AfterTheWrite);
    let right = phone.code(world.now());
    let presented = world.verifier.present_code(&challenge, &right, Remember::No);
    assert!(matches!(presented, Err(Error::Store(DiskFull))), "{presented:?}");

    store.breaks(Breaks::Never);
    let again = world.verifier.present_code(&challenge, &right, Remember::No);
    assert_eq!(refusal(again).unwrap_err(), Refusal::ChallengeOver);
    assert_eq!(world.present(&right).unwrap_err(), Refusal::NotAccepted);
}

#[test]
fn a10b_wrong_codes_are_charged_when_only_the_answer_is_lost() {
    let (store, world, phone, _) = over_failing();
    let challenge = world.challenge();
    store.breaks(Breaks::AfterTheWrite);
    for code in phone.wrong_codes(world.now()).take(5) {
        let presented = world.verifier.present_code(&challenge, &code, Remember::No);
        assert!(matches!(presented, Err(Error::Store(DiskFull))), "{presented:?}");
    }
    store.breaks(Breaks::Never);
    let late = world.verifier.present_code(&challenge, &phone.code(world.now()), Remember::No);
    assert_eq!(refusal(late).unwrap_err(), Refusal::ChallengeOver);
}

#[test]
fn a11_the_lock_ends_to_the_second_and_the_budget_is_the_normal_one() {
    let (world, phone, _) = World::enrolled();
    let locked_at = world.now();
    let (guesses, until) = guess_until_locked(&world, &phone);
    assert_eq!((guesses, until), (BUDGET, locked_at.saturating_add(days(3))));

    // One second early nothing is evaluated, the right code included.
    world.clock.set(UnixTime::from_secs(until.as_secs() - 1));
    assert_eq!(world.present(&phone.code(world.now())).unwrap_err(), Refusal::Locked { retry_at: until });

    // DESIGN §4: time gives back one guess every three days, not the whole budget at once.
    world.clock.set(until);
    assert_eq!(world.verifier.status(&world.account).unwrap().locked_until, None);
    let (guesses, again) = guess_until_locked(&world, &phone);
    assert_eq!((guesses, again), (1, until.saturating_add(days(3))));

    // After all of them are regained there are as many as ever, never more, and the first wrong code counts
    // as one.
    for wait in [days(3) * 20, days(3) * 200] {
        world.clock.advance(wait);
        world.events.take();
        let challenge = world.challenge();
        let code = phone.wrong_code(world.now());
        assert_eq!(wrong(&world, &challenge, &code), Refusal::NotAccepted);
        assert_eq!(guess_until_locked(&world, &phone).0, BUDGET - 1);
    }
}

#[test]
fn a11_the_right_code_is_accepted_when_the_lock_ends() {
    let (world, phone, _) = World::enrolled();
    let (_, until) = guess_until_locked(&world, &phone);
    world.clock.set(until);
    assert_eq!(world.log_in(&phone).authenticated.how(), How::Presented);
}

#[test]
fn a11_a_hundred_failures_in_a_row_suspend_and_no_time_ends_that() {
    let (world, phone, codes) = World::enrolled();
    let mut guesses = phone.wrong_codes(world.now());
    loop {
        match wrong(&world, &world.challenge(), &guesses.next().unwrap()) {
            Refusal::NotAccepted => {}
            Refusal::Locked { retry_at } => world.clock.set(retry_at),
            other => break assert_eq!(other, Refusal::Suspended),
        }
    }
    assert_eq!(evaluated(&world.events), 100);
    assert_eq!(world.events.count(|kind| *kind == EventKind::Suspended), 1);
    world.clock.advance(days(10_000));
    assert_eq!(world.present(&phone.code(world.now())).unwrap_err(), Refusal::Suspended);
    assert!(world.verifier.status(&world.account).unwrap().suspended);

    let accepted = world.verifier.present_recovery_code(&world.challenge(), &codes[0]).unwrap();
    assert_eq!(accepted.authenticated.how(), How::RecoveryCode);
    assert_eq!(world.log_in(&phone).authenticated.how(), How::Presented);
}

/// What is kept about the account.
fn row(world: &World) -> Option<(AccountRecord, Revision)> {
    world.verifier.store().load(&world.account).unwrap().map(|row| (row.value, row.revision))
}

#[test]
fn a12_without_the_password_nothing_moves_the_counters_or_writes_at_all() {
    let (world, phone, codes) = World::enrolled();
    let before = row(&world);
    // Wrong passwords reach no method of the verifier. What does: codes for challenges that were never opened
    // here.
    let (other, _, _) = World::enrolled();
    let forged = ChallengeToken::parse(other.challenge().expose()).unwrap();
    for code in phone.wrong_codes(world.now()).take(100).chain([phone.code(world.now())]) {
        assert_eq!(wrong(&world, &forged, &code), Refusal::ChallengeOver);
    }
    let recovery = world.verifier.present_recovery_code(&forged, &codes[0]);
    assert_eq!(refusal(recovery).unwrap_err(), Refusal::ChallengeOver);
    world.verifier.abandon(&forged).unwrap();
    assert_eq!(row(&world), before, "not written, not even the revision moved");
    assert_eq!(guess_until_locked(&world, &phone).0, BUDGET);
}

#[test]
fn a12_forged_remember_tokens_cost_nothing() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    let (other, other_phone, _) = World::enrolled();
    other.clock.advance(STEP);
    let _ = other.challenge();
    let foreign = other.remember(&other_phone);
    assert_ne!(foreign.expose(), device.expose());
    world.events.take();
    for _ in 0..50 {
        let _ = code_required(world.login_on(&foreign));
    }
    assert_eq!(world.events.count(|kind| *kind == EventKind::DeviceUnknown), 50);
    let since = world.verifier.status(&world.account).unwrap().devices[0].since;
    assert_eq!(complete(world.login_on(&device)).authenticated.how(), How::Remembered { since });
    assert_eq!(guess_until_locked(&world, &phone).0, BUDGET);
}

#[test]
fn a12_the_owner_on_a_remembered_device_gets_in_while_the_budget_is_spent() {
    let (world, phone, codes) = World::enrolled();
    let device = world.remember(&phone);
    let _ = guess_until_locked(&world, &phone);
    let accepted = complete(world.login_on(&device));
    assert!(matches!(accepted.authenticated.how(), How::Remembered { .. }));
    // And a recovery code, of 128 bits, is evaluated too.
    let accepted = world.verifier.present_recovery_code(&world.challenge(), &codes[0]).unwrap();
    assert_eq!(accepted.authenticated.how(), How::RecoveryCode);
}

#[test]
fn a12_wrong_codes_for_one_account_do_not_move_another() {
    let (world, phone, _) = World::enrolled();
    let bob = World { account: AccountId::new("bob").unwrap(), ..world };
    let (bobs_phone, _) = bob.enroll();
    let _ = guess_until_locked(&bob, &bobs_phone);
    let alice = World { account: AccountId::new("alice").unwrap(), ..bob };
    assert_eq!(alice.verifier.status(&alice.account).unwrap().locked_until, None);
    assert_eq!(guess_until_locked(&alice, &phone).0, BUDGET);
}

#[test]
fn a12_the_second_step_is_no_password_oracle() {
    let (world, phone, _) = World::enrolled();
    let (elsewhere, _, _) = World::enrolled();
    let right = phone.code(world.now());
    // The same answer for an account with a second factor, for one without, and for none at all: a challenge
    // is only ever
    // opened by a verified password.
    let text = elsewhere.challenge().expose().to_owned();
    let (front, alice) = text.rsplit_once('.').unwrap();
    let nobody = "NZXWE33EPE"; // "nobody"
    assert_ne!(alice, nobody);
    for account in [alice, nobody] {
        let forged = ChallengeToken::parse(&format!("{front}.{account}")).unwrap();
        let refused = world.verifier.present_code(&forged, &right, Remember::No).unwrap_err();
        assert_eq!(refused.to_string(), "not accepted; log in again");
        assert_eq!(refused.refusal(), Some(Refusal::ChallengeOver));
    }
    assert!(world.verifier.store().load(&AccountId::new("nobody").unwrap()).unwrap().is_none());
}

#[test]
fn a12_opening_challenges_without_end_fills_nothing() {
    let (world, phone, _) = World::enrolled();
    for _ in 0..1_000 {
        let _ = world.challenge();
    }
    let opened = EventKind::ChallengeOpened { purpose: Purpose::Login };
    assert_eq!(world.events.count(|kind| *kind == opened), 1_000);
    let record = row(&world).unwrap().0;
    assert!(serde_json::to_string(&record).unwrap().len() < 4_096);
    assert_eq!(world.log_in(&phone).authenticated.how(), How::Presented);
}
