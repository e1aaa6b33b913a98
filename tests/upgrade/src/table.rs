//! What all instances share: the database, and the time.

use core::sync::atomic::{AtomicU64, Ordering};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// The host's database: rows of JSON text, each with a revision; and its users' passwords.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Mutex<BTreeMap<String, (u64, String)>>,
    password: Mutex<String>,
    formats: Mutex<BTreeSet<char>>,
    writes: AtomicU64,
    now: AtomicU64,
}

impl Table {
    pub(crate) fn new() -> Arc<Self> {
        let table = Self::default();
        table.now.store(1_700_000_010, Ordering::SeqCst);
        Arc::new(table)
    }

    pub(crate) fn row(&self, account: &str) -> Option<(u64, String)> {
        self.rows.lock().unwrap().get(account).cloned()
    }

    /// The text of the row.
    pub(crate) fn text(&self, account: &str) -> String {
        self.row(account).map(|(_, text)| text).unwrap_or_default()
    }

    /// Replaces the row if it is at the expected revision. Returns whether it did.
    pub(crate) fn swap(&self, account: &str, expected: Option<u64>, next: (u64, String)) -> bool {
        let mut rows = self.rows.lock().unwrap();
        if rows.get(account).map(|(revision, _)| *revision) != expected {
            return false;
        }
        let format = next.1.strip_prefix("{\"format\":").and_then(|rest| rest.chars().next());
        self.formats.lock().unwrap().extend(format);
        rows.insert(account.to_owned(), next);
        self.writes.fetch_add(1, Ordering::SeqCst);
        true
    }

    /// How often a row was written.
    pub(crate) fn writes(&self) -> u64 {
        self.writes.load(Ordering::SeqCst)
    }

    /// The formats of the rows that were written since the last call.
    pub(crate) fn take_formats(&self) -> BTreeSet<char> {
        core::mem::take(&mut self.formats.lock().unwrap())
    }

    pub(crate) fn password(&self) -> String {
        self.password.lock().unwrap().clone()
    }

    pub(crate) fn set_password(&self, password: &str) {
        password.clone_into(&mut self.password.lock().unwrap());
    }

    pub(crate) fn now(&self) -> u64 {
        self.now.load(Ordering::SeqCst)
    }

    pub(crate) fn advance(&self, secs: u64) {
        self.now.fetch_add(secs, Ordering::SeqCst);
    }
}
