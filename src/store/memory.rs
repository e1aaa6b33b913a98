use alloc::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use super::{BlockingStore, Expected, Revision, Store, Swap, Versioned};
use crate::session::{AccountId, AccountRecord};

/// Records in memory: for tests, examples, and a first afternoon. Nothing survives the process.
///
/// It is a [`Store`] and a [`BlockingStore`] and keeps the contract of both, durability excepted.
#[derive(Debug, Default)]
pub struct MemoryStore {
    rows: Mutex<Rows>,
}

/// [`MemoryStore`] failed: a thread panicked while it held the lock, so what is there may be half written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a thread panicked while it held the memory store")]
pub struct MemoryStoreError;

#[derive(Debug, Default)]
struct Rows {
    by_account: BTreeMap<AccountId, Versioned<AccountRecord>>,
    /// Counts the writes to all rows, so that no row ever sees a revision twice.
    writes: u64,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Deletes the account's row, as a host does with the account; whether there was one.
    ///
    /// # Errors
    ///
    /// [`MemoryStoreError`] after a panic.
    pub fn delete(&self, account: &AccountId) -> Result<bool, MemoryStoreError> {
        Ok(self.rows()?.by_account.remove(account).is_some())
    }

    fn rows(&self) -> Result<MutexGuard<'_, Rows>, MemoryStoreError> {
        self.rows.lock().map_err(|_| MemoryStoreError)
    }
}

impl BlockingStore for MemoryStore {
    type Error = MemoryStoreError;

    fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, MemoryStoreError> {
        Ok(self.rows()?.by_account.get(account).cloned())
    }

    fn compare_and_swap(
        &self,
        account: &AccountId,
        expected: Expected,
        next: &AccountRecord,
    ) -> Result<Swap, MemoryStoreError> {
        let mut rows = self.rows()?;
        let found = rows.by_account.get(account).map_or(Expected::Absent, |row| Expected::At(row.revision));
        if found != expected {
            return Ok(Swap::Conflict);
        }
        rows.writes = rows.writes.saturating_add(1);
        let revision = Revision::new(rows.writes);
        rows.by_account.insert(account.clone(), Versioned { value: next.clone(), revision });
        Ok(Swap::Stored(revision))
    }
}

impl Store for MemoryStore {
    type Error = MemoryStoreError;

    async fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, MemoryStoreError> {
        BlockingStore::load(self, account)
    }

    async fn compare_and_swap(
        &self,
        account: &AccountId,
        expected: Expected,
        next: &AccountRecord,
    ) -> Result<Swap, MemoryStoreError> {
        BlockingStore::compare_and_swap(self, account, expected, next)
    }
}
