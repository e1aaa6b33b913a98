//! Many writers of one row.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::session::AccountId;
use crate::store::{Change, Expected, Revision, Store, Swap, Versioned};
use crate::testing::Clause;
use crate::testing::fixture::{Fixture, failed};
use crate::testing::race::Yields;
use crate::testing::report::Broken;
use crate::testing::samples::{account, next_revision, number_of, numbered};

type Outcome = Result<(), Broken>;

/// Races are run again and again, because threads that race meet only now and then.
const ROUNDS: u64 = 10;

/// A write can lose only if another one wins. So a writer that loses more often than this is kept out by
/// something else.
const MAX_ATTEMPTS: usize = 1_000;

pub(super) async fn one_of_64_creators_wins<S: Store + 'static, G>(fixture: Fixture<'_, S, G>) -> Outcome {
    for round in 0..ROUNDS {
        one_wins(&fixture, &account(format!("alice-{round}")), Expected::Absent, 0).await?;
    }
    Ok(())
}

pub(super) async fn one_of_64_writers_wins<S: Store + 'static, G>(fixture: Fixture<'_, S, G>) -> Outcome {
    let id = account("alice");
    let mut revision = fixture.creates(&numbered(&id, 0)).await?;
    for round in 0..ROUNDS {
        revision = one_wins(&fixture, &id, Expected::At(revision), round).await?;
    }
    Ok(())
}

/// 64 swaps that expect the same state of the row: one is answered `Stored`, and its record is in the row.
async fn one_wins<S: Store + 'static, G>(
    fixture: &Fixture<'_, S, G>,
    id: &AccountId,
    expected: Expected,
    round: u64,
) -> Result<Revision, Broken> {
    // No round repeats a record of an earlier one.
    let first = round.saturating_mul(64).saturating_add(1);
    let swaps = (first..).take(64).map(|number| {
        let (store, record) = (fixture.store.clone(), numbered(id, number));
        async move {
            let revision = next_revision();
            let change = Change::new(expected, revision, &record, &[]);
            let swapped = store.compare_and_swap(record.account(), change).await;
            swapped.map(|swap| (record, revision, swap)).map_err(|error| failed(&error))
        }
    });
    let mut stored = Vec::new();
    for swapped in arrived(fixture, 64, fixture.racers.race(swaps).await)? {
        match swapped {
            Ok((record, revision, Swap::Stored)) => stored.push((record, revision)),
            Ok((_, _, Swap::Conflict)) => {}
            Err(error) => return Err(erred(error)),
        }
    }
    let [(record, revision)] = stored.as_slice() else {
        let wanted = format!("one Stored and 63 Conflict from 64 swaps that expect {expected:?}");
        return Err(fixture.broken(wanted, format!("{} Stored", stored.len())));
    };
    fixture.holds(record, *revision).await?;
    Ok(*revision)
}

pub(super) async fn no_update_of_16_writers_is_lost<S: Store + 'static, G>(
    fixture: Fixture<'_, S, G>,
) -> Outcome {
    none_is_lost(&fixture, &[&fixture.store], 16, 8).await
}

pub(super) async fn no_update_of_64_writers_is_lost<S: Store + 'static, G>(
    fixture: Fixture<'_, S, G>,
) -> Outcome {
    none_is_lost(&fixture, &[&fixture.store], 64, 2).await
}

pub(super) async fn no_update_of_two_instances_is_lost<S: Store + 'static, G>(
    fixture: Fixture<'_, S, G>,
) -> Outcome {
    let other = fixture.another().await?;
    none_is_lost(&fixture, &[&fixture.store, &other.store], 16, 8).await
}

/// Each writer reads, adds one and swaps, and tries again if another writer was first. The sum must be right.
async fn none_is_lost<S: Store + 'static, G>(
    fixture: &Fixture<'_, S, G>,
    stores: &[&Arc<S>],
    writers: usize,
    updates: usize,
) -> Outcome {
    let id = account("alice");
    let additions =
        stores.iter().copied().cycle().take(writers).map(|store| add(store.clone(), id.clone(), updates));
    for added in arrived(fixture, writers, fixture.racers.race(additions).await)? {
        added.map_err(|lost| match lost {
            Lost::Erred(error) => erred(error),
            // A writer that loses every time reads outdated rows.
            Lost::KeptOut => Broken::new(
                Clause::Latest,
                format!("a writer that gets its turn among {writers}"),
                format!("Conflict {MAX_ATTEMPTS} times in a row"),
            ),
        })?;
    }
    let total = u64::try_from(writers.saturating_mul(updates)).unwrap_or(u64::MAX);
    let found = fixture.row(&numbered(&id, 0)).await?.map_or(0, |row| number_of(&row.value));
    if found == total {
        return Ok(());
    }
    let wanted = format!("{total} updates from {writers} writers that all got Stored as their answer");
    Err(fixture.broken(wanted, format!("{found} of them in the row")))
}

enum Lost {
    Erred(String),
    KeptOut,
}

async fn add<S: Store>(store: Arc<S>, id: AccountId, updates: usize) -> Result<(), Lost> {
    let erred = |error: S::Error| Lost::Erred(failed(&error));
    for _ in 0..updates {
        let mut attempts = 0_usize;
        loop {
            let (mut next, expected) = match store.load(&id).await.map_err(erred)? {
                Some(Versioned { value, revision }) => (value, Expected::At(revision)),
                None => (numbered(&id, 0), Expected::Absent),
            };
            // The other writers read the same row before anybody writes.
            Yields(1).await;
            next = numbered(&id, number_of(&next).saturating_add(1));
            let change = Change::new(expected, next_revision(), &next, &[]);
            match store.compare_and_swap(&id, change).await.map_err(erred)? {
                Swap::Stored => break,
                Swap::Conflict if attempts >= MAX_ATTEMPTS => return Err(Lost::KeptOut),
                Swap::Conflict => attempts = attempts.saturating_add(1),
            }
        }
    }
    Ok(())
}

/// The results of the racers, if all of them finished.
pub(super) fn arrived<S: Store, G, T>(
    fixture: &Fixture<'_, S, G>,
    started: usize,
    arrived: Vec<T>,
) -> Result<Vec<T>, Broken> {
    if arrived.len() == started {
        return Ok(arrived);
    }
    let missing = started.saturating_sub(arrived.len());
    Err(fixture
        .broken(format!("{started} calls that return"), format!("{missing} that panicked or were dropped")))
}

/// An error in a race: all writers but one should have been answered `Conflict`.
pub(super) fn erred(error: String) -> Broken {
    Broken::new(
        Clause::ConflictIsNoError,
        "Ok(Stored) or Ok(Conflict) under contention, as nothing failed",
        error,
    )
}
