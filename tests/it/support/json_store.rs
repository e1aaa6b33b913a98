//! A store that keeps records as JSON text, like a database, and parses it at every load.

use std::collections::BTreeMap;
use std::sync::Mutex;

use second_factor::store::{Change, Expected, Revision, Swap, Versioned};
use second_factor::{AccountId, AccountRecord, BlockingStore};

#[derive(Debug, Default)]
pub struct JsonStore {
    rows: Mutex<BTreeMap<String, (u64, String)>>,
    written: Mutex<Vec<String>>,
}

impl JsonStore {
    /// The text of the account's row.
    pub fn text(&self, account: &AccountId) -> Option<String> {
        self.rows.lock().unwrap().get(account.as_str()).map(|(_, text)| text.clone())
    }

    /// Replaces the text, as somebody with access to the database could.
    pub fn put(&self, account: &AccountId, text: &str) {
        let mut rows = self.rows.lock().unwrap();
        let mut written = self.written.lock().unwrap();
        written.push(text.to_owned());
        rows.insert(account.as_str().to_owned(), (written.len() as u64, text.to_owned()));
    }

    /// `SELECT account FROM … WHERE account > $last ORDER BY account LIMIT $limit`
    pub fn accounts_after(&self, last: Option<&AccountId>, limit: usize) -> Vec<AccountId> {
        let rows = self.rows.lock().unwrap();
        let after = rows.keys().filter(|id| last.is_none_or(|last| id.as_str() > last.as_str()));
        after.take(limit).map(|id| AccountId::new(id.as_str()).unwrap()).collect()
    }

    /// Every text that was ever stored.
    pub fn written(&self) -> Vec<String> {
        self.written.lock().unwrap().clone()
    }
}

impl BlockingStore for JsonStore {
    type Error = serde_json::Error;

    fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, serde_json::Error> {
        let row = self.rows.lock().unwrap().get(account.as_str()).cloned();
        row.map(|(revision, text)| {
            Ok(Versioned { value: serde_json::from_str(&text)?, revision: Revision::new(revision) })
        })
        .transpose()
    }

    fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, serde_json::Error> {
        let text = serde_json::to_string(change.record())?;
        let mut rows = self.rows.lock().unwrap();
        let found = rows
            .get(account.as_str())
            .map_or(Expected::Absent, |(revision, _)| Expected::At(Revision::new(*revision)));
        if found != change.expected() {
            return Ok(Swap::Conflict);
        }
        self.written.lock().unwrap().push(text.clone());
        rows.insert(account.as_str().to_owned(), (change.revision().get(), text));
        Ok(Swap::Stored)
    }
}
