use super::Revision;
use crate::session::{AccountRecord, AuditEvent};

/// A write of one row: what is expected to be there, and what replaces it.
///
/// The verifier makes a change, and a store reads it. It is `Copy`, so that the store can read it as often as
/// needed.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    expected: Expected,
    revision: Revision,
    record: &'a AccountRecord,
    events: &'a [AuditEvent],
}

impl<'a> Change<'a> {
    /// The change from what is `expected` to `record` at `revision`, with the audit events that belong to it.
    ///
    /// `revision` must be one that the row never had: the verifier draws it at random.
    ///
    /// ```
    /// use second_factor::store::{Change, Expected, Revision};
    /// use second_factor::{AccountId, AccountRecord};
    ///
    /// let record = AccountRecord::new(AccountId::new("user-7")?);
    /// let change = Change::new(Expected::Absent, Revision::new(0x5eed), &record, &[]);
    /// assert_eq!(change.record(), &record);
    /// # Ok::<(), second_factor::session::AccountIdError>(())
    /// ```
    pub const fn new(
        expected: Expected,
        revision: Revision,
        record: &'a AccountRecord,
        events: &'a [AuditEvent],
    ) -> Self {
        Self { expected, revision, record, events }
    }

    /// What must be there for the change to be stored.
    pub const fn expected(self) -> Expected {
        self.expected
    }

    /// The revision that the row has afterwards.
    pub const fn revision(self) -> Revision {
        self.revision
    }

    /// The record that the row has afterwards.
    pub const fn record(self) -> &'a AccountRecord {
        self.record
    }

    /// The audit events of the change, in order; often there are none. A store that keeps a trail writes them
    /// in the same atomic step as the record, after the events of earlier changes.
    pub const fn events(self) -> &'a [AuditEvent] {
        self.events
    }

    /// The [events](Self::events) as one JSON array, for a statement that writes them all.
    ///
    /// ```
    /// use second_factor::store::{Change, Expected, Revision};
    /// use second_factor::{AccountId, AccountRecord, AuditEvent};
    ///
    /// let event = r#"{"account":"user-7","at":1700000000,"origin":null,"kind":"password_changed"}"#;
    /// let (record, events) = (AccountRecord::new(AccountId::new("user-7")?), [AuditEvent::from_json(event)?]);
    /// let change = Change::new(Expected::Absent, Revision::new(0x5eed), &record, &events);
    /// assert_eq!(change.events_json()?, format!("[{event}]"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`JsonError::Unwritable`](crate::session::JsonError::Unwritable), which is a bug in this library.
    #[cfg(feature = "json")]
    pub fn events_json(self) -> Result<alloc::string::String, crate::session::JsonError> {
        crate::session::write_json(self.events)
    }
}

/// What a write expects to be there. No write overwrites a row unconditionally.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Expected {
    /// No row.
    Absent,
    /// A row at this revision.
    At(Revision),
}

/// The outcome of a write. A conflict is an outcome, not an error: another writer was first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[must_use = "a conflict means that nothing was stored"]
pub enum Swap {
    /// The change is stored, durably.
    Stored,
    /// What was expected is not there. Nothing was stored.
    Conflict,
}
