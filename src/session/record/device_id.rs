use alloc::string::{String, ToString};
use core::fmt;
use core::str::FromStr;

use crate::enrollment::digest::sha256;
use crate::session::token::text;
use crate::session::{AccountId, TokenError};

/// Names a remembered device, for lists, logs and forms. It is a hash of what the device's token holds, so it opens
/// nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "String", into = "String")
)]
pub struct DeviceId([u8; 16]);

impl DeviceId {
    /// The device of this series.
    pub(crate) fn of(account: &AccountId, series: &[u8; 16]) -> Self {
        let digest = sha256(&[b"second-factor/device-id/v1", account.as_bytes(), series]);
        Self(digest.first_chunk().copied().unwrap_or_default())
    }

    /// Reads the text that `Display` prints, as it comes back from a form.
    ///
    /// # Errors
    ///
    /// [`TokenError`] for everything else.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        text::decode_array(text).map(Self).ok_or(TokenError)
    }
}

/// As [`parse`](Self::parse).
impl FromStr for DeviceId {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for DeviceId {
    type Error = TokenError;

    fn try_from(text: String) -> Result<Self, TokenError> {
        Self::parse(&text)
    }
}

impl From<DeviceId> for String {
    fn from(id: DeviceId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::encode(&self.0))
    }
}

impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceId({self})")
    }
}
