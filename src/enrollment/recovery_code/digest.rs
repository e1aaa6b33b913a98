use subtle::{Choice, ConstantTimeEq};

use crate::otp::redacted_debug;

/// What is stored of a recovery code: 32 bytes, compared in constant time and redacted in `Debug`.
///
/// It is not a secret, since nobody can invert the hash of 128 random bits, but it is redacted all the same.
/// Serde writes it as base32 text in formats that people read, and as bytes in others.
#[derive(Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct RecoveryCodeDigest(
    #[cfg_attr(feature = "serde", serde(with = "crate::enrollment::bytes_text"))] [u8; 32],
);

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
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
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
        self.ct_eq(other).into()
    }
}

impl Eq for RecoveryCodeDigest {}
