//! A PostgreSQL and its standby, started for one test and killed at its end.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use second_factor_stores::postgres::PostgresStore;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tempfile::TempDir;

use super::common::{as_postgres, skip};
use super::failover::{PATIENCE, free_port};

/// Where distributions keep what they do not put in the path.
const BINARIES: [&str; 3] = ["/usr/lib/postgresql", "/usr/local", "/opt/homebrew/opt"];
const NEEDED: [&str; 3] = ["initdb", "postgres", "pg_basebackup"];

/// The folder with `initdb`, `postgres` and `pg_basebackup`, of the newest version there is.
fn binaries() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let versions = BINARIES.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    let mut versions: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    versions.sort();
    let mut folders = versions.into_iter().rev().chain(std::env::split_paths(&path));
    folders.find(|folder| NEEDED.iter().all(|name| folder.join(name).exists()))
}

/// Whether the primary answers a commit before the standby has it on its disk.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Standby {
    Synchronous,
    Asynchronous,
}

pub struct Pair {
    pub primary: Server,
    pub standby: Server,
    _folder: TempDir,
}

impl Pair {
    /// Both run, and the standby streams. `None`, after one line, without the programs or a user to run them as.
    pub async fn start(kind: Standby) -> Option<Self> {
        let Some(binaries) = binaries() else {
            skip("PostgreSQL to start", format!("{NEEDED:?} are not in one folder"));
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        if let Err(why) = as_postgres::give(folder.path()) {
            skip("user `postgres` to run PostgreSQL as", why);
            return None;
        }
        let mut primary = Server::new(&binaries, folder.path(), "primary");
        primary.make("initdb", &["--auth=trust", "--username=postgres", "--locale=C", "--no-sync"]);
        if kind == Standby::Synchronous {
            primary.settings.push("synchronous_standby_names=standby".to_owned());
        }
        primary.start();
        primary.answers().await;

        // By this name the primary knows its standby.
        let mut standby = Server::new(&binaries, folder.path(), "standby");
        standby.settings.push("cluster_name=standby".to_owned());
        let from = format!("host=127.0.0.1 port={} user=postgres", primary.port);
        let copy = ["--write-recovery-conf", "--checkpoint=fast", "--no-sync", "--dbname", from.as_str()];
        standby.make("pg_basebackup", &copy);
        standby.start();
        standby.answers().await;
        let state = if kind == Standby::Synchronous { "sync" } else { "async" };
        let streams = format!("SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = '{state}'");
        primary.until(&streams).await;
        Some(Self { primary, standby, _folder: folder })
    }

    /// The standby takes over: it makes the records its own that it has on its disk.
    pub async fn promote(&self) {
        self.standby.until("SELECT pg_promote()").await;
        self.standby.until("SELECT NOT pg_is_in_recovery()").await;
    }
}

pub struct Server {
    binaries: PathBuf,
    folder: PathBuf,
    name: &'static str,
    port: u16,
    settings: Vec<String>,
    running: Option<Child>,
}

impl Server {
    fn new(binaries: &Path, folder: &Path, name: &'static str) -> Self {
        let port = free_port();
        let (binaries, folder) = (binaries.to_owned(), folder.to_owned());
        Self { binaries, folder, name, port, settings: Vec::new(), running: None }
    }

    fn command(&self, program: &str) -> Command {
        let mut command = as_postgres::command(&self.binaries.join(program));
        command.arg("-D").arg(self.folder.join(self.name)).current_dir(&self.folder).stdin(Stdio::null());
        command
    }

    fn make(&self, program: &str, arguments: &[&str]) {
        let made = self.command(program).args(arguments).output().unwrap();
        assert!(made.status.success(), "{program}: {}", String::from_utf8_lossy(&made.stderr));
    }

    pub fn start(&mut self) {
        let log = fs::File::options().create(true).append(true).open(self.log()).unwrap();
        let mut command = self.command("postgres");
        command.args(["-h", "127.0.0.1", "-k", "", "-p"]).arg(self.port.to_string());
        for setting in &self.settings {
            command.args(["-c", setting]);
        }
        self.running = Some(command.stdout(Stdio::null()).stderr(log).spawn().unwrap());
    }

    fn log(&self) -> PathBuf {
        self.folder.join(format!("{}.log", self.name))
    }

    fn options(&self) -> PgConnectOptions {
        let options = PgConnectOptions::new().host("127.0.0.1").port(self.port).username("postgres");
        options.database("postgres").disable_statement_logging()
    }

    pub async fn answers(&self) {
        self.until("SELECT true").await;
    }

    /// Asks until the answer is yes. A server that is starting does not answer yet.
    pub async fn until(&self, question: &str) {
        let yes = async {
            loop {
                if let Ok(mut connection) = PgConnection::connect_with(&self.options()).await {
                    let answer = sqlx::query_scalar(AssertSqlSafe(question.to_owned()));
                    if matches!(answer.fetch_one(&mut connection).await, Ok(true)) {
                        return;
                    }
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, yes).await.is_err() {
            panic!("{}: not in time: {question}\n{}", self.name, fs::read_to_string(self.log()).unwrap());
        }
    }

    /// Connections of an instance of the service.
    pub async fn store(&self, settings: &[(&str, &str)]) -> PostgresStore {
        // The pool of sqlx goes on connecting to a server that is gone for as long as a caller may wait for a connection.
        let pool = PgPoolOptions::new().max_connections(32).acquire_timeout(Duration::from_secs(2));
        let options = self.options().options(settings.iter().copied());
        let pool = pool.test_before_acquire(false).connect_with(options).await.unwrap();
        PostgresStore::migrate(pool).await.unwrap()
    }

    /// SIGKILL for the server and each of its processes: nobody has a chance to finish anything.
    pub fn kill(&mut self) {
        let Some(mut running) = self.running.take() else { return };
        let processes = children(running.id());
        running.kill().unwrap();
        running.wait().unwrap();
        send("-KILL", &processes);
    }

    /// To the server and each of its processes: `-STOP` or `-CONT`.
    pub fn signal(&self, signal: &str) {
        let server = self.running.as_ref().unwrap().id();
        send(signal, &[children(server), vec![server.to_string()]].concat());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A process may be gone by now.
fn send(signal: &str, processes: &[String]) {
    Command::new("kill").arg(signal).args(processes).stderr(Stdio::null()).status().unwrap();
}

fn children(process: u32) -> Vec<String> {
    let listed = fs::read_to_string(Path::new("/proc").join(format!("{process}/task/{process}/children")));
    listed.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}
