use alloc::sync::Arc;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;

use crate::time::UnixTime;
use crate::verifier::Clock;

/// A clock that a test moves. It stands still otherwise, and its clones show the same time: give one to the verifier, and keep one.
///
/// ```
/// use core::time::Duration;
/// use second_factor::UnixTime;
/// use second_factor::testing::ManualClock;
/// use second_factor::verifier::Clock;
///
/// let clock = ManualClock::at(UnixTime::from_secs(1_700_000_010));
/// let of_the_service = clock.clone();
/// clock.advance(Duration::from_secs(30));
/// assert_eq!(of_the_service.now().as_secs(), 1_700_000_040);
/// clock.set(UnixTime::from_secs(1_600_000_000)); // clocks go back, too
/// assert_eq!(of_the_service.now().as_secs(), 1_600_000_000);
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicU64>);

impl ManualClock {
    /// A clock that shows this time.
    pub fn at(time: UnixTime) -> Self {
        Self(Arc::new(AtomicU64::new(time.as_secs())))
    }

    /// Shows this time from now on, whether it is later or earlier.
    pub fn set(&self, time: UnixTime) {
        self.0.store(time.as_secs(), Ordering::SeqCst);
    }

    /// Moves on by this span, fractions of a second dropped, at most to [`UnixTime::MAX`].
    pub fn advance(&self, span: Duration) {
        let later = |secs| Some(UnixTime::from_secs(secs).saturating_add(span).as_secs());
        // It never gives up, as `later` always has a time.
        let _ = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, later);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_secs(self.0.load(Ordering::SeqCst))
    }
}
