use crate::session::AccountId;

/// The host's word that an authenticated administrator wants this account's second factor removed.
#[derive(Debug)]
#[must_use = "nothing is reset before this goes to the verifier"]
pub struct AdministratorReset {
    account: AccountId,
}

impl AdministratorReset {
    /// The host authenticated `administrator`, who is allowed to reset `account`. The account's owner was
    /// identified with the same level of identity proofing as at registration (ASVS 6.4.4).
    ///
    /// # Errors
    ///
    /// [`AdministratorOfOneself`] if the two are the same: administrators need a fresh code for their own
    /// account, as everybody does.
    pub fn by_host(account: AccountId, administrator: &AccountId) -> Result<Self, AdministratorOfOneself> {
        if account == *administrator { Err(AdministratorOfOneself) } else { Ok(Self { account }) }
    }

    /// Whose second factor is to be removed.
    pub fn account(&self) -> &AccountId {
        &self.account
    }
}

/// An administrator asked to reset their own second factor. They step up instead, as everybody does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("administrators cannot reset their own second factor; they step up, as everybody does")]
pub struct AdministratorOfOneself;
