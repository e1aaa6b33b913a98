use core::time::Duration;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{UnixTime, UnixTimeError};

/// Fractions of a second are dropped.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use second_factor::{UnixTime, UnixTimeError};
///
/// let moment = UnixTime::try_from(SystemTime::UNIX_EPOCH + Duration::from_millis(1_500))?;
/// assert_eq!(moment, UnixTime::from_secs(1));
/// assert_eq!(SystemTime::try_from(moment)?, SystemTime::UNIX_EPOCH + Duration::from_secs(1));
/// # Ok::<(), UnixTimeError>(())
/// ```
///
/// # Errors
///
/// [`UnixTimeError::OutOfRange`] for a moment before 1970.
impl TryFrom<SystemTime> for UnixTime {
    type Error = UnixTimeError;

    fn try_from(time: SystemTime) -> Result<Self, UnixTimeError> {
        let since = time.duration_since(UNIX_EPOCH).map_err(|_| UnixTimeError::OutOfRange)?;
        Ok(Self::EPOCH.saturating_add(since))
    }
}

/// # Errors
///
/// [`UnixTimeError::OutOfRange`] for a moment that the operating system cannot represent.
impl TryFrom<UnixTime> for SystemTime {
    type Error = UnixTimeError;

    fn try_from(moment: UnixTime) -> Result<Self, UnixTimeError> {
        UNIX_EPOCH.checked_add(Duration::from_secs(moment.as_secs())).ok_or(UnixTimeError::OutOfRange)
    }
}
