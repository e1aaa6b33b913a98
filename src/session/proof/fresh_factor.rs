use super::SessionId;
use crate::session::record::Epoch;
use crate::session::token::Basis;
use crate::session::{AccountId, AccountRecord, AuthMethod, Policy, Session};
use crate::time::{UnixTime, is_alive};

/// A code, a recovery code or a host-verified authenticator that was presented just now, in a live session,
/// for one sensitive step: to switch two-factor authentication off, to enroll anew, to make new recovery
/// codes, or whatever else the host protects with it. It is taken by value, so it can be used only once.
///
/// ```compile_fail,E0382
/// fn twice(fresh: second_factor::session::FreshFactor, disable: impl Fn(second_factor::session::FreshFactor)) {
///     disable(fresh);
///     disable(fresh);
/// }
/// ```
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the step that it was asked for has not been taken yet"]
pub struct FreshFactor {
    account: AccountId,
    pub(super) epoch: Epoch,
    pub(crate) session: SessionId,
    /// What the session depends on besides the epoch.
    pub(super) basis: Basis,
    at: UnixTime,
    method: AuthMethod,
}

impl FreshFactor {
    pub(crate) fn new(session: &Session, at: UnixTime, method: AuthMethod) -> Self {
        let (account, epoch) = (session.account().clone(), session.epoch());
        let basis = session.device().map_or(Basis::Epoch, Basis::Device);
        Self { account, epoch, session: session.id(), basis, at, method }
    }

    /// Who presented it.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// When it was presented.
    pub fn at(&self) -> UnixTime {
        self.at
    }

    /// What it was: one of the [second factors](AuthMethod::is_second_factor).
    pub fn method(&self) -> AuthMethod {
        self.method
    }

    /// Whether it was presented recently, in a session that has not ended, and the credentials are still the
    /// same.
    pub(crate) fn is_current(&self, record: &AccountRecord, now: UnixTime, policy: &Policy) -> bool {
        self.epoch == record.epoch
            && is_alive(self.at, policy.step_up_age(), now)
            && record.upholds(self.basis, now, policy)
    }
}
