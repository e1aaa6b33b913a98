use std::sync::{Arc, Mutex};

use second_factor::session::SealingKey;
use second_factor::verifier::Clock;
use second_factor::{AccountId, ChallengeToken, KeyRing, PasswordVerified, Policy, UnixTime, Verifier};

use super::{EventLog, Interleaved, Phone, START, STEP, TestClock, TestRng, code_required};

/// Alice's account behind the async verifier, over a store that tasks use at the same time.
pub struct AsyncWorld {
    pub verifier: Arc<Verifier<Interleaved>>,
    pub clock: Arc<TestClock>,
    pub events: Arc<EventLog>,
    account: AccountId,
}

impl AsyncWorld {
    /// The world and the phone, a time step after the enrollment.
    pub async fn enrolled() -> (Self, Phone) {
        let (clock, events) = (TestClock::at(START), Arc::new(EventLog::default()));
        let verifier = Verifier::with_sources(
            Interleaved::default(),
            Policy::new("Example").unwrap(),
            KeyRing::new(1, SealingKey::new([7; 32])),
            clock.clone(),
            Mutex::new(TestRng(1)),
        );
        let verifier = Arc::new(verifier.with_events(events.clone()));
        let world = Self { verifier, clock, events, account: AccountId::new("alice").unwrap() };
        let begun = world.verifier.begin_enrollment(world.password().await, "alice").await.unwrap();
        let phone = Phone::scan(&begun.uri);
        let _ = world.verifier.confirm_enrollment(&begun.token, &phone.code(world.now())).await.unwrap();
        world.clock.advance(STEP);
        (world, phone)
    }

    pub fn now(&self) -> UnixTime {
        self.clock.now()
    }

    async fn password(&self) -> PasswordVerified {
        PasswordVerified::by_host(self.verifier.check_password(&self.account).await)
    }

    pub async fn challenges(&self, count: usize) -> Vec<ChallengeToken> {
        let mut challenges = Vec::new();
        for _ in 0..count {
            let login = self.verifier.password_verified(self.password().await, None).await.unwrap();
            challenges.push(code_required(login));
        }
        challenges
    }
}
