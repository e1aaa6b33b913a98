//! Redis, with a script that makes the swap atomic.
//!
//! `Stored` is as durable as the server is set up to be. The contract asks for `appendonly yes` with `appendfsync always`: the script's answer
//! then waits for the disk. With `everysec`, the usual setting, a crash loses up to a second of writes, and codes accepted in it are
//! accepted again. With snapshots alone, or a replica that takes over, it is more. Eviction must be off (`maxmemory-policy noeviction`): an
//! evicted record is an account without a second factor.

use redis::aio::ConnectionManager;
use redis::{AsyncCommands, ErrorKind, RedisError, Script};
use second_factor::AccountRecord;
use second_factor::session::AccountId;
use second_factor::store::{Expected, Revision, Store, Swap, Versioned};

/// The script that swaps. Redis runs one at a time. It is sent by its digest, and whole where the server does not know it yet.
pub const SWAP: &str = include_str!("../redis/swap.lua");

/// Accounts in Redis, two keys each: the record with its revision, and the count that revisions come from.
#[derive(Clone)]
pub struct RedisStore {
    connection: ConnectionManager,
    prefix: String,
    swap: Script,
}

impl RedisStore {
    /// A store whose keys start with `prefix`. Give the connection a response timeout that outlasts a slow disk; the default is half
    /// a second. A call that ran out of time, or lost its connection, is an `Err` and not sent again, since it may have stored.
    pub fn new(connection: ConnectionManager, prefix: impl Into<String>) -> Self {
        Self { connection, prefix: prefix.into(), swap: Script::new(SWAP) }
    }

    /// Deletes the account's record, as a host does with the account. The count stays.
    pub async fn delete(&self, account: &AccountId) -> Result<(), RedisError> {
        self.connection.clone().del(self.key(account, "record")).await
    }

    /// The account in braces, so that a cluster keeps both keys together. The kind comes first: no account is another's suffix.
    fn key(&self, account: &AccountId, kind: &str) -> String {
        format!("{}:{kind}:{{{account}}}", self.prefix)
    }
}

impl Store for RedisStore {
    type Error = RedisError;

    async fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, RedisError> {
        let key = self.key(account, "record");
        let row: (Option<u64>, Option<String>) =
            self.connection.clone().hmget(key, &["revision", "record"]).await?;
        let (Some(revision), Some(record)) = row else { return Ok(None) };
        let value = serde_json::from_str(&record).map_err(foreign)?;
        Ok(Some(Versioned { value, revision: Revision::new(revision) }))
    }

    async fn compare_and_swap(
        &self,
        account: &AccountId,
        expected: Expected,
        next: &AccountRecord,
    ) -> Result<Swap, RedisError> {
        let expected = match expected {
            Expected::Absent => String::new(),
            Expected::At(revision) => revision.to_string(),
        };
        let record = serde_json::to_string(next).map_err(foreign)?;
        let mut swap = self.swap.key(self.key(account, "record"));
        swap.key(self.key(account, "revision")).arg(expected).arg(record);
        let revision: Option<u64> = swap.invoke_async(&mut self.connection.clone()).await?;
        Ok(revision.map_or(Swap::Conflict, |revision| Swap::Stored(Revision::new(revision))))
    }
}

fn foreign(error: serde_json::Error) -> RedisError {
    (ErrorKind::Parse, "not an account record", error.to_string()).into()
}
