use alloc::string::String;
use alloc::vec::Vec;

use super::DeviceId;
use crate::time::UnixTime;

/// The state of an account's second factor, for its owner to look at.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct FactorStatus {
    /// When the authenticator was bound; `None` while two-factor authentication is off.
    pub enabled_since: Option<UnixTime>,
    /// How many recovery codes are unused.
    pub recovery_codes_left: usize,
    /// Single codes are not evaluated: the guess budget is spent. Codes in a row and recovery codes are.
    pub is_locked: bool,
    /// When single codes are evaluated again; `None` where they are, or where waiting alone will not help.
    pub retry_at: Option<UnixTime>,
    /// The remembered devices, oldest first.
    pub devices: Vec<DeviceInfo>,
}

impl FactorStatus {
    /// Whether two-factor authentication is on.
    pub fn is_enabled(&self) -> bool {
        self.enabled_since.is_some()
    }
}

/// A remembered device as its owner sees it in a list.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct DeviceInfo {
    /// Which one: to forget it.
    pub id: DeviceId,
    /// What the host called it.
    pub label: String,
    /// When the code was presented on it.
    pub since: UnixTime,
    /// When it was last used.
    pub last_used: UnixTime,
    /// From when on it is asked for a code again.
    pub until: UnixTime,
}
