use crate::otp::Secret;

/// A secret that another system issued and that is long enough to be taken over.
///
/// [`new`](Self::new) holds it to RFC 4226 §4 R6. Sites that issued shorter secrets exist; moving their users
/// without a new enrollment asks for the call [`legacy`](Self::legacy), whose name can be searched for.
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
    /// What RFC 4226 §4 R6 demands.
    pub const FLOOR_BITS: usize = 128;

    /// What the named call for old secrets demands: the 16 base32 characters that many sites issued.
    pub const LEGACY_FLOOR_BITS: usize = 80;

    /// Takes over a secret of at least 128 bits.
    ///
    /// # Errors
    ///
    /// [`SecretTooShort`] under [`FLOOR_BITS`](Self::FLOOR_BITS).
    pub fn new(secret: Secret) -> Result<Self, SecretTooShort> {
        Self::at_least(Self::FLOOR_BITS, secret)
    }

    /// Takes over a secret of at least 80 bits, below what RFC 4226 §4 R6 demands: weaker than a new
    /// enrollment.
    ///
    /// # Errors
    ///
    /// [`SecretTooShort`] under [`LEGACY_FLOOR_BITS`](Self::LEGACY_FLOOR_BITS).
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

/// The imported secret is under the floor of RFC 4226 §4 R6, or of the named call for old ones. The host
/// decides.
///
/// ```
/// use second_factor::{Secret, enrollment::ImportedSecret};
///
/// let error = ImportedSecret::new(Secret::new(&[7; 10])?).unwrap_err();
/// assert_eq!((error.found_bits, error.floor_bits), (80, 128));
/// # Ok::<(), second_factor::otp::OtpError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the secret has {found_bits} bits, under the floor of {floor_bits}")]
#[non_exhaustive]
pub struct SecretTooShort {
    /// Bits found.
    pub found_bits: usize,
    /// Bits demanded.
    pub floor_bits: usize,
}
