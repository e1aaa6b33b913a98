use super::SessionId;
use crate::session::{AccountId, AccountRecord, FreshFactor, PasswordVerified, Policy};
use crate::time::UnixTime;

/// Whoever holds the session typed the password again and, where an authenticator is bound, presented a fresh
/// factor beside it (SP 800-63B §4.1.2.1, ASVS 7.5.1). Only `reauthenticate` makes it; it permits one change
/// of credentials.
#[derive(Debug)]
#[must_use = "the step that it was asked for has not been taken yet"]
pub struct Reauthenticated {
    pub(crate) password: PasswordVerified,
    pub(crate) session: SessionId,
    pub(crate) beside: Beside,
}

/// What was shown beside the password.
#[derive(Debug)]
pub(crate) enum Beside {
    /// Nothing: no authenticator is bound.
    Nothing,
    /// A factor.
    FreshFactor(FreshFactor),
    /// The session was begun by a recovery code within the last hour: its owner has lost the authenticator and may
    /// bind a new one, and nothing else.
    RecoveryLogin,
}

impl Reauthenticated {
    /// Whose account it is.
    pub fn account(&self) -> &AccountId {
        self.password.account()
    }

    /// Whether it permits a change of credentials: they are still the same, and a factor was shown if the
    /// account has one.
    pub(crate) fn permits_change(&self, record: &AccountRecord, now: UnixTime, policy: &Policy) -> bool {
        self.password.is_current(record, now)
            && match &self.beside {
                Beside::Nothing => record.authenticators.is_empty(),
                Beside::FreshFactor(fresh) => fresh.is_current(record, now, policy),
                Beside::RecoveryLogin => false,
            }
    }

    /// Whether it permits an enrollment.
    pub(crate) fn permits_enrollment(&self, record: &AccountRecord, now: UnixTime, policy: &Policy) -> bool {
        match self.beside {
            Beside::RecoveryLogin => self.password.is_current(record, now),
            _ => self.permits_change(record, now, policy),
        }
    }
}
