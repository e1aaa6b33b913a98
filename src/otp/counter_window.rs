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
pub type LookAhead = CounterWindow<100, 10>;

/// How far resynchronization by two codes searches (RFC 4226 §7.4, Appendix E.4): how many counter values
/// past the expected one are tried for the first code.
///
/// It is at most 1,000, which is also the default. That is far more than any [`LookAhead`], but still limits
/// the work of a verifier.
///
/// ```
/// use second_factor::otp::ResyncWindow;
///
/// assert_eq!(ResyncWindow::default().get(), 1_000);
/// assert!(ResyncWindow::new(1_001).is_err());
/// ```
pub type ResyncWindow = CounterWindow<1_000, 1_000>;

/// How many counter values past the expected one are tried: a [`LookAhead`] or a [`ResyncWindow`].
///
/// A window whose default is wider than its widest does not compile where one is made:
///
/// ```compile_fail,E0080
/// use second_factor::otp::CounterWindow;
///
/// let window = CounterWindow::<10, 100>::default();
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(try_from = "u16"))]
pub struct CounterWindow<const MAX: u16, const DEFAULT: u16>(u16);

impl<const MAX: u16, const DEFAULT: u16> CounterWindow<MAX, DEFAULT> {
    /// The widest window.
    pub const MAX: u16 = MAX;

    /// The default window, for a host with no reason to choose another.
    pub const DEFAULT: Self = {
        let () = Self::DEFAULT_IS_ALLOWED;
        Self(DEFAULT)
    };

    const DEFAULT_IS_ALLOWED: () = assert!(DEFAULT <= MAX, "the default window is wider than the widest");

    /// A window of `values` counter values beyond the expected one.
    ///
    /// # Errors
    ///
    /// [`CounterWindowError`] where `values` is more than [`MAX`](Self::MAX).
    pub const fn new(values: u16) -> Result<Self, CounterWindowError> {
        let () = Self::DEFAULT_IS_ALLOWED;
        if values > MAX { Err(CounterWindowError { found: values, max: MAX }) } else { Ok(Self(values)) }
    }

    /// How many values beyond the expected one are tried.
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl<const MAX: u16, const DEFAULT: u16> Default for CounterWindow<MAX, DEFAULT> {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl<const MAX: u16, const DEFAULT: u16> TryFrom<u16> for CounterWindow<MAX, DEFAULT> {
    type Error = CounterWindowError;

    fn try_from(values: u16) -> Result<Self, CounterWindowError> {
        Self::new(values)
    }
}

/// The window is wider than its [`MAX`](CounterWindow::MAX), which limits the work of a verifier (RFC 4226
/// §7.4).
///
/// ```
/// use second_factor::otp::{LookAhead, ResyncWindow};
///
/// let refused = LookAhead::new(101).unwrap_err();
/// assert_eq!((refused.found, refused.max), (101, 100));
/// assert_eq!(refused.to_string(), "at most 100 counter values past the expected one are tried, not 101");
/// assert_eq!(ResyncWindow::new(1_001).unwrap_err().max, 1_000);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("at most {max} counter values past the expected one are tried, not {found}")]
#[non_exhaustive]
pub struct CounterWindowError {
    /// The number of values asked for.
    pub found: u16,
    /// The most that this window allows.
    pub max: u16,
}
