//! Logins over the stores of commit 10203c3, in turns that `examples/load` of a later commit asks for. `compare/run` puts this in the
//! place of that commit's `examples/load/main.rs`, beside its accounts and engines.
//!
//! The argument is an engine. A line of the input is a number of clients and milliseconds; the answer is logins, nanoseconds, loads
//! and swaps. Any other line ends it.

#[allow(dead_code)]
mod accounts;
#[allow(dead_code)]
mod engines;

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use accounts::{Service, Subject};
use engines::{Engine, Postgres, Redis, Rusqlite, Sqlite};
use second_factor::session::{AccountId, AccountRecord, Remember};
use second_factor::store::{Expected, Store, Swap, Versioned};

pub type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The number of the store. The other commit does not use it at the same time.
const NUMBER: u32 = 10_203;
const SUBJECTS: u32 = 256;

#[tokio::main]
async fn main() -> Outcome<()> {
    match std::env::args().nth(1).as_deref() {
        Some("sqlite") => serve::<Sqlite>().await,
        Some("rusqlite") => serve::<Rusqlite>().await,
        Some("postgres") => serve::<Postgres>().await,
        Some("redis") => serve::<Redis>().await,
        _ => Err("which engine?".into()),
    }
}

async fn serve<E: Engine>() -> Outcome<()> {
    let engine = E::start(NUMBER).await?;
    let mut subjects = accounts::enroll(&*engine.store(), SUBJECTS).await?;
    println!("ready");
    for line in std::io::stdin().lines() {
        let line = line?;
        let Some((clients, millis)) = line.split_once(' ') else { break };
        let (clients, slice) = (clients.parse()?, Duration::from_millis(millis.parse()?));
        let (logins, time, loads, swaps) = logins(&engine, &mut subjects, clients, slice).await?;
        println!("{logins} {} {loads} {swaps}", time.as_nanos());
    }
    engine.clear().await
}

async fn logins<E: Engine>(
    engine: &Arc<E>,
    subjects: &mut Vec<Subject>,
    clients: usize,
    slice: Duration,
) -> Outcome<(u64, Duration, u64, u64)> {
    let store =
        Arc::new(Counting { store: engine.store(), loads: AtomicU64::new(0), swaps: AtomicU64::new(0) });
    let mut services = Vec::new();
    let size = subjects.len().div_ceil(clients).max(1);
    while !subjects.is_empty() {
        let rest = subjects.split_off(subjects.len().min(size));
        services.push((Service::new(store.clone())?, std::mem::replace(subjects, rest)));
    }
    let started = Instant::now();
    let mut running = Vec::new();
    for (service, mut share) in services {
        running.push(tokio::spawn(async move {
            let mut done = 0;
            'slice: loop {
                for subject in &mut share {
                    if started.elapsed() >= slice {
                        break 'slice;
                    }
                    service.log_in(subject, Remember::No).await?;
                    done += 1;
                }
            }
            let last = done % share.len();
            share.rotate_left(last);
            Outcome::Ok((share, done))
        }));
    }
    let mut total = 0;
    for client in running {
        let (share, done) = client.await??;
        subjects.extend(share);
        total += u64::try_from(done)?;
    }
    let (loads, swaps) = (store.loads.load(Ordering::Relaxed), store.swaps.load(Ordering::Relaxed));
    Ok((total, started.elapsed(), loads, swaps))
}

/// Counts the calls.
struct Counting<S> {
    store: Arc<S>,
    loads: AtomicU64,
    swaps: AtomicU64,
}

impl<S: Store> Store for Counting<S> {
    type Error = S::Error;

    async fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, S::Error> {
        self.loads.fetch_add(1, Ordering::Relaxed);
        self.store.load(account).await
    }

    async fn compare_and_swap(
        &self,
        account: &AccountId,
        expected: Expected,
        next: &AccountRecord,
    ) -> Result<Swap, S::Error> {
        self.swaps.fetch_add(1, Ordering::Relaxed);
        self.store.compare_and_swap(account, expected, next).await
    }
}
