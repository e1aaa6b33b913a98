//! A store that fails.

use alloc::format;

use crate::store::{Change, Expected, Store};
use crate::testing::fixture::Fixture;
use crate::testing::report::Broken;
use crate::testing::samples::{account, next_revision, numbered};

pub(super) async fn a_failing_store_says_err<S: Store, G>(fixture: Fixture<'_, S, G>) -> Result<(), Broken> {
    let (alice, bob) = (account("alice"), account("bob"));
    let revision = fixture.creates(&numbered(&alice, 1)).await?;
    fixture.holds(&numbered(&alice, 1), revision).await?;
    fixture.fails_from_now_on().await;
    for id in [&alice, &bob] {
        if let Ok(row) = fixture.store.load(id).await {
            let found = if row.is_some() { "Ok(Some(..))" } else { "Ok(None)" };
            return Err(
                fixture.broken(format!("Err from a load of {:?} in a failing store", id.as_str()), found)
            );
        }
    }
    let swaps = [(&bob, Expected::Absent), (&alice, Expected::Absent), (&alice, Expected::At(revision))];
    for (id, expected) in swaps {
        let record = numbered(id, 2);
        let change = Change::new(expected, next_revision(), &record, &[]);
        if let Ok(swap) = fixture.store.compare_and_swap(id, change).await {
            let wanted = format!("Err from a swap ({expected:?}) in a failing store");
            return Err(fixture.broken(wanted, format!("Ok({swap:?})")));
        }
    }
    Ok(())
}
