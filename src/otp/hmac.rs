//! HMAC (RFC 2104) of counters, built on the compression functions of the hash crates.
//!
//! A counter and its padding fit into one block, and so does the inner digest. Once the two blocks that
//! depend on the key have been compressed, a code costs two more compressions. For a window, all inner blocks
//! are compressed first and all outer ones afterwards, so that the processor can overlap work that is
//! independent.

use core::{array, slice};

use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use zeroize::Zeroize;

use super::{Algorithm, Secret, redacted_debug};

/// The keyed state of HMAC: the result of compressing the two blocks that depend on the secret. It is cleared
/// on drop.
pub(crate) enum Hmac {
    Sha1(Keyed<Sha1>),
    Sha256(Keyed<Sha256>),
    Sha512(Keyed<Sha512>),
}

redacted_debug!(Hmac);

impl Hmac {
    pub(crate) fn new(secret: &Secret, algorithm: Algorithm) -> Self {
        Self::with_key(secret.expose(), algorithm)
    }

    /// The key may have any length (RFC 2104 §2).
    fn with_key(key: &[u8], algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha1 => Self::Sha1(Keyed::new(key)),
            Algorithm::Sha256 => Self::Sha256(Keyed::new(key)),
            Algorithm::Sha512 => Self::Sha512(Keyed::new(key)),
        }
    }

    /// The dynamically truncated value of one counter: 31 bits (RFC 4226 §5.3).
    pub(crate) fn value(&self, counter: u64) -> u32 {
        let [value] = self.values([counter]);
        value
    }

    /// Calls `visit` with each of `count` counters and its value, in order from `first` on, wrapping around.
    ///
    /// The amount of work depends on `count` only: two compressions for each counter.
    pub(crate) fn for_each(&self, first: u64, count: u16, mut visit: impl FnMut(u64, u32)) {
        let mut next = first;
        for _ in 0..count / WINDOW {
            next = self.visit::<{ WINDOW as usize }>(next, &mut visit);
        }
        for _ in 0..count % WINDOW {
            next = self.visit::<1>(next, &mut visit);
        }
    }

    fn visit<const N: usize>(&self, first: u64, visit: &mut impl FnMut(u64, u32)) -> u64 {
        let mut next = first;
        let counters: [u64; N] = array::from_fn(|_| {
            let counter = next;
            next = next.wrapping_add(1);
            counter
        });
        let mut values = self.values(counters);
        for (counter, value) in counters.into_iter().zip(values) {
            visit(counter, value);
        }
        values.zeroize();
        next
    }

    fn values<const N: usize>(&self, counters: [u64; N]) -> [u32; N] {
        match self {
            Self::Sha1(keyed) => keyed.values(counters),
            Self::Sha256(keyed) => keyed.values(counters),
            Self::Sha512(keyed) => keyed.values(counters),
        }
    }
}

/// How many counters are compressed together: the default window of TOTP (RFC 6238 §5.2).
const WINDOW: u16 = 3;

/// The chaining values after the two blocks that depend on the key: K ⊕ ipad and K ⊕ opad.
pub(crate) struct Keyed<H: Hash> {
    inner: H::State,
    outer: H::State,
}

impl<H: Hash> Keyed<H> {
    fn new(key: &[u8]) -> Self {
        let mut block = H::ZEROED;
        if key.len() > block.as_ref().len() {
            let mut hashed = H::digest(key);
            copy(block.as_mut(), &hashed);
            hashed.as_mut_slice().zeroize();
        } else {
            copy(block.as_mut(), key);
        }
        let mut keyed = Self { inner: H::INITIAL, outer: H::INITIAL };
        xor(block.as_mut(), IPAD);
        compress::<H>(&mut keyed.inner, &block);
        xor(block.as_mut(), IPAD ^ OPAD);
        compress::<H>(&mut keyed.outer, &block);
        block.as_mut().zeroize();
        keyed
    }

    fn values<const N: usize>(&self, counters: [u64; N]) -> [u32; N] {
        let mut tags = self.tags(counters);
        let mut values = [0; N];
        for (value, tag) in values.iter_mut().zip(&mut tags) {
            *value = truncate(tag.as_ref());
            tag.as_mut().zeroize();
        }
        values
    }

    /// The whole HMAC of each counter: all inner blocks, then all outer ones. The inner digests are not
    /// cleared, since they are of no use without the outer state.
    fn tags<const N: usize>(&self, counters: [u64; N]) -> [H::Tag; N] {
        let mut blocks = [H::ZEROED; N];
        let mut states = [self.inner; N];
        // Loops instead of `map`, which would copy whole arrays of blocks. That takes as long as a
        // compression.
        for (block, counter) in blocks.iter_mut().zip(counters) {
            *block = last_block::<H>(&counter.to_be_bytes());
        }
        for (state, block) in states.iter_mut().zip(&blocks) {
            compress::<H>(state, block);
        }
        for (block, digest) in blocks.iter_mut().zip(states) {
            *block = last_block::<H>(H::tag(digest).as_ref());
        }
        states = [self.outer; N];
        for (state, block) in states.iter_mut().zip(&blocks) {
            compress::<H>(state, block);
        }
        let tags = states.map(H::tag);
        states.zeroize();
        tags
    }
}

impl<H: Hash> Drop for Keyed<H> {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
    }
}

/// A Merkle–Damgård hash (FIPS 180-4), used through its compression function.
pub(crate) trait Hash: Digest {
    /// The chaining value.
    type State: Copy + Zeroize;
    type Block: Copy + AsRef<[u8]> + AsMut<[u8]>;
    /// The last chaining value, as bytes.
    type Tag: AsRef<[u8]> + AsMut<[u8]>;

    const INITIAL: Self::State;
    const ZEROED: Self::Block;

    fn compress(state: &mut Self::State, block: &Self::Block);

    fn tag(state: Self::State) -> Self::Tag;
}

impl Hash for Sha1 {
    type State = [u32; 5];
    type Block = [u8; 64];
    type Tag = [u8; 20];

    const INITIAL: Self::State = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    const ZEROED: Self::Block = [0; 64];

    fn compress(state: &mut Self::State, block: &Self::Block) {
        sha1::block_api::compress(state, slice::from_ref(block));
    }

    fn tag(state: Self::State) -> Self::Tag {
        let mut tag = [0; 20];
        copy(&mut tag, state.map(u32::to_be_bytes).as_flattened());
        tag
    }
}

impl Hash for Sha256 {
    type State = [u32; 8];
    type Block = [u8; 64];
    type Tag = [u8; 32];

    const INITIAL: Self::State = [
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ];
    const ZEROED: Self::Block = [0; 64];

    fn compress(state: &mut Self::State, block: &Self::Block) {
        sha2::block_api::compress256(state, slice::from_ref(block));
    }

    fn tag(state: Self::State) -> Self::Tag {
        let mut tag = [0; 32];
        copy(&mut tag, state.map(u32::to_be_bytes).as_flattened());
        tag
    }
}

impl Hash for Sha512 {
    type State = [u64; 8];
    type Block = [u8; 128];
    type Tag = [u8; 64];

    const INITIAL: Self::State = [
        0x6a09_e667_f3bc_c908,
        0xbb67_ae85_84ca_a73b,
        0x3c6e_f372_fe94_f82b,
        0xa54f_f53a_5f1d_36f1,
        0x510e_527f_ade6_82d1,
        0x9b05_688c_2b3e_6c1f,
        0x1f83_d9ab_fb41_bd6b,
        0x5be0_cd19_137e_2179,
    ];
    const ZEROED: Self::Block = [0; 128];

    fn compress(state: &mut Self::State, block: &Self::Block) {
        sha2::block_api::compress512(state, slice::from_ref(block));
    }

    fn tag(state: Self::State) -> Self::Tag {
        let mut tag = [0; 64];
        copy(&mut tag, state.map(u64::to_be_bytes).as_flattened());
        tag
    }
}

const IPAD: u8 = 0x36;
const OPAD: u8 = 0x5c;

fn xor(block: &mut [u8], pad: u8) {
    for byte in block {
        *byte ^= pad;
    }
}

/// The last block when one block of key and then `message` are hashed: the message, the bit that ends it,
/// zeros, and the length in bits (FIPS 180-4 §5.1).
fn last_block<H: Hash>(message: &[u8]) -> H::Block {
    let mut block = H::ZEROED;
    let bytes = block.as_mut();
    let hashed = bytes.len().saturating_add(message.len());
    copy(bytes, message);
    if let Some(end) = bytes.get_mut(message.len()) {
        *end = 0x80;
    }
    if let Some(length) = bytes.last_chunk_mut() {
        *length = (hashed as u64).saturating_mul(8).to_be_bytes();
    }
    block
}

/// Copies `from` to the front of `to`, which is at least as long.
fn copy(to: &mut [u8], from: &[u8]) {
    if let Some(to) = to.get_mut(..from.len()) {
        to.copy_from_slice(from);
    }
}

fn compress<H: Hash>(state: &mut H::State, block: &H::Block) {
    #[cfg(test)]
    tests::COMPRESSIONS.set(tests::COMPRESSIONS.get().wrapping_add(1));
    H::compress(state, block);
}

/// Dynamic truncation (RFC 4226 §5.3).
///
/// The offset is in the last byte of the HMAC, which for SHA-256 and SHA-512 is not byte 19 (erratum 6756).
/// All groups of four bytes that it may point to are read, and all but one are masked out, so no address
/// depends on the HMAC.
fn truncate(tag: &[u8]) -> u32 {
    let offset = u32::from(tag.last().copied().unwrap_or_default() & 0x0f);
    let mut value = 0;
    for (at, bytes) in (0..16_u32).zip(tag.windows(4)) {
        // Where `at` is `offset`, zero minus one has the highest bit set. Elsewhere the result is below 16
        // and has it clear.
        let is_here = 0_u32.wrapping_sub((at ^ offset).wrapping_sub(1) >> 31);
        value |= is_here & bytes.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
    }
    value & 0x7fff_ffff
}

#[cfg(test)]
mod tests;
