//! What an operation runs on, what it returns, and what it may change.

use std::sync::{Arc, LazyLock, Mutex};

use second_factor::enrollment::ImportedSecret;
use second_factor::session::{
    AdministratorReset, AuthenticatorId, HostAuthenticatorVerified, Import, Policy, Refusal, Remember,
};
use second_factor::store::{Change, Expected, Revision, Swap, Versioned};
use second_factor::testing::{Faulty, FaultyError};
use second_factor::verifier::Error;
use second_factor::{
    AccountId, AccountRecord, Algorithm, BlockingStore, BlockingVerifier, Digits, KeyRing, KeyUri,
    MemoryStore, Period, SealingKey, Secret, TotpParams, UnixTime,
};

use super::judge::body;
use crate::support::{Phone, STEP, TestRng, World, refusal};

/// A memory store that keeps every record that was ever stored.
#[derive(Debug, Default)]
pub struct History {
    pub rows: MemoryStore,
    pub stored: Mutex<Vec<AccountRecord>>,
}

pub type Failed = <MemoryStore as BlockingStore>::Error;

impl BlockingStore for History {
    type Error = Failed;

    fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, Failed> {
        BlockingStore::load(&self.rows, account)
    }

    fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, Failed> {
        let swap = BlockingStore::compare_and_swap(&self.rows, account, change)?;
        if swap == Swap::Stored {
            self.stored.lock().unwrap().push(change.record().clone());
        }
        Ok(swap)
    }
}

pub type Store = Arc<Faulty<History>>;
pub type Outcome = Result<Granted, Error<FaultyError<Failed>>>;

/// The result of an operation that succeeded.
#[derive(Debug)]
pub enum Granted {
    LoggedIn,
    /// A fresh factor, or a value that contains one.
    Fresh,
    /// A new authenticator is bound; with the recovery codes that were made for it.
    Bound(Vec<String>),
    /// New recovery codes.
    Codes(Vec<String>),
    /// A result that may be returned any number of times, such as a challenge, a token or a status.
    Other,
}

/// Permissions of an operation, beyond those of every operation.
#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a permission of its own")]
pub struct May {
    /// The input may succeed once.
    pub once: bool,
    /// The input is wrong, so the operation may never succeed.
    pub never: bool,
    pub bind_authenticator: bool,
    /// The number of authenticators that it may remove.
    pub lose_authenticators: usize,
    pub replace_codes: bool,
    pub restore_budget: bool,
    /// If it is interrupted, the mark of a password change may stay.
    pub interrupt: bool,
}

/// The account before each run: a phone and a passkey are bound, guesses are charged, a device is remembered.
pub struct Base {
    pub record: AccountRecord,
    pub now: UnixTime,
    pub phone: Phone,
    /// The id of the phone.
    pub first: AuthenticatorId,
    pub codes: Vec<String>,
    pub device: String,
}

pub static BASE: LazyLock<Base> = LazyLock::new(|| {
    let world = World::new();
    let (phone, codes) = world.enroll();
    world.bind_passkey(&phone);
    let device = world.remember(&phone).expose().to_owned();
    let challenge = world.challenge();
    for code in phone.wrong_codes(world.now()).take(3) {
        let refused = world.verifier.present(&challenge, &code, Remember::No);
        assert_eq!(refusal(refused).unwrap_err(), Refusal::NotAccepted);
    }
    let record = BlockingStore::load(world.verifier.store(), &world.account).unwrap().unwrap().value;
    let budget = body(&record)["budget"].clone();
    for count in ["spent", "unrefunded"] {
        assert_eq!(budget[count], 3, "{count}");
    }
    let first = world.first_authenticator();
    Base { record, now: world.now(), phone, first, codes, device }
});

pub struct Run {
    pub world: World<Store>,
    pub phone: Phone,
    pub new_phone: Option<Phone>,
}

impl Run {
    pub fn enrolled() -> Self {
        let run = Self::over(Some(&BASE.record));
        run.world.clock.set(BASE.now);
        run
    }

    /// The budget is spent, and the next codes in a row are unused.
    pub fn locked() -> Self {
        let run = Self::enrolled();
        run.world.clock.advance(4 * STEP);
        for code in run.phone.wrong_codes(run.world.now()).take(17) {
            assert!(run.world.present(&code).is_err());
        }
        let told = run.world.present(&run.code()).unwrap_err();
        assert!(matches!(told, Refusal::Locked { retry_at: Some(_) }), "{told:?}");
        run
    }

    /// The account's secrets are sealed with a retired key.
    pub fn under_a_new_key() -> Self {
        let mut run = Self::enrolled();
        let ring = KeyRing::new(2, SealingKey::new([8; 32])).with_retired(1, SealingKey::new([7; 32]));
        run.world.verifier = run.under(ring);
        run
    }

    /// A phone and recovery codes were imported from another system.
    pub fn imported() -> Self {
        let run = Self::empty();
        let import = Self::import(&run.world.account).recovery_codes(["one", "two"]).unwrap();
        let _ = run.world.verifier.import(import).unwrap();
        Self { phone: Self::imported_phone(), ..run }
    }

    pub fn import(account: &AccountId) -> Import {
        let secret = ImportedSecret::new(Secret::new(&[0x5a; 20]).unwrap()).unwrap();
        Import::by_host(account.clone(), secret, TotpParams::default())
    }

    pub fn imported_phone() -> Phone {
        let secret = Secret::new(&[0x5a; 20]).unwrap();
        let (algorithm, digits) = (Algorithm::Sha1, Digits::Six);
        let uri = KeyUri::totp("Example", "alice", secret, algorithm, digits, Period::DEFAULT);
        Phone::scan(&uri.unwrap())
    }

    pub fn empty() -> Self {
        Self::over(None)
    }

    fn over(record: Option<&AccountRecord>) -> Self {
        let history = History::default();
        if let Some(record) = record {
            let change = Change::new(Expected::Absent, Revision::new(1), record, &[]);
            assert_eq!(history.compare_and_swap(record.account(), change).unwrap(), Swap::Stored);
        }
        let mut world = World::over(Arc::new(Faulty::new(history)), Policy::new("Example").unwrap());
        // Other random numbers than those of the base account: they would repeat the ids of its challenges.
        world.verifier = under(&world, KeyRing::new(1, SealingKey::new([7; 32])));
        Self { world, phone: BASE.phone.clone(), new_phone: None }
    }

    fn under(&self, ring: KeyRing) -> BlockingVerifier<Store> {
        under(&self.world, ring)
    }

    /// A proof by the passkey, the same in each attempt.
    pub fn signed(&self) -> HostAuthenticatorVerified {
        self.world.signed_by_passkey("a challenge")
    }

    pub fn store(&self) -> &Faulty<History> {
        self.world.verifier.store()
    }

    /// An administrator's proof for this account.
    pub fn administrator(&self) -> AdministratorReset {
        let administrator = AccountId::new("administrator").unwrap();
        AdministratorReset::by_host(self.world.account.clone(), &administrator).unwrap()
    }

    pub fn code(&self) -> String {
        self.phone.code(self.world.now())
    }

    pub fn codes_in_a_row(&self) -> String {
        self.phone.codes_in_a_row(self.world.now())
    }

    pub fn wrong_code(&self) -> String {
        self.phone.wrong_code(self.world.now())
    }
}

fn under(world: &World<Store>, ring: KeyRing) -> BlockingVerifier<Store> {
    let (store, policy) = (world.verifier.store().clone(), world.verifier.policy().clone());
    BlockingVerifier::with_sources(store, policy, ring, world.clock.clone(), Mutex::new(TestRng(2)))
        .with_events(world.events.clone())
}

/// An operation with its input, which can be called repeatedly.
pub type Operation = Box<dyn FnMut(&Run) -> Outcome>;

pub struct Scenario {
    pub name: &'static str,
    pub may: May,
    pub prepare: fn() -> (Run, Operation),
}

pub fn logged_in<T>(_: T) -> Granted {
    Granted::LoggedIn
}

pub fn fresh<T>(_: T) -> Granted {
    Granted::Fresh
}

pub fn other<T>(_: T) -> Granted {
    Granted::Other
}

pub const READS: May = May {
    once: false,
    never: false,
    bind_authenticator: false,
    lose_authenticators: 0,
    replace_codes: false,
    restore_budget: false,
    interrupt: false,
};
pub const ONCE: May = May { once: true, ..READS };
pub const NEVER: May = May { never: true, ..READS };
pub const ADDS: May = May { once: true, bind_authenticator: true, ..READS };
pub const REPLACES: May = May { lose_authenticators: 1, replace_codes: true, ..ADDS };
pub const REMOVES: May = May { lose_authenticators: usize::MAX, restore_budget: true, ..READS };
pub const INTERRUPTS: May = May { interrupt: true, ..READS };
