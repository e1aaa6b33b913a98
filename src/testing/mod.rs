//! Whether a store is correct, as something to call.
//!
//! [`Suite`] (and [`BlockingSuite`]) runs every clause of the contract of [`Store`](crate::Store) as a named
//! case, each on a fresh store: single writers, stale revisions, records at every cap, hostile account ids,
//! races of 64 writers, logins and recovery codes, 10,000 guesses. What the builder offers decides on the
//! rest: a second instance, a reopen, a failure, and the audit trail of a store that keeps one. A case that fails says
//! which [`Clause`] broke, what was expected, what came, and what usually causes it.
//!
//! | clause | shown by |
//! |---|---|
//! | [`AtomicSwap`](Clause::AtomicSwap) | writers in turn and in races, logins and guesses of many at once |
//! | [`Latest`](Clause::Latest), [`RevisionKept`](Clause::RevisionKept) | each write is read at once, by another instance too |
//! | [`Durable`](Clause::Durable) | what was stored is there after a reopen |
//! | [`AccountsApart`](Clause::AccountsApart) | ids that a collation, a pattern or a key format takes for one another |
//! | [`RecordKept`](Clause::RecordKept) | the largest record, every optional part, labels of all Unicode |
//! | [`ConflictIsNoError`](Clause::ConflictIsNoError), [`ConflictStoresNothing`](Clause::ConflictStoresNothing) | stale revisions, alone and in races |
//! | [`Trail`](Clause::Trail) | events in order, of every kind, of racing writers, after conflicts, after a fault at each call, and after a reopen |
//! | [`FailureIsError`](Clause::FailureIsError) | a store that is made to fail |
//! | [`DecidedAgain`](Clause::DecidedAgain), [`UnknownRefused`](Clause::UnknownRefused), [`LockedReadsOnly`](Clause::LockedReadsOnly) | logins through faults |
//!
//! Nothing here needs a runtime. An async suite is a future for the host's own; its races are polled in turn
//! on one task, or run on several threads with [`Suite::spawn`]. A blocking one races threads. A store that
//! never answers hangs the suite: give the test a timeout.
//!
//! [`Faulty`] is for what comes after: a store that goes wrong at chosen calls, under a service's own tests.
//!
//! # An example, complete
//!
//! ```
//! use std::collections::HashMap;
//! use std::convert::Infallible;
//! use std::sync::{Arc, Mutex};
//!
//! use second_factor::store::{BlockingStore, Change, Expected, Swap, Versioned};
//! use second_factor::testing::BlockingSuite;
//! use second_factor::{AccountId, AccountRecord};
//!
//! /// Stands for a database.
//! type Table = HashMap<AccountId, Versioned<AccountRecord>>;
//!
//! /// Stands for a connection to it. It keeps no audit trail.
//! struct Accounts(Arc<Mutex<Table>>);
//!
//! impl BlockingStore for Accounts {
//!     type Error = Infallible;
//!
//!     fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, Infallible> {
//!         Ok(self.0.lock().unwrap().get(account).cloned())
//!     }
//!
//!     fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, Infallible> {
//!         let mut table = self.0.lock().unwrap();
//!         let found = table.get(account).map_or(Expected::Absent, |row| Expected::At(row.revision));
//!         if found != change.expected() {
//!             return Ok(Swap::Conflict);
//!         }
//!         let row = Versioned { value: change.record().clone(), revision: change.revision() };
//!         table.insert(account.clone(), row);
//!         Ok(Swap::Stored)
//!     }
//! }
//!
//! // In tests/store.rs, under #[test]:
//! fn accounts_keep_the_contract() {
//!     // A fresh store for each case, and what it stands on. The guard is dropped after the store:
//!     // a temporary directory removes itself, a container stops. Here it is the table.
//!     let fresh = || {
//!         let table = Arc::new(Mutex::new(Table::default()));
//!         (Accounts(table.clone()), table)
//!     };
//!     BlockingSuite::new(fresh)
//!         .another(|table| Accounts(table.clone()))
//!         .reopen(|table| Accounts(table.clone()))
//!         .run()
//!         .assert();
//! }
//! # accounts_keep_the_contract();
//! ```
//!
//! # The same for an async store
//!
//! ```
//! # use std::sync::Arc;
//! use second_factor::testing::Suite;
//! use second_factor::{AccountId, MemoryStore};
//!
//! // In tests/store.rs, under #[tokio::test(flavor = "multi_thread")] or whatever the host's runtime has:
//! async fn accounts_keep_the_contract() {
//!     let fresh = async || {
//!         let store = Arc::new(MemoryStore::with_trail());
//!         (store.clone(), store)
//!     };
//!     type Shared = Arc<MemoryStore>;
//!     Suite::new(fresh)
//!         .another(async |guard: &Shared| guard.clone())
//!         .trail(async |store: &Shared, _: &Shared, account: &AccountId| store.trail(account).unwrap())
//!         .spawn(|task| drop(tokio::spawn(task)))
//!         .run()
//!         .await
//!         .assert();
//! }
//! # let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build()?;
//! # runtime.block_on(accounts_keep_the_contract());
//! # Ok::<(), std::io::Error>(())
//! ```

mod blocking;
mod cases;
mod clause;
mod faulty;
mod fixture;
mod hooks;
mod race;
mod report;
mod samples;
mod suite;

pub use blocking::BlockingSuite;
pub use clause::Clause;
pub use faulty::{Fault, Faulty, FaultyError};
pub use hooks::Hook;
pub use race::Task;
pub use report::{Failure, Report};
pub use suite::Suite;
