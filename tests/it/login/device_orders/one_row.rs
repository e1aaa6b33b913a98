//! A store of one row.

use std::sync::Mutex;

use second_factor::store::{Change, Expected, MemoryStoreError, Swap, Versioned};
use second_factor::{AccountId, AccountRecord, BlockingStore};

/// One row. The test puts it back to try the next order from the same state.
#[derive(Debug, Default)]
pub struct OneRow(pub Mutex<Option<Versioned<AccountRecord>>>);

impl BlockingStore for OneRow {
    type Error = MemoryStoreError;

    fn load(&self, _: &AccountId) -> Result<Option<Versioned<AccountRecord>>, MemoryStoreError> {
        Ok(self.0.lock().unwrap().clone())
    }

    fn compare_and_swap(&self, _: &AccountId, change: Change<'_>) -> Result<Swap, MemoryStoreError> {
        let mut row = self.0.lock().unwrap();
        if row.as_ref().map_or(Expected::Absent, |row| Expected::At(row.revision)) != change.expected() {
            return Ok(Swap::Conflict);
        }
        *row = Some(Versioned { value: change.record().clone(), revision: change.revision() });
        Ok(Swap::Stored)
    }
}
