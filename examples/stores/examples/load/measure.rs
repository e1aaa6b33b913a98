//! The contestants take turns of a fraction of a second, so that other work of the machine slows all of them.

use std::ops::AddAssign;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use second_factor::{AccountId, AccountRecord, Change, Remember, Store, Swap, Versioned};

use crate::Outcome;
use crate::accounts::{Service, Subject};
use crate::before::Before;
use crate::engines::{Engine, Trail};

/// What was done in a turn.
#[derive(Clone, Copy, Debug, Default)]
pub struct Slice {
    pub logins: u64,
    pub time: Duration,
    pub loads: u64,
    pub swaps: u64,
}

impl Slice {
    /// Logins a second.
    pub fn rate(&self) -> f64 {
        self.logins as f64 / self.time.as_secs_f64()
    }
}

impl AddAssign for Slice {
    fn add_assign(&mut self, other: Self) {
        self.logins += other.logins;
        self.time += other.time;
        self.loads += other.loads;
        self.swaps += other.swaps;
    }
}

/// One turn of each contestant.
#[derive(Clone, Copy, Debug, Default)]
pub struct Round {
    pub library: Slice,
    pub with_trail: Slice,
    pub bare: Slice,
    pub before: Option<Slice>,
}

/// Rounds with this many clients, each with its own accounts. Each round begins with another contestant.
pub async fn rounds<E: Engine>(
    engine: &Arc<E>,
    subjects: &mut Vec<Subject>,
    clients: usize,
    (rounds, slice): (usize, Duration),
    mut before: Option<&mut Before>,
) -> Outcome<Vec<Round>> {
    let mut done = vec![Round::default(); rounds];
    for (number, round) in done.iter_mut().enumerate() {
        for turn in 0..4 {
            match (number + turn) % 4 {
                0 => round.library = library(engine.store(Trail::Without), subjects, clients, slice).await?,
                1 => round.with_trail = library(engine.store(Trail::With), subjects, clients, slice).await?,
                2 => round.bare = bare(engine, subjects, clients, slice).await?,
                _ => round.before = before.as_mut().map(|it| it.slice(clients, slice)).transpose()?,
            }
        }
    }
    Ok(done)
}

/// Logins through the library.
pub async fn library<S: Store + 'static>(
    store: Arc<S>,
    subjects: &mut Vec<Subject>,
    clients: usize,
    slice: Duration,
) -> Outcome<Slice> {
    let store = Arc::new(Counting { store, loads: AtomicU64::new(0), swaps: AtomicU64::new(0) });
    let mut services = Vec::new();
    for share in shares(subjects, clients) {
        services.push((Service::new(store.clone())?, share));
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
            // The account that has not logged in for the longest time is the first one in the next turn.
            let last = done % share.len();
            share.rotate_left(last);
            Outcome::Ok((share, done))
        }));
    }
    let mut total = Slice::default();
    for client in running {
        let (share, done) = client.await??;
        subjects.extend(share);
        total.logins += u64::try_from(done)?;
    }
    total.time = started.elapsed();
    total.loads = store.loads.load(Ordering::Relaxed);
    total.swaps = store.swaps.load(Ordering::Relaxed);
    Ok(total)
}

/// The same statements with nothing around them.
async fn bare<E: Engine>(
    engine: &Arc<E>,
    subjects: &mut Vec<Subject>,
    clients: usize,
    slice: Duration,
) -> Outcome<Slice> {
    let shares = shares(subjects, clients);
    let started = Instant::now();
    let mut running = Vec::new();
    for mut share in shares {
        let engine = engine.clone();
        running.push(tokio::spawn(async move {
            let mut done = 0;
            'slice: loop {
                for subject in &mut share {
                    if started.elapsed() >= slice {
                        break 'slice;
                    }
                    let (account, row) = subject.next_row();
                    engine.log_in(account.as_str(), row).await?;
                    done += 1;
                }
            }
            Outcome::Ok((share, done))
        }));
    }
    let mut total = Slice::default();
    for client in running {
        let (share, done) = client.await??;
        subjects.extend(share);
        total.logins += done;
    }
    total.time = started.elapsed();
    Ok(total)
}

fn shares(subjects: &mut Vec<Subject>, clients: usize) -> Vec<Vec<Subject>> {
    let size = subjects.len().div_ceil(clients).max(1);
    let mut shares = Vec::new();
    while !subjects.is_empty() {
        let rest = subjects.split_off(subjects.len().min(size));
        shares.push(std::mem::replace(subjects, rest));
    }
    shares
}

/// Counts the calls, each of which is a round trip: the tests count them on the wire.
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

    async fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, S::Error> {
        self.swaps.fetch_add(1, Ordering::Relaxed);
        self.store.compare_and_swap(account, change).await
    }
}

/// The median; of an even number of values, the mean of the two in the middle.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let (low, high) = (values.len().saturating_sub(1) / 2, values.len() / 2);
    match (values.get(low), values.get(high)) {
        (Some(low), Some(high)) => f64::midpoint(*low, *high),
        _ => f64::NAN,
    }
}
