//! PostgreSQL through sqlx, with an audit trail.

use second_factor::{
    AccountId, AccountRecord, Change, Expected, JsonError, Revision, Store, Swap, Versioned,
};
use sqlx::postgres::{PgPool, PgRow};
use sqlx::{Error, Row};

macro_rules! with_events {
    ($write:literal, $events:literal) => {
        concat!(
            "WITH stored AS (",
            $write,
            " RETURNING account, revision), told AS (
                INSERT INTO second_factor_trail (account, revision, sequence, at, event)
                SELECT account, revision, sequence, (event ->> 'at')::bigint, event
                FROM stored, json_array_elements(",
            $events,
            "::json) WITH ORDINALITY AS events (event, sequence) ORDER BY sequence)
            SELECT FROM stored"
        )
    };
}

/// Parameter: the account.
pub const LOAD: &str = "SELECT revision, record FROM second_factor WHERE account = $1";
/// Parameters: the account, the record and its revision.
pub const CREATE: &str = "INSERT INTO second_factor (account, record, revision) VALUES ($1, $2, $3)
    ON CONFLICT DO NOTHING";
/// Parameters: the account, the record, its revision, and the revision that it replaces. If two swaps race
/// for a row, the second waits for the first and then finds its condition false.
pub const SWAP: &str = "UPDATE second_factor SET record = $2, revision = $3
    WHERE account = $1 AND revision = $4";
/// Like [`CREATE`], and writes the events of the change: the last parameter is a JSON array of them. One
/// statement is one transaction, so both are written or neither is. It ends with a `SELECT`, so that the
/// count of rows is that of the record.
pub const CREATE_WITH_EVENTS: &str = with_events!(
    "INSERT INTO second_factor (account, record, revision) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
    "$4"
);
/// The same for [`SWAP`].
pub const SWAP_WITH_EVENTS: &str = with_events!(
    "UPDATE second_factor SET record = $2, revision = $3 WHERE account = $1 AND revision = $4",
    "$5"
);
/// Parameter: the account. Returns its events, the oldest first.
pub const TRAIL: &str = "SELECT event::text FROM second_factor_trail WHERE account = $1 ORDER BY number";
/// Parameter: a time in seconds since 1970. Deletes the events before it.
pub const PRUNE: &str = include_str!("../postgres/prune.sql");
/// If the isolation level is stricter than READ COMMITTED, the second of two racing swaps fails with this error
/// instead, and stores nothing.
const SERIALIZATION_FAILURE: &str = "40001";

/// Accounts in PostgreSQL. Each statement is a separate transaction, and under `synchronous_commit = on`,
/// the default, `Stored` is durable.
#[derive(Clone, Debug)]
pub struct PostgresStore {
    pool: PgPool,
    keeps_trail: bool,
}

impl PostgresStore {
    /// Brings the schema up to date. The pool may be the host's. A pool that is made with
    /// `test_before_acquire(false)` saves the ping that otherwise precedes every statement: half of the round
    /// trips that a login waits for.
    pub async fn migrate(pool: PgPool) -> Result<Self, Error> {
        sqlx::migrate!("./postgres").run(&pool).await?;
        Ok(Self { pool, keeps_trail: true })
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
pub enum PostgresStoreError {
    Database(#[from] Error),
    Json(#[from] JsonError),
}

impl Store for PostgresStore {
    type Error = PostgresStoreError;

    async fn load(
        &self,
        account: &AccountId,
    ) -> Result<Option<Versioned<AccountRecord>>, PostgresStoreError> {
        let row = sqlx::query(LOAD).bind(account.as_str()).fetch_optional(&self.pool).await?;
        row.as_ref().map(versioned).transpose()
    }

    async fn compare_and_swap(
        &self,
        account: &AccountId,
        change: Change<'_>,
    ) -> Result<Swap, PostgresStoreError> {
        let record = change.record().to_json()?;
        let (id, revision) = (account.as_str(), change.revision().get().cast_signed());
        let has_events = self.keeps_trail && !change.events().is_empty();
        let mut swap = match (change.expected(), has_events) {
            (Expected::Absent, false) => sqlx::query(CREATE),
            (Expected::Absent, true) => sqlx::query(CREATE_WITH_EVENTS),
            (Expected::At(_), false) => sqlx::query(SWAP),
            (Expected::At(_), true) => sqlx::query(SWAP_WITH_EVENTS),
        };
        swap = swap.bind(id).bind(record).bind(revision);
        if let Expected::At(before) = change.expected() {
            swap = swap.bind(before.get().cast_signed());
        }
        if has_events {
            swap = swap.bind(change.events_json()?);
        }
        match swap.execute(&self.pool).await {
            Ok(done) if done.rows_affected() == 0 => Ok(Swap::Conflict),
            Ok(_) => Ok(Swap::Stored),
            Err(Error::Database(error)) if error.code().as_deref() == Some(SERIALIZATION_FAILURE) => {
                Ok(Swap::Conflict)
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn versioned(row: &PgRow) -> Result<Versioned<AccountRecord>, PostgresStoreError> {
    let revision = Revision::new(row.try_get::<i64, _>(0)?.cast_unsigned());
    Ok(Versioned::from_json(row.try_get::<&str, _>(1)?, revision)?)
}
