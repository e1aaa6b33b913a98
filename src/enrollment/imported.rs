use crate::otp::Secret;

/// A secret that another system issued and that is long enough to be imported.
///
/// [`new`](Self::new) requires the length of RFC 4226 §4 R6. Some sites have issued shorter secrets. To move
/// their users without a new enrollment, call [`legacy`](Self::legacy), whose name is easy to search for in
/// code.
///
/// ```
/// use second_factor::{Secret, enrollment::ImportedSecret};
///
/// let old = Secret::from_base32("JBSWY3DPEHPK3PXP")?; // 80 bits
/// assert!(ImportedSecret::new(old.clone()).is_err());
/// assert!(ImportedSecret::legacy(old).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportedSecret(Secret);

impl ImportedSecret {
    /// The number of bits that RFC 4226 §4 R6 requires.
    pub const FLOOR_BITS: usize = 128;

    /// The number of bits that [`legacy`](Self::legacy) requires: the 16 base32 characters that many sites
    /// issued.
    pub const LEGACY_FLOOR_BITS: usize = 80;

    /// Imports a secret of at least 128 bits.
    ///
    /// # Errors
    ///
    /// [`SecretTooShort`] if it has fewer than [`FLOOR_BITS`](Self::FLOOR_BITS).
    pub fn new(secret: Secret) -> Result<Self, SecretTooShort> {
        Self::at_least(Self::FLOOR_BITS, secret)
    }

    /// Imports a secret of at least 80 bits. That is less than RFC 4226 §4 R6 requires, and weaker than a new
    /// enrollment.
    ///
    /// # Errors
    ///
    /// [`SecretTooShort`] if it has fewer than [`LEGACY_FLOOR_BITS`](Self::LEGACY_FLOOR_BITS).
    pub fn legacy(secret: Secret) -> Result<Self, SecretTooShort> {
        Self::at_least(Self::LEGACY_FLOOR_BITS, secret)
    }

    /// The secret.
    pub fn secret(&self) -> &Secret {
        &self.0
    }

    /// The secret, by value.
    pub fn into_secret(self) -> Secret {
        self.0
    }

    fn at_least(floor_bits: usize, secret: Secret) -> Result<Self, SecretTooShort> {
        match secret.bits() {
            found_bits if found_bits < floor_bits => Err(SecretTooShort { found_bits, floor_bits }),
            _ => Ok(Self(secret)),
        }
    }
}

/// The imported secret is shorter than RFC 4226 §4 R6 or [`ImportedSecret::legacy`] requires. The host
/// decides what to do with it.
///
/// ```
/// use second_factor::{Secret, enrollment::ImportedSecret};
///
/// let error = ImportedSecret::new(Secret::new(&[7; 10])?).unwrap_err();
/// assert_eq!((error.found_bits, error.floor_bits), (80, 128));
/// # Ok::<(), second_factor::otp::OtpError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the secret has {found_bits} bits, but at least {floor_bits} are required")]
#[non_exhaustive]
pub struct SecretTooShort {
    /// The number of bits that the secret has.
    pub found_bits: usize,
    /// The number of bits required.
    pub floor_bits: usize,
}
