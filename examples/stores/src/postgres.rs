//! PostgreSQL through sqlx.

use second_factor::AccountRecord;
use second_factor::session::AccountId;
use second_factor::store::{Expected, Revision, Store, Swap, Versioned};
use sqlx::postgres::{PgPool, PgRow};
use sqlx::{Error, Row};

/// Of an account.
pub const LOAD: &str = "SELECT revision, record FROM second_factor WHERE account = $1";
/// Of an account and a record.
pub const CREATE: &str = "INSERT INTO second_factor (account, record) VALUES ($1, $2)
    ON CONFLICT DO NOTHING RETURNING revision";
/// Of an account, a record, and the revision that it replaces. Of two that race for a row, the second waits for the first and
/// then finds its condition false.
pub const SWAP: &str = "UPDATE second_factor SET record = $2, revision = nextval('second_factor_revision')
    WHERE account = $1 AND revision = $3 RETURNING revision";
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

    /// Deletes the account's row, as a host does with the account.
    pub async fn delete(&self, account: &AccountId) -> Result<(), Error> {
        let delete = sqlx::query("DELETE FROM second_factor WHERE account = $1").bind(account.as_str());
        delete.execute(&self.0).await.map(drop)
    }
}

impl Store for PostgresStore {
    type Error = Error;

    async fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, Error> {
        let row = sqlx::query(LOAD).bind(account.as_str()).fetch_optional(&self.0).await?;
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
                sqlx::query(SWAP).bind(account.as_str()).bind(record).bind(at.get().cast_signed())
            }
        };
        match swap.fetch_optional(&self.0).await {
            Ok(Some(row)) => Ok(Swap::Stored(revision(&row)?)),
            Ok(None) => Ok(Swap::Conflict),
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
    Ok(Versioned { value, revision: revision(row)? })
}

fn revision(row: &PgRow) -> Result<Revision, Error> {
    Ok(Revision::new(row.try_get::<i64, _>("revision")?.cast_unsigned()))
}
