//! HMAC (RFC 2104) over counters, at the level of blocks, and the digest that the layers above use.
//!
//! The only file of the crate that names the hash crates.
//!
//! A counter and its padding fill less than one block, and so does the inner digest. Once the two blocks that depend on
//! the key have been compressed, a code costs two more compressions. For a window, the inner blocks come first and
//! the outer ones after: the processor overlaps what does not depend on each other.

use core::array;

use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{Algorithm, Secret};

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
#[cfg(any(feature = "alloc", test))]
#[allow(dead_code, reason = "the layers above use it")]
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
}

impl<H: Hash> Keyed<H> {
    fn new(key: &[u8]) -> Self {
        let mut block = H::EMPTY;
        let bytes = block.as_mut().as_flattened_mut();
        if let Some(start) = bytes.get_mut(..key.len()) {
            start.copy_from_slice(key);
        } else {
            let mut hashed = H::digest(key);
            for (byte, from) in bytes.iter_mut().zip(&hashed) {
                *byte = *from;
            }
            hashed.as_mut_slice().zeroize();
        }
        let mut keyed = Self { inner: H::INITIAL, outer: H::INITIAL };
        xor_words(block.as_mut(), IPAD);
        compress::<H>(&mut keyed.inner, &block);
        xor_words(block.as_mut(), IPAD ^ OPAD);
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

    /// The whole HMAC of each counter. What stays in memory are inner digests, of no use without the outer state.
    fn tags<const N: usize>(&self, counters: [u64; N]) -> [H::State; N] {
        let blocks = counters.map(H::counter_block);
        let mut inner = [self.inner; N];
        for (state, block) in inner.iter_mut().zip(&blocks) {
            compress::<H>(state, block);
        }
        let blocks = inner.map(H::digest_block);
        let mut outer = [self.outer; N];
        for (state, block) in outer.iter_mut().zip(&blocks) {
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
///
/// Blocks are made of 8-byte words, not of single bytes: the compression functions load 16 bytes at once, and such a
/// load waits for byte stores that are still under way.
pub(crate) trait Hash: Digest {
    /// The chaining value.
    type State: Copy + Zeroize;
    type Block: AsMut<[[u8; 8]]> + Zeroize;

    const INITIAL: Self::State;
    const EMPTY: Self::Block;

    fn compress(state: &mut Self::State, block: &Self::Block);

    /// The second and last block of the inner hash: the counter, padded.
    fn counter_block(counter: u64) -> Self::Block;

    /// The second and last block of the outer hash: the inner digest, padded.
    fn digest_block(digest: Self::State) -> Self::Block;

    fn truncate(digest: &Self::State) -> u32;
}

impl Hash for Sha1 {
    type State = [u32; 5];
    type Block = [[u8; 8]; 8];

    const INITIAL: Self::State = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    const EMPTY: Self::Block = [[0; 8]; 8];

    fn compress(state: &mut Self::State, block: &Self::Block) {
        sha1::block_api::compress(state, block.as_flattened().as_chunks().0);
    }

    fn counter_block(counter: u64) -> Self::Block {
        [counter, END, 0, 0, 0, 0, 0, (64 + 8) * 8].map(u64::to_be_bytes)
    }

    fn digest_block(digest: Self::State) -> Self::Block {
        [
            pair(digest[0], digest[1]),
            pair(digest[2], digest[3]),
            pair(digest[4], 0) | (END >> 32),
            0,
            0,
            0,
            0,
            (64 + 20) * 8,
        ]
        .map(u64::to_be_bytes)
    }

    fn truncate(digest: &Self::State) -> u32 {
        truncate(digest.map(u32::to_be_bytes).as_flattened())
    }
}

impl Hash for Sha256 {
    type State = [u32; 8];
    type Block = [[u8; 8]; 8];

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
    const EMPTY: Self::Block = [[0; 8]; 8];

    fn compress(state: &mut Self::State, block: &Self::Block) {
        sha2::block_api::compress256(state, block.as_flattened().as_chunks().0);
    }

    fn counter_block(counter: u64) -> Self::Block {
        [counter, END, 0, 0, 0, 0, 0, (64 + 8) * 8].map(u64::to_be_bytes)
    }

    fn digest_block(digest: Self::State) -> Self::Block {
        [
            pair(digest[0], digest[1]),
            pair(digest[2], digest[3]),
            pair(digest[4], digest[5]),
            pair(digest[6], digest[7]),
            END,
            0,
            0,
            (64 + 32) * 8,
        ]
        .map(u64::to_be_bytes)
    }

    fn truncate(digest: &Self::State) -> u32 {
        truncate(digest.map(u32::to_be_bytes).as_flattened())
    }
}

impl Hash for Sha512 {
    type State = [u64; 8];
    type Block = [[u8; 8]; 16];

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

    fn compress(state: &mut Self::State, block: &Self::Block) {
        sha2::block_api::compress512(state, block.as_flattened().as_chunks().0);
    }

    fn counter_block(counter: u64) -> Self::Block {
        [counter, END, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (128 + 8) * 8].map(u64::to_be_bytes)
    }

    fn digest_block(digest: Self::State) -> Self::Block {
        [
            digest[0],
            digest[1],
            digest[2],
            digest[3],
            digest[4],
            digest[5],
            digest[6],
            digest[7],
            END,
            0,
            0,
            0,
            0,
            0,
            0,
            (128 + 64) * 8,
        ]
        .map(u64::to_be_bytes)
    }

    fn truncate(digest: &Self::State) -> u32 {
        truncate(digest.map(u64::to_be_bytes).as_flattened())
    }
}

/// The bit that ends a message, as the first of its word.
const END: u64 = 1 << 63;

const IPAD: u64 = 0x3636_3636_3636_3636;
const OPAD: u64 = 0x5c5c_5c5c_5c5c_5c5c;

fn compress<H: Hash>(state: &mut H::State, block: &H::Block) {
    #[cfg(test)]
    tests::COMPRESSIONS.set(tests::COMPRESSIONS.get().wrapping_add(1));
    H::compress(state, block);
}

fn xor_words(block: &mut [[u8; 8]], pad: u64) {
    for word in block {
        *word = (u64::from_ne_bytes(*word) ^ pad).to_ne_bytes();
    }
}

fn pair(high: u32, low: u32) -> u64 {
    (u64::from(high) << 32) | u64::from(low)
}

/// Dynamic truncation (RFC 4226 §5.3). The offset is in the last byte of the HMAC, which for SHA-256 and
/// SHA-512 is not byte 19 (erratum 6756); it is at most 15, so that four bytes are always there.
fn truncate(tag: &[u8]) -> u32 {
    let offset = usize::from(tag.last().copied().unwrap_or_default() & 0x0f);
    let word = tag.get(offset..).and_then(<[u8]>::first_chunk).copied().unwrap_or_default();
    u32::from_be_bytes(word) & 0x7fff_ffff
}

#[cfg(test)]
mod tests {
    use core::cell::Cell;

    use hmac::{Hmac, KeyInit, Mac as _};
    use proptest::prelude::*;
    use std::vec;
    use std::vec::Vec;

    use super::*;
    use crate::otp::{
        Code, Counter, Digits, Hotp, LookAhead, ResyncWindow, TimeStep, Totp, TotpParams, Window,
    };
    use crate::time::UnixTime;

    std::thread_local! {
        /// Calls of the compression function on this thread, hashing of long keys aside.
        pub(super) static COMPRESSIONS: Cell<u32> = const { Cell::new(0) };
    }

    fn compressions<T>(work: impl FnOnce() -> T) -> u32 {
        COMPRESSIONS.set(0);
        work();
        COMPRESSIONS.get()
    }

    fn secret() -> Secret {
        Secret::new(b"12345678901234567890").unwrap()
    }

    /// The HMAC crate on the same input, whole and truncated as RFC 4226 §5.4 writes it.
    fn reference(key: &[u8], algorithm: Algorithm, counter: u64) -> (Vec<u8>, u32) {
        let message = counter.to_be_bytes();
        let tag = match algorithm {
            Algorithm::Sha1 => Hmac::<Sha1>::new_from_slice(key)
                .unwrap()
                .chain_update(message)
                .finalize()
                .into_bytes()
                .to_vec(),
            Algorithm::Sha256 => Hmac::<Sha256>::new_from_slice(key)
                .unwrap()
                .chain_update(message)
                .finalize()
                .into_bytes()
                .to_vec(),
            Algorithm::Sha512 => Hmac::<Sha512>::new_from_slice(key)
                .unwrap()
                .chain_update(message)
                .finalize()
                .into_bytes()
                .to_vec(),
        };
        let offset = usize::from(tag.last().unwrap() & 0xf);
        let value = u32::from(tag[offset] & 0x7f) << 24
            | u32::from(tag[offset + 1]) << 16
            | u32::from(tag[offset + 2]) << 8
            | u32::from(tag[offset + 3]);
        (tag, value)
    }

    fn whole(key: &[u8], algorithm: Algorithm, counters: [u64; 3]) -> [Vec<u8>; 3] {
        match Mac::with_key(key, algorithm) {
            Mac::Sha1(keyed) => {
                keyed.tags(counters).map(|tag| tag.map(u32::to_be_bytes).as_flattened().to_vec())
            }
            Mac::Sha256(keyed) => {
                keyed.tags(counters).map(|tag| tag.map(u32::to_be_bytes).as_flattened().to_vec())
            }
            Mac::Sha512(keyed) => {
                keyed.tags(counters).map(|tag| tag.map(u64::to_be_bytes).as_flattened().to_vec())
            }
        }
    }

    fn algorithms() -> impl Strategy<Value = Algorithm> {
        prop_oneof![Just(Algorithm::Sha1), Just(Algorithm::Sha256), Just(Algorithm::Sha512)]
    }

    proptest! {
        #[test]
        fn rfc2104_equals_the_hmac_crate(
            key in proptest::collection::vec(any::<u8>(), 0..300),
            algorithm in algorithms(),
            counters in any::<[u64; 3]>(),
        ) {
            let tags = whole(&key, algorithm, counters);
            let mac = Mac::with_key(&key, algorithm);
            for (counter, tag) in counters.into_iter().zip(tags) {
                let (expected, value) = reference(&key, algorithm, counter);
                prop_assert_eq!(tag, expected);
                prop_assert_eq!(mac.value(counter), value);
            }
        }

        #[test]
        fn for_each_visits_every_counter_once_and_in_order(
            algorithm in algorithms(),
            first in prop_oneof![any::<u64>(), Just(u64::MAX), Just(u64::MAX - 1)],
            count in 0_u16..12,
        ) {
            let mac = Mac::new(&secret(), algorithm);
            let mut seen = vec![];
            mac.for_each(first, count, |counter, value| seen.push((counter, value)));
            let expected: Vec<_> = (0..u64::from(count))
                .map(|ahead| first.wrapping_add(ahead))
                .map(|counter| (counter, mac.value(counter)))
                .collect();
            prop_assert_eq!(seen, expected);
        }
    }

    #[test]
    fn rfc2104_section_2_keys_around_the_block_length() {
        for algorithm in [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512] {
            for length in [0, 1, 19, 20, 21, 63, 64, 65, 127, 128, 129, 300] {
                let key = vec![0xa5; length];
                let (_, expected) = reference(&key, algorithm, 7);
                assert_eq!(Mac::with_key(&key, algorithm).value(7), expected, "{algorithm}, {length} bytes");
            }
        }
    }

    #[test]
    fn rfc4226_section_7_4_keying_takes_two_compressions_and_a_code_two_more() {
        for algorithm in [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512] {
            let mut mac = None;
            assert_eq!(compressions(|| mac = Some(Mac::new(&secret(), algorithm))), 2);
            assert_eq!(compressions(|| mac.unwrap().value(1)), 2);
        }
    }

    #[test]
    fn rfc6238_section_5_2_verify_costs_the_same_whatever_the_outcome() {
        let totp = Totp::new(&secret(), TotpParams::default().with_t0(UnixTime::from_secs(30)));
        let step = |number: u64| UnixTime::from_secs(number.saturating_mul(30).saturating_add(30));
        let wide = Window::wide(10, 10).unwrap();
        for window in [Window::EXACT, Window::NO_FUTURE, Window::DEFAULT, wide] {
            let cost = 2 * u32::from(window.steps());
            for now in [0, 1, 5, 100, u64::MAX / 30 - 2] {
                for around in now.saturating_sub(12)..=now.saturating_add(12) {
                    let code = totp.generate(step(around));
                    for after in [None, Some(0), Some(now - now.min(1)), Some(now), Some(u64::MAX)] {
                        let after = after.map(TimeStep::new);
                        let work = || totp.verify(&code, step(now), window, after);
                        assert_eq!(compressions(work), cost, "step {around} at {now}, after {after:?}");
                    }
                }
            }
            let other_length = Code::parse("12345678", Digits::Eight).unwrap();
            assert_eq!(compressions(|| totp.verify(&other_length, step(9), window, None)), cost);
            let code = totp.generate(step(0));
            assert_eq!(compressions(|| totp.verify(&code, UnixTime::EPOCH, window, None)), cost);
        }
    }

    #[test]
    fn rfc6238_section_4_2_verify_costs_the_same_at_the_last_step() {
        let second = TotpParams::new(Algorithm::Sha1, Digits::Six, crate::Period::from_secs(1).unwrap());
        let totp = Totp::new(&secret(), second);
        for from_last in 0..3 {
            let now = UnixTime::from_secs(u64::MAX - from_last);
            let code = totp.generate(now);
            assert_eq!(compressions(|| totp.verify(&code, now, Window::DEFAULT, None)), 6);
        }
    }

    #[test]
    fn rfc4226_section_7_4_look_ahead_and_resynchronization_cost_the_same_whatever_the_outcome() {
        let hotp = Hotp::new(&secret(), Algorithm::Sha256, Digits::Six);
        for expected in [0, 1_000, u64::MAX - 50, u64::MAX] {
            let expected = Counter::new(expected);
            for ahead in [0, 1, 2, 50, 100, 101] {
                let code = hotp.generate(Counter::new(expected.get().wrapping_add(ahead)));
                let next = hotp.generate(Counter::new(expected.get().wrapping_add(ahead + 1)));
                let look_ahead = LookAhead::new(100).unwrap();
                assert_eq!(compressions(|| hotp.verify(&code, expected, look_ahead)), 2 * 101);
                let window = ResyncWindow::new(100).unwrap();
                let work = || hotp.resynchronize(&code, &next, expected, window);
                assert_eq!(compressions(work), 2 * 102);
            }
        }
    }

    #[test]
    fn sha256_tells_lists_of_parts_apart() {
        // SHA-256 of the empty string (FIPS 180-4), and no framing where there are no parts.
        assert_eq!(sha256(&[])[..4], [0xe3, 0xb0, 0xc4, 0x42]);
        let lists: [&[&[u8]]; 6] = [&[], &[b""], &[b"", b""], &[b"ab", b"c"], &[b"a", b"bc"], &[b"abc"]];
        for (position, one) in lists.iter().enumerate() {
            for other in &lists[position + 1..] {
                assert_ne!(sha256(one), sha256(other), "{one:?} {other:?}");
            }
        }
    }
}
