//! Base32 of RFC 4648 §6, unpadded: five bytes and the eight characters that they are.
//!
//! A group is computed in one word, its characters side by side. Nothing is looked up and nothing branches: time and
//! addresses depend on lengths alone. What was decoded is encoded again and compared with what came in, and that is
//! the whole proof that it was base32.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use zeroize::Zeroizing;

/// What a text turns out to be once it is decoded and encoded again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Spelling {
    /// The one text of these bytes.
    Canonical,
    /// The same, but for bits at the end that belong to no byte and are not zero (RFC 4648 §3.5).
    TrailingBits,
    /// The text of no bytes, or of another number of them. What was decoded means nothing.
    Other,
}

/// How many bytes so many characters are, if any number is (RFC 4648 §6).
pub(crate) const fn decoded_len(symbols: usize) -> Option<usize> {
    let bytes = match symbols % 8 {
        0 => 0,
        2 => 1,
        4 => 2,
        5 => 3,
        7 => 4,
        _ => return None,
    };
    Some((symbols / 8).saturating_mul(5).saturating_add(bytes))
}

/// How many characters so many bytes are.
pub(crate) const fn encoded_len(bytes: usize) -> usize {
    bytes.saturating_mul(8).div_ceil(5)
}

/// Decodes the characters of exactly so many bytes.
#[inline]
pub(crate) fn decode(symbols: &[u8], bytes: &mut [u8]) -> Spelling {
    if decoded_len(symbols.len()) != Some(bytes.len()) {
        return Spelling::Other;
    }
    let (groups, last_symbols) = symbols.as_chunks();
    let (fives, last_bytes) = bytes.as_chunks_mut();
    let mut differing = 0;
    for (group, five) in groups.iter().zip(fives) {
        let bits = bits_of(*group);
        *five = bytes_of(bits);
        differing |= u64::from_be_bytes(*group) ^ symbols_of(bits);
    }
    let mut trailing = 0;
    if !last_symbols.is_empty() {
        // Completed with zero bits.
        let mut group = [b'A'; 8];
        put(last_symbols, &mut group);
        let bits = bits_of(group);
        put(&bytes_of(bits), last_bytes);
        differing |= u64::from_be_bytes(group) ^ symbols_of(bits);
        trailing = bits ^ bits_of_five(last_bytes);
    }
    reveal(differing, trailing)
}

/// The outcome, and nothing else, becomes a branch.
#[inline(never)]
fn reveal(differing: u64, trailing: u64) -> Spelling {
    match (differing, trailing) {
        (0, 0) => Spelling::Canonical,
        (0, _) => Spelling::TrailingBits,
        _ => Spelling::Other,
    }
}

/// The bytes of a canonical text.
pub(crate) fn decode_vec(symbols: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(vec![0; decoded_len(symbols.len())?]);
    (decode(symbols, &mut bytes) == Spelling::Canonical).then_some(bytes)
}

/// The bytes of a canonical text, if there are so many.
#[inline]
pub(crate) fn decode_array<const N: usize>(symbols: &[u8]) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    (decode(symbols, &mut bytes) == Spelling::Canonical).then_some(bytes)
}

/// Encodes into [so many](encoded_len) characters: upper case, with zero bits at the end (RFC 4648 §3.5).
#[inline]
pub(crate) fn encode_into(bytes: &[u8], symbols: &mut [u8]) {
    let (fives, last_bytes) = bytes.as_chunks::<5>();
    let (groups, last_symbols) = symbols.as_chunks_mut();
    for (five, group) in fives.iter().zip(groups) {
        *group = symbols_of(bits_of_five(five)).to_be_bytes();
    }
    put(&symbols_of(bits_of_five(last_bytes)).to_be_bytes(), last_symbols);
}

/// The canonical text.
pub(crate) fn encode(bytes: &[u8]) -> Zeroizing<String> {
    let mut symbols = vec![0; encoded_len(bytes.len())];
    encode_into(bytes, &mut symbols);
    Zeroizing::new(String::from_utf8(symbols).unwrap_or_default())
}

/// The same byte in each place of a word.
const fn each(byte: u8) -> u64 {
    u64::from_be_bytes([byte; 8])
}

/// The 40 bits of eight characters. Of anything else some 40 bits, which are not encoded as it.
#[inline]
fn bits_of(group: [u8; 8]) -> u64 {
    let symbols = u64::from_be_bytes(group);
    // The low five bits are 1 for `A` and 18 for `2`, which stand for 0 and 26. Bit 6 tells letters from digits.
    let letters = (symbols >> 6) & each(1);
    let offset = each(32 + 8).wrapping_sub(letters.wrapping_mul(8 + 1));
    let fives = (symbols & each(31)).wrapping_add(offset) & each(31);
    // Neighbours move together: four tens, two twenties, forty.
    let tens = (fives >> 3) & 0x03e0_03e0_03e0_03e0 | fives & 0x001f_001f_001f_001f;
    let twenties = (tens >> 6) & 0x000f_fc00_000f_fc00 | tens & 0x0000_03ff_0000_03ff;
    (twenties >> 12) & 0x00ff_fff0_0000 | twenties & 0x000f_ffff
}

/// The eight characters of 40 bits.
#[inline]
fn symbols_of(bits: u64) -> u64 {
    let twenties = (bits << 12) & 0x000f_ffff_0000_0000 | bits & 0x000f_ffff;
    let tens = (twenties << 6) & 0x03ff_0000_03ff_0000 | twenties & 0x0000_03ff_0000_03ff;
    let fives = (tens << 3) & 0x1f00_1f00_1f00_1f00 | tens & 0x001f_001f_001f_001f;
    // From 26 on, the digits: `2` stands 41 before the `[` that follows `Z`.
    let digits = (fives.wrapping_add(each(128 - 26)) >> 7) & each(1);
    fives.wrapping_add(each(b'A')).wrapping_sub(digits.wrapping_mul(41))
}

fn bytes_of(bits: u64) -> [u8; 5] {
    let [_, _, _, bytes @ ..] = bits.to_be_bytes();
    bytes
}

/// The bits of up to five bytes, zero bits after them.
#[inline]
fn bits_of_five(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    let [_, _, _, five @ ..] = &mut word;
    put(bytes, five);
    u64::from_be_bytes(word)
}

/// As much as is there and has room.
#[inline]
fn put(from: &[u8], to: &mut [u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}

#[cfg(test)]
mod tests;
