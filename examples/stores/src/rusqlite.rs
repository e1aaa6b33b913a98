//! SQLite without async, through rusqlite, with an audit trail.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior};
use second_factor::{
    AccountId, AccountRecord, BlockingStore, Change, Expected, JsonError, Revision, Swap, Versioned,
};

use crate::sqlite::{CREATE, LOAD, NOTE, SWAP};

/// Accounts in a SQLite file, behind one connection. Several processes may open the same file.
#[derive(Debug)]
pub struct RusqliteStore {
    connection: Mutex<Connection>,
    keeps_trail: bool,
}

impl RusqliteStore {
    /// Opens the file, makes it if it is not there, and brings its schema up to date.
    pub fn open(path: impl AsRef<Path>) -> rusqlite::Result<Self> {
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // A commit is on the disk. With NORMAL a power cut could bring back a used code.
        connection.pragma_update(None, "synchronous", "FULL")?;
        let migration = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if migration.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))? == 0 {
            migration.execute_batch(include_str!("../sqlite/0001_second_factor.sql"))?;
            migration.pragma_update(None, "user_version", 1)?;
        }
        migration.commit()?;
        Ok(Self { connection: Mutex::new(connection), keeps_trail: true })
    }

    /// The same store without an audit trail. By default it keeps one: a trail that nobody reads can be
    /// pruned, but one that was not kept cannot be recovered.
    #[must_use]
    pub fn without_trail(self) -> Self {
        Self { keeps_trail: false, ..self }
    }

    /// The connection. A transaction is rolled back when it is dropped, so a thread that panicked left
    /// nothing half done.
    pub fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub enum RusqliteStoreError {
    Database(#[from] rusqlite::Error),
    Json(#[from] JsonError),
}

impl BlockingStore for RusqliteStore {
    type Error = RusqliteStoreError;

    fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, RusqliteStoreError> {
        let read = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?));
        let row = self.connection().prepare_cached(LOAD)?.query_row([account.as_str()], read).optional()?;
        // The connection is free for the next thread before this decodes the record.
        let Some((revision, record)) = row else { return Ok(None) };
        Ok(Some(Versioned::from_json(record, Revision::new(revision.cast_unsigned()))?))
    }

    fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, RusqliteStoreError> {
        let record = change.record().to_json()?;
        let (id, revision) = (account.as_str(), change.revision().get().cast_signed());
        let swap = |connection: &Connection| match change.expected() {
            Expected::Absent => connection.prepare_cached(CREATE)?.execute((id, record, revision)),
            Expected::At(before) => {
                let before = before.get().cast_signed();
                connection.prepare_cached(SWAP)?.execute((id, record, revision, before))
            }
        };
        if !self.keeps_trail || change.events().is_empty() {
            // One statement is a transaction.
            let rows = swap(&self.connection())?;
            return Ok(if rows == 0 { Swap::Conflict } else { Swap::Stored });
        }
        let events = change.events_json()?;
        let mut connection = self.connection();
        let both = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if swap(&both)? == 0 {
            return Ok(Swap::Conflict);
        }
        both.prepare_cached(NOTE)?.execute((id, revision, events))?;
        both.commit()?;
        Ok(Swap::Stored)
    }
}
