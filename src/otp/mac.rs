//! HMAC (RFC 2104) over counters, at the level of blocks, and the digest that the layers above use.
//!
//! The only file of the crate that names the hash crates.
//!
//! A counter and its padding fill less than one block, and so does the inner digest. Once the two blocks that
//! depend on the key have been compressed, a code costs two more compressions. For a window, the inner blocks
//! come first and the outer ones after: the processor overlaps what does not depend on each other.

use core::array;
use core::hint::black_box;

use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{Algorithm, Secret};

mod last_block;

use last_block::{Block, LastBlock};

/// The keyed state of HMAC: what is left of the secret after its two blocks, cleared on drop.
pub(crate) enum Mac {
    Sha1(Keyed<Sha1>),
    Sha256(Keyed<Sha256>),
    Sha512(Keyed<Sha512>),
}

impl Mac {
    pub(crate) fn new(secret: &Secret, algorithm: Algorithm) -> Self {
        Self::with_key(secret.expose(), algorithm)
    }

    /// As RFC 2104 §2 has it, the key may have any length.
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

    /// Shows `visit` the value of `count` counters, in order from `first` on, wrapping round.
    ///
    /// The work depends on `count` alone: two compressions for each counter.
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

impl ZeroizeOnDrop for Mac {}

/// The digest of some parts, each preceded by its length, so that no two lists of parts run together.
///
/// The first part names the domain: what the digest is for.
#[cfg(feature = "alloc")]
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        // A slice is never longer than `isize::MAX` bytes, which 64 bits hold.
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// How many counters are compressed together: the default window of TOTP (RFC 6238 §5.2).
const WINDOW: u16 = 3;

/// The chaining values after the key's two blocks: K ⊕ ipad and K ⊕ opad.
pub(crate) struct Keyed<H: Hash> {
    inner: H::State,
    outer: H::State,
    /// Not to be followed by the compiler, for what [`LastBlock`] says. SHA-512 has none.
    padding: &'static H::Padding,
}

impl<H: Hash> Keyed<H> {
    fn new(key: &[u8]) -> Self {
        let mut block = H::EMPTY;
        let bytes = H::bytes(&mut block);
        if let Some(start) = bytes.get_mut(..key.len()) {
            start.copy_from_slice(key);
        } else {
            let mut hashed = H::digest(key);
            for (byte, from) in bytes.iter_mut().zip(&hashed) {
                *byte = *from;
            }
            hashed.as_mut_slice().zeroize();
        }
        let mut keyed = Self { inner: H::INITIAL, outer: H::INITIAL, padding: black_box(H::PADDING) };
        xor(H::bytes(&mut block), IPAD);
        compress::<H>(&mut keyed.inner, &block);
        xor(H::bytes(&mut block), IPAD ^ OPAD);
        compress::<H>(&mut keyed.outer, &block);
        block.zeroize();
        keyed
    }

    fn values<const N: usize>(&self, counters: [u64; N]) -> [u32; N] {
        let mut tags = self.tags(counters);
        let values = array::from_fn(|lane| tags.get(lane).map_or(0, H::truncate));
        tags.iter_mut().for_each(Zeroize::zeroize);
        values
    }

    /// The whole HMAC of each counter. What stays in memory are inner digests, of no use without the outer
    /// state.
    fn tags<const N: usize>(&self, counters: [u64; N]) -> [H::State; N] {
        let mut inner_blocks = [H::EMPTY; N];
        let mut outer_blocks = [H::EMPTY; N];
        let mut inner = [self.inner; N];
        let mut outer = [self.outer; N];
        for (block, counter) in inner_blocks.iter_mut().zip(counters) {
            *block = H::counter_block(counter, self.padding);
        }
        for (state, block) in inner.iter_mut().zip(&inner_blocks) {
            compress::<H>(state, block);
        }
        for (block, digest) in outer_blocks.iter_mut().zip(inner) {
            *block = H::digest_block(digest, self.padding);
        }
        for (state, block) in outer.iter_mut().zip(&outer_blocks) {
            compress::<H>(state, block);
        }
        outer
    }
}

impl<H: Hash> Drop for Keyed<H> {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
    }
}

/// A Merkle–Damgård hash (FIPS 180-4) by its compression function.
pub(crate) trait Hash: Digest {
    /// The chaining value.
    type State: Copy + Zeroize;
    type Block: Copy + Zeroize;
    /// What the two last blocks hold beside the counter and the inner digest.
    type Padding: 'static;

    const INITIAL: Self::State;
    const EMPTY: Self::Block;
    const PADDING: &'static Self::Padding;

    fn bytes(block: &mut Self::Block) -> &mut [u8];

    fn compress(state: &mut Self::State, block: &Self::Block);

    /// The second and last block of the inner hash.
    fn counter_block(counter: u64, padding: &Self::Padding) -> Self::Block;

    /// The second and last block of the outer hash.
    fn digest_block(digest: Self::State, padding: &Self::Padding) -> Self::Block;

    fn truncate(digest: &Self::State) -> u32;
}

impl Hash for Sha1 {
    type State = [u32; 5];
    type Block = Block;
    type Padding = [LastBlock; 2];

    const INITIAL: Self::State = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    const EMPTY: Self::Block = [[0; 16]; 4];
    const PADDING: &'static Self::Padding = &[LastBlock::OF_COUNTER, LastBlock::OF_SHA1];

    fn bytes(block: &mut Self::Block) -> &mut [u8] {
        block.as_flattened_mut()
    }

    fn compress(state: &mut Self::State, block: &Self::Block) {
        sha1::block_api::compress(state, block.as_flattened().as_chunks().0);
    }

    fn counter_block(counter: u64, [padding, _]: &Self::Padding) -> Self::Block {
        padding.around_counter(halves(counter))
    }

    fn digest_block(digest: Self::State, [_, padding]: &Self::Padding) -> Self::Block {
        padding.around_sha1(digest)
    }

    fn truncate(digest: &Self::State) -> u32 {
        truncate(*digest, digest[4])
    }
}

impl Hash for Sha256 {
    type State = [u32; 8];
    type Block = Block;
    type Padding = [LastBlock; 2];

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
    const EMPTY: Self::Block = [[0; 16]; 4];
    const PADDING: &'static Self::Padding = &[LastBlock::OF_COUNTER, LastBlock::OF_SHA256];

    fn bytes(block: &mut Self::Block) -> &mut [u8] {
        block.as_flattened_mut()
    }

    fn compress(state: &mut Self::State, block: &Self::Block) {
        sha2::block_api::compress256(state, block.as_flattened().as_chunks().0);
    }

    fn counter_block(counter: u64, [padding, _]: &Self::Padding) -> Self::Block {
        padding.around_counter(halves(counter))
    }

    fn digest_block(digest: Self::State, [_, padding]: &Self::Padding) -> Self::Block {
        padding.around_sha256(digest)
    }

    fn truncate(digest: &Self::State) -> u32 {
        truncate([digest[0], digest[1], digest[2], digest[3], digest[4]], digest[7])
    }
}

impl Hash for Sha512 {
    type State = [u64; 8];
    type Block = [[u8; 8]; 16];
    type Padding = ();

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
    const EMPTY: Self::Block = [[0; 8]; 16];
    const PADDING: &'static Self::Padding = &();

    fn bytes(block: &mut Self::Block) -> &mut [u8] {
        block.as_flattened_mut()
    }

    fn compress(state: &mut Self::State, block: &Self::Block) {
        sha2::block_api::compress512(state, block.as_flattened().as_chunks().0);
    }

    fn counter_block(counter: u64, (): &Self::Padding) -> Self::Block {
        let mut block = Self::EMPTY;
        block[0] = counter.to_be_bytes();
        block[1] = END_512.to_be_bytes();
        block[15] = ((128 + 8) * 8_u64).to_be_bytes();
        block
    }

    fn digest_block(digest: Self::State, (): &Self::Padding) -> Self::Block {
        let mut block = Self::EMPTY;
        for (to, word) in block.iter_mut().zip(digest) {
            *to = word.to_be_bytes();
        }
        block[8] = END_512.to_be_bytes();
        block[15] = ((128 + 64) * 8_u64).to_be_bytes();
        block
    }

    fn truncate(digest: &Self::State) -> u32 {
        let [first, second, third] = [halves(digest[0]), halves(digest[1]), halves(digest[2])];
        truncate([first[0], first[1], second[0], second[1], third[0]], halves(digest[7])[1])
    }
}

/// The bit that ends a message of SHA-512, as the first of its word.
const END_512: u64 = 1 << 63;

const IPAD: u8 = 0x36;
const OPAD: u8 = 0x5c;

fn compress<H: Hash>(state: &mut H::State, block: &H::Block) {
    #[cfg(test)]
    tests::COMPRESSIONS.set(tests::COMPRESSIONS.get().wrapping_add(1));
    H::compress(state, block);
}

fn xor(block: &mut [u8], pad: u8) {
    for byte in block {
        *byte ^= pad;
    }
}

fn pair(high: u32, low: u32) -> u64 {
    (u64::from(high) << 32) | u64::from(low)
}

#[expect(clippy::cast_possible_truncation, reason = "the two halves")]
fn halves(word: u64) -> [u32; 2] {
    [(word >> 32) as u32, word as u32]
}

/// Dynamic truncation (RFC 4226 §5.3) of an HMAC that begins with five words and ends with one.
///
/// The offset is in the last byte of the HMAC, which for SHA-256 and SHA-512 is not byte 19 (erratum 6756).
/// It is at most 15, so that four bytes are always there, in two neighbouring words. They are selected, not
/// looked up: no address depends on the HMAC.
fn truncate(words: [u32; 5], last: u32) -> u32 {
    let offset = last & 0x0f;
    // All ones if the bit is set.
    let in_third_or_fourth = 0_u64.wrapping_sub(u64::from(offset >> 3));
    let in_second_or_fourth = 0_u64.wrapping_sub(u64::from((offset >> 2) & 1));
    let select = |set: u64, unset: u64, mask: u64| unset ^ ((set ^ unset) & mask);
    let odd = select(pair(words[3], words[4]), pair(words[1], words[2]), in_third_or_fourth);
    let even = select(pair(words[2], words[3]), pair(words[0], words[1]), in_third_or_fourth);
    let selected = select(odd, even, in_second_or_fourth);
    let [word, _] = halves(selected.wrapping_shl((offset & 0b11) << 3));
    word & 0x7fff_ffff
}

#[cfg(test)]
mod tests;
