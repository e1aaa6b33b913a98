use alloc::string::String;

use super::{DeviceId, DeviceInfo, label};
use crate::session::Policy;
use crate::time::{UnixTime, is_alive, is_near};

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

/// How the generation of a genuine device token compares with that of the device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Generation {
    /// The current one, which is younger than the grace.
    CurrentInGrace,
    Current,
    /// The previous one, replaced within the grace: another tab was quicker, or the answer was lost.
    PreviousInGrace,
    /// The previous one, replaced earlier: the answer was lost then, or there are two copies.
    Previous,
    /// Older than that: somebody else has a copy.
    Older,
    /// Newer than the current one, as after a backup was restored.
    Newer,
}

impl Device {
    pub(crate) fn new(id: DeviceId, text: &str, now: UnixTime) -> Self {
        Self { id, generation: 0, rotated_at: now, since: now, label: label(text) }
    }

    pub(crate) fn is_alive(&self, now: UnixTime, policy: &Policy) -> bool {
        policy.devices() > 0 && is_alive(self.since, policy.remember_for(), now)
    }

    pub(crate) fn generation_of(&self, generation: u32, now: UnixTime, policy: &Policy) -> Generation {
        let in_grace = is_near(self.rotated_at, policy.rotation_grace(), now);
        match self.generation.checked_sub(generation) {
            None => Generation::Newer,
            Some(0) if in_grace => Generation::CurrentInGrace,
            Some(0) => Generation::Current,
            Some(1) if in_grace => Generation::PreviousInGrace,
            Some(1) => Generation::Previous,
            Some(_) => Generation::Older,
        }
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
