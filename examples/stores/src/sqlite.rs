//! SQLite through sqlx.

use second_factor::AccountRecord;
use second_factor::session::AccountId;
use second_factor::store::{Expected, Revision, Store, Swap, Versioned};
use sqlx::Row;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};

/// Accounts in a SQLite file.
#[derive(Clone, Debug)]
pub struct SqliteStore(SqlitePool);

impl SqliteStore {
    /// Opens the file, makes it if it is not there, and brings its schema up to date.
    pub async fn open(path: impl AsRef<std::path::Path>) -> Result<Self, sqlx::Error> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            // Readers do not wait for writers; writers wait for each other, for five seconds at most.
            .journal_mode(SqliteJournalMode::Wal)
            .busy_timeout(std::time::Duration::from_secs(5))
            // A commit is on the disk. With NORMAL a power cut could bring back a used code.
            .synchronous(SqliteSynchronous::Full);
        let pool = SqlitePoolOptions::new().connect_with(options).await?;
        sqlx::migrate!("./sqlite").run(&pool).await?;
        Ok(Self(pool))
    }

    /// Deletes the account's row, as a host does with the account.
    pub async fn delete(&self, account: &AccountId) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM second_factor WHERE account = ?")
            .bind(account.as_str())
            .execute(&self.0)
            .await?;
        Ok(())
    }
}

impl Store for SqliteStore {
    type Error = sqlx::Error;

    async fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, sqlx::Error> {
        const LOAD: &str = "SELECT revision, record FROM second_factor WHERE account = ?";
        let row = sqlx::query(LOAD).bind(account.as_str()).fetch_optional(&self.0).await?;
        row.as_ref().map(versioned).transpose()
    }

    async fn compare_and_swap(
        &self,
        account: &AccountId,
        expected: Expected,
        next: &AccountRecord,
    ) -> Result<Swap, sqlx::Error> {
        // A random revision: SQLite has no sequence, and a count would start again with a row that is made again.
        const INSERT: &str = "INSERT INTO second_factor (account, record, revision) VALUES (?, ?, random() & 0x7fffffffffffffff)
            ON CONFLICT DO NOTHING RETURNING revision";
        const UPDATE: &str = "UPDATE second_factor SET record = ?, revision = random() & 0x7fffffffffffffff
            WHERE account = ? AND revision = ? RETURNING revision";
        let record = serde_json::to_string(next).map_err(|error| sqlx::Error::Encode(error.into()))?;
        let swap = match expected {
            Expected::Absent => sqlx::query(INSERT).bind(account.as_str()).bind(record),
            Expected::At(revision) => {
                sqlx::query(UPDATE).bind(record).bind(account.as_str()).bind(revision.get().cast_signed())
            }
        };
        match swap.fetch_optional(&self.0).await? {
            Some(row) => Ok(Swap::Stored(revision(&row)?)),
            None => Ok(Swap::Conflict),
        }
    }
}

fn versioned(row: &SqliteRow) -> Result<Versioned<AccountRecord>, sqlx::Error> {
    let record: &str = row.try_get("record")?;
    let value = serde_json::from_str(record).map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok(Versioned { value, revision: revision(row)? })
}

fn revision(row: &SqliteRow) -> Result<Revision, sqlx::Error> {
    Ok(Revision::new(row.try_get::<i64, _>("revision")?.cast_unsigned()))
}
