//! Three processes of the binary with one PostgreSQL database, behind plain round-robin.
//!
//! They use the system's clock. So that no test depends on the second in which it runs, an account uses two successive codes:
//! if a step ends in between, they are the past and the present one, and both are still accepted.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]

mod common;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use common::{Browser, PASSWORD, STEP, To, has, oathtool};
use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{AssertSqlSafe, Connection, Executor, Row};

/// A database for this test, and three instances that use it.
struct Cluster {
    admin: String,
    database: String,
    instances: Vec<Instance>,
}

struct Instance {
    child: Child,
    origin: String,
}

impl Cluster {
    /// `None`, after one line, without a server or without oathtool.
    async fn start() -> Option<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        if !has("oathtool") {
            return None;
        }
        let admin = std::env::var("TEST_POSTGRES_URL")
            .unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432/postgres".into());
        let mut connection = match PgConnection::connect(&admin).await {
            Ok(connection) => connection,
            Err(error) => {
                assert!(std::env::var_os("REQUIRE_ALL").is_none(), "no PostgreSQL: {error}");
                // To the stream itself, because the output of a passing test is not shown; at once, because lines of parallel tests mix.
                let line = format!("skipped: no PostgreSQL: {error}\n");
                let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
                return None;
            }
        };
        let count = COUNT.fetch_add(1, Ordering::SeqCst);
        let name = format!("second_factor_web_{}_{count}", std::process::id());
        connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
        // The setting of the server must not matter. Under this one, a second post of a form fails instead of waiting for the first.
        let isolation =
            format!("ALTER DATABASE {name} SET default_transaction_isolation = 'repeatable read'");
        connection.execute(AssertSqlSafe(isolation)).await.unwrap();
        let database = format!("{}/{name}", admin.rsplit_once('/').unwrap().0);
        let mut cluster = Self { admin, database, instances: Vec::new() };
        // All at once on an empty database: each tries to create the tables.
        let mut children: Vec<_> = (0..3).map(|_| spawn(&cluster.database)).collect();
        cluster.instances = children
            .drain(..)
            .map(|mut child| {
                let mut line = String::new();
                BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
                let origin = line.trim().strip_prefix("Open ").expect("the address").to_owned();
                Instance { child, origin }
            })
            .collect();
        Some(cluster)
    }

    fn origins(&self) -> Vec<&str> {
        self.instances.iter().map(|instance| instance.origin.as_str()).collect()
    }

    fn browser(&self) -> Browser {
        Browser::new(&self.origins())
    }

    /// An enrolled user at the code page. Returns the browser, the right code and the recovery codes.
    async fn at_the_code(&self, name: &str) -> (Browser, String, Vec<String>) {
        let mut browser = self.browser();
        browser.register(name).await;
        assert_eq!(browser.log_in(name, PASSWORD).await, To("/account"));
        let at = now();
        let (key, codes) = browser.enable(at).await;
        assert_eq!(browser.log_in(name, PASSWORD).await, To("/login/code"));
        (browser, oathtool(&key, at + STEP), codes)
    }
}

/// Runs also when the test fails.
impl Drop for Cluster {
    fn drop(&mut self) {
        self.instances.clear();
        let (admin, name) = (self.admin.clone(), self.database.rsplit_once('/').unwrap().1.to_owned());
        // `drop` cannot wait for the test's own runtime, so this uses another thread with another one.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut connection = PgConnection::connect(&admin).await.unwrap();
                connection
                    .execute(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)")))
                    .await
                    .unwrap();
            });
        });
        let _ = dropped.join();
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(database: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_second-factor-web"))
        .env("PORT", "0")
        .env("DATABASE_URL", database)
        .env("SEALING_KEY", "0f".repeat(32))
        .env("RUST_LOG", "error")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[tokio::test]
async fn the_flow_crosses_instances_at_every_step() {
    let Some(cluster) = Cluster::start().await else { return };
    let (mut laptop, code, codes) = cluster.at_the_code("alice").await;
    let tick = [("code", &*code), ("remember_device", "on")];
    assert_eq!(laptop.post("/login/code", &tick).await, To("/account"));
    laptop.get("/account").await.assert_shows("with your password and a code");
    for _ in 0..3 {
        laptop.get("/account").await.assert_shows("A device is remembered");
        laptop.log_out().await;
        assert_eq!(laptop.get("/account").await, To("/login"));
        assert_eq!(laptop.log_in("alice", PASSWORD).await, To("/account"));
        laptop.get("/account").await.assert_shows("on a device remembered since");
        assert_eq!(laptop.post("/account/devices", &[("device", "none")]).await.status, 401);
        let fresh = [("code", &*code)];
        laptop.post("/account/two-factor/disable", &fresh).await.assert_refused("was not accepted");
        laptop.log_out().await;
        assert_eq!(laptop.log_in("alice", PASSWORD).await, To("/account"));
        laptop.get("/account").await.assert_shows("Remembered devices");
    }
    let mut phone = cluster.browser();
    assert_eq!(phone.log_in("alice", PASSWORD).await, To("/login/code"));
    phone.code(&code).await.assert_refused("was not accepted");
    assert_eq!(phone.post("/login/recovery", &[("recovery_code", &*codes[0])]).await, To("/account"));
    let change = [("password", PASSWORD), ("new_password", "another password"), ("code", &*codes[1])];
    assert_eq!(phone.post("/account/password", &change).await, To("/account"));
    assert_eq!(laptop.get("/account").await, To("/login"), "the password was changed on another instance");
    for origin in cluster.origins() {
        phone.get("/account").await.assert_shows("The password was changed");
        assert_eq!(Browser::new(&[origin]).get("/healthz").await.text, "ok");
    }
}

#[tokio::test]
async fn of_64_parallel_posts_of_a_code_one_gets_in() {
    let Some(cluster) = Cluster::start().await else { return };
    let (mut browser, code, _) = cluster.at_the_code("bob").await;
    let csrf = browser.get("/login/code").await.csrf();
    // The row is locked until a dozen requests have read it and wait to write, so that they really race.
    let pool = PgPool::connect(&cluster.database).await.unwrap();
    let mut holder = pool.begin().await.unwrap();
    sqlx::query("SELECT 1 FROM second_factor FOR UPDATE").fetch_all(&mut *holder).await.unwrap();
    let posts: Vec<_> = (0..64)
        .map(|_| {
            // The clones share the round-robin counter. From here on they do not share cookies.
            let (mut browser, code, csrf) = (browser.clone(), code.clone(), csrf.clone());
            tokio::spawn(async move {
                let page = browser.post_bare("/login/code", &[("code", &code), ("csrf_token", &csrf)]).await;
                (page, browser)
            })
        })
        .collect();
    until(async || {
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
            AND wait_event_type = 'Lock' AND query LIKE '%UPDATE second_factor %'";
        let waiting: i64 = sqlx::query(waiting).fetch_one(&pool).await.unwrap().get(0);
        (waiting >= 12).then_some(())
    })
    .await;
    holder.rollback().await.unwrap();
    let mut winners = 0;
    for post in posts {
        let (page, mut browser) = post.await.unwrap();
        assert!(page.status < 500, "{page:?}");
        // Every answer after the code was taken leads to the account, so only the cookie shows who is logged in.
        let is_in = browser.get("/account").await.status == 200;
        assert!(page == To("/account") || !is_in, "{page:?}");
        winners += usize::from(is_in);
    }
    assert_eq!(winners, 1);
    // The trail, to which all three wrote, has no other login either.
    let logins = r#"SELECT count(*) FROM second_factor_trail WHERE event::text LIKE '%"logged_in":{"method":"code"}%'"#;
    let logins = sqlx::query(logins).fetch_one(&pool).await.unwrap();
    pool.close().await;
    assert_eq!(logins.get::<i64, _>(0), 1);
}

#[tokio::test]
async fn an_instance_killed_during_a_post_loses_nothing_and_admits_none_twice() {
    let Some(mut cluster) = Cluster::start().await else { return };
    let pool = PgPool::connect(&cluster.database).await.unwrap();
    for (name, is_stored) in [("carol", true), ("dave", false)] {
        let (mut browser, code, codes) = cluster.at_the_code(name).await;
        let csrf = browser.get("/login/code").await.csrf();

        // The row is locked, so that the instance that handles the post waits in the middle of its swap.
        let mut holder = pool.begin().await.unwrap();
        sqlx::query("SELECT 1 FROM second_factor FOR UPDATE").fetch_all(&mut *holder).await.unwrap();
        let victim = cluster.instances.pop().unwrap();
        let mut sender = Browser::new(&[&victim.origin]);
        sender.cookies = browser.cookies.clone();
        let (post_code, post_csrf) = (code.clone(), csrf.clone());
        let post = tokio::spawn(async move {
            sender.try_post_bare("/login/code", &[("code", &post_code), ("csrf_token", &post_csrf)]).await
        });
        let swap = until(async || {
            let waiting = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()
                AND wait_event_type = 'Lock' AND query LIKE '%UPDATE second_factor %'";
            Some(sqlx::query(waiting).fetch_optional(&pool).await.unwrap()?.get::<i32, _>(0))
        })
        .await;
        drop(victim); // SIGKILL
        assert!(post.await.unwrap().is_err(), "the killed instance answered");
        if !is_stored {
            sqlx::query("SELECT pg_terminate_backend($1)").bind(swap).execute(&pool).await.unwrap();
        }
        holder.rollback().await.unwrap();
        // The server completes the statement, or has dropped it.
        until(async || {
            let alive = sqlx::query("SELECT 1 FROM pg_stat_activity WHERE pid = $1").bind(swap);
            alive.fetch_optional(&pool).await.unwrap().is_none().then_some(())
        })
        .await;

        // Either the code was not used up, and it lets its owner in once; or it was, and the owner never got the answer.
        let origins: Vec<_> = cluster.origins().into_iter().map(str::to_owned).collect();
        let others: Vec<_> = origins.iter().map(String::as_str).collect();
        let mut survivor = Browser::new(&others);
        survivor.cookies = std::mem::take(&mut browser.cookies);
        let page = survivor.code(&code).await;
        if is_stored {
            assert_eq!(page, To("/account"), "a code that was stored is answered as done");
            assert_eq!(survivor.get("/account").await, To("/login"));
        } else {
            assert_eq!(page, To("/account"));
            survivor.log_out().await;
        }
        // In neither case does it work again. The rest of the account is intact: password, challenge, recovery codes.
        assert_eq!(survivor.log_in(name, PASSWORD).await, To("/login/code"));
        survivor.code(&code).await.assert_refused("was not accepted");
        let recovery = [("recovery_code", &*codes[0])];
        assert_eq!(survivor.post("/login/recovery", &recovery).await, To("/account"));
        survivor.get("/account").await.assert_shows("A recovery code was used; 9 are left");

        // A new instance takes over.
        let mut child = spawn(&cluster.database);
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let origin = line.trim().strip_prefix("Open ").unwrap().to_owned();
        cluster.instances.push(Instance { child, origin });
    }
    pool.close().await;
}

#[tokio::test]
async fn g04_no_login_by_the_old_password_outlives_its_change() {
    let Some(cluster) = Cluster::start().await else { return };
    let (mut owner, code, codes) = cluster.at_the_code("erin").await;
    owner.code_and_remember(&code).await;
    common::the_old_password_is_over(&cluster.browser(), "erin", owner, &codes).await;
}

/// Asks again until there is an answer.
async fn until<T>(ask: impl AsyncFn() -> Option<T>) -> T {
    for _ in 0..6000 {
        if let Some(answer) = ask().await {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no answer in time");
}

#[tokio::test]
async fn a_form_posted_twice_at_once_waits_under_any_isolation_of_the_server() {
    let Some(cluster) = Cluster::start().await else { return };
    let mut browser = cluster.browser();
    browser.register("fred").await;
    assert_eq!(browser.log_in("fred", PASSWORD).await, To("/account"));
    for pair in [PASSWORD, "another password"].repeat(3).windows(2) {
        let change = [("password", pair[0]), ("new_password", pair[1])];
        let answers = browser.post_twice_at_once("/account/password", "/account/password", &change).await;
        assert_eq!(answers.0, To("/account"), "{}", answers.0.text);
        assert_eq!(answers.1, To("/account"), "{}", answers.1.text);
        browser.get("/account").await.assert_shows("Logged in without a second factor");
    }
}
