use alloc::string::String;
use core::fmt;

use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroize;

use super::text;
use crate::enrollment::digest::sha256;
use crate::session::rule::Entropy;
use crate::session::{AccountId, SessionError};

/// What a token proves, and so which tokens can never be mistaken for it: the domain goes into the digest,
/// the prefix into the text.
pub(crate) struct Domain {
    pub(super) prefix: &'static str,
    pub(super) digest: &'static [u8],
}

/// The part of a token that is kept: the digest of its secret, bound to the domain, the account and the id.
#[derive(Clone, Copy)]
pub(crate) struct TokenDigest(pub(crate) [u8; 32]);

impl TokenDigest {
    pub(crate) fn new(domain: &Domain, account: &AccountId, id: &[u8; 16], secret: &[u8; 32]) -> Self {
        Self(sha256(&[domain.digest, account.as_bytes(), id, secret]))
    }

    /// In constant time.
    pub(crate) fn matches(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}

impl ConstantTimeEq for TokenDigest {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl PartialEq for TokenDigest {
    fn eq(&self, other: &Self) -> bool {
        self.matches(other)
    }
}

impl Eq for TokenDigest {}

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenDigest(..)")
    }
}

/// The secret half of a token and the id that finds its entry.
#[derive(Clone)]
pub(crate) struct TokenParts {
    pub(crate) id: [u8; 16],
    secret: [u8; 32],
}

impl TokenParts {
    pub(crate) fn draw(entropy: &mut Entropy) -> Result<Self, SessionError> {
        Ok(Self { id: entropy.take()?, secret: entropy.take()? })
    }

    pub(crate) fn with_id(id: [u8; 16], entropy: &mut Entropy) -> Result<Self, SessionError> {
        Ok(Self { id, secret: entropy.take()? })
    }

    pub(crate) fn digest(&self, domain: &Domain, account: &AccountId) -> TokenDigest {
        TokenDigest::new(domain, account, &self.id, &self.secret)
    }

    /// `prefix.id.secret`
    pub(super) fn text(&self, domain: &Domain) -> String {
        [domain.prefix, &text::encode(&self.id), &text::encode(&self.secret)].join(".")
    }

    pub(super) fn parse<'a>(domain: &Domain, mut fields: impl Iterator<Item = &'a str>) -> Option<Self> {
        (fields.next()? == domain.prefix).then(|| {
            Some(Self {
                id: text::decode_array(fields.next()?)?,
                secret: text::decode_array(fields.next()?)?,
            })
        })?
    }
}

impl Drop for TokenParts {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}
