//! Moments in words.

use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use crate::two_factor::UnixTime;

/// `24 Nov 2026, 11:03 UTC`
pub(crate) fn words(moment: UnixTime) -> String {
    written(moment, format_description!("[day padding:none] [month repr:short] [year], [hour]:[minute] UTC"))
}

/// `24 Nov 2026`
pub(crate) fn day(moment: UnixTime) -> String {
    written(moment, format_description!("[day padding:none] [month repr:short] [year]"))
}

fn written(moment: UnixTime, format: &[BorrowedFormatItem<'_>]) -> String {
    let moment =
        i64::try_from(moment.as_secs()).ok().and_then(|secs| OffsetDateTime::from_unix_timestamp(secs).ok());
    moment.and_then(|moment| moment.format(&format).ok()).unwrap_or_else(|| "in a far future".into())
}
