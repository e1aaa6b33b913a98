//! PostgreSQL through sqlx.

use second_factor::AccountRecord;
use second_factor::session::AccountId;
use second_factor::store::{Expected, Revision, Store, Swap, Versioned};
use sqlx::Row;
use sqlx::postgres::{PgPool, PgRow};

/// Accounts in PostgreSQL.
#[derive(Clone, Debug)]
pub struct PostgresStore(PgPool);

impl PostgresStore {
    /// Brings the schema up to date. The pool is the store's own or the host's; a swap never joins a transaction of the host's.
    pub async fn migrate(pool: PgPool) -> Result<Self, sqlx::Error> {
        sqlx::migrate!("./postgres").run(&pool).await?;
        Ok(Self(pool))
    }

    /// Deletes the account's row, as a host does with the account.
    pub async fn delete(&self, account: &AccountId) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM second_factor WHERE account = $1")
            .bind(account.as_str())
            .execute(&self.0)
            .await?;
        Ok(())
    }
}

impl Store for PostgresStore {
    type Error = sqlx::Error;

    async fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, sqlx::Error> {
        const LOAD: &str = "SELECT revision, record FROM second_factor WHERE account = $1";
        let row = sqlx::query(LOAD).bind(account.as_str()).fetch_optional(&self.0).await?;
        row.as_ref().map(versioned).transpose()
    }

    async fn compare_and_swap(
        &self,
        account: &AccountId,
        expected: Expected,
        next: &AccountRecord,
    ) -> Result<Swap, sqlx::Error> {
        // A statement on its own is a transaction on its own: `Stored` is durable under the default `synchronous_commit = on`.
        // Of two that race for a row, the second waits for the first and then finds its condition false.
        const INSERT: &str = "INSERT INTO second_factor (account, record) VALUES ($1, $2)
            ON CONFLICT DO NOTHING RETURNING revision";
        const UPDATE: &str =
            "UPDATE second_factor SET record = $2, revision = nextval('second_factor_revision')
            WHERE account = $1 AND revision = $3 RETURNING revision";
        let record = serde_json::to_string(next).map_err(|error| sqlx::Error::Encode(error.into()))?;
        let swap = match expected {
            Expected::Absent => sqlx::query(INSERT).bind(account.as_str()).bind(record),
            Expected::At(revision) => {
                sqlx::query(UPDATE).bind(account.as_str()).bind(record).bind(revision.get().cast_signed())
            }
        };
        match swap.fetch_optional(&self.0).await? {
            Some(row) => Ok(Swap::Stored(revision(&row)?)),
            None => Ok(Swap::Conflict),
        }
    }
}

fn versioned(row: &PgRow) -> Result<Versioned<AccountRecord>, sqlx::Error> {
    let record: &str = row.try_get("record")?;
    let value = serde_json::from_str(record).map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok(Versioned { value, revision: revision(row)? })
}

fn revision(row: &PgRow) -> Result<Revision, sqlx::Error> {
    Ok(Revision::new(row.try_get::<i64, _>("revision")?.cast_unsigned()))
}
