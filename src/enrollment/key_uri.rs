use alloc::string::String;
use alloc::vec::Vec;
use core::str::FromStr;

use super::SecretText;
use crate::otp::{Algorithm, Counter, Digits, Period, Secret, TotpParams};

mod error;
mod kind;
mod label;
mod names;
mod parameters;
mod parse;
mod print;
mod raw;
mod warning;

pub use error::{ForeignScheme, ForeignType, KeyUriError, LabelPart};
pub use kind::KeyUriKind;
use names::printable_account_name;
pub(crate) use names::printable_issuer;
use parameters::UnknownParameter;
pub use warning::KeyUriWarning;
use warning::Warnings;

/// A key URI, `otpauth://totp/…` or `otpauth://hotp/…`: the content of the QR code of an enrollment.
///
/// [`parse`](Self::parse) reads what real apps and sites emit, and [`warnings`](Self::warnings) says what it
/// forgave. [`parse_strict`](Self::parse_strict) reads only what the key-URI format defines. Neither keeps
/// the text, and no error contains any of it. `Debug` shows neither the secret nor unknown parameters.
///
/// # How unusual URIs are read
///
/// - **Issuer.** The issuer is the parameter if there is one, otherwise the prefix of the label. An empty one
///   counts as absent. Both are kept.
/// - **Label.** It is split at the colon after a prefix that equals the issuer parameter; if there is none,
///   at the first literal `:`; if there is none either, at the first `%3A`. Spaces before the account name
///   are dropped, and colons in it are kept.
/// - **Plus signs.** Form encoding writes a space as `+` and never as `%20`. So in an issuer (parameter or
///   prefix), a single `+` between two other characters is read as a space. It stays a plus if the same text
///   has a `%20` or a raw space, or if the other of these two texts spells the plus as `%2B`. `Test+Issuer`
///   is read as "Test Issuer"; `Disney+` and `C++` stay as they are. In an account name a `+` is always a
///   plus: `alice+work@example.com`.
/// - **Steam.** A URI with the type `steam`, `encoder=steam`, the flag `steam` or the issuer "Steam" is
///   [`KeyUriKind::Steam`]. Its codes are five letters and digits, so its `digits`, `period` and `algorithm`
///   do not mean what they mean for TOTP. `digits=5` alone is not enough, and is refused.
/// - **HOTP without counter** starts at 0, as the apps that accept it do.
/// - **Short secrets** are read and marked with [`KeyUriWarning::ShortSecret`].
///   [`ImportedSecret`](super::ImportedSecret) decides which of them may be imported.
/// - **Duplicates** of `secret`, `issuer`, `algorithm`, `digits`, `period` and `counter` are refused, since
///   apps disagree on whether the first or the last one counts.
/// - **Raw characters** that a URI would escape (spaces, CJK, `#`, a `/` in the label) are read as
///   themselves.
///
/// # Equality
///
/// Two key URIs are equal if they enroll the same: if their issuer, account name, secret (compared in
/// constant time), kind and unknown parameters are equal. How the texts were spelled does not count.
///
/// ```
/// use second_factor::{Algorithm, Digits, KeyUri, Period, enrollment::KeyUriKind};
///
/// let uri = KeyUri::parse(
///     "otpauth://totp/Test%20Issuer:my@email.com?issuer=Test+Issuer&secret=QE2C7JXZB3TY3FBKL6PB7PZXP7UCRPOA",
/// )?;
/// assert_eq!(uri.issuer(), Some("Test Issuer"));
/// assert_eq!(uri.account_name(), "my@email.com");
/// assert_eq!(
///     uri.kind(),
///     KeyUriKind::Totp { algorithm: Algorithm::Sha1, digits: Digits::Six, period: Period::DEFAULT },
/// );
/// # Ok::<(), second_factor::enrollment::KeyUriError>(())
/// ```
#[derive(Clone, Debug)]
pub struct KeyUri {
    /// Never empty. Neither is `parameter_issuer`.
    label_issuer: Option<String>,
    parameter_issuer: Option<String>,
    account_name: String,
    secret: Secret,
    kind: KeyUriKind,
    unknown: Vec<UnknownParameter>,
    warnings: Warnings,
}

impl KeyUri {
    /// The longest text that is read, in bytes.
    pub const MAX_LEN: usize = 8 * 1024;

    /// The longest issuer that can be enrolled, in bytes of UTF-8.
    ///
    /// With this limit and [`MAX_ACCOUNT_NAME_LEN`](Self::MAX_ACCOUNT_NAME_LEN), the URI always fits into a
    /// QR code with error correction M (2,331 bytes). The issuer is printed twice, the account name once, and
    /// each byte may become three: 3 × (2 × 200 + 260) = 1,980 bytes. Everything else takes at most 292
    /// bytes, with the longest secret, algorithm, digits and counter.
    pub const MAX_ISSUER_LEN: usize = 200;

    /// The longest account name that can be enrolled, in bytes of UTF-8. Each colon counts as the three bytes
    /// of its replacement. Any e-mail address (254 bytes) and any Matrix id (255 bytes, and two more for its
    /// colon) fits.
    pub const MAX_ACCOUNT_NAME_LEN: usize = 260;

    /// Reads what real apps and sites emit.
    ///
    /// It is not in constant time: the whole text is searched for separators, and the secret is read as
    /// [`Secret::from_base32`] reads it.
    ///
    /// # Errors
    ///
    /// [`KeyUriError`], with the kind of fault and, where it has one, its position in bytes.
    pub fn parse(text: &str) -> Result<Self, KeyUriError> {
        parse::parse(text, parse::Mode::Lenient)
    }

    /// Reads what the key-URI format defines and nothing else: known parameters under their exact names,
    /// escapes where the format requires them, a counter for HOTP, base32 as RFC 4648 defines it, no Steam,
    /// and no `+` that could be a space.
    ///
    /// The number of digits may also be 7, as in RFC 4226 §5.3. Issuers that differ and short secrets are
    /// warnings here too. Like [`parse`](Self::parse), it is not in constant time.
    ///
    /// # Errors
    ///
    /// The errors of [`parse`](Self::parse), and an error for everything that it forgives.
    ///
    /// ```
    /// use second_factor::KeyUri;
    ///
    /// let from_an_app = "otpauth://totp/ACME:alice?secret=gezdgnbvgy3tqojqgezdgnbvgy3tqojq&image=x";
    /// assert!(KeyUri::parse(from_an_app).is_ok());
    /// assert!(KeyUri::parse_strict(from_an_app).is_err());
    /// ```
    pub fn parse_strict(text: &str) -> Result<Self, KeyUriError> {
        parse::parse(text, parse::Mode::Strict)
    }

    /// The key URI of a TOTP authenticator.
    ///
    /// A colon separates the issuer from the account name. In an account name, each colon is replaced by
    /// U+2236 RATIO (`∶`), which looks like one: `@ann:example.org` is enrolled, shown and
    /// [returned](Self::account_name) as `@ann∶example.org`. Of the characters that look like a colon, it is
    /// the one that most systems can show (it is in GB 2312), and no Unicode normalization turns it back into
    /// a colon.
    ///
    /// # Errors
    ///
    /// [`KeyUriError`] if the issuer or the account name is empty, is too long, has a control character or
    /// begins with a space. Also if the issuer has a colon, ends with a space, or is "Steam" in upper or
    /// lower case, which apps take for Steam's own codes.
    ///
    /// ```
    /// use second_factor::{Algorithm, Digits, KeyUri, Period, Secret};
    ///
    /// let secret = Secret::new(b"12345678901234567890")?;
    /// let uri =
    ///     KeyUri::totp("ACME", "@ann:example.org", secret, Algorithm::Sha1, Digits::Six, Period::DEFAULT)?;
    /// assert_eq!(uri.account_name(), "@ann\u{2236}example.org");
    /// assert!(uri.to_uri().expose().starts_with("otpauth://totp/ACME:%40ann%E2%88%B6example.org?"));
    /// assert_eq!(KeyUri::parse_strict(uri.to_uri().expose())?, uri);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn totp(
        issuer: &str,
        account_name: &str,
        secret: Secret,
        algorithm: Algorithm,
        digits: Digits,
        period: Period,
    ) -> Result<Self, KeyUriError> {
        Self::new(issuer, account_name, secret, KeyUriKind::Totp { algorithm, digits, period })
    }

    /// The key URI of an HOTP authenticator whose next code is that of `counter`.
    ///
    /// # Errors
    ///
    /// As [`totp`](Self::totp).
    ///
    /// ```
    /// use second_factor::{Algorithm, Digits, KeyUri, Secret, otp::Counter};
    ///
    /// let secret = Secret::new(b"12345678901234567890")?;
    /// let uri = KeyUri::hotp("ACME", "alice", secret, Algorithm::Sha1, Digits::Six, Counter::new(7))?;
    /// assert!(uri.to_uri().expose().ends_with("&issuer=ACME&counter=7"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn hotp(
        issuer: &str,
        account_name: &str,
        secret: Secret,
        algorithm: Algorithm,
        digits: Digits,
        counter: Counter,
    ) -> Result<Self, KeyUriError> {
        Self::new(issuer, account_name, secret, KeyUriKind::Hotp { algorithm, digits, counter })
    }

    fn new(issuer: &str, account_name: &str, secret: Secret, kind: KeyUriKind) -> Result<Self, KeyUriError> {
        printable_issuer(issuer)?;
        let account_name = printable_account_name(account_name)?;
        let mut warnings = Warnings::default();
        warnings.note_strength(&secret);
        Ok(Self {
            label_issuer: Some(issuer.into()),
            parameter_issuer: Some(issuer.into()),
            account_name,
            secret,
            kind,
            unknown: Vec::new(),
            warnings,
        })
    }

    /// Who issued the secret: the issuer parameter, or the prefix of the label if there is none. Never empty.
    pub fn issuer(&self) -> Option<&str> {
        self.parameter_issuer().or(self.label_issuer())
    }

    /// The issuer before the colon of the label. Never empty.
    pub fn label_issuer(&self) -> Option<&str> {
        self.label_issuer.as_deref()
    }

    /// The issuer parameter. Never empty.
    pub fn parameter_issuer(&self) -> Option<&str> {
        self.parameter_issuer.as_deref()
    }

    /// The name of the account. Empty only with [`KeyUriWarning::EmptyAccountName`].
    pub fn account_name(&self) -> &str {
        &self.account_name
    }

    /// The shared secret.
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// The kind of codes, with the parameters of this kind.
    pub fn kind(&self) -> KeyUriKind {
        self.kind
    }

    /// The parameters of time-based codes, for [`Totp::new`](crate::Totp::new) or
    /// [`Import::by_host`](crate::Import::by_host); `None` for HOTP and Steam.
    ///
    /// ```
    /// use second_factor::{Digits, KeyUri};
    ///
    /// let uri = KeyUri::parse("otpauth://totp/ACME:alice?secret=GEZDGNBVGY3TQOJQ&digits=8&period=60")?;
    /// let params = uri.totp_params().unwrap();
    /// assert_eq!((params.digits(), params.period().as_secs()), (Digits::Eight, 60));
    ///
    /// let steam = KeyUri::parse("otpauth://totp/Steam:alice?secret=GEZDGNBVGY3TQOJQ")?;
    /// assert_eq!(steam.totp_params(), None);
    /// # Ok::<(), second_factor::enrollment::KeyUriError>(())
    /// ```
    pub fn totp_params(&self) -> Option<TotpParams> {
        match self.kind {
            KeyUriKind::Totp { algorithm, digits, period } => {
                Some(TotpParams::new(algorithm, digits, period))
            }
            KeyUriKind::Hotp { .. } | KeyUriKind::Steam => None,
        }
    }

    /// The parameters that the format does not define, in order. A flag without `=` has no value.
    ///
    /// ```
    /// use second_factor::KeyUri;
    ///
    /// let uri = KeyUri::parse("otpauth://totp/ACME:alice?secret=GEZDGNBVGY3TQOJQ&icon=a%20b&pinned")?;
    /// assert!(uri.unknown_parameters().eq([("icon", Some("a b")), ("pinned", None)]));
    /// # Ok::<(), second_factor::enrollment::KeyUriError>(())
    /// ```
    pub fn unknown_parameters(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.unknown
            .iter()
            .map(|parameter| (parameter.name.as_str(), parameter.value.as_ref().map(|value| value.as_str())))
    }

    /// What was forgiven, and what deserves a second look.
    ///
    /// ```
    /// use second_factor::{KeyUri, enrollment::KeyUriWarning};
    ///
    /// let uri = KeyUri::parse("otpauth://totp/GitHub:me?issuer=Gitlab&secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")?;
    /// assert!(uri.warnings().eq([KeyUriWarning::IssuerMismatch]));
    /// # Ok::<(), second_factor::enrollment::KeyUriError>(())
    /// ```
    pub fn warnings(&self) -> impl Iterator<Item = KeyUriWarning> {
        self.warnings.iter()
    }

    /// The URI as text. Names and values consist of unreserved characters and `%XX`, the secret has no
    /// padding, defaults are omitted, and the issuer is both before the account name and a parameter.
    ///
    /// Reading the text gives an equal value again. [`parse_strict`](Self::parse_strict) does so for a value
    /// that [`totp`](Self::totp) or [`hotp`](Self::hotp) made, in which the colons of the account name are
    /// already replaced. [`parse`](Self::parse) does so for every value whose URI is not longer than
    /// [`MAX_LEN`](Self::MAX_LEN).
    pub fn to_uri(&self) -> SecretText {
        print::print(self)
    }
}

/// As [`parse`](Self::parse).
impl FromStr for KeyUri {
    type Err = KeyUriError;

    fn from_str(text: &str) -> Result<Self, KeyUriError> {
        Self::parse(text)
    }
}

impl PartialEq for KeyUri {
    fn eq(&self, other: &Self) -> bool {
        self.secret == other.secret
            && self.kind == other.kind
            && self.issuer() == other.issuer()
            && self.account_name() == other.account_name()
            && self.unknown == other.unknown
    }
}

impl Eq for KeyUri {}
