//! A store that counts what is written, by account and by what it was written for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use second_factor::{AccountId, AccountRecord, AuthMethod, Change, EventKind, Store, Swap, Versioned};

/// Of one account.
#[derive(Clone, Copy, Debug, Default)]
pub struct Writes {
    /// Of a guess that was wrong.
    pub guesses: usize,
    /// That ended devices or sessions.
    pub ended: usize,
    /// Of a device token that was replaced by the next.
    pub rotations: usize,
    pub others: usize,
    /// Swaps that others were quicker than.
    pub conflicts: usize,
}

impl Writes {
    pub fn stored(&self) -> usize {
        self.guesses + self.ended + self.rotations + self.others
    }

    pub fn sum<'a>(of: impl IntoIterator<Item = &'a Self>) -> Self {
        of.into_iter().fold(Self::default(), |sum, writes| Self {
            guesses: sum.guesses + writes.guesses,
            ended: sum.ended + writes.ended,
            rotations: sum.rotations + writes.rotations,
            others: sum.others + writes.others,
            conflicts: sum.conflicts + writes.conflicts,
        })
    }

    fn count(&mut self, change: &Change<'_>) {
        let any = |is: fn(&EventKind) -> bool| change.events().iter().any(|event| is(&event.kind));
        if any(|kind| matches!(kind, EventKind::CodeRefused { .. } | EventKind::RecoveryCodeRefused { .. })) {
            self.guesses += 1;
        } else if any(|kind| {
            matches!(kind, EventKind::DeviceTokenStolen { .. } | EventKind::DeviceForgotten { .. })
        }) {
            self.ended += 1;
        } else if any(|kind| {
            matches!(kind, EventKind::LoggedIn { method: AuthMethod::RememberedDevice { .. } })
        }) {
            self.rotations += 1;
        } else {
            self.others += 1;
        }
    }
}

#[derive(Debug)]
pub struct Counting<S> {
    store: Arc<S>,
    writes: Mutex<BTreeMap<String, Writes>>,
}

impl<S> Counting<S> {
    pub fn over(store: Arc<S>) -> Self {
        Self { store, writes: Mutex::default() }
    }

    pub fn writes(&self) -> BTreeMap<String, Writes> {
        self.writes.lock().unwrap().clone()
    }
}

impl<S: Store> Store for Counting<S> {
    type Error = S::Error;

    async fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, S::Error> {
        self.store.load(account).await
    }

    async fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, S::Error> {
        let mut counted = Writes::default();
        counted.count(&change);
        let swap = self.store.compare_and_swap(account, change).await?;
        if swap == Swap::Conflict {
            counted = Writes { conflicts: 1, ..Writes::default() };
        }
        let mut writes = self.writes.lock().unwrap();
        let entry = writes.entry(account.as_str().to_owned()).or_default();
        *entry = Writes::sum([&*entry, &counted]);
        drop(writes);
        Ok(swap)
    }
}
