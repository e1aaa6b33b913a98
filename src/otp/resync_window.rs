/// How far resynchronization by two codes searches (RFC 4226 §7.4, Appendix E.4): how many counter values
/// past the expected one are tried for the first code.
///
/// It is at most 1,000, which is also the default. That is far more than any [look-ahead](super::LookAhead),
/// but still limits the work of a verifier.
///
/// ```
/// use second_factor::otp::ResyncWindow;
///
/// assert_eq!(ResyncWindow::default().get(), 1_000);
/// assert!(ResyncWindow::new(1_001).is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "u16", into = "u16")
)]
pub struct ResyncWindow(u16);

impl ResyncWindow {
    /// The widest window.
    pub const MAX: u16 = 1_000;

    /// The widest window.
    pub const DEFAULT: Self = Self(Self::MAX);

    /// A window of `values` counter values beyond the expected one.
    ///
    /// # Errors
    ///
    /// [`ResyncWindowError`] where `values` is more than [`MAX`](Self::MAX).
    pub const fn new(values: u16) -> Result<Self, ResyncWindowError> {
        if values > Self::MAX { Err(ResyncWindowError { found: values }) } else { Ok(Self(values)) }
    }

    /// How many values beyond the expected one are tried.
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl Default for ResyncWindow {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl TryFrom<u16> for ResyncWindow {
    type Error = ResyncWindowError;

    fn try_from(values: u16) -> Result<Self, ResyncWindowError> {
        Self::new(values)
    }
}

impl From<ResyncWindow> for u16 {
    fn from(window: ResyncWindow) -> Self {
        window.0
    }
}

/// The resynchronization window is wider than [`ResyncWindow::MAX`], which limits the work of a verifier (RFC
/// 4226 §7.4).
///
/// ```
/// use second_factor::otp::ResyncWindow;
///
/// let refused = ResyncWindow::new(1_001).unwrap_err();
/// assert_eq!(refused.found, 1_001);
/// assert_eq!(refused.to_string(), "a resynchronization window is at most 1000 values, not 1001");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a resynchronization window is at most {max} values, not {found}", max = ResyncWindow::MAX)]
#[non_exhaustive]
pub struct ResyncWindowError {
    /// The number of values asked for.
    pub found: u16,
}
