//! SQLite on disk, in WAL mode.

mod common;

use common::trail;
use second_factor::testing::Suite;
use second_factor::{
    AccountId, AccountRecord, AuditEvent, Change, Expected, JsonError, Remember, Revision, Store, Swap,
};
use second_factor_stores::sqlite::{CREATE, LOAD, PRUNE, SWAP, SqliteStore, SqliteStoreError, TRAIL};
use sqlx::{AssertSqlSafe, Row};
use tempfile::TempDir;

async fn open(folder: &TempDir) -> SqliteStore {
    SqliteStore::open(folder.path().join("accounts.db")).await.unwrap()
}

async fn fresh() -> (SqliteStore, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (open(&folder).await, folder)
}

async fn read(store: &SqliteStore, account: &AccountId) -> Vec<AuditEvent> {
    let rows = sqlx::query(TRAIL).bind(account.as_str()).fetch_all(&store.reader).await.unwrap();
    trail::events(rows.iter().map(|row| row.get(0)))
}

async fn execute(store: &SqliteStore, statement: &'static str) {
    sqlx::query(statement).execute(&store.writer).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn it_conforms() {
    let report = Suite::new(fresh)
        .another(open)
        .reopen(open)
        .fail(async |store: &SqliteStore, _: &TempDir| {
            store.reader.close().await;
            store.writer.close().await;
        })
        .trail(async |store: &SqliteStore, _: &TempDir, account: &AccountId| read(store, account).await)
        .block_trail(
            async |store: &SqliteStore, _: &TempDir| execute(store, trail::BLOCK_SQLITE).await,
            async |store: &SqliteStore, _: &TempDir| execute(store, trail::UNBLOCK_SQLITE).await,
        )
        .spawn(|task| drop(tokio::spawn(task)))
        .run()
        .await;
    println!("{report}");
    report.assert_complete();
}

/// Told from a database that fails, and left as it is.
#[tokio::test]
async fn a_record_that_cannot_be_read_says_why() {
    let (store, _folder) = fresh().await;
    let alice = AccountId::new("alice").unwrap();
    let record = AccountRecord::new(alice.clone()).to_json().unwrap();
    let newer = record.replacen("\"format\":1", "\"format\":2", 1);
    for (row, why) in [
        (&record[..100], JsonError::CutOff { line: 1, column: 100 }),
        (&newer, JsonError::NewerFormat { format: 2 }),
        ("{}", JsonError::Malformed { line: 1, column: 2 }),
    ] {
        let put = "INSERT OR REPLACE INTO second_factor (account, record, revision) VALUES ('alice', ?, 1)";
        sqlx::query(put).bind(row).execute(&store.writer).await.unwrap();
        let error = store.load(&alice).await.unwrap_err();
        assert!(matches!(error, SqliteStoreError::Json(found) if found == why), "{error:?}");
    }
}

#[tokio::test]
async fn it_is_in_wal_mode_and_every_commit_reaches_the_disk() {
    let (store, _folder) = fresh().await;
    let mode = sqlx::query("PRAGMA journal_mode").fetch_one(&store.writer).await.unwrap();
    assert_eq!(mode.get::<&str, _>(0), "wal");
    let full = sqlx::query("PRAGMA synchronous").fetch_one(&store.writer).await.unwrap();
    assert_eq!(full.get::<i64, _>(0), 2);
}

#[tokio::test]
async fn each_statement_looks_up_by_the_primary_key() {
    let (store, _folder) = fresh().await;
    for statement in [LOAD, SWAP] {
        let plan = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}")));
        let plan = plan.fetch_all(&store.reader).await.unwrap();
        let [search] = plan.as_slice() else { panic!("{} lines", plan.len()) };
        let search: &str = search.get("detail");
        let index = "sqlite_autoindex_second_factor_1";
        assert_eq!(search, format!("SEARCH second_factor USING INDEX {index} (account=?)"), "{statement}");
    }
    let index = "second_factor_trail_account";
    let plan = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {TRAIL}")));
    let plan: String = plan.fetch_one(&store.reader).await.unwrap().get("detail");
    assert_eq!(plan, format!("SEARCH second_factor_trail USING INDEX {index} (account=?)"));
    let plan = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {CREATE}")));
    assert!(plan.fetch_all(&store.reader).await.unwrap().is_empty(), "an insert searches nothing");
}

/// A deferred constraint fails at the commit, which comes after the statement.
#[tokio::test]
async fn a_commit_that_fails_is_an_error() {
    let (store, _folder) = fresh().await;
    let alice = AccountId::new("alice").unwrap();
    let record = AccountRecord::new(alice.clone());
    let [first, second] = [1, 2].map(Revision::new);
    let create = Change::new(Expected::Absent, first, &record, &[]);
    assert_eq!(store.compare_and_swap(&alice, create).await.unwrap(), Swap::Stored);
    for statement in [
        "CREATE TABLE parent (id INTEGER PRIMARY KEY)",
        "CREATE TABLE child (id REFERENCES parent DEFERRABLE INITIALLY DEFERRED)",
        "CREATE TRIGGER updated AFTER UPDATE ON second_factor BEGIN INSERT INTO child VALUES (1); END",
        "CREATE TRIGGER inserted AFTER INSERT ON second_factor BEGIN INSERT INTO child VALUES (1); END",
    ] {
        sqlx::query(statement).execute(&store.writer).await.unwrap();
    }
    let swap = Change::new(Expected::At(first), second, &record, &[]);
    store.compare_and_swap(&alice, swap).await.unwrap_err();
    let bob = AccountId::new("bob").unwrap();
    let record = AccountRecord::new(bob.clone());
    store.compare_and_swap(&bob, Change::new(Expected::Absent, first, &record, &[])).await.unwrap_err();
    assert_eq!(store.load(&alice).await.unwrap().unwrap().revision, first);
    assert!(store.load(&bob).await.unwrap().is_none());
}

#[tokio::test]
async fn a_service_that_starts_again_knows_the_codes_that_it_took() {
    let (store, folder) = fresh().await;
    let mut alice = common::Account::new(store, "alice");
    alice.enroll().await;
    let _ = alice.log_in(Remember::No).await.unwrap();
    let alice = alice.over(open(&folder).await);
    common::is_replayed(&alice).await;
}

/// A deferred constraint fails at the commit, where record and events are written already.
#[tokio::test]
async fn a_commit_that_fails_takes_record_and_events_with_it() {
    let (store, _folder) = fresh().await;
    assert_eq!(trail::swap(&store, "alice", Expected::Absent, 1, &[]).await.unwrap(), Swap::Stored);
    for statement in [
        "CREATE TABLE parent (id INTEGER PRIMARY KEY)",
        "CREATE TABLE child (id REFERENCES parent DEFERRABLE INITIALLY DEFERRED)",
        "CREATE TRIGGER noted AFTER INSERT ON second_factor_trail BEGIN INSERT INTO child VALUES (1); END",
    ] {
        sqlx::query(statement).execute(&store.writer).await.unwrap();
    }
    trail::nothing_is_stored_without_its_events(&store).await;
    assert!(read(&store, &AccountId::new("alice").unwrap()).await.is_empty());
}

#[tokio::test]
async fn a_trail_is_pruned_and_can_be_done_without() {
    let (store, _folder) = fresh().await;
    let alice = AccountId::new("alice").unwrap();
    trail::three_changes(&store).await;
    assert_eq!(trail::times(&read(&store, &alice).await), [30, 31, 10, 40, 41]);
    let pruned = sqlx::query(PRUNE).bind(31_i64).execute(&store.writer).await.unwrap();
    assert_eq!(pruned.rows_affected(), 3, "of bob as well");
    assert_eq!(trail::times(&read(&store, &alice).await), [31, 40, 41]);
    let without = store.clone().without_trail();
    assert_eq!(trail::swap(&without, "alice", trail::at(8), 3, &[50]).await.unwrap(), Swap::Stored);
    assert_eq!(trail::times(&read(&store, &alice).await), [31, 40, 41]);
}
