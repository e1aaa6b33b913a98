use core::convert::Infallible;
use core::sync::atomic::{AtomicU64, Ordering};
use std::collections::BTreeMap;
use std::sync::Mutex;

use second_factor::{AccountId, AccountRecord, BlockingStore, Change, Expected, Revision, Swap, Versioned};

/// The host's table of records. It counts reads and writes.
#[derive(Debug, Default)]
pub struct Table {
    rows: Mutex<BTreeMap<AccountId, (Revision, AccountRecord)>>,
    pub loads: AtomicU64,
    pub swaps: AtomicU64,
}

impl Table {
    /// Deletes a row, which no host should do.
    pub fn delete(&self, account: &AccountId) {
        self.rows.lock().unwrap().remove(account);
    }
}

impl BlockingStore for Table {
    type Error = Infallible;

    fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, Infallible> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        let row = self.rows.lock().unwrap().get(account).cloned();
        Ok(row.map(|(revision, value)| Versioned { value, revision }))
    }

    fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, Infallible> {
        self.swaps.fetch_add(1, Ordering::SeqCst);
        let mut rows = self.rows.lock().unwrap();
        let found = rows.get(account).map_or(Expected::Absent, |(revision, _)| Expected::At(*revision));
        if found != change.expected() {
            return Ok(Swap::Conflict);
        }
        rows.insert(account.clone(), (change.revision(), change.record().clone()));
        Ok(Swap::Stored)
    }
}
