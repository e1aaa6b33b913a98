use core::time::Duration;

use super::SessionId;
use crate::session::token::Basis;
use crate::session::{AccountId, AccountRecord, AuthMethod, FreshFactor, PasswordVerified, Policy, Session};
use crate::time::{UnixTime, is_alive};

/// Whoever holds the session typed the password again and, where an authenticator is bound, presented a fresh
/// factor as well (SP 800-63B §4.1.2.1, ASVS 7.5.1). Only `reauthenticate` makes it; it permits one change
/// of credentials.
#[derive(Debug)]
#[must_use = "the step that it was asked for has not been taken yet"]
pub struct Reauthenticated {
    pub(crate) password: PasswordVerified,
    pub(crate) session: SessionId,
    pub(crate) beside: Beside,
}

/// What was shown besides the password.
#[derive(Debug)]
pub(crate) enum Beside {
    /// Nothing: no authenticator is bound.
    Nothing,
    /// A factor.
    FreshFactor(FreshFactor),
    /// The session was begun by a recovery code: its owner has lost the authenticator and may bind a new one.
    RecoveryLogin(RecoveryLogin),
}

/// A login by recovery code, after which its owner may bind a new authenticator with the password alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecoveryLogin {
    at: UnixTime,
}

impl RecoveryLogin {
    /// How long after the login an enrollment may begin.
    const LIFETIME: Duration = Duration::from_secs(60 * 60);

    /// The recovery login of this session, if the session began with one.
    pub(crate) fn of(session: &Session) -> Option<Self> {
        (session.method() == AuthMethod::RecoveryCode).then_some(Self { at: session.at() })
    }

    /// Whether it still permits an enrollment: the login was recent, and no new recovery codes have been made
    /// since.
    pub(crate) fn is_current(self, record: &AccountRecord, now: UnixTime, policy: &Policy) -> bool {
        is_alive(self.at, Self::LIFETIME, now) && record.upholds(self.basis(), now, policy)
    }

    fn basis(self) -> Basis {
        Basis::RecoveryLogin(self.at)
    }
}

impl Reauthenticated {
    /// Whose account it is.
    pub fn account(&self) -> &AccountId {
        self.password.account()
    }

    /// Whether it permits a change of credentials: they are still the same, and a factor was shown if the
    /// account has one.
    pub(crate) fn permits_change(&self, record: &AccountRecord, now: UnixTime, policy: &Policy) -> bool {
        self.password.check.is_current(record, now)
            && match &self.beside {
                Beside::Nothing => record.authenticators.is_empty(),
                Beside::FreshFactor(fresh) => fresh.is_current(record, now, policy),
                Beside::RecoveryLogin(_) => false,
            }
    }

    /// Whether it permits an enrollment.
    pub(crate) fn permits_enrollment(&self, record: &AccountRecord, now: UnixTime, policy: &Policy) -> bool {
        match self.beside {
            Beside::RecoveryLogin(login) => {
                self.password.check.is_current(record, now) && login.is_current(record, now, policy)
            }
            _ => self.permits_change(record, now, policy),
        }
    }

    /// What an enrollment that it permits depends on.
    pub(crate) fn basis(&self) -> Basis {
        match &self.beside {
            Beside::Nothing => Basis::Epoch,
            Beside::FreshFactor(fresh) => fresh.basis,
            Beside::RecoveryLogin(login) => login.basis(),
        }
    }
}
