#[cfg(feature = "qr")]
use super::QrCapacityError;
use super::{Base32Error, KeyUriError, RecoveryCodeError, SecretTooShort};

/// What the [`enrollment`](crate::enrollment) layer refused, and whose fault it is.
///
/// Constructors return the narrow errors; each of them becomes this one by `?`. Messages carry positions and
/// sizes, never the secret, the URI or the code.
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
    /// The text of a secret is not base32. The input of whoever typed it.
    #[error(transparent)]
    Base32(#[from] Base32Error),
    /// A key URI that cannot be read (the input's fault) or cannot be built (the host's).
    #[error(transparent)]
    KeyUri(#[from] KeyUriError),
    /// The text is no recovery code. The claimant's input.
    #[error(transparent)]
    RecoveryCode(#[from] RecoveryCodeError),
    /// The imported secret is under the floor. The host decides.
    #[error(transparent)]
    SecretTooShort(#[from] SecretTooShort),
    /// The key URI does not fit a QR code. The host's: a shorter issuer or account name fits.
    #[cfg(feature = "qr")]
    #[error(transparent)]
    QrCapacity(#[from] QrCapacityError),
}
