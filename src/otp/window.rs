use super::OtpError;

/// Which time steps around the current one are accepted, for clocks that differ and for codes under way.
///
/// RFC 6238 §5.2 recommends at most one step for network delay, and that is what [`Window::new`] allows. A
/// code is then accepted over `period × (past + future + 1)` seconds: 90 s by default. A wider window
/// multiplies the chance of a guess and asks for the named call [`Window::wide`].
///
/// ```
/// use second_factor::Window;
///
/// assert_eq!(Window::default(), Window::new(1, 1).unwrap());
/// assert_eq!(Window::default().steps(), 3);
/// assert!(Window::new(2, 0).is_err());
/// assert!(Window::wide(2, 0).is_ok());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "(u8, u8)", into = "(u8, u8)")
)]
pub struct Window {
    past: u8,
    future: u8,
}

impl Window {
    /// The most steps that [`wide`](Self::wide) allows on either side.
    pub const MAX_STEPS: u8 = 10;

    /// The current step only.
    pub const EXACT: Self = Self { past: 0, future: 0 };

    /// One step back, none ahead: the strict policy, for claimants whose clocks are known to be right.
    pub const NO_FUTURE: Self = Self { past: 1, future: 0 };

    /// One step back, one ahead.
    pub const DEFAULT: Self = Self { past: 1, future: 1 };

    /// A window of `past` steps back and `future` steps ahead, each 0 or 1.
    ///
    /// # Errors
    ///
    /// [`OtpError::Window`] where either is more than 1.
    pub const fn new(past: u8, future: u8) -> Result<Self, OtpError> {
        if past > 1 || future > 1 {
            Err(OtpError::Window { past, future })
        } else {
            Ok(Self { past, future })
        }
    }

    /// A window beyond what RFC 6238 §5.2 recommends, up to [`MAX_STEPS`](Self::MAX_STEPS) on either side.
    ///
    /// # Errors
    ///
    /// [`OtpError::Window`] where either is more than that.
    pub const fn wide(past: u8, future: u8) -> Result<Self, OtpError> {
        if past > Self::MAX_STEPS || future > Self::MAX_STEPS {
            Err(OtpError::Window { past, future })
        } else {
            Ok(Self { past, future })
        }
    }

    /// Steps accepted before the current one.
    pub const fn past(self) -> u8 {
        self.past
    }

    /// Steps accepted after the current one.
    pub const fn future(self) -> u8 {
        self.future
    }

    /// How many steps are evaluated: `past + 1 + future`.
    pub const fn steps(self) -> u8 {
        self.past.saturating_add(self.future).saturating_add(1)
    }
}

impl Default for Window {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl TryFrom<(u8, u8)> for Window {
    type Error = OtpError;

    fn try_from((past, future): (u8, u8)) -> Result<Self, OtpError> {
        Self::wide(past, future)
    }
}

impl From<Window> for (u8, u8) {
    fn from(window: Window) -> Self {
        (window.past, window.future)
    }
}

/// The look-ahead window s of HOTP: how many counter values past the expected one are tried (RFC 4226 §7.4).
///
/// "As low as possible": 10 by default, at most 100.
///
/// ```
/// use second_factor::otp::{LookAhead, OtpError};
///
/// assert_eq!(LookAhead::default().get(), 10);
/// assert_eq!(LookAhead::new(101), Err(OtpError::LookAhead { found: 101 }));
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
    /// [`OtpError::LookAhead`] where `values` is more than [`MAX`](Self::MAX).
    pub const fn new(values: u8) -> Result<Self, OtpError> {
        if values > Self::MAX { Err(OtpError::LookAhead { found: values }) } else { Ok(Self(values)) }
    }

    /// How many values beyond the expected one.
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
    type Error = OtpError;

    fn try_from(values: u8) -> Result<Self, OtpError> {
        Self::new(values)
    }
}

impl From<LookAhead> for u8 {
    fn from(look_ahead: LookAhead) -> Self {
        look_ahead.0
    }
}

/// How far resynchronization by two codes seeks (RFC 4226 §7.4, Appendix E.4): how many counter values past
/// the expected one are tried for the first of them.
///
/// At most 1,000, which is also the default: far beyond any [look-ahead](LookAhead), and bounded, so that a
/// verifier is not worn out by it.
///
/// ```
/// use second_factor::otp::{OtpError, ResyncWindow};
///
/// assert_eq!(ResyncWindow::default().get(), 1_000);
/// assert_eq!(ResyncWindow::new(1_001), Err(OtpError::ResyncWindow { found: 1_001 }));
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
    /// [`OtpError::ResyncWindow`] where `values` is more than [`MAX`](Self::MAX).
    pub const fn new(values: u16) -> Result<Self, OtpError> {
        if values > Self::MAX { Err(OtpError::ResyncWindow { found: values }) } else { Ok(Self(values)) }
    }

    /// How many values beyond the expected one.
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
    type Error = OtpError;

    fn try_from(values: u16) -> Result<Self, OtpError> {
        Self::new(values)
    }
}

impl From<ResyncWindow> for u16 {
    fn from(window: ResyncWindow) -> Self {
        window.0
    }
}
