//! Moments as text: RFC 3339 for machines, words for people.

use core::fmt;
use core::str::FromStr;

use super::civil::{Civil, DAYS_BEFORE_1970, SECS_A_DAY};
use super::{UnixTime, UnixTimeError};

/// The date and time in UTC as RFC 3339 writes it: `2026-11-24T11:03:07Z`.
///
/// A moment after the year 9999, which RFC 3339 cannot write, is printed as the last second of that year. The number of
/// seconds is [`as_secs`](UnixTime::as_secs); it is also what serde writes.
///
/// ```
/// use second_factor::UnixTime;
///
/// assert_eq!(UnixTime::from_secs(1_700_000_000).to_string(), "2023-11-14T22:13:20Z");
/// assert_eq!(UnixTime::MAX.to_string(), "9999-12-31T23:59:59Z");
/// ```
impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let civil = Civil::of(*self);
        let Civil { year, month, day, .. } = civil;
        let [hour, minute, second] = civil.clock();
        write!(f, "{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

/// Reads a date and time of RFC 3339 in any time zone, or a date alone, which is the beginning of that day in UTC.
/// Fractions of a second are dropped.
///
/// ```
/// use second_factor::{UnixTime, UnixTimeError};
///
/// let new_year: UnixTime = "2027-01-01".parse()?;
/// assert_eq!(new_year, "2027-01-01T02:00:00+02:00".parse()?);
/// assert_eq!(new_year.as_secs(), 1_798_761_600);
/// assert_eq!("1969-12-31".parse::<UnixTime>(), Err(UnixTimeError::OutOfRange));
/// # Ok::<(), UnixTimeError>(())
/// ```
///
/// # Errors
///
/// [`UnixTimeError::Format`] for other text, and for a day or a time of day that does not exist;
/// [`UnixTimeError::OutOfRange`] for a moment before 1970.
impl FromStr for UnixTime {
    type Err = UnixTimeError;

    fn from_str(text: &str) -> Result<Self, UnixTimeError> {
        let mut reader = Reader(text.as_bytes());
        let secs = reader.secs_since_year_0().filter(|_| reader.0.is_empty()).ok_or(UnixTimeError::Format)?;
        let before_1970 = DAYS_BEFORE_1970.saturating_mul(SECS_A_DAY);
        secs.checked_sub(before_1970).map(Self::from_secs).ok_or(UnixTimeError::OutOfRange)
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
    pub fn in_words(self) -> impl fmt::Display {
        InWords { civil: Civil::of(self), has_time: true }
    }

    /// The date in UTC for people, in English: `24 Nov 2026`.
    pub fn day_in_words(self) -> impl fmt::Display {
        InWords { civil: Civil::of(self), has_time: false }
    }
}

struct InWords {
    civil: Civil,
    has_time: bool,
}

impl fmt::Display for InWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Civil { year, day, .. } = self.civil;
        write!(f, "{day} {} {year}", self.civil.month_name())?;
        let [hour, minute, _] = self.civil.clock();
        if self.has_time { write!(f, ", {hour:02}:{minute:02} UTC") } else { Ok(()) }
    }
}

/// What is still to be read.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    /// A date with or without a time.
    fn secs_since_year_0(&mut self) -> Option<u64> {
        let (year, month, day) = (self.number(4)?, self.after(b"-")?, self.after(b"-")?);
        let days = Civil::days_since_year_0(year, month, day)?;
        let (of_day, ahead, behind) = if self.0.is_empty() { (0, 0, 0) } else { self.time()? };
        let secs = days.saturating_mul(SECS_A_DAY).saturating_add(of_day);
        Some(secs.saturating_add(behind).saturating_sub(ahead))
    }

    /// Seconds of the day, and how far the zone is ahead of UTC or behind it.
    fn time(&mut self) -> Option<(u64, u64, u64)> {
        self.one_of(b"Tt ")?;
        let (hour, minute, second) = (self.number(2)?, self.after(b":")?, self.after(b":")?);
        if self.one_of(b".").is_some() {
            let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
            self.0 = self.0.get(digits..).filter(|_| digits > 0)?;
        }
        // A leap second is the first second of the next minute.
        let is_time = hour < 24 && minute < 60 && second <= 60;
        let of_day = span(hour, minute).saturating_add(second);
        let (ahead, behind) = match self.one_of(b"Zz+-")? {
            b'+' => (self.zone()?, 0),
            b'-' => (0, self.zone()?),
            _ => (0, 0),
        };
        is_time.then_some((of_day, ahead, behind))
    }

    fn zone(&mut self) -> Option<u64> {
        let (hour, minute) = (self.number(2)?, self.after(b":")?);
        (hour < 24 && minute < 60).then(|| span(hour, minute))
    }

    /// Two digits behind one of these bytes.
    fn after(&mut self, separators: &[u8]) -> Option<u64> {
        self.one_of(separators)?;
        self.number(2)
    }

    fn one_of(&mut self, bytes: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first().filter(|(first, _)| bytes.contains(first))?;
        self.0 = rest;
        Some(*first)
    }

    /// Exactly so many digits.
    fn number(&mut self, digits: usize) -> Option<u64> {
        let (number, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        number.iter().try_fold(0_u64, |value, byte| {
            let digit = char::from(*byte).to_digit(10)?;
            value.checked_mul(10)?.checked_add(digit.into())
        })
    }
}

fn span(hours: u64, minutes: u64) -> u64 {
    hours.saturating_mul(60).saturating_add(minutes).saturating_mul(60)
}
