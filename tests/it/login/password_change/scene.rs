//! A host, its users' passwords, and an account whose password is changed.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::{Arc, LazyLock, Mutex};

use second_factor::session::{
    EndOtherSessions, EnrollmentToken, HostAuthenticatorVerified, Reauthenticated, SealingKey,
};
use second_factor::store::{Change, Expected, MemoryStoreError, Revision, Swap, Versioned};
use second_factor::testing::{Faulty, FaultyError};
use second_factor::verifier::{ChangePasswordError, Clock};
use second_factor::{
    AccountId, AccountRecord, BlockingStore, ChallengeToken, DeviceToken, FreshFactor, KeyRing, MemoryStore,
    PasswordReset, PasswordVerified, Policy, Refusal, Session, Store, UnixTime, Verifier,
};
use serde_json::Value;

use crate::login::schedule::{GiveWay, finish};
use crate::support::{DAY, PASSKEY, Phone, TestClock, TestRng, World, complete};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Password {
    Old,
    New,
    Third,
}

/// The proof with which a password is changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Proof {
    Reauthenticated,
    Reset,
}

/// Whether the host stops a write after 30 seconds, as the manual requires.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Host {
    Bounded,
    Slow,
}

/// Yields before each call.
#[derive(Debug)]
pub struct Stepped(pub Arc<MemoryStore>);

impl Store for Stepped {
    type Error = MemoryStoreError;

    async fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, MemoryStoreError> {
        GiveWay::default().await;
        BlockingStore::load(&*self.0, account)
    }

    async fn compare_and_swap(
        &self,
        account: &AccountId,
        change: Change<'_>,
    ) -> Result<Swap, MemoryStoreError> {
        GiveWay::default().await;
        BlockingStore::compare_and_swap(&*self.0, account, change)
    }
}

pub type OfChange = Verifier<Faulty<Stepped>>;
pub type Changed = Result<EndOtherSessions, ChangePasswordError<FaultyError<MemoryStoreError>, &'static str>>;

/// What was handed out, and with which password.
#[derive(Default)]
pub struct Issued {
    pub sessions: Vec<(Password, Session)>,
    pub challenges: Vec<(Password, ChallengeToken)>,
    /// Bound by somebody who typed this password.
    pub bound: Vec<(Password, Bound)>,
    pub fresh: Vec<FreshFactor>,
    pub refusals: BTreeSet<Refused>,
}

/// An authenticator that was bound at the same time as a change.
pub enum Bound {
    Phone(Phone),
    Passkey,
}

/// The name of a refusal.
pub type Refused = String;

pub struct Scene {
    /// The verifier of the change alone: its store fails as planned.
    pub of_change: Rc<OfChange>,
    pub verifier: Rc<Verifier<Stepped>>,
    /// A verifier that does not yield, to inspect the account.
    pub at_once: Verifier<MemoryRows>,
    pub clock: Arc<TestClock>,
    pub account: AccountId,
    pub base: &'static Base,
    pub host: Host,
    in_force: Rc<Cell<Password>>,
    pub issued: Rc<RefCell<Issued>>,
    /// The result of the change, once there is one.
    pub changed: Rc<RefCell<Option<Changed>>>,
    /// When the change wrote the hash.
    pub written_at: Rc<Cell<Option<UnixTime>>>,
    /// The mark after the last step, and the one that the change left.
    pub mark: RefCell<Value>,
    pub own_mark: RefCell<Value>,
}

/// A shared memory store.
#[derive(Debug, Clone)]
pub struct MemoryRows(Arc<MemoryStore>);

impl Store for MemoryRows {
    type Error = MemoryStoreError;

    async fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, MemoryStoreError> {
        BlockingStore::load(&*self.0, account)
    }

    async fn compare_and_swap(
        &self,
        account: &AccountId,
        change: Change<'_>,
    ) -> Result<Swap, MemoryStoreError> {
        BlockingStore::compare_and_swap(&*self.0, account, change)
    }
}

/// The account before each run.
pub struct Base {
    record: AccountRecord,
    pub now: UnixTime,
    pub phone: Phone,
    /// The session of the owner, who makes the change, and that of somebody else.
    pub own: Session,
    pub other: Session,
    pub device: Option<DeviceToken>,
    pub challenge: Option<ChallengeToken>,
    /// Begun before the change, and the phone that scanned it.
    pub enrollment: (EnrollmentToken, Phone),
}

static WITH_FACTOR: LazyLock<Base> = LazyLock::new(|| {
    let (world, phone, _) = World::enrolled();
    world.bind_passkey(&phone);
    let device = world.remember(&phone);
    let [own, other] = [(); 2].map(|()| world.log_in(&phone).authenticated.into_session());
    let begun = world.verifier.begin_enrollment(world.fresh(&phone), world.in_place_of_first()).unwrap();
    Base {
        record: world.record(),
        now: world.now(),
        own,
        other,
        device: Some(device),
        challenge: Some(world.challenge()),
        enrollment: (begun.token, Phone::scan(&begun.uri)),
        phone,
    }
});

static WITHOUT_FACTOR: LazyLock<Base> = LazyLock::new(|| {
    let world = World::new();
    world.clock.advance(DAY);
    let [own, other] = [(); 2].map(|()| complete(world.login()).authenticated.into_session());
    let begun = world.begin();
    let phone = Phone::scan(&begun.uri);
    Base {
        record: world.record(),
        now: world.now(),
        own,
        other,
        device: None,
        challenge: None,
        enrollment: (begun.token, phone.clone()),
        phone,
    }
});

impl Scene {
    pub fn new(has_factor: bool, host: Host) -> Self {
        let base: &'static Base = if has_factor { &WITH_FACTOR } else { &WITHOUT_FACTOR };
        let rows = Arc::new(MemoryStore::new());
        let account = base.record.account().clone();
        if has_factor {
            let change = Change::new(Expected::Absent, Revision::new(1), &base.record, &[]);
            assert_eq!(BlockingStore::compare_and_swap(&*rows, &account, change).unwrap(), Swap::Stored);
        }
        let clock = TestClock::at(base.now);
        let policy = || Policy::new("Example").unwrap();
        let keys = || KeyRing::new(1, SealingKey::new([7; 32]));
        let rng = |seed| Mutex::new(TestRng(seed));
        let of_change = Faulty::new(Stepped(rows.clone()));
        Self {
            of_change: Rc::new(Verifier::with_sources(of_change, policy(), keys(), clock.clone(), rng(2))),
            verifier: Rc::new(Verifier::with_sources(
                Stepped(rows.clone()),
                policy(),
                keys(),
                clock.clone(),
                rng(3),
            )),
            at_once: Verifier::with_sources(MemoryRows(rows), policy(), keys(), clock.clone(), rng(4)),
            clock,
            account,
            base,
            host,
            in_force: Rc::new(Cell::new(Password::Old)),
            issued: Rc::default(),
            changed: Rc::default(),
            written_at: Rc::default(),
            mark: RefCell::new(Value::Null),
            own_mark: RefCell::new(Value::Null),
        }
    }

    pub fn now(&self) -> UnixTime {
        self.clock.now()
    }

    /// A proof of the passkey.
    pub fn signed(&self, challenge: &[u8]) -> HostAuthenticatorVerified {
        HostAuthenticatorVerified::by_host(self.account.clone(), PASSKEY, challenge)
    }

    pub fn in_force(&self) -> Password {
        self.in_force.get()
    }

    /// Replaces this hash and no other.
    pub fn write(&self, old: Password, new: Password) -> Result<(), &'static str> {
        replace(&self.in_force, old, new)
    }

    /// The hashes, shared with an actor.
    pub fn hashes(&self) -> Rc<Cell<Password>> {
        self.in_force.clone()
    }

    pub fn is_current(&self, session: &Session) -> bool {
        finish(self.at_once.is_current(session)).unwrap()
    }

    pub fn record(&self) -> Value {
        let row = finish(Store::load(self.at_once.store(), &self.account)).unwrap();
        row.map_or(Value::Null, |row| serde_json::to_value(row.value).unwrap()["record"].clone())
    }

    pub fn password(&self) -> PasswordVerified {
        PasswordVerified::by_host(finish(self.at_once.check_password(&self.account)))
    }

    pub fn reset(&self) -> PasswordReset {
        PasswordReset::by_host(finish(self.at_once.check_password(&self.account)))
    }

    pub fn reauthenticated(&self) -> Reauthenticated {
        let code =
            if self.base.challenge.is_some() { self.base.phone.code(self.now()) } else { String::new() };
        finish(self.at_once.reauthenticate(&self.base.own, self.password(), &code)).unwrap()
    }

    /// The password step with the present password, without a device.
    pub fn log_in(&self) -> Result<second_factor::Login, Refusal> {
        finish(self.at_once.password_verified(self.password(), None))
            .map_err(|error| error.refusal().unwrap())
    }
}

pub fn replace(hash: &Cell<Password>, old: Password, new: Password) -> Result<(), &'static str> {
    if hash.get() != old {
        return Err("another hash is stored");
    }
    hash.set(new);
    Ok(())
}
