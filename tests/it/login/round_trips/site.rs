//! An account with everything that the calls need, on a store that counts.

use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use second_factor::enrollment::ImportedSecret;
use second_factor::session::{
    AdministratorReset, AuthenticatorId, EnrollmentBegun, Import, Presented, Reauthenticated,
};
use second_factor::store::{Change, MemoryStoreError, Swap, Versioned};
use second_factor::testing::Faulty;
use second_factor::{
    AccountId, AccountRecord, BlockingStore, ChallengeToken, DeviceToken, FreshFactor, MemoryStore,
    PasswordReset, PasswordVerified, Policy, Refusal, Remember, Secret, Session, TotpParams,
};

use crate::support::{Phone, STEP, World, refusal};

/// Counts the writes that are requested.
#[derive(Debug, Default)]
pub struct Counted {
    rows: MemoryStore,
    writes: AtomicUsize,
}

impl BlockingStore for Counted {
    type Error = MemoryStoreError;

    fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, MemoryStoreError> {
        BlockingStore::load(&self.rows, account)
    }

    fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, MemoryStoreError> {
        self.writes.fetch_add(1, Ordering::SeqCst);
        BlockingStore::compare_and_swap(&self.rows, account, change)
    }
}

/// An account with everything that the calls need.
pub struct Site {
    pub world: World<Arc<Faulty<Counted>>>,
    pub phone: Phone,
    pub codes: Vec<String>,
    pub device: DeviceToken,
}

pub fn store() -> Arc<Faulty<Counted>> {
    Arc::new(Faulty::new(Counted::default()))
}

impl Site {
    /// The device is past its grace period, so that its next use replaces the token.
    pub fn enrolled() -> Self {
        let world = World::over(store(), Policy::new("Example").unwrap());
        let (phone, codes) = world.enroll();
        let device = world.remember(&phone);
        world.clock.advance(4 * STEP);
        Self { world, phone, codes, device }
    }

    pub fn code(&self) -> String {
        self.phone.code(self.world.now())
    }

    pub fn wrong_code(&self) -> String {
        self.phone.wrong_code(self.world.now())
    }

    /// Uses up a code.
    pub fn fresh(&self) -> FreshFactor {
        self.world.fresh(&self.phone)
    }

    pub fn reauthenticated(&self) -> Reauthenticated {
        let session = self.world.session(1);
        self.world.verifier.reauthenticate(&session, self.world.password(), &self.code()).unwrap()
    }

    pub fn begun(&self) -> EnrollmentBegun {
        self.world.verifier.begin_enrollment(self.fresh(), "alice").unwrap()
    }

    /// Binds a passkey in addition to the phone and changes nothing else.
    pub fn with_passkey(&self) -> AuthenticatorId {
        self.world.bind_passkey(&self.phone)
    }

    /// An account from another system, with a recovery code named "one".
    pub fn imported() -> Self {
        let site = Self { world: World::over(store(), Policy::new("Example").unwrap()), ..Self::enrolled() };
        let import = site.import().recovery_codes(["one"]).unwrap();
        let _ = site.world.verifier.import(import).unwrap();
        site
    }

    pub fn import(&self) -> Import {
        let secret = ImportedSecret::new(Secret::new(&[0x5a; 20]).unwrap()).unwrap();
        Import::by_host(self.world.account.clone(), secret, TotpParams::default())
    }

    pub fn reset(&self) -> PasswordReset {
        PasswordReset::by_host(self.world.verifier.check_password(&self.world.account))
    }

    pub fn administrator(&self) -> AdministratorReset {
        let administrator = AccountId::new("administrator").unwrap();
        AdministratorReset::by_host(self.world.account.clone(), &administrator).unwrap()
    }

    pub fn spend_the_budget(&self) {
        let challenges: Vec<_> = (0..5).map(|_| self.world.challenge()).collect();
        for (n, wrong) in self.phone.wrong_codes(self.world.now()).take(20).enumerate() {
            let _ = self.present(&challenges[n % 5], &wrong);
        }
    }

    pub fn present<'a>(
        &self,
        challenge: &ChallengeToken,
        presented: impl Into<Presented<'a>>,
    ) -> Result<(), Refusal> {
        refusal(self.world.verifier.present(challenge, presented, Remember::No)).map(drop)
    }

    /// The calls to the store that `call` makes, and the writes among them.
    pub fn cost(&self, call: impl FnOnce()) -> (usize, usize) {
        let store = self.world.verifier.store();
        store.plan([]);
        let before = store.inner().writes.load(Ordering::SeqCst);
        call();
        (store.calls(), store.inner().writes.load(Ordering::SeqCst) - before)
    }

    pub fn challenge(&self) -> ChallengeToken {
        self.world.challenge()
    }

    pub fn password(&self) -> PasswordVerified {
        self.world.password()
    }

    pub fn session(&self) -> Session {
        self.world.session(1)
    }
}

/// A call on an account of its own: its name, how to measure it, and its expected cost.
pub type Row = (&'static str, fn() -> (usize, usize), (usize, usize));

/// The cost of `call`, without that of making its arguments.
pub fn with<T>(make: fn(&Site) -> T, call: fn(&Site, T)) -> (usize, usize) {
    let site = Site::enrolled();
    let taken = make(&site);
    site.cost(|| call(&site, taken))
}

/// The same on an account from another system.
pub fn with_import<T>(make: fn(&Site) -> T, call: fn(&Site, T)) -> (usize, usize) {
    let site = Site::imported();
    let taken = make(&site);
    site.cost(|| call(&site, taken))
}

pub fn on(site: &Site, proof: PasswordVerified, device: Option<&str>) {
    let _ = site.world.verifier.password_verified(proof, device).unwrap();
}
