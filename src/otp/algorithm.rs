use core::fmt;
use core::str::FromStr;

/// The hash function of the HMAC: SHA-1, or SHA-256 or SHA-512, which RFC 6238 §1.2 allows.
///
/// SHA-1 is the default because some authenticator apps ignore the `algorithm` parameter and use SHA-1
/// anyway. The known collisions of SHA-1 do not affect HMAC-SHA-1 (RFC 4226 Appendix B).
///
/// ```
/// use second_factor::Algorithm;
///
/// assert_eq!(Algorithm::default(), Algorithm::Sha1);
/// assert_eq!(Algorithm::Sha256.to_string(), "SHA256");
/// assert_eq!("SHA256".parse(), Ok(Algorithm::Sha256));
/// assert_eq!(Algorithm::Sha512.output_len(), 64);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "UPPERCASE"))]
pub enum Algorithm {
    /// HMAC-SHA-1 (RFC 4226 §5.2).
    #[default]
    Sha1,
    /// HMAC-SHA-256 (RFC 6238 §1.2).
    Sha256,
    /// HMAC-SHA-512 (RFC 6238 §1.2).
    Sha512,
}

impl Algorithm {
    /// The length of the HMAC's output in bytes: 20, 32 or 64. A generated secret has the same length (RFC
    /// 6238 §5.1: "keys SHOULD be of the length of the HMAC output").
    pub const fn output_len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    /// The name in a key URI: `SHA1`, `SHA256` or `SHA512`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Reads exactly the [names](Algorithm::name) of a key URI, in upper case and without a dash.
///
/// # Errors
///
/// [`AlgorithmError`] for any other text.
impl FromStr for Algorithm {
    type Err = AlgorithmError;

    fn from_str(name: &str) -> Result<Self, AlgorithmError> {
        match name {
            "SHA1" => Ok(Self::Sha1),
            "SHA256" => Ok(Self::Sha256),
            "SHA512" => Ok(Self::Sha512),
            _ => Err(AlgorithmError),
        }
    }
}

/// The text is not the name of an algorithm.
///
/// ```
/// use second_factor::{Algorithm, otp::AlgorithmError};
///
/// assert_eq!("SHA-1".parse::<Algorithm>(), Err(AlgorithmError));
/// assert_eq!(AlgorithmError.to_string(), "an algorithm is named SHA1, SHA256 or SHA512");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("an algorithm is named SHA1, SHA256 or SHA512")]
pub struct AlgorithmError;
