use alloc::string::String;
use alloc::vec::Vec;

use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use super::{RecoveryCode, RecoveryCodeDigest, TEXT_LEN};
use crate::enrollment::SecretText;
use crate::otp::redacted_debug;

/// The ten recovery codes of an account, which are shown once.
///
/// They have no `Clone` and no serde: the host shows them or offers them for download, and only their
/// [`digests`](Self::digests) are stored.
///
/// ```
/// use second_factor::RecoveryCodes;
///
/// let entropy = [7; RecoveryCodes::ENTROPY_LEN]; // use random bytes in a real service
/// let codes = RecoveryCodes::from_entropy(&entropy);
/// assert_eq!(codes.iter().count(), 10);
/// assert_eq!(codes.to_lines().expose().lines().count(), 10);
/// assert_eq!(format!("{codes:?}"), "RecoveryCodes(..)");
/// ```
pub struct RecoveryCodes(Vec<RecoveryCode>);

impl RecoveryCodes {
    /// How many codes a set has.
    pub const COUNT: usize = 10;

    /// The number of random bytes in a set.
    pub const ENTROPY_LEN: usize = Self::COUNT * RecoveryCode::LEN;

    /// New random codes. Takes exactly [`ENTROPY_LEN`](Self::ENTROPY_LEN) bytes from `rng`.
    ///
    /// # Errors
    ///
    /// The generator's own error, unchanged. No codes are made then.
    ///
    /// ```
    /// use second_factor::{OsEntropy, RecoveryCodes};
    ///
    /// let codes = RecoveryCodes::generate(&mut OsEntropy)?;
    /// assert_eq!(codes.iter().count(), 10);
    /// # Ok::<(), second_factor::EntropyError>(())
    /// ```
    pub fn generate<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, R::Error> {
        let mut entropy = Zeroizing::new([0; Self::ENTROPY_LEN]);
        rng.try_fill_bytes(entropy.as_mut_slice())?;
        Ok(Self::from_entropy(&entropy))
    }

    /// The codes with these random bytes, 16 for each. The caller has to clear `entropy`.
    pub fn from_entropy(entropy: &[u8; Self::ENTROPY_LEN]) -> Self {
        let (chunks, _) = entropy.as_chunks::<{ RecoveryCode::LEN }>();
        Self(chunks.iter().map(|chunk| RecoveryCode::from_entropy(*chunk)).collect())
    }

    /// The codes, in the order in which they are shown.
    pub fn iter(&self) -> core::slice::Iter<'_, RecoveryCode> {
        self.0.iter()
    }

    /// The digests to store, in the same order.
    pub fn digests<'a>(&'a self, account: &'a str) -> impl Iterator<Item = RecoveryCodeDigest> + 'a {
        self.iter().map(move |code| code.digest(account))
    }

    /// The codes in clear, one a line, for a download.
    pub fn to_lines(&self) -> SecretText {
        let mut text = Zeroizing::new(String::with_capacity((TEXT_LEN + 1) * Self::COUNT));
        for code in self {
            code.write(&mut text);
            text.push('\n');
        }
        SecretText::new(text)
    }
}

impl<'a> IntoIterator for &'a RecoveryCodes {
    type Item = &'a RecoveryCode;
    type IntoIter = core::slice::Iter<'a, RecoveryCode>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

redacted_debug!(RecoveryCodes);
