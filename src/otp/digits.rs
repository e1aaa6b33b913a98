use core::fmt;

/// How many decimal digits a code has: 6 to 8 (RFC 4226 §5.3).
///
/// ```
/// use second_factor::Digits;
///
/// assert_eq!(Digits::default(), Digits::Six);
/// assert_eq!(Digits::try_from(8), Ok(Digits::Eight));
/// assert!(Digits::try_from(5).is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "u8", into = "u8")
)]
pub enum Digits {
    /// Six. Authenticator apps expect this unless told otherwise.
    #[default]
    Six,
    /// Seven.
    Seven,
    /// Eight.
    Eight,
}

impl Digits {
    /// The number of digits: 6, 7 or 8.
    pub const fn count(self) -> u8 {
        match self {
            Self::Six => 6,
            Self::Seven => 7,
            Self::Eight => 8,
        }
    }
}

impl TryFrom<u8> for Digits {
    type Error = DigitsError;

    fn try_from(count: u8) -> Result<Self, DigitsError> {
        match count {
            6 => Ok(Self::Six),
            7 => Ok(Self::Seven),
            8 => Ok(Self::Eight),
            _ => Err(DigitsError { found: count }),
        }
    }
}

impl From<Digits> for u8 {
    fn from(digits: Digits) -> Self {
        digits.count()
    }
}

impl fmt::Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.count().fmt(f)
    }
}

/// The number of digits is not one that RFC 4226 §5.3 allows.
///
/// ```
/// use second_factor::Digits;
///
/// let refused = Digits::try_from(5).unwrap_err();
/// assert_eq!(refused.found, 5);
/// assert_eq!(refused.to_string(), "a code has 6 to 8 digits, not 5");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a code has 6 to 8 digits, not {found}")]
#[non_exhaustive]
pub struct DigitsError {
    /// The number of digits asked for.
    pub found: u8,
}
