use alloc::string::String;
use core::fmt;

use super::SessionError;

/// The host's name for an account: 1 to 255 bytes of text without control characters, which never changes and
/// is never given to somebody else.
///
/// Every digest and every sealed secret is bound to it, so a row that is copied from one account to another
/// opens nothing. Take the primary key, not the user name or the e-mail address: those change hands. Compared
/// byte by byte: no case folding, no normalization.
///
/// ```
/// use second_factor::AccountId;
///
/// let account = AccountId::new("7f3c2a")?;
/// assert_eq!(account.as_str(), "7f3c2a");
/// assert!(AccountId::new("").is_err());
/// # Ok::<(), second_factor::session::SessionError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "String", into = "String")
)]
pub struct AccountId(String);

impl AccountId {
    /// The longest id, in bytes.
    pub const MAX_LEN: usize = 255;

    /// The account of this id.
    ///
    /// # Errors
    ///
    /// [`SessionError::AccountId`] unless it has 1 to [`MAX_LEN`](Self::MAX_LEN) bytes and no control
    /// character: logs and databases stumble over those, and no primary key has them.
    pub fn new(id: impl Into<String>) -> Result<Self, SessionError> {
        let id = id.into();
        match id.len() {
            1..=Self::MAX_LEN if !id.chars().any(char::is_control) => Ok(Self(id)),
            found => Err(SessionError::AccountId { found }),
        }
    }

    /// The id as the host wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl TryFrom<String> for AccountId {
    type Error = SessionError;

    fn try_from(id: String) -> Result<Self, SessionError> {
        Self::new(id)
    }
}

impl From<AccountId> for String {
    fn from(account: AccountId) -> Self {
        account.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
