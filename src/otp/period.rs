/// The time step size X of RFC 6238 §4.1, in whole seconds: 1 to 120, and 30 by default.
///
/// The upper bound comes from SP 800-63B §3.1.4.1: the nonce of a time-based authenticator changes at least
/// once every two minutes.
///
/// ```
/// use second_factor::Period;
///
/// assert_eq!(Period::default().as_secs(), 30);
/// assert!(Period::from_secs(0).is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(try_from = "u32"))]
pub struct Period(u32);

impl Period {
    /// The longest period, in seconds.
    pub const MAX_SECS: u32 = 120;

    /// 30 seconds, the default of RFC 6238 §5.2 and of key URIs.
    pub const DEFAULT: Self = Self(30);

    /// A period of `secs` seconds.
    ///
    /// # Errors
    ///
    /// [`PeriodError`] unless `secs` is between 1 and [`MAX_SECS`](Self::MAX_SECS).
    pub const fn from_secs(secs: u32) -> Result<Self, PeriodError> {
        match secs {
            1..=Self::MAX_SECS => Ok(Self(secs)),
            _ => Err(PeriodError { found_secs: secs }),
        }
    }

    /// The period in seconds.
    pub const fn as_secs(self) -> u32 {
        self.0
    }
}

impl Default for Period {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl TryFrom<u32> for Period {
    type Error = PeriodError;

    fn try_from(secs: u32) -> Result<Self, PeriodError> {
        Self::from_secs(secs)
    }
}

/// The period is zero, or longer than SP 800-63B §3.1.4.1 allows.
///
/// ```
/// use second_factor::Period;
///
/// let refused = Period::from_secs(121).unwrap_err();
/// assert_eq!(refused.found_secs, 121);
/// assert_eq!(refused.to_string(), "a period is 1 to 120 seconds, not 121");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a period is 1 to {max} seconds, not {found_secs}", max = Period::MAX_SECS)]
#[non_exhaustive]
pub struct PeriodError {
    /// The number of seconds asked for.
    pub found_secs: u32,
}
