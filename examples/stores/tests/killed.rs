//! A PostgreSQL that is killed under load, started for the test alone.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::{Account, STEP};
use second_factor::{DeviceToken, Error, EventKind, Login, Refusal, RefusedBecause, Remember};
use second_factor_stores::postgres::{PostgresStore, TRAIL};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{Connection, Row};
use tempfile::TempDir;

/// Where distributions keep what they do not put in the path.
const BINARIES: [&str; 3] = ["/usr/lib/postgresql", "/usr/local", "/opt/homebrew/opt"];

/// The folder with `initdb` and `postgres`, of the newest version there is.
fn binaries() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let versions = BINARIES.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    let mut versions: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    versions.sort();
    let mut folders = std::env::split_paths(&path).chain(versions.into_iter().rev());
    folders.find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
}

struct Engine {
    binaries: PathBuf,
    /// Dropped after the process is.
    folder: TempDir,
    port: u16,
    running: Option<Child>,
}

impl Engine {
    /// `None`, after one line, if there is no user to run it as.
    fn init(binaries: PathBuf) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        if let Err(why) = common::as_postgres::give(folder.path()) {
            common::skip("user `postgres` to run PostgreSQL as", why);
            return None;
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let engine = Self { binaries, folder, port, running: None };
        let made = engine
            .command("initdb")
            .args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"])
            .output()
            .unwrap();
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        Some(engine)
    }

    fn command(&self, name: &str) -> Command {
        let mut command = common::as_postgres::command(&self.binaries.join(name));
        command.arg("-D").arg(self.folder.path().join("data")).current_dir(self.folder.path());
        command.stdin(Stdio::null());
        command
    }

    fn start(&mut self) {
        let log = fs::File::options().create(true).append(true).open(self.folder.path().join("log")).unwrap();
        let mut command = self.command("postgres");
        command.args(["-h", "127.0.0.1", "-k", "", "-p"]).arg(self.port.to_string());
        self.running = Some(command.stdout(Stdio::null()).stderr(log).spawn().unwrap());
    }

    fn options(&self) -> PgConnectOptions {
        PgConnectOptions::new().host("127.0.0.1").port(self.port).username("postgres").database("postgres")
    }

    /// Connects as soon as the engine is up; starts it again where the one before still held the data.
    async fn connect(&mut self) -> (PgPool, PostgresStore) {
        for _ in 0..2_400 {
            if !matches!(self.running.as_mut().map(Child::try_wait), Some(Ok(None))) {
                self.start();
            }
            if PgConnection::connect_with(&self.options()).await.is_ok() {
                let pool = PgPoolOptions::new().max_connections(8).test_before_acquire(false);
                let pool = pool.connect_with(self.options()).await.unwrap();
                return (pool.clone(), PostgresStore::migrate(pool).await.unwrap());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("PostgreSQL does not start: {}", fs::read_to_string(self.folder.path().join("log")).unwrap());
    }

    /// SIGKILL for the engine and each of its processes: nobody has a chance to finish anything.
    fn kill(&mut self) {
        let Some(mut running) = self.running.take() else { return };
        let processes = children(running.id());
        running.kill().unwrap();
        running.wait().unwrap();
        let killed = Command::new("kill").arg("-9").args(processes).stderr(Stdio::null()).status();
        killed.unwrap();
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.kill();
    }
}

fn children(process: u32) -> Vec<String> {
    let listed = fs::read_to_string(Path::new("/proc").join(format!("{process}/task/{process}/children")));
    listed.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

/// What one account was given before the engine died.
struct Released {
    account: Account<PostgresStore>,
    /// The times whose codes let somebody in.
    accepted: Vec<second_factor::UnixTime>,
    device: Option<DeviceToken>,
}

/// Logs in again and again, until the engine is gone.
async fn load_until_killed(mut account: Account<PostgresStore>, released: Arc<AtomicUsize>) -> Released {
    account.enroll().await;
    let (mut accepted, mut device) = (Vec::new(), None);
    loop {
        account.clock.advance(STEP);
        match account.log_in(Remember::ThisDevice { label: "Firefox on Linux" }).await {
            Ok(done) => {
                accepted.push(account.now());
                device = done.device;
                released.fetch_add(1, Ordering::SeqCst);
            }
            Err(Error::Store(_)) => return Released { account, accepted, device },
            Err(error) => panic!("only the engine fails: {error:?}"),
        }
    }
}

/// Each login that was released has its event, and so has the record as it is now; at most the login that was interrupted has one more.
async fn is_in_the_trail(pool: &PgPool, account: &Account<PostgresStore>, released: usize) {
    let events = sqlx::query(TRAIL).bind(account.id.as_str()).fetch_all(pool).await.unwrap();
    let events = common::trail::events(events.iter().map(|row| row.get(0)));
    let logins = events.iter().filter(|event| matches!(event.kind, EventKind::LoggedIn { .. })).count();
    assert!((released..=released + 1).contains(&logins), "{logins} of {released}: {events:?}");
    let latest = "SELECT revision FROM second_factor_trail WHERE account = $1 ORDER BY number DESC LIMIT 1";
    let latest: i64 = sqlx::query(latest).bind(account.id.as_str()).fetch_one(pool).await.unwrap().get(0);
    let revision = common::trail::revision(account.verifier.store(), account.id.as_str()).await;
    assert_eq!(revision, Some(latest.cast_unsigned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_released_before_the_engine_was_killed_is_there_afterwards() {
    let Some(binaries) = binaries() else {
        return common::skip("PostgreSQL to start", "initdb and postgres are not in the path");
    };
    let Some(mut engine) = Engine::init(binaries) else { return };
    let mut seen = 0;
    for round in 0..2 {
        let (pool, store) = engine.connect().await;
        let released = Arc::new(AtomicUsize::new(0));
        let clients: Vec<_> = (0..16)
            .map(|n| {
                tokio::spawn(load_until_killed(
                    Account::new(store.clone(), &format!("{round}-{n}")),
                    released.clone(),
                ))
            })
            .collect();
        while released.load(Ordering::SeqCst) < 100 {
            assert!(clients.iter().any(|client| !client.is_finished()), "the load stopped by itself");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        engine.kill();
        pool.close().await;

        let (pool, recovered) = engine.connect().await;
        for client in clients {
            let Released { account, accepted, device } = client.await.unwrap();
            let interrupted = account.now();
            let account = account.over(recovered.clone());
            is_in_the_trail(&pool, &account, accepted.len()).await;
            seen += accepted.len();
            // At the time of the last acceptance: its code, and the ones before.
            for time in accepted.iter().rev().take(3) {
                account.clock.set(*accepted.last().unwrap());
                let challenge = account.challenge().await.unwrap();
                let code = account.code(*time);
                let presented = account.verifier.present(&challenge, &code, Remember::No);
                let refused = presented.await.map(|_| "accepted").unwrap_err();
                assert_eq!(refused.refusal(), Some(Refusal::NotAccepted), "{refused:?}");
            }
            let replayed = EventKind::CodeRefused { reason: RefusedBecause::Replayed };
            let events = account.events.take();
            assert!(accepted.is_empty() || events.contains(&replayed), "{events:?}");
            // The last acceptance is in the record, so the device that it remembered is.
            if let Some(device) = device {
                let login =
                    account.verifier.password_verified(account.password().await, Some(device.expose()));
                assert!(matches!(login.await.unwrap(), Login::Complete(_)), "a remembered device was lost");
            }
            // The code of the login that the kill interrupted may be burnt or not. It is not taken twice.
            account.clock.set(interrupted);
            let first = account.log_in(Remember::No).await.is_ok();
            let second = account.log_in(Remember::No).await.map(|_| "accepted").unwrap_err();
            assert_eq!(second.refusal(), Some(Refusal::NotAccepted), "accepted first: {first}; {second:?}");
        }
        engine.kill();
    }
    println!("{seen} acceptances were released before two kills, and none is taken again");
}
