use crate::enrollment::RecoveryCodeDigest;
use crate::otp::TimeStep;
use crate::session::AuthenticatorId;
use crate::session::proof::{ProofDigest, SessionId};
use crate::time::UnixTime;

/// The last step-up of the account, so that a form that was sent twice is told from a second try. It holds no code.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub(crate) struct LastStepUp {
    pub(crate) session: SessionId,
    pub(crate) at: UnixTime,
    pub(crate) what: SteppedUpWith,
}

/// What was presented in a step-up.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case", deny_unknown_fields)
)]
pub(crate) enum SteppedUpWith {
    /// The code of an authenticator at a step.
    Code { authenticator: AuthenticatorId, step: TimeStep },
    /// The proof of an authenticator of the host's own.
    Host { authenticator: AuthenticatorId, proof: ProofDigest },
    /// A recovery code.
    RecoveryCode(RecoveryCodeDigest),
}
