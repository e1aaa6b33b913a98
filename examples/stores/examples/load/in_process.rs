//! The time that the library itself needs: logins over stores in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use second_factor::MemoryStore;
use second_factor::session::{AccountId, AccountRecord, Remember};
use second_factor::store::{Change, Expected, Revision, Store, Swap, Versioned};

use crate::accounts::{Service, Subject};
use crate::arguments::Arguments;
use crate::measure::median;
use crate::{Outcome, accounts};

/// The system reports the processor time of a thread only to a few milliseconds.
const SLICE: Duration = Duration::from_millis(200);
/// So many accounts that the clock of none moves on by a month while it logs in, after which its devices would be forgotten.
const SUBJECTS: u32 = 64;

/// The size of a record, and the time of a login.
pub async fn print(arguments: &Arguments) -> Outcome<()> {
    let (kept, text) = (MemoryStore::new(), TextStore::default());
    let mut of_kept = accounts::enroll(&kept, 0..SUBJECTS).await?;
    let mut of_text = accounts::enroll(&text, 0..SUBJECTS).await?;
    let (mut in_memory, mut as_text) = (Vec::new(), Vec::new());
    for _ in 0..arguments.rounds {
        in_memory.push(micros_a_login(&kept, &mut of_kept).await?);
        as_text.push(micros_a_login(&text, &mut of_text).await?);
    }
    println!(
        "A record with one authenticator, ten recovery codes, five devices and the challenges of the last quarter of an hour: {} bytes. \
         The events of a login: {} bytes.\n",
        accounts::record().await?.len(),
        accounts::events().await?.len(),
    );
    println!(
        "Processor time of a login: {:.0} µs in memory, {:.0} µs where the record is read from JSON twice and written once.\n",
        median(in_memory),
        median(as_text)
    );
    Ok(())
}

async fn micros_a_login<S: Store>(store: &S, subjects: &mut [Subject]) -> Outcome<f64> {
    let service = Service::new(store)?;
    let (started, before) = (Instant::now(), processor_time());
    let mut logins = 0;
    while started.elapsed() < SLICE {
        for subject in &mut *subjects {
            service.log_in(subject, Remember::No).await?;
            logins += 1;
        }
    }
    // If the system does not report it, use the time on the clock, which is more if other programs use the processor, too.
    let passed = started.elapsed();
    let time = processor_time().zip(before).map_or(passed, |(after, before)| after.saturating_sub(before));
    Ok(1e6 * time.as_secs_f64() / f64::from(logins))
}

/// The processor time of this thread. The stores here never wait, so a login stays on one thread.
fn processor_time() -> Option<Duration> {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    times.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

/// Keeps the record as a database does, and nothing else: what a login costs beside the database.
#[derive(Default)]
struct TextStore(Mutex<BTreeMap<String, (Revision, String)>>);

impl Store for TextStore {
    type Error = serde_json::Error;

    async fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, serde_json::Error> {
        let row = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(account.as_str()).cloned();
        row.map(|(revision, record)| Ok(Versioned { value: serde_json::from_str(&record)?, revision }))
            .transpose()
    }

    async fn compare_and_swap(
        &self,
        account: &AccountId,
        change: Change<'_>,
    ) -> Result<Swap, serde_json::Error> {
        let record = serde_json::to_string(change.record())?;
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = rows.get(account.as_str()).map_or(Expected::Absent, |row| Expected::At(row.0));
        if found != change.expected() {
            return Ok(Swap::Conflict);
        }
        rows.insert(account.as_str().to_owned(), (change.revision(), record));
        Ok(Swap::Stored)
    }
}
