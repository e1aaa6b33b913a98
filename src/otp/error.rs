use super::{
    AlgorithmError, CodeError, CounterWindowError, DigitsError, PeriodError, SecretLengthError, WindowError,
};

/// An error of the [`otp`](crate::otp) layer. Messages contain sizes and positions, never the input.
///
/// Each constructor returns an error type of its own. All of them convert into this one.
///
/// ```
/// use second_factor::otp::OtpError;
/// use second_factor::{Code, Digits};
///
/// fn read(typed: &str, digits: u8) -> Result<Code, OtpError> {
///     Ok(Code::parse(typed, Digits::try_from(digits)?)?)
/// }
/// let refused = read("12345", 6).unwrap_err();
/// assert_eq!(refused.to_string(), "the code has 5 characters where 6 digits are expected");
/// assert!(matches!(read("12345", 5), Err(OtpError::Digits(_))));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(transparent)]
#[non_exhaustive]
pub enum OtpError {
    /// The secret has no bytes or too many.
    SecretLength(#[from] SecretLengthError),
    /// The text is not the name of an algorithm.
    Algorithm(#[from] AlgorithmError),
    /// The number of digits is not one that RFC 4226 §5.3 allows.
    Digits(#[from] DigitsError),
    /// The period is zero, or longer than SP 800-63B §3.1.4.1 allows.
    Period(#[from] PeriodError),
    /// The window reaches further than the constructor allows.
    Window(#[from] WindowError),
    /// The look-ahead or the resynchronization window is too wide.
    CounterWindow(#[from] CounterWindowError),
    /// The claimant typed something other than a code.
    Code(#[from] CodeError),
}
