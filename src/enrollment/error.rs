use super::{Base32Error, KeyUriError, RecoveryCodeError};

/// What the [`enrollment`](crate::enrollment) layer refused, and whose fault it is.
///
/// Messages carry positions and sizes, never the secret, the URI or the code.
///
/// ```
/// use second_factor::RecoveryCode;
///
/// let error = RecoveryCode::parse("123 456").unwrap_err();
/// assert_eq!(error.to_string(), "the text is not a recovery code: a code has 26 characters, not 6");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnrollmentError {
    /// The text of a secret is not base32. The input of whoever typed it.
    #[error("the secret is not base32: {0}")]
    Base32(#[source] Base32Error),
    /// A key URI that cannot be read (the input's fault) or cannot be built (the host's).
    #[error("the key URI is refused: {0}")]
    KeyUri(#[source] KeyUriError),
    /// The text is no recovery code. The claimant's input.
    #[error("the text is not a recovery code: {0}")]
    RecoveryCode(#[source] RecoveryCodeError),
    /// The imported secret is under the floor of RFC 4226 §4 R6 or of the named call for old ones. The host
    /// decides.
    #[error("the secret has {found_bits} bits, under the floor of {floor_bits}")]
    SecretTooShort {
        /// Bits found.
        found_bits: usize,
        /// Bits demanded.
        floor_bits: usize,
    },
    /// The key URI does not fit a QR code. The host's: a shorter issuer or account name fits.
    #[error("the key URI of {found} bytes does not fit a QR code")]
    QrCapacity {
        /// The length of the URI in bytes.
        found: usize,
    },
}

impl From<Base32Error> for EnrollmentError {
    fn from(error: Base32Error) -> Self {
        Self::Base32(error)
    }
}

impl From<KeyUriError> for EnrollmentError {
    fn from(error: KeyUriError) -> Self {
        Self::KeyUri(error)
    }
}

impl From<RecoveryCodeError> for EnrollmentError {
    fn from(error: RecoveryCodeError) -> Self {
        Self::RecoveryCode(error)
    }
}
