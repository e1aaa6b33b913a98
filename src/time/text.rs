//! Moments as text: RFC 3339 for machines, words for people.

use core::fmt;
use core::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDateTime, Timelike, Utc};

use super::{UnixTime, UnixTimeError};

/// The date and time in UTC, in the format of RFC 3339: `2026-11-24T11:03:07Z`.
///
/// RFC 3339 cannot write a moment after the year 9999. It is printed as the last second of that year. For the
/// number of seconds, call [`as_secs`](UnixTime::as_secs); serde writes that number.
///
/// ```
/// use second_factor::UnixTime;
///
/// assert_eq!(UnixTime::from_secs(1_700_000_000).to_string(), "2023-11-14T22:13:20Z");
/// assert_eq!(UnixTime::MAX.to_string(), "9999-12-31T23:59:59Z");
/// ```
impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The `Debug` text of chrono is ISO 8601.
        write!(f, "{:?}Z", self.civil())
    }
}

/// Reads a date and time of RFC 3339 in any time zone, or a date alone, which is the beginning of that day in UTC.
/// Fractions of a second are dropped.
///
/// The second 60 exists only where RFC 3339 §5.7 has it: in the last minute of a month in UTC. This leap second
/// counts as the first second of the next month.
///
/// ```
/// use second_factor::{UnixTime, UnixTimeError};
///
/// let new_year: UnixTime = "2027-01-01".parse()?;
/// assert_eq!(new_year, "2027-01-01T02:00:00+02:00".parse()?);
/// assert_eq!(new_year.as_secs(), 1_798_761_600);
/// assert_eq!(new_year, "2026-12-31T23:59:60Z".parse()?);
/// assert_eq!("1969-12-31".parse::<UnixTime>(), Err(UnixTimeError::OutOfRange));
/// # Ok::<(), UnixTimeError>(())
/// ```
///
/// # Errors
///
/// [`UnixTimeError::Format`] for other text, such as one that is not ASCII, and for a day or a time of day that does
/// not exist; [`UnixTimeError::OutOfRange`] for a moment before 1970.
impl FromStr for UnixTime {
    type Err = UnixTimeError;

    fn from_str(text: &str) -> Result<Self, UnixTimeError> {
        // Chrono reads U+2212 as a minus sign. RFC 3339 does not.
        if !text.is_ascii() {
            return Err(UnixTimeError::Format);
        }
        let mut midnight = *b"YYYY-MM-DDT00:00:00Z";
        let text = match midnight.first_chunk_mut::<10>().zip(text.as_bytes().try_into().ok()) {
            Some((date, text)) => {
                *date = text;
                str::from_utf8(&midnight).unwrap_or_default()
            }
            None => text,
        };
        let moment = DateTime::parse_from_rfc3339(text).map_err(|_| UnixTimeError::Format)?;
        // In chrono, a leap second has 1,000 milliseconds or more, and may be in any minute.
        let is_leap = moment.timestamp_subsec_millis() >= 1000;
        let secs = moment.timestamp().saturating_add(is_leap.into());
        let begins_month = |next: DateTime<Utc>| next.day() == 1 && next.num_seconds_from_midnight() == 0;
        if is_leap && !DateTime::from_timestamp(secs, 0).is_some_and(begins_month) {
            return Err(UnixTimeError::Format);
        }
        secs.try_into().map(Self::from_secs).map_err(|_| UnixTimeError::OutOfRange)
    }
}

impl UnixTime {
    /// The date and the time in UTC for people, in English, to the minute: `24 Nov 2026, 11:03 UTC`.
    ///
    /// ```
    /// use second_factor::UnixTime;
    ///
    /// let moment = UnixTime::from_secs(1_795_518_187);
    /// assert_eq!(moment.in_words().to_string(), "24 Nov 2026, 11:03 UTC");
    /// assert_eq!(moment.day_in_words().to_string(), "24 Nov 2026");
    /// ```
    #[cfg(feature = "alloc")]
    pub fn in_words(self) -> impl fmt::Display {
        self.civil().format("%-d %b %Y, %H:%M UTC")
    }

    /// The date in UTC for people, in English: `24 Nov 2026`.
    #[cfg(feature = "alloc")]
    pub fn day_in_words(self) -> impl fmt::Display {
        self.civil().format("%-d %b %Y")
    }

    /// In UTC. A moment that RFC 3339 cannot write becomes the last one that it can.
    fn civil(self) -> NaiveDateTime {
        let secs = self.as_secs().min(LAST).try_into().unwrap_or_default();
        DateTime::from_timestamp(secs, 0).unwrap_or_default().naive_utc()
    }
}

/// 9999-12-31T23:59:59Z
const LAST: u64 = 253_402_300_799;
