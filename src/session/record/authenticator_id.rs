use super::public_id::public_id;
use crate::enrollment::digest::{HalfDigest, sha256};
use crate::session::{AccountId, TokenError};

public_id! {
    /// Identifies one of an account's authenticators in lists, logs and forms. It grants no access.
    AuthenticatorId
}

impl AuthenticatorId {
    /// The id of the host-verified authenticator that has this credential: in WebAuthn, the credential id.
    ///
    /// It is computed from account and credential, so that a host needs no table to find it.
    ///
    /// ```
    /// use second_factor::AccountId;
    /// use second_factor::session::AuthenticatorId;
    ///
    /// let [ann, bob] = [AccountId::new("ann")?, AccountId::new("bob")?];
    /// assert_ne!(AuthenticatorId::of_host(&ann, b"credential"), AuthenticatorId::of_host(&bob, b"credential"));
    /// # Ok::<(), second_factor::session::AccountIdError>(())
    /// ```
    pub fn of_host(account: &AccountId, credential: &[u8]) -> Self {
        let digest = sha256(&[b"second-factor/host-authenticator/v1", account.as_bytes(), credential]);
        Self(HalfDigest::of(&digest).0)
    }
}
