use core::fmt;

use super::{super::Base32Error, KeyUri};
use crate::otp::Period;

/// Why a key URI was refused. Positions count bytes of the text from 0; the text itself is in no message.
///
/// ```
/// use second_factor::{KeyUri, enrollment::KeyUriError};
///
/// let error = KeyUri::parse("otpauth://totp/ACME:alice?secret=AA&secret=AB").unwrap_err();
/// assert_eq!(error, KeyUriError::Duplicate { position: 36 });
/// assert_eq!(error.to_string(), "the key URI repeats a parameter at 36");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyUriError {
    /// Longer than [`KeyUri::MAX_LEN`].
    #[error("the key URI has {found} bytes, more than {max}", max = KeyUri::MAX_LEN)]
    TooLong {
        /// The bytes found.
        found: usize,
    },
    /// It does not begin with `otpauth://`.
    #[error("the text does not begin with otpauth:// ({0})")]
    Scheme(ForeignScheme),
    /// The type is neither `totp` nor `hotp`.
    #[error("the type of the key URI is not totp or hotp ({0})")]
    Type(ForeignType),
    /// A percent sign without two hexadecimal digits.
    #[error("the key URI has a malformed escape at {position}")]
    Escape {
        /// Where the percent sign stands.
        position: usize,
    },
    /// The escapes give no UTF-8.
    #[error("the part of the key URI that begins at {position} is not UTF-8")]
    Utf8 {
        /// Where the name or value begins.
        position: usize,
    },
    /// A control character in an issuer or account name.
    #[error("the part of the key URI that begins at {position} has a control character")]
    Control {
        /// Where the name or value begins.
        position: usize,
    },
    /// Neither an issuer nor an account name; strict: no account name.
    #[error("the key URI names no account")]
    EmptyLabel,
    /// A known parameter came twice.
    #[error("the key URI repeats a parameter at {position}")]
    Duplicate {
        /// Where the second one begins.
        position: usize,
    },
    /// There is no secret.
    #[error("the key URI has no secret")]
    MissingSecret,
    /// The secret is not base32.
    #[error("the key URI has no readable secret: {0}")]
    Secret(Base32Error),
    /// No algorithm of RFC 6238 §1.2.
    #[error("the key URI has an unknown algorithm at {position}")]
    Algorithm {
        /// Where the value begins.
        position: usize,
    },
    /// The number of digits is no number, or not 6 to 8.
    #[error("the number of digits in the key URI at {position} is not 6, 7 or 8")]
    Digits {
        /// Where the value begins.
        position: usize,
    },
    /// The period is no number, zero, or longer than SP 800-63B §3.1.4.1 allows.
    #[error("the period in the key URI at {position} is not 1 to {max} seconds", max = Period::MAX_SECS)]
    Period {
        /// Where the value begins.
        position: usize,
    },
    /// The counter is not a number of 64 bits.
    #[error("the counter in the key URI at {position} is not a number")]
    Counter {
        /// Where the value begins.
        position: usize,
    },
    /// Strict: an HOTP URI without its counter.
    #[error("the key URI has no counter")]
    MissingCounter,
    /// Strict: a parameter that the format does not define for this type.
    #[error("the key URI has an undefined parameter at {position}")]
    UnknownParameter {
        /// Where it begins.
        position: usize,
    },
    /// Strict: a character that a URI escapes.
    #[error("the key URI has an unescaped character at {position}")]
    RawCharacter {
        /// Where.
        position: usize,
    },
    /// Strict: a plus sign that may stand for itself or for a space.
    #[error("the key URI has an ambiguous plus sign at {position}")]
    AmbiguousPlus {
        /// Where.
        position: usize,
    },
    /// The issuer or account name has a colon, which separates the two. To be built, the issuer's only: the
    /// host's. Strict: the input's.
    #[error("the {0} has a colon")]
    Colon(LabelPart),
    /// The issuer or account name is there and empty. To be built: the host's. Strict: the input's.
    #[error("the {0} is empty")]
    EmptyName(LabelPart),
    /// To be built: longer than [`KeyUri::MAX_ISSUER_LEN`] or [`KeyUri::MAX_ACCOUNT_NAME_LEN`]. The host's.
    #[error("the {part} has {found} bytes, more than {max}", max = part.max_len())]
    NameTooLong {
        /// Which.
        part: LabelPart,
        /// Its bytes, as they are printed.
        found: usize,
    },
    /// To be built: the issuer or account name has a control character. The host's.
    #[error("the {0} has a control character")]
    ControlCharacter(LabelPart),
    /// To be built: the issuer begins or ends with a space, or the account name begins with one, which readers
    /// drop. The host's.
    #[error("the {0} begins or ends with a space")]
    SurroundingSpace(LabelPart),
    /// To be built: apps take the issuer "Steam" for Steam's own codes. The host's.
    #[error("the issuer is Steam, which apps read as another kind of code")]
    SteamIssuer,
}

/// What a URI is that is no key URI.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ForeignScheme {
    /// `steam://`, a bare Steam secret as Bitwarden writes it.
    Steam,
    /// `otpauth-migration://`, the export of Google Authenticator: many secrets in one payload.
    Migration,
    /// `otpauth:` without the two slashes.
    NoAuthority,
    /// Something else.
    Other,
}

impl fmt::Display for ForeignScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Steam => "a bare Steam secret",
            Self::Migration => "an export of Google Authenticator",
            Self::NoAuthority => "no slashes after the scheme",
            Self::Other => "another scheme",
        })
    }
}

/// The type of a URI that is neither `totp` nor `hotp`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ForeignType {
    /// There is none.
    Missing,
    /// Strict: `steam`, which the format does not define.
    Steam,
    /// `yaotp`, Yandex's own codes.
    Yandex,
    /// Something else.
    Other,
}

impl fmt::Display for ForeignType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "there is none",
            Self::Steam => "Steam",
            Self::Yandex => "Yandex",
            Self::Other => "another one",
        })
    }
}

/// One side of the label's colon.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LabelPart {
    /// Before it, and in the issuer parameter.
    Issuer,
    /// After it.
    AccountName,
}

impl fmt::Display for LabelPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Issuer => "issuer",
            Self::AccountName => "account name",
        })
    }
}
