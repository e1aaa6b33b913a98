//! Records and ids of every form.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::session::AccountRecord;
use crate::store::{Change, Expected, Revision, Store, Swap};
use crate::testing::fixture::{Fixture, failed};
use crate::testing::hostile_ids::hostile_ids;
use crate::testing::report::Broken;
use crate::testing::samples::{
    SampleError, account, labelled, largest, next_revision, number_of, numbered, varied,
};

type Outcome = Result<(), Broken>;

pub(super) async fn the_largest_record_is_kept<S: Store, G>(fixture: Fixture<'_, S, G>) -> Outcome {
    // With the longest id as well, in characters of four bytes.
    let id = account(["\u{1f511}".repeat(63).as_str(), "abc"].concat());
    let record = made(&fixture, largest(id.clone()))?;
    keeps(&fixture, "the largest record", &record, Expected::Absent).await?;
    // Then the largest replaces a small one, and a small one the largest.
    let id = account("alice");
    let small = keeps(&fixture, "a small record", &numbered(&id, 1), Expected::Absent).await?;
    let record = made(&fixture, largest(id.clone()))?;
    let large = keeps(&fixture, "the largest record", &record, Expected::At(small)).await?;
    keeps(&fixture, "a small record", &numbered(&id, 2), Expected::At(large)).await?;
    Ok(())
}

pub(super) async fn every_optional_part_is_kept<S: Store, G>(fixture: Fixture<'_, S, G>) -> Outcome {
    let mut expected = Expected::Absent;
    for (what, record) in made(&fixture, varied(&account("alice")))? {
        expected = Expected::At(keeps(&fixture, what, &record, expected).await?);
    }
    Ok(())
}

pub(super) async fn labels_of_all_unicode_are_kept<S: Store, G>(fixture: Fixture<'_, S, G>) -> Outcome {
    let mut expected = Expected::Absent;
    for (what, record) in made(&fixture, labelled(&account("alice")))? {
        expected = Expected::At(keeps(&fixture, &what, &record, expected).await?);
    }
    Ok(())
}

fn made<S: Store, G, T>(fixture: &Fixture<'_, S, G>, sample: Result<T, SampleError>) -> Result<T, Broken> {
    sample.map_err(|error| fixture.broken("a record to store (this is a bug in the suite)", failed(&error)))
}

async fn keeps<S: Store, G>(
    fixture: &Fixture<'_, S, G>,
    what: &str,
    record: &AccountRecord,
    expected: Expected,
) -> Result<Revision, Broken> {
    let named = |broken: Broken| broken.about(what);
    let revision = fixture.stores(expected, record).await.map_err(named)?;
    fixture.holds(record, revision).await.map_err(named)?;
    Ok(revision)
}

pub(super) async fn accounts_of_hostile_ids_are_kept_apart<S: Store, G>(
    fixture: Fixture<'_, S, G>,
) -> Outcome {
    let ids = hostile_ids();
    let mut rows: Vec<(AccountRecord, Revision)> = Vec::new();
    for (number, id) in (1..).zip(&ids) {
        let record = numbered(id, number);
        let revision = create_apart(&fixture, &record).await?;
        rows.push((record, revision));
    }
    holds_apart(&fixture, &rows).await?;
    // Each is written once more, the last first: no write changes another row.
    for (record, revision) in rows.iter_mut().rev() {
        *record = numbered(record.account(), number_of(record).saturating_add(1_000));
        *revision = fixture.stores(Expected::At(*revision), record).await?;
    }
    holds_apart(&fixture, &rows).await
}

/// The revision of a new row.
async fn create_apart<S: Store, G>(
    fixture: &Fixture<'_, S, G>,
    record: &AccountRecord,
) -> Result<Revision, Broken> {
    let id = record.account().as_str();
    let revision = next_revision();
    let change = Change::new(Expected::Absent, revision, record, &[]);
    let found = match fixture.store.load(record.account()).await {
        Ok(None) => match fixture.store.compare_and_swap(record.account(), change).await {
            Ok(Swap::Stored) => return Ok(revision),
            Ok(Swap::Conflict) => String::from("Ok(Conflict) from its creation, as if it were there"),
            Err(error) => format!("{} from its creation", failed(&error)),
        },
        Ok(Some(row)) => format!("the row of account {:?} from its load", row.value.account().as_str()),
        Err(error) => format!("{} from its load", failed(&error)),
    };
    Err(fixture.broken(format!("a row of its own for account {id:?}"), found))
}

async fn holds_apart<S: Store, G>(
    fixture: &Fixture<'_, S, G>,
    rows: &[(AccountRecord, Revision)],
) -> Outcome {
    for (record, revision) in rows {
        let found = fixture.row(record).await?;
        let is_kept = found.as_ref().is_some_and(|row| row.value == *record && row.revision == *revision);
        if !is_kept {
            let found = found.map_or(String::from("no row"), |row| {
                format!("a record of account {:?} at revision {}", row.value.account().as_str(), row.revision)
            });
            let id = record.account().as_str();
            return Err(fixture.broken(format!("the row of account {id:?} as it was written"), found));
        }
    }
    Ok(())
}
