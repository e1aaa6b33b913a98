use core::str::FromStr;

use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use crate::otp::redacted_debug;
use crate::session::TokenKey;

/// A key of 256 bits that secrets are sealed with. Cleared when dropped, redacted in `Debug`.
///
/// Keep it outside the database it protects: in the environment, a secret manager, a key service.
#[derive(Clone)]
pub struct SealingKey(Zeroizing<[u8; 32]>);

impl SealingKey {
    /// The key of these bytes. They must be random: a password is not a key.
    pub fn new(key: [u8; 32]) -> Self {
        Self(key.into())
    }

    /// Draws a key.
    ///
    /// # Errors
    ///
    /// The errors of `rng`.
    ///
    /// ```
    /// use second_factor::{KeyRing, OsEntropy, SealingKey};
    ///
    /// let keys = KeyRing::new(1, SealingKey::generate(&mut OsEntropy)?);
    /// # Ok::<(), second_factor::EntropyError>(())
    /// ```
    pub fn generate<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, R::Error> {
        let mut key = Self::new([0; 32]);
        rng.try_fill_bytes(&mut *key.0)?;
        Ok(key)
    }

    /// The key of 64 hexadecimal digits, as `openssl rand -hex 32` prints it. White space around them is
    /// ignored.
    ///
    /// ```
    /// use second_factor::SealingKey;
    ///
    /// assert!(SealingKey::from_hex(&"0f".repeat(32)).is_ok());
    /// assert!(SealingKey::from_hex("hunter2").is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// [`SealingKeyError`] for any other text.
    pub fn from_hex(text: &str) -> Result<Self, SealingKeyError> {
        let mut key = Self::new([0; 32]);
        match base16ct::mixed::decode(text.trim(), &mut *key.0) {
            Ok(bytes) if bytes.len() == 32 => Ok(key),
            _ => Err(SealingKeyError),
        }
    }

    pub(super) fn token_key(&self) -> TokenKey {
        TokenKey::derived_from(&self.0)
    }

    pub(super) fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.0).into())
    }
}

/// As [`from_hex`](Self::from_hex).
impl FromStr for SealingKey {
    type Err = SealingKeyError;

    fn from_str(text: &str) -> Result<Self, SealingKeyError> {
        Self::from_hex(text)
    }
}

redacted_debug!(SealingKey);

/// The text is not a sealing key. The error does not repeat it, since it may be a mistyped key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a sealing key is written as 64 hexadecimal digits")]
pub struct SealingKeyError;
