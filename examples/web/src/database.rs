//! One database for everything: SQLite in a file, or PostgreSQL for several instances.
//!
//! Both accept `$1` for the first argument, so each statement is written once.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use crate::files;

/// The pool of one of the two engines.
#[derive(Clone, Debug)]
pub enum Database {
    /// SQLite.
    Sqlite {
        /// The file.
        path: String,
        /// Its connections.
        pool: SqlitePool,
    },
    /// PostgreSQL.
    Postgres(PgPool),
}

impl Database {
    /// Whether the URL names a PostgreSQL server.
    pub fn is_postgres(url: &str) -> bool {
        url.starts_with("postgres://") || url.starts_with("postgresql://")
    }

    /// Whether this is a URL of PostgreSQL or the path of a file. A database in memory is refused: each connection would get
    /// another one.
    pub fn is_url(url: &str) -> bool {
        let path = Self::sqlite_path(url);
        Self::is_postgres(url)
            || !(path.is_empty()
                || path.contains(['?', '\0'])
                || path.starts_with("file:")
                || path.contains(":memory:")
                || path.contains("://"))
    }

    /// Connects and migrates the site's own tables. Everything but `postgres://…` is the path of a SQLite file.
    pub async fn open(url: &str) -> Result<Self, sqlx::Error> {
        // The stores of `second-factor-stores` record their migrations in sqlx's default table.
        const TABLE: &str = "site_migrations";
        if Self::is_postgres(url) {
            // Under a stricter isolation, a statement that meets another one on the same row fails instead of waiting for it.
            let options = url
                .parse::<PgConnectOptions>()?
                .options([("statement_timeout", "20s"), ("default_transaction_isolation", "read committed")]);
            let pool = PgPoolOptions::new().max_connections(10).connect_with(options).await?;
            let mut migrations = sqlx::migrate!("./migrations/postgres");
            migrations.dangerous_set_table_name(TABLE);
            migrations.run(&pool).await?;
            return Ok(Self::Postgres(pool));
        }
        let path = Self::sqlite_path(url).to_owned();
        files::close_database(&path)?;
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .journal_mode(SqliteJournalMode::Wal)
            .busy_timeout(Duration::from_secs(20))
            .synchronous(SqliteSynchronous::Full);
        let pool = SqlitePoolOptions::new().connect_with(options).await?;
        let mut migrations = sqlx::migrate!("./migrations/sqlite");
        migrations.dangerous_set_table_name(TABLE);
        migrations.run(&pool).await?;
        Ok(Self::Sqlite { path, pool })
    }

    /// The file that `sqlite:file`, `sqlite://file` or plain `file` names.
    pub fn sqlite_path(url: &str) -> &str {
        let path = url.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path));
        path.unwrap_or(url)
    }
}

/// Runs the same code with the pool of either engine.
macro_rules! on {
    ($database:expr, $pool:ident => $query:expr) => {
        match $database {
            $crate::database::Database::Sqlite { pool: $pool, .. } => $query,
            $crate::database::Database::Postgres($pool) => $query,
        }
    };
}
pub(crate) use on;
