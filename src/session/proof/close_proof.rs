use crate::session::{AccountId, AdministratorReset, Reauthenticated};

/// What permits closing an account: its owner [reauthenticated](Reauthenticated), or an administrator wants
/// it closed.
#[derive(Debug)]
#[must_use = "nothing is closed before this goes to `close_account`"]
#[non_exhaustive]
pub enum CloseProof {
    /// The owner.
    Owner(Reauthenticated),
    /// An administrator, or the host itself, for example when it deletes accounts that nobody uses.
    Administrator(AdministratorReset),
}

impl CloseProof {
    /// Whose account it is.
    pub fn account(&self) -> &AccountId {
        match self {
            Self::Owner(proof) => proof.account(),
            Self::Administrator(proof) => proof.account(),
        }
    }
}

impl From<Reauthenticated> for CloseProof {
    fn from(proof: Reauthenticated) -> Self {
        Self::Owner(proof)
    }
}

impl From<AdministratorReset> for CloseProof {
    fn from(proof: AdministratorReset) -> Self {
        Self::Administrator(proof)
    }
}
