use crate::session::{AccountId, AuthMethod, Epoch};
use crate::time::UnixTime;

/// A code or recovery code presented just now, in a live session, for one sensitive step: to disable, to
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
    at: UnixTime,
    method: AuthMethod,
}

impl FreshFactor {
    pub(crate) fn new(account: AccountId, epoch: Epoch, at: UnixTime, method: AuthMethod) -> Self {
        Self { account, epoch, at, method }
    }

    /// Who presented it.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// When.
    pub fn at(&self) -> UnixTime {
        self.at
    }

    /// Which of the two it was: [`AuthMethod::Code`] or [`AuthMethod::RecoveryCode`].
    pub fn method(&self) -> AuthMethod {
        self.method
    }

    pub(crate) fn epoch(&self) -> Epoch {
        self.epoch
    }
}
