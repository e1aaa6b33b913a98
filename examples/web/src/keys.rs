//! The site's own keys, derived from the configured one. Each use has its own.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::stop::{Outcome, Stop};
use crate::users::random;

#[derive(Clone)]
pub(crate) struct Keys(Hmac<Sha256>);

impl Keys {
    pub(crate) fn new(sealing_key: &str) -> Self {
        // A block that holds the 64 hexadecimal digits. A key of another length was refused before.
        let mut block = [0; 64];
        let digits = sealing_key.trim().bytes().map(|digit| digit.to_ascii_lowercase());
        block.iter_mut().zip(digits).for_each(|(to, from)| *to = from);
        Self(Hmac::new(&block.into()))
    }

    /// A tag of these parts for one use.
    pub(crate) fn tag(&self, using: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        for part in [using.as_bytes()].iter().chain(parts) {
            mac.update(&part.len().to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// A token for a form of this session. The nonce makes it unique, so that a form that is sent twice is recognized.
    pub(crate) fn form_token(&self, session: &str, nonce: [u8; 16]) -> String {
        [hex(&nonce), hex(&self.tag("form", &[session.as_bytes(), &nonce]))].concat()
    }

    /// Whether this is a token of a form of this session.
    pub(crate) fn is_form_token(&self, session: &str, token: &str) -> bool {
        let Some((nonce, tag)) = token.split_at_checked(32) else { return false };
        let Some(nonce) = unhex(nonce) else { return false };
        hex(&self.tag("form", &[session.as_bytes(), &nonce])).as_bytes().ct_eq(tag.as_bytes()).into()
    }

    /// Seals a text, so that a copy of the database does not reveal it. It opens only for the same `context`.
    pub(crate) fn seal(&self, text: &str, context: &str) -> Outcome<String> {
        let nonce = random::<24>()?;
        let payload = Payload { msg: text.as_bytes(), aad: context.as_bytes() };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload);
        Ok([hex(&nonce), hex(&sealed.map_err(|_| Stop::Failed("this cannot be sealed".into()))?)].concat())
    }

    /// Opens what was sealed for this context.
    pub(crate) fn open(&self, sealed: &str, context: &str) -> Option<String> {
        let bytes = unhex(sealed)?;
        let (nonce, sealed) = bytes.split_first_chunk::<24>()?;
        let payload = Payload { msg: sealed, aad: context.as_bytes() };
        String::from_utf8(self.cipher().decrypt(&XNonce::from(*nonce), payload).ok()?).ok()
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.tag("seal", &[]).into())
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(..)")
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|digit| u8::try_from(digit.to_digit(16)?).ok()).collect();
    let pairs = digits?;
    pairs
        .len()
        .is_multiple_of(2)
        .then(|| pairs.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
}
