use alloc::vec::Vec;
use core::iter;

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{Tag, XNonce};
use zeroize::Zeroizing;

use super::sealing_key::SealingKey;
use super::{Seal, SealContext, SealError, Sealed};
use crate::otp::Secret;
use crate::session::TokenKeys;

/// The keys of a service: one that seals secrets, and retired ones that still open them. The keys that sign tokens
/// are derived from them, under a label of their own, so that one configured key serves both.
///
/// To rotate, first give the new key to every instance as a *retired* key. Then let the new key seal, and
/// make the old one a retired key. A record is sealed anew when it is next written; to reach all others,
/// [reseal](crate::Verifier::reseal) every account. Remove a retired key once no record is sealed with it and
/// the longest lifetime of a token is over. If a key was stolen, keep it [for opening
/// only](Self::with_opening_only), so that tokens that it signed are no longer accepted. Give each key an id of
/// its own: if two keys have one id, the first is used and the second never.
/// [`manual::operations`](crate::manual::operations) has the steps.
///
/// Sealing is XChaCha20-Poly1305 with a random nonce of 192 bits, the account and the authenticator as
/// associated data, and the key's id in front.
///
/// ```
/// use second_factor::{KeyRing, SealingKey};
///
/// let ring = KeyRing::new(2, SealingKey::new([0x22; 32])).with_retired(1, SealingKey::new([0x11; 32]));
/// let shown = format!("{ring:?}");
/// assert!(shown.starts_with("KeyRing { sealing: (2, SealingKey(..)), retired: [(1, SealingKey(..))], tokens: "));
/// ```
#[derive(Debug)]
pub struct KeyRing {
    sealing: (u32, SealingKey),
    retired: Vec<(u32, SealingKey)>,
    /// Derived from all of these keys except those for opening only.
    tokens: TokenKeys,
}

impl KeyRing {
    /// The first byte of what this ring seals.
    const FORM: u8 = 1;
    const NONCE_LEN: usize = 24;
    const TAG_LEN: usize = 16;

    /// A ring that seals, and opens, with `key`, known by the number `id`.
    pub fn new(id: u32, key: SealingKey) -> Self {
        let tokens = TokenKeys::new(id, key.token_key());
        Self { sealing: (id, key), retired: Vec::new(), tokens }
    }

    /// This ring, with one more key that opens and no longer seals. Tokens that it signed are still accepted.
    #[must_use]
    pub fn with_retired(mut self, id: u32, key: SealingKey) -> Self {
        self.tokens = self.tokens.with_retired(id, key.token_key());
        self.with_opening_only(id, key)
    }

    /// This ring, with one more key that opens and does nothing else. Tokens that it signed are no longer
    /// accepted, so logins under way have to start again, and remembered devices are asked for a code.
    #[must_use]
    pub fn with_opening_only(mut self, id: u32, key: SealingKey) -> Self {
        self.retired.push((id, key));
        self
    }

    /// The keys for tokens: one for each key of this ring whose tokens are accepted.
    pub(crate) fn token_keys(&self) -> &TokenKeys {
        &self.tokens
    }

    /// The id of the key that sealed this, if one of a ring did.
    pub(super) fn key_of(sealed: &Sealed) -> Option<u32> {
        Parts::of(sealed).map(|parts| parts.key)
    }

    fn key(&self, id: u32) -> Option<&SealingKey> {
        let mut keys = iter::once(&self.sealing).chain(&self.retired);
        keys.find(|(known, _)| *known == id).map(|(_, key)| key)
    }
}

impl Seal for KeyRing {
    fn seal(&self, secret: &Secret, context: SealContext<'_>, nonce: [u8; 24]) -> Result<Sealed, SealError> {
        let (id, key) = &self.sealing;
        let mut text = Zeroizing::new([0; Secret::MAX_LEN]);
        let text = text.get_mut(..secret.expose().len()).ok_or(SealError::Malformed)?;
        text.copy_from_slice(secret.expose());
        let tag = key
            .cipher()
            .encrypt_inout_detached(&XNonce::from(nonce), &context.associated_data(), (&mut *text).into())
            .map_err(|_| SealError::Broken)?;
        Sealed::new([&[Self::FORM], id.to_be_bytes().as_slice(), &nonce, text, &tag].concat())
    }

    fn open(&self, sealed: &Sealed, context: SealContext<'_>) -> Result<Secret, SealError> {
        let parts = Parts::of(sealed).ok_or(SealError::Malformed)?;
        let key = self.key(parts.key).ok_or(SealError::UnknownKey { key: parts.key })?;
        let mut text = Zeroizing::new([0; Secret::MAX_LEN]);
        let text = text.get_mut(..parts.ciphertext.len()).ok_or(SealError::Malformed)?;
        text.copy_from_slice(parts.ciphertext);
        key.cipher()
            .decrypt_inout_detached(
                &XNonce::from(parts.nonce),
                &context.associated_data(),
                (&mut *text).into(),
                &Tag::from(parts.tag),
            )
            .map_err(|_| SealError::Broken)?;
        Ok(Secret::new(text)?)
    }

    fn is_current(&self, sealed: &Sealed) -> bool {
        Parts::of(sealed).is_some_and(|parts| parts.key == self.sealing.0)
    }
}

/// `form | key id, big-endian | nonce | ciphertext | tag`
struct Parts<'a> {
    key: u32,
    nonce: [u8; KeyRing::NONCE_LEN],
    ciphertext: &'a [u8],
    tag: [u8; KeyRing::TAG_LEN],
}

impl<'a> Parts<'a> {
    fn of(sealed: &'a Sealed) -> Option<Self> {
        let (&form, rest) = sealed.as_bytes().split_first()?;
        let (key, rest) = rest.split_first_chunk()?;
        let (nonce, rest) = rest.split_first_chunk()?;
        let (ciphertext, tag) = rest.split_last_chunk()?;
        (form == KeyRing::FORM).then_some(Self {
            key: u32::from_be_bytes(*key),
            nonce: *nonce,
            ciphertext,
            tag: *tag,
        })
    }
}
