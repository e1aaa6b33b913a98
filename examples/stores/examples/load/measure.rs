//! Library and bare client in turn, in slices of half a second, so that what else the machine does hits both.

use std::ops::AddAssign;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use second_factor::{AccountId, AccountRecord, Change, Remember, Store, Swap, Versioned};

use crate::Outcome;
use crate::accounts::{Service, Subject};
use crate::engines::Engine;

const SLICE: Duration = Duration::from_millis(500);

/// A second.
#[derive(Debug, Default)]
pub struct Rates {
    pub logins: f64,
    pub bare: f64,
    pub calls_a_login: f64,
}

impl AddAssign for Rates {
    fn add_assign(&mut self, other: Self) {
        self.logins += other.logins;
        self.bare += other.bare;
        self.calls_a_login += other.calls_a_login;
    }
}

/// Counts the calls, each of which is a round trip: the tests count them on the wire.
struct Counting<S>(Arc<S>, Arc<AtomicUsize>);

impl<S: Store> Store for Counting<S> {
    type Error = S::Error;

    async fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, S::Error> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.load(account).await
    }

    async fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, S::Error> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.compare_and_swap(account, change).await
    }
}

/// So many clients, each with accounts of its own.
pub async fn clients<E: Engine>(
    engine: &Arc<E>,
    subjects: &mut Vec<Subject>,
    clients: usize,
    slices: u32,
) -> Outcome<Rates> {
    let calls = Arc::new(AtomicUsize::new(0));
    let (mut logins, mut bare) = ((0, Duration::ZERO), (0, Duration::ZERO));
    for _ in 0..slices {
        let started = Instant::now();
        let mut running = Vec::new();
        for mut share in shares(subjects, clients) {
            let service = Service::new(Counting(engine.store(), calls.clone()))?;
            running.push(tokio::spawn(async move {
                let mut done = 0;
                'slice: loop {
                    for subject in &mut share {
                        if started.elapsed() >= SLICE {
                            break 'slice;
                        }
                        service.log_in(subject, Remember::No).await?;
                        done += 1;
                    }
                }
                Outcome::Ok((share, done))
            }));
        }
        for client in running {
            let (share, done) = client.await??;
            subjects.extend(share);
            logins.0 += done;
        }
        logins.1 += started.elapsed();

        let started = Instant::now();
        let mut running = Vec::new();
        for share in shares(subjects, clients) {
            let engine = engine.clone();
            running.push(tokio::spawn(async move {
                let mut done = 0;
                'slice: loop {
                    for subject in &share {
                        if started.elapsed() >= SLICE {
                            break 'slice;
                        }
                        engine.log_in(subject.id.as_str(), &subject.row).await?;
                        done += 1;
                    }
                }
                Outcome::Ok((share, done))
            }));
        }
        for client in running {
            let (share, done) = client.await??;
            subjects.extend(share);
            bare.0 += done;
        }
        bare.1 += started.elapsed();
    }
    Ok(Rates {
        logins: f64::from(logins.0) / logins.1.as_secs_f64(),
        bare: f64::from(bare.0) / bare.1.as_secs_f64(),
        calls_a_login: calls.load(Ordering::Relaxed) as f64 / f64::from(logins.0),
    })
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
