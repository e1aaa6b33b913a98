use super::SessionId;
use crate::session::record::Epoch;
use crate::session::{AccountId, AccountRecord, AuthMethod, DeviceId, Policy, Session};
use crate::time::{UnixTime, is_alive};

/// A code, a recovery code or an authenticator of the host's own presented just now, in a live session, for one sensitive step: to disable, to
/// enroll anew, to make new recovery codes, or whatever the host guards with it. Taken by value, so it serves
/// once.
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
    epoch: Epoch,
    session: SessionId,
    /// On which the session was begun, and with which it ends.
    device: Option<DeviceId>,
    at: UnixTime,
    method: AuthMethod,
}

impl FreshFactor {
    pub(crate) fn new(session: &Session, at: UnixTime, method: AuthMethod) -> Self {
        let (account, epoch) = (session.account().clone(), session.epoch());
        Self { account, epoch, session: session.id(), device: session.device(), at, method }
    }

    /// Who presented it.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// When.
    pub fn at(&self) -> UnixTime {
        self.at
    }

    /// What it was: one of the [second factors](AuthMethod::is_second_factor).
    pub fn method(&self) -> AuthMethod {
        self.method
    }

    /// The session in which it was presented.
    pub(crate) fn session(&self) -> SessionId {
        self.session
    }

    /// The state of the account's credentials in which it was presented.
    pub(super) fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Whether it was presented to this account as it is now, and lately, in a session that has not ended.
    pub(crate) fn is_current(&self, record: &AccountRecord, now: UnixTime, policy: &Policy) -> bool {
        self.epoch == record.epoch
            && is_alive(self.at, policy.step_up_age(), now)
            && self.device.is_none_or(|id| record.living_device(id, now, policy).is_some())
    }
}
