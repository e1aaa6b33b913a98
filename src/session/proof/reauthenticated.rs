use crate::session::{AccountId, FreshFactor, PasswordVerified};

/// What the owner of an account shows before its credentials change (SP 800-63B §4.1.2.1, ASVS 7.5.1): a
/// [`FreshFactor`] where an authenticator is bound, the password just typed where none is.
#[derive(Debug)]
#[must_use = "the step that it was asked for has not been taken yet"]
pub enum Reauthenticated {
    /// Enough for the first authenticator, refused where there is one.
    Password(PasswordVerified),
    /// Needed to replace one.
    FreshFactor(FreshFactor),
}

impl Reauthenticated {
    /// Whose account it is.
    pub fn account(&self) -> &AccountId {
        match self {
            Self::Password(proof) => proof.account(),
            Self::FreshFactor(proof) => proof.account(),
        }
    }
}

impl From<PasswordVerified> for Reauthenticated {
    fn from(proof: PasswordVerified) -> Self {
        Self::Password(proof)
    }
}

impl From<FreshFactor> for Reauthenticated {
    fn from(proof: FreshFactor) -> Self {
        Self::FreshFactor(proof)
    }
}
