use alloc::string::String;
use core::fmt;

use zeroize::Zeroizing;

/// Text that holds a secret: a key URI, the SVG of a QR code, a page of recovery codes.
///
/// Cleared when dropped, redacted in `Debug`, without `Display`: the text leaves through
/// [`expose`](Self::expose) alone. What the host copies from there (a template, a response body) is the
/// host's to clear.
///
/// ```
/// use second_factor::KeyUri;
///
/// let uri = KeyUri::parse("otpauth://totp/ACME:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")?.to_uri();
/// assert!(uri.expose().starts_with("otpauth://totp/ACME:alice?"));
/// assert_eq!(format!("{uri:?}"), "SecretText(..)");
/// # Ok::<(), second_factor::enrollment::KeyUriError>(())
/// ```
#[derive(Clone)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Takes over text that was built without growing, so that no copy was left behind.
    pub(crate) fn new(text: Zeroizing<String>) -> Self {
        Self(text)
    }

    /// The text, in clear. The name is there to be searched for.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(..)")
    }
}
