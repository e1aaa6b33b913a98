use alloc::string::String;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::fields::{Fields, Reader};
use super::{MAX_TEXT, TokenKeys};
use crate::enrollment::base32::{decode_array, decode_vec, encode};
use crate::otp::constant_time::reveal_equal;
use crate::session::AccountId;

/// What a kind of token says besides its account.
pub(crate) trait Claims: Sized {
    /// Begins the text, so that a token of another kind is not even read.
    const PREFIX: &'static str;
    /// Goes into the tag, so that a token of another kind never verifies.
    const LABEL: &'static [u8];

    fn write(&self, to: &mut Fields);

    fn read(from: &mut Reader<'_>) -> Option<Self>;
}

/// A token: an account, what is claimed about it, and a tag over both.
#[derive(Clone)]
pub(crate) struct Signed<C> {
    pub(crate) account: AccountId,
    pub(crate) claims: C,
    key: u32,
    body: Zeroizing<Vec<u8>>,
    tag: Zeroizing<[u8; 32]>,
    pub(super) text: Zeroizing<String>,
}

impl<C: Claims> Signed<C> {
    pub(crate) fn new(account: AccountId, claims: C, keys: &TokenKeys, namespace: &str) -> Self {
        let key = keys.signing_id();
        let mut fields = Fields::new();
        fields.push(&key.to_be_bytes());
        fields.push(account.as_bytes());
        claims.write(&mut fields);
        let body = fields.into_bytes();
        let tag = Zeroizing::new(keys.tag(key, &[C::LABEL, namespace.as_bytes(), &body]).unwrap_or_default());
        let text = Zeroizing::new([C::PREFIX, &encode(&body), &encode(&*tag)].join("."));
        Self { account, claims, key, body, tag, text }
    }

    /// Reads the text of a token. [`is_genuine`](Self::is_genuine) says whether it is genuine.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_TEXT {
            return None;
        }
        let (prefix, rest) = text.split_once('.')?;
        let (body, tag) = rest.split_once('.')?;
        if prefix != C::PREFIX {
            return None;
        }
        let (body, tag) = (decode_vec(body)?, Zeroizing::new(decode_array(tag)?));
        let mut fields = Reader::new(&body);
        let key = u32::from_be_bytes(fields.array()?);
        let account = AccountId::new(fields.text()?).ok()?;
        let claims = C::read(&mut fields)?;
        if !fields.is_at_end() {
            return None;
        }
        Some(Self { account, claims, key, body, tag, text: Zeroizing::new(text.into()) })
    }

    /// Whether one of these keys signed it, for this namespace.
    pub(crate) fn is_genuine(&self, keys: &TokenKeys, namespace: &str) -> bool {
        let expected = keys.tag(self.key, &[C::LABEL, namespace.as_bytes(), &self.body]);
        expected.is_some_and(|expected| reveal_equal(&expected, &self.tag))
    }
}
