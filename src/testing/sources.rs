//! Random bytes and keys for the records of the suite.

use core::convert::Infallible;
use core::sync::atomic::{AtomicU64, Ordering};

use rand_core::TryRng as _;

use crate::otp::Secret;
use crate::session::rule::Entropy;
use crate::session::{Keys, Seal, SealContext, SealError, Sealed, TokenKey, TokenKeys};
use crate::verifier::{EntropyError, EntropySource};

/// A seal that pads, and a key for tokens.
pub(super) fn keys() -> Keys {
    Keys::new(Padding, TokenKeys::new(1, TokenKey::new([7; 32])))
}

/// Bytes that differ from call to call, but not from run to run (`SplitMix64`). For records of the suite
/// only.
#[derive(Debug, Default)]
pub(super) struct Counting(AtomicU64);

struct Words<'a>(&'a AtomicU64);

impl rand_core::TryRng for Words<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let [a, b, c, d, ..] = self.try_next_u64()?.to_le_bytes();
        Ok(u32::from_le_bytes([a, b, c, d]))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut word = self.0.fetch_add(GAMMA, Ordering::Relaxed).wrapping_add(GAMMA);
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Ok(word ^ (word >> 31))
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Infallible> {
        for chunk in to.chunks_mut(8) {
            let word = self.try_next_u64()?.to_le_bytes();
            chunk.iter_mut().zip(word).for_each(|(byte, random)| *byte = random);
        }
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Words<'_> {}

impl Counting {
    pub(super) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    pub(super) fn number(&self) -> u64 {
        let Ok(number) = Words(&self.0).try_next_u64();
        number
    }

    pub(super) fn entropy(&self) -> Entropy {
        let Ok(entropy) = Entropy::draw(Entropy::MOST, |to| Words(&self.0).try_fill_bytes(to));
        entropy
    }
}

impl EntropySource for Counting {
    fn fill(&self, to: &mut [u8]) -> Result<(), EntropyError> {
        let Ok(()) = Words(&self.0).try_fill_bytes(to);
        Ok(())
    }
}

/// Pads what it seals to the longest that a record can hold.
struct Padding;

impl Seal for Padding {
    fn seal(&self, secret: &Secret, _: SealContext<'_>, nonce: [u8; 24]) -> Result<Sealed, SealError> {
        let bytes = secret.expose();
        let len = u8::try_from(bytes.len()).map_err(|_| SealError::Malformed)?;
        let padding = (0..=u8::MAX).cycle();
        Sealed::new(
            [len]
                .into_iter()
                .chain(bytes.iter().copied())
                .chain(nonce)
                .chain(padding)
                .take(Sealed::MAX_LEN)
                .collect(),
        )
    }

    fn open(&self, sealed: &Sealed, _: SealContext<'_>) -> Result<Secret, SealError> {
        let (len, rest) = sealed.as_bytes().split_first().ok_or(SealError::Malformed)?;
        Ok(Secret::new(rest.get(..usize::from(*len)).ok_or(SealError::Malformed)?)?)
    }

    fn is_current(&self, _: &Sealed) -> bool {
        true
    }
}
