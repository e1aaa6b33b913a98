//! The audit trail: a right one passes the suite, each wrong one fails, and a service's own ends up in it.

use std::sync::Arc;

use second_factor::AccountId;
use second_factor::session::AuditEvent;
use second_factor::testing::{BlockingSuite, Clause, Failure, Hook, Suite};

use super::wrong_trails::{Tables, TrailStore, WrongTrail};

type Read = fn(&TrailStore, &Arc<Tables>, &AccountId) -> Vec<AuditEvent>;
const READ: Read = |store, _, account| store.trail(account);

type TrailSuite = Suite<'static, TrailStore, Arc<Tables>>;

fn suite(wrong: WrongTrail) -> TrailSuite {
    Suite::new(async move || TrailStore::fresh(wrong))
        .another(async move |tables: &Arc<Tables>| TrailStore::on(tables, wrong))
        .reopen(async move |tables: &Arc<Tables>| TrailStore::on(tables, wrong))
        .trail(async |store: &TrailStore, tables: &Arc<Tables>, account: &AccountId| {
            READ(store, tables, account)
        })
}

#[tokio::test]
async fn a_right_trail_passes_whole() {
    let wrong = WrongTrail::Nothing;
    let report = suite(wrong).run().await;
    report.assert();
    assert_eq!(report.skipped(), [("a_failing_store_says_err", Hook::Fail)]);
    let blocking = BlockingSuite::new(move || TrailStore::fresh(wrong))
        .another(move |tables| TrailStore::on(tables, wrong))
        .reopen(move |tables| TrailStore::on(tables, wrong))
        .trail(READ)
        .run();
    blocking.assert();
    assert_eq!(blocking.passed(), report.passed());
}

#[tokio::test]
async fn each_wrong_trail_is_found_at_its_case() {
    const IN_ORDER: &str = "events_are_kept_in_order";
    const CONFLICT: &str = "a_conflict_leaves_no_event";
    const RACE: &str = "each_change_of_16_writers_leaves_its_events_once";
    const FAULTS: &str = "whatever_fails_events_are_there_if_their_record_is";
    const TWO: &str = "two_instances_write_one_trail";
    for (wrong, cases) in [
        (WrongTrail::WritesEventsFirst, [CONFLICT, RACE, FAULTS].as_slice()),
        (WrongTrail::LosesEventsAfterAConflict, &[CONFLICT, RACE, FAULTS]),
        (WrongTrail::DoublesEvents, &[IN_ORDER, RACE]),
        (WrongTrail::ReversesEvents, &[IN_ORDER]),
        (WrongTrail::OrdersByRevision, &[IN_ORDER, RACE]),
        (WrongTrail::OrdersByTime, &[IN_ORDER, RACE]),
        (WrongTrail::KeepsTheFirstOfAChange, &[IN_ORDER, RACE]),
        (WrongTrail::WritesEventsLate, &["events_survive_a_reopen", TWO]),
        (WrongTrail::ReadsThenWritesTheTrail, &[RACE, TWO]),
        (WrongTrail::WritesEventsAfterwards, &[RACE, TWO]),
        (WrongTrail::TrimsIds, &[IN_ORDER]),
        (WrongTrail::DropsLongEvents, &["an_event_of_each_kind_is_kept"]),
    ] {
        let mut failures = Vec::new();
        for (case, _) in TrailSuite::cases().filter(|(_, needs)| needs.contains(&Hook::Trail)) {
            failures.extend(suite(wrong).only(case).run().await.failures().to_vec());
        }
        let failed: Vec<_> = failures.iter().map(Failure::case).collect();
        println!("{wrong:?}: {failed:?}");
        for case in cases {
            assert!(failed.contains(case), "{wrong:?} should be found at {case}: {failures:#?}");
        }
        assert!(failures.iter().all(|failure| failure.clause() == Clause::Trail), "{failures:#?}");
    }
}

#[tokio::test]
async fn a_failure_says_where_the_trail_differs() {
    let one = suite(WrongTrail::KeepsTheFirstOfAChange).only("events_are_kept_in_order");
    let report = one.run().await.to_string();
    for part in [
        "clause:       the trail holds the events of each stored change once and in order",
        "expected:     15 events in the trail of \"alice\", after the first 1: AuditEvent {",
        "came:         7 events in the trail of \"alice\", after the first 1: AuditEvent {",
        "usual cause:  the events are written before or after the record",
    ] {
        assert!(report.contains(part), "{part} is not in\n{report}");
    }
}
