//! SQLite without async, through rusqlite.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension, Row, types::Type};
use second_factor::AccountRecord;
use second_factor::session::AccountId;
use second_factor::store::{BlockingStore, Expected, Revision, Swap, Versioned};

use crate::sqlite::{CREATE, LOAD, SWAP};

/// Accounts in a SQLite file, behind one connection. Several processes may open the same file.
#[derive(Debug)]
pub struct RusqliteStore(Mutex<Connection>);

impl RusqliteStore {
    /// Opens the file, makes it if it is not there, and brings its schema up to date.
    pub fn open(path: impl AsRef<Path>) -> rusqlite::Result<Self> {
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // A commit is on the disk. With NORMAL a power cut could bring back a used code.
        connection.pragma_update(None, "synchronous", "FULL")?;
        let migration = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        if migration.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))? == 0 {
            migration.execute_batch(include_str!("../sqlite/0001_second_factor.sql"))?;
            migration.pragma_update(None, "user_version", 1)?;
        }
        migration.commit()?;
        Ok(Self(Mutex::new(connection)))
    }

    /// Deletes the account's row, as a host does with the account.
    pub fn delete(&self, account: &AccountId) -> rusqlite::Result<()> {
        self.connection().execute("DELETE FROM second_factor WHERE account = ?", [account.as_str()]).map(drop)
    }

    /// The connection. Each statement is whole by itself, so a thread that panicked between two left nothing half done.
    pub fn connection(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BlockingStore for RusqliteStore {
    type Error = rusqlite::Error;

    fn load(&self, account: &AccountId) -> rusqlite::Result<Option<Versioned<AccountRecord>>> {
        let read = |row: &Row<'_>| Ok((revision(row)?, row.get::<_, String>(1)?));
        let row = self.connection().prepare_cached(LOAD)?.query_row([account.as_str()], read).optional()?;
        // The next in line has the connection already.
        let decode = |(revision, record): (Revision, String)| match serde_json::from_str(&record) {
            Ok(value) => Ok(Versioned { value, revision }),
            Err(error) => Err(rusqlite::Error::FromSqlConversionFailure(1, Type::Text, error.into())),
        };
        row.map(decode).transpose()
    }

    fn compare_and_swap(
        &self,
        account: &AccountId,
        expected: Expected,
        next: &AccountRecord,
    ) -> rusqlite::Result<Swap> {
        let record = serde_json::to_string(next)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        let connection = self.connection();
        // All rows, though there is one at most: the commit comes after the last, and `query_row` would not see it fail.
        let stored = match expected {
            Expected::Absent => {
                connection.prepare_cached(CREATE)?.query_map((account.as_str(), record), revision)?.last()
            }
            Expected::At(at) => connection
                .prepare_cached(SWAP)?
                .query_map((record, account.as_str(), at.get().cast_signed()), revision)?
                .last(),
        };
        Ok(stored.transpose()?.map_or(Swap::Conflict, Swap::Stored))
    }
}

fn revision(row: &Row<'_>) -> rusqlite::Result<Revision> {
    row.get::<_, i64>(0).map(|number| Revision::new(number.cast_unsigned()))
}
