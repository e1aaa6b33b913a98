//! Tests of the conformance suite: right stores pass every case, and each wrong store fails on the clause that it breaks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use second_factor::session::AuditEvent;
use second_factor::store::{Change, MemoryStoreError, Swap, Versioned};
use second_factor::testing::{
    BlockingSuite, Clause, Failure, Fault, Faulty, FaultyError, Hook, Report, Suite, cases,
};
use second_factor::{AccountId, AccountRecord, BlockingStore, MemoryStore};

use super::wrong_stores::{Disk, JsonStore, Wrong};

type OfMemory = Arc<MemoryStore>;

fn memory() -> (OfMemory, OfMemory) {
    let store = Arc::new(MemoryStore::with_trail());
    (store.clone(), store)
}

fn trail(store: &OfMemory, _: &OfMemory, account: &AccountId) -> Vec<AuditEvent> {
    store.trail(account).unwrap()
}

#[tokio::test]
async fn the_memory_store_passes_on_one_thread() {
    let report = Suite::new(async || memory())
        .another(async |guard: &OfMemory| guard.clone())
        .trail(async |store: &OfMemory, guard: &OfMemory, account: &AccountId| trail(store, guard, account))
        .run()
        .await;
    report.assert();
    assert_eq!(
        report.skipped().iter().map(|(_, hook)| *hook).collect::<Vec<_>>(),
        [Hook::Reopen, Hook::BlockTrail, Hook::Reopen, Hook::Fail]
    );
    assert_eq!(report.passed().len(), cases().count() - 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_memory_store_passes_on_many_threads() {
    Suite::new(async || memory()).spawn(|task| drop(tokio::spawn(task))).run().await.assert();
}

#[test]
fn the_memory_store_passes_as_a_blocking_one() {
    BlockingSuite::new(memory).another(OfMemory::clone).trail(trail).run().assert();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_boxed_store_passes_whole() {
    type Boxed = Box<Faulty<OfMemory>>;
    async fn open(memory: &OfMemory) -> Boxed {
        Box::new(Faulty::new(memory.clone()))
    }
    async fn fresh() -> (Boxed, OfMemory) {
        let (_, memory) = memory();
        (open(&memory).await, memory)
    }
    Suite::new(fresh)
        .another(open)
        .reopen(open)
        .fail(async |store: &Boxed, _: &OfMemory| store.plan_always(Fault::Fail))
        .trail(async |_: &Boxed, memory: &OfMemory, account: &AccountId| memory.trail(account).unwrap())
        .block_trail(
            async |store: &Boxed, _: &OfMemory| store.plan_always(Fault::RefuseEvents),
            async |store: &Boxed, _: &OfMemory| store.plan([]),
        )
        .spawn(|task| drop(tokio::spawn(task)))
        .run()
        .await
        .assert_complete();
}

/// A store whose type is chosen when the service starts.
#[test]
fn a_box_of_some_blocking_store_passes_whole() {
    type Boxed = Box<dyn BlockingStore<Error = FaultyError<MemoryStoreError>>>;
    type Inside = Arc<Faulty<OfMemory>>;
    let open = |inside: &Inside| -> Boxed { Box::new(inside.clone()) };
    let fresh = || {
        let inside = Inside::new(Faulty::new(memory().0));
        (open(&inside), inside)
    };
    BlockingSuite::new(fresh)
        .another(open)
        .reopen(open)
        .fail(|_, inside| inside.plan_always(Fault::Fail))
        .trail(|_, inside, account| inside.inner().trail(account).unwrap())
        .block_trail(|_, inside| inside.plan_always(Fault::RefuseEvents), |_, inside| inside.plan([]))
        .run()
        .assert_complete();
}

async fn run(wrong: Wrong) -> Report {
    suite(wrong).another(async move |disk: &Arc<Disk>| JsonStore::on(disk, wrong)).run().await
}

/// A suite with every hook but `another`.
fn suite(wrong: Wrong) -> Suite<'static, JsonStore, Arc<Disk>> {
    Suite::new(async move || JsonStore::fresh(wrong))
        .reopen(async move |disk: &Arc<Disk>| JsonStore::on(disk, wrong))
        .fail(async |_: &JsonStore, disk: &Arc<Disk>| disk.break_down())
}

fn run_blocking(wrong: Wrong) -> Report {
    BlockingSuite::new(move || JsonStore::fresh(wrong))
        .another(move |disk| JsonStore::on(disk, wrong))
        .reopen(move |disk| JsonStore::on(disk, wrong))
        .fail(|_, disk: &Arc<Disk>| disk.break_down())
        .run()
}

/// This store keeps no trail; see `trail.rs`.
#[tokio::test]
async fn a_right_store_passes_every_case() {
    for report in [run(Wrong::Nothing).await, run_blocking(Wrong::Nothing)] {
        report.assert();
        assert!(report.skipped().iter().all(|(_, hook)| *hook == Hook::Trail), "{report}");
    }
}

/// Otherwise no trail is kept.
#[test]
fn the_memory_store_keeps_a_trail_only_if_asked_to() {
    let report = BlockingSuite::new(|| (Arc::new(MemoryStore::new()), Arc::new(MemoryStore::new())))
        .trail(trail)
        .only("events_are_kept_in_order")
        .run();
    assert_eq!(report.failures().first().map(Failure::clause), Some(Clause::Trail));
}

/// The report has this clause at this case, and all failures are of this clause.
#[track_caller]
fn breaks_only(wrong: Wrong, report: &Report, clause: Clause, case: &str) {
    breaks(wrong, report, clause, case);
    let others: Vec<_> = report.failures().iter().filter(|failure| failure.clause() != clause).collect();
    assert!(others.is_empty(), "{wrong:?} breaks more than {clause:?}: {others:#?}");
}

#[track_caller]
fn breaks(wrong: Wrong, report: &Report, clause: Clause, case: &str) {
    let is_found =
        report.failures().iter().any(|failure| failure.case() == case && failure.clause() == clause);
    assert!(is_found, "{wrong:?} should break {clause:?} at {case}\n{report}");
    let cases: Vec<_> = report.failures().iter().map(|failure| (failure.case(), failure.clause())).collect();
    println!("{wrong:?}: {cases:?}");
}

#[tokio::test]
async fn each_wrong_store_fails_on_the_clause_it_breaks() {
    for (wrong, clause, case) in [
        (Wrong::LastWriteWins, Clause::AtomicSwap, "creating_twice_conflicts"),
        (Wrong::ReadsThenWrites, Clause::AtomicSwap, "one_of_64_creators_wins"),
        (Wrong::LocksWithinOneInstance, Clause::AtomicSwap, "no_update_of_two_instances_is_lost"),
        (Wrong::ConflictIsAnError, Clause::ConflictIsNoError, "a_conflict_is_no_error"),
        (Wrong::SwallowsErrors, Clause::FailureIsError, "a_failing_store_says_err"),
        (Wrong::SwallowsErrorsOfSwaps, Clause::FailureIsError, "a_failing_store_says_err"),
        (Wrong::CachesWhatOthersChange, Clause::Latest, "another_instance_reads_the_latest"),
        (Wrong::CutsOffAt(8 * 1024), Clause::RecordKept, "the_largest_record_is_kept"),
        (Wrong::PutsNumbersThroughDoubles, Clause::RecordKept, "the_largest_record_is_kept"),
        (Wrong::FoldsCase, Clause::AccountsApart, "accounts_of_hostile_ids_are_kept_apart"),
        (Wrong::TrimsIds, Clause::AccountsApart, "accounts_of_hostile_ids_are_kept_apart"),
        (Wrong::CutsIdsOffAt(64), Clause::AccountsApart, "accounts_of_hostile_ids_are_kept_apart"),
        (Wrong::CutsIdsOffAt(254), Clause::AccountsApart, "accounts_of_hostile_ids_are_kept_apart"),
    ] {
        breaks_only(wrong, &run(wrong).await, clause, case);
    }
}

/// Some wrong stores break several clauses: a store that never shows its writes, for example, keeps nothing else either.
#[tokio::test]
async fn a_store_that_breaks_several_clauses_fails_on_each() {
    for (wrong, clause, case) in [
        // It forgets them in account ids too.
        (Wrong::ForgetsAstralCharacters, Clause::RecordKept, "labels_of_all_unicode_are_kept"),
        (Wrong::CachesAndNeverRefreshes, Clause::Latest, "a_write_is_read_at_once"),
        (Wrong::ShowsWritesLate, Clause::Latest, "a_created_row_is_there"),
        (Wrong::WritesAndSaysConflict, Clause::ConflictStoresNothing, "a_conflict_stores_nothing"),
        (Wrong::TouchesWhatItReads, Clause::LockedReadsOnly, "a_locked_attempt_writes_nothing"),
        // The writer's revision is never the stored one.
        (Wrong::CountsRevisionsInTheRow, Clause::RevisionKept, "a_revision_of_any_size_is_kept"),
        (Wrong::CutsRevisionsTo32Bits, Clause::RevisionKept, "a_revision_of_any_size_is_kept"),
        (Wrong::PutsRevisionsThroughDoubles, Clause::RevisionKept, "a_revision_of_any_size_is_kept"),
    ] {
        breaks(wrong, &run(wrong).await, clause, case);
    }
}

/// A single instance cannot notice that its write waits in a buffer.
#[tokio::test]
async fn a_store_that_commits_late_fails_at_the_reopen() {
    let report = suite(Wrong::CommitsLate).run().await;
    breaks_only(Wrong::CommitsLate, &report, Clause::Durable, "what_was_stored_survives_a_reopen");
    let report = run(Wrong::CommitsLate).await;
    breaks(Wrong::CommitsLate, &report, Clause::Latest, "another_instance_reads_the_latest");
}

#[tokio::test]
async fn a_store_that_drops_any_field_fails() {
    const FIELDS: [&str; 29] = [
        "epoch",
        "authenticators",
        "authenticators.label",
        "authenticators.bound",
        "authenticators.used",
        "authenticators.prover",
        "recovery",
        "regenerated",
        "devices",
        // A device and a challenge are lists: the generation, when it was rotated and remembered, the label.
        "devices.1",
        "devices.2",
        "devices.3",
        "devices.4",
        "budget",
        "budget.spent",
        "budget.since",
        "budget.unrefunded",
        "budget.quiet_since",
        "budget.consecutive",
        "touched",
        // When it was opened, the failures, what was charged, whether it is done.
        "touched.1",
        "touched.2",
        "touched.3",
        "touched.4",
        "step_up",
        "step_up.at",
        "step_up.what",
        "password_change",
        "password_change.at",
    ];
    for field in FIELDS {
        let wrong = Wrong::Drops(field);
        let report = suite(wrong).only(LARGEST).run().await;
        breaks_only(wrong, &report, Clause::RecordKept, LARGEST);
    }
    let wrong = Wrong::Drops("devices");
    breaks_only(wrong, &run(wrong).await, Clause::RecordKept, "labels_of_all_unicode_are_kept");
}

const LARGEST: &str = "the_largest_record_is_kept";

/// The size of a record is bounded, so a host can choose a column that is wide enough: 64 KiB suffice.
#[tokio::test]
async fn a_column_for_the_largest_record_passes_and_a_smaller_one_fails() {
    let disk = Arc::new(Disk::default());
    let fits = Suite::new(async || (JsonStore::on(&disk, Wrong::Nothing), disk.clone())).only(LARGEST);
    fits.run().await.assert();
    let largest = disk.largest.load(Ordering::SeqCst);
    println!("the largest record has {largest} bytes of JSON");
    assert!(largest <= 64 * 1024);

    suite(Wrong::CutsOffAt(largest)).only(LARGEST).run().await.assert();
    let wrong = Wrong::CutsOffAt(largest - 1);
    breaks_only(wrong, &suite(wrong).only(LARGEST).run().await, Clause::RecordKept, LARGEST);
}

#[test]
fn wrong_blocking_stores_fail_on_the_clause_they_break() {
    for (wrong, clause, case) in [
        (Wrong::LastWriteWins, Clause::AtomicSwap, "a_stale_revision_conflicts"),
        (Wrong::ReadsThenWrites, Clause::AtomicSwap, "one_of_64_writers_wins"),
        (Wrong::ConflictIsAnError, Clause::ConflictIsNoError, "a_conflict_is_no_error"),
        (Wrong::SwallowsErrors, Clause::FailureIsError, "a_failing_store_says_err"),
        (Wrong::FoldsCase, Clause::AccountsApart, "accounts_of_hostile_ids_are_kept_apart"),
    ] {
        breaks_only(wrong, &run_blocking(wrong), clause, case);
    }
}

#[test]
fn a_failure_says_clause_expectation_finding_and_cause() {
    let report = run_blocking(Wrong::FoldsCase);
    let text = report.to_string();
    for part in [
        "case `accounts_of_hostile_ids_are_kept_apart` failed",
        "clause:       accounts are kept apart by every byte of their ids",
        "expected:     a row of its own for account \"Alice\"",
        "came:         the row of account \"alice\" from its load",
        "usual cause:  a case-insensitive or padding collation",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    let panicked = std::panic::catch_unwind(|| report.assert()).unwrap_err();
    assert_eq!(panicked.downcast_ref::<String>(), Some(&text));
}

/// A store that panics at its first conflict.
#[derive(Default)]
struct Panics(MemoryStore, AtomicBool);

impl BlockingStore for Panics {
    type Error = MemoryStoreError;

    fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, MemoryStoreError> {
        self.0.load(account)
    }

    fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, MemoryStoreError> {
        let swap = self.0.compare_and_swap(account, change)?;
        assert!(swap != Swap::Conflict || self.1.swap(true, Ordering::SeqCst), "planted");
        Ok(swap)
    }
}

/// A racer that panics has not lost the race: the case fails, and says how many racers are missing.
#[test]
fn a_racer_that_panics_fails_the_case() {
    let report = BlockingSuite::new(|| (Panics::default(), ())).only("one_of_64_creators_wins").run();
    let text = report.to_string();
    assert!(text.contains("1 that panicked or were dropped"), "{text}");
    assert!(std::panic::catch_unwind(|| report.assert()).is_err());
}

#[test]
fn skipped_cases_are_named_and_fail_if_none_may_be_skipped() {
    let report = BlockingSuite::new(memory).run();
    report.assert();
    assert!(
        report
            .to_string()
            .contains("skipped `what_was_stored_survives_a_reopen`: the suite was given no `reopen`")
    );
    assert!(std::panic::catch_unwind(|| report.assert_complete()).is_err());
}
