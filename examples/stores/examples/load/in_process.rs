//! What the library itself takes: logins over stores in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use second_factor::MemoryStore;
use second_factor::session::{AccountId, AccountRecord};
use second_factor::store::{Change, Expected, Revision, Store, Swap, Versioned};

use crate::arguments::Arguments;
use crate::measure::{library, median};
use crate::{Outcome, accounts};

/// Short, so that there are some in which nothing else has run.
const SLICE: Duration = Duration::from_millis(20);
/// For each round of the table.
const TURNS: usize = 10;

/// The size of a record, and the time of a login.
pub async fn print(arguments: &Arguments) -> Outcome<()> {
    let (kept, text) = (Arc::new(MemoryStore::new()), Arc::new(TextStore::default()));
    let mut of_kept = accounts::enroll(&*kept, 0..8).await?;
    let mut of_text = accounts::enroll(&*text, 0..8).await?;
    let (mut in_memory, mut as_text) = (Vec::new(), Vec::new());
    for _ in 0..arguments.rounds * TURNS {
        in_memory.push(1e6 / library(kept.clone(), &mut of_kept, 1, SLICE).await?.rate());
        as_text.push(1e6 / library(text.clone(), &mut of_text, 1, SLICE).await?.rate());
    }
    println!(
        "A record (one authenticator, ten recovery codes, five devices): {} bytes. The events of a login: {} bytes.\n",
        accounts::record().await?.len(),
        accounts::events().await?.len(),
    );
    println!(
        "A login in process: {:.0} µs; {:.0} µs with the record written once and read twice as JSON.\n",
        median(in_memory),
        median(as_text)
    );
    Ok(())
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
