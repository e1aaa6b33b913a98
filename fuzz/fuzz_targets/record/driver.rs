//! A verifier on one record, which is put into its store before each call.

use std::cell::Cell;
use std::sync::{Arc, Mutex};

use second_factor::session::{FactorStatus, Keys, SessionError};
use second_factor::store::{Change, Expected, MemoryStoreError, Revision, Swap};
use second_factor::verifier::Error;
use second_factor::{
    AccountRecord, BlockingStore, BlockingVerifier, Login, MemoryStore, PasswordVerified, Policy, Refusal,
    Session,
};
use second_factor_fuzz::{EventLog, HandClock, Repeatable};

pub type Verifier = BlockingVerifier<Arc<MemoryStore>>;
pub type Answer<T> = Result<T, Error<MemoryStoreError>>;

pub struct Driver {
    pub verifier: Verifier,
    pub clock: Arc<HandClock>,
    events: Arc<EventLog>,
    /// The revision of the row that is put there. The verifier draws revisions with one bit less.
    revision: Cell<u64>,
    pub now: u64,
    pub typed: String,
}

impl Driver {
    pub fn new(keys: Keys, now: u64, typed: &str) -> Self {
        let (clock, events) = (Arc::new(HandClock::at(now)), Arc::new(EventLog::default()));
        let policy = Policy::new("Example").expect("a policy");
        // Another seed than that of the corpus, so that none of its tokens is drawn again.
        let entropy = Mutex::new(Repeatable(0x0f0f_0f0f));
        let store = Arc::new(MemoryStore::new());
        let verifier = BlockingVerifier::with_sources(store, policy, keys, clock.clone(), entropy)
            .with_events(events.clone());
        Self { verifier, clock, events, revision: Cell::new(1 << 63), now, typed: typed.to_owned() }
    }

    /// Calls the verifier with this record in the store. The record afterwards can be written and read again. If the verifier
    /// could not decide (`None`), it is unchanged.
    pub fn on<T>(
        &self,
        record: &AccountRecord,
        ask: impl FnOnce(&Verifier) -> Answer<T>,
    ) -> Option<(AccountRecord, Result<T, Refusal>)> {
        let (store, account) = (self.verifier.store(), record.account());
        let row = store.load(account).expect("it can be read");
        let expected = row.map_or(Expected::Absent, |row| Expected::At(row.revision));
        self.revision.set(self.revision.get() + 1);
        let change = Change::new(expected, Revision::new(self.revision.get()), record, &[]);
        assert_eq!(store.compare_and_swap(account, change).expect("it can be written"), Swap::Stored);
        self.events.take();

        let answer = ask(&self.verifier);
        let row = store.load(account).expect("it can be read").expect("no call deletes");
        let is_written = row.revision != Revision::new(self.revision.get());
        let next = row.value;
        assert!(is_written || next == *record);
        let events = self.events.take();
        assert!(events.iter().all(|event| event.account == *account));
        assert_eq!(next.account(), account);
        let written = serde_json::to_string(&next).expect("a record can be written");
        assert_eq!(serde_json::from_str::<AccountRecord>(&written).ok().as_ref(), Some(&next), "{written}");
        match answer {
            Ok(answer) => Some((next, Ok(answer))),
            Err(Error::Refused(refusal)) => Some((next, Err(refusal))),
            Err(Error::Session(SessionError::EntropyExhausted)) => panic!("a decision drew too much"),
            Err(Error::Session(_)) => {
                assert!(
                    !is_written && events.is_empty(),
                    "something was written or reported, although nothing was decided"
                );
                None
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    /// The same for a call that needs no key and is never refused.
    pub fn done<T>(
        &self,
        record: &AccountRecord,
        ask: impl FnOnce(&Verifier) -> Answer<T>,
    ) -> (AccountRecord, T) {
        let (next, answer) = self.on(record, ask).expect("it needs no key");
        (next, answer.expect("it is never refused"))
    }

    pub fn status(&self, record: &AccountRecord) -> FactorStatus {
        self.done(record, |verifier| verifier.status(record.account())).1
    }

    pub fn log_in(
        &self,
        record: &AccountRecord,
        device: Option<&str>,
    ) -> (AccountRecord, Result<Login, Refusal>) {
        let login = |verifier: &Verifier| verifier.password_verified(password(verifier, record), device);
        self.on(record, login).expect("it needs no key")
    }

    pub fn is_current(&self, record: &AccountRecord, session: &Session) -> bool {
        self.done(record, |verifier| verifier.is_current(session)).1
    }
}

/// The host compared the hash just now, and the password was right.
pub fn password(verifier: &Verifier, record: &AccountRecord) -> PasswordVerified {
    PasswordVerified::by_host(verifier.check_password(record.account()))
}
