//! A PostgreSQL whose standby takes over, both started for the test.

mod common;
#[path = "common/failover.rs"]
mod failover;
#[path = "common/pair.rs"]
mod pair;

use std::io::ErrorKind;
use std::pin::pin;
use std::sync::Arc;

use failover::{Load, Owner, Tally, Watched};
use pair::{Pair, Standby};
use second_factor_stores::postgres::{PostgresStore, PostgresStoreError};
use sqlx::Error;

/// Of a server that is gone nothing is lost, unless it cannot be connected to in the first place.
fn may_be_stored(error: &PostgresStoreError) -> bool {
    let PostgresStoreError::Database(error) = error else { return true };
    !matches!(error, Error::Io(error) if error.kind() == ErrorKind::ConnectionRefused)
        && !matches!(error, Error::PoolTimedOut | Error::PoolClosed)
}

fn watched(store: PostgresStore, tally: &Arc<Tally>) -> Watched<PostgresStore> {
    Watched::new(store, tally.clone(), may_be_stored)
}

/// The primary is killed while swaps are unacknowledged. The clients go on to the standby.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_synchronous_standby_takes_over_and_nothing_is_lost() {
    let Some(mut pair) = Pair::start(Standby::Synchronous).await else { return };
    let tally = Arc::new(Tally::default());
    let one = watched(pair.primary.store(&[]).await, &tally);
    let other = watched(pair.primary.store(&[]).await, &tally);
    let load = Load::start([one.clone(), other.clone()], 16);
    tally.accepted_more(100).await;
    // Swaps are committed on the primary now and have no answer.
    pair.standby.signal("-STOP");
    pair.primary.until("SELECT count(*) >= 8 FROM pg_stat_activity WHERE wait_event = 'SyncRep'").await;
    pair.primary.kill();
    pair.standby.signal("-CONT");
    pair.promote().await;
    one.go_on_with(pair.standby.store(&[]).await);
    other.go_on_with(pair.standby.store(&[]).await);
    tally.accepted_more(100).await;
    load.stop().await;

    println!("{tally}");
    assert_eq!(tally.of(|tally| &tally.lost), 0);
    assert_eq!(tally.of(|tally| &tally.twice), 0);
    assert!(tally.of(|tally| &tally.unacknowledged) >= 8, "{tally}");
}

/// What the primary accepted after the stream was cut, the standby does not know.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_asynchronous_standby_accepts_a_used_code() {
    let Some(mut pair) = Pair::start(Standby::Asynchronous).await else { return };
    let tally = Arc::new(Tally::default());
    let store = watched(pair.primary.store(&[]).await, &tally);
    let mut owner = Owner::enroll([store.clone(), store.clone()], "alice").await;
    pair.primary.until("SELECT flush_lsn >= pg_current_wal_lsn() FROM pg_stat_replication").await;
    pair.standby.kill();
    owner.log_in().await;
    assert_eq!((tally.of(|tally| &tally.accepted), tally.of(|tally| &tally.lost)), (1, 0));

    standby_takes_over(&mut pair).await;
    store.go_on_with(pair.standby.store(&[]).await);
    owner.replay().await;
    assert_eq!(tally.of(|tally| &tally.lost), 1, "{tally}");
}

/// A cancelled wait is a success to PostgreSQL: it is committed on the primary, and a warning says so, which no client reads. So nothing
/// may cancel it. `statement_timeout` does not.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_cancelled_wait_for_the_standby_answers_stored() {
    let Some(mut pair) = Pair::start(Standby::Synchronous).await else { return };
    let tally = Arc::new(Tally::default());
    let store = watched(pair.primary.store(&[("statement_timeout", "100")]).await, &tally);
    let mut owner = Owner::enroll([store.clone(), store.clone()], "alice").await;
    pair.standby.kill();
    {
        let mut login = pin!(owner.log_in());
        let waits = "SELECT count(*) > 0 FROM pg_stat_activity
            WHERE wait_event = 'SyncRep' AND now() - query_start > '1 s'";
        tokio::select! {
            () = &mut login => panic!("the login did not wait for the standby"),
            () = pair.primary.until(waits) => {}
        }
        assert_eq!(tally.of(|tally| &tally.accepted), 0);
        let cancelled = "SELECT count(pg_cancel_backend(pid)) < 0 FROM pg_stat_activity
            WHERE wait_event = 'SyncRep'";
        tokio::select! {
            () = &mut login => {}
            () = pair.primary.until(cancelled) => {}
        }
    }
    assert_eq!((tally.of(|tally| &tally.accepted), tally.of(|tally| &tally.lost)), (1, 0), "{tally}");
    standby_takes_over(&mut pair).await;
    store.go_on_with(pair.standby.store(&[]).await);
    owner.replay().await;
    assert_eq!(tally.of(|tally| &tally.lost), 1, "{tally}");
}

/// The primary is killed, and the standby started again.
async fn standby_takes_over(pair: &mut Pair) {
    pair.primary.kill();
    pair.standby.start();
    pair.standby.answers().await;
    pair.promote().await;
}
