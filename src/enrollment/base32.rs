//! Base32 of RFC 4648 §6 on top of the `base32` crate, which accepts more than the RFC does.
//!
//! The crate lets impossible lengths and stray padding through, so what it decoded is encoded again and
//! compared with what came in. Encoding is done here: the crate's encoder grows its buffer and leaves copies
//! behind.

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
    /// Forgiven: lower case, white space, dashes, and `=` in any amount at the end. Non-zero trailing bits,
    /// which sites emit that draw random characters rather than random bytes, are dropped;
    /// [`Base32Secret::parse`] also tells.
    ///
    /// This is not constant time: its branches and table look-ups depend on the characters, and may leave
    /// traces of them in the cache of a machine that an attacker shares. Secrets are read at enrollment and
    /// import, not at login.
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
    /// Reads what [`Secret::from_base32`] reads, and not in constant time either.
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
        // Canonical text, the common case, is decoded where it stands.
        if !text.is_empty() && text.len() <= MAX_SYMBOLS && text.iter().all(|byte| is_symbol(*byte)) {
            return Self::of_symbols(core::str::from_utf8(text).unwrap_or_default(), None);
        }
        let symbols = Symbols::read(text)?;
        Self::of_symbols(symbols.as_str(), symbols.respelled)
    }

    fn of_symbols(symbols: &str, respelled: Option<usize>) -> Result<Self, Base32Error> {
        let (bytes, dropped_bits) = decode_symbols(symbols)?;
        let secret = Secret::new(&bytes).map_err(|_| Base32Error::Length { symbols: symbols.len() })?;
        Ok(Self { secret, dropped_bits, respelled })
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

/// Upper case, unpadded, the canonical form, with zero bits at the end (RFC 4648 §3.5).
pub(crate) fn encode(bytes: &[u8]) -> Zeroizing<String> {
    let groups = bytes.len().div_ceil(5);
    let mut text = Zeroizing::new(String::with_capacity(groups.saturating_mul(8)));
    for group in bytes.chunks(5) {
        let count = group.len().saturating_mul(8).div_ceil(5);
        text.extend(symbols_of(group).into_iter().take(count).map(char::from));
    }
    text
}

/// Decodes characters of the alphabet; the flag says that non-zero trailing bits were dropped.
pub(crate) fn decode_symbols(symbols: &str) -> Result<(Zeroizing<Vec<u8>>, bool), Base32Error> {
    let length = Base32Error::Length { symbols: symbols.len() };
    if symbols.len() % 8 == 1 {
        return Err(length); // the one case in which the crate's buffer would grow
    }
    let bytes = ::base32::decode(ALPHABET, symbols).ok_or(Base32Error::Character { position: 0 })?;
    let bytes = Zeroizing::new(bytes);
    if bytes.len().saturating_mul(8).div_ceil(5) != symbols.len() {
        return Err(length);
    }
    // Eight characters and five bytes are one to one: only what follows the last eight can deviate.
    let (_, last) = bytes.as_chunks::<5>();
    let (_, tail) = symbols.as_bytes().as_chunks::<8>();
    let canonical = symbols_of(last).starts_with(tail);
    Ok((bytes, !canonical))
}

/// The eight characters of up to five bytes, computed and not looked up.
#[inline]
fn symbols_of(group: &[u8]) -> [u8; 8] {
    let mut bytes = [0; 8];
    for (to, from) in bytes.iter_mut().skip(3).zip(group) {
        *to = *from;
    }
    let mut word = u64::from_be_bytes(bytes);
    let mut symbols = [0; 8];
    for symbol in symbols.iter_mut().rev() {
        let five = (word & 31) as u8;
        word >>= 5;
        // From 26 on, the digits: `2` stands 41 before the `[` that follows `Z`.
        let digit = 25_u8.wrapping_sub(five) >> 7;
        *symbol = five.wrapping_add(b'A').wrapping_sub(digit.wrapping_mul(41));
    }
    symbols
}

fn is_symbol(byte: u8) -> bool {
    byte.is_ascii_uppercase() || matches!(byte, b'2'..=b'7')
}

const ALPHABET: Alphabet = Alphabet::Rfc4648 { padding: false };

/// The characters of [`Secret::MAX_LEN`] bytes.
const MAX_SYMBOLS: usize = (Secret::MAX_LEN * 8).div_ceil(5);

/// What remains of a text without separators and padding, in upper case.
struct Symbols {
    upper: [u8; MAX_SYMBOLS],
    len: u8,
    /// As in [`Base32Secret`].
    respelled: Option<usize>,
}

impl Symbols {
    fn read(text: &[u8]) -> Result<Self, Base32Error> {
        let mut read = Self { upper: [0; MAX_SYMBOLS], len: 0, respelled: None };
        let mut padding = 0_usize;
        for (position, &byte) in text.iter().enumerate() {
            let symbol = match byte {
                b'A'..=b'Z' | b'2'..=b'7' => byte,
                b'a'..=b'z' => {
                    read.respelled = read.respelled.or(Some(position));
                    byte.to_ascii_uppercase()
                }
                b' ' | b'\t' | b'\r' | b'\n' | b'-' => {
                    read.respelled = read.respelled.or(Some(position));
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
            *read.upper.get_mut(usize::from(read.len)).ok_or(Base32Error::TooLong)? = symbol;
            read.len = read.len.saturating_add(1);
        }
        let len = usize::from(read.len);
        if len == 0 {
            return Err(Base32Error::Empty);
        }
        if padding != 0 && padding != len.next_multiple_of(8).saturating_sub(len) {
            read.respelled = read.respelled.or(Some(text.len()));
        }
        Ok(read)
    }

    fn as_str(&self) -> &str {
        let symbols = self.upper.get(..usize::from(self.len)).unwrap_or_default();
        core::str::from_utf8(symbols).unwrap_or_default()
    }
}

impl Drop for Symbols {
    fn drop(&mut self) {
        // What was written, and no more: the rest is zero.
        self.upper.get_mut(..usize::from(self.len)).unwrap_or_default().zeroize();
    }
}
