use alloc::string::String;
use alloc::vec::Vec;

use super::{AuthenticatorId, DeviceId};
use crate::otp::TotpParams;
use crate::session::HostAuthenticatorKind;
use crate::time::UnixTime;

/// The state of an account's second factor, for its owner to look at.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct FactorStatus {
    /// When the oldest authenticator was bound; `None` while two-factor authentication is off.
    pub enabled_since: Option<UnixTime>,
    /// The authenticators, oldest first.
    pub authenticators: Vec<AuthenticatorInfo>,
    /// How many recovery codes are unused, those of an old system included.
    pub recovery_codes_left: usize,
    /// The guess budget is spent, so single codes are not evaluated. Codes in a row and recovery codes still
    /// are.
    pub is_locked: bool,
    /// When single codes are evaluated again; `None` if the account is not locked, or if waiting alone will
    /// not help.
    pub retry_at: Option<UnixTime>,
    /// The remembered devices, oldest first.
    pub devices: Vec<DeviceInfo>,
}

impl FactorStatus {
    /// Whether two-factor authentication is on.
    pub fn is_enabled(&self) -> bool {
        self.enabled_since.is_some()
    }
}

/// An authenticator as its owner sees it in a list (SP 800-63B §4.1).
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct AuthenticatorInfo {
    /// Which one: to rename, replace or remove it.
    pub id: AuthenticatorId,
    /// What its owner calls it.
    pub label: String,
    /// What it is.
    pub kind: AuthenticatorKind,
    /// When it was bound here.
    pub bound_at: UnixTime,
    /// When it was last accepted; `None` for an imported or host-verified one that was not accepted yet.
    pub last_used: Option<UnixTime>,
}

/// What an authenticator is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum AuthenticatorKind {
    /// An authenticator app, and the parameters of its codes.
    App(TotpParams),
    /// An authenticator that the host verifies.
    Host(HostAuthenticatorKind),
}

/// A remembered device as its owner sees it in a list.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct DeviceInfo {
    /// Which one: to forget it.
    pub id: DeviceId,
    /// What the host called it.
    pub label: String,
    /// When the code was presented on it.
    pub since: UnixTime,
    /// When it was last used. A use within the policy's rotation grace after this moment is not recorded.
    pub last_used: UnixTime,
    /// From when on it is asked for a code again.
    pub until: UnixTime,
}
