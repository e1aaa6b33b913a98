use crate::session::Entropy;

/// Draws the random bytes of a decision.
pub trait EntropySource: Send + Sync {
    /// Random bytes for one decision.
    ///
    /// # Errors
    ///
    /// [`EntropyError`] where there are none; then nothing is decided.
    fn draw(&self) -> Result<Entropy, EntropyError>;
}

/// No random bytes were to be had. Nothing was decided; no default ever stands in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the source of random bytes failed")]
pub struct EntropyError;

/// The random number generator of the operating system.
#[cfg(feature = "getrandom")]
#[derive(Clone, Copy, Debug, Default)]
pub struct OsEntropy;

#[cfg(feature = "getrandom")]
impl EntropySource for OsEntropy {
    fn draw(&self) -> Result<Entropy, EntropyError> {
        Entropy::draw(&mut getrandom::SysRng).map_err(|_| EntropyError)
    }
}

/// A generator of the host's, behind a lock.
#[cfg(feature = "std")]
impl<R: rand_core::TryCryptoRng + Send> EntropySource for std::sync::Mutex<R> {
    fn draw(&self) -> Result<Entropy, EntropyError> {
        let mut rng = self.lock().map_err(|_| EntropyError)?;
        Entropy::draw(&mut *rng).map_err(|_| EntropyError)
    }
}
