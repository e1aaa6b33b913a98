use std::ops::Range;
use std::sync::Arc;

use second_factor_stores::mariadb::{LOAD, MariaDbStore, SWAP};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlPool, MySqlPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Row};

use super::{Engine, Trail, Usage, after};
use crate::Outcome;
use crate::servers::Servers;

/// Like that for SQLite, but with an offset and a number of rows. Only MariaDB has `seq_0_to_…`.
const FILL: &str = "INSERT INTO second_factor (account, revision, record)
    SELECT CONCAT(LPAD(HEX((? + seq) * ?), 8, '0'), '-0000-4000-a000-', LPAD(? + seq, 12, '0')), seq, ? FROM seq_0_to_LAST";

/// A separate database on the server of `MARIADB_URL`. It is dropped at the end, and also at the start, in case an earlier run failed.
pub struct MariaDb {
    store: MariaDbStore,
    pool: MySqlPool,
    name: String,
}

impl Engine for MariaDb {
    const NAME: &str = "mariadb";
    const TITLE: &str = "MariaDB, sqlx";
    type Store = MariaDbStore;

    async fn start(_: &Servers, number: u32) -> Outcome<Arc<Self>> {
        let url = std::env::var("MARIADB_URL");
        let url = url.as_deref().unwrap_or("mysql://root@127.0.0.1:3306");
        let options = url.parse::<MySqlConnectOptions>()?.disable_statement_logging();
        let name = format!("second_factor_load_{number}");
        let mut admin = MySqlConnection::connect_with(&options).await?;
        for statement in ["DROP DATABASE IF EXISTS NAME", "CREATE DATABASE NAME"] {
            admin.execute(AssertSqlSafe(statement.replace("NAME", &name))).await?;
        }
        let pool = MySqlPoolOptions::new().max_connections(16).test_before_acquire(false);
        let pool = pool.connect_with(options.database(&name)).await?;
        Ok(Arc::new(Self { store: MariaDbStore::migrate(pool.clone()).await?, pool, name }))
    }

    fn store(&self, trail: Trail) -> Arc<MariaDbStore> {
        let store = self.store.clone();
        Arc::new(if trail == Trail::With { store } else { store.without_trail() })
    }

    async fn log_in(&self, account: &str, next: &str) -> Outcome<()> {
        let load = async || {
            let row = sqlx::query(LOAD).bind(account.as_bytes()).fetch_one(&self.pool).await?;
            Outcome::Ok((row.try_get::<i64, _>(0)?, row.try_get::<String, _>(1)?))
        };
        let _ = load().await?;
        let (revision, _) = load().await?;
        let swap = sqlx::query(SWAP).bind(next).bind(after(revision)).bind(account.as_bytes()).bind(revision);
        swap.execute(&self.pool).await?;
        Ok(())
    }

    async fn fill(&self, rows: Range<u32>, of: u32, record: &str) -> Outcome<()> {
        if !rows.is_empty() {
            let fill = FILL.replace("LAST", &(rows.len() - 1).to_string());
            let fill = sqlx::query(AssertSqlSafe(fill)).bind(rows.start).bind(u32::MAX / of).bind(rows.start);
            fill.bind(record).execute(&self.pool).await?;
        }
        Ok(())
    }

    async fn usage(&self) -> Outcome<Usage> {
        let tables = "SELECT CAST(size AS SIGNED) FROM (SELECT name, file_size AS size
            FROM information_schema.innodb_sys_tablespaces) spaces WHERE name = CONCAT(?, '/', ?)";
        let size = async |table: &str| {
            let row = sqlx::query(tables).bind(&self.name).bind(table).fetch_one(&self.pool).await?;
            Outcome::Ok(Some(u64::try_from(row.try_get::<i64, _>(0)?)?))
        };
        // The file grows in steps of megabytes; this counts pages.
        self.pool.execute("ANALYZE TABLE second_factor_trail").await?;
        let trail = "SELECT CAST(data_length + index_length AS SIGNED) FROM information_schema.tables
            WHERE table_schema = ? AND table_name = 'second_factor_trail'";
        let trail = sqlx::query(trail).bind(&self.name).fetch_one(&self.pool).await?.try_get::<i64, _>(0)?;
        let log = "SELECT CAST(variable_value AS SIGNED) FROM information_schema.global_status
            WHERE variable_name = 'INNODB_OS_LOG_WRITTEN'";
        let log = sqlx::query(log).fetch_one(&self.pool).await?.try_get::<i64, _>(0)?;
        Ok(Usage {
            accounts: size("second_factor").await?,
            trail: Some(u64::try_from(trail)?),
            log: Some(u64::try_from(log)?),
        })
    }

    async fn clear(&self) -> Outcome<()> {
        sqlx::query(AssertSqlSafe(format!("DROP DATABASE {}", self.name))).execute(&self.pool).await?;
        Ok(())
    }
}
