//! Key rotation while the service runs: the walk over all rows that `manual::operations` describes.

use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use second_factor::session::{NewAuthenticator, SealError, SessionError};
use second_factor::store::{Change, Swap, Versioned};
use second_factor::verifier::{Clock, Error};
use second_factor::{
    AccountId, AccountRecord, BlockingStore, BlockingVerifier, DeviceToken, KeyRing, Login, PasswordVerified,
    Policy, Remember, SealingKey, Session,
};
use serde_json::Value;

use crate::support::{
    JsonStore, Phone, START, STEP, TestClock, TestRng, World, code_required, complete, days, refusal,
};

type Instance<S = Arc<JsonStore>> = BlockingVerifier<S>;
type Fault = Error<serde_json::Error>;

const OLD: u32 = 1;
const NEW: u32 = 2;

/// The key rings of a rotation, in the order in which the instances get them.
fn ring(step: usize) -> KeyRing {
    let [old, new] = [7, 8].map(|byte| SealingKey::new([byte; 32]));
    match step {
        0 => KeyRing::new(OLD, old),
        1 => KeyRing::new(OLD, old).with_retired(NEW, new),
        2 => KeyRing::new(NEW, new).with_retired(OLD, old),
        _ => KeyRing::new(NEW, new),
    }
}

/// An instance with this store and this ring.
fn instance<S: BlockingStore + 'static>(
    store: S,
    clock: &Arc<TestClock>,
    ring: KeyRing,
    seed: u64,
) -> Instance<S> {
    let policy = Policy::new("Example").unwrap();
    BlockingVerifier::with_sources(store, policy, ring, clock.clone(), Mutex::new(TestRng(seed << 32)))
}

/// The same service at this step of the rotation.
fn on(world: &World<Arc<JsonStore>>, step: usize) -> World<Arc<JsonStore>> {
    let verifier = instance(world.verifier.store().clone(), &world.clock, ring(step), 900 + step as u64);
    let (clock, events, account) = (world.clock.clone(), world.events.clone(), world.account.clone());
    World { verifier: verifier.with_events(events.clone()), clock, events, account }
}

/// An account that enrolled with the old key.
fn enrolled() -> (World<Arc<JsonStore>>, Phone) {
    let world = World::over(Arc::new(JsonStore::default()), Policy::new("Example").unwrap());
    let (phone, _) = world.enroll();
    (world, phone)
}

fn text(world: &World<Arc<JsonStore>>) -> String {
    world.verifier.store().text(&world.account).unwrap()
}

/// Reseals all rows, page by page. Returns how many had been sealed with another key than the present sealing key.
fn walk(verifier: &Instance) -> Result<usize, Fault> {
    let (mut last, mut resealed) = (None, 0);
    loop {
        let page = verifier.store().accounts_after(last.as_ref(), 3);
        for account in &page {
            resealed += usize::from(verifier.reseal(account)?);
        }
        let Some(end) = page.last() else { return Ok(resealed) };
        last = Some(end.clone());
    }
}

/// The ids of the keys of all rows.
fn keys_in(store: &JsonStore) -> Vec<u32> {
    let accounts = store.accounts_after(None, usize::MAX);
    let records =
        accounts.iter().map(|id| serde_json::from_str::<AccountRecord>(&store.text(id).unwrap()).unwrap());
    let mut keys: Vec<u32> = records.flat_map(|record| record.sealing_keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

const WORKERS: usize = 8;
const IDLE: usize = 10;

/// The state of a rotation: instances run with any ring between the oldest and the newest.
#[derive(Default)]
struct Rollout {
    oldest: AtomicUsize,
    newest: AtomicUsize,
    /// A month has passed since the old key last signed.
    month: AtomicBool,
    stop: AtomicBool,
    /// How many rounds each worker has completed.
    rounds: Mutex<[usize; WORKERS]>,
    one_more: Condvar,
}

impl Rollout {
    /// Waits until every worker has completed this many more rounds.
    fn run(&self, rounds: usize) {
        let mut done = self.rounds.lock().unwrap();
        let goals = done.map(|done| done + rounds + 1);
        while done.iter().zip(&goals).any(|(done, goal)| done < goal) && !self.is_over() {
            done = self.one_more.wait(done).unwrap();
        }
        assert!(!self.is_over(), "a worker failed");
    }

    fn set(&self, end: &AtomicUsize, step: usize) {
        end.store(step, Ordering::SeqCst);
        self.run(2);
    }

    fn is_over(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }
}

/// Stops all workers, even if one of them or the operator fails.
struct StopsAll<'a>(&'a Rollout);

impl Drop for StopsAll<'_> {
    fn drop(&mut self) {
        self.0.stop.store(true, Ordering::SeqCst);
        // Wait for the lock, so that no worker is between checking `stop` and waiting.
        drop(self.0.rounds.lock());
        self.0.one_more.notify_all();
    }
}

/// An owner whose requests go to the instances in turn, whatever their rings are.
struct Worker<'a> {
    rollout: &'a Rollout,
    account: AccountId,
    clock: Arc<TestClock>,
    instances: [Instance; 4],
    turn: usize,
    phone: Phone,
}

impl<'a> Worker<'a> {
    fn enrolled(rollout: &'a Rollout, store: &Arc<JsonStore>, name: String, seed: u64) -> Self {
        let (account, clock) = (AccountId::new(name).unwrap(), TestClock::at(START));
        let instances =
            [0, 1, 2, 3].map(|step| instance(store.clone(), &clock, ring(step), 4 * seed + step as u64 + 1));
        let proof = PasswordVerified::by_host(instances[0].check_password(&account));
        let begun = instances[0].begin_enrollment(proof, "alice").unwrap();
        let phone = Phone::scan(&begun.uri);
        let _ = instances[0].confirm_enrollment(&begun.token, &phone.code(clock.now())).unwrap();
        Self { rollout, account, clock, instances, turn: 0, phone }
    }

    fn next(&mut self) -> &Instance {
        let oldest = self.rollout.oldest.load(Ordering::SeqCst);
        let newest = self.rollout.newest.load(Ordering::SeqCst);
        self.turn += 1;
        &self.instances[oldest + self.turn % (newest - oldest + 1)]
    }

    fn password(&mut self) -> PasswordVerified {
        let account = self.account.clone();
        PasswordVerified::by_host(self.next().check_password(&account))
    }

    /// The next code of the phone.
    fn code(&self) -> String {
        self.clock.advance(STEP);
        self.phone.code(self.clock.now())
    }

    /// A complete login by code on a device that is then remembered. One instance opens the challenge, another checks the code.
    fn log_in(&mut self) -> (Session, DeviceToken) {
        let proof = self.password();
        let challenge = code_required(self.next().password_verified(proof, None).unwrap());
        let code = self.code();
        let remember = Remember::ThisDevice { label: "a browser" };
        let accepted = self.next().present(&challenge, &code, remember).unwrap();
        (accepted.authenticated.into_session(), accepted.device.unwrap())
    }

    /// A login by code, one on the remembered device, a step-up, and a new phone instead of this one.
    fn round(&mut self) {
        let (mut session, device) = self.log_in();
        // After the grace period, so that the device's token is replaced.
        self.clock.advance(4 * STEP);
        let proof = self.password();
        let _ = complete(self.next().password_verified(proof, Some(device.expose())).unwrap());
        let code = self.code();
        session.elevate(&self.next().fresh_factor(&session, &code).unwrap());
        assert!(self.next().is_current(&session).unwrap());

        let (proof, code, account) = (self.password(), self.code(), self.account.clone());
        let proof = self.next().reauthenticate(&session, proof, &code).unwrap();
        let bound = self.next().status(&account).unwrap().authenticators[0].id;
        let new = NewAuthenticator::app("alice").replacing(bound);
        let begun = self.next().begin_enrollment(proof, new).unwrap();
        self.phone = Phone::scan(&begun.uri);
        let code = self.code();
        let _ = self.next().confirm_enrollment(&begun.token, &code).unwrap();
    }

    fn work(&mut self, number: usize) {
        let _stops_all = StopsAll(self.rollout);
        let mut is_a_month_later = false;
        while !self.rollout.is_over() {
            if !is_a_month_later && self.rollout.month.load(Ordering::SeqCst) {
                is_a_month_later = true;
                self.clock.advance(days(30));
            }
            self.round();
            self.rollout.rounds.lock().unwrap()[number] += 1;
            self.rollout.one_more.notify_all();
        }
    }
}

#[test]
fn o01_keys_rotated_under_load_lock_nobody_out() {
    let (rollout, store) = (Rollout::default(), Arc::new(JsonStore::default()));
    let worker = |name: String, seed: usize| Worker::enrolled(&rollout, &store, name, seed as u64);
    let mut workers: Vec<_> = (0..WORKERS).map(|number| worker(format!("busy-{number}"), number)).collect();
    let mut idle: Vec<_> =
        (0..IDLE).map(|number| worker(format!("idle-{number}"), WORKERS + number)).collect();
    let operator = instance(store.clone(), &TestClock::at(START), ring(2), 1_000);
    assert_eq!(keys_in(&store), [OLD]);

    thread::scope(|scope| {
        let threads: Vec<_> = workers
            .iter_mut()
            .enumerate()
            .map(|(number, worker)| scope.spawn(move || worker.work(number)))
            .collect();
        let stops_all = StopsAll(&rollout);
        rollout.run(1);
        // Every instance can open and verify with the new key before any seals and signs with it.
        rollout.set(&rollout.newest, 1);
        rollout.set(&rollout.oldest, 1);
        rollout.set(&rollout.newest, 2);
        rollout.set(&rollout.oldest, 2);
        assert!(keys_in(&store).contains(&OLD), "no row has the old key before the walk");
        assert!(walk(&operator).unwrap() >= IDLE);
        assert_eq!(walk(&operator).unwrap(), 0, "a row was sealed with the old key after the walk");
        assert_eq!(keys_in(&store), [NEW]);
        rollout.month.store(true, Ordering::SeqCst);
        rollout.run(1);
        rollout.set(&rollout.newest, 3);
        rollout.set(&rollout.oldest, 3);
        drop(stops_all);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    // Owners who did not log in during the rotation log in without the old key.
    for worker in workers.iter_mut().chain(&mut idle) {
        let _ = worker.log_in();
    }
    assert_eq!(keys_in(&store), [NEW]);
}

#[test]
fn o01_a_walk_that_was_interrupted_is_walked_again() {
    let store = Arc::new(JsonStore::default());
    let rollout = Rollout::default();
    for number in 0..IDLE {
        let _ = Worker::enrolled(&rollout, &store, format!("idle-{number}"), number as u64);
    }
    let operator = instance(store.clone(), &TestClock::at(START), ring(2), 1_000);
    // The walk got as far as the fourth row.
    for account in store.accounts_after(None, 4) {
        assert!(operator.reseal(&account).unwrap());
        // A second time changes nothing.
        assert!(!operator.reseal(&account).unwrap());
    }
    assert_eq!(keys_in(&store), [OLD, NEW]);
    assert_eq!(walk(&operator).unwrap(), IDLE - 4);
    let written = store.written().len();
    assert_eq!(walk(&operator).unwrap(), 0);
    assert_eq!(store.written().len(), written, "a walk over resealed rows wrote something");
    assert_eq!(keys_in(&store), [NEW]);
    // An account without a row gets no row.
    assert!(!operator.reseal(&AccountId::new("nobody").unwrap()).unwrap());
    assert_eq!(store.written().len(), written);
}

#[test]
fn o01_an_instance_that_still_seals_with_the_old_key_undoes_the_walk() {
    let (world, phone) = enrolled();
    let operator = on(&world, 2);
    assert_eq!(walk(&operator.verifier).unwrap(), 1);
    // It has the new key as a retired one, and seals each row that it writes with the old one.
    let _ = on(&world, 1).log_in(&phone);
    assert_eq!(keys_in(world.verifier.store()), [OLD]);
    assert_eq!(walk(&operator.verifier).unwrap(), 1);
    assert_eq!(keys_in(world.verifier.store()), [NEW]);
}

#[test]
fn o01_resealing_a_row_changes_nothing_else() {
    let (world, phone) = enrolled();
    let device = world.remember(&phone);
    let session = world.log_in(&phone).authenticated.into_session();
    let challenge = world.challenge();
    let begun = world.verifier.begin_enrollment(world.fresh(&phone), "alice").unwrap();
    let wrong = phone.wrong_code(world.now());
    let _ = refusal(world.verifier.present(&challenge, &wrong, Remember::No)).unwrap_err();
    let (before, _) = (text(&world), world.events.take());

    let world = on(&world, 2);
    assert!(world.verifier.reseal(&world.account).unwrap());
    let without_secret = |text: &str| {
        let mut row: Value = serde_json::from_str(text).unwrap();
        (row["record"]["authenticators"][0]["prover"]["app"]["secret"]["sealed"].take(), row)
    };
    let ((sealed_before, before), (sealed, after)) = (without_secret(&before), without_secret(&text(&world)));
    assert_ne!(sealed, sealed_before);
    assert_eq!(after, before);
    assert!(world.events.take().is_empty(), "resealing caused an event");

    assert!(world.is_current(&session));
    let _ = complete(world.login_on(&device));
    let _ = world.verifier.present(&challenge, &phone.code(world.now()), Remember::No).unwrap();
    let other = Phone::scan(&begun.uri);
    let _ = world.verifier.confirm_enrollment(&begun.token, &other.code(world.now())).unwrap();
}

/// A store that runs something once between a load and the write after it.
struct Meanwhile {
    rows: Arc<JsonStore>,
    happens: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl BlockingStore for Meanwhile {
    type Error = serde_json::Error;

    fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, serde_json::Error> {
        let row = BlockingStore::load(&*self.rows, account);
        let happens = self.happens.lock().unwrap().take();
        if let Some(happens) = happens {
            happens();
        }
        row
    }

    fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, serde_json::Error> {
        BlockingStore::compare_and_swap(&*self.rows, account, change)
    }
}

#[test]
fn o01_a_login_during_the_walk_is_not_undone() {
    let (world, phone) = enrolled();
    let challenge = world.challenge();
    let code = phone.code(world.now());
    // After the operator has read the row, an instance that still seals with the old key lets somebody in.
    let login = {
        let (world, challenge, code) = (on(&world, 1), challenge.clone(), code.clone());
        move || drop(world.verifier.present(&challenge, &code, Remember::No).unwrap())
    };
    let rows = world.verifier.store().clone();
    let store = Meanwhile { rows, happens: Mutex::new(Some(Box::new(login))) };
    let operator = instance(store, &world.clock, ring(2), 1_000);
    assert!(operator.reseal(&world.account).unwrap());
    assert_eq!(keys_in(world.verifier.store()), [NEW]);

    let world = on(&world, 2);
    let again = |challenge| refusal(world.verifier.present(challenge, &code, Remember::No)).unwrap_err();
    assert_eq!(again(&challenge), second_factor::Refusal::AlreadyDone);
    assert_eq!(again(&world.challenge()), second_factor::Refusal::NotAccepted);
}

#[test]
fn o02_a_row_whose_key_is_missing_is_an_error_and_stays() {
    let (world, phone) = enrolled();
    let before = text(&world);
    let unknown = |answer: Result<bool, Fault>| {
        let why = answer.unwrap_err();
        let Error::Session(SessionError::Seal(SealError::UnknownKey { key })) = why else {
            panic!("{why:?}")
        };
        key
    };
    // The old key is removed too early.
    let early = on(&world, 3);
    assert_eq!(unknown(early.verifier.reseal(&world.account)), OLD);
    assert_eq!(text(&world), before);

    // One of two authenticators has a lost key, the other one a key that exists: the row stays unchanged, in either order.
    let fresh = world.fresh(&phone);
    let begun = world.verifier.begin_enrollment(fresh, "alice").unwrap();
    let other = Phone::scan(&begun.uri);
    let _ = world.verifier.confirm_enrollment(&begun.token, &other.code(world.now())).unwrap();
    let under_old: Value = serde_json::from_str(&text(&world)).unwrap();
    assert!(on(&world, 2).verifier.reseal(&world.account).unwrap());
    let under_new: Value = serde_json::from_str(&text(&world)).unwrap();
    let third = KeyRing::new(3, SealingKey::new([9; 32])).with_retired(NEW, SealingKey::new([8; 32]));
    let operator = instance(world.verifier.store().clone(), &world.clock, third, 1_000);
    for lost in [0, 1] {
        let mut row = under_new.clone();
        row["record"]["authenticators"][lost] = under_old["record"]["authenticators"][lost].clone();
        world.verifier.store().put(&world.account, &row.to_string());
        assert_eq!(unknown(operator.reseal(&world.account)), OLD);
        assert_eq!(text(&world), row.to_string());
        assert_eq!(keys_in(world.verifier.store()), [OLD, NEW]);
    }
    // With the old key back, everything works again.
    let ring = KeyRing::new(3, SealingKey::new([9; 32]))
        .with_retired(NEW, SealingKey::new([8; 32]))
        .with_retired(OLD, SealingKey::new([7; 32]));
    let operator = instance(world.verifier.store().clone(), &world.clock, ring, 1_001);
    assert!(operator.reseal(&world.account).unwrap());
    assert_eq!(keys_in(world.verifier.store()), [3]);
    world.clock.advance(STEP);
    for phone in [phone, other] {
        let proof = PasswordVerified::by_host(operator.check_password(&world.account));
        let Login::CodeRequired(challenge) = operator.password_verified(proof, None).unwrap() else {
            panic!("no code was asked for")
        };
        let _ = operator.present(&challenge, &phone.code(world.now()), Remember::No).unwrap();
    }
}
