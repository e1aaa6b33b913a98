use alloc::vec::Vec;
use core::fmt;

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{Tag, XNonce};
use zeroize::Zeroizing;

use super::sealing_key::SealingKey;
use super::{Seal, SealContext, SealError, Sealed};
use crate::otp::{OtpError, Secret};

/// Sealing keys: one that seals, and retired ones that still open.
///
/// To rotate: put a new key in front and the old one among the retired, everywhere; records are sealed anew
/// as they are next written. A retired key may go once no record is sealed with it. In a rolling upgrade,
/// first give the new key to every instance as a *retired* one, then let it seal.
///
/// Sealing is XChaCha20-Poly1305 with a random nonce of 192 bits, the account and the authenticator as
/// associated data, and the key's id in front.
///
/// ```
/// use second_factor::{KeyRing, SealingKey};
///
/// let ring = KeyRing::new(2, SealingKey::new([0x22; 32])).with_retired(1, SealingKey::new([0x11; 32]));
/// assert_eq!(format!("{ring:?}"), "KeyRing { sealing: 2, retired: [1] }");
/// ```
pub struct KeyRing {
    sealing: (u32, SealingKey),
    retired: Vec<(u32, SealingKey)>,
}

impl KeyRing {
    /// The first byte of what this ring seals.
    const FORM: u8 = 1;
    const NONCE_LEN: usize = 24;
    const TAG_LEN: usize = 16;

    /// A ring that seals, and opens, with `key`, known by the number `id`.
    pub fn new(id: u32, key: SealingKey) -> Self {
        Self { sealing: (id, key), retired: Vec::new() }
    }

    /// This ring, with one more key that opens and no longer seals.
    #[must_use]
    pub fn with_retired(mut self, id: u32, key: SealingKey) -> Self {
        self.retired.push((id, key));
        self
    }

    fn key(&self, id: u32) -> Option<&SealingKey> {
        core::iter::once(&self.sealing)
            .chain(&self.retired)
            .find(|(known, _)| *known == id)
            .map(|(_, key)| key)
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
        Ok(Secret::new(text).map_err(OtpError::from)?)
    }

    fn is_current(&self, sealed: &Sealed) -> bool {
        Parts::of(sealed).is_some_and(|parts| parts.key == self.sealing.0)
    }
}

/// Ids only.
impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let retired: Vec<u32> = self.retired.iter().map(|(id, _)| *id).collect();
        f.debug_struct("KeyRing").field("sealing", &self.sealing.0).field("retired", &retired).finish()
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
