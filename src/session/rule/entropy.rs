use zeroize::Zeroize;

use crate::session::SessionError;

/// The random bytes that one decision may use, drawn before it at the edge. Cleared when dropped.
///
/// A decision is a function of its arguments, and this is the argument that stands for chance: with the same
/// bytes it decides the same. Draw a new one for every decision, a repeated one included.
pub(crate) struct Entropy {
    bytes: [u8; Self::LEN],
    used: usize,
}

impl Entropy {
    /// How many bytes one decision may use. The greediest, the confirmation of an enrollment, uses 184, and 24 for
    /// each authenticator whose secret is sealed anew.
    const LEN: usize = 384;

    /// Draws with `fill`.
    ///
    /// # Errors
    ///
    /// Those of `fill`; no bytes of a failed draw are ever used.
    pub(crate) fn draw<E>(fill: impl FnOnce(&mut [u8]) -> Result<(), E>) -> Result<Self, E> {
        let mut entropy = Self { bytes: [0; Self::LEN], used: 0 };
        fill(&mut entropy.bytes)?;
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

impl Drop for Entropy {
    fn drop(&mut self) {
        self.bytes.as_mut_slice().zeroize();
    }
}
