use alloc::sync::Arc;

use crate::time::UnixTime;

/// Tells the time. A clock is read nowhere else.
///
/// The time must be the server's own, kept right by a time service (ASVS 6.5.8), never one that a client
/// sends.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> UnixTime;
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> UnixTime {
        C::now(self)
    }
}

/// The clock of the operating system. A clock that is set to before 1970 reads as the start of 1970; no
/// current code is accepted then.
#[cfg(feature = "std")]
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[cfg(feature = "std")]
impl Clock for SystemClock {
    fn now(&self) -> UnixTime {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        UnixTime::EPOCH.saturating_add(since.unwrap_or_default())
    }
}
