//! A store of JSON texts that keeps the contract, and variants of it with one mistake each.

use core::pin::Pin;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use core::task::{Context, Poll};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use second_factor::store::{Change, Expected, Revision, Swap, Versioned};
use second_factor::{AccountId, AccountRecord, BlockingStore, Store};
use serde_json::Value;

/// The storage behind all handles: the disk of a database.
#[derive(Debug, Default)]
pub(crate) struct Disk {
    rows: Mutex<BTreeMap<String, Row>>,
    is_broken: AtomicBool,
    /// The number of writers between their read and their write.
    between: AtomicUsize,
    /// The size of the largest text that was ever stored.
    pub(crate) largest: AtomicUsize,
}

#[derive(Clone, Debug)]
struct Row {
    revision: Revision,
    json: String,
}

impl Disk {
    pub(crate) fn break_down(&self) {
        self.is_broken.store(true, Ordering::SeqCst);
    }
}

/// The mistake of a store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wrong {
    Nothing,
    LastWriteWins,
    ReadsThenWrites,
    LocksWithinOneInstance,
    ConflictIsAnError,
    WritesAndSaysConflict,
    SwallowsErrors,
    SwallowsErrorsOfSwaps,
    CountsRevisionsInTheRow,
    CutsRevisionsTo32Bits,
    PutsRevisionsThroughDoubles,
    CachesAndNeverRefreshes,
    CachesWhatOthersChange,
    ShowsWritesLate,
    CommitsLate,
    CutsOffAt(usize),
    Drops(&'static str),
    PutsNumbersThroughDoubles,
    ForgetsAstralCharacters,
    FoldsCase,
    TrimsIds,
    CutsIdsOffAt(usize),
    TouchesWhatItReads,
}

/// A handle to a disk: one instance of a service.
#[derive(Debug)]
pub(crate) struct JsonStore {
    disk: Arc<Disk>,
    wrong: Wrong,
    /// The rows as this instance sees them: a cache, or writes that are not on the disk yet.
    memory: Mutex<BTreeMap<String, Option<Row>>>,
    lock: AtomicBool,
    /// The text that was parsed last, with the result, because a test may read the same text 10,000 times.
    parsed: Mutex<Option<(String, AccountRecord)>>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum JsonStoreError {
    #[error("the disk is broken")]
    Disk,
    #[error("the row is not as expected")]
    Unexpected,
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

impl JsonStore {
    pub(crate) fn on(disk: &Arc<Disk>, wrong: Wrong) -> Self {
        Self {
            disk: disk.clone(),
            wrong,
            memory: Mutex::default(),
            lock: AtomicBool::new(false),
            parsed: Mutex::default(),
        }
    }

    pub(crate) fn fresh(wrong: Wrong) -> (Self, Arc<Disk>) {
        let disk = Arc::new(Disk::default());
        (Self::on(&disk, wrong), disk)
    }

    fn key(&self, account: &AccountId) -> String {
        let id = account.as_str();
        match self.wrong {
            Wrong::FoldsCase => id.to_lowercase(),
            Wrong::TrimsIds => id.trim_end_matches(' ').into(),
            Wrong::CutsIdsOffAt(most) => id.chars().take(most).collect(),
            _ => id.into(),
        }
    }

    fn read(&self, key: &str) -> Result<Option<Row>, JsonStoreError> {
        if self.disk.is_broken.load(Ordering::SeqCst) {
            return Err(JsonStoreError::Disk);
        }
        let is_buffered = matches!(
            self.wrong,
            Wrong::CachesAndNeverRefreshes | Wrong::CachesWhatOthersChange | Wrong::CommitsLate
        );
        let on_disk = || self.disk.rows.lock().unwrap().get(key).cloned();
        if !is_buffered {
            return Ok(on_disk());
        }
        let mut memory = self.memory.lock().unwrap();
        let buffered = memory.get(key).cloned();
        if buffered.is_none() && self.wrong != Wrong::CommitsLate {
            memory.insert(key.into(), on_disk());
        }
        Ok(buffered.unwrap_or_else(on_disk))
    }

    fn load_now(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, JsonStoreError> {
        let key = self.key(account);
        let read = match self.read(&key) {
            Err(_) if self.wrong == Wrong::SwallowsErrors => return Ok(None),
            read => read?,
        };
        let Some(mut row) = read else { return Ok(None) };
        if self.wrong == Wrong::TouchesWhatItReads {
            row.revision = Revision::new(row.revision.get() / 2 + 1);
            self.disk.rows.lock().unwrap().insert(key, row.clone());
        }
        if self.wrong == Wrong::ShowsWritesLate {
            self.flush();
        }
        Ok(Some(Versioned { value: self.parse(row.json)?, revision: row.revision }))
    }

    fn parse(&self, json: String) -> Result<AccountRecord, JsonStoreError> {
        let mut parsed = self.parsed.lock().unwrap();
        if let Some((text, record)) = &*parsed
            && *text == json
        {
            return Ok(record.clone());
        }
        let record: AccountRecord = serde_json::from_str(&json)?;
        *parsed = Some((json, record.clone()));
        Ok(record)
    }

    /// Compares, yields, and then writes.
    async fn read_and_write(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, JsonStoreError> {
        let key = self.key(account);
        let is_expected = self.is_expected(self.read(&key)?.as_ref(), change);
        YieldOnce::default().await;
        if !is_expected {
            return Ok(Swap::Conflict);
        }
        self.write(&key, change)
    }

    /// Compares and writes while it holds the lock of the disk, as a conditional statement does.
    fn swap_now(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, JsonStoreError> {
        let key = self.key(account);
        if self.disk.is_broken.load(Ordering::SeqCst) {
            return match self.wrong {
                Wrong::SwallowsErrors | Wrong::SwallowsErrorsOfSwaps => Ok(Swap::Conflict),
                _ => Err(JsonStoreError::Disk),
            };
        }
        if matches!(self.wrong, Wrong::CommitsLate | Wrong::ShowsWritesLate) {
            self.flush();
        }
        let json = self.written(change.record())?;
        let mut rows = self.disk.rows.lock().unwrap();
        let row = Row { revision: self.kept(rows.get(&key), change), json };
        if !self.is_expected(rows.get(&key), change) && self.wrong != Wrong::LastWriteWins {
            if self.wrong == Wrong::WritesAndSaysConflict {
                rows.insert(key, row);
            }
            return self.conflict();
        }
        match self.wrong {
            Wrong::CommitsLate | Wrong::ShowsWritesLate => {
                self.memory.lock().unwrap().insert(key, Some(row));
            }
            Wrong::CachesWhatOthersChange => {
                self.memory.lock().unwrap().insert(key.clone(), Some(row.clone()));
                rows.insert(key, row);
            }
            _ => {
                rows.insert(key, row);
            }
        }
        Ok(Swap::Stored)
    }

    fn is_expected(&self, found: Option<&Row>, change: Change<'_>) -> bool {
        match (found, change.expected()) {
            (None, Expected::Absent) => true,
            (Some(row), Expected::At(revision)) => self.narrowed(row.revision) == self.narrowed(revision),
            _ => false,
        }
    }

    /// The revision that the row gets.
    fn kept(&self, found: Option<&Row>, change: Change<'_>) -> Revision {
        match self.wrong {
            Wrong::CountsRevisionsInTheRow => Revision::new(found.map_or(1, |row| row.revision.get() + 1)),
            _ => self.narrowed(change.revision()),
        }
    }

    /// The revision after a round trip through a column that is too narrow. Applied to both sides of a comparison.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "this is the planted mistake"
    )]
    fn narrowed(&self, revision: Revision) -> Revision {
        match self.wrong {
            Wrong::CutsRevisionsTo32Bits => Revision::new((revision.get() as u32).into()),
            Wrong::PutsRevisionsThroughDoubles => Revision::new(revision.get() as f64 as u64),
            _ => revision,
        }
    }

    fn conflict(&self) -> Result<Swap, JsonStoreError> {
        if self.wrong == Wrong::ConflictIsAnError {
            Err(JsonStoreError::Unexpected)
        } else {
            Ok(Swap::Conflict)
        }
    }

    fn flush(&self) {
        for (key, row) in std::mem::take(&mut *self.memory.lock().unwrap()) {
            if let Some(row) = row {
                self.disk.rows.lock().unwrap().insert(key, row);
            }
        }
    }

    fn write(&self, key: &str, change: Change<'_>) -> Result<Swap, JsonStoreError> {
        let json = self.written(change.record())?;
        let mut rows = self.disk.rows.lock().unwrap();
        let revision = self.kept(rows.get(key), change);
        rows.insert(key.into(), Row { revision, json });
        Ok(Swap::Stored)
    }

    fn written(&self, record: &AccountRecord) -> Result<String, JsonStoreError> {
        let mut json = serde_json::to_string(record)?;
        self.disk.largest.fetch_max(json.len(), Ordering::SeqCst);
        match self.wrong {
            Wrong::CutsOffAt(most) => {
                let cut = (0..=most.min(json.len())).rev().find(|at| json.is_char_boundary(*at));
                json.truncate(cut.unwrap());
            }
            Wrong::Drops(field) => {
                let empty = serde_json::to_value(AccountRecord::new(record.account().clone()))?;
                let mut value: Value = serde_json::from_str(&json)?;
                drop_field(&mut value["record"], &empty["record"], field);
                json = in_order(&value);
            }
            Wrong::PutsNumbersThroughDoubles => {
                let mut value: Value = serde_json::from_str(&json)?;
                through_doubles(&mut value);
                json = in_order(&value);
            }
            Wrong::ForgetsAstralCharacters => json.retain(|c| c.len_utf8() < 4),
            _ => {}
        }
        Ok(json)
    }
}

/// The keys of a `Value` are sorted, so `format` comes before `record`, as it must.
fn in_order(value: &Value) -> String {
    value.to_string()
}

/// Replaces a field of the record by its value in an empty record. A nested optional field, which has a name or a place in a list,
/// is removed.
fn drop_field(record: &mut Value, empty: &Value, field: &str) {
    match field.split_once('.') {
        None => record[field] = empty[field].clone(),
        Some((list, part)) => {
            let entries = match &mut record[list] {
                Value::Array(entries) => entries.as_mut_slice(),
                entry => std::slice::from_mut(entry),
            };
            for entry in entries {
                let dropped = match entry {
                    Value::Object(fields) => fields.get_mut(part),
                    Value::Array(values) => values.get_mut(part.parse::<usize>().unwrap()),
                    _ => continue,
                };
                let Some(dropped) = dropped else { continue };
                *dropped = match dropped {
                    Value::String(_) => Value::from(""),
                    Value::Number(_) => Value::from(0),
                    Value::Bool(_) => Value::from(false),
                    _ => Value::Null,
                };
            }
        }
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "this is the planted mistake"
)]
fn through_doubles(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(whole) = number.as_u64() {
                *value = Value::from(whole as f64 as u64);
            }
        }
        Value::Array(entries) => entries.iter_mut().for_each(through_doubles),
        Value::Object(fields) => fields.values_mut().for_each(through_doubles),
        _ => {}
    }
}

/// A future that is ready at the second poll.
#[derive(Debug, Default)]
pub(crate) struct YieldOnce(bool);

impl Future for YieldOnce {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Store for JsonStore {
    type Error = JsonStoreError;

    async fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, JsonStoreError> {
        YieldOnce::default().await;
        self.load_now(account)
    }

    async fn compare_and_swap(
        &self,
        account: &AccountId,
        change: Change<'_>,
    ) -> Result<Swap, JsonStoreError> {
        if !matches!(self.wrong, Wrong::ReadsThenWrites | Wrong::LocksWithinOneInstance) {
            YieldOnce::default().await;
            return self.swap_now(account, change);
        }
        if self.wrong == Wrong::LocksWithinOneInstance {
            while self.lock.swap(true, Ordering::SeqCst) {
                YieldOnce::default().await;
            }
        }
        let swap = self.read_and_write(account, change).await;
        self.lock.store(false, Ordering::SeqCst);
        swap
    }
}

impl BlockingStore for JsonStore {
    type Error = JsonStoreError;

    fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, JsonStoreError> {
        self.load_now(account)
    }

    fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, JsonStoreError> {
        if self.wrong != Wrong::ReadsThenWrites {
            return self.swap_now(account, change);
        }
        let key = self.key(account);
        let is_expected = self.is_expected(self.read(&key)?.as_ref(), change);
        // Wait until another writer has read too, or no other is left.
        let arrived = self.disk.between.fetch_add(1, Ordering::SeqCst);
        for _ in 0..1_000 {
            if self.disk.between.load(Ordering::SeqCst) > arrived + 1 {
                break;
            }
            std::thread::yield_now();
        }
        if !is_expected {
            return Ok(Swap::Conflict);
        }
        self.write(&key, change)
    }
}
