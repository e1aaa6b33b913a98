use core::fmt;

use subtle::{Choice, ConstantTimeEq};

/// What is stored of a recovery code: 32 bytes, compared in constant time, redacted in `Debug`.
///
/// Not a secret by itself, since nobody inverts the hash of 128 random bits; redacted all the same. In serde
/// it is base32 text in formats that people read, and bytes in others.
#[derive(Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct RecoveryCodeDigest(
    #[cfg_attr(feature = "serde", serde(with = "crate::enrollment::bytes_text"))] [u8; 32],
);

impl RecoveryCodeDigest {
    /// A stored digest.
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

    /// Whether they are equal, as a value that no branch depends on yet.
    pub(crate) fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl fmt::Debug for RecoveryCodeDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCodeDigest(..)")
    }
}

/// In constant time.
impl PartialEq for RecoveryCodeDigest {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}

impl Eq for RecoveryCodeDigest {}
