//! A log of audit events.

use std::sync::Mutex;

use second_factor::session::{AuditEvent, Binding, EventKind, RemovedBy};
use second_factor::verifier::EventSink;

/// An event without its authenticator's id and label.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Told {
    Bound(Binding),
    /// Who removed it, and how many are left.
    Removed(RemovedBy, usize),
    Other(EventKind),
}

impl Told {
    pub fn of(kind: &EventKind) -> Self {
        match kind {
            EventKind::AuthenticatorBound { binding, .. } => Self::Bound(*binding),
            EventKind::AuthenticatorRemoved { by, remaining, .. } => Self::Removed(*by, *remaining),
            other => Self::Other(other.clone()),
        }
    }
}

/// Records every event.
#[derive(Debug, Default)]
pub struct EventLog(Mutex<Vec<AuditEvent>>);

impl EventSink for EventLog {
    fn record(&self, event: &AuditEvent) {
        self.0.lock().unwrap().push(event.clone());
    }
}

impl EventLog {
    /// The kinds of the events since the last call.
    pub fn take(&self) -> Vec<EventKind> {
        std::mem::take(&mut *self.0.lock().unwrap()).into_iter().map(|event| event.kind).collect()
    }

    /// The events since the last call of which the owner should be told, without authenticator ids and labels.
    pub fn take_told(&self) -> Vec<Told> {
        self.take().iter().filter(|kind| kind.notify_owner()).map(Told::of).collect()
    }

    pub fn count(&self, is: impl Fn(&EventKind) -> bool) -> usize {
        self.0.lock().unwrap().iter().filter(|event| is(&event.kind)).count()
    }

    pub fn all(&self) -> Vec<AuditEvent> {
        self.0.lock().unwrap().clone()
    }
}
