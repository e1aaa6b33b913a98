use alloc::string::String;

use zeroize::Zeroizing;

use crate::otp::redacted_debug;

/// Text that contains a secret: a key URI, the SVG of a QR code, a list of recovery codes.
///
/// It is cleared when dropped, redacted in `Debug`, and has no `Display`: [`expose`](Self::expose) is the
/// only way to the text. The host has to clear its own copies, such as a template or a response body.
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
    /// Takes text that was built without reallocating, so that no copy was left behind.
    pub(crate) fn new(text: Zeroizing<String>) -> Self {
        Self(text)
    }

    /// The text in clear.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

redacted_debug!(SecretText);
