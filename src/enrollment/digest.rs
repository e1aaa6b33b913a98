use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::otp::constant_time::reveal_equal;
use crate::otp::redacted_debug;

/// The SHA-256 digest of a list of parts. Each part is hashed after its length, so that different lists give
/// different digests.
///
/// The first part names the domain: what the digest is for.
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        // A slice is never longer than `isize::MAX` bytes, which fits into 64 bits.
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// The first half of a SHA-256 digest or tag, compared in constant time and redacted in `Debug`. A record
/// keeps these of what was presented.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub(crate) struct HalfDigest(
    #[cfg_attr(feature = "serde", serde(with = "super::bytes_text"))] pub(crate) [u8; 16],
);

impl HalfDigest {
    pub(crate) fn of(whole: &[u8; 32]) -> Self {
        Self(whole.first_chunk().copied().unwrap_or_default())
    }

    /// Whether the two are equal, as a `Choice`, so that no branch depends on it yet.
    pub(crate) fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

redacted_debug!(HalfDigest);

impl PartialEq for HalfDigest {
    fn eq(&self, other: &Self) -> bool {
        reveal_equal(&self.0, &other.0)
    }
}

impl Eq for HalfDigest {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sha256_tells_lists_of_parts_apart() {
        // Without parts no length is hashed: this is SHA-256 of the empty string (FIPS 180-4).
        assert_eq!(sha256(&[])[..4], [0xe3, 0xb0, 0xc4, 0x42]);
        let lists: [&[&[u8]]; 6] = [&[], &[b""], &[b"", b""], &[b"ab", b"c"], &[b"a", b"bc"], &[b"abc"]];
        for (position, one) in lists.iter().enumerate() {
            for other in &lists[position + 1..] {
                assert_ne!(sha256(one), sha256(other), "{one:?} {other:?}");
            }
        }
    }
}
