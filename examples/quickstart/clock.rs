//! The clock of the operating system, plus the time that `wait` pretends has passed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use second_factor::{Clock, SystemClock, UnixTime};

#[derive(Debug, Default)]
pub(crate) struct PretendClock(AtomicU64);

impl PretendClock {
    pub(crate) fn wait(&self, span: Duration) {
        self.0.fetch_add(span.as_secs(), Ordering::SeqCst);
    }

    pub(crate) fn ahead(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

impl Clock for PretendClock {
    fn now(&self) -> UnixTime {
        SystemClock.now().saturating_add(self.ahead())
    }
}

/// `30s`, `11m`, `12h`, `30d`: up to a thousand years.
pub(crate) fn parse_span(text: &str) -> Option<Duration> {
    let unit = text.chars().next_back()?;
    let secs = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return None,
    };
    let count: u64 = text.strip_suffix(unit)?.trim().parse().ok()?;
    count.checked_mul(secs).filter(|secs| *secs <= 1_000 * 366 * 24 * 60 * 60).map(Duration::from_secs)
}
