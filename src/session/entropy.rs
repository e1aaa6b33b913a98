use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::SessionError;

/// The random bytes that one decision may use, drawn before it at the edge. Cleared when dropped.
///
/// A decision is a function of its arguments, and this is the argument that stands for chance: with the same
/// bytes it decides the same. Draw a new one for every decision, a repeated one included.
///
/// ```
/// use second_factor::session::Entropy;
/// # use core::convert::Infallible;
/// # struct Counting(u8);
/// # impl rand_core::TryRng for Counting {
/// #     type Error = Infallible;
/// #     fn try_next_u32(&mut self) -> Result<u32, Infallible> { Ok(0) }
/// #     fn try_next_u64(&mut self) -> Result<u64, Infallible> { Ok(0) }
/// #     fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Infallible> {
/// #         for byte in to { self.0 = self.0.wrapping_add(1); *byte = self.0; }
/// #         Ok(())
/// #     }
/// # }
/// # impl rand_core::TryCryptoRng for Counting {}
/// # let mut rng = Counting(0);
/// let entropy = Entropy::draw(&mut rng)?;
/// assert_eq!(format!("{entropy:?}"), "Entropy(..)");
/// # Ok::<(), Infallible>(())
/// ```
///
/// Only of a cryptographic generator (ASVS 6.5.3):
///
/// ```compile_fail,E0277
/// fn predictable<R: rand_core::TryRng>(mut rng: R) {
///     let _ = second_factor::session::Entropy::draw(&mut rng);
/// }
/// ```
pub struct Entropy {
    bytes: [u8; Self::LEN],
    used: usize,
}

impl Entropy {
    /// How many bytes one decision may use. The greediest, the confirmation of an enrollment, uses 190.
    pub const LEN: usize = 256;

    /// Draws from a cryptographic random number generator.
    ///
    /// # Errors
    ///
    /// Those of `rng`; no bytes of a failed draw are ever used.
    pub fn draw<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, R::Error> {
        let mut entropy = Self { bytes: [0; Self::LEN], used: 0 };
        rng.try_fill_bytes(&mut entropy.bytes)?;
        Ok(entropy)
    }

    /// The next `N` bytes, never given out again.
    pub(crate) fn take<const N: usize>(&mut self) -> Result<[u8; N], SessionError> {
        let rest = self.bytes.get_mut(self.used..).unwrap_or_default();
        let bytes = rest.first_chunk_mut::<N>().ok_or(SessionError::EntropyExhausted)?;
        let taken = *bytes;
        bytes.as_mut_slice().zeroize();
        self.used = self.used.saturating_add(N);
        Ok(taken)
    }
}

impl fmt::Debug for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entropy(..)")
    }
}

impl Drop for Entropy {
    fn drop(&mut self) {
        // As a slice they are cleared at once, as an array one by one.
        self.bytes.as_mut_slice().zeroize();
    }
}

impl ZeroizeOnDrop for Entropy {}
