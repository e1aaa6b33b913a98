use crate::session::{AccountId, PasswordCheck};

/// The host's word that whoever asks for a new password showed that they control the account's mailbox, or
/// passed another check that the host requires for a reset.
///
/// It permits a change of the password and nothing else: it logs nobody in, changes no factor and gives no
/// guesses back. It is made from a check that began before the host verified the reset, so that a change in
/// between makes it void.
#[derive(Debug)]
#[must_use = "nothing is reset before this goes to `change_password`"]
pub struct PasswordReset {
    pub(super) check: PasswordCheck,
}

impl PasswordReset {
    /// The host verified a reset of this account's password after the check began.
    pub fn by_host(check: PasswordCheck) -> Self {
        Self { check }
    }

    /// Whose password is reset.
    pub fn account(&self) -> &AccountId {
        self.check.account()
    }
}
