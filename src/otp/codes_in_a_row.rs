use zeroize::Zeroizing;

use super::{Code, CodeError, Digits, redacted_debug};

/// Codes of consecutive time steps, enough of them for 64 bits: four codes of six digits, or three of seven
/// or eight.
///
/// Somebody who knows none of them cannot guess them all, so they need no throttling (SP 800-63B §3.1.4.2
/// asks for it below 64 bits). With six digits and a period of 30 seconds, whoever has the app can read them
/// off within two and a half minutes. They are cleared when dropped and redacted in `Debug`.
///
/// ```
/// use second_factor::{Digits, otp::CodesInARow};
///
/// assert_eq!(CodesInARow::count(Digits::Six), 4);
/// let typed = CodesInARow::parse("123 456 234567 345678-456789", Digits::Six)?;
/// assert_eq!(typed.codes().len(), 4);
/// assert_eq!(format!("{typed:?}"), "CodesInARow(..)");
/// assert!(CodesInARow::parse("123456", Digits::Six).is_err());
/// # Ok::<(), second_factor::otp::CodeError>(())
/// ```
#[derive(Clone)]
pub struct CodesInARow {
    codes: [Code; Self::MAX_COUNT],
    count: u8,
}

impl CodesInARow {
    pub(super) const MAX_COUNT: usize = 4;

    /// The digits of four codes of six digits, or of three codes of eight.
    const MAX_DIGITS: usize = 24;

    /// How many codes with this number of digits are needed.
    pub const fn count(digits: Digits) -> u8 {
        match digits {
            Digits::Six => 4,
            Digits::Seven | Digits::Eight => 3,
        }
    }

    /// Reads what the claimant typed, the oldest code first. Blanks, tabs, line breaks and dashes are ignored
    /// wherever they are.
    ///
    /// # Errors
    ///
    /// [`CodeError::Character`] if there is anything other than ASCII digits and what is ignored.
    /// [`CodeError::Length`] if there are more or fewer digits than [`count`](Self::count) codes have, or if
    /// the input has more than [`Code::MAX_INPUT_LEN`] bytes; such an input is not read. Neither error
    /// contains the input.
    pub fn parse(input: &str, digits: Digits) -> Result<Self, CodeError> {
        let count = Self::count(digits);
        let expected = digits.count().saturating_mul(count);
        let length = |found| CodeError::Length { expected, found };
        if input.len() > Code::MAX_INPUT_LEN {
            return Err(length(input.len()));
        }
        let mut typed = Zeroizing::new([0; Self::MAX_DIGITS]);
        let mut found = 0_usize;
        for byte in input.bytes() {
            match byte {
                b'0'..=b'9' => {
                    if let Some(place) = typed.get_mut(found) {
                        *place = byte;
                    }
                    found = found.saturating_add(1);
                }
                b' ' | b'-' | b'\t' | b'\r' | b'\n' => {}
                _ => return Err(CodeError::Character),
            }
        }
        if found != usize::from(expected) {
            return Err(length(found));
        }
        let mut row = Self { codes: core::array::from_fn(|_| Code::from_value(0, digits)), count };
        for (code, text) in
            row.codes.iter_mut().zip(typed.chunks_exact(digits.count().into())).take(count.into())
        {
            *code = Code::parse(str::from_utf8(text).unwrap_or_default(), digits)?;
        }
        Ok(row)
    }

    /// The codes, the oldest first.
    pub fn codes(&self) -> &[Code] {
        self.codes.get(..self.count.into()).unwrap_or_default()
    }

    /// The newest code.
    #[cfg(feature = "alloc")]
    pub(crate) fn last(&self) -> &Code {
        let [first, ..] = &self.codes;
        self.codes().last().unwrap_or(first)
    }
}

redacted_debug!(CodesInARow);
