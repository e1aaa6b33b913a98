use alloc::string::String;
use core::fmt;

use crate::session::{AccountId, HostAuthenticatorVerified, OldRecoveryCodeVerified};

/// What is presented where a factor is asked for: what the claimant typed, or the host's word for something
/// that it verified itself. Every call that asks for a factor takes anything that converts into this.
///
/// ```
/// use second_factor::session::Presented;
///
/// // A code, codes in a row or a recovery code: its form tells which.
/// assert_eq!(format!("{:?}", Presented::from("123456")), "Presented(..)");
/// ```
pub struct Presented<'a>(Kind<'a>);

enum Kind<'a> {
    Typed(&'a str),
    Host(HostAuthenticatorVerified),
    OldRecoveryCode(OldRecoveryCodeVerified),
}

impl<'a> Presented<'a> {
    /// What was typed, if anything was.
    pub(crate) fn typed(&self) -> Option<&'a str> {
        if let Kind::Typed(text) = self.0 { Some(text) } else { None }
    }

    pub(crate) fn host(&self) -> Option<&HostAuthenticatorVerified> {
        if let Kind::Host(proof) = &self.0 { Some(proof) } else { None }
    }

    pub(crate) fn old_recovery_code(&self) -> Option<&OldRecoveryCodeVerified> {
        if let Kind::OldRecoveryCode(proof) = &self.0 { Some(proof) } else { None }
    }

    /// Whose it is, if that is known before it is compared.
    pub(crate) fn account(&self) -> Option<&AccountId> {
        match &self.0 {
            Kind::Typed(_) => None,
            Kind::Host(proof) => Some(proof.account()),
            Kind::OldRecoveryCode(proof) => Some(proof.account()),
        }
    }

    /// Nothing was typed.
    pub(crate) fn is_blank(&self) -> bool {
        self.typed().is_some_and(|text| text.trim().is_empty())
    }
}

impl<'a> From<&'a str> for Presented<'a> {
    fn from(typed: &'a str) -> Self {
        Self(Kind::Typed(typed))
    }
}

impl<'a> From<&'a String> for Presented<'a> {
    fn from(typed: &'a String) -> Self {
        Self(Kind::Typed(typed))
    }
}

impl From<HostAuthenticatorVerified> for Presented<'_> {
    fn from(proof: HostAuthenticatorVerified) -> Self {
        Self(Kind::Host(proof))
    }
}

impl From<OldRecoveryCodeVerified> for Presented<'_> {
    fn from(proof: OldRecoveryCodeVerified) -> Self {
        Self(Kind::OldRecoveryCode(proof))
    }
}

/// Redacted: it may be a code.
impl fmt::Debug for Presented<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Presented(..)")
    }
}
