use super::SessionId;
use super::reauthenticated::Beside;
use crate::session::{AccountId, AccountRecord, PasswordReset, Policy, Reauthenticated};
use crate::time::UnixTime;

/// What permits a password change: a [`Reauthenticated`] or a [`PasswordReset`].
#[derive(Debug)]
#[must_use = "nothing is changed before this goes to `change_password`"]
#[non_exhaustive]
pub enum PasswordChangeProof {
    /// The owner, who typed the password again.
    Reauthenticated(Reauthenticated),
    /// Somebody who has forgotten the password, and has passed the check that the host requires instead.
    Reset(PasswordReset),
}

impl PasswordChangeProof {
    /// Whose password is changed.
    pub fn account(&self) -> &AccountId {
        match self {
            Self::Reauthenticated(proof) => proof.account(),
            Self::Reset(proof) => proof.account(),
        }
    }

    /// Whether a reset may have been verified by something that another change has replaced since.
    pub(crate) fn began_during_change(&self) -> bool {
        matches!(self, Self::Reset(proof) if proof.check.during_change)
    }

    pub(crate) fn is_current(&self, record: &AccountRecord, now: UnixTime, policy: &Policy) -> bool {
        match self {
            Self::Reauthenticated(proof) => proof.permits_change(record, now, policy),
            Self::Reset(proof) => proof.check.is_current(record, now),
        }
    }

    /// The session that may continue after the change.
    pub(crate) fn session(&self) -> Option<SessionId> {
        match self {
            Self::Reauthenticated(proof) => Some(proof.session),
            Self::Reset(_) => None,
        }
    }

    /// Whether the owner authorises the change with a fresh factor, so that an attacker who was guessing no
    /// longer knows the password.
    pub(crate) fn has_fresh_factor(&self) -> bool {
        matches!(self, Self::Reauthenticated(Reauthenticated { beside: Beside::FreshFactor(_), .. }))
    }
}

impl From<Reauthenticated> for PasswordChangeProof {
    fn from(proof: Reauthenticated) -> Self {
        Self::Reauthenticated(proof)
    }
}

impl From<PasswordReset> for PasswordChangeProof {
    fn from(proof: PasswordReset) -> Self {
        Self::Reset(proof)
    }
}
