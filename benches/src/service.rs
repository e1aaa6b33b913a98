use core::convert::Infallible;
use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use second_factor::session::{EnrollmentBegun, Keys, Policy};
use second_factor::store::{BlockingStore, Change, Expected, Revision, Swap, Versioned};
use second_factor::verifier::Clock;
use second_factor::{
    Accepted, AccountId, AccountRecord, BlockingVerifier, ChallengeToken, DeviceToken, Login, MemoryStore,
    PasswordVerified, Remember, Totp, TotpParams, UnixTime,
};

/// A service with one account whose owner has an authenticator, on a [`MemoryStore`].
pub struct Service {
    /// What is measured.
    pub verifier: BlockingVerifier<Arc<MemoryStore>>,
    /// The store below it.
    pub store: Arc<MemoryStore>,
    /// The account.
    pub account: AccountId,
    /// The codes shown at the end of the enrollment.
    pub recovery_codes: Vec<String>,
    clock: Arc<HandClock>,
    phone: Totp,
    /// The revision of the last record that `put` stored. It has the highest bit set, which revisions of the
    /// verifier do not have.
    revision: AtomicU64,
}

impl Service {
    /// Enrolls the owner under these keys.
    ///
    /// # Panics
    ///
    /// If that fails.
    pub fn enrolled(keys: impl Into<Keys>) -> Self {
        let entropy = Mutex::new(Dice(1));
        let store = Arc::new(MemoryStore::new());
        let clock = Arc::new(HandClock(AtomicU64::new(1_700_000_010)));
        let policy = Policy::new("Example").expect("an issuer");
        let verifier = BlockingVerifier::with_sources(store.clone(), policy, keys, clock.clone(), entropy);
        let account = AccountId::new("alice").expect("an id");
        let proof = PasswordVerified::by_host(verifier.check_password(&account));
        let EnrollmentBegun { uri, token, .. } =
            verifier.begin_enrollment(proof, "alice@example.com").expect("no authenticator yet");
        let phone = Totp::new(uri.secret(), TotpParams::default());
        let confirmed =
            verifier.confirm_enrollment(&token, &typed(&phone, clock.now())).expect("the right code");
        let (recovery_codes, _) = confirmed.into_parts();
        let recovery_codes = recovery_codes.expect("the first authenticator");
        let recovery_codes = recovery_codes.iter().map(|code| code.to_text().expose().to_owned()).collect();
        Self { verifier, store, account, recovery_codes, clock, phone, revision: AtomicU64::new(1 << 63) }
    }

    /// Waits for one time step, and makes the password step in a browser that is not remembered.
    ///
    /// # Panics
    ///
    /// If no code is asked for.
    pub fn challenge(&self) -> ChallengeToken {
        self.wait(30);
        match self.log_in(None) {
            Login::CodeRequired(challenge) => challenge,
            other => panic!("no code asked for: {other:?}"),
        }
    }

    /// Waits for one time step, logs in with a code, and has the device remembered.
    ///
    /// # Panics
    ///
    /// If that fails.
    pub fn remember(&self) -> DeviceToken {
        let challenge = self.challenge();
        let accepted = self.present(&challenge, &self.code(), Remember::ThisDevice { label: "Firefox" });
        accepted.device.expect("the policy remembers devices")
    }

    /// Moves the clock forward by `secs` seconds.
    pub fn wait(&self, secs: u64) {
        self.clock.0.fetch_add(secs, Ordering::Relaxed);
    }

    /// The record as it is stored.
    ///
    /// # Panics
    ///
    /// If the store fails.
    pub fn record(&self) -> AccountRecord {
        self.row().value
    }

    /// Stores this record in place of the current one.
    ///
    /// # Panics
    ///
    /// If the store fails.
    pub fn put(&self, record: &AccountRecord) {
        let expected = Expected::At(self.row().revision);
        let revision = Revision::new(self.revision.fetch_add(1, Ordering::Relaxed));
        let change = Change::new(expected, revision, record, &[]);
        let swap = self.store.compare_and_swap(&self.account, change).expect("a store in memory");
        assert_eq!(swap, Swap::Stored, "one thread");
    }

    fn row(&self) -> Versioned<AccountRecord> {
        self.store.load(&self.account).expect("a store in memory").expect("an account that enrolled")
    }

    /// The password step.
    ///
    /// # Panics
    ///
    /// If the store fails.
    pub fn log_in(&self, device: Option<&str>) -> Login {
        let proof = PasswordVerified::by_host(self.verifier.check_password(&self.account));
        self.verifier.password_verified(proof, device).expect("a store in memory")
    }

    /// The code that the owner reads off the phone now.
    pub fn code(&self) -> String {
        typed(&self.phone, self.clock.now())
    }

    /// The second step, with the right code.
    ///
    /// # Panics
    ///
    /// If it is refused.
    pub fn present(&self, challenge: &ChallengeToken, code: &str, remember: Remember<'_>) -> Accepted {
        self.verifier.present(challenge, code, remember).expect("the right code")
    }
}

/// The code that the phone shows. Memcheck treats it as public, since it is typed.
fn typed(phone: &Totp, now: UnixTime) -> String {
    let code = phone.generate(now).expose().to_owned();
    crate::valgrind::make_defined(code.as_bytes());
    code
}

/// A clock that is set by hand.
struct HandClock(AtomicU64);

impl Clock for HandClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_secs(self.0.load(Ordering::Relaxed))
    }
}

/// Reproducible random bytes (`SplitMix64`), so that every run does the same.
pub struct Dice(pub u64);

impl Dice {
    /// The next 64 bits.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let word = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }
}

impl rand_core::TryRng for Dice {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.roll() >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.roll())
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Infallible> {
        for chunk in to.chunks_mut(8) {
            chunk.copy_from_slice(&self.roll().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Dice {}
