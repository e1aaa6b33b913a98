//! Accounts with a second factor: one authenticator, ten recovery codes, five remembered devices.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use second_factor::{
    AccountId, Change, Clock, Expected, KeyRing, Login, MemoryStore, OsEntropy, PasswordVerified, Policy,
    Remember, SealingKey, Store, Swap, Totp, UnixTime, Verifier,
};

use crate::Outcome;

/// The time between two logins of an account.
const PAUSE: Duration = Duration::from_secs(5 * 60);

/// A clock that each login sets, so that each has a fresh code.
#[derive(Clone, Default)]
pub struct SetClock(Arc<AtomicU64>);

impl Clock for SetClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_secs(self.0.load(Ordering::Relaxed))
    }
}

/// An account, its phone and its time.
pub struct Subject {
    pub id: AccountId,
    phone: Totp,
    now: UnixTime,
    /// The records that the last two logins stored, for a client that writes them in turn. They differ as much as the records of
    /// any two logins. This matters because a database may log only the differences.
    rows: [String; 2],
}

impl Subject {
    /// The record that another login stores.
    pub fn next_row(&mut self) -> (&AccountId, &str) {
        self.rows.reverse();
        (&self.id, &self.rows[0])
    }
}

/// A service over the store.
pub struct Service<S> {
    pub verifier: Verifier<S>,
    clock: SetClock,
}

impl<S: Store> Service<S> {
    pub fn new(store: S) -> Outcome<Self> {
        let clock = SetClock::default();
        let ring = KeyRing::new(1, SealingKey::new([7; 32]));
        let policy = Policy::new("Example")?;
        Ok(Self { verifier: Verifier::with_sources(store, policy, ring, clock.clone(), OsEntropy), clock })
    }

    async fn enroll(&self, id: AccountId) -> Outcome<Subject> {
        let now = UnixTime::from_secs(1_700_000_010);
        self.clock.0.store(now.as_secs(), Ordering::Relaxed);
        let proof = PasswordVerified::by_host(self.verifier.check_password(&id).await);
        let begun = self.verifier.begin_enrollment(proof, "alice").await?;
        let phone = Totp::new(begun.uri.secret(), self.verifier.policy().totp());
        let confirmed = self.verifier.confirm_enrollment(&begun.token, phone.generate(now).expose()).await?;
        let (_, _nobody_is_logged_in) = confirmed.into_parts();
        let mut subject = Subject { id, phone, now, rows: Default::default() };
        for _ in 0..5 {
            self.log_in(&mut subject, Remember::ThisDevice { label: "Firefox on Linux" }).await?;
        }
        for number in 0..subject.rows.len() {
            self.log_in(&mut subject, Remember::No).await?;
            subject.rows[number] = self.row(&subject.id).await?;
        }
        Ok(subject)
    }

    async fn row(&self, id: &AccountId) -> Outcome<String> {
        let row = Store::load(self.verifier.store(), id).await?.ok_or("no row")?;
        Ok(serde_json::to_string(&row.value)?)
    }

    /// The password step and the code step, a while after the last login.
    pub async fn log_in(&self, subject: &mut Subject, remember: Remember<'_>) -> Outcome<()> {
        subject.now = subject.now.saturating_add(PAUSE);
        self.clock.0.store(subject.now.as_secs(), Ordering::Relaxed);
        let proof = PasswordVerified::by_host(self.verifier.check_password(&subject.id).await);
        let Login::CodeRequired(challenge) = self.verifier.password_verified(proof, None).await? else {
            return Err("no code was asked for".into());
        };
        let code = subject.phone.generate(subject.now);
        let _ = self.verifier.present(&challenge, code.expose(), remember).await?;
        Ok(())
    }
}

/// Accounts of these numbers, in the store.
pub async fn enroll<S: Store>(store: &S, numbers: Range<u32>) -> Outcome<Vec<Subject>> {
    let mut subjects = Vec::new();
    for number in numbers {
        let service = Service::new(MemoryStore::new())?;
        // Spread over the key space by a multiplicative hash. As long as a UUID.
        let id = format!("{:08x}-0000-4000-8000-{number:012}", number.wrapping_mul(0x9e37_79b1));
        let subject = service.enroll(AccountId::new(id)?).await?;
        let row = Store::load(service.verifier.store(), &subject.id).await?.ok_or("no row")?;
        let change = Change::new(Expected::Absent, row.revision, &row.value, &[]);
        match store.compare_and_swap(&subject.id, change).await? {
            Swap::Stored => subjects.push(subject),
            Swap::Conflict => return Err("the store is not empty".into()),
        }
    }
    Ok(subjects)
}

/// The record of such an account, as it is stored.
pub async fn record() -> Outcome<String> {
    let mut subjects = enroll(&MemoryStore::new(), 0..1).await?;
    Ok(subjects.pop().ok_or("nobody")?.next_row().1.to_owned())
}

/// The events of a login, as a trail has them.
pub async fn events() -> Outcome<String> {
    let store = MemoryStore::with_trail();
    let mut subjects = enroll(&store, 0..1).await?;
    let subject = subjects.first_mut().ok_or("nobody")?;
    let service = Service::new(&store)?;
    service.log_in(subject, Remember::No).await?;
    Ok(serde_json::to_string(&store.trail(&subject.id)?)?)
}
