use std::ops::Range;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::{Client, Url};
use second_factor_stores::etcd::EtcdStore;
use serde_json::{Value, json};

use super::{Engine, Trail, Usage, after};
use crate::Outcome;
use crate::servers::Servers;

/// etcd takes 128 operations in a transaction, and an account is two.
const AT_A_TIME: usize = 64;

/// Keys under a prefix.
pub struct Etcd {
    store: EtcdStore,
    client: Client,
    endpoint: Url,
    prefix: String,
}

impl Etcd {
    async fn call(&self, path: &str, request: &Value) -> Outcome<Value> {
        let answer = self.client.post(self.endpoint.join(path)?).json(request).send().await?;
        Ok(serde_json::from_slice(&answer.error_for_status()?.bytes().await?)?)
    }

    fn key(&self, account: &str, name: &str) -> String {
        BASE64_STANDARD.encode(format!("{}account/{account}\0{name}", self.prefix))
    }

    fn puts(&self, account: &str, revision: &str, record: &str) -> [Value; 2] {
        [("record", record), ("revision", revision)].map(|(name, value)| {
            let value = BASE64_STANDARD.encode(value);
            json!({ "request_put": { "key": self.key(account, name), "value": value } })
        })
    }

    async fn metric(&self, name: &str) -> Outcome<Option<u64>> {
        let text = self.client.get(self.endpoint.join("metrics")?).send().await?.text().await?;
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        Ok(value.map(str::parse::<f64>).transpose()?.map(|value| value as u64))
    }
}

impl Engine for Etcd {
    const NAME: &str = "etcd";
    const TITLE: &str = "etcd, 3 members";
    const MOST_ACCOUNTS: u32 = 10_000;
    type Store = EtcdStore;

    async fn start(servers: &Servers, number: u32) -> Outcome<Arc<Self>> {
        let endpoints = servers.etcd()?;
        let endpoint = endpoints.first().ok_or("etcd was not started")?.clone();
        let prefix = format!("second-factor-load-{number}/");
        let store = EtcdStore::new(Client::builder(), endpoints, prefix.as_str())?;
        let client = Client::builder().no_proxy().build()?;
        Ok(Arc::new(Self { store, client, endpoint, prefix }))
    }

    fn store(&self, trail: Trail) -> Arc<EtcdStore> {
        let store = self.store.clone();
        Arc::new(if trail == Trail::With { store } else { store.without_trail() })
    }

    async fn log_in(&self, account: &str, next: &str) -> Outcome<()> {
        let end = BASE64_STANDARD.encode(format!("{}account/{account}\u{1}", self.prefix));
        let range = json!({ "key": self.key(account, ""), "range_end": end });
        let load = async || {
            let answer = self.call("v3/kv/range", &range).await?;
            // The record, then the revision.
            let value = |index: usize| {
                let text = answer["kvs"][index]["value"].as_str().ok_or("no value")?;
                Outcome::Ok(String::from_utf8(BASE64_STANDARD.decode(text)?)?)
            };
            Outcome::Ok((value(1)?.parse::<i64>()?, value(0)?))
        };
        let _ = load().await?;
        let (revision, _) = load().await?;
        let before = BASE64_STANDARD.encode(revision.to_string());
        let compare = json!({ "key": self.key(account, "revision"), "result": "EQUAL", "target": "VALUE", "value": before });
        let puts = self.puts(account, &after(revision).to_string(), next);
        let swap = json!({ "compare": [compare], "success": puts, "failure": [] });
        let answer = self.call("v3/kv/txn", &swap).await?;
        if answer["succeeded"] == true { Ok(()) } else { Err("not swapped".into()) }
    }

    async fn fill(&self, rows: Range<u32>, of: u32, record: &str) -> Outcome<()> {
        for first in rows.clone().step_by(AT_A_TIME) {
            let last = (first + AT_A_TIME as u32).min(rows.end);
            let account = |n: u32| format!("{:08x}-0000-4000-a000-{n:012}", n * (u32::MAX / of));
            let puts: Vec<_> = (first..last).flat_map(|n| self.puts(&account(n), "1", record)).collect();
            self.call("v3/kv/txn", &json!({ "compare": [], "success": puts, "failure": [] })).await?;
        }
        Ok(())
    }

    async fn usage(&self) -> Outcome<Usage> {
        let held = self.metric("etcd_mvcc_db_total_size_in_use_in_bytes").await?;
        let log = self.metric("etcd_disk_wal_write_bytes_total").await?;
        Ok(Usage { accounts: held, trail: None, log })
    }
}
