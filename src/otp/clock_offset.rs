use core::fmt;

/// How far the clock of an authenticator is off, calculated from one of its codes. It is a whole number of
/// time steps, in seconds.
///
/// ```
/// use second_factor::otp::ClockOffset;
///
/// assert_eq!(ClockOffset::from_secs(-180).to_string(), "about 180 seconds behind");
/// assert!(ClockOffset::from_secs(90).is_ahead());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct ClockOffset(i32);

impl ClockOffset {
    /// An offset of `secs` seconds. If it is positive, the authenticator's clock is ahead of the server's.
    pub const fn from_secs(secs: i32) -> Self {
        Self(secs)
    }

    /// The offset in seconds. If it is positive, the authenticator's clock is ahead of the server's.
    pub const fn as_secs(self) -> i32 {
        self.0
    }

    /// Whether the authenticator's clock is ahead of the server's.
    pub const fn is_ahead(self) -> bool {
        self.0 > 0
    }
}

/// As text for people: "about 90 seconds ahead".
impl fmt::Display for ClockOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = if self.is_ahead() { "ahead" } else { "behind" };
        write!(f, "about {} seconds {side}", self.0.unsigned_abs())
    }
}
