use alloc::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use super::{BlockingStore, Change, Expected, Store, Swap, Versioned};
use crate::session::{AccountId, AccountRecord};

/// Records in memory: for tests, examples, and a first afternoon. Nothing survives the process.
///
/// It is a [`Store`] and a [`BlockingStore`] and keeps the contract of both, durability excepted. It keeps no audit trail.
#[derive(Debug, Default)]
pub struct MemoryStore {
    rows: Mutex<Rows>,
}

type Rows = BTreeMap<AccountId, Versioned<AccountRecord>>;

/// [`MemoryStore`] failed: a thread panicked while it held the lock, so what is there may be half written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a thread panicked while it held the memory store")]
pub struct MemoryStoreError;

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn rows(&self) -> Result<MutexGuard<'_, Rows>, MemoryStoreError> {
        self.rows.lock().map_err(|_| MemoryStoreError)
    }
}

impl BlockingStore for MemoryStore {
    type Error = MemoryStoreError;

    fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, MemoryStoreError> {
        Ok(self.rows()?.get(account).cloned())
    }

    fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, MemoryStoreError> {
        let mut rows = self.rows()?;
        let found = rows.get(account).map_or(Expected::Absent, |row| Expected::At(row.revision));
        if found != change.expected() {
            return Ok(Swap::Conflict);
        }
        let row = Versioned { value: change.record().clone(), revision: change.revision() };
        rows.insert(account.clone(), row);
        Ok(Swap::Stored)
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
        change: Change<'_>,
    ) -> Result<Swap, MemoryStoreError> {
        BlockingStore::compare_and_swap(self, account, change)
    }
}
