/// Which time steps around the current one are accepted, since clocks differ and codes take time to arrive.
///
/// RFC 6238 §5.2 recommends at most one step for network delay, and that is what [`Window::new`] allows. A
/// code is then accepted for `period × (past + future + 1)` seconds: 90 s by default. A wider window
/// multiplies the chance that a guess is right, so it has a constructor of its own, [`Window::wide`].
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
    serde(try_from = "Steps", into = "Steps")
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

    /// One step back, none ahead: a stricter window, for claimants whose clocks are known to be right.
    pub const NO_FUTURE: Self = Self { past: 1, future: 0 };

    /// One step back, one ahead.
    pub const DEFAULT: Self = Self { past: 1, future: 1 };

    /// A window of `past` steps back and `future` steps ahead, each 0 or 1.
    ///
    /// # Errors
    ///
    /// [`WindowError`] if either is more than 1.
    pub const fn new(past: u8, future: u8) -> Result<Self, WindowError> {
        if past > 1 || future > 1 { Err(WindowError { past, future }) } else { Ok(Self { past, future }) }
    }

    /// A window beyond what RFC 6238 §5.2 recommends, up to [`MAX_STEPS`](Self::MAX_STEPS) on either side.
    ///
    /// # Errors
    ///
    /// [`WindowError`] if either is more than that.
    pub const fn wide(past: u8, future: u8) -> Result<Self, WindowError> {
        if past > Self::MAX_STEPS || future > Self::MAX_STEPS {
            Err(WindowError { past, future })
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

/// A window as it is stored: past and future steps. It is private, so that code has to use the constructors.
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
struct Steps(u8, u8);

#[cfg(feature = "serde")]
impl TryFrom<Steps> for Window {
    type Error = WindowError;

    fn try_from(Steps(past, future): Steps) -> Result<Self, WindowError> {
        Self::wide(past, future)
    }
}

#[cfg(feature = "serde")]
impl From<Window> for Steps {
    fn from(window: Window) -> Self {
        Self(window.past, window.future)
    }
}

/// The window has more steps than the constructor allows.
///
/// ```
/// use second_factor::Window;
///
/// let refused = Window::new(2, 0).unwrap_err();
/// assert_eq!((refused.past, refused.future), (2, 0));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a window of {past} past and {future} future steps is too wide (at most 1 each, or {max} by Window::wide)", max = Window::MAX_STEPS)]
#[non_exhaustive]
pub struct WindowError {
    /// The number of past steps asked for.
    pub past: u8,
    /// The number of future steps asked for.
    pub future: u8,
}
