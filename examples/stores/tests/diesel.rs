//! SQLite through diesel: on disk, in WAL mode.

mod common;

use common::trail;
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};
use second_factor::{
    AccountId, AccountRecord, AuditEvent, BlockingStore, Change, Expected, Revision, Swap,
    testing::BlockingSuite,
};
use second_factor_stores::diesel::DieselStore;
use second_factor_stores::rusqlite::RusqliteStore;
use second_factor_stores::sqlite::TRAIL;
use tempfile::TempDir;

fn open(folder: &TempDir) -> DieselStore {
    DieselStore::open(folder.path().join("accounts.db")).unwrap()
}

fn fresh() -> (DieselStore, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (open(&folder), folder)
}

#[derive(QueryableByName)]
struct Noted {
    #[diesel(sql_type = Text)]
    event: String,
}

fn read(store: &DieselStore, account: &AccountId) -> Vec<AuditEvent> {
    let noted = diesel::sql_query(TRAIL).bind::<Text, _>(account.as_str());
    let noted: Vec<Noted> = noted.load(&mut *store.connection()).unwrap();
    trail::events(noted.into_iter().map(|noted| noted.event))
}

#[test]
fn it_conforms() {
    let report = BlockingSuite::new(fresh)
        .another(open)
        .reopen(open)
        .fail(|store, _| store.connection().batch_execute("DROP TABLE second_factor").unwrap())
        .trail(|store, _, account| read(store, account))
        .block_trail(
            |store, _| store.connection().batch_execute(trail::BLOCK_SQLITE).unwrap(),
            |store, _| store.connection().batch_execute(trail::UNBLOCK_SQLITE).unwrap(),
        )
        .run();
    println!("{report}");
    report.assert_complete();
}

#[test]
fn it_is_in_wal_mode_and_every_commit_reaches_the_disk() {
    let (store, _folder) = fresh();
    let connection = &mut *store.connection();
    assert_eq!(sql::<Text>("PRAGMA journal_mode").get_result::<String>(connection).unwrap(), "wal");
    assert_eq!(sql::<Integer>("PRAGMA synchronous").get_result::<i32>(connection).unwrap(), 2);
}

#[test]
fn it_reads_the_rows_that_rusqlite_wrote_and_writes_its() {
    let (store, folder) = fresh();
    let other = RusqliteStore::open(folder.path().join("accounts.db")).unwrap();
    let alice = AccountId::new("alice").unwrap();
    let record = AccountRecord::new(alice.clone());
    let [first, second] = [1, u64::MAX].map(Revision::new);
    let create = Change::new(Expected::Absent, first, &record, &[]);
    assert_eq!(other.compare_and_swap(&alice, create).unwrap(), Swap::Stored);
    let swap = Change::new(Expected::At(first), second, &record, &[]);
    assert_eq!(store.compare_and_swap(&alice, swap).unwrap(), Swap::Stored);
    let read = other.load(&alice).unwrap().unwrap();
    assert_eq!((read.revision, read.value), (second, record));
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
    store.connection().batch_execute(broken).unwrap();
    let swap = Change::new(Expected::At(first), second, &record, &[]);
    store.compare_and_swap(&alice, swap).unwrap_err();
    let bob = AccountId::new("bob").unwrap();
    let record = AccountRecord::new(bob.clone());
    store.compare_and_swap(&bob, Change::new(Expected::Absent, first, &record, &[])).unwrap_err();
    assert_eq!(store.load(&alice).unwrap().unwrap().revision, first);
    assert!(store.load(&bob).unwrap().is_none());
}
