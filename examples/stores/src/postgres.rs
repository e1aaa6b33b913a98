//! PostgreSQL through sqlx. It keeps no audit trail.

use second_factor::AccountRecord;
use second_factor::session::AccountId;
use second_factor::store::{Change, Expected, Revision, Store, Swap, Versioned};
use sqlx::postgres::{PgPool, PgRow};
use sqlx::{Error, Row};

/// Of an account.
pub const LOAD: &str = "SELECT revision, record FROM second_factor WHERE account = $1";
/// Of an account, a record and its revision.
pub const CREATE: &str = "INSERT INTO second_factor (account, record, revision) VALUES ($1, $2, $3)
    ON CONFLICT DO NOTHING";
/// Of an account, a record, its revision, and the revision that it replaces. Of two that race for a row, the second waits for the first
/// and then finds its condition false.
pub const SWAP: &str = "UPDATE second_factor SET record = $2, revision = $3
    WHERE account = $1 AND revision = $4";
/// In transactions stricter than READ COMMITTED the second of two that race fails with this instead, having stored nothing.
const SERIALIZATION_FAILURE: &str = "40001";

/// Accounts in PostgreSQL. A statement on its own is a transaction on its own, and under `synchronous_commit = on`, the default,
/// `Stored` is durable.
#[derive(Clone, Debug)]
pub struct PostgresStore(PgPool);

impl PostgresStore {
    /// Brings the schema up to date. The pool may be the host's. Made with `test_before_acquire(false)`, it saves the ping that
    /// otherwise precedes every statement: half of the round trips that a login waits for.
    pub async fn migrate(pool: PgPool) -> Result<Self, Error> {
        sqlx::migrate!("./postgres").run(&pool).await?;
        Ok(Self(pool))
    }
}

impl Store for PostgresStore {
    type Error = Error;

    async fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, Error> {
        let row = sqlx::query(LOAD).bind(account.as_str()).fetch_optional(&self.0).await?;
        row.as_ref().map(versioned).transpose()
    }

    async fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, Error> {
        let record = serde_json::to_string(change.record()).map_err(|error| Error::Encode(error.into()))?;
        let (id, revision) = (account.as_str(), change.revision().get().cast_signed());
        let swap = match change.expected() {
            Expected::Absent => sqlx::query(CREATE).bind(id).bind(record).bind(revision),
            Expected::At(before) => {
                sqlx::query(SWAP).bind(id).bind(record).bind(revision).bind(before.get().cast_signed())
            }
        };
        match swap.execute(&self.0).await {
            Ok(done) if done.rows_affected() == 0 => Ok(Swap::Conflict),
            Ok(_) => Ok(Swap::Stored),
            Err(Error::Database(error)) if error.code().as_deref() == Some(SERIALIZATION_FAILURE) => {
                Ok(Swap::Conflict)
            }
            Err(error) => Err(error),
        }
    }
}

fn versioned(row: &PgRow) -> Result<Versioned<AccountRecord>, Error> {
    let record: &str = row.try_get("record")?;
    let value = serde_json::from_str(record).map_err(|error| Error::Decode(error.into()))?;
    Ok(Versioned { value, revision: Revision::new(row.try_get::<i64, _>("revision")?.cast_unsigned()) })
}
