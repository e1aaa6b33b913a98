use crate::enrollment::digest::sha256;
use crate::otp::constant_time::reveal_equal;
use crate::otp::redacted_debug;
use crate::session::{AccountId, AuthenticatorId};

/// The host's word that it has just verified a signature of an authenticator that is bound to this account: a
/// passkey or a security key.
///
/// It is presented in place of a code, under the same rules, but is accepted even if the guess budget is
/// spent, since there is nothing to guess. The host must ensure what this library cannot: each ceremony has a
/// new challenge, which is kept in the browser's session, removed with its first answer, and never accepted
/// for another account.
///
/// It can be used once, and neither copied nor stored:
///
/// ```compile_fail,E0599
/// fn twice(proof: second_factor::session::HostAuthenticatorVerified) {
///     let _ = proof.clone();
/// }
/// ```
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a verified authenticator counts for nothing before it is presented"]
pub struct HostAuthenticatorVerified {
    account: AccountId,
    authenticator: AuthenticatorId,
    digest: ProofDigest,
}

impl HostAuthenticatorVerified {
    /// The host verified a signature of the authenticator that has this credential.
    ///
    /// `credential` is what it was bound with: in WebAuthn, the credential id. `signed` is the challenge that
    /// it signed, which no other proof has. Do not pass the signature, which can be rewritten into another
    /// valid one. A proof with the same `signed` as the last accepted one is refused.
    pub fn by_host(account: AccountId, credential: &[u8], signed: &[u8]) -> Self {
        let authenticator = AuthenticatorId::of_host(&account, credential);
        let digest = ProofDigest::of(&account, signed);
        Self { account, authenticator, digest }
    }

    /// Whose it is.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// Which of the account's authenticators.
    pub fn authenticator(&self) -> AuthenticatorId {
        self.authenticator
    }

    pub(crate) fn digest(&self) -> ProofDigest {
        self.digest
    }
}

/// Distinguishes one proof from another.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub(crate) struct ProofDigest(
    #[cfg_attr(feature = "serde", serde(with = "crate::enrollment::bytes_text"))] [u8; 16],
);

impl ProofDigest {
    fn of(account: &AccountId, signed: &[u8]) -> Self {
        let digest = sha256(&[b"second-factor/host-proof/v1", account.as_bytes(), signed]);
        Self(digest.first_chunk().copied().unwrap_or_default())
    }
}

/// In constant time.
impl PartialEq for ProofDigest {
    fn eq(&self, other: &Self) -> bool {
        reveal_equal(&self.0, &other.0)
    }
}

impl Eq for ProofDigest {}

redacted_debug!(ProofDigest);
