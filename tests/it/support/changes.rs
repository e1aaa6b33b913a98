//! Password changes, as a host makes them.

use core::convert::Infallible;

use second_factor::session::EndOtherSessions;
use second_factor::verifier::ChangePasswordError;
use second_factor::{BlockingStore, PasswordReset, Refusal, Session};

use super::{World, refusal};

impl<S: BlockingStore> World<S>
where
    S::Error: core::fmt::Debug,
{
    /// A reset: the owner followed the link in a mail and typed a new password.
    pub fn reset_password(&self) -> EndOtherSessions {
        let reset = PasswordReset::by_host(self.verifier.check_password(&self.account));
        self.verifier.change_password(reset, || Ok::<(), Infallible>(())).unwrap()
    }

    /// A change in a session: the owner typed the old password and this proof.
    pub fn change_password(&self, session: &Session, typed: &str) -> Result<EndOtherSessions, Refusal> {
        let proof = refusal(self.verifier.reauthenticate(session, self.password(), typed))?;
        match self.verifier.change_password(proof, || Ok::<(), Infallible>(())) {
            Err(ChangePasswordError::NotStarted(error)) => refusal(Err(error)),
            changed => Ok(changed.unwrap()),
        }
    }
}
