//! A running Redis: `REDIS_URL`, by default the one of this machine. Tests work under a prefix of their own, as a user who may do no
//! more than the store needs.

mod common;

use std::sync::atomic::{AtomicU32, Ordering};

use common::{Wire, trail};
use redis::aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection};
use redis::{Client, ConnectionAddr, IntoConnectionInfo};
use second_factor::{AccountId, AuditEvent, Expected, Store, Swap, testing::Suite};
use second_factor_stores::redis::{RedisStore, RedisStoreError};

fn server() -> redis::ConnectionInfo {
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned());
    url.into_connection_info().unwrap()
}

/// `None`, and a line, without a server.
async fn admin() -> Option<MultiplexedConnection> {
    match Client::open(server()).unwrap().get_multiplexed_async_connection().await {
        Ok(admin) => Some(admin),
        Err(error) => {
            common::skip("Redis (REDIS_URL)", error);
            None
        }
    }
}

/// A user, and the keys under a prefix: all that they may touch.
struct Keys(String);

static KEYS: AtomicU32 = AtomicU32::new(0);

impl Keys {
    async fn create(admin: &MultiplexedConnection) -> (RedisStore, Self) {
        let number = KEYS.fetch_add(1, Ordering::Relaxed);
        let keys = Self(format!("second-factor-test-{}-{number}", std::process::id()));
        let may = "+hmget +hset +xadd +evalsha +script|load";
        let mut user = redis::cmd("ACL");
        user.arg("SETUSER").arg(&keys.0).arg("on").arg(">password").arg(format!("~{}:*", keys.0));
        user.arg(may.split(' ').collect::<Vec<_>>());
        user.exec_async(&mut admin.clone()).await.unwrap();
        (keys.open().await, keys)
    }

    /// Gives the user of the store a permission, or takes one.
    async fn may(&self, admin: &MultiplexedConnection, rule: &str) {
        let mut set = redis::cmd("ACL");
        set.arg("SETUSER").arg(&self.0).arg(rule).exec_async(&mut admin.clone()).await.unwrap();
    }

    async fn open(&self) -> RedisStore {
        self.at(server().addr().clone()).await
    }

    async fn at(&self, addr: ConnectionAddr) -> RedisStore {
        let login = server().redis_settings().clone().set_username(&self.0).set_password("password");
        let client = Client::open(server().set_addr(addr).set_redis_settings(login)).unwrap();
        let patient = ConnectionManagerConfig::new().set_response_timeout(None).set_connection_timeout(None);
        let connection = ConnectionManager::new_with_config(client, patient).await.unwrap();
        RedisStore::new(connection, self.0.as_str())
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        let mut admin = Client::open(server()).unwrap().get_connection().unwrap();
        let mut scan = redis::cmd("SCAN");
        let scan = scan.cursor_arg(0).arg("MATCH").arg(format!("{}:*", self.0)).arg("COUNT").arg(10_000);
        let found: Vec<Vec<u8>> = scan.clone().iter(&mut admin).unwrap().collect::<Result<_, _>>().unwrap();
        for key in found {
            redis::cmd("UNLINK").arg(key).exec(&mut admin).unwrap();
        }
        redis::cmd("ACL").arg("DELUSER").arg(&self.0).exec(&mut admin).unwrap();
    }
}

/// The events of each entry, which follow its revision.
async fn read(admin: &MultiplexedConnection, store: &RedisStore, account: &AccountId) -> Vec<AuditEvent> {
    let mut range = redis::cmd("XRANGE");
    range.arg(store.trail_key(account)).arg("-").arg("+");
    let entries: Vec<(String, Vec<String>)> = range.query_async(&mut admin.clone()).await.unwrap();
    trail::events(entries.into_iter().flat_map(|(_, fields)| fields.into_iter().skip(3).step_by(2)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn it_conforms() {
    let Some(admin) = admin().await else { return };
    let report = Suite::new(async || Keys::create(&admin).await)
        .another(Keys::open)
        .reopen(Keys::open)
        .fail(async |_: &RedisStore, keys: &Keys| keys.may(&admin, "-@all").await)
        .trail(async |store: &RedisStore, _: &Keys, account: &AccountId| read(&admin, store, account).await)
        // Redis rolls nothing back: what can fail has to come first.
        .block_trail(
            async |_: &RedisStore, keys: &Keys| keys.may(&admin, "-xadd").await,
            async |_: &RedisStore, keys: &Keys| keys.may(&admin, "+xadd").await,
        )
        .spawn(|task| drop(tokio::spawn(task)))
        .run()
        .await;
    println!("{report}");
    report.assert_complete();
}

#[tokio::test]
async fn a_login_is_three_round_trips() {
    let Some(admin) = admin().await else { return };
    let (_store, keys) = Keys::create(&admin).await;
    let wire = Wire::to(server().addr().to_string()).await;
    let store = keys.at(ConnectionAddr::Tcp("127.0.0.1".to_owned(), wire.port)).await;
    common::a_login_is_three_round_trips(store, &wire).await;
}

#[tokio::test]
async fn a_trail_is_pruned_and_can_be_done_without() {
    let Some(mut admin) = admin().await else { return };
    let (store, _keys) = Keys::create(&admin).await;
    let alice = AccountId::new("alice").unwrap();
    trail::three_changes(&store).await;
    assert_eq!(trail::times(&read(&admin, &store, &alice).await), [30, 31, 10, 40, 41]);
    let without = store.clone().without_trail();
    assert_eq!(trail::swap(&without, "alice", trail::at(8), 3, &[50]).await.unwrap(), Swap::Stored);
    assert_eq!(trail::times(&read(&admin, &store, &alice).await), [30, 31, 10, 40, 41]);
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis();
    let mut trim = redis::cmd("XTRIM");
    trim.arg(store.trail_key(&alice)).arg("MINID").arg(now.to_string() + "0");
    assert_eq!(trim.query_async::<usize>(&mut admin).await.unwrap(), 3, "an entry a change");
    assert!(read(&admin, &store, &alice).await.is_empty());
    assert_eq!(trail::revision(&store, "alice").await, Some(3));
}

/// As "no row" it would be an account without a second factor.
#[tokio::test]
async fn a_hash_without_its_record_or_its_revision_is_an_error() {
    let Some(mut admin) = admin().await else { return };
    let (store, _keys) = Keys::create(&admin).await;
    for (id, field) in [("alice", "record"), ("bob", "revision")] {
        assert_eq!(trail::swap(&store, id, Expected::Absent, 7, &[10]).await.unwrap(), Swap::Stored);
        let account = AccountId::new(id).unwrap();
        redis::cmd("HDEL").arg(store.key(&account)).arg(field).exec_async(&mut admin).await.unwrap();
        let loaded = store.load(&account).await;
        assert!(matches!(loaded, Err(RedisStoreError::HalfAnAccount)), "{field}: {loaded:?}");
        for expected in [Expected::Absent, trail::at(7)] {
            let swapped = trail::swap(&store, id, expected, 8, &[20]).await.unwrap();
            assert_eq!(swapped, Swap::Conflict, "{field}");
        }
    }
    assert!(store.load(&AccountId::new("carol").unwrap()).await.unwrap().is_none());
}

/// A server of its own, a cluster of one: it refuses a script whose keys are in different slots.
struct Cluster {
    server: std::process::Child,
    _folder: tempfile::TempDir,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Cluster {
    async fn start() -> Option<(Self, MultiplexedConnection, ConnectionManager)> {
        let folder = tempfile::tempdir().unwrap();
        // The port of its bus is 10,000 higher.
        let ports = (0..100).map(|_| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
        let port = ports.map(|free| free.local_addr().unwrap().port()).find(|port| *port < 50_000).unwrap();
        let mut server = std::process::Command::new("redis-server");
        server.args(["--cluster-enabled", "yes", "--save", "", "--bind", "127.0.0.1", "--port"]);
        server.arg(port.to_string()).current_dir(folder.path()).stdout(std::process::Stdio::null());
        let running = match server.spawn() {
            Ok(server) => Self { server, _folder: folder },
            Err(error) => {
                common::skip("redis-server to start", error);
                return None;
            }
        };
        let client = Client::open(format!("redis://127.0.0.1:{port}")).unwrap();
        for _ in 0..600 {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            let Ok(mut admin) = client.get_multiplexed_async_connection().await else { continue };
            let mut slots = redis::cmd("CLUSTER");
            let _ = slots.arg("ADDSLOTSRANGE").arg(0).arg(16_383).exec_async(&mut admin).await;
            let state: String = redis::cmd("CLUSTER").arg("INFO").query_async(&mut admin).await.unwrap();
            if state.contains("cluster_state:ok") {
                let patient = ConnectionManagerConfig::new().set_response_timeout(None);
                let manager = ConnectionManager::new_with_config(client, patient).await.unwrap();
                return Some((running, admin, manager));
            }
        }
        panic!("the cluster does not start");
    }
}

/// Ids with braces are among those of the suite: `}a{` leaves nothing between the braces where it is not escaped.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn g17_both_keys_of_an_account_are_in_one_slot_of_a_cluster() {
    let Some((_cluster, admin, manager)) = Cluster::start().await else { return };
    let number = AtomicU32::new(0);
    let report = Suite::new(async || {
        let prefix = number.fetch_add(1, Ordering::Relaxed);
        let store = RedisStore::new(manager.clone(), prefix.to_string());
        (store.clone(), store)
    })
    .another(async |store: &RedisStore| store.clone())
    .trail(async |store: &RedisStore, _: &RedisStore, account: &AccountId| read(&admin, store, account).await)
    .spawn(|task| drop(tokio::spawn(task)))
    .run()
    .await;
    report.assert();
    let store = RedisStore::new(manager.clone(), "g17");
    for id in ["}a{", "{}a", "a}b", "{a}b", "}", "{", "%7D", "a}:trail"] {
        let stored = trail::swap(&store, id, Expected::Absent, 1, &[10]).await.unwrap();
        assert_eq!(stored, Swap::Stored, "{id}");
    }
    let mut keys = redis::cmd("KEYS");
    let keys: Vec<String> = keys.arg("g17:*").query_async(&mut admin.clone()).await.unwrap();
    assert_eq!(keys.len(), 16, "{keys:?}");
}
