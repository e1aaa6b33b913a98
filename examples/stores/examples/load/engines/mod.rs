//! Each engine's store, and its bare client with the same statements.

mod diesel;
mod etcd;
mod mariadb;
mod postgres;
mod redis;
mod rusqlite;
mod sqlite;

use std::ops::Range;
use std::sync::Arc;

pub use diesel::Diesel;
pub use etcd::Etcd;
pub use mariadb::MariaDb;
pub use postgres::Postgres;
pub use redis::Redis;
pub use rusqlite::Rusqlite;
pub use sqlite::Sqlite;

use second_factor::store::Store;

use crate::Outcome;
use crate::servers::Servers;

/// The names of all of them.
pub const ALL: [&str; 7] =
    [Sqlite::NAME, Rusqlite::NAME, Diesel::NAME, Postgres::NAME, MariaDb::NAME, Redis::NAME, Etcd::NAME];

/// Whether the store keeps the audit trail.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Trail {
    With,
    Without,
}

pub trait Engine: Send + Sync + Sized + 'static {
    /// On the command line.
    const NAME: &str;
    /// In the table.
    const TITLE: &str;
    /// What it is meant for.
    const MOST_ACCOUNTS: u32 = u32::MAX;
    type Store: Store + 'static;

    /// An empty store. The number distinguishes stores that are open at the same time.
    fn start(servers: &Servers, number: u32) -> impl Future<Output = Outcome<Arc<Self>>>;
    fn store(&self, trail: Trail) -> Arc<Self::Store>;
    /// A login by the bare client: a load, and another with a swap for `next`.
    fn log_in(&self, account: &str, next: &str) -> impl Future<Output = Outcome<()>> + Send;
    /// Fills in the rows of these numbers, out of this many in all. The engine makes the rows itself.
    fn fill(&self, rows: Range<u32>, of: u32, record: &str) -> impl Future<Output = Outcome<()>>;
    /// Does now the work that the engine would otherwise do after a fill, during the measurement.
    fn settle(&self) -> impl Future<Output = Outcome<()>> {
        async { Ok(()) }
    }
    fn usage(&self) -> impl Future<Output = Outcome<Usage>>;
    /// Leaves nothing behind in a server.
    fn clear(&self) -> impl Future<Output = Outcome<()>> {
        async { Ok(()) }
    }
}

/// Sizes in bytes, as far as the engine reports them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// The accounts and their index.
    pub accounts: Option<u64>,
    /// The trail and its indexes.
    pub trail: Option<u64>,
    /// What was written to the log, counted from some moment: use differences.
    pub log: Option<u64>,
}

/// Another revision; the verifier would draw it at random.
fn after(revision: i64) -> i64 {
    revision.wrapping_add(1) & i64::MAX
}

/// What this process has written to disks. For an engine in the process, this is the log and what is copied from it to the table.
fn written_by_this_process() -> Option<u64> {
    let io = std::fs::read_to_string("/proc/self/io").ok()?;
    io.lines().find_map(|line| line.strip_prefix("write_bytes: "))?.parse().ok()
}
