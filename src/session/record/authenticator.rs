use crate::otp::{Secret, TimeStep, TotpParams};
use crate::session::{AccountId, Seal, SealContext, SealError, Sealed};
use crate::time::UnixTime;

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
