//! A running MariaDB or MySQL: `MARIADB_URL`, by default the one of this machine. Tests work in databases of their own.

mod common;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use common::{Wire, trail};
use second_factor::testing::{Clause, Suite};
use second_factor::{
    AccountId, AccountRecord, AuditEvent, Change, Expected, Revision, Store, Swap, Versioned,
};
use second_factor_stores::mariadb::{CREATE, LOAD, MariaDbStore, MariaDbStoreError, PRUNE, SWAP, TRAIL};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlDatabaseError, MySqlPool, MySqlPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Row};

fn server() -> MySqlConnectOptions {
    let url = std::env::var("MARIADB_URL");
    let url = url.as_deref().unwrap_or("mysql://root@127.0.0.1:3306");
    url.parse::<MySqlConnectOptions>().unwrap().disable_statement_logging()
}

/// A database that is dropped with this.
struct Database {
    options: MySqlConnectOptions,
    /// Set in each session.
    settings: &'static str,
    pool: MySqlPool,
}

static DATABASES: AtomicU32 = AtomicU32::new(0);

impl Database {
    /// `None`, and a line, without a server.
    async fn is_there() -> bool {
        match MySqlConnection::connect_with(&server()).await {
            Ok(_) => true,
            Err(error) => {
                common::skip("MariaDB (MARIADB_URL)", error);
                false
            }
        }
    }

    async fn create(settings: &'static str) -> (MariaDbStore, Self) {
        let name = DATABASES.fetch_add(1, Ordering::Relaxed);
        let name = format!("second_factor_test_{}_{name}", std::process::id());
        let mut admin = MySqlConnection::connect_with(&server()).await.unwrap();
        admin.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
        let options = server().database(&name);
        let database = Self { pool: pool(options.clone(), settings), options, settings };
        (MariaDbStore::migrate(database.pool.clone()).await.unwrap(), database)
    }

    /// Another instance of the service.
    async fn open(&self) -> MariaDbStore {
        MariaDbStore::migrate(pool(self.options.clone(), self.settings)).await.unwrap()
    }

    async fn execute(&self, statement: &str) {
        self.pool.execute(AssertSqlSafe(statement.to_owned())).await.unwrap();
    }

    /// A session beside those of the store.
    async fn session(&self) -> MySqlConnection {
        MySqlConnection::connect_with(&self.options).await.unwrap()
    }

    async fn trail(&self, account: &str) -> Vec<AuditEvent> {
        let rows = sqlx::query(TRAIL).bind(account.as_bytes()).fetch_all(&self.pool).await.unwrap();
        trail::events(rows.iter().map(|row| row.get(0)))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE {}", self.options.get_database().unwrap());
        // A thread of its own, as this one may be in a runtime.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut admin = MySqlConnection::connect_with(&server()).await.unwrap();
                admin.execute(AssertSqlSafe(drop)).await.unwrap();
            });
        });
        dropping.join().unwrap();
    }
}

fn pool(options: MySqlConnectOptions, settings: &'static str) -> MySqlPool {
    let pool = MySqlPoolOptions::new().max_connections(8).test_before_acquire(false);
    let pool = pool
        .after_connect(move |session, _| Box::pin(async move { session.execute(settings).await.map(drop) }));
    pool.connect_lazy_with(options)
}

/// From now on the trail takes no event.
const BLOCK: &str = "CREATE TRIGGER is_full BEFORE INSERT ON second_factor_trail FOR EACH ROW
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no space left'";

async fn conforms(settings: &'static str) {
    if !Database::is_there().await {
        return;
    }
    let report = Suite::new(async || Database::create(settings).await)
        .another(Database::open)
        .reopen(Database::open)
        .fail(async |_: &MariaDbStore, database: &Database| database.pool.close().await)
        .trail(async |_: &MariaDbStore, database: &Database, account: &AccountId| {
            database.trail(account.as_str()).await
        })
        .block_trail(
            async |_: &MariaDbStore, database: &Database| database.execute(BLOCK).await,
            async |_: &MariaDbStore, database: &Database| database.execute("DROP TRIGGER is_full").await,
        )
        .spawn(|task| drop(tokio::spawn(task)))
        .run()
        .await;
    println!("{settings}: {report}");
    report.assert_complete();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn it_conforms_under_read_committed() {
    conforms("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED").await;
}

/// The default.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn it_conforms_under_repeatable_read() {
    conforms("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn it_conforms_under_serializable() {
    conforms("SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE").await;
}

/// The default from MariaDB 11.6 on: of two writers the second may fail with 1020.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn it_conforms_under_snapshot_isolation() {
    if !Database::is_there().await {
        return;
    }
    let mut session = MySqlConnection::connect_with(&server()).await.unwrap();
    if session.execute("SET SESSION innodb_snapshot_isolation = ON").await.is_err() {
        return common::skip("MariaDB with innodb_snapshot_isolation", "this server does not know it");
    }
    conforms("SET SESSION innodb_snapshot_isolation = ON").await;
}

/// Why READ UNCOMMITTED is not among them.
#[tokio::test]
async fn under_read_uncommitted_a_load_shows_what_is_never_stored() {
    if !Database::is_there().await {
        return;
    }
    let settings = "SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED";
    let (store, database) = Database::create(settings).await;
    assert_eq!(trail::swap(&store, "alice", Expected::Absent, 1, &[]).await.unwrap(), Swap::Stored);
    let mut other = database.session().await;
    other.execute("START TRANSACTION").await.unwrap();
    other.execute("UPDATE second_factor SET revision = 2").await.unwrap();
    assert_eq!(trail::revision(&store, "alice").await, Some(2));
    other.execute("ROLLBACK").await.unwrap();
    assert_eq!(trail::revision(&store, "alice").await, Some(1));
}

/// A host's store whose ids are text: the same statements, with another collation.
struct TextIds(MySqlPool);

impl TextIds {
    async fn create(collation: &str) -> (Self, Database) {
        let (_, database) = Database::create("DO 0").await;
        let text = format!("VARCHAR(255) CHARACTER SET utf8mb4 COLLATE {collation} NOT NULL");
        database.execute(&format!("ALTER TABLE second_factor MODIFY account {text}")).await;
        (Self(database.pool.clone()), database)
    }
}

impl Store for TextIds {
    type Error = sqlx::Error;

    async fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, sqlx::Error> {
        let row = sqlx::query(LOAD).bind(account.as_str()).fetch_optional(&self.0).await?;
        Ok(row.map(|row| Versioned {
            value: AccountRecord::from_json(row.get::<&str, _>("record")).unwrap(),
            revision: Revision::new(row.get::<i64, _>("revision").cast_unsigned()),
        }))
    }

    async fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, sqlx::Error> {
        let record = change.record().to_json().unwrap();
        let (id, revision) = (account.as_str(), change.revision().get().cast_signed());
        let swap = match change.expected() {
            Expected::Absent => sqlx::query(CREATE).bind(id).bind(record).bind(revision),
            Expected::At(before) => {
                sqlx::query(SWAP).bind(record).bind(revision).bind(id).bind(before.get().cast_signed())
            }
        };
        match swap.execute(&self.0).await {
            Ok(done) if done.rows_affected() == 1 => Ok(Swap::Stored),
            Err(error) if number(&error) != Some(1062) => Err(error),
            _ => Ok(Swap::Conflict),
        }
    }
}

fn number(error: &sqlx::Error) -> Option<u16> {
    let error = error.as_database_error()?;
    error.try_downcast_ref::<MySqlDatabaseError>().map(MySqlDatabaseError::number)
}

/// `'alice '` reads `alice` where the collation pads, and utf8mb4_bin does. What the schema and the suite advise passes the suite.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn g28_a_collation_that_pads_fails_the_suite_and_the_advice_passes() {
    const APART: &str = "accounts_of_hostile_ids_are_kept_apart";
    if !Database::is_there().await {
        return;
    }
    for collation in ["utf8mb4_bin", "utf8mb4_general_ci"] {
        let report = Suite::new(async || TextIds::create(collation).await).only(APART).run().await;
        let [failure] = report.failures() else { panic!("{collation} should fail: {report}") };
        assert_eq!(failure.clause(), Clause::AccountsApart, "{failure}");
        println!("{collation}: {failure}");
        if collation == "utf8mb4_bin" {
            assert!(failure.expected().contains("\"alice \""), "{failure}");
        }
    }
    let mut session = MySqlConnection::connect_with(&server()).await.unwrap();
    let version: String = sqlx::query("SELECT VERSION()").fetch_one(&mut session).await.unwrap().get(0);
    let advised = if version.contains("MariaDB") { "utf8mb4_nopad_bin" } else { "utf8mb4_0900_bin" };
    for advice in [advised, "VARBINARY"] {
        assert!(Clause::AccountsApart.usual_cause().contains(advice), "{advice}");
    }
    assert!(include_str!("../mariadb/0001_second_factor.sql").contains(advised));
    let report = Suite::new(async || TextIds::create(advised).await).run().await;
    report.assert();
    assert!(report.passed().contains(&APART), "{report}");
}

#[tokio::test]
async fn each_statement_looks_up_by_a_key() {
    if !Database::is_there().await {
        return;
    }
    let (_store, database) = Database::create("DO 0").await;
    database.execute("INSERT INTO second_factor SELECT MD5(seq), seq, '' FROM seq_1_to_2000").await;
    database
        .execute(
            "INSERT INTO second_factor_trail (account, revision, sequence, at, event)
                SELECT MD5(seq), seq, 1, seq, '{}' FROM seq_1_to_2000",
        )
        .await;
    database.execute("ANALYZE TABLE second_factor, second_factor_trail").await;
    for (statement, key) in [
        (LOAD, "PRIMARY"),
        (SWAP, "PRIMARY"),
        (TRAIL, "second_factor_trail_account"),
        (PRUNE, "second_factor_trail_at"),
    ] {
        let explain = AssertSqlSafe(format!("EXPLAIN {}", statement.lines().last().unwrap()));
        let explain = sqlx::query(explain);
        let id = "c4ca4238a0b923820dcc509a6f75849b".as_bytes();
        let explain = match statement {
            SWAP => explain.bind("").bind(2_i64).bind(id).bind(1_i64),
            PRUNE => explain.bind(10_i64),
            _ => explain.bind(id),
        };
        let plan = explain.fetch_one(&database.pool).await.unwrap();
        assert_eq!(plan.get::<Option<&str>, _>("key"), Some(key), "{statement}");
    }
}

#[tokio::test]
async fn a_login_is_three_round_trips() {
    if !Database::is_there().await {
        return;
    }
    let (_store, database) = Database::create("DO 0").await;
    let wire = Wire::to(format!("{}:{}", server().get_host(), server().get_port())).await;
    let options = database.options.clone().host("127.0.0.1").port(wire.port);
    let pool = MySqlPoolOptions::new().max_connections(1).test_before_acquire(false);
    let store = MariaDbStore::migrate(pool.connect_lazy_with(options)).await.unwrap();
    common::a_login_is_three_round_trips(store, &wire).await;
}

/// Another transaction holds the row, or the trail: then the record is written already, and the server takes back one statement only.
#[tokio::test]
async fn a_lock_waited_for_in_vain_is_an_error_and_stores_nothing() {
    if !Database::is_there().await {
        return;
    }
    let (store, database) = Database::create("SET SESSION innodb_lock_wait_timeout = 1").await;
    assert_eq!(trail::swap(&store, "alice", Expected::Absent, 1, &[]).await.unwrap(), Swap::Stored);
    for table in ["second_factor", "second_factor_trail"] {
        let mut other = database.session().await;
        other.execute("START TRANSACTION").await.unwrap();
        other.execute(AssertSqlSafe(format!("SELECT * FROM {table} FOR UPDATE"))).await.unwrap();
        let error = trail::swap(&store, "alice", trail::at(1), 2, &[10, 11]).await.unwrap_err();
        let MariaDbStoreError::Database(error) = error else { panic!("{error:?}") };
        assert_eq!(number(&error), Some(1205), "{error}");
        other.execute("ROLLBACK").await.unwrap();
        assert_eq!(trail::revision(&store, "alice").await, Some(1), "{table}");
        assert!(database.trail("alice").await.is_empty(), "{table}");
    }
    assert_eq!(trail::swap(&store, "alice", trail::at(1), 3, &[12]).await.unwrap(), Swap::Stored);
    assert_eq!(trail::times(&database.trail("alice").await), [12]);
}

/// Of two that wait for each other the server ends one, here the store's, and takes back all that it did.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_deadlock_is_a_conflict_and_stores_nothing() {
    if !Database::is_there().await {
        return;
    }
    let (store, database) = Database::create("DO 0").await;
    assert_eq!(trail::swap(&store, "alice", Expected::Absent, 1, &[]).await.unwrap(), Swap::Stored);
    let mut other = database.session().await;
    other.execute("START TRANSACTION").await.unwrap();
    // The one that changed fewer rows is the victim.
    let rows = "INSERT INTO second_factor SELECT MD5(seq), seq, '' FROM seq_1_to_200";
    other.execute(rows).await.unwrap();
    other.execute("SELECT * FROM second_factor_trail FOR UPDATE").await.unwrap();
    let swap = tokio::spawn(async move { trail::swap(&store, "alice", trail::at(1), 2, &[10]).await });
    let waiting = "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'
        AND trx_mysql_thread_id IN (SELECT id FROM information_schema.processlist WHERE db = DATABASE())";
    let waits = async {
        // The server renews that table only for a reader who has not asked for a tenth of a second.
        while sqlx::query(waiting).fetch_one(&mut other).await.unwrap().get::<i64, _>(0) == 0 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(40), waits).await.expect("the swap does not wait for the lock");
    other.execute("UPDATE second_factor SET record = 'x' WHERE account = 'alice'").await.unwrap();
    assert_eq!(swap.await.unwrap().unwrap(), Swap::Conflict);
    other.execute("ROLLBACK").await.unwrap();
    assert!(database.trail("alice").await.is_empty());
    assert_eq!(trail::revision(&database.open().await, "alice").await, Some(1));
}

#[tokio::test]
async fn a_trail_is_pruned_and_can_be_done_without() {
    if !Database::is_there().await {
        return;
    }
    let (store, database) = Database::create("DO 0").await;
    trail::three_changes(&store).await;
    assert_eq!(trail::times(&database.trail("alice").await), [30, 31, 10, 40, 41]);
    let pruned = sqlx::query(PRUNE).bind(31_i64).execute(&database.pool).await.unwrap();
    assert_eq!(pruned.rows_affected(), 3, "of bob as well");
    assert_eq!(trail::times(&database.trail("alice").await), [31, 40, 41]);
    let without = store.clone().without_trail();
    assert_eq!(trail::swap(&without, "alice", trail::at(8), 3, &[50]).await.unwrap(), Swap::Stored);
    assert_eq!(trail::times(&database.trail("alice").await), [31, 40, 41]);
}
