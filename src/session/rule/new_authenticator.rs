use alloc::string::String;
use core::fmt;

use crate::session::record::label;
use crate::session::{AuthenticatorId, HostAuthenticatorKind};

/// What is to be enrolled: an authenticator app, beside the account's others unless it [replaces](Self::replacing) one.
///
/// An account name alone converts into it, with defaults for the rest.
///
/// ```
/// use second_factor::session::NewAuthenticator;
///
/// let plain = NewAuthenticator::from("ann@example.com");
/// let tablet = NewAuthenticator::app("ann@example.com").label("Tablet").issuer("Example (Staff)");
/// # let _ = (plain, tablet);
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use = "nothing is enrolled before this goes to `begin_enrollment`"]
pub struct NewAuthenticator<'a> {
    pub(super) account_name: &'a str,
    pub(super) issuer: Option<&'a str>,
    label: &'a str,
    pub(super) replacing: Option<AuthenticatorId>,
}

impl<'a> NewAuthenticator<'a> {
    /// An authenticator app that shows `account_name` beside the issuer: the user name or e-mail address.
    pub const fn app(account_name: &'a str) -> Self {
        Self { account_name, issuer: None, label: "", replacing: None }
    }

    /// What its owner calls it ("Phone"), for lists; the first 64 characters are kept. The default is
    /// "Authenticator app".
    pub const fn label(mut self, label: &'a str) -> Self {
        self.label = label;
        self
    }

    /// The issuer that the app shows, if it is not the policy's: that of the account's tenant, for example.
    /// The rules are those of [`KeyUri::totp`](crate::KeyUri::totp).
    pub const fn issuer(mut self, issuer: &'a str) -> Self {
        self.issuer = Some(issuer);
        self
    }

    /// It replaces this one, which is removed once the new one is confirmed.
    pub const fn replacing(mut self, authenticator: AuthenticatorId) -> Self {
        self.replacing = Some(authenticator);
        self
    }

    pub(super) fn label_or_default(&self) -> String {
        label_or(self.label, "Authenticator app")
    }
}

impl<'a, S: AsRef<str> + ?Sized> From<&'a S> for NewAuthenticator<'a> {
    fn from(account_name: &'a S) -> Self {
        Self::app(account_name.as_ref())
    }
}

/// An authenticator that the host verifies, to be bound to an account: a passkey, a security key.
///
/// ```
/// use second_factor::session::{HostAuthenticatorKind, NewHostAuthenticator};
///
/// let credential_id = [0x5e; 32]; // as WebAuthn gives it
/// let key = NewHostAuthenticator::new(&credential_id, HostAuthenticatorKind::HardwareKey).label("Blue key");
/// # let _ = key;
/// ```
#[derive(Clone, Copy)]
#[must_use = "nothing is bound before this goes to `bind_host_authenticator`"]
pub struct NewHostAuthenticator<'a> {
    pub(super) credential: &'a [u8],
    pub(super) kind: HostAuthenticatorKind,
    label: &'a str,
    pub(super) replacing: Option<AuthenticatorId>,
}

impl<'a> NewHostAuthenticator<'a> {
    /// The authenticator that has this credential: in WebAuthn, the credential id. The host verified its
    /// registration.
    pub const fn new(credential: &'a [u8], kind: HostAuthenticatorKind) -> Self {
        Self { credential, kind, label: "", replacing: None }
    }

    /// What its owner calls it, for lists; the first 64 characters are kept. The default is "Security key" or
    /// "Passkey", by its kind.
    pub const fn label(mut self, label: &'a str) -> Self {
        self.label = label;
        self
    }

    /// It replaces this one, which is removed.
    pub const fn replacing(mut self, authenticator: AuthenticatorId) -> Self {
        self.replacing = Some(authenticator);
        self
    }

    pub(super) fn label_or_default(&self) -> String {
        label_or(
            self.label,
            match self.kind {
                HostAuthenticatorKind::HardwareKey => "Security key",
                HostAuthenticatorKind::SoftwareKey => "Passkey",
            },
        )
    }
}

/// Without the credential: only the host knows what it holds.
impl fmt::Debug for NewHostAuthenticator<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, label, replacing, .. } = self;
        f.debug_struct("NewHostAuthenticator")
            .field("kind", kind)
            .field("label", label)
            .field("replacing", replacing)
            .finish_non_exhaustive()
    }
}

pub(super) fn label_or(text: &str, default: &str) -> String {
    let text = label(text.trim());
    // Blanks may be at the ends again, now that other characters were dropped.
    match text.trim() {
        "" => default.into(),
        text => text.into(),
    }
}
