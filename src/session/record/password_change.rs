use core::time::Duration;

use super::Epoch;
use crate::time::{UnixTime, is_alive};

/// A password change is under way, or was interrupted: this library does not know whether the old or the new
/// password is in force.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub(crate) struct PasswordChangeMark {
    /// The epoch that began with the change. It identifies the change.
    pub(crate) epoch: Epoch,
    pub(crate) at: UnixTime,
}

impl PasswordChangeMark {
    /// How long everybody waits for a change that may still be under way. The host limits its write to half
    /// of it.
    const LIFETIME: Duration = Duration::from_secs(60);

    /// Whether the change may still be under way.
    pub(crate) fn is_recent(&self, now: UnixTime) -> bool {
        is_alive(self.at, Self::LIFETIME, now)
    }
}
