use alloc::string::String;

use zeroize::Zeroizing;

use super::SecretText;
use crate::otp::redacted_debug;

/// A secret in base32, to be typed into an app. It is cleared when dropped and redacted in `Debug`.
///
/// Made by [`Secret::to_base32`](crate::Secret::to_base32).
#[derive(Clone)]
pub struct SetupKey(Zeroizing<String>);

impl SetupKey {
    pub(super) fn new(symbols: Zeroizing<String>) -> Self {
        Self(symbols)
    }

    /// The characters in clear, without separators.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The same in groups of four, which are easier to read and type. Apps ignore the spaces.
    pub fn grouped(&self) -> SecretText {
        let mut text = Zeroizing::new(String::with_capacity(self.0.len().saturating_mul(2)));
        for (index, symbol) in self.0.chars().enumerate() {
            if index > 0 && index.is_multiple_of(4) {
                text.push(' ');
            }
            text.push(symbol);
        }
        SecretText::new(text)
    }
}

redacted_debug!(SetupKey);
