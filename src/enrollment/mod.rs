//! Secrets in and out: base32, key URIs, QR codes, recovery codes.
//!
//! Everything here is a value made from arguments: there is no clock and no storage, and random numbers come
//! only from the generator that the caller passes. What is typed, scanned or imported becomes a
//! [`Secret`](crate::Secret), a [`KeyUri`] or a [`RecoveryCode`], or else a typed error that contains
//! positions and sizes and never the text. All these errors convert into [`EnrollmentError`].
//!
//! ```
//! use second_factor::{Algorithm, Digits, KeyUri, Period, Secret};
//!
//! let secret = Secret::new(b"12345678901234567890")?; // a service calls Secret::generate(…, &mut OsEntropy)
//! let uri = KeyUri::totp("ACME Co", "alice@example.com", secret, Algorithm::Sha1, Digits::Six, Period::DEFAULT)?;
//! assert_eq!(
//!     uri.to_uri().expose(),
//!     "otpauth://totp/ACME%20Co:alice%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=ACME%20Co",
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub(crate) mod base32;
#[cfg(feature = "serde")]
pub(crate) mod bytes_text;
pub(crate) mod digest;
mod error;
mod generate;
mod imported;
mod key_uri;
#[cfg(feature = "qr")]
mod qr;
mod recovery_code;
mod secret_text;
mod setup_key;

pub use base32::{Base32Error, Base32Secret};
pub use error::EnrollmentError;
pub use imported::{ImportedSecret, SecretTooShort};
pub(crate) use key_uri::printable_issuer;
pub use key_uri::{ForeignScheme, ForeignType, KeyUri, KeyUriError, KeyUriKind, KeyUriWarning, LabelPart};
#[cfg(feature = "qr")]
pub use qr::{QrCapacityError, QrCode};
pub use recovery_code::{RecoveryCode, RecoveryCodeDigest, RecoveryCodeError, RecoveryCodes};
pub use secret_text::SecretText;
pub use setup_key::SetupKey;
