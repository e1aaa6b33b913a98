//! What happens at a host that calls the verifier inside its own transaction: see `manual::hosts`.

mod common;

use std::time::{Duration, Instant};

use second_factor::{Error, Remember};
use second_factor_stores::sqlite::SqliteStore;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

#[tokio::test]
async fn a_call_inside_a_transaction_of_the_hosts_is_answered_locked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("service.db");
    let mut alice = common::Account::new(SqliteStore::open(&file).await.unwrap(), "alice");
    alice.enroll().await;
    let host = SqlitePool::connect_with(SqliteConnectOptions::new().filename(&file)).await.unwrap();
    sqlx::query("CREATE TABLE logins (account TEXT)").execute(&host).await.unwrap();
    const NOTE: &str = "INSERT INTO logins VALUES ('alice')";

    // SQLite lets one connection write, and that is the host's until it commits.
    let mut transaction = host.begin().await.unwrap();
    sqlx::query(NOTE).execute(&mut *transaction).await.unwrap();
    let started = Instant::now();
    match alice.log_in(Remember::No).await {
        Err(Error::Store(error)) => assert!(error.to_string().contains("database is locked"), "{error}"),
        other => panic!("{other:?}"),
    }
    assert!(started.elapsed() >= Duration::from_secs(5), "the whole time that the store waits for a lock");
    transaction.rollback().await.unwrap();

    // Committed before the call. The code was not used up.
    let mut transaction = host.begin().await.unwrap();
    sqlx::query(NOTE).execute(&mut *transaction).await.unwrap();
    transaction.commit().await.unwrap();
    assert!(alice.log_in(Remember::No).await.is_ok());
}
