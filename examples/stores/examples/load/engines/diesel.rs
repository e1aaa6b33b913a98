use std::ops::Range;
use std::sync::Arc;

use diesel::prelude::*;
use second_factor::store::Blocking;
use second_factor_stores::diesel::DieselStore;
use tempfile::TempDir;

use super::{Engine, Trail, Usage, after};
use crate::Outcome;
use crate::servers::Servers;

diesel::table! {
    #[sql_name = "second_factor"]
    accounts (account) {
        account -> Text,
        revision -> BigInt,
        record -> Text,
    }
}

pub struct Diesel {
    with_trail: Arc<Blocking<DieselStore>>,
    without: Arc<Blocking<DieselStore>>,
    _folder: TempDir,
}

impl Engine for Diesel {
    const NAME: &str = "diesel";
    const TITLE: &str = "SQLite, diesel";
    type Store = Blocking<DieselStore>;

    async fn start(_: &Servers, _: u32) -> Outcome<Arc<Self>> {
        let folder = tempfile::tempdir()?;
        let open = || DieselStore::open(folder.path().join("accounts.db"));
        let with_trail = Arc::new(Blocking(open()?));
        let without = Arc::new(Blocking(open()?.without_trail()));
        Ok(Arc::new(Self { with_trail, without, _folder: folder }))
    }

    fn store(&self, trail: Trail) -> Arc<Blocking<DieselStore>> {
        if trail == Trail::With { self.with_trail.clone() } else { self.without.clone() }
    }

    async fn log_in(&self, account: &str, next: &str) -> Outcome<()> {
        let load = || {
            let load = accounts::table.find(account).select((accounts::revision, accounts::record));
            load.first::<(i64, String)>(&mut *self.without.0.connection())
        };
        let _ = load()?;
        let (revision, _) = load()?;
        let swap = diesel::update(accounts::table)
            .filter(accounts::account.eq(account).and(accounts::revision.eq(revision)))
            .set((accounts::record.eq(next), accounts::revision.eq(after(revision))));
        swap.execute(&mut *self.without.0.connection())?;
        Ok(())
    }

    async fn fill(&self, _: Range<u32>, _: u32, _: &str) -> Outcome<()> {
        Err("the file is that of the other SQLite".into())
    }

    async fn usage(&self) -> Outcome<Usage> {
        Ok(Usage::default())
    }
}
