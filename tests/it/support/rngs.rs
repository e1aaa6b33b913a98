//! Generators for tests: one that is seeded and counts, one that fails.
#![allow(dead_code, reason = "not every test file uses every helper")]

use core::convert::Infallible;
use core::fmt;

use rand_core::{TryCryptoRng, TryRng};

/// `SplitMix64`: uniform and reproducible, no more than tests need.
pub(crate) struct SeededRng {
    state: u64,
    taken: usize,
}

impl SeededRng {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed, taken: 0 }
    }

    pub(crate) fn bytes_taken(&self) -> usize {
        self.taken
    }

    pub(crate) fn fill(&mut self, to: &mut [u8]) {
        for byte in to {
            self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = self.state;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            *byte = (mixed ^ (mixed >> 31)).to_be_bytes()[0];
            self.taken += 1;
        }
    }
}

impl TryRng for SeededRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.fill(&mut bytes);
        Ok(u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        Ok(u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Infallible> {
        self.fill(to);
        Ok(())
    }
}

impl TryCryptoRng for SeededRng {}

/// Writes half of what was asked for and fails.
pub(crate) struct BrokenRng;

#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Broken;

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
