use alloc::string::String;

use super::AuthenticatorId;
use crate::enrollment::digest::HalfDigest;
use crate::otp::{Secret, TimeStep, TotpParams};
use crate::session::{
    AccountId, AuthenticatorInfo, AuthenticatorKind, HostAuthenticatorKind, Seal, SealContext, SealError,
    Sealed,
};
use crate::time::UnixTime;

/// A sealed secret and the parameters of its codes.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub(crate) struct SealedSecret {
    pub(crate) sealed: Sealed,
    #[cfg_attr(feature = "serde", serde(rename = "totp"))]
    pub(crate) params: TotpParams,
}

impl SealedSecret {
    /// Opens it. The seal is bound to the account and to the authenticator.
    pub(crate) fn open(
        &self,
        account: &AccountId,
        id: &AuthenticatorId,
        seal: &dyn Seal,
    ) -> Result<Secret, SealError> {
        seal.open(&self.sealed, SealContext::new(account, &id.0))
    }
}

/// A bound authenticator as the record keeps it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub(crate) struct Authenticator {
    pub(crate) id: AuthenticatorId,
    pub(crate) label: String,
    #[cfg_attr(feature = "serde", serde(rename = "bound"))]
    pub(crate) bound_at: UnixTime,
    /// When it was last accepted; `None` for an imported or host-verified one that was not accepted yet.
    #[cfg_attr(feature = "serde", serde(rename = "used"))]
    pub(crate) last_used: Option<UnixTime>,
    pub(crate) prover: Prover,
}

/// How an authenticator proves itself.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub(crate) enum Prover {
    /// By codes of an authenticator app.
    App(App),
    /// By a signature that the host verifies.
    Host(Host),
}

/// An authenticator app.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub(crate) struct App {
    /// The step of the last accepted code; `None` only for an imported authenticator whose first code is
    /// still to come.
    #[cfg_attr(feature = "serde", serde(rename = "step"))]
    pub(crate) last_accepted: Option<TimeStep>,
    pub(crate) secret: SealedSecret,
}

/// An authenticator that the host verifies.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub(crate) struct Host {
    pub(crate) kind: HostAuthenticatorKind,
    /// The digest of the last accepted proof, so that it is not accepted again.
    #[cfg_attr(feature = "serde", serde(rename = "proof"))]
    pub(crate) last_proof: Option<HalfDigest>,
}

impl Authenticator {
    pub(crate) fn app(&self) -> Option<&App> {
        match &self.prover {
            Prover::App(app) => Some(app),
            Prover::Host(_) => None,
        }
    }

    pub(crate) fn app_mut(&mut self) -> Option<&mut App> {
        match &mut self.prover {
            Prover::App(app) => Some(app),
            Prover::Host(_) => None,
        }
    }

    pub(crate) fn host(&self) -> Option<&Host> {
        match &self.prover {
            Prover::App(_) => None,
            Prover::Host(host) => Some(host),
        }
    }

    pub(crate) fn info(&self) -> AuthenticatorInfo {
        AuthenticatorInfo {
            id: self.id,
            label: self.label.clone(),
            kind: match &self.prover {
                Prover::App(app) => AuthenticatorKind::App(app.secret.params),
                Prover::Host(host) => AuthenticatorKind::Host(host.kind),
            },
            bound_at: self.bound_at,
            last_used: self.last_used,
        }
    }
}
