//! Redis, with a script that makes the swap atomic, and an audit trail.
//!
//! `Stored` is as durable as the server is set up to be. The contract asks for `appendonly yes` with
//! `appendfsync always`: the script's answer then waits for the disk. With `everysec`, the usual setting, a
//! crash loses up to a second of writes, and codes accepted in it are accepted again. With snapshots alone,
//! or when a replica takes over, more is lost: replication is asynchronous, in a cluster too. Eviction must
//! be off (`maxmemory-policy noeviction`): an evicted record is an account without a second factor. A server
//! whose memory is full writes nothing, and nobody can log in: prune the trails.

use redis::aio::ConnectionManager;
use redis::{AsyncCommands, RedisError, Script};
use second_factor::{
    AccountId, AccountRecord, Change, Expected, JsonError, Revision, Store, Swap, Versioned,
};

/// The script that swaps. Redis runs one script at a time. The client sends the digest of the script, and the whole
/// script only if the server does not know it yet.
pub const SWAP: &str = include_str!("../redis/swap.lua");

/// Accounts in Redis. Each has a hash with the record and its revision, and a stream for the trail. The stream has an
/// entry for each change, with the revision and the events in order. `XTRIM … MINID` with a time in milliseconds
/// prunes it.
#[derive(Clone)]
pub struct RedisStore {
    connection: ConnectionManager,
    prefix: String,
    swap: Script,
    keeps_trail: bool,
}

impl RedisStore {
    /// A store whose keys start with `prefix`. Give the connection a response timeout that outlasts a slow
    /// disk; the default is half a second. A call that ran out of time, or lost its connection, is an `Err`
    /// and not sent again, since it may have stored the record.
    pub fn new(connection: ConnectionManager, prefix: impl Into<String>) -> Self {
        Self { connection, prefix: prefix.into(), swap: Script::new(SWAP), keeps_trail: true }
    }

    /// The same store without an audit trail. By default it keeps one: a trail that nobody reads can be
    /// pruned, but one that was not kept cannot be recovered.
    #[must_use]
    pub fn without_trail(self) -> Self {
        Self { keeps_trail: false, ..self }
    }

    /// The key of the account's hash. A cluster chooses the slot of a key by the text between `{` and the
    /// first `}`. So a `}` in an id is escaped here, and both keys of an account are in one slot.
    pub fn key(&self, account: &AccountId) -> String {
        format!("{}:{{{}}}", self.prefix, account.as_str().replace('%', "%25").replace('}', "%7D"))
    }

    /// The key of the account's trail.
    pub fn trail_key(&self, account: &AccountId) -> String {
        trail_of(&self.key(account))
    }
}

fn trail_of(key: &str) -> String {
    [key, ":trail"].concat()
}

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum RedisStoreError {
    #[error(transparent)]
    Redis(#[from] RedisError),
    #[error(transparent)]
    Json(#[from] JsonError),
    #[error("an account has a record or a revision, but not both")]
    HalfAnAccount,
}

impl Store for RedisStore {
    type Error = RedisStoreError;

    async fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, RedisStoreError> {
        let key = self.key(account);
        let row: (Option<u64>, Option<String>) =
            self.connection.clone().hmget(key, &["revision", "record"]).await?;
        match row {
            (None, None) => Ok(None),
            (Some(revision), Some(record)) => {
                Ok(Some(Versioned::from_json(record, Revision::new(revision))?))
            }
            _ => Err(RedisStoreError::HalfAnAccount),
        }
    }

    async fn compare_and_swap(
        &self,
        account: &AccountId,
        change: Change<'_>,
    ) -> Result<Swap, RedisStoreError> {
        let expected = match change.expected() {
            Expected::Absent => String::new(),
            Expected::At(revision) => revision.to_string(),
        };
        let record = change.record().to_json()?;
        let key = self.key(account);
        let trail = trail_of(&key);
        let mut swap = self.swap.key(key);
        swap.key(trail).arg(expected).arg(change.revision().get()).arg(record);
        for event in change.events().iter().filter(|_| self.keeps_trail) {
            swap.arg("event").arg(event.to_json()?);
        }
        let stored: bool = swap.invoke_async(&mut self.connection.clone()).await?;
        Ok(if stored { Swap::Stored } else { Swap::Conflict })
    }
}
