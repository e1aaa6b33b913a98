/// The look-ahead window s of HOTP: how many counter values past the expected one are tried (RFC 4226 §7.4).
///
/// It is 10 by default and at most 100, since RFC 4226 §7.4 wants it "as low as possible".
///
/// ```
/// use second_factor::otp::LookAhead;
///
/// assert_eq!(LookAhead::default().get(), 10);
/// assert!(LookAhead::new(101).is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "u8", into = "u8")
)]
pub struct LookAhead(u8);

impl LookAhead {
    /// The largest look-ahead.
    pub const MAX: u8 = 100;

    /// Ten values beyond the expected one.
    pub const DEFAULT: Self = Self(10);

    /// A look-ahead of `values` counter values beyond the expected one.
    ///
    /// # Errors
    ///
    /// [`LookAheadError`] where `values` is more than [`MAX`](Self::MAX).
    pub const fn new(values: u8) -> Result<Self, LookAheadError> {
        if values > Self::MAX { Err(LookAheadError { found: values }) } else { Ok(Self(values)) }
    }

    /// How many values beyond the expected one are tried.
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl Default for LookAhead {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl TryFrom<u8> for LookAhead {
    type Error = LookAheadError;

    fn try_from(values: u8) -> Result<Self, LookAheadError> {
        Self::new(values)
    }
}

impl From<LookAhead> for u8 {
    fn from(look_ahead: LookAhead) -> Self {
        look_ahead.0
    }
}

/// The look-ahead is larger than [`LookAhead::MAX`], which limits the work of a verifier (RFC 4226 §7.4).
///
/// ```
/// use second_factor::otp::LookAhead;
///
/// let refused = LookAhead::new(101).unwrap_err();
/// assert_eq!(refused.found, 101);
/// assert_eq!(refused.to_string(), "a look-ahead is at most 100 values, not 101");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a look-ahead is at most {max} values, not {found}", max = LookAhead::MAX)]
#[non_exhaustive]
pub struct LookAheadError {
    /// The number of values asked for.
    pub found: u8,
}
