use zeroize::Zeroize;

use crate::session::SessionError;

/// The random bytes that one decision may use. The verifier draws them before the decision. Cleared when
/// dropped.
///
/// A decision depends only on its arguments, and these bytes are its only randomness: with the same bytes it
/// decides the same. Draw new bytes for every decision, even when a decision is repeated.
pub(crate) struct Entropy {
    bytes: [u8; Self::MOST],
    drawn: usize,
    used: usize,
}

impl Entropy {
    /// How many bytes are enough for most decisions. A login uses at most 40, the 8 of the new revision
    /// included, and 24 more for each secret that is sealed anew. Drawing 384 bytes for every call took about
    /// a sixth of the time of a login.
    pub(crate) const USUAL: usize = 64;

    /// How many bytes one decision may use. The confirmation of an enrollment uses the most: 184, the 8 of
    /// the new revision included, and 24 more for each secret that is sealed anew.
    pub(crate) const MOST: usize = 384;

    /// Draws this many bytes with `fill`, but at most [`MOST`](Self::MOST).
    ///
    /// # Errors
    ///
    /// The errors of `fill`; no bytes of a failed draw are ever used.
    pub(crate) fn draw<E>(bytes: usize, fill: impl FnOnce(&mut [u8]) -> Result<(), E>) -> Result<Self, E> {
        let mut entropy = Self { bytes: [0; Self::MOST], drawn: bytes.min(Self::MOST), used: 0 };
        fill(entropy.bytes.get_mut(..entropy.drawn).unwrap_or_default())?;
        Ok(entropy)
    }

    /// The next `N` bytes, never given out again.
    pub(crate) fn take<const N: usize>(&mut self) -> Result<[u8; N], SessionError> {
        let rest = self.bytes.get_mut(self.used..self.drawn).unwrap_or_default();
        let bytes = rest.first_chunk_mut::<N>().ok_or(SessionError::EntropyExhausted)?;
        let taken = *bytes;
        bytes.as_mut_slice().zeroize();
        self.used = self.used.saturating_add(N);
        Ok(taken)
    }
}

impl Drop for Entropy {
    fn drop(&mut self) {
        self.bytes.as_mut_slice().zeroize();
    }
}
