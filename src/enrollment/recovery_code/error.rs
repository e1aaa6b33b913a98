use super::RecoveryCode;

/// Why a text is not a recovery code. The claimant's input is at fault.
///
/// ```
/// use second_factor::RecoveryCode;
///
/// let error = RecoveryCode::parse("123 456").unwrap_err();
/// assert_eq!(error.to_string(), "a recovery code has 26 characters, not 6");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecoveryCodeError {
    /// The text is longer than [`RecoveryCode::MAX_TEXT_LEN`].
    #[error("the text is longer than {max} bytes, so it is not a recovery code", max = RecoveryCode::MAX_TEXT_LEN)]
    TooLong,
    /// There is a character that no code has.
    #[error("no recovery code has the character at {position}")]
    Character {
        /// Its position in bytes, starting at 0.
        position: usize,
    },
    /// The text does not have the 26 characters of a code.
    #[error("a recovery code has 26 characters, not {found}")]
    Length {
        /// The number of characters found, without separators.
        found: usize,
    },
    /// No code ends in the last character. It stands for three bits, not five, so the other two must be zero
    /// (RFC 4648 §3.5).
    #[error("no recovery code ends in this character")]
    LastCharacter,
}
