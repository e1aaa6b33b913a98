//! The security log: the library's audit events, a line of JSON each, in a file beside the accounts.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use second_factor::{AccountId, AuditEvent};

use crate::json_file::private;
use crate::terminal;

/// Keeps an event, and prints what the account's owner should be told by mail. It is called in the middle of
/// a request, so a service puts the event into a queue here.
pub(crate) fn note(path: &Path, event: &AuditEvent) {
    if let Err(error) = append(path, event) {
        terminal::say(format!("{}: {error}", path.display()));
    }
    if event.kind.notify_owner() {
        terminal::say(format!("(A mail to the owner: {})", event.kind));
    }
}

fn append(path: &Path, event: &AuditEvent) -> io::Result<()> {
    let line = serde_json::to_string(event)?;
    private(OpenOptions::new().append(true).create(true))
        .open(path)?
        .write_all(format!("{line}\n").as_bytes())
}

/// The events of an account, oldest first.
pub(crate) fn of(path: &Path, account: &AccountId) -> io::Result<Vec<AuditEvent>> {
    let events = fs::read_to_string(path)?;
    let events = events.lines().map(serde_json::from_str).collect::<Result<Vec<AuditEvent>, _>>()?;
    Ok(events.into_iter().filter(|event| event.account == *account).collect())
}
