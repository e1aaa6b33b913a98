//! Each engine's store, without a trail, and its bare client with the same statements.

use std::sync::Arc;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use second_factor::{Blocking, Store};
use second_factor_stores::postgres::{self, PostgresStore};
use second_factor_stores::redis::RedisStore;
use second_factor_stores::rusqlite::RusqliteStore;
use second_factor_stores::sqlite::{self, SqliteStore};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Row};
use tempfile::TempDir;

use crate::Outcome;

pub trait Engine: Send + Sync + Sized + 'static {
    const NAME: &str;
    type Store: Store + 'static;

    /// An empty store. Numbers keep those apart that are open at once.
    fn start(number: u32) -> impl Future<Output = Outcome<Arc<Self>>>;
    fn store(&self) -> Arc<Self::Store>;
    /// A login by the bare client: a load, and another with a swap for `next`.
    fn log_in(&self, account: &str, next: &str) -> impl Future<Output = Outcome<()>> + Send;
    /// So many rows more, made by the engine itself.
    fn fill(&self, rows: u32, record: &str) -> impl Future<Output = Outcome<()>>;
    /// Leaves nothing behind in a server.
    fn clear(&self) -> impl Future<Output = Outcome<()>> {
        async { Ok(()) }
    }
}

/// Another revision; the verifier would draw it at random.
fn after(revision: i64) -> i64 {
    revision.wrapping_add(1) & i64::MAX
}

/// Ids all over the key space, in ascending order, as a tree of large rows is built quickest.
const FILL: &str = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?1)
    INSERT INTO second_factor (account, revision, record)
    SELECT printf('%08x-filler', n * (4294967295 / ?1)), n, ?2 FROM numbers";

pub struct Sqlite {
    store: Arc<SqliteStore>,
    _folder: TempDir,
}

impl Engine for Sqlite {
    const NAME: &str = "SQLite, sqlx";
    type Store = SqliteStore;

    async fn start(_: u32) -> Outcome<Arc<Self>> {
        let folder = tempfile::tempdir()?;
        let store = SqliteStore::open(folder.path().join("accounts.db")).await?.without_trail();
        Ok(Arc::new(Self { store: Arc::new(store), _folder: folder }))
    }

    fn store(&self) -> Arc<SqliteStore> {
        self.store.clone()
    }

    async fn log_in(&self, account: &str, next: &str) -> Outcome<()> {
        let load = async || {
            let row = sqlx::query(sqlite::LOAD).bind(account).fetch_one(&self.store.reader).await?;
            Outcome::Ok((row.try_get::<i64, _>(0)?, row.try_get::<String, _>(1)?))
        };
        let _ = load().await?;
        let (revision, _) = load().await?;
        let swap = sqlx::query(sqlite::SWAP).bind(account).bind(next).bind(after(revision)).bind(revision);
        swap.execute(&self.store.writer).await?;
        Ok(())
    }

    async fn fill(&self, rows: u32, record: &str) -> Outcome<()> {
        sqlx::query(FILL).bind(rows).bind(record).execute(&self.store.writer).await?;
        Ok(())
    }
}

pub struct Rusqlite {
    store: Arc<Blocking<RusqliteStore>>,
    _folder: TempDir,
}

impl Engine for Rusqlite {
    const NAME: &str = "SQLite, rusqlite";
    type Store = Blocking<RusqliteStore>;

    async fn start(_: u32) -> Outcome<Arc<Self>> {
        let folder = tempfile::tempdir()?;
        let store = RusqliteStore::open(folder.path().join("accounts.db"))?.without_trail();
        Ok(Arc::new(Self { store: Arc::new(Blocking(store)), _folder: folder }))
    }

    fn store(&self) -> Arc<Blocking<RusqliteStore>> {
        self.store.clone()
    }

    async fn log_in(&self, account: &str, next: &str) -> Outcome<()> {
        let load = || {
            let connection = self.store.0.connection();
            let mut load = connection.prepare_cached(sqlite::LOAD)?;
            load.query_row([account], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))
        };
        let _ = load()?;
        let (revision, _) = load()?;
        let connection = self.store.0.connection();
        let mut swap = connection.prepare_cached(sqlite::SWAP)?;
        swap.execute((account, next, after(revision), revision))?;
        Ok(())
    }

    async fn fill(&self, rows: u32, record: &str) -> Outcome<()> {
        self.store.0.connection().execute(FILL, (rows, record))?;
        Ok(())
    }
}

/// A schema of its own in the database of `DATABASE_URL`, dropped at the end and, should it be there from a run that failed, at the start.
pub struct Postgres(Arc<PostgresStore>, PgPool);

impl Engine for Postgres {
    const NAME: &str = "PostgreSQL, sqlx";
    type Store = PostgresStore;

    async fn start(number: u32) -> Outcome<Arc<Self>> {
        let url = std::env::var("DATABASE_URL");
        let url = url.as_deref().unwrap_or("postgres://postgres@127.0.0.1:5432/postgres");
        let schema = format!("second_factor_load_{number}");
        let options = url.parse::<PgConnectOptions>()?.options([("search_path", schema.as_str())]);
        let pool = PgPoolOptions::new().max_connections(16).test_before_acquire(false);
        let pool = pool.connect_with(options).await?;
        for statement in ["DROP SCHEMA IF EXISTS NAME CASCADE", "CREATE SCHEMA NAME"] {
            sqlx::query(AssertSqlSafe(statement.replace("NAME", &schema))).execute(&pool).await?;
        }
        Ok(Arc::new(Self(Arc::new(PostgresStore::migrate(pool.clone()).await?.without_trail()), pool)))
    }

    fn store(&self) -> Arc<PostgresStore> {
        self.0.clone()
    }

    async fn log_in(&self, account: &str, next: &str) -> Outcome<()> {
        let load = async || {
            let row = sqlx::query(postgres::LOAD).bind(account).fetch_one(&self.1).await?;
            Outcome::Ok((row.try_get::<i64, _>(0)?, row.try_get::<String, _>(1)?))
        };
        let _ = load().await?;
        let (revision, _) = load().await?;
        let swap = sqlx::query(postgres::SWAP).bind(account).bind(next).bind(after(revision)).bind(revision);
        swap.execute(&self.1).await?;
        Ok(())
    }

    async fn fill(&self, rows: u32, record: &str) -> Outcome<()> {
        let fill = "INSERT INTO second_factor (account, revision, record)
            SELECT gen_random_uuid()::text, n, $2 FROM generate_series(1, $1) n";
        sqlx::query(fill).bind(i64::from(rows)).bind(record).execute(&self.1).await?;
        sqlx::query("VACUUM ANALYZE second_factor").execute(&self.1).await?;
        Ok(())
    }

    async fn clear(&self) -> Outcome<()> {
        let schema: String = sqlx::query("SELECT current_schema()").fetch_one(&self.1).await?.try_get(0)?;
        sqlx::query(AssertSqlSafe(format!("DROP SCHEMA {schema} CASCADE"))).execute(&self.1).await?;
        Ok(())
    }
}

/// Keys under a prefix in the Redis of `REDIS_URL`, deleted at the end and, should there be some, at the start.
pub struct Redis(Arc<RedisStore>, ConnectionManager, String);

impl Engine for Redis {
    const NAME: &str = "Redis";
    type Store = RedisStore;

    async fn start(number: u32) -> Outcome<Arc<Self>> {
        let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned());
        let patient = ConnectionManagerConfig::new().set_response_timeout(None);
        let manager = ConnectionManager::new_with_config(redis::Client::open(url)?, patient).await?;
        let prefix = format!("second-factor-load-{number}");
        clear(&manager, &prefix).await?;
        let store = Arc::new(RedisStore::new(manager.clone(), prefix.as_str()).without_trail());
        Ok(Arc::new(Self(store, manager, prefix)))
    }

    fn store(&self) -> Arc<RedisStore> {
        self.0.clone()
    }

    async fn log_in(&self, account: &str, next: &str) -> Outcome<()> {
        let account = second_factor::AccountId::new(account)?;
        let key = self.0.key(&account);
        let mut connection = self.1.clone();
        let load = redis::cmd("HMGET").arg(&key).arg(&["revision", "record"]).to_owned();
        let _: (i64, String) = load.query_async(&mut connection).await?;
        let (revision, _): (i64, String) = load.query_async(&mut connection).await?;
        let mut swap = redis::cmd("EVALSHA");
        swap.arg(redis::Script::new(second_factor_stores::redis::SWAP).get_hash());
        swap.arg(2).arg(key).arg(self.0.trail_key(&account)).arg(revision).arg(after(revision)).arg(next);
        let _: bool = swap.query_async(&mut connection).await?;
        Ok(())
    }

    async fn fill(&self, rows: u32, record: &str) -> Outcome<()> {
        // A thousand at a time, so that others get their turn.
        let script = "for n = tonumber(ARGV[1]), tonumber(ARGV[2]) do
            redis.call('HSET', KEYS[1] .. ':filler-' .. n, 'revision', 1, 'record', ARGV[3]) end";
        for first in (0..rows).step_by(1_000) {
            let mut fill = redis::cmd("EVAL");
            fill.arg(script).arg(1).arg(&self.2).arg(first).arg((first + 1_000).min(rows) - 1).arg(record);
            fill.exec_async(&mut self.1.clone()).await?;
        }
        Ok(())
    }

    async fn clear(&self) -> Outcome<()> {
        clear(&self.1, &self.2).await
    }
}

async fn clear(manager: &ConnectionManager, prefix: &str) -> Outcome<()> {
    let mut cursor = 0_u64;
    loop {
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg(format!("{prefix}:*")).arg("COUNT").arg(5_000);
        let (next, keys): (u64, Vec<Vec<u8>>) = scan.query_async(&mut manager.clone()).await?;
        if !keys.is_empty() {
            redis::cmd("UNLINK").arg(keys).exec_async(&mut manager.clone()).await?;
        }
        cursor = next;
        if cursor == 0 {
            return Ok(());
        }
    }
}
