use crate::enrollment::RecoveryCodeDigest;
use crate::enrollment::digest::{HalfDigest, sha256};
use crate::session::AccountId;

/// One try of a recovery code of an old system. The try is charged already. The host compares what was typed
/// with its old hashes. If one matches, the host says [which it was](Self::was); otherwise it drops this
/// value.
#[derive(Debug)]
#[must_use = "compare what was typed with the hashes of the old system"]
pub struct OldRecoveryCodeTry {
    account: AccountId,
    challenge: [u8; 16],
}

impl OldRecoveryCodeTry {
    pub(crate) fn new(account: AccountId, challenge: [u8; 16]) -> Self {
        Self { account, challenge }
    }

    /// Whose codes to compare.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// What was typed matches the hash with this name. The name is one of those that were passed at the
    /// import.
    pub fn was(self, name: &str) -> OldRecoveryCodeVerified {
        let Self { account, challenge } = self;
        let code = old_recovery_code(&account, name);
        OldRecoveryCodeVerified { account, challenge, code }
    }
}

/// The host's word that a recovery code of an old system was typed, to be
/// [presented](crate::Verifier::present) in the challenge in which it was tried. It can be used once.
#[derive(Debug)]
#[must_use = "a verified recovery code counts for nothing before it is presented"]
pub struct OldRecoveryCodeVerified {
    account: AccountId,
    pub(crate) challenge: [u8; 16],
    pub(crate) code: RecoveryCodeDigest,
}

impl OldRecoveryCodeVerified {
    /// Whose code it was.
    pub fn account(&self) -> &AccountId {
        &self.account
    }
}

/// The digest that is stored for the name of such a code.
pub(crate) fn old_recovery_code(account: &AccountId, name: &str) -> RecoveryCodeDigest {
    let parts: [&[u8]; 3] = [b"second-factor/old-recovery-code/v1", account.as_bytes(), name.as_bytes()];
    RecoveryCodeDigest(HalfDigest::of(&sha256(&parts)))
}
