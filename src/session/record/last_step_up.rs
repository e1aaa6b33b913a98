use subtle::Choice;

use crate::enrollment::RecoveryCodeDigest;
use crate::enrollment::digest::HalfDigest;
use crate::otp::constant_time::reveal;
use crate::otp::{Code, redacted_debug};
use crate::session::proof::SessionId;
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
    Host { authenticator: AuthenticatorId, proof: HalfDigest },
    /// A recovery code.
    RecoveryCode(RecoveryCodeDigest),
}

/// Recognizes a code that was accepted. It is a tag under the service's key, so that the database alone does
/// not reveal the code. It is kept when the authenticator is removed, since the code may have been presented
/// for that removal.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub(crate) struct UsedCode(HalfDigest);

impl UsedCode {
    pub(crate) fn of(code: &Code, account: &AccountId, keys: &TokenKeys) -> Self {
        Self(HalfDigest::of(&keys.signed(&Self::parts(code, account))))
    }

    /// Whether this code was used. The tag is compared under every key, since during a rotation another
    /// instance may have signed with another key.
    pub(crate) fn is_of(&self, code: &Code, account: &AccountId, keys: &TokenKeys) -> bool {
        let parts = Self::parts(code, account);
        let tags = keys.signed_by_each(&parts);
        reveal(tags.fold(Choice::from(0), |found, tag| found | self.0.ct_eq(&HalfDigest::of(&tag))))
    }

    fn parts<'a>(code: &'a Code, account: &'a AccountId) -> [&'a [u8]; 3] {
        [b"second-factor/used-code/v1", account.as_bytes(), code.expose().as_bytes()]
    }
}

redacted_debug!(UsedCode);
