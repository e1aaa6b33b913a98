use alloc::collections::BTreeSet;
use core::fmt;

use crate::otp::{Secret, Strength};

/// Something that was forgiven when a key URI was read, or that deserves a second look.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum KeyUriWarning {
    /// The label names one issuer and the parameter another. The parameter is used.
    IssuerMismatch,
    /// The issuer parameter or the prefix of the label is there but empty. It counts as absent.
    EmptyIssuer,
    /// The label has no account name.
    EmptyAccountName,
    /// The secret has fewer than the 128 bits that RFC 4226 §4 R6 requires.
    ShortSecret,
    /// The last character of the secret had trailing bits that were not zero. They were dropped (RFC 4648
    /// §3.5).
    TrailingBits,
    /// The secret was in lower case, with separators, or with padding of a wrong length.
    SecretSpelling,
    /// The algorithm was not spelled exactly `SHA1`, `SHA256` or `SHA512`.
    AlgorithmAlias,
    /// A `+` in an issuer was read as a space.
    PlusAsSpace,
    /// There was an unescaped character that a URI has to escape.
    RawCharacters,
    /// The name of a known parameter had upper-case letters.
    ParameterCase,
    /// An HOTP URI has no counter. It starts at 0.
    MissingCounter,
    /// A parameter that means nothing for this kind of code was dropped.
    IgnoredParameter,
}

impl fmt::Display for KeyUriWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::IssuerMismatch => "the label names another issuer than the parameter",
            Self::EmptyIssuer => "an issuer is empty",
            Self::EmptyAccountName => "the account name is empty",
            Self::ShortSecret => "the secret has fewer than 128 bits",
            Self::TrailingBits => "trailing bits of the secret were dropped",
            Self::SecretSpelling => "the secret is not in canonical base32",
            Self::AlgorithmAlias => "the name of the algorithm is spelled in another way",
            Self::PlusAsSpace => "a plus sign was read as a space",
            Self::RawCharacters => "a character is not escaped",
            Self::ParameterCase => "the name of a parameter is in upper case",
            Self::MissingCounter => "the counter is missing and taken as 0",
            Self::IgnoredParameter => "a parameter of another kind of code was ignored",
        })
    }
}

/// A set of warnings, in the order of the variants.
#[derive(Clone, Default, Debug)]
pub(super) struct Warnings(BTreeSet<KeyUriWarning>);

impl Warnings {
    pub(super) fn note(&mut self, warning: KeyUriWarning) {
        self.0.insert(warning);
    }

    pub(super) fn note_if(&mut self, condition: bool, warning: KeyUriWarning) {
        if condition {
            self.note(warning);
        }
    }

    pub(super) fn note_strength(&mut self, secret: &Secret) {
        self.note_if(secret.strength() == Strength::BelowRequired, KeyUriWarning::ShortSecret);
    }

    pub(super) fn contains(&self, warning: KeyUriWarning) -> bool {
        self.0.contains(&warning)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = KeyUriWarning> {
        self.0.iter().copied()
    }
}
