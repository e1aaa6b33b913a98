use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use zeroize::Zeroize;

use super::parts::{Domain, TokenDigest, TokenParts};
use super::text;
use crate::session::AccountId;

/// The text is no token of the kind expected. What it was is not repeated here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a token of this kind")]
pub struct TokenError;

/// The longest text that is read as a token. A longer one is refused unread.
const MAX_TEXT: usize = 640;

/// Defines a kind of token. Tokens carry their account, so that the second step of a flow takes it from there and
/// never from input. Serde writes the text, for the host's session.
macro_rules! token {
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

            /// What is kept of it.
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

        /// As [`parse`](Self::parse).
        impl FromStr for $name {
            type Err = TokenError;

            fn from_str(text: &str) -> Result<Self, TokenError> {
                Self::parse(text)
            }
        }

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

token! {
    /// An open login: the password was right, the code is still to come. It authenticates nobody.
    ///
    /// The host keeps it in a pre-login cookie (`HttpOnly`, `Secure`, `SameSite`) and hands it back with the code.
    /// Good for ten minutes and five guesses, and only as a challenge.
    ChallengeToken, "c1", b"second-factor/challenge/v1"
}

token! {
    /// An unconfirmed enrollment. The host keeps it in the session that began it, so that no other can confirm it.
    EnrollmentToken, "e1", b"second-factor/enrollment/v1"
}

token! {
    /// "Remember me on this device": a series of 128 random bits that names the device, and a secret of 256 that
    /// changes at each use.
    ///
    /// The host sets it as a cookie of the name [`cookie_name`](Self::cookie_name), which differs by account so
    /// that several users of one browser do not overwrite each other, and hands the cookie's value to the
    /// password step.
    DeviceToken, "d1", b"second-factor/device/v1"
}
