use core::{fmt, str};

use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{Digits, OtpError};

/// A one-time code: what the claimant typed, parsed once, or what an authenticator shows.
///
/// Held inline with its leading zeros, cleared when dropped, redacted in `Debug`, compared in constant time.
///
/// ```
/// use second_factor::{Code, Digits};
///
/// let code = Code::parse(" 012 345\n", Digits::Six)?;
/// assert_eq!(code, Code::parse("012345", Digits::Six)?);
/// assert_eq!(format!("{code:?}"), "Code(..)");
/// assert!(Code::parse("12345", Digits::Six).is_err());
/// # Ok::<(), second_factor::otp::OtpError>(())
/// ```
#[derive(Clone)]
#[repr(C)] // The digits first: a code is moved in a word and a byte, and the word is what was written as one.
pub struct Code {
    /// ASCII digits, and zero bytes after them.
    text: [u8; Self::MAX_DIGITS],
    digits: Digits,
}

impl Code {
    /// The longest input that is read, in bytes. A code with its white space is far below.
    pub const MAX_INPUT_LEN: usize = 256;

    const MAX_DIGITS: usize = 8;

    /// Reads what the claimant typed.
    ///
    /// White space around the code is forgiven, and so is one space or one dash between two digits, as apps
    /// show codes in groups: `123 456`, `123-456`. Nothing else is: no sign, no underscore, no digits of
    /// other scripts, and no digit too few, since leading zeros belong to the code (RFC 4226 §5.3).
    ///
    /// # Errors
    ///
    /// [`OtpError::CodeCharacter`] where there is something else than ASCII digits,
    /// [`OtpError::CodeLength`] where there are more or fewer than `digits` of them, or more than
    /// [`MAX_INPUT_LEN`](Self::MAX_INPUT_LEN) bytes, which are then not read. Neither carries the input.
    ///
    /// ```
    /// use second_factor::{Code, Digits, otp::OtpError};
    ///
    /// assert!(Code::parse("123-456", Digits::Six).is_ok());
    /// assert_eq!(Code::parse("+123456", Digits::Six), Err(OtpError::CodeCharacter));
    /// assert_eq!(Code::parse("23456", Digits::Six), Err(OtpError::CodeLength { expected: 6, found: 5 }));
    /// ```
    pub fn parse(input: &str, digits: Digits) -> Result<Self, OtpError> {
        let length = |found| OtpError::CodeLength { expected: digits.count(), found };
        if input.len() > Self::MAX_INPUT_LEN {
            return Err(length(input.len()));
        }
        // The last digit lowest: written as one word, since it is moved as one.
        let mut text = 0_u64;
        let mut found = 0_usize;
        let mut separated = false;
        let mut rest = input.trim().as_bytes();
        while let [byte, after @ ..] = rest {
            match byte {
                b'0'..=b'9' => {
                    text = text << 8 | u64::from(*byte);
                    found = found.saturating_add(1);
                }
                b' ' | b'-' if found > 0 && !after.is_empty() && !separated => separated = true,
                _ => return Err(OtpError::CodeCharacter),
            }
            rest = after;
        }
        if found == usize::from(digits.count()) {
            Ok(Self::last_of(text, digits))
        } else {
            Err(length(found))
        }
    }

    /// The code of a dynamically truncated value: its last `digits` decimal digits (RFC 4226 §5.3, step 3).
    pub(super) fn from_value(value: u32, digits: Digits) -> Self {
        Self::last_of(eight_digits(value), digits)
    }

    /// The last `digits` bytes of a word, which are ASCII digits.
    fn last_of(word: u64, digits: Digits) -> Self {
        let unwanted =
            u32::try_from(Self::MAX_DIGITS).unwrap_or_default().wrapping_sub(digits.count().into());
        // The wanted ones to the front.
        let text = word.wrapping_shl(unwanted.wrapping_mul(8)).to_be_bytes();
        Self { text, digits }
    }

    /// How many digits the code has.
    pub fn digits(&self) -> Digits {
        self.digits
    }

    /// The digits, in clear: for an authenticator to show. The name is there to be searched for.
    ///
    /// ```
    /// use second_factor::{Code, Digits};
    ///
    /// assert_eq!(Code::parse("012 345", Digits::Six)?.expose(), "012345");
    /// # Ok::<(), second_factor::otp::OtpError>(())
    /// ```
    pub fn expose(&self) -> &str {
        let digits = self.text.get(..usize::from(self.digits.count())).unwrap_or_default();
        str::from_utf8(digits).unwrap_or_default()
    }

    /// The code as a number, to be compared with truncated values of so many `digits`.
    pub(super) fn guess(&self, digits: Digits) -> Guess {
        let read = self.text.iter().take(self.digits.count().into());
        let number =
            read.fold(0_u32, |number, digit| number.wrapping_mul(10).wrapping_add(u32::from(digit & 0x0f)));
        Guess { number: if self.digits == digits { number } else { Guess::OF_NONE }, digits }
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(..)")
    }
}

impl ConstantTimeEq for Code {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.text.ct_eq(&other.text) & self.digits.count().ct_eq(&other.digits.count())
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}

impl Eq for Code {}

impl Drop for Code {
    fn drop(&mut self) {
        self.text.as_mut_slice().zeroize();
    }
}

impl ZeroizeOnDrop for Code {}

/// The last eight decimal digits in ASCII, the first of them in the highest byte.
///
/// Four pairs, none of which waits for another, then all four taken apart together. To divide by a constant is to
/// multiply, whose time does not depend on the number.
fn eight_digits(number: u32) -> u64 {
    let pair = |number: u32| u64::from(number % 100);
    let pairs = (pair(number / 1_000_000) << 48)
        | (pair(number / 10_000) << 32)
        | (pair(number / 100) << 16)
        | pair(number);
    // 103 / 2¹⁰ is a tenth, near enough for numbers below 100.
    let tens = (pairs.wrapping_mul(103) >> 10) & 0x000f_000f_000f_000f;
    let ones = pairs.wrapping_sub(tens.wrapping_mul(10));
    (tens << 8) | ones | u64::from_be_bytes([b'0'; 8])
}

/// A code as a number, for as long as one verification takes.
pub(super) struct Guess {
    number: u32,
    digits: Digits,
}

impl Guess {
    /// More than eight digits: the code of no value.
    const OF_NONE: u32 = u32::MAX;

    /// Whether this is the code of `value`, in constant time.
    pub(super) fn matches(&self, value: u32) -> Choice {
        // Division by a constant is a multiplication, whose time does not depend on the value.
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
