use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use core::error::Error;
use core::fmt::Write;

use super::hooks::Hooks;
use super::race::Racers;
use super::report::Broken;
use super::samples::next_revision;
use super::{Clause, Hook};
use crate::session::{AccountId, AccountRecord, AuditEvent};
use crate::store::{Change, Expected, Revision, Store, Swap, Versioned};

/// A fresh store, and the checks that the cases share.
pub(super) struct Fixture<'b, S, G> {
    pub(super) store: Arc<S>,
    pub(super) guard: &'b G,
    pub(super) racers: &'b Racers<'b>,
    hooks: &'b Hooks<'b, S, G>,
    /// The clause to report if no more exact one is known.
    clause: Clause,
}

impl<'b, S: Store, G> Fixture<'b, S, G> {
    pub(super) fn new(
        store: S,
        guard: &'b G,
        hooks: &'b Hooks<'b, S, G>,
        racers: &'b Racers<'b>,
        clause: Clause,
    ) -> Self {
        Self { store: Arc::new(store), guard, racers, hooks, clause }
    }

    pub(super) fn broken(&self, expected: impl Into<String>, found: impl Into<String>) -> Broken {
        Broken::new(self.clause, expected, found)
    }

    /// The row must hold this record at this revision.
    pub(super) async fn holds(&self, record: &AccountRecord, revision: Revision) -> Result<(), Broken> {
        let expected = format!("the record of {:?} at revision {revision}", record.account().as_str());
        let Some(row) = self.row(record).await? else {
            return Err(self.broken(expected, "no row"));
        };
        if row.revision != revision {
            let clause = if row.value == *record { Clause::RevisionKept } else { self.clause };
            return Err(Broken::new(clause, expected, format!("revision {}", row.revision)));
        }
        if row.value == *record {
            return Ok(());
        }
        Err(Broken::new(Clause::RecordKept, expected, differs(record, &row.value)))
    }

    /// The row of the record's account.
    pub(super) async fn row(
        &self,
        record: &AccountRecord,
    ) -> Result<Option<Versioned<AccountRecord>>, Broken> {
        let loaded = self.store.load(record.account()).await;
        loaded.map_err(|error| {
            let account = record.account().as_str();
            self.broken(format!("a load of {account:?} that succeeds"), failed(&error))
        })
    }

    pub(super) async fn is_absent(&self, record: &AccountRecord) -> Result<(), Broken> {
        match self.row(record).await? {
            None => Ok(()),
            Some(row) => Err(self.broken(
                format!("no row for {:?}", record.account().as_str()),
                format!("a row of {:?} at revision {}", row.value.account().as_str(), row.revision),
            )),
        }
    }

    /// Replaces what is in the row, and returns the new revision.
    pub(super) async fn stores(&self, expected: Expected, next: &AccountRecord) -> Result<Revision, Broken> {
        let revision = next_revision();
        self.stores_at(revision, expected, next).await?;
        Ok(revision)
    }

    pub(super) async fn stores_at(
        &self,
        revision: Revision,
        expected: Expected,
        next: &AccountRecord,
    ) -> Result<(), Broken> {
        self.is_stored(Change::new(expected, revision, next, &[])).await
    }

    pub(super) async fn is_stored(&self, change: Change<'_>) -> Result<(), Broken> {
        let wanted = || format!("Ok(Stored) from a swap of what is there ({:?})", change.expected());
        match self.store.compare_and_swap(change.record().account(), change).await {
            Ok(Swap::Stored) => Ok(()),
            Ok(Swap::Conflict) => Err(self.broken(wanted(), "Ok(Conflict)")),
            Err(error) => Err(self.broken(wanted(), failed(&error))),
        }
    }

    pub(super) async fn creates(&self, record: &AccountRecord) -> Result<Revision, Broken> {
        self.stores(Expected::Absent, record).await
    }

    /// A swap that expects something else than what is in the row.
    pub(super) async fn conflicts(&self, expected: Expected, next: &AccountRecord) -> Result<(), Broken> {
        self.is_conflict(Change::new(expected, next_revision(), next, &[])).await
    }

    pub(super) async fn is_conflict(&self, change: Change<'_>) -> Result<(), Broken> {
        let wanted = || format!("Ok(Conflict) from a swap of what is not there ({:?})", change.expected());
        match self.store.compare_and_swap(change.record().account(), change).await {
            Ok(Swap::Conflict) => Ok(()),
            Ok(Swap::Stored) => Err(Broken::new(Clause::AtomicSwap, wanted(), "Ok(Stored)")),
            Err(error) => Err(Broken::new(Clause::ConflictIsNoError, wanted(), failed(&error))),
        }
    }

    /// A swap was answered with `Conflict`, so the row must be as before.
    pub(super) async fn is_untouched(&self, before: &Versioned<AccountRecord>) -> Result<(), Broken> {
        let after = self.row(&before.value).await?;
        if after.as_ref() == Some(before) {
            return Ok(());
        }
        let found = after.map_or(String::from("no row"), |row| {
            format!("a row at revision {}, its record {}", row.revision, differs(&before.value, &row.value))
        });
        let expected = format!("the row as it was before the conflict, at revision {}", before.revision);
        Err(Broken::new(Clause::ConflictStoresNothing, expected, found))
    }

    pub(super) async fn fails_from_now_on(&self) {
        if let Some(fail) = &self.hooks.fail {
            fail.call(&self.store, self.guard).await;
        }
    }

    pub(super) async fn block_trail(&self) {
        if let Some(hook) = &self.hooks.block_trail {
            hook.block.call(&self.store, self.guard).await;
        }
    }

    pub(super) async fn unblock_trail(&self) {
        if let Some(hook) = &self.hooks.block_trail {
            hook.unblock.call(&self.store, self.guard).await;
        }
    }

    /// The same fixture with another store on the same data; the first one stays open.
    pub(super) async fn another(&self) -> Result<Self, Broken> {
        let Some(open) = &self.hooks.another else { return Err(self.lacks(Hook::Another)) };
        let store = Arc::new(open.call(self.guard).await);
        Ok(Self { store, ..*self })
    }

    /// The same fixture with another store on the same data, after the first was dropped.
    pub(super) async fn reopened(self) -> Result<Self, Broken> {
        let Some(open) = &self.hooks.reopen else { return Err(self.lacks(Hook::Reopen)) };
        drop(self.store);
        let store = Arc::new(open.call(self.guard).await);
        Ok(Self { store, ..self })
    }

    /// The trail of the account must hold these events and no others, in this order.
    pub(super) async fn trail_is(&self, account: &AccountId, events: &[AuditEvent]) -> Result<(), Broken> {
        let Some(read) = &self.hooks.trail else { return Err(self.lacks(Hook::Trail)) };
        let found = read.call(&self.store, self.guard, account).await;
        if found == events {
            return Ok(());
        }
        let same = found.iter().zip(events).take_while(|(found, event)| found == event).count();
        let tell = |events: &[AuditEvent]| {
            let next = events.get(same).map_or(String::from("none"), |event| format!("{event:?}"));
            format!(
                "{} events in the trail of {:?}, after the first {same}: {next}",
                events.len(),
                account.as_str()
            )
        };
        let is_mixed = found.iter().any(|event| event.account != *account);
        let clause = if is_mixed { Clause::AccountsApart } else { self.clause };
        Err(Broken::new(clause, tell(events), tell(&found)))
    }

    fn lacks(&self, hook: Hook) -> Broken {
        self.broken(format!("a builder with `{hook}`"), "none")
    }
}

/// An error and its sources, in one line.
pub(super) fn failed(error: &dyn Error) -> String {
    let mut text = format!("Err: {error}");
    let mut source = error.source();
    while let Some(error) = source {
        let _ = write!(text, ": {error}");
        source = error.source();
    }
    text
}

/// The parts in which a record is not what it should be.
pub(super) fn differs(wanted: &AccountRecord, found: &AccountRecord) -> String {
    fn part<T: PartialEq>(differing: &mut String, name: &str, wanted: &T, found: &T) {
        if wanted != found {
            let _ = write!(differing, " {name}");
        }
    }
    let mut text = String::from("differing in:");
    part(&mut text, "account", &wanted.account, &found.account);
    part(&mut text, "epoch", &wanted.epoch, &found.epoch);
    part(&mut text, "authenticators", &wanted.authenticators, &found.authenticators);
    part(&mut text, "recovery codes", &wanted.recovery_codes, &found.recovery_codes);
    part(&mut text, "devices", &wanted.devices, &found.devices);
    part(&mut text, "guess budget", &wanted.budget, &found.budget);
    part(&mut text, "challenges", &wanted.touched, &found.touched);
    part(&mut text, "last step-up", &wanted.last_step_up, &found.last_step_up);
    part(&mut text, "password change", &wanted.password_change, &found.password_change);
    text
}
