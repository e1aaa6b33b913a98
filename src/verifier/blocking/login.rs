use super::{BlockingVerifier, finished};
use crate::session::{
    Accepted, AccountId, ChallengeToken, FreshFactor, Login, OldRecoveryCodeTry, PasswordCheck,
    PasswordVerified, Presented, Reauthenticated, Remember, Session,
};
use crate::store::BlockingStore;
use crate::verifier::Error;

/// Logging in, and stepping up in a session.
impl<S: BlockingStore> BlockingVerifier<S> {
    /// See [`Verifier::check_password`](crate::Verifier::check_password).
    pub fn check_password(&self, account: &AccountId) -> PasswordCheck {
        finished(self.0.check_password(account))
    }

    /// See [`Verifier::password_verified`](crate::Verifier::password_verified).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn password_verified(
        &self,
        proof: PasswordVerified,
        device_cookie: Option<&str>,
    ) -> Result<Login, Error<S::Error>> {
        finished(self.0.password_verified(proof, device_cookie))
    }

    /// See [`Verifier::present`](crate::Verifier::present).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn present<'a>(
        &self,
        challenge: &ChallengeToken,
        presented: impl Into<Presented<'a>>,
        remember: Remember<'_>,
    ) -> Result<Accepted, Error<S::Error>> {
        finished(self.0.present(challenge, presented, remember))
    }

    /// See [`Verifier::try_old_recovery_code`](crate::Verifier::try_old_recovery_code).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn try_old_recovery_code(
        &self,
        challenge: &ChallengeToken,
    ) -> Result<OldRecoveryCodeTry, Error<S::Error>> {
        finished(self.0.try_old_recovery_code(challenge))
    }

    /// See [`Verifier::fresh_factor`](crate::Verifier::fresh_factor).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn fresh_factor<'a>(
        &self,
        session: &Session,
        presented: impl Into<Presented<'a>>,
    ) -> Result<FreshFactor, Error<S::Error>> {
        finished(self.0.fresh_factor(session, presented))
    }

    /// See [`Verifier::reauthenticate`](crate::Verifier::reauthenticate).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn reauthenticate<'a>(
        &self,
        session: &Session,
        password: PasswordVerified,
        presented: impl Into<Presented<'a>>,
    ) -> Result<Reauthenticated, Error<S::Error>> {
        finished(self.0.reauthenticate(session, password, presented))
    }

    /// See [`Verifier::is_current`](crate::Verifier::is_current).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn is_current(&self, session: &Session) -> Result<bool, Error<S::Error>> {
        finished(self.0.is_current(session))
    }
}
