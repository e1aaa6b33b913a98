use alloc::string::String;

use super::{DeviceId, DeviceInfo, label};
use crate::session::Policy;
use crate::time::{UnixTime, is_alive};

/// A remembered device as the record keeps it. Nothing in it grants access.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Device {
    pub(crate) id: DeviceId,
    /// Which token of the series is the current one.
    pub(crate) generation: u32,
    /// When it became the current one.
    pub(crate) rotated_at: UnixTime,
    /// When the code was presented.
    pub(crate) since: UnixTime,
    pub(crate) label: String,
}

impl Device {
    pub(crate) fn new(id: DeviceId, text: &str, now: UnixTime) -> Self {
        Self { id, generation: 0, rotated_at: now, since: now, label: label(text) }
    }

    pub(crate) fn is_alive(&self, now: UnixTime, policy: &Policy) -> bool {
        policy.devices() > 0 && is_alive(self.since, policy.remember_for(), now)
    }

    /// The next generation. `since` stays: using a device does not extend its time.
    pub(crate) fn rotate(&mut self, now: UnixTime) {
        self.generation = self.generation.saturating_add(1);
        self.rotated_at = now;
    }

    pub(crate) fn info(&self, policy: &Policy) -> DeviceInfo {
        DeviceInfo {
            id: self.id,
            label: self.label.clone(),
            since: self.since,
            last_used: self.rotated_at,
            until: self.since.saturating_add(policy.remember_for()),
        }
    }
}
