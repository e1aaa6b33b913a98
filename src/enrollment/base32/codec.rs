use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use base32ct::{Base32UpperUnpadded, Encoding};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The result of decoding base32 characters.
pub(super) struct Decoded {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    /// The last character has bits that belong to no byte and are not zero (RFC 4648 §3.5).
    pub(super) trailing_bits: bool,
}

/// Decodes upper-case characters without padding (RFC 4648 §6). For texts of the same length, the time
/// depends only on the outcome.
#[inline(never)] // `constant-time.supp` matches this name.
pub(super) fn decode_symbols(symbols: &[u8]) -> Option<Decoded> {
    let mut bytes = Zeroizing::new(vec![0; decoded_len(symbols)]);
    let trailing_bits = decode_symbols_into(symbols, &mut bytes)?;
    Some(Decoded { bytes, trailing_bits })
}

/// Decodes into `bytes`, which has [`decoded_len`] of them. Returns whether there are trailing bits that are
/// not zero.
#[inline(never)] // `constant-time.supp` matches this name.
fn decode_symbols_into(symbols: &[u8], bytes: &mut [u8]) -> Option<bool> {
    Base32UpperUnpadded::decode(symbols, bytes).ok()?;
    // The decoder ignores bits that belong to no byte. Only an incomplete last group has such bits. They are
    // zero if encoding the bytes of that group gives its characters again.
    let (_, last_bytes) = bytes.as_chunks::<5>();
    let (_, last_symbols) = symbols.as_chunks::<8>();
    let mut encoded = Zeroizing::new([0; 8]);
    let encoded = Base32UpperUnpadded::encode(last_bytes, encoded.as_mut_slice()).ok()?;
    let is_canonical = encoded.as_bytes().ct_eq(last_symbols);
    Some((!is_canonical).into())
}

fn decoded_len(symbols: &[u8]) -> usize {
    symbols.len().saturating_mul(5) / 8
}

/// The bytes of a canonical text, or `None` if it is not canonical.
pub(crate) fn decode_vec(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    decode_symbols(text.as_bytes()).filter(|decoded| !decoded.trailing_bits).map(|decoded| decoded.bytes)
}

/// The bytes of a canonical text, or `None` if it is not canonical or there are not `N` of them.
pub(crate) fn decode_array<const N: usize>(text: &str) -> Option<[u8; N]> {
    let symbols = text.as_bytes();
    if decoded_len(symbols) != N {
        return None;
    }
    let mut bytes = Zeroizing::new([0; N]);
    match decode_symbols_into(symbols, bytes.as_mut_slice()) {
        Some(false) => Some(*bytes),
        _ => None,
    }
}

/// Like [`encode`], but does not allocate and does not clear anything. Only for bytes that are not secret.
#[cfg(feature = "serde")]
pub(crate) fn encode_public<'b>(bytes: &[u8; 16], text: &'b mut [u8; 26]) -> &'b str {
    // 16 bytes are 26 characters.
    Base32UpperUnpadded::encode(bytes, text).unwrap_or_default()
}

/// The canonical text: in upper case, without padding, with zero bits at the end.
pub(crate) fn encode(bytes: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(Base32UpperUnpadded::encode_string(bytes))
}

#[cfg(test)]
mod tests;
