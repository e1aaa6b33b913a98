//! SQLite through sqlx.

use std::{path::Path, time::Duration};

use second_factor::AccountRecord;
use second_factor::session::AccountId;
use second_factor::store::{Expected, Revision, Store, Swap, Versioned};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode as Journal, SqlitePool, SqlitePoolOptions};
use sqlx::sqlite::{SqliteRow, SqliteSynchronous as Synchronous};
use sqlx::{Error, Row};

/// Of an account.
pub const LOAD: &str = "SELECT revision, record FROM second_factor WHERE account = ?";
/// Of an account and a record. The revision is random: SQLite has no sequence, and a count would start again with a row made again.
pub const CREATE: &str = "INSERT INTO second_factor (account, record, revision)
    VALUES (?, ?, random() & 0x7fffffffffffffff) ON CONFLICT DO NOTHING RETURNING revision";
/// Of a record, an account and the revision that it replaces.
pub const SWAP: &str = "UPDATE second_factor SET record = ?, revision = random() & 0x7fffffffffffffff
    WHERE account = ? AND revision = ? RETURNING revision";

/// Accounts in a SQLite file. SQLite lets one connection write: writers queue for ours, in turn, instead of polling for a lock.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    /// For loads.
    pub reader: SqlitePool,
    /// For swaps.
    pub writer: SqlitePool,
}

impl SqliteStore {
    /// Opens the file, makes it if it is not there, and brings its schema up to date.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
        // Readers do not wait for writers. Writers of other processes are waited for.
        let options = options.journal_mode(Journal::Wal).busy_timeout(Duration::from_secs(5));
        // A commit is on the disk. With NORMAL a power cut could bring back a used code.
        let options = options.synchronous(Synchronous::Full);
        let pool = || SqlitePoolOptions::new().test_before_acquire(false);
        let writer = pool().max_connections(1).connect_with(options.clone()).await?;
        sqlx::migrate!("./sqlite").run(&writer).await?;
        Ok(Self { reader: pool().connect_with(options.read_only(true)).await?, writer })
    }

    /// Deletes the account's row, as a host does with the account.
    pub async fn delete(&self, account: &AccountId) -> Result<(), Error> {
        let delete = sqlx::query("DELETE FROM second_factor WHERE account = ?").bind(account.as_str());
        delete.execute(&self.writer).await.map(drop)
    }
}

impl Store for SqliteStore {
    type Error = Error;

    async fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, Error> {
        let row = sqlx::query(LOAD).bind(account.as_str()).fetch_optional(&self.reader).await?;
        row.as_ref().map(versioned).transpose()
    }

    async fn compare_and_swap(
        &self,
        account: &AccountId,
        expected: Expected,
        next: &AccountRecord,
    ) -> Result<Swap, Error> {
        let record = serde_json::to_string(next).map_err(|error| Error::Encode(error.into()))?;
        let swap = match expected {
            Expected::Absent => sqlx::query(CREATE).bind(account.as_str()).bind(record),
            Expected::At(at) => {
                sqlx::query(SWAP).bind(record).bind(account.as_str()).bind(at.get().cast_signed())
            }
        };
        // All rows, though there is one at most: the commit comes after the last, and `fetch_optional` would not see it fail.
        match swap.fetch_all(&self.writer).await?.first() {
            Some(row) => Ok(Swap::Stored(revision(row)?)),
            None => Ok(Swap::Conflict),
        }
    }
}

fn versioned(row: &SqliteRow) -> Result<Versioned<AccountRecord>, Error> {
    let record: &str = row.try_get("record")?;
    let value = serde_json::from_str(record).map_err(|error| Error::Decode(error.into()))?;
    Ok(Versioned { value, revision: revision(row)? })
}

fn revision(row: &SqliteRow) -> Result<Revision, Error> {
    Ok(Revision::new(row.try_get::<i64, _>("revision")?.cast_unsigned()))
}
