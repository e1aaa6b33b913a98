//! SQLite through diesel, without async, with an audit trail.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::result::{ConnectionError, Error};
use diesel::sql_types::{BigInt, Integer, Text};
use second_factor::{
    AccountId, AccountRecord, BlockingStore, Change, Expected, JsonError, Revision, Swap, Versioned,
};

use crate::sqlite::NOTE;

diesel::table! {
    #[sql_name = "second_factor"]
    accounts (account) {
        account -> Text,
        revision -> BigInt,
        record -> Text,
    }
}

/// Accounts in a SQLite file, behind one connection. Several processes may open the same file, also through
/// [`rusqlite`](crate::rusqlite).
///
/// The store has its own connection. On a connection of the host, the rollback of a transaction that the host has
/// begun would undo the swap.
pub struct DieselStore {
    connection: Mutex<SqliteConnection>,
    keeps_trail: bool,
}

impl DieselStore {
    /// Opens the file, makes it if it is not there, and brings its schema up to date.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ConnectionError> {
        let path = path.as_ref().to_str().ok_or_else(not_unicode)?;
        let mut connection = SqliteConnection::establish(path)?;
        set_up(&mut connection).map_err(ConnectionError::CouldntSetupConfiguration)?;
        Ok(Self { connection: Mutex::new(connection), keeps_trail: true })
    }

    /// The same store without an audit trail.
    #[must_use]
    pub fn without_trail(self) -> Self {
        Self { keeps_trail: false, ..self }
    }

    /// The connection. A transaction is rolled back when it fails, so a thread that panicked left nothing
    /// half done.
    pub fn connection(&self) -> MutexGuard<'_, SqliteConnection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub enum DieselStoreError {
    Database(#[from] Error),
    Json(#[from] JsonError),
}

impl BlockingStore for DieselStore {
    type Error = DieselStoreError;

    fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, DieselStoreError> {
        let row = accounts::table.find(account.as_str());
        let row = row.select((accounts::revision, accounts::record));
        let row: Option<(i64, String)> = row.first(&mut *self.connection()).optional()?;
        // The connection is free for the next thread before this decodes the record.
        let Some((revision, record)) = row else { return Ok(None) };
        Ok(Some(Versioned::from_json(record, Revision::new(revision.cast_unsigned()))?))
    }

    fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, DieselStoreError> {
        let record = change.record().to_json()?;
        let revision = change.revision().get().cast_signed();
        let id = accounts::account.eq(account.as_str());
        let next = (accounts::record.eq(record), accounts::revision.eq(revision));
        let swap = |connection: &mut SqliteConnection| match change.expected() {
            Expected::Absent => diesel::insert_into(accounts::table)
                .values((id, next))
                .on_conflict_do_nothing()
                .execute(connection),
            Expected::At(before) => diesel::update(accounts::table)
                .filter(id.and(accounts::revision.eq(before.get().cast_signed())))
                .set(next)
                .execute(connection),
        };
        if !self.keeps_trail || change.events().is_empty() {
            // One statement is a transaction.
            let rows = swap(&mut self.connection())?;
            return Ok(if rows == 0 { Swap::Conflict } else { Swap::Stored });
        }
        let events = change.events_json()?;
        self.connection().immediate_transaction(|both| {
            if swap(both)? == 0 {
                return Ok(Swap::Conflict);
            }
            let note = diesel::sql_query(NOTE).bind::<Text, _>(account.as_str());
            note.bind::<BigInt, _>(revision).bind::<Text, _>(&events).execute(both)?;
            Ok(Swap::Stored)
        })
    }
}

impl std::fmt::Debug for DieselStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DieselStore").finish_non_exhaustive()
    }
}

fn set_up(connection: &mut SqliteConnection) -> QueryResult<()> {
    // With `synchronous = FULL` a commit is on the disk. With NORMAL a power cut could bring back a used code.
    connection
        .batch_execute("PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?;
    connection.immediate_transaction(|migration| {
        if sql::<Integer>("PRAGMA user_version").get_result::<i32>(migration)? == 0 {
            migration.batch_execute(include_str!("../sqlite/0001_second_factor.sql"))?;
            migration.batch_execute("PRAGMA user_version = 1")?;
        }
        Ok(())
    })
}

fn not_unicode() -> ConnectionError {
    ConnectionError::BadConnection("diesel opens only paths that are UTF-8".to_owned())
}
