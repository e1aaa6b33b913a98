use super::{EnrollmentError, SetupKey};
use crate::otp::Secret;

mod codec;
mod symbols;

use codec::{Spelling, decode, decoded_len, encoded_len};
pub(crate) use codec::{decode_array, decode_vec, encode};
pub(crate) use symbols::Symbols;

/// Secrets as text.
impl Secret {
    /// Reads base32 as people type it and as sites issue it.
    ///
    /// Forgiven: lower case, white space, dashes, and `=` in any amount at the end. Non-zero trailing bits,
    /// which sites emit that draw random characters rather than random bytes, are dropped;
    /// [`Base32Secret::parse`] also tells.
    ///
    /// The time this takes depends on the length, and where something is forgiven also on which characters are
    /// letters, digits and separators. Decoding happens at enrollment and import, not at login.
    ///
    /// # Errors
    ///
    /// [`EnrollmentError::Base32`] where the text is not base32 or no secret of 1 to 128 bytes.
    ///
    /// ```
    /// use second_factor::Secret;
    ///
    /// let secret = Secret::from_base32("gezd gnbv-gy3t qojq ====")?;
    /// assert_eq!(secret.expose(), b"1234567890");
    /// # Ok::<(), second_factor::EnrollmentError>(())
    /// ```
    pub fn from_base32(text: &str) -> Result<Self, EnrollmentError> {
        Ok(Base32Secret::parse(text)?.into_secret())
    }

    /// Reads base32 as RFC 4648 §6 defines it: upper case, no separators, zero trailing bits, and either the
    /// right padding or, as key URIs have it, none. Not in constant time, as [`from_base32`](Self::from_base32).
    ///
    /// # Errors
    ///
    /// [`EnrollmentError::Base32`] for everything else.
    ///
    /// ```
    /// use second_factor::Secret;
    ///
    /// assert!(Secret::from_base32_strict("MZXW6YQ=").is_ok());
    /// assert!(Secret::from_base32_strict("MZXW6YR=").is_err()); // trailing bits, RFC 4648 §3.5
    /// assert!(Secret::from_base32_strict("mzxw6yq").is_err());
    /// ```
    pub fn from_base32_strict(text: &str) -> Result<Self, EnrollmentError> {
        let mut secret = Self::BLANK;
        read_secret_strict(text.as_bytes(), &mut secret)?;
        Ok(secret)
    }

    /// The secret in base32, upper case and unpadded, for claimants who type instead of scanning.
    ///
    /// ```
    /// use second_factor::Secret;
    ///
    /// let key = Secret::new(b"1234567890")?.to_base32();
    /// assert_eq!(key.expose(), "GEZDGNBVGY3TQOJQ");
    /// assert_eq!(key.grouped().expose(), "GEZD GNBV GY3T QOJQ");
    /// # Ok::<(), second_factor::otp::OtpError>(())
    /// ```
    pub fn to_base32(&self) -> SetupKey {
        SetupKey::new(encode(self.expose()))
    }
}

/// A secret read from base32, with what was forgiven.
///
/// ```
/// use second_factor::enrollment::Base32Secret;
///
/// let read = Base32Secret::parse("ABCDEFG")?; // 35 bits: four bytes and three bits that are not zero
/// assert!(read.dropped_bits());
/// assert_eq!(read.secret().bits(), 32);
/// # Ok::<(), second_factor::EnrollmentError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Base32Secret {
    secret: Secret,
    forgiven: Forgiven,
}

/// What was forgiven in reading a secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Forgiven {
    pub(super) dropped_bits: bool,
    /// Where the first deviation from RFC 4648 stands.
    pub(super) respelled: Option<usize>,
}

impl Forgiven {
    pub(super) const NOTHING: Self = Self { dropped_bits: false, respelled: None };
}

impl Base32Secret {
    /// Reads what [`Secret::from_base32`] reads, and not in constant time either.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn parse(text: &str) -> Result<Self, EnrollmentError> {
        let mut secret = Secret::BLANK;
        let forgiven = read_secret(text.as_bytes(), &mut secret)?;
        Ok(Self { secret, forgiven })
    }

    /// The secret.
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// The secret, by value.
    pub fn into_secret(self) -> Secret {
        self.secret
    }

    /// Whether the last character had bits that belong to no byte and were not zero (RFC 4648 §3.5).
    pub fn dropped_bits(&self) -> bool {
        self.forgiven.dropped_bits
    }

    /// Whether the text had lower case, separators, or padding of a wrong length.
    pub fn respelled(&self) -> bool {
        self.forgiven.respelled.is_some()
    }
}

/// Reads a secret, and tells what was forgiven.
#[inline(never)] // Here the outcome becomes a branch, under a name that the examiner of branches knows.
pub(super) fn read_secret(text: &[u8], into: &mut Secret) -> Result<Forgiven, Base32Error> {
    // Canonical text, the common case, is decoded where it stands.
    if let Some(dropped_bits) = read_symbols(text, into) {
        return Ok(Forgiven { dropped_bits, respelled: None });
    }
    let mut symbols = Symbols::NONE;
    let (symbols, respelled) = symbols.read(text)?;
    let dropped_bits = read_symbols(symbols, into).ok_or(Base32Error::Length { symbols: symbols.len() })?;
    Ok(Forgiven { dropped_bits, respelled })
}

/// The same, with nothing forgiven.
#[inline(never)] // As above.
pub(super) fn read_secret_strict(text: &[u8], into: &mut Secret) -> Result<(), Base32Error> {
    match read_secret(text, into)? {
        Forgiven { respelled: Some(position), .. } => Err(Base32Error::Spelling { position }),
        Forgiven { dropped_bits: true, .. } => Err(Base32Error::TrailingBits),
        Forgiven { .. } => Ok(()),
    }
}

/// Whether bits were dropped, if it was a secret.
#[inline(never)] // As above.
fn read_symbols(symbols: &[u8], into: &mut Secret) -> Option<bool> {
    let mut spelling = Spelling::Other;
    into.fill(decoded_len(symbols.len())?, |bytes| spelling = decode(symbols, bytes)).ok()?;
    match spelling {
        Spelling::Canonical => Some(false),
        Spelling::TrailingBits => Some(true),
        Spelling::Other => {
            *into = Secret::BLANK;
            None
        }
    }
}

/// Why a text is not the base32 of a secret. Positions count bytes from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Base32Error {
    /// There is nothing to decode.
    #[error("it has no characters")]
    Empty,
    /// A character outside the alphabet A-Z, 2-7 (RFC 4648 §3.3).
    #[error("the character at {position} is outside the alphabet")]
    Character {
        /// Where.
        position: usize,
    },
    /// Something follows the padding.
    #[error("padding is followed by a character at {position}")]
    Padding {
        /// Where the character that follows stands.
        position: usize,
    },
    /// No number of bytes encodes to this many characters (RFC 4648 §6).
    #[error("no secret is {symbols} characters long")]
    Length {
        /// Characters found, without separators and padding.
        symbols: usize,
    },
    /// More characters than the longest secret has.
    #[error("it has more than {max} characters", max = MAX_SYMBOLS)]
    TooLong,
    /// Strict: the trailing bits are not zero (RFC 4648 §3.5).
    #[error("the trailing bits are not zero")]
    TrailingBits,
    /// Strict: lower case, a separator, or padding of a wrong length.
    #[error("lower case, separator or wrong padding at {position}")]
    Spelling {
        /// Where the first of them stands.
        position: usize,
    },
}

/// The characters of [`Secret::MAX_LEN`] bytes.
const MAX_SYMBOLS: usize = encoded_len(Secret::MAX_LEN);
