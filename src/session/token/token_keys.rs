use alloc::vec::Vec;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::otp::redacted_debug;

/// The keys that sign challenges, device tokens and enrollments: one that signs, and retired ones that still verify.
///
/// They belong to the service, not to an account. [`KeyRing`](super::super::KeyRing) derives them from its
/// own keys; a host with a [`Seal`](super::super::Seal) of its own makes them itself and passes both as
/// [`Keys`](super::super::Keys).
///
/// Whoever has the signing key can make a challenge without the password, but still needs a code. Whoever can
/// seal secrets as well, with the key of a ring or because secrets are stored in clear, can also forge an
/// [`EnrollmentToken`](super::EnrollmentToken) with a secret of their own. For this they need the account's
/// epoch: it is readable in a challenge, which takes the password, and it is known for an account whose
/// credentials never changed here. So a host keeps enrollment tokens in its sessions and takes none from a
/// browser.
///
/// To rotate, first give the new key to every instance as a retired key, then let it sign. Remove a retired
/// key once the longest lifetime of a token is over: 30 days if devices are remembered. Give each key an id of its
/// own: if two keys have one id, no token is verified with the second.
///
/// ```
/// use second_factor::session::{TokenKey, TokenKeys};
///
/// let keys = TokenKeys::new(2, TokenKey::new([0x22; 32])).with_retired(1, TokenKey::new([0x11; 32]));
/// assert_eq!(format!("{keys:?}"), "TokenKeys { signing: (2, TokenKey(..)), retired: [(1, TokenKey(..))] }");
/// ```
#[derive(Clone, Debug)]
pub struct TokenKeys {
    signing: (u32, TokenKey),
    retired: Vec<(u32, TokenKey)>,
}

impl TokenKeys {
    /// Keys that sign, and verify, with `key`, known by the number `id`.
    pub fn new(id: u32, key: TokenKey) -> Self {
        Self { signing: (id, key), retired: Vec::new() }
    }

    /// These keys, with one more that verifies and no longer signs.
    #[must_use]
    pub fn with_retired(mut self, id: u32, key: TokenKey) -> Self {
        self.retired.push((id, key));
        self
    }

    /// The id of the key that signs.
    pub(super) fn signing_id(&self) -> u32 {
        self.signing.0
    }

    /// The tag over these parts under the key that signs.
    pub(crate) fn signed(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.signing.1.tag(parts)
    }

    /// The tags over these parts under every key, the one of the signing key first.
    pub(crate) fn signed_by_each(&self, parts: &[&[u8]]) -> impl Iterator<Item = [u8; 32]> {
        core::iter::once(&self.signing).chain(&self.retired).map(move |(_, key)| key.tag(parts))
    }

    /// The tag over these parts under the key of this id, if there is one.
    pub(super) fn tag(&self, id: u32, parts: &[&[u8]]) -> Option<[u8; 32]> {
        let known = core::iter::once(&self.signing).chain(&self.retired).find(|(known, _)| *known == id);
        known.map(|(_, key)| key.tag(parts))
    }
}

/// A key of 256 bits that tokens are signed with. Cleared when dropped, redacted in `Debug`.
#[derive(Clone)]
pub struct TokenKey(Zeroizing<[u8; 32]>);

impl TokenKey {
    /// The key of these bytes. They must be random: a password is not a key.
    pub fn new(key: [u8; 32]) -> Self {
        Self(key.into())
    }

    /// The key that is derived from another one, under a label of its own, so that it does not reveal the
    /// other.
    #[cfg(feature = "sealing")]
    pub(crate) fn derived_from(key: &[u8; 32]) -> Self {
        Self::new(Self::new(*key).tag(&[b"second-factor/token-key/v1"]))
    }

    /// HMAC-SHA-256 over parts, each with its length in front, so that two different lists of parts never
    /// give the same input.
    fn tag(&self, parts: &[&[u8]]) -> [u8; 32] {
        // RFC 2104 §2 pads the key with zeros to a block.
        let mut block = Zeroizing::new([0; 64]);
        block.iter_mut().zip(self.0.iter()).for_each(|(to, from)| *to = *from);
        let mut mac = Hmac::<Sha256>::new((&*block).into());
        for part in parts {
            // A slice is never longer than `isize::MAX` bytes, which fits into 64 bits.
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

redacted_debug!(TokenKey);
