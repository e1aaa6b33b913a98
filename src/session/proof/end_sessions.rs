use crate::session::{AccountId, Epoch};

/// What the host still owes: every session of this account must end, in every browser, this one included.
///
/// A host that stores the [epoch](crate::session::Epoch) in its sessions and asks `is_current` has done so already; one
/// with a session table deletes the rows.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the sessions from before the change are still alive in the host until it ends them"]
pub struct EndAllSessions {
    pub(crate) account: AccountId,
}

impl EndAllSessions {
    /// Whose sessions.
    pub fn account(&self) -> &AccountId {
        &self.account
    }
}

/// What the host still owes: every *other* session of this account must end. The one that made the change may
/// go on, under a new id and the new [`epoch`](Self::epoch).
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the sessions from before the change are still alive in the host until it ends them"]
pub struct EndOtherSessions {
    pub(crate) account: AccountId,
    pub(crate) epoch: Epoch,
}

impl EndOtherSessions {
    /// Whose sessions.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// The epoch for the session that goes on.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }
}
