use std::ops::Range;
use std::sync::Arc;

use second_factor_stores::sqlite::{LOAD, SWAP, SqliteStore};
use sqlx::Row;
use tempfile::TempDir;

use super::{Engine, Trail, Usage, after, written_by_this_process};
use crate::Outcome;
use crate::servers::Servers;

/// Inserts rows with ids all over the key space. Parameters: the first number, the last, the distance of their ids, a record.
const FILL: &str =
    "WITH RECURSIVE numbers (n) AS (SELECT ?1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?2)
    INSERT INTO second_factor (account, revision, record)
    SELECT printf('%08x-0000-4000-a000-%012d', n * ?3, n), n, ?4 FROM numbers";

pub struct Sqlite {
    store: SqliteStore,
    _folder: TempDir,
}

impl Engine for Sqlite {
    const NAME: &str = "sqlite";
    const TITLE: &str = "SQLite, sqlx";
    type Store = SqliteStore;

    async fn start(_: &Servers, _: u32) -> Outcome<Arc<Self>> {
        let folder = tempfile::tempdir()?;
        let store = SqliteStore::open(folder.path().join("accounts.db")).await?;
        Ok(Arc::new(Self { store, _folder: folder }))
    }

    fn store(&self, trail: Trail) -> Arc<SqliteStore> {
        let store = self.store.clone();
        Arc::new(if trail == Trail::With { store } else { store.without_trail() })
    }

    async fn log_in(&self, account: &str, next: &str) -> Outcome<()> {
        let load = async || {
            let row = sqlx::query(LOAD).bind(account).fetch_one(&self.store.reader).await?;
            Outcome::Ok((row.try_get::<i64, _>(0)?, row.try_get::<String, _>(1)?))
        };
        let _ = load().await?;
        let (revision, _) = load().await?;
        let swap = sqlx::query(SWAP).bind(account).bind(next).bind(after(revision)).bind(revision);
        swap.execute(&self.store.writer).await?;
        Ok(())
    }

    async fn fill(&self, rows: Range<u32>, of: u32, record: &str) -> Outcome<()> {
        if !rows.is_empty() {
            let fill = sqlx::query(FILL).bind(rows.start).bind(rows.end - 1).bind(u32::MAX / of);
            fill.bind(record).execute(&self.store.writer).await?;
        }
        Ok(())
    }

    async fn settle(&self) -> Outcome<()> {
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.store.writer).await?;
        Ok(())
    }

    async fn usage(&self) -> Outcome<Usage> {
        let bytes = async |query: &'static str| {
            let row = sqlx::query(query).fetch_one(&self.store.reader).await?;
            Outcome::Ok(u64::try_from(row.try_get::<i64, _>(0)?)?)
        };
        let trail = "SELECT sum(pgsize) FROM dbstat WHERE aggregate = TRUE AND name IN
            ('second_factor_trail', 'second_factor_trail_account', 'second_factor_trail_at')";
        let all = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
        let (trail, all) = (bytes(trail).await?, bytes(all).await?);
        Ok(Usage { accounts: Some(all - trail), trail: Some(trail), log: written_by_this_process() })
    }
}
