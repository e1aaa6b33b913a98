use core::fmt;

use crate::enrollment::RecoveryCodeDigest;
use crate::otp::Code;
use crate::session::proof::{ProofDigest, SessionId};
use crate::session::{AccountId, AuthenticatorId, TokenKeys};
use crate::time::UnixTime;

/// The last step-up of the account. It tells a form that was sent twice from a second try, and holds no code.
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
    /// A code, or the last of codes in a row.
    Code(UsedCode),
    /// The proof of an authenticator that the host verifies.
    Host { authenticator: AuthenticatorId, proof: ProofDigest },
    /// A recovery code.
    RecoveryCode(RecoveryCodeDigest),
}

/// Recognizes a code that was accepted. It is a tag under the service's key, so that the database alone does
/// not reveal the code. It is kept when the authenticator is removed, since the code may have been presented
/// for just that.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub(crate) struct UsedCode(
    #[cfg_attr(feature = "serde", serde(with = "crate::enrollment::bytes_text"))] [u8; 16],
);

impl UsedCode {
    pub(crate) fn of(code: &Code, account: &AccountId, keys: &TokenKeys) -> Self {
        let tag = keys.signed(&[b"second-factor/used-code/v1", account.as_bytes(), code.expose().as_bytes()]);
        Self(tag.first_chunk().copied().unwrap_or_default())
    }
}

impl fmt::Debug for UsedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UsedCode(..)")
    }
}
