use super::RecoveryCode;

/// Why a text is no recovery code. The claimant's input.
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
    /// Longer than [`RecoveryCode::MAX_TEXT_LEN`].
    #[error("the text is longer than {max} bytes, so it is no recovery code", max = RecoveryCode::MAX_TEXT_LEN)]
    TooLong,
    /// A character that no code has.
    #[error("no recovery code has the character at {position}")]
    Character {
        /// Where, in bytes from 0.
        position: usize,
    },
    /// A code has 26 characters.
    #[error("a recovery code has 26 characters, not {found}")]
    Length {
        /// The characters found, without separators.
        found: usize,
    },
    /// The last character is none that ends a code: it carries three bits, not five (RFC 4648 §3.5).
    #[error("no recovery code ends in this character")]
    LastCharacter,
}
