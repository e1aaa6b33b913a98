use sha2::{Digest, Sha256};

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
