use super::password_check::Read;
use crate::session::{AccountId, AccountRecord, PasswordCheck};
use crate::time::UnixTime;

/// The host's word that this account's password was just typed and was right.
///
/// It is the one thing that this library takes on trust. Make it right where the password hash was compared, and
/// nowhere else. Another first factor (a reset link, a single sign-on) takes the same way: whatever let the claimant
/// in, the code is asked for.
///
/// Good for five minutes, once, and only while the account's credentials are what they were when the check began. It
/// cannot be copied or stored:
///
/// ```compile_fail,E0599
/// fn twice(proof: second_factor::PasswordVerified) {
///     let _ = proof.clone();
/// }
/// ```
#[derive(Debug)]
#[must_use = "a verified password is the first half of a login; hand it to the verifier"]
pub struct PasswordVerified(PasswordCheck);

impl PasswordVerified {
    /// The host compared the hash that it read after this check began, and the password was right.
    pub fn by_host(check: PasswordCheck) -> Self {
        Self(check)
    }

    /// Whose password it was.
    pub fn account(&self) -> &AccountId {
        self.0.account()
    }

    /// When the check began.
    pub(crate) fn at(&self) -> UnixTime {
        self.0.at()
    }

    /// What was read when the check began, the first time that it is asked for.
    pub(crate) fn take_read(&mut self) -> Option<Read> {
        self.0.take_read()
    }

    /// Whether it may have been the password that a change has replaced since.
    pub(crate) fn began_during_change(&self) -> bool {
        self.0.began_during_change()
    }

    /// Whether it is young enough, and the account's credentials are still the same.
    pub(crate) fn is_current(&self, record: &AccountRecord, now: UnixTime) -> bool {
        self.0.is_current(record, now)
    }
}
