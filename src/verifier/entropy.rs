/// Draws random bytes.
pub trait EntropySource: Send + Sync {
    /// Fills `to` with bytes of a cryptographic random number generator (ASVS 6.5.3).
    ///
    /// # Errors
    ///
    /// [`EntropyError`] if it cannot; then nothing is decided.
    fn fill(&self, to: &mut [u8]) -> Result<(), EntropyError>;
}

/// The random source failed; nothing was decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the source of random bytes failed")]
pub struct EntropyError;

/// The random number generator of the operating system, for a verifier and for everything that takes a generator of
/// [`rand_core`].
///
/// ```
/// use second_factor::{Algorithm, OsEntropy, RecoveryCodes, SealingKey, Secret};
///
/// let secret = Secret::generate(Algorithm::Sha1, &mut OsEntropy)?;
/// let codes = RecoveryCodes::generate(&mut OsEntropy)?;
/// let key = SealingKey::generate(&mut OsEntropy)?;
/// # Ok::<(), second_factor::EntropyError>(())
/// ```
#[cfg(feature = "os-entropy")]
#[derive(Clone, Copy, Debug, Default)]
pub struct OsEntropy;

#[cfg(feature = "os-entropy")]
impl EntropySource for OsEntropy {
    fn fill(&self, to: &mut [u8]) -> Result<(), EntropyError> {
        getrandom::fill(to).map_err(|_| EntropyError)
    }
}

#[cfg(feature = "os-entropy")]
impl rand_core::TryRng for OsEntropy {
    type Error = EntropyError;

    fn try_next_u32(&mut self) -> Result<u32, EntropyError> {
        getrandom::u32().map_err(|_| EntropyError)
    }

    fn try_next_u64(&mut self) -> Result<u64, EntropyError> {
        getrandom::u64().map_err(|_| EntropyError)
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), EntropyError> {
        self.fill(to)
    }
}

#[cfg(feature = "os-entropy")]
impl rand_core::TryCryptoRng for OsEntropy {}

/// The host's own generator, behind a lock.
///
/// A generator that is not marked as cryptographic does not compile here (ASVS 6.5.3):
///
/// ```compile_fail,E0277
/// # use second_factor::rand_core;
/// fn predictable<R: rand_core::TryRng + Send>(rng: R) -> impl second_factor::verifier::EntropySource {
///     std::sync::Mutex::new(rng)
/// }
/// ```
#[cfg(feature = "std")]
impl<R: rand_core::TryCryptoRng + Send> EntropySource for std::sync::Mutex<R> {
    fn fill(&self, to: &mut [u8]) -> Result<(), EntropyError> {
        let mut rng = self.lock().map_err(|_| EntropyError)?;
        rng.try_fill_bytes(to).map_err(|_| EntropyError)
    }
}
