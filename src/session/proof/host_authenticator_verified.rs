use core::fmt;

use crate::enrollment::digest::sha256;
use crate::session::{AccountId, AuthenticatorId};

/// The host's word that an authenticator of its own, which is bound to this account, has just proved itself: a passkey
/// or a security key whose signature the host verified.
///
/// It is presented where a code is, and goes by the same rules; a spent guess budget does not hold it up, since there
/// is nothing to guess. What the host has to see to, and this library cannot: a new challenge for each ceremony, which
/// is kept in the browser's session, taken away with its first answer, and never accepted for another account.
///
/// Good once. It cannot be copied or stored:
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
    /// `credential` are the bytes that it was bound with, in WebAuthn the credential id. `signed` is the challenge that it
    /// signed, which no other proof of it has (a signature can be rewritten into another one that is valid, too). A
    /// proof of the same bytes as the last one is refused.
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

/// By what one proof is told from another.
#[derive(Clone, Copy, PartialEq, Eq)]
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

impl fmt::Debug for ProofDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProofDigest(..)")
    }
}
