use alloc::vec::Vec;
use core::str::FromStr;

use zeroize::Zeroizing;

use super::SetupKey;
use crate::otp::Secret;

mod codec;
mod error;

use codec::decode_symbols;
#[cfg(feature = "serde")]
pub(crate) use codec::encode_public;
pub(crate) use codec::{decode_array, decode_vec, encode};
pub use error::Base32Error;
use error::MAX_SYMBOLS;

/// Secrets as text.
impl Secret {
    /// Reads base32 as people type it and as sites issue it.
    ///
    /// Lower case is accepted, and so are spaces, tabs, line breaks (CR and LF) and dashes (`-`, no other kind)
    /// anywhere, and any number of `=` at the end. Trailing bits that are not zero are dropped: sites that draw
    /// random characters instead of random bytes emit them. [`Base32Secret::parse`] also tells what was
    /// forgiven.
    ///
    /// The time this takes depends on the length. If something is forgiven, it also depends on which
    /// characters are letters, digits and separators. Decoding happens at enrollment and import, not at
    /// login.
    ///
    /// # Errors
    ///
    /// [`Base32Error`] if the text is not base32, or is not the base32 of 1 to 128 bytes.
    ///
    /// ```
    /// use second_factor::Secret;
    ///
    /// let secret = Secret::from_base32("gezd gnbv-gy3t qojq ====")?;
    /// assert_eq!(secret.expose(), b"1234567890");
    /// # Ok::<(), second_factor::enrollment::Base32Error>(())
    /// ```
    pub fn from_base32(text: &str) -> Result<Self, Base32Error> {
        Ok(Base32Secret::parse(text)?.into_secret())
    }

    /// Reads base32 as RFC 4648 §6 defines it: upper case, no separators, zero trailing bits, and either the
    /// right padding or none, as in key URIs. Like [`from_base32`](Self::from_base32), it is not in constant
    /// time.
    ///
    /// # Errors
    ///
    /// [`Base32Error`] for everything else.
    ///
    /// ```
    /// use second_factor::Secret;
    ///
    /// assert!(Secret::from_base32_strict("MZXW6YQ=").is_ok());
    /// assert!(Secret::from_base32_strict("MZXW6YR=").is_err()); // trailing bits, RFC 4648 §3.5
    /// assert!(Secret::from_base32_strict("mzxw6yq").is_err());
    /// ```
    pub fn from_base32_strict(text: &str) -> Result<Self, Base32Error> {
        read_secret_strict(text.as_bytes())
    }

    /// The secret in base32, in upper case and without padding, for claimants who type it instead of scanning
    /// a code.
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

/// A secret that was read from base32, and what was forgiven in its text.
///
/// ```
/// use second_factor::enrollment::Base32Secret;
///
/// let read = Base32Secret::parse("ABCDEFG")?; // 35 bits: four bytes and three bits that are not zero
/// assert!(read.dropped_bits());
/// assert_eq!(read.secret().bits(), 32);
/// # Ok::<(), second_factor::enrollment::Base32Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Base32Secret {
    secret: Secret,
    forgiven: Forgiven,
}

/// What was forgiven when a secret was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Forgiven {
    pub(super) dropped_bits: bool,
    /// The position of the first deviation from RFC 4648.
    pub(super) respelled: Option<usize>,
}

impl Forgiven {
    pub(super) const NOTHING: Self = Self { dropped_bits: false, respelled: None };
}

impl Base32Secret {
    /// Reads what [`Secret::from_base32`] reads. It is not in constant time either.
    ///
    /// # Errors
    ///
    /// The errors of [`Secret::from_base32`].
    pub fn parse(text: &str) -> Result<Self, Base32Error> {
        let (secret, forgiven) = read_secret(text.as_bytes())?;
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

/// As [`parse`](Self::parse).
impl FromStr for Base32Secret {
    type Err = Base32Error;

    fn from_str(text: &str) -> Result<Self, Base32Error> {
        Self::parse(text)
    }
}

/// Reads a secret and tells what was forgiven.
#[inline(never)] // `constant-time.supp` matches this name.
pub(super) fn read_secret(text: &[u8]) -> Result<(Secret, Forgiven), Base32Error> {
    // Canonical text is read in constant time. Only other text goes through `symbols_of`, which branches on
    // characters.
    if let Some((secret, dropped_bits)) = read_symbols(text) {
        return Ok((secret, Forgiven { dropped_bits, respelled: None }));
    }
    let (symbols, respelled) = symbols_of(text)?;
    let (secret, dropped_bits) =
        read_symbols(&symbols).ok_or(Base32Error::Length { symbols: symbols.len() })?;
    Ok((secret, Forgiven { dropped_bits, respelled }))
}

/// Reads a secret and forgives nothing.
#[inline(never)] // `constant-time.supp` matches this name.
pub(super) fn read_secret_strict(text: &[u8]) -> Result<Secret, Base32Error> {
    match read_secret(text)? {
        (_, Forgiven { respelled: Some(position), .. }) => Err(Base32Error::Spelling { position }),
        (_, Forgiven { dropped_bits: true, .. }) => Err(Base32Error::TrailingBits),
        (secret, _) => Ok(secret),
    }
}

/// The secret, and whether bits were dropped.
#[inline(never)] // `constant-time.supp` matches this name.
fn read_symbols(symbols: &[u8]) -> Option<(Secret, bool)> {
    if symbols.len() > MAX_SYMBOLS {
        return None;
    }
    let decoded = decode_symbols(symbols)?;
    Some((Secret::new(&decoded.bytes).ok()?, decoded.trailing_bits))
}

/// The characters of a text without separators and padding, in upper case, and the position of the first
/// deviation from RFC 4648 that was forgiven.
fn symbols_of(text: &[u8]) -> Result<(Zeroizing<Vec<u8>>, Option<usize>), Base32Error> {
    let mut symbols = Zeroizing::new(Vec::with_capacity(MAX_SYMBOLS));
    let mut respelled = None;
    let mut padding = 0_usize;
    let mut padding_at = None;
    for (position, &byte) in text.iter().enumerate() {
        match byte {
            b'A'..=b'Z' | b'2'..=b'7' => {}
            b'a'..=b'z' => respelled = respelled.or(Some(position)),
            b' ' | b'\t' | b'\r' | b'\n' | b'-' => {
                respelled = respelled.or(Some(position));
                continue;
            }
            b'=' => {
                padding = padding.saturating_add(1);
                padding_at = padding_at.or(Some(position));
                continue;
            }
            _ => return Err(Base32Error::Character { position }),
        }
        if padding > 0 {
            return Err(Base32Error::Padding { position });
        }
        if symbols.len() == MAX_SYMBOLS {
            return Err(Base32Error::TooLong);
        }
        symbols.push(byte.to_ascii_uppercase());
    }
    if symbols.is_empty() {
        return Err(Base32Error::Empty);
    }
    if padding != 0 && padding != symbols.len().next_multiple_of(8).saturating_sub(symbols.len()) {
        // A separator may be before the padding or in it.
        respelled = respelled.into_iter().chain(padding_at).min();
    }
    Ok((symbols, respelled))
}
