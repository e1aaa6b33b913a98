use std::ops::Range;
use std::sync::Arc;

use second_factor::store::Blocking;
use second_factor_stores::rusqlite::RusqliteStore;
use second_factor_stores::sqlite::{LOAD, SWAP};
use tempfile::TempDir;

use super::{Engine, Trail, Usage, after};
use crate::Outcome;
use crate::servers::Servers;

pub struct Rusqlite {
    with_trail: Arc<Blocking<RusqliteStore>>,
    without: Arc<Blocking<RusqliteStore>>,
    _folder: TempDir,
}

impl Engine for Rusqlite {
    const NAME: &str = "rusqlite";
    const TITLE: &str = "SQLite, rusqlite";
    type Store = Blocking<RusqliteStore>;

    async fn start(_: &Servers, _: u32) -> Outcome<Arc<Self>> {
        let folder = tempfile::tempdir()?;
        let open = || RusqliteStore::open(folder.path().join("accounts.db"));
        let with_trail = Arc::new(Blocking(open()?));
        let without = Arc::new(Blocking(open()?.without_trail()));
        Ok(Arc::new(Self { with_trail, without, _folder: folder }))
    }

    fn store(&self, trail: Trail) -> Arc<Blocking<RusqliteStore>> {
        if trail == Trail::With { self.with_trail.clone() } else { self.without.clone() }
    }

    async fn log_in(&self, account: &str, next: &str) -> Outcome<()> {
        let load = || {
            let connection = self.without.0.connection();
            let mut load = connection.prepare_cached(LOAD)?;
            load.query_row([account], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))
        };
        let _ = load()?;
        let (revision, _) = load()?;
        let connection = self.without.0.connection();
        let mut swap = connection.prepare_cached(SWAP)?;
        swap.execute((account, next, after(revision), revision))?;
        Ok(())
    }

    async fn fill(&self, _: Range<u32>, _: u32, _: &str) -> Outcome<()> {
        Err("the file is that of the other SQLite".into())
    }

    async fn usage(&self) -> Outcome<Usage> {
        Ok(Usage::default())
    }
}
