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
pub struct Presented<'a>(pub(crate) What<'a>);

pub(crate) enum What<'a> {
    Typed(&'a str),
    Host(HostAuthenticatorVerified),
    OldRecoveryCode(OldRecoveryCodeVerified),
}

impl Presented<'_> {
    /// Whose it is, if that is known before it is compared.
    pub(crate) fn account(&self) -> Option<&AccountId> {
        match &self.0 {
            What::Typed(_) => None,
            What::Host(proof) => Some(proof.account()),
            What::OldRecoveryCode(proof) => Some(proof.account()),
        }
    }

    /// Nothing was typed.
    pub(crate) fn is_blank(&self) -> bool {
        matches!(self.0, What::Typed(text) if text.trim().is_empty())
    }
}

impl<'a, S: AsRef<str> + ?Sized> From<&'a S> for Presented<'a> {
    fn from(typed: &'a S) -> Self {
        Self(What::Typed(typed.as_ref()))
    }
}

impl From<HostAuthenticatorVerified> for Presented<'_> {
    fn from(proof: HostAuthenticatorVerified) -> Self {
        Self(What::Host(proof))
    }
}

impl From<OldRecoveryCodeVerified> for Presented<'_> {
    fn from(proof: OldRecoveryCodeVerified) -> Self {
        Self(What::OldRecoveryCode(proof))
    }
}

/// Redacted: it may be a code.
impl fmt::Debug for Presented<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Presented(..)")
    }
}
