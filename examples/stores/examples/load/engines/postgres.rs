use std::ops::Range;
use std::sync::Arc;

use second_factor_stores::postgres::{LOAD, PostgresStore, SWAP};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Row};

use super::{Engine, Trail, Usage, after};
use crate::Outcome;
use crate::servers::Servers;

/// Like that for SQLite.
const FILL: &str = "INSERT INTO second_factor (account, revision, record)
    SELECT lpad(to_hex(n * $3), 8, '0') || '-0000-4000-a000-' || lpad(n::text, 12, '0'), n, $4
    FROM generate_series($1::bigint, $2::bigint) n";

/// A separate schema in the database of `DATABASE_URL`. It is dropped at the end, and also at the start, in case an earlier run failed.
pub struct Postgres {
    store: PostgresStore,
    pool: PgPool,
    schema: String,
}

impl Engine for Postgres {
    const NAME: &str = "postgres";
    const TITLE: &str = "PostgreSQL, sqlx";
    type Store = PostgresStore;

    async fn start(_: &Servers, number: u32) -> Outcome<Arc<Self>> {
        let url = std::env::var("DATABASE_URL");
        let url = url.as_deref().unwrap_or("postgres://postgres@127.0.0.1:5432/postgres");
        let schema = format!("second_factor_load_{number}");
        let options = url.parse::<PgConnectOptions>()?.options([("search_path", schema.as_str())]);
        let pool = PgPoolOptions::new().max_connections(16).test_before_acquire(false);
        let pool = pool.connect_with(options.disable_statement_logging()).await?;
        for statement in ["DROP SCHEMA IF EXISTS NAME CASCADE", "CREATE SCHEMA NAME"] {
            sqlx::query(AssertSqlSafe(statement.replace("NAME", &schema))).execute(&pool).await?;
        }
        Ok(Arc::new(Self { store: PostgresStore::migrate(pool.clone()).await?, pool, schema }))
    }

    fn store(&self, trail: Trail) -> Arc<PostgresStore> {
        let store = self.store.clone();
        Arc::new(if trail == Trail::With { store } else { store.without_trail() })
    }

    async fn log_in(&self, account: &str, next: &str) -> Outcome<()> {
        let load = async || {
            let row = sqlx::query(LOAD).bind(account).fetch_one(&self.pool).await?;
            Outcome::Ok((row.try_get::<i64, _>(0)?, row.try_get::<String, _>(1)?))
        };
        let _ = load().await?;
        let (revision, _) = load().await?;
        let swap = sqlx::query(SWAP).bind(account).bind(next).bind(after(revision)).bind(revision);
        swap.execute(&self.pool).await?;
        Ok(())
    }

    async fn fill(&self, rows: Range<u32>, of: u32, record: &str) -> Outcome<()> {
        let fill = sqlx::query(FILL).bind(i64::from(rows.start)).bind(i64::from(rows.end) - 1);
        fill.bind(i64::from(u32::MAX / of)).bind(record).execute(&self.pool).await?;
        Ok(())
    }

    async fn settle(&self) -> Outcome<()> {
        sqlx::query("VACUUM ANALYZE second_factor").execute(&self.pool).await?;
        sqlx::query("CHECKPOINT").execute(&self.pool).await?;
        Ok(())
    }

    async fn usage(&self) -> Outcome<Usage> {
        let sizes =
            "SELECT pg_total_relation_size('second_factor'), pg_total_relation_size('second_factor_trail'),
            (pg_current_wal_insert_lsn() - '0/0')::bigint";
        let row = sqlx::query(sizes).fetch_one(&self.pool).await?;
        let size = |column| Outcome::Ok(Some(u64::try_from(row.try_get::<i64, _>(column)?)?));
        Ok(Usage { accounts: size(0)?, trail: size(1)?, log: size(2)? })
    }

    async fn clear(&self) -> Outcome<()> {
        sqlx::query(AssertSqlSafe(format!("DROP SCHEMA {} CASCADE", self.schema)))
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
