//! etcd, from 3.4 on, through its JSON gateway. It keeps an audit trail, unless it is made with
//! [`EtcdStore::without_trail`].
//!
//! An account has two keys, for its record and for its revision. A load reads both at one moment. A swap is a
//! transaction that compares the value of the second key and puts both. That value is the revision of the contract, a
//! random number; etcd's own `mod_revision` is something else.
//!
//! `Stored` relies on the write-ahead logs of a majority of the members, each synced to its disk, so
//! `--unsafe-no-fsync` must not be set. Loads are linearizable: a member that was cut off, or slept, asks the
//! majority before it answers. A minority of the members gives no answer, and then nobody is let in.
//!
//! etcd keeps what was overwritten until it is compacted: set `--auto-compaction-retention`, and watch the size against
//! `--quota-backend-bytes`, 2 GiB by default. Above that etcd accepts no writes, and no code is accepted. So use it for some 100,000 accounts,
//! not for millions.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::{Client, ClientBuilder, StatusCode, Url, redirect, retry};
use second_factor::{
    AccountId, AccountRecord, AuditEvent, Change, Expected, JsonError, Revision, Store, Swap, Versioned,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A member that does not accept a connection within this time is skipped.
const CONNECT_WITHIN: Duration = Duration::from_secs(1);
/// The time for a whole answer. An election takes one or two seconds.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Accounts in etcd, under a prefix.
#[derive(Clone, Debug)]
pub struct EtcdStore {
    client: Client,
    endpoints: Arc<[Url]>,
    /// The endpoint that answered last.
    current: Arc<AtomicUsize>,
    prefix: String,
    keeps_trail: bool,
}

impl EtcdStore {
    /// Accounts under `prefix`, such as `second-factor/`, of the cluster whose members listen at `endpoints`.
    ///
    /// Set certificates (with a TLS feature of reqwest) and the token of an etcd user, as a header, on the
    /// builder. Repeated requests, redirects and proxies are switched off here.
    pub fn new(
        client: ClientBuilder,
        endpoints: impl IntoIterator<Item = Url>,
        prefix: impl Into<String>,
    ) -> Result<Self, EtcdError> {
        let client = client.retry(retry::never()).redirect(redirect::Policy::none()).no_proxy();
        let client = client.connect_timeout(CONNECT_WITHIN).timeout(ANSWER_WITHIN).build();
        Ok(Self {
            client: client.map_err(EtcdError::Client)?,
            endpoints: endpoints.into_iter().collect(),
            current: Arc::default(),
            prefix: prefix.into(),
            keeps_trail: true,
        })
    }

    /// The same store without an audit trail. By default each change's events are written in the transaction
    /// of its record, with a key for each event: `trail/`, the account, the revision, a number. Nothing
    /// deletes them: move them elsewhere before they fill etcd.
    #[must_use]
    pub fn without_trail(self) -> Self {
        Self { keeps_trail: false, ..self }
    }

    /// The account's audit trail, oldest first.
    pub async fn trail(&self, account: &AccountId) -> Result<Vec<AuditEvent>, EtcdError> {
        let mut events = self.range(&self.keys("trail", account)).await?;
        // The contract's revisions are random; etcd's own count the transactions.
        events.sort_by(|a, b| (a.create_revision, &a.key).cmp(&(b.create_revision, &b.key)));
        events.iter().map(|event| Ok(AuditEvent::from_json(&event.value)?)).collect()
    }

    fn keys(&self, kind: &str, account: &AccountId) -> Keys {
        Keys(format!("{}{kind}/{account}", self.prefix))
    }

    async fn range(&self, keys: &Keys) -> Result<Vec<KeyValue>, EtcdError> {
        let range = json!({ "key": keys.key(""), "range_end": keys.end(), "serializable": false });
        let answer: Range = self.call("v3/kv/range", &range, Repeat::Always).await?;
        Ok(answer.kvs)
    }

    /// Asks the endpoint that answered last, and the others after it.
    async fn call<A: DeserializeOwned>(
        &self,
        path: &str,
        request: &Value,
        repeat: Repeat,
    ) -> Result<A, EtcdError> {
        let (count, first) = (self.endpoints.len(), self.current.load(Ordering::Relaxed));
        let mut failed = EtcdError::NoEndpoint;
        for (index, endpoint) in self.endpoints.iter().enumerate().cycle().skip(first).take(count) {
            failed = match self.call_one(endpoint, path, request).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            // The next call begins with the next endpoint, unless another call has moved on already.
            let next = (index + 1) % count;
            let _ = self.current.compare_exchange(index, next, Ordering::Relaxed, Ordering::Relaxed);
            if repeat == Repeat::Unsent && !matches!(failed, EtcdError::Unreachable(_)) {
                break;
            }
        }
        Err(failed)
    }

    async fn call_one<A: DeserializeOwned>(
        &self,
        endpoint: &Url,
        path: &str,
        request: &Value,
    ) -> Result<A, EtcdError> {
        let url = endpoint.join(path).map_err(|_| EtcdError::NoEndpoint)?;
        let answer = self.client.post(url).json(request).send().await.map_err(EtcdError::from_client)?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(EtcdError::from_client)?;
        if status != StatusCode::OK {
            let Refusal { message } = serde_json::from_slice(&body).unwrap_or_default();
            return Err(EtcdError::Refused { status, message });
        }
        serde_json::from_slice(&body).map_err(EtcdError::Format)
    }
}

impl Store for EtcdStore {
    type Error = EtcdError;

    async fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, EtcdError> {
        let keys = self.keys("account", account);
        let mut found = self.range(&keys).await?;
        let mut take = |name: &str| {
            let key = keys.bytes(name);
            found.iter().position(|found| found.key == key).map(|at| found.swap_remove(at).value)
        };
        match (take(RECORD), take(REVISION)) {
            (None, None) => Ok(None),
            (Some(record), Some(revision)) => {
                let revision = serde_json::from_slice(&revision).map_err(EtcdError::Format)?;
                Ok(Some(Versioned::from_json(record, Revision::new(revision))?))
            }
            _ => Err(EtcdError::HalfAnAccount),
        }
    }

    async fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, EtcdError> {
        let keys = self.keys("account", account);
        let revision = keys.key(REVISION);
        // etcd reads a field that is left out as zero, and a key that does not exist has zeros. So no field
        // is left out.
        let compare = match change.expected() {
            Expected::Absent => {
                json!({ "key": revision, "result": "EQUAL", "target": "CREATE", "create_revision": "0" })
            }
            Expected::At(before) => {
                let before = BASE64_STANDARD.encode(before.to_string());
                json!({ "key": revision, "result": "EQUAL", "target": "VALUE", "value": before })
            }
        };
        let mut puts = vec![
            put(keys.key(RECORD), change.record().to_json()?),
            put(revision, change.revision().to_string()),
        ];
        if self.keeps_trail {
            let trail = self.keys("trail", account);
            for (number, event) in change.events().iter().enumerate() {
                let key = trail.key(&format!("{:020}/{number:03}", change.revision().get()));
                puts.push(put(key, event.to_json()?));
            }
        }
        let swap = json!({ "compare": [compare], "success": puts, "failure": [] });
        let answer: Txn = self.call("v3/kv/txn", &swap, Repeat::Unsent).await?;
        Ok(if answer.succeeded { Swap::Stored } else { Swap::Conflict })
    }
}

fn put(key: String, value: String) -> Value {
    json!({ "request_put": { "key": key, "value": BASE64_STANDARD.encode(value) } })
}

/// Whether a call is made again at another endpoint.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Repeat {
    /// The call changes nothing, so it can be repeated.
    Always,
    /// Only if no connection was made. A second copy of a swap that was stored would be answered with a
    /// conflict.
    Unsent,
}

const RECORD: &str = "record";
const REVISION: &str = "revision";

/// The keys of one account. The id is followed by a NUL, which is in no id. So the keys of an account are never among
/// those of another.
struct Keys(String);

impl Keys {
    fn bytes(&self, name: &str) -> Vec<u8> {
        format!("{}\0{name}", self.0).into_bytes()
    }

    fn key(&self, name: &str) -> String {
        BASE64_STANDARD.encode(self.bytes(name))
    }

    /// The end of the range of these keys, just after the last one.
    fn end(&self) -> String {
        BASE64_STANDARD.encode(format!("{}\u{1}", self.0))
    }
}

/// Why a call of etcd failed. After `Unreachable` nothing was sent; otherwise a swap may have been stored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EtcdError {
    #[error("the HTTP client could not be built")]
    Client(#[source] reqwest::Error),
    #[error("there is no endpoint of etcd")]
    NoEndpoint,
    #[error("no member of etcd could be connected to")]
    Unreachable(#[source] reqwest::Error),
    #[error("etcd gave no answer")]
    Unanswered(#[source] reqwest::Error),
    #[error("etcd answered {status}: {message}")]
    Refused { status: StatusCode, message: String },
    #[error("not in the format of etcd's answers or of this store's revisions")]
    Format(#[source] serde_json::Error),
    #[error(transparent)]
    Json(#[from] JsonError),
    #[error("an account has a record or a revision, but not both")]
    HalfAnAccount,
}

impl EtcdError {
    fn from_client(error: reqwest::Error) -> Self {
        if error.is_connect() { Self::Unreachable(error) } else { Self::Unanswered(error) }
    }
}

/// An answer without a header is not from etcd.
#[derive(Deserialize)]
struct Header {}

#[derive(Deserialize)]
struct Range {
    #[serde(rename = "header")]
    _header: Header,
    #[serde(default)]
    kvs: Vec<KeyValue>,
}

#[derive(Deserialize)]
struct Txn {
    #[serde(rename = "header")]
    _header: Header,
    /// The gateway leaves out what is false.
    #[serde(default)]
    succeeded: bool,
}

#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct KeyValue {
    #[serde(deserialize_with = "base64")]
    key: Vec<u8>,
    #[serde(deserialize_with = "base64")]
    value: Vec<u8>,
    #[serde(deserialize_with = "decimal")]
    create_revision: u64,
}

fn base64<'de, D: serde::Deserializer<'de>>(text: D) -> Result<Vec<u8>, D::Error> {
    BASE64_STANDARD.decode(String::deserialize(text)?).map_err(serde::de::Error::custom)
}

/// The gateway writes numbers of 64 bits as text.
fn decimal<'de, D: serde::Deserializer<'de>>(text: D) -> Result<u64, D::Error> {
    String::deserialize(text)?.parse().map_err(serde::de::Error::custom)
}
