//! Many claimants at the same moment.

use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use second_factor::store::{Change, Expected, MemoryStoreError, Revision, Store, Swap, Versioned};
use second_factor::{AccountId, AccountRecord, BlockingStore, MemoryStore};

/// The results of `claimant` in `count` threads that start together.
pub fn at_once<T: Send>(count: usize, claimant: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let start = Barrier::new(count);
    let (start, claimant) = (&start, &claimant);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|number| {
                scope.spawn(move || {
                    start.wait();
                    claimant(number)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// A host's table with one row of JSON text and a revision. It waits between reading and returning, so that writers
/// conflict.
#[derive(Debug, Default)]
pub struct JsonRow(Mutex<Option<(String, u64)>>);

impl JsonRow {
    pub fn text(&self) -> String {
        self.0.lock().unwrap().as_ref().map(|(text, _)| text.clone()).unwrap_or_default()
    }
}

impl BlockingStore for JsonRow {
    type Error = serde_json::Error;

    fn load(&self, _: &AccountId) -> Result<Option<Versioned<AccountRecord>>, serde_json::Error> {
        let row = self.0.lock().unwrap().clone();
        thread::yield_now();
        row.map(|(text, revision)| {
            Ok(Versioned { value: serde_json::from_str(&text)?, revision: Revision::new(revision) })
        })
        .transpose()
    }

    fn compare_and_swap(&self, _: &AccountId, change: Change<'_>) -> Result<Swap, serde_json::Error> {
        let text = serde_json::to_string(change.record())?;
        let mut row = self.0.lock().unwrap();
        let found =
            row.as_ref().map_or(Expected::Absent, |(_, revision)| Expected::At(Revision::new(*revision)));
        if found != change.expected() {
            return Ok(Swap::Conflict);
        }
        *row = Some((text, change.revision().get()));
        Ok(Swap::Stored)
    }
}

/// A memory store on an async runtime that lets every other task read before this one writes.
#[derive(Debug, Default)]
pub struct Interleaved(pub MemoryStore);

impl Store for Interleaved {
    type Error = <MemoryStore as Store>::Error;

    async fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, Self::Error> {
        let row = Store::load(&self.0, account).await;
        tokio::task::yield_now().await;
        row
    }

    async fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, Self::Error> {
        Store::compare_and_swap(&self.0, account, change).await
    }
}

/// A store behind a network: other tasks run between any two of its steps.
#[derive(Debug)]
pub struct Remote(pub Arc<MemoryStore>);

impl Store for Remote {
    type Error = MemoryStoreError;

    async fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, MemoryStoreError> {
        let row = BlockingStore::load(&*self.0, account);
        tokio::task::yield_now().await;
        row
    }

    async fn compare_and_swap(
        &self,
        account: &AccountId,
        change: Change<'_>,
    ) -> Result<Swap, MemoryStoreError> {
        tokio::task::yield_now().await;
        BlockingStore::compare_and_swap(&*self.0, account, change)
    }
}

/// A store for a crowd: the next loads all see the same row before anybody writes.
#[derive(Debug, Default)]
pub struct Meeting {
    rows: MemoryStore,
    awaited: AtomicUsize,
    door: Mutex<Option<Arc<Barrier>>>,
}

impl Meeting {
    /// The next `crowd` loads wait for one another.
    pub fn of(&self, crowd: usize) {
        *self.door.lock().unwrap() = Some(Arc::new(Barrier::new(crowd)));
        self.awaited.store(crowd, Ordering::SeqCst);
    }
}

impl BlockingStore for Meeting {
    type Error = MemoryStoreError;

    fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, MemoryStoreError> {
        let row = BlockingStore::load(&self.rows, account);
        let take_seat = |seats: usize| seats.checked_sub(1);
        if self.awaited.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take_seat).is_ok() {
            let door = self.door.lock().unwrap().clone().unwrap();
            door.wait();
        }
        row
    }

    fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, MemoryStoreError> {
        BlockingStore::compare_and_swap(&self.rows, account, change)
    }
}
