use alloc::string::String;
use core::str::FromStr;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::digest::{HalfDigest, sha256};
use super::{SecretText, base32};
use crate::otp::redacted_debug;

mod digest;
mod error;
mod set;

pub use digest::RecoveryCodeDigest;
pub use error::RecoveryCodeError;
pub use set::RecoveryCodes;

/// A recovery code, which lets in a subscriber who has lost the authenticator. SP 800-63B §3.1.2 calls it a
/// look-up secret.
///
/// It has 128 random bits, shown as 26 characters of base32 in groups: `ABCDE-FGHIJ-KLMNO-PQRST-UVWXYZ`. With
/// that many bits, one approved hash is enough to store it safely. It is cleared when dropped, redacted in
/// `Debug`, and compared in constant time.
///
/// ```
/// use second_factor::RecoveryCode;
///
/// let shown = RecoveryCode::parse("MFRGG-ZDFMZ-TWQ2L-KNNWG-23TPOA")?;
/// let typed = RecoveryCode::parse("mfrgg zdfmz twq2l knnwg 23tpoa")?;
/// assert_eq!(shown, typed);
/// assert_eq!(typed.to_text().expose(), "MFRGG-ZDFMZ-TWQ2L-KNNWG-23TPOA");
/// # Ok::<(), second_factor::enrollment::RecoveryCodeError>(())
/// ```
#[derive(Clone)]
pub struct RecoveryCode(Zeroizing<[u8; Self::LEN]>);

impl RecoveryCode {
    /// The number of random bytes in a code.
    pub const LEN: usize = 16;

    /// The longest text that is read, in bytes.
    pub const MAX_TEXT_LEN: usize = 256;

    /// The code with these random bytes.
    pub(crate) fn from_entropy(bytes: [u8; Self::LEN]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Reads what the claimant typed.
    ///
    /// Lower case, white space and dashes of every length are accepted. So are the digits that the alphabet
    /// does not have; they are read as the letters that look like them: 0 as O, 1 as I, 8 as B. All these
    /// spellings give the same value, so none of them counts as a second code.
    ///
    /// # Errors
    ///
    /// [`RecoveryCodeError`] if what remains is not a code.
    pub fn parse(text: &str) -> Result<Self, RecoveryCodeError> {
        if text.len() > Self::MAX_TEXT_LEN {
            return Err(RecoveryCodeError::TooLong);
        }
        let mut symbols = Zeroizing::new(String::with_capacity(Self::MAX_TEXT_LEN));
        for (position, character) in text.char_indices() {
            match character {
                'A'..='Z' | '2'..='7' => symbols.push(character),
                'a'..='z' => symbols.push(character.to_ascii_uppercase()),
                '0' => symbols.push('O'),
                '1' => symbols.push('I'),
                '8' => symbols.push('B'),
                '-' | '\u{2010}'..='\u{2015}' => {}
                _ if character.is_whitespace() => {}
                _ => return Err(RecoveryCodeError::Character { position }),
            }
        }
        if symbols.len() != SYMBOLS {
            return Err(RecoveryCodeError::Length { found: symbols.len() });
        }
        base32::decode_array(&symbols).map(Self::from_entropy).ok_or(RecoveryCodeError::LastCharacter)
    }

    /// The code in clear, in groups.
    pub fn to_text(&self) -> SecretText {
        let mut text = Zeroizing::new(String::with_capacity(TEXT_LEN));
        self.write(&mut text);
        SecretText::new(text)
    }

    /// The digest to store: the first half of the SHA-256 of a domain, the account and the code. Because of
    /// the account, digests of different accounts cannot be compared.
    ///
    /// ```
    /// use second_factor::RecoveryCode;
    ///
    /// let code = RecoveryCode::parse("MFRGG-ZDFMZ-TWQ2L-KNNWG-23TPOA")?;
    /// assert_eq!(code.digest("alice"), code.digest("alice"));
    /// assert_ne!(code.digest("alice"), code.digest("bob"));
    /// # Ok::<(), second_factor::enrollment::RecoveryCodeError>(())
    /// ```
    pub fn digest(&self, account: &str) -> RecoveryCodeDigest {
        RecoveryCodeDigest(HalfDigest::of(&sha256(&[DOMAIN, account.as_bytes(), self.0.as_slice()])))
    }

    fn write(&self, text: &mut String) {
        for (index, symbol) in base32::encode(self.0.as_slice()).chars().enumerate() {
            // Four groups of five and one of six, so that there is no group of one.
            if matches!(index, 5 | 10 | 15 | 20) {
                text.push('-');
            }
            text.push(symbol);
        }
    }
}

/// Names the use of the hash, so that no other digest of this library can be used as this one.
const DOMAIN: &[u8] = b"second-factor/recovery-code/v1";

/// The number of characters of a code without dashes. `TEXT_LEN` is the number with them.
const SYMBOLS: usize = 26;
const TEXT_LEN: usize = SYMBOLS + 4;

redacted_debug!(RecoveryCode);

/// As [`parse`](Self::parse).
impl FromStr for RecoveryCode {
    type Err = RecoveryCodeError;

    fn from_str(text: &str) -> Result<Self, RecoveryCodeError> {
        Self::parse(text)
    }
}

/// Compares in constant time.
impl PartialEq for RecoveryCode {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&*other.0).into()
    }
}

impl Eq for RecoveryCode {}
