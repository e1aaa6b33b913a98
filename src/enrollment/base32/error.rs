use crate::otp::Secret;

/// Why a text is not the base32 of a secret. Positions are in bytes and start at 0.
///
/// ```
/// use second_factor::{Secret, enrollment::Base32Error};
///
/// assert_eq!(Secret::from_base32("MZXW1").unwrap_err(), Base32Error::Character { position: 4 });
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Base32Error {
    /// There are no characters to decode.
    #[error("there are no base32 characters")]
    Empty,
    /// A character outside the alphabet A-Z, 2-7 (RFC 4648 §3.3).
    #[error("the character at {position} is not base32")]
    Character {
        /// Its position.
        position: usize,
    },
    /// A character follows the padding.
    #[error("base32 padding is followed by a character at {position}")]
    Padding {
        /// The position of that character.
        position: usize,
    },
    /// No whole number of bytes is encoded in this many characters (RFC 4648 §6).
    #[error("no secret is {symbols} base32 characters long")]
    Length {
        /// The number of characters found, without separators and padding.
        symbols: usize,
    },
    /// There are more characters than the longest secret has.
    #[error("there are more than {max} base32 characters", max = MAX_SYMBOLS)]
    TooLong,
    /// In strict reading only: the trailing bits are not zero (RFC 4648 §3.5).
    #[error("the trailing bits of the base32 text are not zero")]
    TrailingBits,
    /// In strict reading only: there is lower case, a separator, or padding of a wrong length.
    #[error("the base32 text has lower case, a separator or wrong padding at {position}")]
    Spelling {
        /// The position of the first of them; for padding, of its first `=`.
        position: usize,
    },
}

/// The number of characters that encode [`Secret::MAX_LEN`] bytes.
pub(super) const MAX_SYMBOLS: usize = (Secret::MAX_LEN * 8).div_ceil(5);
