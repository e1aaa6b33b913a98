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
    /// The link of a reset mail was followed, and a new password typed.
    pub fn reset_password(&self) -> EndOtherSessions {
        let reset = PasswordReset::by_host(self.verifier.check_password(&self.account));
        self.verifier.change_password(reset, || Ok::<(), Infallible>(())).unwrap()
    }

    /// The form for a new password, with the old one and this beside it.
    pub fn change_password(&self, session: &Session, typed: &str) -> Result<EndOtherSessions, Refusal> {
        let proof = refusal(self.verifier.reauthenticate(session, self.password(), typed))?;
        match self.verifier.change_password(proof, || Ok::<(), Infallible>(())) {
            Err(ChangePasswordError::NotStarted(error)) => refusal(Err(error)),
            changed => Ok(changed.unwrap()),
        }
    }
}
