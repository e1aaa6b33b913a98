use alloc::vec::Vec;

use super::AccountId;
use crate::otp::{Secret, SecretLengthError, redacted_debug};

#[cfg(feature = "sealing")]
mod key_ring;
#[cfg(feature = "sealing")]
mod sealing_key;

#[cfg(feature = "sealing")]
pub use key_ring::KeyRing;
#[cfg(feature = "sealing")]
pub use sealing_key::{SealingKey, SealingKeyError};

/// How secrets are kept in a record: sealed so that a stolen database yields no codes (RFC 6238 §3 R7).
///
/// Use [`KeyRing`](super::KeyRing), or implement this trait for a key management service. Its methods are
/// called synchronously, so do not ask a remote service to open every secret: let it unwrap a data key at
/// start-up.
///
/// To be correct, an implementation:
///
/// - authenticates [`SealContext::associated_data`], so that what was sealed for one account does not open
///   for another;
/// - never opens what it did not seal: it returns an error, never another secret;
/// - depends on its arguments and keys alone: `nonce` is its only randomness.
pub trait Seal: Send + Sync {
    /// Seals `secret` for `context`. The nonce is random and used only once.
    ///
    /// # Errors
    ///
    /// [`SealError`] if the secret could not be sealed.
    fn seal(&self, secret: &Secret, context: SealContext<'_>, nonce: [u8; 24]) -> Result<Sealed, SealError>;

    /// Opens what [`seal`](Self::seal) made for the same context.
    ///
    /// # Errors
    ///
    /// [`SealError`] if it does not open.
    fn open(&self, sealed: &Sealed, context: SealContext<'_>) -> Result<Secret, SealError>;

    /// Whether `sealed` was made with the key that is used for sealing now. If not, the secret is sealed anew
    /// when its record is next written.
    fn is_current(&self, sealed: &Sealed) -> bool;
}

/// What a secret is sealed for: this authenticator of this account.
#[derive(Clone, Copy, Debug)]
pub struct SealContext<'a> {
    account: &'a AccountId,
    authenticator: &'a [u8; 16],
}

impl<'a> SealContext<'a> {
    pub(crate) fn new(account: &'a AccountId, authenticator: &'a [u8; 16]) -> Self {
        Self { account, authenticator }
    }

    /// The bytes to authenticate beside the ciphertext. No two contexts have the same bytes.
    pub fn associated_data(&self) -> Vec<u8> {
        // The authenticator's id has a fixed length, so the account id may have any length.
        [b"second-factor/seal/v1\0".as_slice(), self.authenticator, self.account.as_bytes()].concat()
    }
}

/// A sealed secret as a record holds it: 1 to 1024 bytes that only the [`Seal`] that made them understands.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// The longest sealed secret, in bytes.
    pub const MAX_LEN: usize = 1024;

    /// The sealed secret of these bytes.
    ///
    /// # Errors
    ///
    /// [`SealError::Malformed`] unless there are 1 to [`MAX_LEN`](Self::MAX_LEN).
    pub fn new(bytes: Vec<u8>) -> Result<Self, SealError> {
        if (1..=Self::MAX_LEN).contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(SealError::Malformed) }
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The id of the key that sealed it, if it was a key of a [`KeyRing`].
    #[cfg(feature = "sealing")]
    pub fn key(&self) -> Option<u32> {
        KeyRing::key_of(self)
    }
}

// Under `StoreSecretsInClear` these bytes hold the secret.
redacted_debug!(Sealed);

/// Why a secret could not be sealed or opened. Nobody was let in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The bytes do not have the form that this kind of seal makes.
    #[error("the sealed secret is malformed")]
    Malformed,
    /// The key that sealed this secret is not on the ring.
    #[error("the secret is sealed with key {key}, which is not on the ring")]
    UnknownKey {
        /// The key's id.
        key: u32,
    },
    /// The seal does not open: the key is wrong, or the secret was changed, or was sealed for another account
    /// or authenticator.
    #[error("the seal does not open: wrong key, another account's secret, or damage")]
    Broken,
    /// A key service could not be reached or refused to work.
    #[error("the key service is unavailable")]
    Unavailable,
    /// What was sealed does not have the length of a secret.
    #[error(transparent)]
    Secret(#[from] SecretLengthError),
}

/// No seal at all: secrets are stored in clear, and whoever reads the database can make codes.
///
/// For tests, and for hosts whose store is encrypted as a whole and whose threat model says so.
#[derive(Clone, Copy, Debug, Default)]
pub struct StoreSecretsInClear;

impl StoreSecretsInClear {
    /// The first byte, which no other seal uses: a key ring never opens a secret that was stored in clear.
    const FORM: u8 = 0;
}

impl Seal for StoreSecretsInClear {
    fn seal(&self, secret: &Secret, _: SealContext<'_>, _: [u8; 24]) -> Result<Sealed, SealError> {
        Sealed::new([&[Self::FORM], secret.expose()].concat())
    }

    fn open(&self, sealed: &Sealed, _: SealContext<'_>) -> Result<Secret, SealError> {
        match sealed.as_bytes().split_first() {
            Some((&Self::FORM, secret)) => Ok(Secret::new(secret)?),
            _ => Err(SealError::Malformed),
        }
    }

    fn is_current(&self, _: &Sealed) -> bool {
        true
    }
}
