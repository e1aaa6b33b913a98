use core::fmt;

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
/// assert_eq!(Algorithm::Sha512.output_len(), 64);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Algorithm {
    /// HMAC-SHA-1 (RFC 4226 §5.2).
    #[default]
    #[cfg_attr(feature = "serde", serde(rename = "SHA1"))]
    Sha1,
    /// HMAC-SHA-256 (RFC 6238 §1.2).
    #[cfg_attr(feature = "serde", serde(rename = "SHA256"))]
    Sha256,
    /// HMAC-SHA-512 (RFC 6238 §1.2).
    #[cfg_attr(feature = "serde", serde(rename = "SHA512"))]
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
