use std::sync::Mutex;

use second_factor::{AuditEvent, EventSink};

/// The owner's mailbox: a mail for each event of which the owner should be told.
#[derive(Debug, Default)]
pub struct Mailbox(Mutex<Vec<String>>);

impl EventSink for Mailbox {
    fn record(&self, event: &AuditEvent) {
        if event.kind.notify_owner() {
            self.0.lock().unwrap().push(event.kind.to_string());
        }
    }
}

impl Mailbox {
    pub fn read(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub fn has(&self, subject: &str) -> bool {
        self.read().iter().any(|mail| mail.contains(subject))
    }
}
