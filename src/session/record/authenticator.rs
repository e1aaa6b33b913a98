use alloc::string::String;

use crate::otp::{Secret, TimeStep, TotpParams};
use crate::session::token::TokenDigest;
use crate::session::{AccountId, Policy, Seal, SealContext, SealError, Sealed};
use crate::time::{UnixTime, is_alive};

/// A sealed secret and what its codes are made with.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub(crate) struct SealedSecret {
    /// Of the authenticator; the seal is bound to it.
    #[cfg_attr(feature = "serde", serde(with = "crate::enrollment::bytes_text"))]
    pub(crate) id: [u8; 16],
    pub(crate) sealed: Sealed,
    #[cfg_attr(feature = "serde", serde(rename = "totp"))]
    pub(crate) params: TotpParams,
}

impl SealedSecret {
    pub(crate) fn open(&self, account: &AccountId, seal: &dyn Seal) -> Result<Secret, SealError> {
        seal.open(&self.sealed, SealContext::new(account, &self.id))
    }
}

/// The bound authenticator as the record keeps it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub(crate) struct Authenticator {
    pub(crate) secret: SealedSecret,
    /// The step of the last accepted code; `None` only for an imported authenticator whose first code is
    /// still to come.
    #[cfg_attr(feature = "serde", serde(rename = "step"))]
    pub(crate) last_accepted: Option<TimeStep>,
    #[cfg_attr(feature = "serde", serde(rename = "bound"))]
    pub(crate) bound_at: UnixTime,
}

/// An enrollment that waits for its first code.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub(crate) struct PendingEnrollment {
    /// Its id is the token's as well.
    pub(crate) secret: SealedSecret,
    pub(crate) digest: TokenDigest,
    pub(crate) account_name: String,
    #[cfg_attr(feature = "serde", serde(rename = "begun"))]
    pub(crate) begun_at: UnixTime,
    pub(crate) failures: u8,
}

impl PendingEnrollment {
    /// Wrong codes at which it is over: whoever cannot make a code from the secret on the screen has scanned
    /// another one.
    pub(crate) const MAX_FAILURES: u8 = 5;

    pub(crate) fn is_alive(&self, now: UnixTime, policy: &Policy) -> bool {
        self.failures < Self::MAX_FAILURES && is_alive(self.begun_at, policy.enrollment_lifetime(), now)
    }
}
