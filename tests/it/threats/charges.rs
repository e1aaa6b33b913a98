//! Guesses are charged, whatever happens to the request and the store: threat A10, failure F4.

use core::fmt;
use std::sync::{Arc, Mutex};

use second_factor::session::Remember;
use second_factor::store::{Change, Expected, MemoryStoreError, Swap, Versioned};
use second_factor::verifier::Error;
use second_factor::{
    AccountId, AccountRecord, AuthMethod, BlockingStore, Login, MemoryStore, Policy, Refusal, UnixTime,
};

use super::budget::{BUDGET, evaluated, is_wrong};
use crate::support::{Phone, World, refusal};

/// A host that runs each request in a transaction and rolls it back when the request fails.
#[derive(Debug, Default)]
struct Transactional {
    rows: MemoryStore,
    /// The mistake: the store's write is part of the request's transaction.
    joins: bool,
}

impl Transactional {
    /// Runs a request. If it fails, rolls back its writes.
    fn request<T, E>(&self, account: &AccountId, request: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let before = self.rows.load(account).unwrap().unwrap();
        let result = request();
        if result.is_err() && self.joins {
            let now = Expected::At(self.rows.load(account).unwrap().unwrap().revision);
            let undo = Change::new(now, before.revision, &before.value, &[]);
            let undone = self.rows.compare_and_swap(account, undo).unwrap();
            assert!(matches!(undone, Swap::Stored));
        }
        result
    }
}

impl BlockingStore for Transactional {
    type Error = MemoryStoreError;

    fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, MemoryStoreError> {
        self.rows.load(account)
    }

    fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, MemoryStoreError> {
        self.rows.compare_and_swap(account, change)
    }
}

/// Types wrong codes, each in a request that fails and is rolled back. Returns how many were evaluated.
fn guesses_in_requests(joins: bool) -> usize {
    let store = Arc::new(Transactional { joins, ..Transactional::default() });
    let world = World::over(store.clone(), Policy::new("Example").unwrap());
    let (phone, _) = world.enroll();
    for code in phone.wrong_codes(world.now()).take(2 * BUDGET) {
        let challenge = world.challenge();
        let refused = store
            .request(&world.account, || world.verifier.present(&challenge, &code, Remember::No))
            .unwrap_err();
        assert!(refused.refusal().is_some());
    }
    evaluated(&world.events)
}

#[test]
fn a10a_a_charge_survives_the_roll_back_of_the_request() {
    assert_eq!(guesses_in_requests(false), BUDGET);
    // The mistake that the contract of `Store` warns of: the write is part of the transaction, and every guess is free.
    assert_eq!(guesses_in_requests(true), 2 * BUDGET);
}

/// A store that fails on demand.
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

    fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, DiskFull> {
        let breaks = *self.breaks.lock().unwrap();
        if breaks == Breaks::BeforeTheWrite {
            return Err(DiskFull);
        }
        let swap = self.rows.compare_and_swap(account, change).unwrap();
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
        let (challenge, session) = (world.challenge(), world.session(1));
        world.events.take();
        store.breaks(breaks);
        // Right, wrong and used codes get the same answer, so the answers reveal nothing.
        let [right, wrong] = [phone.code(world.now()), phone.wrong_code(world.now())];
        let used = phone.code(UnixTime::from_secs(world.now().as_secs() - 60));
        for code in [&right, &wrong, &used] {
            let presented = world.verifier.present(&challenge, code, Remember::No);
            assert!(matches!(presented, Err(Error::Store(DiskFull))), "{presented:?}");
            let stepped_up = world.verifier.fresh_factor(&session, code);
            assert!(matches!(stepped_up, Err(Error::Store(DiskFull))), "{stepped_up:?}");
        }
        let presented = world.verifier.present(&challenge, &codes[0], Remember::No);
        assert!(matches!(presented, Err(Error::Store(DiskFull))), "{presented:?}");
        assert_eq!(world.events.take(), [], "an event was reported although nothing was stored");
        // The password step writes nothing, so it succeeds, unless the row cannot be read.
        let login = world.verifier.password_verified(world.password(), None);
        match breaks {
            Breaks::OnLoad => assert!(matches!(login, Err(Error::Store(DiskFull))), "{login:?}"),
            _ => assert!(matches!(login, Ok(Login::CodeRequired(_))), "{login:?}"),
        }

        store.breaks(Breaks::Never);
        let accepted = world.verifier.present(&challenge, &right, Remember::No).unwrap();
        assert_eq!(accepted.authenticated.method(), AuthMethod::Code);
    }
}

#[test]
fn a10b_a_write_of_unknown_outcome_lets_nobody_in_and_burns_the_code() {
    let (store, world, phone, _) = over_failing();
    let challenge = world.challenge();
    store.breaks(Breaks::AfterTheWrite);
    let right = phone.code(world.now());
    let presented = world.verifier.present(&challenge, &right, Remember::No);
    assert!(matches!(presented, Err(Error::Store(DiskFull))), "{presented:?}");

    store.breaks(Breaks::Never);
    let again = world.verifier.present(&challenge, &right, Remember::No);
    assert_eq!(refusal(again).unwrap_err(), Refusal::AlreadyDone);
    assert_eq!(world.present(&right).unwrap_err(), Refusal::NotAccepted);
}

#[test]
fn a10b_wrong_codes_are_charged_when_only_the_answer_is_lost() {
    let (store, world, phone, _) = over_failing();
    let challenge = world.challenge();
    store.breaks(Breaks::AfterTheWrite);
    for code in phone.wrong_codes(world.now()).take(5) {
        let presented = world.verifier.present(&challenge, &code, Remember::No);
        assert!(matches!(presented, Err(Error::Store(DiskFull))), "{presented:?}");
    }
    store.breaks(Breaks::Never);
    let late = world.verifier.present(&challenge, &phone.code(world.now()), Remember::No);
    assert_eq!(refusal(late).unwrap_err(), Refusal::ChallengeOver);
}

/// A database of the host. Every request runs in a transaction, which the host rolls back if the request fails.
#[derive(Debug)]
struct Database {
    rows: MemoryStore,
    /// What rolling back the open transaction restores. Only used if the store takes part in it, which is a mistake.
    undo: Mutex<Option<(AccountId, Versioned<AccountRecord>)>>,
    joins: bool,
}

impl Database {
    fn new(joins: bool) -> Self {
        Self { rows: MemoryStore::new(), undo: Mutex::new(None), joins }
    }

    fn commit(&self) {
        *self.undo.lock().unwrap() = None;
    }

    fn roll_back(&self) {
        if let Some((account, before)) = self.undo.lock().unwrap().take() {
            let row = BlockingStore::load(&self.rows, &account).unwrap().unwrap();
            let undo = Change::new(Expected::At(row.revision), before.revision, &before.value, &[]);
            let swap = BlockingStore::compare_and_swap(&self.rows, &account, undo);
            assert!(matches!(swap, Ok(Swap::Stored)));
        }
    }
}

impl BlockingStore for Database {
    type Error = MemoryStoreError;

    fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, MemoryStoreError> {
        BlockingStore::load(&self.rows, account)
    }

    fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, MemoryStoreError> {
        if let (true, Some(row)) = (self.joins, BlockingStore::load(&self.rows, account)?) {
            self.undo.lock().unwrap().get_or_insert((account.clone(), row));
        }
        BlockingStore::compare_and_swap(&self.rows, account, change)
    }
}

/// Of 40 wrong codes, how many are evaluated if the host rolls back the transaction of each failed request.
fn evaluated_beside_rollbacks(joins: bool) -> usize {
    let world = World::over(Database::new(joins), Policy::new("Example").unwrap());
    let (phone, _) = world.enroll();
    let database = world.verifier.store();
    for guesses in phone.wrong_codes(world.now()).take(40).collect::<Vec<_>>().chunks(4) {
        database.commit();
        let challenge = world.challenge();
        database.commit();
        for guess in guesses {
            match world.verifier.present(&challenge, guess, Remember::No) {
                Ok(_) => panic!("a wrong code was accepted"),
                Err(_) => database.roll_back(),
            }
        }
    }
    world.events.count(is_wrong)
}

#[test]
fn f04_a_charge_survives_the_rollback_of_the_hosts_transaction() {
    assert_eq!(evaluated_beside_rollbacks(false), BUDGET);
    // A store that joins the transaction, against its contract, does not charge the guesses.
    assert_eq!(evaluated_beside_rollbacks(true), 40);
}
