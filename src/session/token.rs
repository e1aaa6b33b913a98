use alloc::string::{String, ToString};
use core::fmt;

use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{AccountId, Entropy, Policy, SessionError, text};
use crate::enrollment::SecretText;
use crate::enrollment::digest::sha256;

/// The text is no token of the kind expected. What it was is not repeated here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a token of this kind")]
pub struct TokenError;

/// What a token proves, and so which tokens can never be mistaken for it: the domain goes into the digest,
/// the prefix into the text.
pub(crate) struct Domain {
    pub(crate) prefix: &'static str,
    digest: &'static [u8],
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
    fn text(&self, domain: &Domain) -> String {
        [domain.prefix, &text::encode(&self.id), &text::encode(&self.secret)].join(".")
    }

    fn parse<'a>(domain: &Domain, mut fields: impl Iterator<Item = &'a str>) -> Option<Self> {
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

/// The longest text that is read as a token. A longer one is refused unread.
const MAX_TEXT: usize = 640;

/// Tokens that carry their account, so that the second step of a flow takes it from there and never from
/// input. Serde writes the text, for the host's session.
macro_rules! account_token {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $digest:literal) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name {
            account: AccountId,
            pub(crate) parts: TokenParts,
            text: String,
        }

        impl $name {
            pub(crate) const DOMAIN: Domain = Domain { prefix: $prefix, digest: $digest };

            pub(crate) fn new(account: AccountId, parts: TokenParts) -> Self {
                let mut front = parts.text(&Self::DOMAIN);
                let text = [front.as_str(), &text::encode(account.as_bytes())].join(".");
                front.zeroize();
                Self { account, parts, text }
            }

            /// Reads the text that [`expose`](Self::expose) gave.
            ///
            /// # Errors
            ///
            /// [`TokenError`] for everything else, tokens of another kind included.
            pub fn parse(text: &str) -> Result<Self, TokenError> {
                let read = || {
                    let (front, account) = text.get(..text.len().min(MAX_TEXT)).filter(|front| *front == text)?.rsplit_once('.')?;
                    let mut fields = front.split('.');
                    let parts = TokenParts::parse(&Self::DOMAIN, &mut fields)?;
                    let account = AccountId::new(core::str::from_utf8(&text::decode(account)?).ok()?).ok()?;
                    fields.next().is_none().then(|| Self::new(account, parts))
                };
                read().ok_or(TokenError)
            }

            /// The text, for a cookie or the host's session: letters, digits and dots.
            pub fn expose(&self) -> &str {
                &self.text
            }

            /// The account it was issued for. Not proved by itself: the digest in that account's record does.
            pub fn account(&self) -> &AccountId {
                &self.account
            }

            pub(crate) fn digest(&self) -> TokenDigest {
                self.parts.digest(&Self::DOMAIN, &self.account)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                self.text.zeroize();
            }
        }

        impl ZeroizeOnDrop for $name {}

        #[cfg(feature = "serde")]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.expose())
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let mut text = String::deserialize(from)?;
                let token = Self::parse(&text);
                text.zeroize();
                token.map_err(serde::de::Error::custom)
            }
        }
    };
}

account_token! {
    /// An open login: the password was right, the code is still to come. It authenticates nobody.
    ///
    /// The host keeps it in a pre-login cookie (`HttpOnly`, `Secure`, `SameSite`) and hands it back with the code. Good for ten minutes and five
    /// guesses, and only as a challenge.
    ChallengeToken, "c1", b"second-factor/challenge/v1"
}

account_token! {
    /// An open step-up: a session that is asked for a fresh code before something sensitive.
    StepUpToken, "u1", b"second-factor/step-up/v1"
}

account_token! {
    /// An unconfirmed enrollment. The host keeps it in the session that began it, so that no other can confirm it.
    EnrollmentToken, "e1", b"second-factor/enrollment/v1"
}

/// "Remember me on this device": a series of 128 random bits that names the device, and a secret of 256 that
/// changes at each use.
///
/// The host sets it as a cookie of the name [`cookie_name`](Self::cookie_name), which differs by account so
/// that several users of one browser do not overwrite each other, and hands the cookie's value to the
/// password step.
#[derive(Clone)]
pub struct DeviceToken {
    pub(crate) parts: TokenParts,
    text: String,
}

impl DeviceToken {
    pub(crate) const DOMAIN: Domain = Domain { prefix: "d1", digest: b"second-factor/device/v1" };

    /// The attributes of the cookie, beside its name, value and `Max-Age`. The name's `__Host-` prefix has
    /// browsers insist on them.
    pub const COOKIE_ATTRIBUTES: &'static str = "Path=/; Secure; HttpOnly; SameSite=Lax";

    pub(crate) fn new(parts: TokenParts) -> Self {
        let text = parts.text(&Self::DOMAIN);
        Self { parts, text }
    }

    /// Reads the text that [`expose`](Self::expose) gave.
    ///
    /// # Errors
    ///
    /// [`TokenError`] for everything else. The password step reads cookies itself and takes such a one for
    /// none at all.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        let read = || {
            let mut fields = text.get(..text.len().min(MAX_TEXT)).filter(|front| *front == text)?.split('.');
            let parts = TokenParts::parse(&Self::DOMAIN, &mut fields)?;
            fields.next().is_none().then(|| Self::new(parts))
        };
        read().ok_or(TokenError)
    }

    /// The text, for the cookie: letters, digits and dots.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The name of the cookie that holds this account's token.
    ///
    /// ```
    /// use second_factor::{AccountId, DeviceToken};
    ///
    /// let [a, b] = [AccountId::new("a")?, AccountId::new("b")?];
    /// assert!(DeviceToken::cookie_name(&a).starts_with("__Host-device-"));
    /// assert_ne!(DeviceToken::cookie_name(&a), DeviceToken::cookie_name(&b));
    /// # Ok::<(), second_factor::session::SessionError>(())
    /// ```
    pub fn cookie_name(account: &AccountId) -> String {
        let digest = sha256(&[b"second-factor/device-cookie/v1", account.as_bytes()]);
        let (name, _) = digest.split_at(10);
        ["__Host-device-", &text::encode(name)].concat()
    }
}

impl DeviceToken {
    /// The value of the `Set-Cookie` header that gives this token to the browser.
    ///
    /// `Max-Age` is the whole time of the policy, also after a rotation: what counts is the server's clock.
    ///
    /// ```
    /// # use second_factor::{AccountId, DeviceToken, Policy};
    /// # fn show(token: DeviceToken, account: &AccountId, policy: &Policy) {
    /// let header = token.set_cookie(account, policy);
    /// assert!(header.expose().ends_with("; Max-Age=2592000; Path=/; Secure; HttpOnly; SameSite=Lax"));
    /// # }
    /// ```
    pub fn set_cookie(&self, account: &AccountId, policy: &Policy) -> SecretText {
        let (name, value) = (Self::cookie_name(account), self.expose());
        let secs = policy.remember_for().as_secs().to_string();
        let parts = [name.as_str(), "=", value, "; Max-Age=", &secs, "; ", Self::COOKIE_ATTRIBUTES];
        SecretText::new(parts.concat().into())
    }
}

impl fmt::Debug for DeviceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceToken(..)")
    }
}

impl Drop for DeviceToken {
    fn drop(&mut self) {
        self.text.zeroize();
    }
}

impl ZeroizeOnDrop for DeviceToken {}
