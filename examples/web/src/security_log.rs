//! The security log of each account: the trail that the store writes with the record, so that no line is lost and none is left of what was
//! not stored.

use crate::database::{Database, on};
use crate::stop::Stop;

/// The latest events of an account as serde writes them, the latest first.
pub(crate) async fn latest(database: &Database, account: &str) -> Result<Vec<String>, Stop> {
    const SELECT: &str = "SELECT CAST(event AS TEXT) FROM second_factor_trail WHERE account = $1 ORDER BY number DESC LIMIT 20";
    let rows: Vec<(String,)> =
        on!(database, pool => sqlx::query_as(SELECT).bind(account).fetch_all(pool).await?);
    Ok(rows.into_iter().map(|(event,)| event).collect())
}
