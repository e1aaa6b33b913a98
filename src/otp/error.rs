use super::{LookAhead, Period, ResyncWindow, Secret, Window};

/// What a value of the [`otp`](crate::otp) layer refused. Messages carry sizes and positions, never the
/// input.
///
/// ```
/// use second_factor::{Code, Digits};
///
/// let refused = Code::parse("12345", Digits::Six).unwrap_err();
/// assert_eq!(refused.to_string(), "the code has 5 characters where 6 digits are expected");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OtpError {
    /// The secret has no bytes or too many.
    #[error("a secret has 1 to {max} bytes, not {found}", max = Secret::MAX_LEN)]
    SecretLength {
        /// The number of bytes found.
        found: usize,
    },
    /// The number of digits is not one of RFC 4226 §5.3.
    #[error("a code has 6 to 8 digits, not {found}")]
    Digits {
        /// The number asked for.
        found: u8,
    },
    /// The period is zero, or longer than SP 800-63B §3.1.4.1 allows.
    #[error("a period is 1 to {max} seconds, not {found_secs}", max = Period::MAX_SECS)]
    Period {
        /// The seconds asked for.
        found_secs: u32,
    },
    /// The window reaches further than the constructor allows.
    #[error("a window of {past} past and {future} future steps is too wide (1 each, {max} by the named call)", max = Window::MAX_STEPS)]
    Window {
        /// Past steps asked for.
        past: u8,
        /// Future steps asked for.
        future: u8,
    },
    /// The look-ahead is beyond the bound that keeps a verifier from being worn out (RFC 4226 §7.4).
    #[error("a look-ahead is at most {max} values, not {found}", max = LookAhead::MAX)]
    LookAhead {
        /// The values asked for.
        found: u8,
    },
    /// The window of resynchronization is beyond the bound that keeps a verifier from being worn out (RFC
    /// 4226 §7.4).
    #[error("a resynchronization window is at most {max} values, not {found}", max = ResyncWindow::MAX)]
    ResyncWindow {
        /// The values asked for.
        found: u16,
    },
    /// A code of another length was expected. The claimant's input.
    #[error("the code has {found} characters where {expected} digits are expected")]
    CodeLength {
        /// The digits expected.
        expected: u8,
        /// The characters found, without white space around them and the one separator that is forgiven; or
        /// the bytes of an input that is too long to be read.
        found: usize,
    },
    /// The code has something else than ASCII digits in it. The claimant's input.
    #[error("the code has a character that is not a digit")]
    CodeCharacter,
}
