//! A database of the test's own on a running PostgreSQL: `DATABASE_URL`, by default the one of this machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use second_factor_stores::postgres::PostgresStore;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use super::skip;

pub fn server() -> PgConnectOptions {
    let url = std::env::var("DATABASE_URL");
    let url = url.as_deref().unwrap_or("postgres://postgres@127.0.0.1:5432/postgres");
    url.parse::<PgConnectOptions>().unwrap().disable_statement_logging()
}

/// A database that is dropped with its last schema.
pub struct Database(String);

static DATABASES: AtomicU32 = AtomicU32::new(0);

impl Database {
    /// `None`, and a line, without a server.
    pub async fn create() -> Option<Arc<Self>> {
        let mut admin = match PgConnection::connect_with(&server()).await {
            Ok(admin) => admin,
            Err(error) => {
                skip("PostgreSQL (DATABASE_URL)", error);
                return None;
            }
        };
        let number = DATABASES.fetch_add(1, Ordering::Relaxed);
        let name = format!("second_factor_test_{}_{number}", std::process::id());
        let create = format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'");
        sqlx::query(AssertSqlSafe(create)).execute(&mut admin).await.unwrap();
        Some(Arc::new(Self(name)))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.0);
        // A thread of its own, as this one may be in a runtime.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut admin = PgConnection::connect_with(&server()).await.unwrap();
                sqlx::query(AssertSqlSafe(drop)).execute(&mut admin).await.unwrap();
            });
        });
        dropping.join().unwrap();
    }
}

/// A schema of the database, and a pool that works in it.
pub struct Schema {
    pub options: PgConnectOptions,
    pub pool: PgPool,
    _database: Arc<Database>,
}

static SCHEMAS: AtomicU32 = AtomicU32::new(0);

impl Schema {
    pub async fn create(database: &Arc<Database>, settings: &[(&str, &str)]) -> (PostgresStore, Self) {
        let name = format!("s{}", SCHEMAS.fetch_add(1, Ordering::Relaxed));
        let options = server().database(&database.0).options([("search_path", name.as_str())]);
        let options = options.options(settings.iter().copied());
        let pool = pool(options.clone());
        sqlx::query(AssertSqlSafe(format!("CREATE SCHEMA {name}"))).execute(&pool).await.unwrap();
        let store = PostgresStore::migrate(pool.clone()).await.unwrap();
        (store, Self { options, pool, _database: database.clone() })
    }

    /// Another instance of the service.
    pub async fn open(&self) -> PostgresStore {
        PostgresStore::migrate(pool(self.options.clone())).await.unwrap()
    }
}

fn pool(options: PgConnectOptions) -> PgPool {
    PgPoolOptions::new().max_connections(8).test_before_acquire(false).connect_lazy_with(options)
}
