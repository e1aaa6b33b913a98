//! Base32 of RFC 4648 §6 on top of the `base32` crate, which accepts more than the RFC does.
//!
//! The crate lets impossible lengths and stray padding through, and grows its buffers. So here it sees whole groups
//! only, every group is cleared, and what it decoded is encoded again and compared with what came in.

use alloc::string::String;
use alloc::vec::Vec;

use ::base32::Alphabet;
use zeroize::{Zeroize, Zeroizing};

use super::{EnrollmentError, SetupKey};
use crate::otp::Secret;

/// Secrets as text.
impl Secret {
    /// Reads base32 as people type it and as sites issue it.
    ///
    /// Forgiven: lower case, white space, dashes, and `=` in any amount at the end. Non-zero trailing bits, which sites
    /// emit that draw random characters rather than random bytes, are dropped; [`Base32Secret::parse`] also tells.
    ///
    /// The time this takes depends on the length, and the table lookups of the `base32` crate may leave traces of
    /// single characters in the cache of a machine that an attacker shares. Decoding happens at enrollment and import,
    /// not at login.
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

    /// Reads base32 as RFC 4648 §6 defines it: upper case, no separators, zero trailing bits, and either the right
    /// padding or, as key URIs have it, none.
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
        Ok(Base32Secret::decode_strict(text.as_bytes())?)
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
    dropped_bits: bool,
    /// Where the first deviation from RFC 4648 stands that was forgiven.
    respelled: Option<usize>,
}

impl Base32Secret {
    /// Reads what [`Secret::from_base32`] reads.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn parse(text: &str) -> Result<Self, EnrollmentError> {
        Ok(Self::decode(text.as_bytes())?)
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
        self.dropped_bits
    }

    /// Whether the text had lower case, separators, or padding of a wrong length.
    pub fn respelled(&self) -> bool {
        self.respelled.is_some()
    }

    pub(super) fn decode(text: &[u8]) -> Result<Self, Base32Error> {
        let symbols = Symbols::read(text)?;
        let (bytes, dropped_bits) = decode_symbols(symbols.as_str())?;
        let secret =
            Secret::new(&bytes).map_err(|_| Base32Error::Length { symbols: usize::from(symbols.len) })?;
        Ok(Self { secret, dropped_bits, respelled: symbols.respelled })
    }

    pub(super) fn decode_strict(text: &[u8]) -> Result<Secret, Base32Error> {
        match Self::decode(text)? {
            Self { respelled: Some(position), .. } => Err(Base32Error::Spelling { position }),
            Self { dropped_bits: true, .. } => Err(Base32Error::TrailingBits),
            Self { secret, .. } => Ok(secret),
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

/// Upper case, unpadded, the canonical form.
///
/// Five bytes at a time, because the crate's own buffer would grow beyond that and leave copies behind.
pub(crate) fn encode(bytes: &[u8]) -> Zeroizing<String> {
    let groups = bytes.len().div_ceil(5);
    let mut text = Zeroizing::new(String::with_capacity(groups.saturating_mul(8)));
    for group in bytes.chunks(5) {
        let symbols = Zeroizing::new(::base32::encode(ALPHABET, group));
        text.push_str(&symbols);
    }
    text
}

/// Decodes characters of the alphabet; the flag says that non-zero trailing bits were dropped.
pub(crate) fn decode_symbols(symbols: &str) -> Result<(Zeroizing<Vec<u8>>, bool), Base32Error> {
    let whole = symbols.len() & !7;
    let (groups, tail) = symbols.split_at_checked(whole).ok_or(Base32Error::Character { position: whole })?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(whole.saturating_add(8)));
    for part in [groups, tail] {
        let Some(mut decoded) = ::base32::decode(ALPHABET, part) else {
            return Err(Base32Error::Character { position: 0 });
        };
        bytes.extend_from_slice(&decoded);
        decoded.zeroize();
    }
    let canonical = encode(&bytes);
    if canonical.len() == symbols.len() {
        Ok((bytes, canonical.as_str() != symbols))
    } else {
        Err(Base32Error::Length { symbols: symbols.len() })
    }
}

const ALPHABET: Alphabet = Alphabet::Rfc4648 { padding: false };

/// The characters of [`Secret::MAX_LEN`] bytes.
const MAX_SYMBOLS: usize = (Secret::MAX_LEN * 8).div_ceil(5);

/// What remains of a text without separators and padding, in upper case.
struct Symbols {
    upper: Zeroizing<[u8; MAX_SYMBOLS]>,
    len: u8,
    /// As in [`Base32Secret`].
    respelled: Option<usize>,
}

impl Symbols {
    fn read(text: &[u8]) -> Result<Self, Base32Error> {
        let mut upper = Zeroizing::new([0; MAX_SYMBOLS]);
        let mut slots = upper.iter_mut();
        let (mut len, mut padding) = (0_u8, 0_usize);
        let mut respelled = None;
        for (position, &byte) in text.iter().enumerate() {
            let symbol = match byte {
                b'A'..=b'Z' | b'2'..=b'7' => byte,
                b'a'..=b'z' => {
                    respelled = respelled.or(Some(position));
                    byte.to_ascii_uppercase()
                }
                b' ' | b'\t' | b'\r' | b'\n' | b'-' => {
                    respelled = respelled.or(Some(position));
                    continue;
                }
                b'=' => {
                    padding = padding.saturating_add(1);
                    continue;
                }
                _ => return Err(Base32Error::Character { position }),
            };
            if padding > 0 {
                return Err(Base32Error::Padding { position });
            }
            *slots.next().ok_or(Base32Error::TooLong)? = symbol;
            len = len.saturating_add(1);
        }
        if len == 0 {
            return Err(Base32Error::Empty);
        }
        let right = usize::from(len).next_multiple_of(8).saturating_sub(usize::from(len));
        if padding != 0 && padding != right {
            respelled = respelled.or(Some(text.len()));
        }
        Ok(Self { upper, len, respelled })
    }

    fn as_str(&self) -> &str {
        let symbols = self.upper.get(..usize::from(self.len)).unwrap_or_default();
        core::str::from_utf8(symbols).unwrap_or_default()
    }
}
