//! SQLite through sqlx, with an audit trail.

use std::{path::Path, time::Duration};

use second_factor::{
    AccountId, AccountRecord, Change, Expected, JsonError, Revision, Store, Swap, Versioned,
};
use sqlx::Row;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode as Journal, SqlitePool, SqlitePoolOptions};
use sqlx::sqlite::{SqliteRow, SqliteSynchronous as Synchronous};

/// Parameter: the account.
pub const LOAD: &str = "SELECT revision, record FROM second_factor WHERE account = ?";
/// Parameters: the account, the record and its revision.
pub const CREATE: &str = "INSERT INTO second_factor (account, record, revision) VALUES (?1, ?2, ?3)
    ON CONFLICT DO NOTHING";
/// Parameters: the account, the record, its revision, and the revision that it replaces.
pub const SWAP: &str = "UPDATE second_factor SET record = ?2, revision = ?3
    WHERE account = ?1 AND revision = ?4";
/// Parameters: the account, the revision of the change, and a JSON array of its events. Writes the events, in
/// the transaction that writes the record.
pub const NOTE: &str = "INSERT INTO second_factor_trail (account, revision, sequence, at, event)
    SELECT ?1, ?2, key + 1, value ->> 'at', value FROM json_each(?3) ORDER BY key";
/// Parameter: the account. Returns its events, the oldest first.
pub const TRAIL: &str = "SELECT event FROM second_factor_trail WHERE account = ? ORDER BY number";
/// Parameter: a time in seconds since 1970. Deletes events before it.
pub const PRUNE: &str = include_str!("../sqlite/prune.sql");

/// Accounts in a SQLite file. SQLite lets only one connection write at a time. So this store has one connection for
/// writes, and writers wait for it in a queue instead of polling for a lock.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    /// For loads.
    pub reader: SqlitePool,
    /// For swaps.
    pub writer: SqlitePool,
    keeps_trail: bool,
}

impl SqliteStore {
    /// Opens the file, makes it if it is not there, and brings its schema up to date.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, sqlx::Error> {
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
        // With WAL, readers do not wait for writers. A writer waits for writers of other processes.
        let options = options.journal_mode(Journal::Wal).busy_timeout(Duration::from_secs(5));
        // A commit is on the disk. With NORMAL a power cut could bring back a used code.
        let options = options.synchronous(Synchronous::Full);
        let pool = || SqlitePoolOptions::new().test_before_acquire(false);
        let writer = pool().max_connections(1).connect_with(options.clone()).await?;
        sqlx::migrate!("./sqlite").run(&writer).await?;
        Ok(Self { reader: pool().connect_with(options.read_only(true)).await?, writer, keeps_trail: true })
    }

    /// The same store without an audit trail. By default it keeps one: a trail that nobody reads can be
    /// pruned, but one that was not kept cannot be recovered.
    #[must_use]
    pub fn without_trail(self) -> Self {
        Self { keeps_trail: false, ..self }
    }
}

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub enum SqliteStoreError {
    Database(#[from] sqlx::Error),
    Json(#[from] JsonError),
}

impl Store for SqliteStore {
    type Error = SqliteStoreError;

    async fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, SqliteStoreError> {
        let row = sqlx::query(LOAD).bind(account.as_str()).fetch_optional(&self.reader).await?;
        row.as_ref().map(versioned).transpose()
    }

    async fn compare_and_swap(
        &self,
        account: &AccountId,
        change: Change<'_>,
    ) -> Result<Swap, SqliteStoreError> {
        let record = change.record().to_json()?;
        let (id, revision) = (account.as_str(), change.revision().get().cast_signed());
        let swap = match change.expected() {
            Expected::Absent => sqlx::query(CREATE).bind(id).bind(record).bind(revision),
            Expected::At(before) => {
                sqlx::query(SWAP).bind(id).bind(record).bind(revision).bind(before.get().cast_signed())
            }
        };
        if !self.keeps_trail || change.events().is_empty() {
            let done = swap.execute(&self.writer).await?;
            return Ok(if done.rows_affected() == 0 { Swap::Conflict } else { Swap::Stored });
        }
        let events = change.events_json()?;
        // If this is dropped without a commit, it is rolled back.
        let mut both = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        if swap.execute(&mut *both).await?.rows_affected() == 0 {
            return Ok(Swap::Conflict);
        }
        sqlx::query(NOTE).bind(id).bind(revision).bind(events).execute(&mut *both).await?;
        both.commit().await?;
        Ok(Swap::Stored)
    }
}

fn versioned(row: &SqliteRow) -> Result<Versioned<AccountRecord>, SqliteStoreError> {
    let revision = Revision::new(row.try_get::<i64, _>(0)?.cast_unsigned());
    Ok(Versioned::from_json(row.try_get::<&str, _>(1)?, revision)?)
}
