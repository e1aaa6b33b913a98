use alloc::string::{String, ToString};
use core::fmt;
use core::str::FromStr;

/// The host's id for an account: 1 to 255 bytes of text without control characters. It must never change and
/// never be given to somebody else.
///
/// Every digest and every sealed secret is bound to it, so a row that is copied to another account is of no
/// use there. Take the primary key, not the user name or the e-mail address, which can pass to another
/// person. Ids are compared byte by byte, without case folding or normalization. An integer key converts by
/// [`From`] into its decimal digits.
///
/// ```
/// use second_factor::AccountId;
///
/// let account = AccountId::new("7f3c2a")?;
/// assert_eq!(account.as_str(), "7f3c2a");
/// assert!(AccountId::new("").is_err());
/// assert_eq!(AccountId::from(42_u64).as_str(), "42");
/// # Ok::<(), second_factor::session::AccountIdError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(try_from = "String"))]
pub struct AccountId(String);

impl AccountId {
    /// The longest id, in bytes.
    pub const MAX_LEN: usize = 255;

    /// The account of this id.
    ///
    /// # Errors
    ///
    /// [`AccountIdError`] unless it has 1 to [`MAX_LEN`](Self::MAX_LEN) bytes and no control character: those
    /// cause errors in logs and databases, and no primary key has them.
    pub fn new(id: impl Into<String>) -> Result<Self, AccountIdError> {
        let id = id.into();
        match id.len() {
            1..=Self::MAX_LEN if id.chars().any(char::is_control) => Err(AccountIdError::ControlCharacter),
            1..=Self::MAX_LEN => Ok(Self(id)),
            found => Err(AccountIdError::Length { found }),
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

/// Account ids from integers.
macro_rules! from_integers {
    ($($integer:ty)*) => {
        $(
            /// The decimal digits of the primary key, with a minus sign where it is negative: `42` is the account of
            /// [`new("42")`](AccountId::new). Different integers are different accounts, and the same integer of
            /// another type is the same account.
            ///
            /// ```
            /// use second_factor::AccountId;
            ///
            #[doc = concat!("assert_eq!(AccountId::from(42_", stringify!($integer), ").as_str(), \"42\");")]
            /// ```
            impl From<$integer> for AccountId {
                fn from(key: $integer) -> Self {
                    // At most 40 bytes, none of them a control character.
                    Self(key.to_string())
                }
            }
        )*
    };
}

from_integers!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);

/// As [`new`](Self::new).
impl FromStr for AccountId {
    type Err = AccountIdError;

    fn from_str(id: &str) -> Result<Self, AccountIdError> {
        Self::new(id)
    }
}

impl TryFrom<String> for AccountId {
    type Error = AccountIdError;

    fn try_from(id: String) -> Result<Self, AccountIdError> {
        Self::new(id)
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why a text is not an account id. The host has to fix this. The error does not repeat the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccountIdError {
    /// It is empty or too long.
    #[error("an account id has 1 to {max} bytes, not {found}", max = AccountId::MAX_LEN)]
    Length {
        /// The number of bytes found.
        found: usize,
    },
    /// It has a control character.
    #[error("an account id has no control characters")]
    ControlCharacter,
}
