#[cfg(feature = "qr")]
use super::QrCapacityError;
use super::{Base32Error, KeyUriError, RecoveryCodeError, SecretTooShort};

/// An error of the [`enrollment`](crate::enrollment) layer. Each variant says whose fault it is.
///
/// Constructors return more specific error types, and `?` converts each of them into this one. Messages
/// contain positions and sizes, never the secret, the URI or the code.
///
/// ```
/// use second_factor::{EnrollmentError, KeyUri, enrollment::ImportedSecret};
///
/// fn import(text: &str) -> Result<ImportedSecret, EnrollmentError> {
///     let uri = KeyUri::parse(text)?;
///     Ok(ImportedSecret::new(uri.secret().clone())?)
/// }
///
/// assert!(matches!(import("https://example.com"), Err(EnrollmentError::KeyUri(_))));
/// assert!(matches!(import("otpauth://totp/A:b?secret=MZXW6YQ"), Err(EnrollmentError::SecretTooShort(_))));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnrollmentError {
    /// The text of a secret is not base32. Whoever typed it is at fault.
    #[error(transparent)]
    Base32(#[from] Base32Error),
    /// A key URI cannot be read (the input is at fault) or cannot be built (the host is at fault).
    #[error(transparent)]
    KeyUri(#[from] KeyUriError),
    /// The text is not a recovery code. The claimant's input is at fault.
    #[error(transparent)]
    RecoveryCode(#[from] RecoveryCodeError),
    /// The imported secret is shorter than the minimum. The host decides what to do with it.
    #[error(transparent)]
    SecretTooShort(#[from] SecretTooShort),
    /// The key URI does not fit into a QR code. The host is at fault: only a URI that was read, with long
    /// names or unknown parameters, can be too long.
    #[cfg(feature = "qr")]
    #[error(transparent)]
    QrCapacity(#[from] QrCapacityError),
}
