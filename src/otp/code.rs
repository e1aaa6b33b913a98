use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroize;

use super::{Digits, redacted_debug};

/// A one-time code: parsed from what the claimant typed, or generated as an authenticator does.
///
/// It is stored inline with its leading zeros, cleared when dropped, redacted in `Debug`, and compared in
/// constant time.
///
/// ```
/// use second_factor::{Code, Digits};
///
/// let code = Code::parse(" 012 345\n", Digits::Six)?;
/// assert_eq!(code, Code::parse("012345", Digits::Six)?);
/// assert_eq!(format!("{code:?}"), "Code(..)");
/// assert!(Code::parse("12345", Digits::Six).is_err());
/// # Ok::<(), second_factor::otp::CodeError>(())
/// ```
#[derive(Clone)]
pub struct Code {
    /// ASCII digits, followed by zero bytes.
    text: [u8; Self::MAX_DIGITS],
    digits: Digits,
}

impl Code {
    /// The longest input that is read, in bytes. A code is much shorter, even with white space.
    pub const MAX_INPUT_LEN: usize = 256;

    const MAX_DIGITS: usize = 8;

    /// Reads what the claimant typed.
    ///
    /// White space around the code is ignored, and so is a single space or dash somewhere between its digits,
    /// since apps show codes in two groups: `123 456`, `123-456`. Everything else is refused: a second space
    /// or dash, a sign, an underscore, digits of other scripts, and a code without its leading zeros, which
    /// belong to it (RFC 4226 §5.3).
    ///
    /// # Errors
    ///
    /// [`CodeError::Character`] if there is anything other than ASCII digits and what is ignored.
    /// [`CodeError::Length`] if there are more or fewer than `digits` of them, or if the input has more than
    /// [`MAX_INPUT_LEN`](Self::MAX_INPUT_LEN) bytes; such an input is not read. Neither error contains the
    /// input.
    ///
    /// ```
    /// use second_factor::{Code, Digits, otp::CodeError};
    ///
    /// assert!(Code::parse("123-456", Digits::Six).is_ok());
    /// assert_eq!(Code::parse("+123456", Digits::Six), Err(CodeError::Character));
    /// assert_eq!(Code::parse("23456", Digits::Six), Err(CodeError::Length { expected: 6, found: 5 }));
    /// ```
    pub fn parse(input: &str, digits: Digits) -> Result<Self, CodeError> {
        let length = |found| CodeError::Length { expected: digits.count(), found };
        if input.len() > Self::MAX_INPUT_LEN {
            return Err(length(input.len()));
        }
        let mut text = [0; Self::MAX_DIGITS];
        let mut found = 0_usize;
        let mut separated = false;
        let mut rest = input.trim().as_bytes();
        while let [byte, after @ ..] = rest {
            match byte {
                b'0'..=b'9' => {
                    if let Some(place) = text.get_mut(found) {
                        *place = *byte;
                    }
                    found = found.saturating_add(1);
                }
                b' ' | b'-' if found > 0 && !after.is_empty() && !separated => separated = true,
                _ => return Err(CodeError::Character),
            }
            rest = after;
        }
        if found == usize::from(digits.count()) { Ok(Self { text, digits }) } else { Err(length(found)) }
    }

    /// The code of a dynamically truncated value: its last `digits` decimal digits (RFC 4226 §5.3, step 3).
    pub(super) fn from_value(value: u32, digits: Digits) -> Self {
        let mut text = [0; Self::MAX_DIGITS];
        let mut rest = value;
        // Division by a constant compiles to a multiplication, whose time does not depend on the value.
        for place in text.iter_mut().take(digits.count().into()).rev() {
            *place = b'0' | (rest % 10) as u8;
            rest /= 10;
        }
        Self { text, digits }
    }

    /// How many digits the code has.
    pub fn digits(&self) -> Digits {
        self.digits
    }

    /// The digits in clear, for an authenticator to show.
    ///
    /// ```
    /// use second_factor::{Code, Digits};
    ///
    /// assert_eq!(Code::parse("012 345", Digits::Six)?.expose(), "012345");
    /// # Ok::<(), second_factor::otp::CodeError>(())
    /// ```
    pub fn expose(&self) -> &str {
        let digits = self.text.get(..usize::from(self.digits.count())).unwrap_or_default();
        str::from_utf8(digits).unwrap_or_default()
    }

    /// The code as a number, to be compared with the last `digits` digits of truncated values.
    pub(super) fn guess(&self, digits: Digits) -> Guess {
        let read = self.text.iter().take(self.digits.count().into());
        let number =
            read.fold(0_u32, |number, digit| number.wrapping_mul(10).wrapping_add(u32::from(digit & 0x0f)));
        Guess { number: if self.digits == digits { number } else { Guess::OF_NONE }, digits }
    }
}

redacted_debug!(Code);

/// Compares in constant time.
impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        (self.text.ct_eq(&other.text) & self.digits.count().ct_eq(&other.digits.count())).into()
    }
}

impl Eq for Code {}

impl Drop for Code {
    fn drop(&mut self) {
        self.text.as_mut_slice().zeroize();
    }
}

/// The text is not a code with the expected number of digits. The claimant's input is at fault.
///
/// ```
/// use second_factor::{Code, Digits, otp::CodeError};
///
/// let refused = Code::parse("12345", Digits::Six).unwrap_err();
/// assert_eq!(refused, CodeError::Length { expected: 6, found: 5 });
/// assert_eq!(refused.to_string(), "the code has 5 characters where 6 digits are expected");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodeError {
    /// The code does not have the expected length.
    #[error("the code has {found} characters where {expected} digits are expected")]
    Length {
        /// The number of digits expected.
        expected: u8,
        /// The number of digits found, or the length in bytes of an input that is too long to be read.
        found: usize,
    },
    /// There is a character that is not an ASCII digit.
    #[error("the code has a character that is not a digit")]
    Character,
}

/// A code as a number, kept only while it is verified.
pub(super) struct Guess {
    number: u32,
    digits: Digits,
}

impl Guess {
    /// A number of more than eight digits, which no code equals.
    const OF_NONE: u32 = u32::MAX;

    /// Whether this is the code of `value`, in constant time.
    pub(super) fn matches(&self, value: u32) -> Choice {
        // Division by a constant compiles to a multiplication, whose time does not depend on the value.
        let number = match self.digits {
            Digits::Six => value % 1_000_000,
            Digits::Seven => value % 10_000_000,
            Digits::Eight => value % 100_000_000,
        };
        number.ct_eq(&self.number)
    }
}

impl Drop for Guess {
    fn drop(&mut self) {
        self.number.zeroize();
    }
}
