//! SQLite without async: on disk, in WAL mode.

mod common;

use common::trail;
use second_factor::{
    AccountId, AccountRecord, AuditEvent, Blocking, BlockingStore, Change, Expected, Revision, Swap,
    testing::BlockingSuite,
};
use second_factor_stores::rusqlite::RusqliteStore;
use second_factor_stores::sqlite::{PRUNE, TRAIL};
use tempfile::TempDir;

fn open(folder: &TempDir) -> RusqliteStore {
    RusqliteStore::open(folder.path().join("accounts.db")).unwrap()
}

fn fresh() -> (RusqliteStore, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (open(&folder), folder)
}

fn read(store: &RusqliteStore, account: &AccountId) -> Vec<AuditEvent> {
    let connection = store.connection();
    let mut rows = connection.prepare(TRAIL).unwrap();
    let rows = rows.query_map([account.as_str()], |row| row.get::<_, String>(0)).unwrap();
    trail::events(rows.map(Result::unwrap))
}

#[test]
fn it_conforms() {
    let report = BlockingSuite::new(fresh)
        .another(open)
        .reopen(open)
        .fail(|store, _| store.connection().execute_batch("DROP TABLE second_factor").unwrap())
        .trail(|store, _, account| read(store, account))
        .block_trail(
            |store, _| store.connection().execute_batch(trail::BLOCK_SQLITE).unwrap(),
            |store, _| store.connection().execute_batch(trail::UNBLOCK_SQLITE).unwrap(),
        )
        .run();
    println!("{report}");
    report.assert_complete();
}

#[test]
fn it_is_in_wal_mode_and_every_commit_reaches_the_disk() {
    let (store, _folder) = fresh();
    let connection = store.connection();
    let mode = connection.pragma_query_value(None, "journal_mode", |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(mode, "wal");
    let full = connection.pragma_query_value(None, "synchronous", |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(full, 2);
}

/// A deferred constraint fails at the commit, which comes after the statement.
#[test]
fn a_commit_that_fails_is_an_error() {
    let (store, _folder) = fresh();
    let alice = AccountId::new("alice").unwrap();
    let record = AccountRecord::new(alice.clone());
    let [first, second] = [1, 2].map(Revision::new);
    let create = Change::new(Expected::Absent, first, &record, &[]);
    assert_eq!(store.compare_and_swap(&alice, create).unwrap(), Swap::Stored);
    let broken = "CREATE TABLE parent (id INTEGER PRIMARY KEY);
        CREATE TABLE child (id REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
        CREATE TRIGGER updated AFTER UPDATE ON second_factor BEGIN INSERT INTO child VALUES (1); END;
        CREATE TRIGGER inserted AFTER INSERT ON second_factor BEGIN INSERT INTO child VALUES (1); END;
        PRAGMA foreign_keys = ON;";
    store.connection().execute_batch(broken).unwrap();
    let swap = Change::new(Expected::At(first), second, &record, &[]);
    store.compare_and_swap(&alice, swap).unwrap_err();
    let bob = AccountId::new("bob").unwrap();
    let record = AccountRecord::new(bob.clone());
    store.compare_and_swap(&bob, Change::new(Expected::Absent, first, &record, &[])).unwrap_err();
    assert_eq!(store.load(&alice).unwrap().unwrap().revision, first);
    assert!(store.load(&bob).unwrap().is_none());
}

#[tokio::test]
async fn a_trail_is_pruned_and_can_be_done_without() {
    let (store, _folder) = fresh();
    let store = Blocking(store);
    let alice = AccountId::new("alice").unwrap();
    trail::three_changes(&store).await;
    assert_eq!(trail::times(&read(&store.0, &alice)), [30, 31, 10, 40, 41]);
    assert_eq!(store.0.connection().execute(PRUNE, [31]).unwrap(), 3, "of bob as well");
    assert_eq!(trail::times(&read(&store.0, &alice)), [31, 40, 41]);
    let without = Blocking(store.0.without_trail());
    assert_eq!(trail::swap(&without, "alice", trail::at(8), 3, &[50]).await.unwrap(), Swap::Stored);
    assert_eq!(trail::times(&read(&without.0, &alice)), [31, 40, 41]);
}
