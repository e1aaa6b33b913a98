use rand_core::TryCryptoRng;

use crate::otp::{Algorithm, Secret};

/// Making secrets.
impl Secret {
    /// A new random secret as long as the output of `algorithm`'s HMAC: 20, 32 or 64 bytes (RFC 6238 §5.1).
    ///
    /// Takes exactly that many bytes from `rng`, and all of them are the secret: no rejection, no alphabet,
    /// hence no bias.
    ///
    /// # Errors
    ///
    /// The generator's own error, unchanged. There is no secret then, least of all a default one.
    ///
    /// ```
    /// # use second_factor::{Algorithm, Secret};
    /// # fn example<R: rand_core::TryCryptoRng>(mut rng: R) -> Result<(), R::Error> {
    /// let secret = Secret::generate(Algorithm::Sha1, &mut rng)?;
    /// assert_eq!(secret.bits(), 160);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A generator that does not say it is a cryptographic one will not do (ASVS 6.5.3):
    ///
    /// ```compile_fail,E0277
    /// # use second_factor::{Algorithm, Secret};
    /// fn predictable<R: rand_core::TryRng>(mut rng: R) {
    ///     let _ = Secret::generate(Algorithm::Sha1, &mut rng);
    /// }
    /// ```
    pub fn generate<R: TryCryptoRng + ?Sized>(algorithm: Algorithm, rng: &mut R) -> Result<Self, R::Error> {
        Self::filled_by(algorithm, |bytes| rng.try_fill_bytes(bytes))
    }
}
