use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use std::sync::{Mutex, MutexGuard};

use super::{BlockingStore, Change, Expected, Store, Swap, Versioned};
use crate::session::{AccountId, AccountRecord, AuditEvent};

/// Records in memory: for tests, examples and first experiments. Nothing survives the process.
///
/// It is a [`Store`] and a [`BlockingStore`] and keeps the contract of both, except durability. It keeps no
/// audit trail unless [made with one](Self::with_trail): a trail only grows, and most tests listen to the
/// [`EventSink`](crate::verifier::EventSink) instead, which receives every event.
#[derive(Debug, Default)]
pub struct MemoryStore {
    tables: Mutex<Tables>,
}

#[derive(Debug, Default)]
struct Tables {
    rows: BTreeMap<AccountId, Versioned<AccountRecord>>,
    trail: Option<BTreeMap<AccountId, Vec<AuditEvent>>>,
}

/// [`MemoryStore`] failed: a thread panicked while it held the lock, so the records may be half written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a thread panicked while it held the memory store")]
pub struct MemoryStoreError;

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty store that keeps the events of what it stores, to test what a host's trail would contain.
    ///
    /// ```
    /// use second_factor::{AccountId, MemoryStore};
    ///
    /// let store = MemoryStore::with_trail();
    /// assert!(store.trail(&AccountId::new("user-7")?)?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_trail() -> Self {
        let tables = Tables { trail: Some(BTreeMap::new()), ..Tables::default() };
        Self { tables: Mutex::new(tables) }
    }

    /// The events of the account's stored changes, the oldest first; none in a store that keeps no trail.
    ///
    /// # Errors
    ///
    /// [`MemoryStoreError`], as for a load.
    pub fn trail(&self, account: &AccountId) -> Result<Vec<AuditEvent>, MemoryStoreError> {
        let tables = self.tables()?;
        Ok(tables.trail.as_ref().and_then(|trail| trail.get(account)).cloned().unwrap_or_default())
    }

    fn tables(&self) -> Result<MutexGuard<'_, Tables>, MemoryStoreError> {
        self.tables.lock().map_err(|_| MemoryStoreError)
    }
}

impl BlockingStore for MemoryStore {
    type Error = MemoryStoreError;

    fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, MemoryStoreError> {
        Ok(self.tables()?.rows.get(account).cloned())
    }

    fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, MemoryStoreError> {
        let mut tables = self.tables()?;
        let found = tables.rows.get(account).map_or(Expected::Absent, |row| Expected::At(row.revision));
        if found != change.expected() {
            return Ok(Swap::Conflict);
        }
        let row = Versioned { value: change.record().clone(), revision: change.revision() };
        tables.rows.insert(account.clone(), row);
        if let Some(trail) = &mut tables.trail {
            trail.entry(account.clone()).or_default().extend_from_slice(change.events());
        }
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
