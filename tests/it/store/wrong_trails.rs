//! A store whose rows are right but whose trail may be wrong.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use second_factor::session::AuditEvent;
use second_factor::store::{Change, Expected, Revision, Swap, Versioned};
use second_factor::{AccountId, AccountRecord, BlockingStore, Store};

use super::wrong_stores::YieldOnce;

/// The mistake of a trail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum WrongTrail {
    Nothing,
    /// In a transaction of its own, which nobody rolls back.
    WritesEventsFirst,
    /// They were in the transaction that met the conflict.
    LosesEventsAfterAConflict,
    /// The insert is repeated if its reply is slow.
    DoublesEvents,
    /// `ORDER BY sequence DESC`
    ReversesEvents,
    /// `ORDER BY revision, sequence`: revisions are random numbers.
    OrdersByRevision,
    /// `ORDER BY at, sequence`: a clock may go back.
    OrdersByTime,
    /// One row for each change.
    KeepsTheFirstOfAChange,
    /// A queue that another task writes later.
    WritesEventsLate,
    /// Reads the list, appends, and writes it back; the swap of the record is atomic.
    ReadsThenWritesTheTrail,
    /// A second statement after the first was committed.
    WritesEventsAfterwards,
    /// The same without a pause between them: no race shows it.
    WritesEventsAfterTheCommit,
    /// An error of the second statement is ignored, and the first is committed.
    StoresWithoutRefusedEvents,
    TrimsIds,
    /// A case-insensitive collation.
    FoldsCase,
    /// A column that is too short, without the database's strict mode.
    DropsLongEvents,
}

#[derive(Debug, Default)]
pub(crate) struct Tables {
    rows: Mutex<BTreeMap<AccountId, Versioned<AccountRecord>>>,
    trail: Mutex<Vec<Line>>,
    is_blocked: AtomicBool,
}

impl Tables {
    /// Whether the trail takes no events.
    pub(crate) fn block_trail(&self, is_blocked: bool) {
        self.is_blocked.store(is_blocked, Ordering::SeqCst);
    }

    fn note(&self, lines: &mut Vec<Line>) -> Result<(), Blocked> {
        if !lines.is_empty() && self.is_blocked.load(Ordering::SeqCst) {
            return Err(Blocked);
        }
        self.trail.lock().unwrap().append(lines);
        Ok(())
    }
}

#[derive(Clone, Debug)]
struct Line {
    account: String,
    revision: Revision,
    event: AuditEvent,
}

#[derive(Debug)]
pub(crate) struct TrailStore {
    tables: Arc<Tables>,
    wrong: WrongTrail,
    queue: Mutex<Vec<Line>>,
    conflicts: Mutex<Vec<AccountId>>,
}

/// The only error.
#[derive(Debug, thiserror::Error)]
#[error("the trail takes no events")]
pub(crate) struct Blocked;

impl TrailStore {
    pub(crate) fn fresh(wrong: WrongTrail) -> (Self, Arc<Tables>) {
        let tables = Arc::default();
        (Self::on(&tables, wrong), tables)
    }

    pub(crate) fn on(tables: &Arc<Tables>, wrong: WrongTrail) -> Self {
        Self { tables: tables.clone(), wrong, queue: Mutex::default(), conflicts: Mutex::default() }
    }

    pub(crate) fn trail(&self, account: &AccountId) -> Vec<AuditEvent> {
        let key = self.key(account);
        let mut lines = self.tables.trail.lock().unwrap().clone();
        lines.extend(self.queue.lock().unwrap().iter().cloned());
        lines.retain(|line| line.account == key);
        match self.wrong {
            WrongTrail::ReversesEvents => lines.reverse(),
            WrongTrail::OrdersByRevision => lines.sort_by_key(|line| line.revision),
            WrongTrail::OrdersByTime => lines.sort_by_key(|line| line.event.at),
            _ => {}
        }
        lines.into_iter().map(|line| line.event).collect()
    }

    fn key(&self, account: &AccountId) -> String {
        let id = account.as_str();
        match self.wrong {
            WrongTrail::TrimsIds => id.trim_end().into(),
            WrongTrail::FoldsCase => id.to_lowercase(),
            _ => id.into(),
        }
    }

    fn lines(&self, account: &AccountId, change: Change<'_>) -> Vec<Line> {
        let line = |event: &AuditEvent| Line {
            account: self.key(account),
            revision: change.revision(),
            event: event.clone(),
        };
        let mut lines: Vec<_> = change.events().iter().map(line).collect();
        match self.wrong {
            WrongTrail::KeepsTheFirstOfAChange => lines.truncate(1),
            WrongTrail::DoublesEvents => lines = [lines.clone(), lines].concat(),
            WrongTrail::DropsLongEvents => {
                lines.retain(|line| serde_json::to_string(&line.event).unwrap().len() <= 512);
            }
            _ => {}
        }
        lines
    }

    /// Swaps the row, and writes the trail if both are in one transaction.
    fn swap_now(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, Blocked> {
        let mut rows = self.tables.rows.lock().unwrap();
        let found = rows.get(account).map_or(Expected::Absent, |row| Expected::At(row.revision));
        let mut lines = self.lines(account, change);
        if self.wrong == WrongTrail::WritesEventsFirst {
            self.tables.note(&mut lines)?;
        }
        if found != change.expected() {
            self.conflicts.lock().unwrap().push(account.clone());
            return Ok(Swap::Conflict);
        }
        let row = Versioned { value: change.record().clone(), revision: change.revision() };
        match self.wrong {
            WrongTrail::LosesEventsAfterAConflict => {
                let mut conflicts = self.conflicts.lock().unwrap();
                if conflicts.contains(account) {
                    conflicts.retain(|id| id != account);
                    lines.clear();
                }
            }
            WrongTrail::WritesEventsLate => {
                let before = std::mem::replace(&mut *self.queue.lock().unwrap(), lines);
                lines = before;
            }
            WrongTrail::ReadsThenWritesTheTrail | WrongTrail::WritesEventsAfterwards => lines.clear(),
            WrongTrail::WritesEventsAfterTheCommit => {
                rows.insert(account.clone(), row.clone());
            }
            _ => {}
        }
        match self.tables.note(&mut lines) {
            Err(_) if self.wrong == WrongTrail::StoresWithoutRefusedEvents => {}
            noted => noted?,
        }
        rows.insert(account.clone(), row);
        Ok(Swap::Stored)
    }
}

impl Store for TrailStore {
    type Error = Blocked;

    async fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, Blocked> {
        YieldOnce::default().await;
        Ok(self.tables.rows.lock().unwrap().get(account).cloned())
    }

    async fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, Blocked> {
        YieldOnce::default().await;
        let swap = self.swap_now(account, change)?;
        if swap == Swap::Stored {
            let mut lines = self.lines(account, change);
            match self.wrong {
                WrongTrail::WritesEventsAfterwards => {
                    // A delay like that of a network.
                    for _ in 0..change.revision().get() % 7 {
                        YieldOnce::default().await;
                    }
                    self.tables.note(&mut lines)?;
                }
                WrongTrail::ReadsThenWritesTheTrail => {
                    let mut whole = self.tables.trail.lock().unwrap().clone();
                    YieldOnce::default().await;
                    whole.append(&mut lines);
                    *self.tables.trail.lock().unwrap() = whole;
                }
                _ => {}
            }
        }
        Ok(swap)
    }
}

impl BlockingStore for TrailStore {
    type Error = Blocked;

    fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, Blocked> {
        Ok(self.tables.rows.lock().unwrap().get(account).cloned())
    }

    fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, Blocked> {
        self.swap_now(account, change)
    }
}
