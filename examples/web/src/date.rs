//! Moments in words.

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

use crate::two_factor::UnixTime;

/// `24 Nov 2026, 11:03 UTC`
pub(crate) fn words(moment: UnixTime) -> String {
    written(moment, format_description!("[day padding:none] [month repr:short] [year], [hour]:[minute] UTC"))
}

/// `24 Nov 2026`
pub(crate) fn day(moment: UnixTime) -> String {
    written(moment, format_description!("[day padding:none] [month repr:short] [year]"))
}

/// The beginning of the day that is written as `2027-01-01`, in UTC.
pub(crate) fn parse(text: &str) -> Option<UnixTime> {
    let day = Date::parse(text, format_description!("[year]-[month]-[day]")).ok()?;
    let secs = day.midnight().assume_utc().unix_timestamp();
    u64::try_from(secs).ok().map(UnixTime::from_secs)
}

fn written(moment: UnixTime, format: &[BorrowedFormatItem<'_>]) -> String {
    let moment =
        i64::try_from(moment.as_secs()).ok().and_then(|secs| OffsetDateTime::from_unix_timestamp(secs).ok());
    moment.and_then(|moment| moment.format(&format).ok()).unwrap_or_else(|| "in a far future".into())
}
