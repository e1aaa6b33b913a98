//! Random generators: a reproducible one, one that counts, and one that fails.

use core::convert::Infallible;
use core::fmt;

use rand_core::{TryCryptoRng, TryRng};

/// Reproducible bytes, different at each call (`SplitMix64`). Only for tests.
#[derive(Debug)]
pub struct TestRng(pub u64);

impl TryRng for TestRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|word| (word >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Ok(word ^ (word >> 31))
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Infallible> {
        for chunk in to.chunks_mut(8) {
            let word = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for TestRng {}

/// Counts the bytes that were taken from a [`TestRng`].
#[derive(Debug)]
pub struct CountingRng {
    rng: TestRng,
    taken: usize,
}

impl CountingRng {
    pub fn new(seed: u64) -> Self {
        Self { rng: TestRng(seed), taken: 0 }
    }

    pub fn bytes_taken(&self) -> usize {
        self.taken
    }

    pub fn fill(&mut self, to: &mut [u8]) {
        let Ok(()) = self.try_fill_bytes(to);
    }
}

impl TryRng for CountingRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.taken += size_of::<u32>();
        self.rng.try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.taken += size_of::<u64>();
        self.rng.try_next_u64()
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Infallible> {
        self.taken += to.len();
        self.rng.try_fill_bytes(to)
    }
}

impl TryCryptoRng for CountingRng {}

/// Writes half of the requested bytes and fails.
#[derive(Debug)]
pub struct BrokenRng;

#[derive(PartialEq, Eq, Debug)]
pub struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no entropy")
    }
}

impl std::error::Error for Broken {}

impl TryRng for BrokenRng {
    type Error = Broken;

    fn try_next_u32(&mut self) -> Result<u32, Broken> {
        Err(Broken)
    }

    fn try_next_u64(&mut self) -> Result<u64, Broken> {
        Err(Broken)
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Broken> {
        let half = to.len() / 2;
        to[..half].fill(0xaa);
        Err(Broken)
    }
}

impl TryCryptoRng for BrokenRng {}
