//! A complete service: one account, a clock that the test sets, and a log of events.

use std::sync::{Arc, Mutex};

use second_factor::session::{
    AuthenticatorId, EnrollmentBegun, HostAuthenticatorKind, HostAuthenticatorVerified, NewAuthenticator,
    NewHostAuthenticator, Policy, Remember, SealingKey,
};
use second_factor::verifier::{Clock, Error};
use second_factor::{
    Accepted, AccountId, AccountRecord, BlockingStore, BlockingVerifier, ChallengeToken, DeviceToken,
    FreshFactor, KeyRing, Login, MemoryStore, PasswordVerified, Refusal, Secret, Session, UnixTime,
};

use super::{EventLog, Phone, START, STEP, TestClock, TestRng, code_required, refusal, texts};

/// The credential id of the owner's passkey.
pub const PASSKEY: &[u8] = b"a credential id";

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

    /// With a bound authenticator. The clock has advanced by two steps, so that the next code is unused.
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

    /// The password was checked just now, and it was right.
    pub fn password(&self) -> PasswordVerified {
        self.password_of(&self.account)
    }

    pub fn password_of(&self, account: &AccountId) -> PasswordVerified {
        PasswordVerified::by_host(self.verifier.check_password(account))
    }

    pub fn begin(&self) -> EnrollmentBegun {
        self.verifier.begin_enrollment(self.password(), "alice@example.com").unwrap()
    }

    /// The authenticator that was bound first.
    pub fn first_authenticator(&self) -> AuthenticatorId {
        self.verifier.status(&self.account).unwrap().authenticators[0].id
    }

    /// Another phone to replace the authenticator that was bound first.
    pub fn in_place_of_first(&self) -> NewAuthenticator<'static> {
        NewAuthenticator::app("alice@example.com").replacing(self.first_authenticator())
    }

    /// Binds a passkey in addition to the phone. Advances the clock by a step.
    pub fn bind_passkey(&self, phone: &Phone) -> AuthenticatorId {
        let new = NewHostAuthenticator::new(PASSKEY, HostAuthenticatorKind::SoftwareKey);
        let bound = self.verifier.bind_host_authenticator(self.fresh(phone), new).unwrap();
        self.clock.advance(STEP);
        bound.authenticator()
    }

    /// The host's proof that the passkey signed this.
    pub fn signed_by_passkey(&self, signed: &str) -> HostAuthenticatorVerified {
        HostAuthenticatorVerified::by_host(self.account.clone(), PASSKEY, signed.as_bytes())
    }

    /// Enrolls the first phone, and advances the clock by two steps.
    pub fn enroll(&self) -> (Phone, Vec<String>) {
        let begun = self.begin();
        let phone = Phone::scan(&begun.uri);
        let confirmed = self.verifier.confirm_enrollment(&begun.token, &phone.code(self.now())).unwrap();
        self.clock.advance(2 * STEP);
        self.events.take();
        (phone, texts(&confirmed.into_parts().0))
    }

    /// The password step in a browser without a device cookie.
    pub fn login(&self) -> Login {
        self.verifier.password_verified(self.password(), None).unwrap()
    }

    pub fn login_on(&self, device: &DeviceToken) -> Login {
        self.verifier.password_verified(self.password(), Some(device.expose())).unwrap()
    }

    /// The challenge of the password step.
    pub fn challenge(&self) -> ChallengeToken {
        code_required(self.login())
    }

    /// A complete login with password and code. Advances the clock by a step.
    pub fn log_in(&self, phone: &Phone) -> Accepted {
        let challenge = self.challenge();
        let accepted = self.verifier.present(&challenge, &phone.code(self.now()), Remember::No).unwrap();
        self.clock.advance(STEP);
        accepted
    }

    /// A complete login on a device that is then remembered. Advances the clock by a step.
    pub fn remember(&self, phone: &Phone) -> DeviceToken {
        let challenge = self.challenge();
        let remember = Remember::ThisDevice { label: "Firefox on Linux" };
        let accepted = self.verifier.present(&challenge, &phone.code(self.now()), remember).unwrap();
        self.clock.advance(STEP);
        accepted.device.unwrap()
    }

    /// A fresh factor from the phone. Advances the clock by a step.
    pub fn fresh(&self, phone: &Phone) -> FreshFactor {
        let fresh = self.verifier.fresh_factor(&self.session(1), &phone.code(self.now())).unwrap();
        self.clock.advance(STEP);
        fresh
    }

    /// A session of the present epoch, as if read from the host's table; no code was used for it. Sessions with different
    /// numbers are different sessions.
    pub fn session(&self, number: u8) -> Session {
        let id = Secret::new(&[number; 16]).unwrap().to_base32();
        let record = serde_json::to_value(self.record()).unwrap();
        let row = serde_json::json!({
            "format": 1,
            "account": self.account,
            "epoch": record["record"]["epoch"],
            "at": self.now(),
            "first_factor": "password",
            "method": "code",
            "device": null,
            "id": id.expose(),
            "elevation": null,
        });
        serde_json::from_value(row).unwrap()
    }

    /// Whether this session is still one.
    pub fn is_current(&self, session: &Session) -> bool {
        self.verifier.is_current(session).unwrap()
    }

    /// The record as it is stored.
    pub fn record(&self) -> AccountRecord {
        let row = self.verifier.store().load(&self.account).unwrap();
        row.map_or_else(|| AccountRecord::new(self.account.clone()), |row| row.value)
    }

    /// Presents this code in a new challenge.
    pub fn present(&self, code: &str) -> Result<Accepted, Refusal> {
        refusal(self.verifier.present(&self.challenge(), code, Remember::No))
    }
}
