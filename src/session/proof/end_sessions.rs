use super::SessionId;
use crate::session::AccountId;
use crate::session::record::Epoch;

/// The host must end all sessions of this account, in every browser, this one included.
///
/// A host that calls `is_current` on each request has done so already; one with a session table may delete
/// the rows.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the sessions from before the change are dead; end them in the host too"]
pub struct EndAllSessions {
    pub(crate) account: AccountId,
}

impl EndAllSessions {
    /// Whose sessions.
    pub fn account(&self) -> &AccountId {
        &self.account
    }
}

/// The host must end every *other* session of this account. The session that made the change goes on: pass
/// this to its [`continue_after`](crate::Session::continue_after), and give the session a new id in the
/// browser.
///
/// It names the session and the epoch before the change, so it cannot continue any other session.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the session that made the change is dead too, unless it is continued"]
pub struct EndOtherSessions {
    pub(crate) account: AccountId,
    /// The session that made the change; `None` if it was made without one.
    pub(crate) session: Option<SessionId>,
    pub(crate) before: Epoch,
    pub(crate) after: Epoch,
}

impl EndOtherSessions {
    /// Whose sessions.
    pub fn account(&self) -> &AccountId {
        &self.account
    }
}
