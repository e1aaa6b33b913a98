//! What the tests of the trails share.

use second_factor::{AccountId, AccountRecord, AuditEvent, Change, Expected, Revision, Store, Swap};

/// From now on the trail takes no event.
pub const BLOCK_SQLITE: &str = "CREATE TRIGGER is_full BEFORE INSERT ON second_factor_trail
    BEGIN SELECT RAISE(ABORT, 'no space left'); END";
pub const UNBLOCK_SQLITE: &str = "DROP TRIGGER is_full";

/// What a query of the trail says.
pub fn events(rows: impl IntoIterator<Item = String>) -> Vec<AuditEvent> {
    rows.into_iter().map(|event| AuditEvent::from_json(event).unwrap()).collect()
}

/// The times of events.
pub fn times(events: &[AuditEvent]) -> Vec<u64> {
    events.iter().map(|event| event.at.as_secs()).collect()
}

/// A change to this revision with an event at each of these times.
pub async fn swap<S: Store>(
    store: &S,
    id: &str,
    expected: Expected,
    revision: u64,
    at: &[u64],
) -> Result<Swap, S::Error> {
    let event = |at: &u64| serde_json::json!({ "account": id, "at": at, "kind": "password_changed" });
    let events: Vec<AuditEvent> = at.iter().map(|at| serde_json::from_value(event(at)).unwrap()).collect();
    let record = AccountRecord::new(AccountId::new(id).unwrap());
    let change = Change::new(expected, Revision::new(revision), &record, &events);
    store.compare_and_swap(record.account(), change).await
}

pub fn at(revision: u64) -> Expected {
    Expected::At(Revision::new(revision))
}

pub async fn revision<S: Store>(store: &S, id: &str) -> Option<u64> {
    let row = store.load(&AccountId::new(id).unwrap()).await.unwrap();
    row.map(|row| row.revision.get())
}

/// `alice` is there at revision 1, and the trail takes no event: nothing is stored that has some.
pub async fn nothing_is_stored_without_its_events<S: Store>(store: &S) {
    swap(store, "alice", at(1), 2, &[20, 21]).await.unwrap_err();
    swap(store, "bob", Expected::Absent, 2, &[20]).await.unwrap_err();
    assert_eq!(revision(store, "alice").await, Some(1));
    assert_eq!(revision(store, "bob").await, None);
    // And nothing is left open: the next one is whole.
    assert_eq!(swap(store, "alice", at(1), 3, &[]).await.unwrap(), Swap::Stored);
    assert_eq!(revision(store, "alice").await, Some(3));
}

/// Three changes, of which the second is older than the first, and one of somebody else.
pub async fn three_changes<S: Store>(store: &S) {
    for (expected, revision, at) in
        [(Expected::Absent, 9, [30, 31].as_slice()), (at(9), 7, &[10]), (at(7), 8, &[40, 41])]
    {
        assert_eq!(swap(store, "alice", expected, revision, at).await.unwrap(), Swap::Stored);
    }
    assert_eq!(swap(store, "bob", Expected::Absent, 1, &[5]).await.unwrap(), Swap::Stored);
}
