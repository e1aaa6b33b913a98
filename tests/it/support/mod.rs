//! A service in a box for tests: one account, a clock that is set by hand, a phone, and a log of events.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

use core::convert::Infallible;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use core::time::Duration;
use std::sync::{Arc, Barrier, Mutex};

use second_factor::session::{
    AuditEvent, EnrollmentBegun, EventKind, Policy, RefusedBecause, Remember, SealingKey, StepUpToken,
};
use second_factor::store::{Expected, MemoryStoreError, Swap, Versioned};
use second_factor::verifier::{Clock, Error, EventSink};
use second_factor::{
    Accepted, AccountId, AccountRecord, BlockingStore, BlockingVerifier, ChallengeToken, DeviceToken,
    FreshFactor, KeyRing, KeyUri, Login, MemoryStore, PasswordVerified, RecoveryCodes, Refusal, Secret,
    Session, Totp, TotpParams, UnixTime,
};

/// 2023-11-14T22:13:20Z, the start of a time step.
pub const START: UnixTime = UnixTime::from_secs(1_700_000_010 / 30 * 30);

pub const STEP: Duration = Duration::from_secs(30);
pub const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub fn days(count: u64) -> Duration {
    Duration::from_secs(count * DAY.as_secs())
}

/// A clock that shows what it was set to.
#[derive(Debug)]
pub struct TestClock(AtomicU64);

impl TestClock {
    pub fn at(time: UnixTime) -> Arc<Self> {
        Arc::new(Self(AtomicU64::new(time.as_secs())))
    }

    pub fn set(&self, time: UnixTime) {
        self.0.store(time.as_secs(), Ordering::SeqCst);
    }

    pub fn advance(&self, span: Duration) {
        self.0.fetch_add(span.as_secs(), Ordering::SeqCst);
    }

    pub fn back(&self, span: Duration) {
        self.0.fetch_sub(span.as_secs(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_secs(self.0.load(Ordering::SeqCst))
    }
}

/// Reproducible bytes that differ from call to call: `SplitMix64`. For tests only.
#[derive(Debug)]
pub struct TestRng(pub u64);

impl rand_core::TryRng for TestRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|word| (word >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Ok(word ^ (word >> 31))
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Infallible> {
        for chunk in to.chunks_mut(8) {
            let word = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}

impl rand_core::TryCryptoRng for TestRng {}

/// Keeps every event.
#[derive(Debug, Default)]
pub struct EventLog(Mutex<Vec<AuditEvent>>);

impl EventSink for EventLog {
    fn record(&self, event: &AuditEvent) {
        self.0.lock().unwrap().push(event.clone());
    }
}

impl EventLog {
    /// The kinds of events since the last call.
    pub fn take(&self) -> Vec<EventKind> {
        std::mem::take(&mut *self.0.lock().unwrap()).into_iter().map(|event| event.kind).collect()
    }

    pub fn count(&self, is: impl Fn(&EventKind) -> bool) -> usize {
        self.0.lock().unwrap().iter().filter(|event| is(&event.kind)).count()
    }

    pub fn all(&self) -> Vec<AuditEvent> {
        self.0.lock().unwrap().clone()
    }
}

/// An authenticator app.
#[derive(Debug, Clone)]
pub struct Phone {
    secret: Secret,
    params: TotpParams,
}

impl Phone {
    /// Scans the key URI.
    pub fn scan(uri: &KeyUri) -> Self {
        let digits = uri.digits().expect("an ordinary authenticator");
        let period = match uri.kind() {
            second_factor::enrollment::KeyUriKind::Totp { period, .. } => period,
            other => panic!("not a TOTP authenticator: {other:?}"),
        };
        Self { secret: uri.secret().clone(), params: TotpParams::new(uri.algorithm(), digits, period) }
    }

    /// The secret in base32, as it is typed into an app.
    pub fn setup_key(&self) -> String {
        self.secret.to_base32().expose().to_owned()
    }

    /// The code that the app shows at this time.
    pub fn code(&self, at: UnixTime) -> String {
        Totp::new(&self.secret, self.params).generate(at).expose().to_owned()
    }

    /// A code that is not right at any step within a day of this time.
    pub fn wrong_code(&self, at: UnixTime) -> String {
        self.wrong_codes(at).next().unwrap()
    }

    /// Codes that are not right at any step near this time.
    pub fn wrong_codes(&self, at: UnixTime) -> impl Iterator<Item = String> {
        let right: Vec<String> = (0..41)
            .map(|n| self.code(UnixTime::from_secs((at.as_secs() + 30 * n).saturating_sub(600))))
            .collect();
        (0..1_000_000).map(|n| format!("{n:06}")).filter(move |code| !right.contains(code))
    }
}

pub type TestVerifier<S = Arc<MemoryStore>> = BlockingVerifier<S>;
pub type TestError<S = Arc<MemoryStore>> = Error<<S as BlockingStore>::Error>;

/// A service with one account.
#[derive(Debug)]
pub struct World<S: BlockingStore = Arc<MemoryStore>> {
    pub verifier: TestVerifier<S>,
    pub clock: Arc<TestClock>,
    pub events: Arc<EventLog>,
    pub account: AccountId,
}

impl World {
    pub fn new() -> Self {
        Self::with_policy(Policy::new("Example").unwrap())
    }

    pub fn with_policy(policy: Policy) -> Self {
        Self::over(Arc::new(MemoryStore::new()), policy)
    }

    /// With an authenticator bound, and the clock two steps on, so that its next code is fresh.
    pub fn enrolled() -> (Self, Phone, Vec<String>) {
        let world = Self::new();
        let (phone, codes) = world.enroll();
        (world, phone, codes)
    }

    pub fn enrolled_with(policy: Policy) -> (Self, Phone, Vec<String>) {
        let world = Self::with_policy(policy);
        let (phone, codes) = world.enroll();
        (world, phone, codes)
    }
}

impl<S: BlockingStore> World<S>
where
    S::Error: core::fmt::Debug,
{
    pub fn over(store: S, policy: Policy) -> Self {
        let clock = TestClock::at(START);
        let events = Arc::new(EventLog::default());
        let ring = KeyRing::new(1, SealingKey::new([7; 32]));
        let verifier =
            BlockingVerifier::with_sources(store, policy, ring, clock.clone(), Mutex::new(TestRng(1)))
                .with_events(events.clone());
        Self { verifier, clock, events, account: AccountId::new("alice").unwrap() }
    }

    pub fn now(&self) -> UnixTime {
        self.clock.now()
    }

    /// The same service and clock, another account.
    pub fn password(&self) -> PasswordVerified {
        PasswordVerified::by_host(self.account.clone())
    }

    pub fn begin(&self) -> EnrollmentBegun {
        self.verifier.begin_enrollment(self.password(), "alice@example.com").unwrap()
    }

    /// Enrolls a phone where none is bound, and moves on two steps.
    pub fn enroll(&self) -> (Phone, Vec<String>) {
        let begun = self.begin();
        let phone = Phone::scan(&begun.uri);
        let confirmed = self.verifier.confirm_enrollment(&begun.token, &phone.code(self.now())).unwrap();
        self.clock.advance(2 * STEP);
        self.events.take();
        (phone, texts(&confirmed.recovery_codes))
    }

    /// The password step on a device without a cookie.
    pub fn login(&self) -> Login {
        self.verifier.password_verified(self.password(), None).unwrap()
    }

    pub fn login_on(&self, device: &DeviceToken) -> Login {
        self.verifier.password_verified(self.password(), Some(device.expose())).unwrap()
    }

    /// The password step where a code is asked for.
    pub fn challenge(&self) -> ChallengeToken {
        code_required(self.login())
    }

    /// A whole login with password and code, and the clock one step on.
    pub fn log_in(&self, phone: &Phone) -> Accepted {
        let challenge = self.challenge();
        let accepted = self.verifier.present_code(&challenge, &phone.code(self.now()), Remember::No).unwrap();
        self.clock.advance(STEP);
        accepted
    }

    /// A whole login with the box ticked, and the clock one step on.
    pub fn remember(&self, phone: &Phone) -> DeviceToken {
        let challenge = self.challenge();
        let remember = Remember::ThisDevice { label: "Firefox on Linux" };
        let accepted = self.verifier.present_code(&challenge, &phone.code(self.now()), remember).unwrap();
        self.clock.advance(STEP);
        accepted.device.unwrap()
    }

    pub fn step_up_token(&self) -> StepUpToken {
        let epoch = self.epoch();
        self.verifier.begin_step_up(&self.account, epoch).unwrap()
    }

    /// A fresh factor from the phone, and the clock one step on.
    pub fn fresh(&self, phone: &Phone) -> FreshFactor {
        let fresh = self.verifier.step_up(&self.step_up_token(), &phone.code(self.now())).unwrap();
        self.clock.advance(STEP);
        fresh
    }

    /// What a session that is current would hold.
    pub fn epoch(&self) -> second_factor::Epoch {
        self.verifier
            .store()
            .load(&self.account)
            .unwrap()
            .map_or(second_factor::Epoch::NONE, |row| row.value.epoch())
    }

    /// A session of the present epoch, read from the host's table: sessions of different numbers are
    /// different sessions. No code was spent on it.
    pub fn session(&self, number: u8) -> Session {
        let id = Secret::new(&[number; 16]).unwrap().to_base32();
        let row = serde_json::json!({
            "account": self.account,
            "epoch": self.epoch(),
            "at": self.now(),
            "how": "presented",
            "id": id.expose(),
        });
        serde_json::from_value(row).unwrap()
    }

    /// The record as it is stored.
    pub fn record(&self) -> AccountRecord {
        let row = self.verifier.store().load(&self.account).unwrap();
        row.map_or_else(|| AccountRecord::new(self.account.clone()), |row| row.value)
    }

    /// What is refused, and how, when this code is presented in a fresh challenge.
    pub fn present(&self, code: &str) -> Result<Accepted, Refusal> {
        refusal(self.verifier.present_code(&self.challenge(), code, Remember::No))
    }
}

pub fn texts(codes: &RecoveryCodes) -> Vec<String> {
    codes.iter().map(|code| code.expose().expose().to_owned()).collect()
}

/// The challenge of a login that asks for a code.
#[track_caller]
pub fn code_required(login: Login) -> ChallengeToken {
    match login {
        Login::CodeRequired(challenge) => challenge,
        other => panic!("a code should be asked for, not {other:?}"),
    }
}

/// The proof of a login that asks for nothing more.
#[track_caller]
pub fn complete(login: Login) -> Accepted {
    match login {
        Login::Complete(accepted) => accepted,
        other => panic!("the login should be complete, not {other:?}"),
    }
}

/// The outcome, or the refusal; any other error is a failure of the test.
#[track_caller]
pub fn refusal<T, E: core::fmt::Debug>(result: Result<T, Error<E>>) -> Result<T, Refusal> {
    result.map_err(|error| match error {
        Error::Refused(refusal) => refusal,
        other => panic!("not a refusal but {other:?}"),
    })
}

pub fn is_refused_because(reason: RefusedBecause) -> impl Fn(&EventKind) -> bool {
    move |kind| matches!(kind, EventKind::CodeRefused { reason: found } | EventKind::RecoveryCodeRefused { reason: found } if *found == reason)
}

pub mod json_store;
/// A store in which a crowd meets: the loads that are asked for all see the same row before anybody writes.
#[derive(Debug, Default)]
pub struct Meeting {
    rows: MemoryStore,
    awaited: AtomicUsize,
    door: Mutex<Option<Arc<Barrier>>>,
}

impl Meeting {
    /// The next loads, as many as the crowd has threads, wait for one another.
    pub fn of(&self, crowd: usize) {
        *self.door.lock().unwrap() = Some(Arc::new(Barrier::new(crowd)));
        self.awaited.store(crowd, Ordering::SeqCst);
    }
}

impl BlockingStore for Meeting {
    type Error = MemoryStoreError;

    fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, MemoryStoreError> {
        let row = BlockingStore::load(&self.rows, account);
        let take_seat = |seats: usize| seats.checked_sub(1);
        if self.awaited.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take_seat).is_ok() {
            let door = self.door.lock().unwrap().clone().unwrap();
            door.wait();
        }
        row
    }

    fn compare_and_swap(
        &self,
        account: &AccountId,
        expected: Expected,
        next: &AccountRecord,
    ) -> Result<Swap, MemoryStoreError> {
        BlockingStore::compare_and_swap(&self.rows, account, expected, next)
    }
}
