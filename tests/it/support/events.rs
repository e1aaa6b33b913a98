//! A log of audit events.

use std::sync::Mutex;

use second_factor::session::{AuditEvent, EventKind};
use second_factor::verifier::EventSink;

/// Keeps every event.
#[derive(Debug, Default)]
pub struct EventLog(Mutex<Vec<AuditEvent>>);

impl EventSink for EventLog {
    fn record(&self, event: &AuditEvent) {
        self.0.lock().unwrap().push(event.clone());
    }
}

impl EventLog {
    /// The kinds of events since the last call.
    pub fn take(&self) -> Vec<EventKind> {
        std::mem::take(&mut *self.0.lock().unwrap()).into_iter().map(|event| event.kind).collect()
    }

    pub fn count(&self, is: impl Fn(&EventKind) -> bool) -> usize {
        self.0.lock().unwrap().iter().filter(|event| is(&event.kind)).count()
    }

    pub fn all(&self) -> Vec<AuditEvent> {
        self.0.lock().unwrap().clone()
    }
}
