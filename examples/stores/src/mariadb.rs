//! MariaDB (10.6 and later) or MySQL (8.0 and later) through sqlx, with an audit trail.

use second_factor::{
    AccountId, AccountRecord, Change, Expected, JsonError, Revision, Store, Swap, Versioned,
};
use sqlx::mysql::{MySqlDatabaseError, MySqlPool, MySqlRow};
use sqlx::{Error, Row};

/// Parameter: the account.
pub const LOAD: &str = "SELECT revision, record FROM second_factor WHERE account = ?";
/// Parameters: the account, the record and its revision. Not INSERT IGNORE, which turns other errors into
/// warnings.
pub const CREATE: &str = "INSERT INTO second_factor (account, record, revision) VALUES (?, ?, ?)";
/// Parameters: the record, its revision, the account, and the revision that is replaced. If two swaps race
/// for a row, the second waits for the first and then finds its condition false: an update reads what is
/// committed, whatever the isolation level.
pub const SWAP: &str = "UPDATE second_factor SET record = ?, revision = ? WHERE account = ? AND revision = ?";
/// Parameters: the account, the record, its revision, the revision that is replaced or null, and a JSON array
/// of the events. Writes record and events, or neither.
pub const SWAP_WITH_EVENTS: &str = "CALL second_factor_swap(?, ?, ?, ?, ?)";
/// Parameter: the account. Returns its events, the oldest first.
pub const TRAIL: &str =
    "SELECT CAST(event AS CHAR) FROM second_factor_trail WHERE account = ? ORDER BY number";
/// Parameter: a time in seconds since 1970. Deletes events before it.
pub const PRUNE: &str = include_str!("../mariadb/prune.sql");

/// The errors that mean that another writer was first: 1062, a duplicate key; 1213, a deadlock, or a failed
/// certification in Galera, of which this transaction was the victim; 1020, a snapshot that is out of date
/// (`innodb_snapshot_isolation`). In each case the whole transaction was rolled back.
///
/// 1205, a lock wait that timed out, is not in the list. Nothing was stored then either, but the lock may be held
/// for a long time, and a new decision would wait again. So it is an error.
const CONFLICTS: [u16; 3] = [1062, 1213, 1020];

/// Accounts in MariaDB or MySQL. `Stored` is durable under `innodb_flush_log_at_trx_commit = 1`, which is the
/// default. If there is a binary log, `sync_binlog = 1` is needed too, which is not MariaDB's default.
///
/// The contract holds from READ COMMITTED to SERIALIZABLE. Under READ UNCOMMITTED a load could return a record that is
/// not stored yet and may never be.
#[derive(Clone, Debug)]
pub struct MariaDbStore {
    pool: MySqlPool,
    keeps_trail: bool,
}

impl MariaDbStore {
    /// Brings the schema up to date. The pool may be the host's, in autocommit mode, as sqlx has it. A pool
    /// that is made with `test_before_acquire(false)` saves the ping that otherwise precedes every statement.
    pub async fn migrate(pool: MySqlPool) -> Result<Self, Error> {
        sqlx::migrate!("./mariadb").run(&pool).await?;
        Ok(Self { pool, keeps_trail: true })
    }

    /// The same store without an audit trail. By default it keeps one: a trail that nobody reads can be
    /// pruned, but one that was not kept cannot be recovered.
    #[must_use]
    pub fn without_trail(self) -> Self {
        Self { keeps_trail: false, ..self }
    }

    async fn swap(&self, id: &[u8], change: Change<'_>) -> Result<bool, MariaDbStoreError> {
        let record = change.record().to_json()?;
        let revision = change.revision().get().cast_signed();
        let before = match change.expected() {
            Expected::Absent => None,
            Expected::At(before) => Some(before.get().cast_signed()),
        };
        if self.keeps_trail && !change.events().is_empty() {
            let events = change.events_json()?;
            let swap = sqlx::query(SWAP_WITH_EVENTS).bind(id).bind(record).bind(revision);
            // Read to the end: an error may come after a row.
            let rows = swap.bind(before).bind(events).fetch_all(&self.pool).await?;
            return Ok(rows.first().ok_or(Error::RowNotFound)?.try_get::<i64, _>(0)? == 1);
        }
        let swap = match before {
            None => sqlx::query(CREATE).bind(id).bind(record).bind(revision),
            Some(before) => sqlx::query(SWAP).bind(record).bind(revision).bind(id).bind(before),
        };
        // sqlx makes the server count the rows that were found (CLIENT_FOUND_ROWS). A row that was found has
        // also changed, since no revision comes twice.
        Ok(swap.execute(&self.pool).await?.rows_affected() == 1)
    }
}

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub enum MariaDbStoreError {
    Database(#[from] Error),
    Json(#[from] JsonError),
}

impl Store for MariaDbStore {
    type Error = MariaDbStoreError;

    async fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, MariaDbStoreError> {
        let row = sqlx::query(LOAD).bind(account.as_str().as_bytes()).fetch_optional(&self.pool).await?;
        row.as_ref().map(versioned).transpose()
    }

    async fn compare_and_swap(
        &self,
        account: &AccountId,
        change: Change<'_>,
    ) -> Result<Swap, MariaDbStoreError> {
        match self.swap(account.as_str().as_bytes(), change).await {
            Ok(true) => Ok(Swap::Stored),
            Ok(false) => Ok(Swap::Conflict),
            Err(MariaDbStoreError::Database(Error::Database(error)))
                if error
                    .try_downcast_ref::<MySqlDatabaseError>()
                    .is_some_and(|error| CONFLICTS.contains(&error.number())) =>
            {
                Ok(Swap::Conflict)
            }
            Err(error) => Err(error),
        }
    }
}

fn versioned(row: &MySqlRow) -> Result<Versioned<AccountRecord>, MariaDbStoreError> {
    let revision = Revision::new(row.try_get::<i64, _>(0)?.cast_unsigned());
    Ok(Versioned::from_json(row.try_get::<&str, _>(1)?, revision)?)
}
