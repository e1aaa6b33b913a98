//! A conformance suite that tests whether a store is correct; also a clock and an authenticator app for a host's own tests.
//!
//! [`Suite`] (and [`BlockingSuite`]) runs every clause of the contract of [`Store`](crate::Store) as a named
//! case, each on a fresh store: single writers, stale revisions, records at every cap, hostile account ids,
//! races of 64 writers, logins and recovery codes, 10,000 guesses. More cases run if the builder offers what
//! they need: a second instance, a reopen, a failure, and, if the store keeps an audit trail, ways to read and block it.
//!
//! End the test with [`assert_complete`](Report::assert_complete). It fails if a clause is broken, and says
//! which [`Clause`], what was expected, what came instead, and what usually causes that. It also fails if a
//! case was skipped because the builder does not offer what the case needs.
//!
//! # The test of a store, to copy
//!
//! ```
//! use std::collections::HashMap;
//! use std::sync::{Arc, Mutex, MutexGuard};
//!
//! use second_factor::store::{BlockingStore, Change, Expected, Swap, Versioned};
//! use second_factor::testing::BlockingSuite;
//! use second_factor::{AccountId, AccountRecord, AuditEvent};
//!
//! /// Stands for a database: the accounts, and their audit trail.
//! #[derive(Default)]
//! struct Database {
//!     rows: HashMap<AccountId, Versioned<AccountRecord>>,
//!     trail: Vec<AuditEvent>,
//!     is_down: bool,
//!     is_full: bool,
//! }
//!
//! #[derive(Debug, thiserror::Error)]
//! #[error("the database is down, or full")]
//! struct Down;
//!
//! /// Stands for a connection to it.
//! struct Accounts(Arc<Mutex<Database>>);
//!
//! impl Accounts {
//!     fn database(&self) -> Result<MutexGuard<'_, Database>, Down> {
//!         let database = self.0.lock().unwrap();
//!         if database.is_down { Err(Down) } else { Ok(database) }
//!     }
//! }
//!
//! impl BlockingStore for Accounts {
//!     type Error = Down;
//!
//!     fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, Down> {
//!         Ok(self.database()?.rows.get(account).cloned())
//!     }
//!
//!     fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, Down> {
//!         let mut database = self.database()?;
//!         let found = database.rows.get(account).map_or(Expected::Absent, |row| Expected::At(row.revision));
//!         if found != change.expected() {
//!             return Ok(Swap::Conflict);
//!         }
//!         if database.is_full && !change.events().is_empty() {
//!             return Err(Down);
//!         }
//!         let row = Versioned { value: change.record().clone(), revision: change.revision() };
//!         database.rows.insert(account.clone(), row);
//!         database.trail.extend_from_slice(change.events());
//!         Ok(Swap::Stored)
//!     }
//! }
//!
//! // In tests/store.rs, under #[test]:
//! fn accounts_keep_the_contract() {
//!     // A fresh store for each case, and a guard for what it is built on. The guard is dropped after the store:
//!     // a temporary directory removes itself, a container stops. Here it is the database.
//!     let fresh = || {
//!         let database = Arc::new(Mutex::new(Database::default()));
//!         (Accounts(database.clone()), database)
//!     };
//!     let open = |database: &Arc<Mutex<Database>>| Accounts(database.clone());
//!     BlockingSuite::new(fresh)
//!         .another(open)
//!         .reopen(open)
//!         .fail(|_, database| database.lock().unwrap().is_down = true)
//!         .trail(|_, database, account| {
//!             let events = database.lock().unwrap().trail.clone();
//!             events.into_iter().filter(|event| event.account == *account).collect()
//!         })
//!         .block_trail(
//!             |_, database| database.lock().unwrap().is_full = true,
//!             |_, database| database.lock().unwrap().is_full = false,
//!         )
//!         .run()
//!         .assert_complete();
//! }
//! # accounts_keep_the_contract();
//! ```
//!
//! # The same for an async store
//!
//! ```
//! use std::sync::Arc;
//!
//! use second_factor::testing::{Fault, Faulty, Suite};
//! use second_factor::{AccountId, MemoryStore};
//!
//! /// Stands for a database.
//! type Database = Arc<MemoryStore>;
//! /// Stands for your store. `Faulty` makes it fail.
//! type Accounts = Faulty<Database>;
//!
//! async fn fresh() -> (Accounts, Database) {
//!     let database = Arc::new(MemoryStore::with_trail());
//!     (open(&database).await, database)
//! }
//!
//! async fn open(database: &Database) -> Accounts {
//!     Faulty::new(database.clone())
//! }
//!
//! // In tests/store.rs, under #[tokio::test(flavor = "multi_thread")] or whatever the host's runtime has:
//! async fn accounts_keep_the_contract() {
//!     Suite::new(fresh)
//!         .another(open)
//!         .reopen(open)
//!         .fail(async |store: &Accounts, _: &Database| store.plan_always(Fault::Fail))
//!         .trail(async |_: &Accounts, database: &Database, id: &AccountId| database.trail(id).unwrap())
//!         .block_trail(
//!             async |store: &Accounts, _: &Database| store.plan_always(Fault::RefuseEvents),
//!             async |store: &Accounts, _: &Database| store.plan([]),
//!         )
//!         .spawn(|task| drop(tokio::spawn(task)))
//!         .run()
//!         .await
//!         .assert_complete();
//! }
//! # let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build()?;
//! # runtime.block_on(accounts_keep_the_contract());
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! Nothing here needs a runtime. An async suite is a future that the host's own runtime runs; its racers are
//! polled in turn on one task, or run on several threads with [`Suite::spawn`]. A blocking suite races
//! threads. A store that never answers hangs the suite: give the test a timeout.
//!
//! # The clauses
//!
//! | clause | shown by |
//! |---|---|
//! | [`AtomicSwap`](Clause::AtomicSwap) | writers in turn and in races, logins and guesses of many at once |
//! | [`Latest`](Clause::Latest), [`RevisionKept`](Clause::RevisionKept) | each write is read at once, by another instance too |
//! | [`Durable`](Clause::Durable) | what was stored is there after a reopen |
//! | [`AccountsApart`](Clause::AccountsApart) | ids that a collation, a pattern or a key format confuses, in the rows and in the trail |
//! | [`RecordKept`](Clause::RecordKept) | the largest record, every optional part, labels of all Unicode |
//! | [`ConflictIsNoError`](Clause::ConflictIsNoError), [`ConflictStoresNothing`](Clause::ConflictStoresNothing) | stale revisions, alone and in races |
//! | [`Trail`](Clause::Trail) | events in order, of every kind, of racing writers, after conflicts, after a fault at each call, after a reopen, and while the trail is blocked: then the record is not stored either |
//! | [`FailureIsError`](Clause::FailureIsError) | a store that is made to fail |
//! | [`DecidedAgain`](Clause::DecidedAgain), [`UnknownRefused`](Clause::UnknownRefused), [`LockedReadsOnly`](Clause::LockedReadsOnly) | logins through faults |
//!
//! # How a host tests its login
//!
//! [`ManualClock`] is a clock that the test moves, and [`AuthenticatorApp`] is the phone of a subscriber.
//! [`Faulty`] is a store that fails at chosen calls.
//!
//! ```
//! use core::time::Duration;
//!
//! use second_factor::testing::{AuthenticatorApp, ManualClock};
//! use second_factor::verifier::{Clock, OsEntropy};
//! use second_factor::{
//!     AccountId, AuthMethod, BlockingVerifier, KeyRing, Login, MemoryStore, PasswordVerified, Policy, Remember, SealingKey,
//!     UnixTime,
//! };
//!
//! let clock = ManualClock::at(UnixTime::from_secs(1_700_000_010));
//! let (policy, keys) = (Policy::new("Example")?, KeyRing::new(1, SealingKey::new([7; 32])));
//! let verifier = BlockingVerifier::with_sources(MemoryStore::new(), policy, keys, clock.clone(), OsEntropy);
//! let alice = AccountId::new("alice")?;
//! let password = || PasswordVerified::by_host(verifier.check_password(&alice));
//!
//! let begun = verifier.begin_enrollment(password(), "alice@example.com")?;
//! let app = AuthenticatorApp::scan(&begun.uri);
//! let _ = verifier.confirm_enrollment(&begun.token, &app.code(clock.now()))?;
//!
//! clock.advance(Duration::from_secs(30)); // a code works once
//! let Login::CodeRequired(challenge) = verifier.password_verified(password(), None)? else { panic!("no code?") };
//! assert!(verifier.present(&challenge, &app.wrong_code(clock.now()), Remember::No).is_err());
//! let accepted = verifier.present(&challenge, &app.code(clock.now()), Remember::No)?;
//! assert_eq!(accepted.authenticated.method(), AuthMethod::Code);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod authenticator_app;
mod blocking;
mod cases;
mod clause;
mod clock;
mod faulty;
mod fixture;
mod hooks;
mod hostile_ids;
mod race;
mod report;
mod samples;
mod sources;
mod suite;

pub use authenticator_app::AuthenticatorApp;
pub use blocking::BlockingSuite;
pub use clause::Clause;
pub use clock::ManualClock;
pub use faulty::{Fault, Faulty, FaultyError};
pub use hooks::Hook;
pub use race::Task;
pub use report::{Failure, Report};
pub use suite::{Suite, cases};
