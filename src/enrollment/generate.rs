use rand_core::TryCryptoRng;

use crate::otp::{Algorithm, Secret};

/// How secrets are made.
impl Secret {
    /// A new random secret as long as the output of `algorithm`'s HMAC: 20, 32 or 64 bytes (RFC 6238 §5.1).
    ///
    /// Takes exactly that many bytes from `rng` and uses all of them as they are. Nothing is rejected or
    /// mapped to an alphabet, so there is no bias.
    ///
    /// # Errors
    ///
    /// The generator's own error, unchanged. No secret is made then: there is no fallback.
    ///
    /// ```
    /// use second_factor::{Algorithm, OsEntropy, Secret};
    ///
    /// let secret = Secret::generate(Algorithm::Sha1, &mut OsEntropy)?;
    /// assert_eq!(secret.bits(), 160);
    /// # Ok::<(), second_factor::EntropyError>(())
    /// ```
    ///
    /// A generator that is not marked as a cryptographic one does not compile (ASVS 6.5.3):
    ///
    /// ```compile_fail,E0277
    /// # use second_factor::{Algorithm, Secret, rand_core};
    /// fn predictable<R: rand_core::TryRng>(mut rng: R) {
    ///     let _ = Secret::generate(Algorithm::Sha1, &mut rng);
    /// }
    /// ```
    pub fn generate<R: TryCryptoRng + ?Sized>(algorithm: Algorithm, rng: &mut R) -> Result<Self, R::Error> {
        Self::filled_by(algorithm, |bytes| rng.try_fill_bytes(bytes))
    }
}
