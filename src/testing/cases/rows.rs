//! One row and one writer at a time.

use alloc::format;
use alloc::vec::Vec;

use crate::store::{Change, Expected, Revision, Store, Versioned};
use crate::testing::fixture::Fixture;
use crate::testing::report::Broken;
use crate::testing::samples::{account, next_revision, numbered};

type Outcome = Result<(), Broken>;

pub(super) async fn an_empty_store_has_no_row<S: Store, G>(fixture: Fixture<'_, S, G>) -> Outcome {
    fixture.is_absent(&numbered(&account("nobody"), 0)).await
}

pub(super) async fn a_created_row_is_there<S: Store, G>(fixture: Fixture<'_, S, G>) -> Outcome {
    let alice = numbered(&account("alice"), 1);
    let revision = fixture.creates(&alice).await?;
    fixture.holds(&alice, revision).await?;
    fixture.holds(&alice, revision).await?;
    fixture.is_absent(&numbered(&account("bob"), 0)).await
}

pub(super) async fn a_write_is_read_at_once<S: Store, G>(fixture: Fixture<'_, S, G>) -> Outcome {
    let id = account("alice");
    // A cache would keep this "none" and each row that follows.
    fixture.is_absent(&numbered(&id, 0)).await?;
    let mut expected = Expected::Absent;
    for number in 1..=30 {
        let record = numbered(&id, number);
        let revision = fixture.stores(expected, &record).await?;
        fixture.holds(&record, revision).await?;
        expected = Expected::At(revision);
    }
    Ok(())
}

pub(super) async fn creating_twice_conflicts<S: Store, G>(fixture: Fixture<'_, S, G>) -> Outcome {
    let id = account("alice");
    let first = numbered(&id, 1);
    let revision = fixture.creates(&first).await?;
    fixture.conflicts(Expected::Absent, &numbered(&id, 2)).await?;
    fixture.conflicts(Expected::Absent, &first).await?;
    fixture.holds(&first, revision).await
}

pub(super) async fn a_stale_revision_conflicts<S: Store, G>(fixture: Fixture<'_, S, G>) -> Outcome {
    let id = account("alice");
    let first = fixture.creates(&numbered(&id, 1)).await?;
    let second = fixture.stores(Expected::At(first), &numbered(&id, 2)).await?;
    fixture.conflicts(Expected::At(first), &numbered(&id, 3)).await?;
    let third = fixture.stores(Expected::At(second), &numbered(&id, 4)).await?;
    fixture.conflicts(Expected::At(first), &numbered(&id, 5)).await?;
    fixture.conflicts(Expected::At(second), &numbered(&id, 5)).await?;
    fixture.holds(&numbered(&id, 4), third).await
}

pub(super) async fn a_revision_of_an_absent_row_conflicts<S: Store, G>(
    fixture: Fixture<'_, S, G>,
) -> Outcome {
    let revision = fixture.creates(&numbered(&account("alice"), 1)).await?;
    let bob = numbered(&account("bob"), 1);
    fixture.conflicts(Expected::At(revision), &bob).await?;
    fixture.is_absent(&bob).await
}

pub(super) async fn a_conflict_stores_nothing<S: Store, G>(fixture: Fixture<'_, S, G>) -> Outcome {
    let id = account("alice");
    let revision = fixture.creates(&numbered(&id, 1)).await?;
    let value = numbered(&id, 2);
    let row = Versioned { revision: fixture.stores(Expected::At(revision), &value).await?, value };
    // Other cases check the answers. This one checks what is left behind after the answer `Conflict`.
    for expected in [Expected::Absent, Expected::At(revision)] {
        if fixture.conflicts(expected, &numbered(&id, 3)).await.is_ok() {
            fixture.is_untouched(&row).await?;
        }
    }
    Ok(())
}

pub(super) async fn a_conflict_is_no_error<S: Store, G>(fixture: Fixture<'_, S, G>) -> Outcome {
    let id = account("alice");
    let first = fixture.creates(&numbered(&id, 1)).await?;
    let _second = fixture.stores(Expected::At(first), &numbered(&id, 2)).await?;
    for expected in [Expected::Absent, Expected::At(first)] {
        let record = numbered(&id, 3);
        let change = Change::new(expected, next_revision(), &record, &[]);
        match fixture.store.compare_and_swap(&id, change).await {
            Ok(_) => {}
            Err(error) => {
                let wanted = format!("Ok(Conflict) from a swap of what is not there ({expected:?})");
                return Err(fixture.broken(wanted, crate::testing::fixture::failed(&error)));
            }
        }
    }
    Ok(())
}

pub(super) async fn a_revision_of_any_size_is_kept<S: Store, G>(fixture: Fixture<'_, S, G>) -> Outcome {
    let id = account("alice");
    let mut expected = Expected::Absent;
    // Around the ends of 32 and 63 bits, and where a double begins to skip numbers.
    for number in [0, 1, (1 << 31) - 1, 1 << 31, (1 << 32) + 1, (1 << 53) + 1, (1 << 63) - 1] {
        let (record, revision) = (numbered(&id, number), Revision::new(number));
        fixture.stores_at(revision, expected, &record).await?;
        fixture.holds(&record, revision).await?;
        expected = Expected::At(revision);
    }
    Ok(())
}

pub(super) async fn the_same_record_again_is_a_new_write<S: Store, G>(fixture: Fixture<'_, S, G>) -> Outcome {
    let id = account("alice");
    let mut given = Vec::new();
    let mut expected = Expected::Absent;
    // Neither an unchanged record nor an earlier one brings its revision back.
    for number in [1, 1, 2, 2, 1, 1, 2, 2, 1, 1, 2, 2] {
        let record = numbered(&id, number);
        let revision = fixture.stores(expected, &record).await?;
        fixture.holds(&record, revision).await?;
        for earlier in &given {
            fixture.conflicts(Expected::At(*earlier), &numbered(&id, 3)).await?;
        }
        given.push(revision);
        expected = Expected::At(revision);
    }
    Ok(())
}

pub(super) async fn another_instance_reads_the_latest<S: Store, G>(fixture: Fixture<'_, S, G>) -> Outcome {
    let id = account("alice");
    let other = fixture.another().await?;
    other.is_absent(&numbered(&id, 0)).await?;
    let mut expected = Expected::Absent;
    for number in 1..=10 {
        let record = numbered(&id, number);
        let (writer, reader) = if number % 2 == 0 { (&other, &fixture) } else { (&fixture, &other) };
        let revision = writer.stores(expected, &record).await?;
        reader.holds(&record, revision).await?;
        expected = Expected::At(revision);
    }
    Ok(())
}

pub(super) async fn what_was_stored_survives_a_reopen<S: Store, G>(fixture: Fixture<'_, S, G>) -> Outcome {
    let [alice, bob] = ["alice", "bob"].map(account);
    let first = fixture.creates(&numbered(&alice, 1)).await?;
    let kept_bob = fixture.creates(&numbered(&bob, 7)).await?;
    let kept = fixture.stores(Expected::At(first), &numbered(&alice, 2)).await?;

    let fixture = fixture.reopened().await?;
    fixture.holds(&numbered(&alice, 2), kept).await?;
    fixture.holds(&numbered(&bob, 7), kept_bob).await?;
    fixture.conflicts(Expected::Absent, &numbered(&alice, 3)).await?;
    fixture.conflicts(Expected::At(first), &numbered(&alice, 3)).await?;
    let next = fixture.stores(Expected::At(kept), &numbered(&alice, 3)).await?;

    let fixture = fixture.reopened().await?;
    fixture.holds(&numbered(&alice, 3), next).await
}
