//! A running Redis: `REDIS_URL`, by default the one of this machine. Tests work under a prefix of their own, as a user who may do no
//! more than the store needs.

mod common;

use std::sync::atomic::{AtomicU32, Ordering};

use common::Wire;
use redis::aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection};
use redis::{Client, ConnectionAddr, IntoConnectionInfo};
use second_factor::testing::Suite;
use second_factor_stores::redis::RedisStore;

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
        let may = "+hmget +hget +hset +evalsha +script|load";
        let mut user = redis::cmd("ACL");
        user.arg("SETUSER").arg(&keys.0).arg("on").arg(">password").arg(format!("~{}:*", keys.0));
        user.arg(may.split(' ').collect::<Vec<_>>());
        user.exec_async(&mut admin.clone()).await.unwrap();
        (keys.open().await, keys)
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

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn it_conforms() {
    let Some(admin) = admin().await else { return };
    let report = Suite::new(async || Keys::create(&admin).await)
        .another(Keys::open)
        .reopen(Keys::open)
        .fail(async |_: &RedisStore, keys: &Keys| {
            let mut revoke = redis::cmd("ACL");
            revoke.arg("SETUSER").arg(&keys.0).arg("-@all").exec_async(&mut admin.clone()).await.unwrap();
        })
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
