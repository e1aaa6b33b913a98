//! Time as an argument: [`UnixTime`], in whole seconds, with arithmetic that cannot overflow.

use core::time::Duration;

mod error;
#[cfg(feature = "std")]
mod system;
mod text;

pub use error::UnixTimeError;

/// Seconds since 1970-01-01T00:00:00Z, the "current Unix time" of RFC 6238 §3 R1.
///
/// Nothing below the verifier reads a clock: time is passed in as this type. If a result does not fit, an
/// operation returns the nearest moment, `None` or an error. A host converts a `UnixTime` to and from its own
/// type for dates, `SystemTime` or RFC 3339 text, and shows it [in words](Self::in_words).
///
/// ```
/// use core::time::Duration;
/// use second_factor::UnixTime;
///
/// let noon = UnixTime::from_secs(1_700_000_000);
/// let later = noon.saturating_add(Duration::from_secs(30));
/// assert_eq!(later.as_secs(), 1_700_000_030);
/// assert_eq!(later.checked_since(noon), Some(Duration::from_secs(30)));
/// assert_eq!(noon.checked_since(later), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct UnixTime(u64);

impl UnixTime {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);

    /// The last representable second.
    pub const MAX: Self = Self(u64::MAX);

    /// The moment `secs` seconds after the Unix epoch.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs)
    }

    /// Seconds since the Unix epoch.
    pub const fn as_secs(self) -> u64 {
        self.0
    }

    /// The moment `span` later, but at most [`UnixTime::MAX`]. Fractions of a second in `span` are dropped.
    #[must_use]
    pub const fn saturating_add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span.as_secs()))
    }

    /// How long `earlier` is before `self`, or `None` if it is later than `self`.
    pub const fn checked_since(self, earlier: Self) -> Option<Duration> {
        match self.0.checked_sub(earlier.0) {
            Some(secs) => Some(Duration::from_secs(secs)),
            None => None,
        }
    }
}

/// How far the clocks of a host's instances may be apart. Something made at most this far in the future
/// counts as made now. Something made further ahead was made under a wrong clock and does not count as alive.
#[cfg(feature = "alloc")]
pub(crate) const CLOCK_SKEW: Duration = Duration::from_secs(60);

/// Whether something that was made at `since` and lives for `lifetime` is still alive at `now`.
#[cfg(feature = "alloc")]
pub(crate) fn is_alive(since: UnixTime, lifetime: Duration, now: UnixTime) -> bool {
    match now.checked_since(since) {
        Some(age) => age < lifetime,
        None => since <= now.saturating_add(CLOCK_SKEW) && !lifetime.is_zero(),
    }
}

/// Whether two moments are less than `span` apart, whichever is earlier.
#[cfg(feature = "alloc")]
pub(crate) fn is_near(one: UnixTime, span: Duration, other: UnixTime) -> bool {
    one.as_secs().abs_diff(other.as_secs()) < span.as_secs()
}
