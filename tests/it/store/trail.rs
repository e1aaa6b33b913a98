//! The audit trail: a right trail passes the suite, each wrong one fails, and a service's events get into it.

use std::sync::Arc;

use second_factor::session::{AuditEvent, Session};
use second_factor::store::{Change, MemoryStoreError, Swap, Versioned};
use second_factor::testing::{BlockingSuite, Clause, Failure, Fault, Faulty, Hook, Suite, cases};
use second_factor::{
    Accepted, AccountId, AccountRecord, BlockingStore, FreshFactor, Login, MemoryStore, PasswordReset,
    Policy, Remember,
};

use crate::support::{NEVER_ISSUED, Phone, STEP, World};

use super::wrong_trails::{Tables, TrailStore, WrongTrail};

type Read = fn(&TrailStore, &Arc<Tables>, &AccountId) -> Vec<AuditEvent>;
const READ: Read = |store, _, account| store.trail(account);

fn suite(wrong: WrongTrail) -> Suite<'static, TrailStore, Arc<Tables>> {
    Suite::new(async move || TrailStore::fresh(wrong))
        .another(async move |tables: &Arc<Tables>| TrailStore::on(tables, wrong))
        .reopen(async move |tables: &Arc<Tables>| TrailStore::on(tables, wrong))
        .trail(async |store: &TrailStore, tables: &Arc<Tables>, account: &AccountId| {
            READ(store, tables, account)
        })
        .block_trail(
            async |_: &TrailStore, tables: &Arc<Tables>| tables.block_trail(true),
            async |_: &TrailStore, tables: &Arc<Tables>| tables.block_trail(false),
        )
}

#[tokio::test]
async fn a_right_trail_passes_every_case() {
    let wrong = WrongTrail::Nothing;
    let report = suite(wrong).run().await;
    report.assert();
    assert_eq!(report.skipped(), [("a_failing_store_says_err", Hook::Fail)]);
    let blocking = BlockingSuite::new(move || TrailStore::fresh(wrong))
        .another(move |tables| TrailStore::on(tables, wrong))
        .reopen(move |tables| TrailStore::on(tables, wrong))
        .trail(READ)
        .block_trail(|_, tables| tables.block_trail(true), |_, tables| tables.block_trail(false))
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
    const BLOCKED: &str = "a_change_whose_events_are_refused_is_not_stored";
    const TWO: &str = "two_instances_write_one_trail";
    for (wrong, expected) in [
        (WrongTrail::WritesEventsFirst, [CONFLICT, RACE, FAULTS].as_slice()),
        (WrongTrail::LosesEventsAfterAConflict, &[CONFLICT, RACE, FAULTS]),
        (WrongTrail::DoublesEvents, &[IN_ORDER, RACE]),
        (WrongTrail::ReversesEvents, &[IN_ORDER]),
        (WrongTrail::OrdersByRevision, &[IN_ORDER, RACE]),
        (WrongTrail::OrdersByTime, &[IN_ORDER, RACE]),
        (WrongTrail::KeepsTheFirstOfAChange, &[IN_ORDER, RACE]),
        (WrongTrail::WritesEventsLate, &["events_survive_a_reopen", TWO]),
        (WrongTrail::ReadsThenWritesTheTrail, &[RACE, TWO]),
        (WrongTrail::WritesEventsAfterwards, &[RACE, TWO, BLOCKED]),
        (WrongTrail::WritesEventsAfterTheCommit, &[BLOCKED]),
        (WrongTrail::StoresWithoutRefusedEvents, &[BLOCKED]),
        (WrongTrail::TrimsIds, &[IN_ORDER]),
        (WrongTrail::FoldsCase, &[IN_ORDER]),
        (WrongTrail::DropsLongEvents, &["an_event_of_each_kind_is_kept"]),
    ] {
        let mut failures = Vec::new();
        for (case, _) in cases().filter(|(_, needs)| needs.contains(&Hook::Trail)) {
            failures.extend(suite(wrong).only(case).run().await.failures().to_vec());
        }
        let failed: Vec<_> = failures.iter().map(Failure::case).collect();
        println!("{wrong:?}: {failed:?}");
        for case in expected {
            assert!(failed.contains(case), "{wrong:?} should be found at {case}: {failures:#?}");
        }
        let clause = match wrong {
            WrongTrail::TrimsIds | WrongTrail::FoldsCase => Clause::AccountsApart,
            _ => Clause::Trail,
        };
        assert!(failures.iter().all(|failure| failure.clause() == clause), "{failures:#?}");
    }
}

#[tokio::test]
async fn a_failure_says_where_the_trail_differs() {
    let one = suite(WrongTrail::KeepsTheFirstOfAChange).only("events_are_kept_in_order");
    let report = one.run().await.to_string();
    for part in [
        "clause:       the trail holds the events of each stored change once and in order",
        "expected:     8 events in the trail of \"alice\", after the first 1: AuditEvent {",
        "came:         3 events in the trail of \"alice\", after the first 1: AuditEvent {",
        "usual cause:  the events are written before or after the record",
    ] {
        assert!(report.contains(part), "{part} is not in\n{report}");
    }
}

type Rows = Arc<Faulty<Arc<Telling>>>;

/// A store that checks that every change has an event.
#[derive(Debug)]
struct Telling(MemoryStore);

impl BlockingStore for Telling {
    type Error = MemoryStoreError;

    fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, MemoryStoreError> {
        BlockingStore::load(&self.0, account)
    }

    fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, MemoryStoreError> {
        assert!(!change.events().is_empty(), "a change of the record without an event");
        BlockingStore::compare_and_swap(&self.0, account, change)
    }
}

type Step = fn(&World<Rows>, &Phone, &[String], &Session);

/// What a service does with an account that has a second factor.
const STEPS: [Step; 13] = [
    // The password and no code: changes nothing, so only the sink gets the event.
    |world, _, _, _| {
        let _ = world.verifier.password_verified(world.password(), None);
    },
    |world, _, _, _| present(world, NEVER_ISSUED),
    |world, phone, _, _| present(world, &phone.code(world.now())),
    // The same code again: a replay.
    |world, phone, _, _| present(world, &phone.code(world.now())),
    |world, _, codes, _| present(world, &codes[0]),
    |world, phone, _, session| {
        world.clock.advance(STEP);
        let _ = world.verifier.fresh_factor(session, &phone.code(world.now()));
    },
    // A device is remembered, logs in a while later, and is forgotten.
    |world, phone, _, _| {
        world.clock.advance(STEP);
        let remembered =
            present_and(world, &phone.code(world.now()), Remember::ThisDevice { label: "Phone" });
        let Some(device) = remembered.and_then(|accepted| accepted.device) else { return };
        world.clock.advance(4 * STEP);
        let _ = world.verifier.password_verified(world.password(), Some(device.expose()));
    },
    |world, _, _, _| {
        let _ = world.verifier.forget_all_devices(&world.account);
    },
    |world, phone, _, session| {
        let Some(fresh) = fresh(world, phone, session) else { return };
        let _ = world.verifier.regenerate_recovery_codes(fresh);
    },
    // A second app.
    |world, phone, _, session| {
        let Some(fresh) = fresh(world, phone, session) else { return };
        let Ok(begun) = world.verifier.begin_enrollment(fresh, "alice") else { return };
        let code = Phone::scan(&begun.uri).code(world.now());
        let _ = world.verifier.confirm_enrollment(&begun.token, &code);
    },
    // The password is changed with a code and by a reset; the host writes the new hash, or fails to.
    |world, phone, _, session| {
        world.clock.advance(STEP);
        let code = phone.code(world.now());
        let proof = world.verifier.reauthenticate(session, world.password(), code.as_str());
        let Ok(proof) = proof else { return };
        let _ = world.verifier.change_password(proof, || Ok::<(), ()>(()));
    },
    |world, _, _, _| {
        let reset = PasswordReset::by_host(world.verifier.check_password(&world.account));
        let _ = world.verifier.change_password(reset, || Err::<(), _>(()));
    },
    |world, _, _, session| {
        let _ = world.verifier.end_all_sessions(session);
    },
];

/// A fresh factor in this session; `None` if the store fails.
fn fresh(world: &World<Rows>, phone: &Phone, session: &Session) -> Option<FreshFactor> {
    world.clock.advance(STEP);
    world.verifier.fresh_factor(session, &phone.code(world.now())).ok()
}

/// Ignores a failure of the store.
fn present(world: &World<Rows>, typed: &str) {
    let _ = present_and(world, typed, Remember::No);
}

fn present_and(world: &World<Rows>, typed: &str, remember: Remember<'_>) -> Option<Accepted> {
    let Ok(Login::CodeRequired(challenge)) = world.verifier.password_verified(world.password(), None) else {
        return None;
    };
    world.verifier.present(&challenge, typed, remember).ok()
}

/// Runs the steps with one fault: the trail must grow exactly if the record changed. If nothing failed, the sink gets the same
/// events that were written.
fn day(fault: Option<(usize, Fault)>) -> usize {
    let rows = Arc::new(Telling(MemoryStore::with_trail()));
    let world = World::over(Arc::new(Faulty::new(rows.clone())), Policy::new("Example").unwrap());
    let (phone, codes) = world.enroll();
    // The same service with a store that does not fail.
    let quiet =
        World { clock: world.clock.clone(), ..World::over(rows.clone(), Policy::new("Example").unwrap()) };
    let state = || {
        let row = BlockingStore::load(&*rows, &world.account).unwrap();
        (row.unwrap().revision, rows.0.trail(&world.account).unwrap())
    };
    assert!(!state().1.is_empty(), "the enrollment is not in the trail");
    world.verifier.store().plan(fault);
    for (number, step) in STEPS.iter().enumerate() {
        let ((before, old), heard) = (state(), world.events.all().len());
        step(&world, &phone, &codes, &quiet.session(1));
        let (after, trail) = state();
        let written = trail.strip_prefix(old.as_slice()).expect("an event was removed from the trail");
        assert_eq!(before != after, !written.is_empty(), "{fault:?} in step {number}: {written:?}");
        if fault.is_none() {
            let heard = &world.events.all()[heard..];
            let told: Vec<_> = heard.iter().filter(|event| written.contains(event)).cloned().collect();
            assert_eq!(told, written, "step {number}: the sink heard {heard:?}");
            assert!(!heard.is_empty(), "step {number}");
        }
    }
    world.verifier.store().calls()
}

/// P10, for the verifier: a fault at each call to the store.
#[test]
fn the_trail_has_every_change_of_the_record_whatever_fails() {
    let calls = day(None);
    assert!(calls > STEPS.len(), "{calls}");
    let faults =
        [Fault::Fail, Fault::LoseReply, Fault::Duplicate, Fault::Retry, Fault::Conflict, Fault::RefuseEvents];
    for (call, fault) in (1..=calls).flat_map(|call| faults.map(|fault| (call, fault))) {
        day(Some((call, fault)));
    }
}
