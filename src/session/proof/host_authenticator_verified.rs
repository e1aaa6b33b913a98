use crate::enrollment::digest::{HalfDigest, sha256};
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
    /// Distinguishes this proof from others.
    pub(crate) digest: HalfDigest,
}

impl HostAuthenticatorVerified {
    /// The host verified a signature of the authenticator that has this credential.
    ///
    /// `credential` is what it was bound with: in WebAuthn, the credential id. `signed` is the challenge that
    /// it signed, which no other proof has. Do not pass the signature, which can be rewritten into another
    /// valid one. A proof with the same `signed` as the last accepted one is refused.
    pub fn by_host(account: AccountId, credential: &[u8], signed: &[u8]) -> Self {
        let authenticator = AuthenticatorId::of_host(&account, credential);
        let digest = sha256(&[b"second-factor/host-proof/v1", account.as_bytes(), signed]);
        Self { account, authenticator, digest: HalfDigest::of(&digest) }
    }

    /// Whose it is.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// Which of the account's authenticators.
    pub fn authenticator(&self) -> AuthenticatorId {
        self.authenticator
    }
}
