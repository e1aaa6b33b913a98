use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use super::SecretText;
use crate::otp::{Algorithm, Counter, Digits, Period, Secret};

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

/// A key URI, `otpauth://totp/…` or `otpauth://hotp/…`: what the QR code of an enrollment says.
///
/// [`parse`](Self::parse) reads what real apps and sites emit and tells in [`warnings`](Self::warnings) what
/// it forgave; [`parse_strict`](Self::parse_strict) reads what the key-URI format defines. Neither keeps the
/// text, and no error contains any of it.
///
/// # How the odd ones are read
///
/// - **Issuer.** The parameter wins, else the prefix of the label; an empty one counts as absent. Both are
///   kept.
/// - **Label.** Split at the colon after a prefix that equals the issuer parameter, else at the first literal
///   `:`, else at the first `%3A`. Spaces before the account name are dropped; colons in it are kept.
/// - **Plus signs.** Form encoding writes a space as `+` and never as `%20`. So in an issuer, parameter or
///   prefix, a single `+` between two other characters is a space, unless the same text has a `%20` or a raw
///   space, or the other issuer spells the plus as `%2B`. `Test+Issuer` is "Test Issuer"; `Disney+` and `C++`
///   stay. In an account name a `+` is a plus: `alice+work@example.com`.
/// - **Steam.** The type `steam`, `encoder=steam`, the flag `steam` or the issuer "Steam" make it
///   [`KeyUriKind::Steam`], whose codes are five letters and digits: its `digits`, `period` and `algorithm`
///   are not those of TOTP. `digits=5` alone does not, and is refused.
/// - **HOTP without counter** starts at 0, as the apps that accept it do.
/// - **Short secrets** are read, marked with [`KeyUriWarning::ShortSecret`]; what to import is decided by
///   [`ImportedSecret`](super::ImportedSecret).
/// - **Duplicates** of `secret`, `issuer`, `algorithm`, `digits`, `period` and `counter` are refused, since
///   apps disagree on whether the first or the last one counts.
/// - **Raw characters** that a URI would escape (spaces, CJK, `#`, a `/` in the label) stand for themselves.
///
/// # Equality
///
/// Two are equal that enroll the same: issuer, account name, secret (in constant time), kind, unknown
/// parameters. How it was spelled does not count.
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
#[derive(Clone)]
pub struct KeyUri {
    /// Never empty, as the next one.
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
    /// With this and [`MAX_ACCOUNT_NAME_LEN`](Self::MAX_ACCOUNT_NAME_LEN) the URI always fits a QR code with
    /// error correction M (2,331 bytes). The issuer is printed twice, the account name once, and each byte may
    /// become three: 3 × (2 × 200 + 260) are 1,980. All else is 292 at most, with the longest secret, algorithm,
    /// digits and counter.
    pub const MAX_ISSUER_LEN: usize = 200;

    /// The longest account name that can be enrolled, in bytes of UTF-8, each colon counted as the three bytes
    /// that stand for it: any e-mail address (254) and any Matrix id (255, and two for its colon) fits.
    pub const MAX_ACCOUNT_NAME_LEN: usize = 260;

    /// Reads what real apps and sites emit.
    ///
    /// Not in constant time: separators are sought in all of the text, and the secret is read as
    /// [`Secret::from_base32`] reads it.
    ///
    /// # Errors
    ///
    /// [`KeyUriError`] with the kind of fault and, where there is one, its position in bytes.
    pub fn parse(text: &str) -> Result<Self, KeyUriError> {
        parse::parse(text, parse::Mode::Lenient)
    }

    /// Reads what the key-URI format defines and nothing else: known parameters under their exact names,
    /// escapes where the format wants them, a counter for HOTP, base32 as RFC 4648 has it, no Steam, no
    /// `+` that could be a space.
    ///
    /// The number of digits may also be 7, as in RFC 4226 §5.3. Differing issuers and short secrets are
    /// warnings here too. Not in constant time, as [`parse`](Self::parse).
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse), and for everything it forgives.
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
    /// A colon separates the issuer from the account name. In an account name each colon becomes U+2236 RATIO
    /// (`∶`), which looks like it: `@ann:example.org` is enrolled, shown and [returned](Self::account_name) as
    /// `@ann∶example.org`. Of the characters that look like a colon it is the one that most systems can show
    /// (it is in GB 2312) and that no Unicode normalization makes a colon again.
    ///
    /// # Errors
    ///
    /// [`KeyUriError`] where the issuer or the account name is empty, too long, has a control character or
    /// begins with a space; and where the issuer has a colon, ends with a space or is "Steam" in any case, which
    /// apps take for Steam's own codes.
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

    /// The key URI of an HOTP authenticator whose next code is the one of `counter`.
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

    /// Who issued the secret: the parameter, else the prefix of the label. Never empty.
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

    /// Whose account it is. Empty only with [`KeyUriWarning::EmptyAccountName`].
    pub fn account_name(&self) -> &str {
        &self.account_name
    }

    /// The shared secret.
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Which kind of codes, with the parameters that this kind has.
    pub fn kind(&self) -> KeyUriKind {
        self.kind
    }

    /// The hash function; SHA-1 for Steam.
    pub fn algorithm(&self) -> Algorithm {
        match self.kind {
            KeyUriKind::Totp { algorithm, .. } | KeyUriKind::Hotp { algorithm, .. } => algorithm,
            KeyUriKind::Steam => Algorithm::Sha1,
        }
    }

    /// The number of digits; `None` for Steam, whose codes are not digits.
    pub fn digits(&self) -> Option<Digits> {
        match self.kind {
            KeyUriKind::Totp { digits, .. } | KeyUriKind::Hotp { digits, .. } => Some(digits),
            KeyUriKind::Steam => None,
        }
    }

    /// Parameters that the format does not define, in order; a flag without `=` has no value.
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
    pub fn warnings(&self) -> impl Iterator<Item = KeyUriWarning> + use<> {
        self.warnings.iter()
    }

    /// The URI: unreserved characters and `%XX` in every name and value, no padding, defaults omitted, the
    /// issuer both before the account name and as a parameter.
    ///
    /// Reading it gives an equal value back: with [`parse_strict`](Self::parse_strict) for one that
    /// [`totp`](Self::totp) or [`hotp`](Self::hotp) made, colons of its account name replaced; with
    /// [`parse`](Self::parse) for any whose URI is not longer than [`MAX_LEN`](Self::MAX_LEN).
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

/// Without the secret and without the values of unknown parameters.
impl fmt::Debug for KeyUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyUri")
            .field("label_issuer", &self.label_issuer())
            .field("parameter_issuer", &self.parameter_issuer())
            .field("account_name", &self.account_name())
            .field("secret", &self.secret)
            .field("kind", &self.kind)
            .field("unknown_parameters", &self.unknown.len())
            .field("warnings", &self.warnings)
            .finish_non_exhaustive()
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
