use std::ops::Range;
use std::sync::Arc;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Script, cmd};
use second_factor::AccountId;
use second_factor_stores::redis::{RedisStore, SWAP};

use super::{Engine, Trail, Usage, after};
use crate::Outcome;
use crate::servers::Servers;

/// Like that for SQLite. It inserts a thousand rows at a time, so that no sync has to write a gigabyte.
const FILL: &str = "for n = tonumber(ARGV[1]), tonumber(ARGV[2]) do
    local id = string.format('%08x-0000-4000-a000-%012d', n * tonumber(ARGV[3]), n)
    redis.call('HSET', KEYS[1] .. ':{' .. id .. '}', 'revision', n, 'record', ARGV[4]) end";
const AT_A_TIME: usize = 1_000;

/// Keys under a prefix.
pub struct Redis {
    store: RedisStore,
    connection: ConnectionManager,
    prefix: String,
}

impl Engine for Redis {
    const NAME: &str = "redis";
    const TITLE: &str = "Redis";
    type Store = RedisStore;

    async fn start(servers: &Servers, number: u32) -> Outcome<Arc<Self>> {
        let url = servers.redis_url().ok_or("Redis was not started")?;
        let patient = ConnectionManagerConfig::new().set_response_timeout(None);
        let connection = ConnectionManager::new_with_config(Client::open(url)?, patient).await?;
        let prefix = format!("second-factor-load-{number}");
        let store = RedisStore::new(connection.clone(), prefix.as_str());
        Ok(Arc::new(Self { store, connection, prefix }))
    }

    fn store(&self, trail: Trail) -> Arc<RedisStore> {
        let store = self.store.clone();
        Arc::new(if trail == Trail::With { store } else { store.without_trail() })
    }

    async fn log_in(&self, account: &str, next: &str) -> Outcome<()> {
        let account = AccountId::new(account)?;
        let key = self.store.key(&account);
        let mut connection = self.connection.clone();
        let load = cmd("HMGET").arg(&key).arg(&["revision", "record"]).to_owned();
        let _: (i64, String) = load.query_async(&mut connection).await?;
        let (revision, _): (i64, String) = load.query_async(&mut connection).await?;
        let mut swap = cmd("EVALSHA");
        swap.arg(Script::new(SWAP).get_hash()).arg(2).arg(key).arg(self.store.trail_key(&account));
        let _: bool = swap.arg(revision).arg(after(revision)).arg(next).query_async(&mut connection).await?;
        Ok(())
    }

    async fn fill(&self, rows: Range<u32>, of: u32, record: &str) -> Outcome<()> {
        for first in rows.clone().step_by(AT_A_TIME) {
            let last = (first + AT_A_TIME as u32).min(rows.end) - 1;
            let mut fill = cmd("EVAL");
            fill.arg(FILL).arg(1).arg(&self.prefix).arg(first).arg(last).arg(u32::MAX / of).arg(record);
            fill.exec_async(&mut self.connection.clone()).await?;
        }
        Ok(())
    }

    async fn usage(&self) -> Outcome<Usage> {
        let info: String = cmd("INFO").arg("everything").query_async(&mut self.connection.clone()).await?;
        let value = |name: &str| {
            info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')?.trim().parse().ok())
        };
        let held = value("used_memory");
        // One figure serves for both: without a trail, logins do not make it larger.
        Ok(Usage { accounts: held, trail: held, log: value("aof_current_size") })
    }
}
