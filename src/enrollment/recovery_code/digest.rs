use subtle::Choice;

use crate::enrollment::digest::HalfDigest;
use crate::otp::redacted_debug;

/// The stored form of a recovery code: the first 16 bytes of a SHA-256 digest, compared in constant time and
/// redacted in `Debug`.
///
/// It is not a secret, since nobody can invert the hash of 128 random bits, but it is redacted all the same.
///
/// 16 bytes are enough. Somebody who reads the database needs 2^128 tries to find a code with a stored
/// digest, as many as to guess the code itself. So a longer digest would not be stronger (SP 800-107 §5.1: a
/// digest that is cut to 128 bits has a strength of 128 bits against preimages; SP 800-63B asks for 112). Two
/// codes with the same digest can be found with 2^64 tries, but are of no use: nobody but the service makes
/// codes.
///
/// Serde writes it as base32 text in formats that people read, and as a list of 16 bytes in others.
#[derive(Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct RecoveryCodeDigest(pub(crate) HalfDigest);

impl RecoveryCodeDigest {
    /// The digest with these stored bytes.
    ///
    /// ```
    /// use second_factor::{RecoveryCode, enrollment::RecoveryCodeDigest};
    ///
    /// let digest = RecoveryCode::parse("MFRGG-ZDFMZ-TWQ2L-KNNWG-23TPOA")?.digest("alice");
    /// assert_eq!(RecoveryCodeDigest::from_bytes(*digest.as_bytes()), digest);
    /// # Ok::<(), second_factor::enrollment::RecoveryCodeError>(())
    /// ```
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(HalfDigest(bytes))
    }

    /// The bytes to store.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0.0
    }

    /// Whether the two are equal, as a `Choice`, so that no branch depends on it yet.
    pub(crate) fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

redacted_debug!(RecoveryCodeDigest);

/// Compares in constant time.
impl PartialEq for RecoveryCodeDigest {
    fn eq(&self, other: &Self) -> bool {
        // Not revealed, so that `.ci/constant-time` sees a search that stops at the first match.
        self.ct_eq(other).into()
    }
}

impl Eq for RecoveryCodeDigest {}
