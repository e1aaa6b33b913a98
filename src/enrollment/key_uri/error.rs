use core::fmt;

use super::{super::Base32Error, KeyUri};
use crate::otp::Period;

/// Why a key URI was refused. Positions are in bytes of the text and start at 0. No message contains the text
/// itself.
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
    /// The text is longer than [`KeyUri::MAX_LEN`].
    #[error("the key URI has {found} bytes, more than {max}", max = KeyUri::MAX_LEN)]
    TooLong {
        /// The number of bytes found.
        found: usize,
    },
    /// The text does not begin with `otpauth://`.
    #[error("the text does not begin with otpauth:// ({0})")]
    Scheme(ForeignScheme),
    /// The type is neither `totp` nor `hotp`.
    #[error("the type of the key URI is not totp or hotp ({0})")]
    Type(ForeignType),
    /// A percent sign is not followed by two hexadecimal digits.
    #[error("the key URI has a malformed escape at {position}")]
    Escape {
        /// The position of the percent sign.
        position: usize,
    },
    /// With its escapes undone, a name or value is not UTF-8.
    #[error("the part of the key URI that begins at {position} is not UTF-8")]
    Utf8 {
        /// Where the name or value begins.
        position: usize,
    },
    /// An issuer or account name has a control character.
    #[error("the part of the key URI that begins at {position} has a control character")]
    Control {
        /// Where the name or value begins.
        position: usize,
    },
    /// There is neither an issuer nor an account name. In strict reading: there is no account name.
    #[error("the key URI names no account")]
    EmptyLabel,
    /// There are two parameters of the same known name.
    #[error("the key URI repeats a parameter at {position}")]
    Duplicate {
        /// Where the second one begins.
        position: usize,
    },
    /// There is no secret.
    #[error("the key URI has no secret")]
    MissingSecret,
    /// The secret is not base32. The position in this error is counted from the start of the secret, with its
    /// escapes undone.
    #[error("the key URI has no readable secret: {0}")]
    Secret(Base32Error),
    /// The algorithm is not one of RFC 6238 §1.2.
    #[error("the key URI has an unknown algorithm at {position}")]
    Algorithm {
        /// Where the value begins.
        position: usize,
    },
    /// The number of digits is not a number from 6 to 8.
    #[error("the number of digits in the key URI at {position} is not 6, 7 or 8")]
    Digits {
        /// Where the value begins.
        position: usize,
    },
    /// The period is not a number, is zero, or is longer than SP 800-63B §3.1.4.1 allows.
    #[error("the period in the key URI at {position} is not 1 to {max} seconds", max = Period::MAX_SECS)]
    Period {
        /// Where the value begins.
        position: usize,
    },
    /// The counter is not a number that fits into 64 bits.
    #[error("the counter in the key URI at {position} is not a number")]
    Counter {
        /// Where the value begins.
        position: usize,
    },
    /// In strict reading only: an HOTP URI has no counter.
    #[error("the key URI has no counter")]
    MissingCounter,
    /// In strict reading only: there is a parameter that the format does not define for this type.
    #[error("the key URI has an undefined parameter at {position}")]
    UnknownParameter {
        /// Where the parameter begins.
        position: usize,
    },
    /// In strict reading only: there is a character that a URI has to escape.
    #[error("the key URI has an unescaped character at {position}")]
    RawCharacter {
        /// Where.
        position: usize,
    },
    /// In strict reading only: there is a plus sign, which could be a plus or a space.
    #[error("the key URI has an ambiguous plus sign at {position}")]
    AmbiguousPlus {
        /// Where.
        position: usize,
    },
    /// The issuer or account name has a colon, which separates the two. When a URI is built, only an issuer
    /// with a colon is refused, and the host is at fault. In strict reading, a colon in either is refused,
    /// and the input is at fault.
    #[error("the {0} has a colon")]
    Colon(LabelPart),
    /// The issuer or account name is present but empty. When a URI is built, the host is at fault; in strict
    /// reading, the input.
    #[error("the {0} is empty")]
    EmptyName(LabelPart),
    /// When a URI is built: a name is longer than [`KeyUri::MAX_ISSUER_LEN`] or
    /// [`KeyUri::MAX_ACCOUNT_NAME_LEN`]. The host is at fault.
    #[error("the {part} has {found} bytes, more than {max}", max = part.max_len())]
    NameTooLong {
        /// Which of the two names.
        part: LabelPart,
        /// Its length in bytes, as it is printed.
        found: usize,
    },
    /// When a URI is built: the issuer or account name has a control character. The host is at fault.
    #[error("the {0} has a control character")]
    ControlCharacter(LabelPart),
    /// When a URI is built: the issuer begins or ends with a space, or the account name begins with one.
    /// Readers drop such spaces. The host is at fault.
    #[error("the {0} begins or ends with a space")]
    SurroundingSpace(LabelPart),
    /// When a URI is built: the issuer is "Steam", which apps take for Steam's own codes. The host is at
    /// fault.
    #[error("the issuer is Steam, which apps read as another kind of code")]
    SteamIssuer,
}

/// The kind of a text that does not begin with `otpauth://`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ForeignScheme {
    /// In strict reading only: `steam://`, a plain Steam secret as Bitwarden writes it.
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
            Self::Steam => "a plain Steam secret",
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
    /// There is no type.
    Missing,
    /// In strict reading only: `steam`, which the format does not define.
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

/// A part of the label, which is `issuer:account name`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LabelPart {
    /// The issuer, before the colon and in the issuer parameter.
    Issuer,
    /// The account name, after the colon.
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
