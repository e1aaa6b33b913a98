use crate::session::AccountId;

/// The host's word that this account's password was just typed and was right.
///
/// It is the one thing that this library takes on trust, so search for `by_host` when you review a host. Make
/// it right where the password hash was compared, and nowhere else. Another first factor (a reset link, a
/// single sign-on) takes the same way: whatever let the claimant in, the code is asked for.
#[derive(Debug)]
#[must_use = "a verified password is the first half of a login; hand it to the verifier"]
pub struct PasswordVerified {
    account: AccountId,
}

impl PasswordVerified {
    /// The host verified the password of `account` in this request.
    pub fn by_host(account: AccountId) -> Self {
        Self { account }
    }

    /// Whose password it was.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// The same word in a decision's outcome.
    pub(crate) fn repeated(&self) -> Self {
        Self { account: self.account.clone() }
    }
}
