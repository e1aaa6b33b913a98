use subtle::ConstantTimeEq;
use zeroize::Zeroize;

#[cfg(feature = "alloc")]
use super::Algorithm;
use super::redacted_debug;

/// The shared secret K of RFC 4226 §5.1: 1 to 128 bytes, stored inline.
///
/// It is cleared when dropped, redacted in `Debug`, and compared in constant time. It has no `Display`, no
/// `Deref` and no serde: [`expose`](Self::expose) is the only way to the bytes.
/// [`enrollment`](crate::enrollment) makes and imports secrets, and sets the minimum of 128 bits. This type
/// accepts whatever real sites issue and [tells how strong it is](Self::strength).
///
/// ```
/// use second_factor::{Secret, otp::Strength};
///
/// let secret = Secret::new(b"12345678901234567890")?;
/// assert_eq!(secret.strength(), Strength::Recommended);
/// assert_eq!(format!("{secret:?}"), "Secret(..)");
/// # Ok::<(), second_factor::otp::SecretLengthError>(())
/// ```
#[derive(Clone)]
pub struct Secret {
    bytes: [u8; Self::MAX_LEN],
    len: usize,
}

impl Secret {
    /// The longest secret, in bytes: one block of SHA-512.
    pub const MAX_LEN: usize = 128;

    /// The secret with these bytes.
    ///
    /// # Errors
    ///
    /// [`SecretLengthError`] unless there are 1 to [`MAX_LEN`](Self::MAX_LEN) of them.
    pub fn new(bytes: &[u8]) -> Result<Self, SecretLengthError> {
        let mut secret = Self { bytes: [0; Self::MAX_LEN], len: bytes.len() };
        match secret.bytes.get_mut(..bytes.len()) {
            Some(to) if !to.is_empty() => to.copy_from_slice(bytes),
            _ => return Err(SecretLengthError { found: bytes.len() }),
        }
        Ok(secret)
    }

    /// A secret as long as the output of `algorithm`'s HMAC (RFC 6238 §5.1), whose bytes `fill` writes.
    #[cfg(feature = "alloc")]
    pub(crate) fn filled_by<E>(
        algorithm: Algorithm,
        fill: impl FnOnce(&mut [u8]) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut secret = Self { bytes: [0; Self::MAX_LEN], len: algorithm.output_len() };
        fill(secret.bytes.get_mut(..algorithm.output_len()).unwrap_or_default())?;
        Ok(secret)
    }

    /// The bytes, in clear.
    pub fn expose(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// The length in bits.
    pub fn bits(&self) -> usize {
        self.len.saturating_mul(8)
    }

    /// How the length of this secret compares with what RFC 4226 §4 R6 asks for.
    pub fn strength(&self) -> Strength {
        match self.len {
            0..16 => Strength::BelowRequired,
            16..20 => Strength::Required,
            _ => Strength::Recommended,
        }
    }
}

redacted_debug!(Secret);

/// Compares in constant time.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        (self.bytes.ct_eq(&other.bytes) & self.len.ct_eq(&other.len)).into()
    }
}

impl Eq for Secret {}

impl Drop for Secret {
    fn drop(&mut self) {
        // `zeroize` clears a slice in bulk, but an array byte by byte.
        self.bytes.as_mut_slice().zeroize();
        self.len.zeroize();
    }
}

/// The secret has no bytes or too many.
///
/// ```
/// use second_factor::Secret;
///
/// assert_eq!(Secret::new(&[]).unwrap_err().found, 0);
/// assert_eq!(Secret::new(&[7; 129]).unwrap_err().to_string(), "a secret has 1 to 128 bytes, not 129");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a secret has 1 to {max} bytes, not {found}", max = Secret::MAX_LEN)]
#[non_exhaustive]
pub struct SecretLengthError {
    /// The number of bytes found.
    pub found: usize,
}

/// How the length of a secret compares with RFC 4226 §4 R6: "The length of the shared secret MUST be at least
/// 128 bits. This document RECOMMENDs a shared secret length of 160 bits."
///
/// ```
/// use second_factor::{Secret, otp::Strength};
///
/// assert_eq!(Secret::new(&[7; 10])?.strength(), Strength::BelowRequired);
/// assert!(Secret::new(&[7; 16])?.strength() >= Strength::Required);
/// # Ok::<(), second_factor::otp::SecretLengthError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Strength {
    /// Under 128 bits. Real sites issue such secrets; this library never does.
    BelowRequired,
    /// 128 bits or more, under 160.
    Required,
    /// 160 bits or more.
    Recommended,
}
