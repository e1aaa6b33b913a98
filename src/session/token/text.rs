//! Bytes as the text of a token: base32 without padding, one spelling for each value.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::enrollment::base32;

pub(crate) use base32::encode;

/// The bytes of `text`, if it is the spelling that [`encode`] gives them.
pub(crate) fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    base32::decode_vec(text.as_bytes())
}

pub(crate) fn decode_array<const N: usize>(text: &str) -> Option<[u8; N]> {
    base32::decode_array(text.as_bytes())
}
