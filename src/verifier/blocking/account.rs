use super::{BlockingVerifier, finished};
use crate::enrollment::{KeyUri, RecoveryCodes};
use crate::session::{
    AccountId, AdministratorReset, AuthenticatorId, CloseProof, DeviceId, EndAllSessions, EndOtherSessions,
    EnrollmentBegun, EnrollmentConfirmed, EnrollmentProof, EnrollmentToken, FactorStatus, FreshFactor,
    Import, NewAuthenticator, NewHostAuthenticator, PasswordChangeProof, Requirement, Session,
};
use crate::store::BlockingStore;
use crate::verifier::{ChangePasswordError, Error};

/// What an account's page offers.
impl<S: BlockingStore> BlockingVerifier<S> {
    /// See [`Verifier::begin_enrollment`](crate::Verifier::begin_enrollment).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn begin_enrollment<'a>(
        &self,
        proof: impl Into<EnrollmentProof>,
        new: impl Into<NewAuthenticator<'a>>,
    ) -> Result<EnrollmentBegun, Error<S::Error>> {
        finished(self.0.begin_enrollment(proof, new))
    }

    /// See [`Verifier::pending_enrollment`](crate::Verifier::pending_enrollment).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn pending_enrollment(&self, token: &EnrollmentToken) -> Result<KeyUri, Error<S::Error>> {
        finished(self.0.pending_enrollment(token))
    }

    /// See [`Verifier::confirm_enrollment`](crate::Verifier::confirm_enrollment).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn confirm_enrollment(
        &self,
        token: &EnrollmentToken,
        code: &str,
    ) -> Result<EnrollmentConfirmed, Error<S::Error>> {
        finished(self.0.confirm_enrollment(token, code))
    }

    /// See [`Verifier::bind_host_authenticator`](crate::Verifier::bind_host_authenticator).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn bind_host_authenticator(
        &self,
        proof: impl Into<EnrollmentProof>,
        new: NewHostAuthenticator<'_>,
    ) -> Result<EnrollmentConfirmed, Error<S::Error>> {
        finished(self.0.bind_host_authenticator(proof, new))
    }

    /// See [`Verifier::import`](crate::Verifier::import).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn import(&self, import: Import) -> Result<Option<EndAllSessions>, Error<S::Error>> {
        finished(self.0.import(import))
    }

    /// See [`Verifier::disable`](crate::Verifier::disable).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn disable(
        &self,
        fresh: FreshFactor,
        requirement: Requirement,
    ) -> Result<EndOtherSessions, Error<S::Error>> {
        finished(self.0.disable(fresh, requirement))
    }

    /// See [`Verifier::remove_authenticator`](crate::Verifier::remove_authenticator).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn remove_authenticator(
        &self,
        fresh: FreshFactor,
        authenticator: AuthenticatorId,
        requirement: Requirement,
    ) -> Result<EndOtherSessions, Error<S::Error>> {
        finished(self.0.remove_authenticator(fresh, authenticator, requirement))
    }

    /// See [`Verifier::rename_authenticator`](crate::Verifier::rename_authenticator).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn rename_authenticator(
        &self,
        fresh: FreshFactor,
        authenticator: AuthenticatorId,
        label: &str,
    ) -> Result<(), Error<S::Error>> {
        finished(self.0.rename_authenticator(fresh, authenticator, label))
    }

    /// See [`Verifier::regenerate_recovery_codes`](crate::Verifier::regenerate_recovery_codes).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn regenerate_recovery_codes(&self, fresh: FreshFactor) -> Result<RecoveryCodes, Error<S::Error>> {
        finished(self.0.regenerate_recovery_codes(fresh))
    }

    /// See [`Verifier::change_password`](crate::Verifier::change_password).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn change_password<W>(
        &self,
        proof: impl Into<PasswordChangeProof>,
        write: impl FnOnce() -> Result<(), W>,
    ) -> Result<EndOtherSessions, ChangePasswordError<S::Error, W>> {
        finished(self.0.change_password(proof, async || write()))
    }

    /// See [`Verifier::end_all_sessions`](crate::Verifier::end_all_sessions).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn end_all_sessions(&self, session: &Session) -> Result<EndAllSessions, Error<S::Error>> {
        finished(self.0.end_all_sessions(session))
    }

    /// See [`Verifier::close_account`](crate::Verifier::close_account).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn close_account(&self, proof: impl Into<CloseProof>) -> Result<EndAllSessions, Error<S::Error>> {
        finished(self.0.close_account(proof))
    }

    /// See [`Verifier::administrator_reset`](crate::Verifier::administrator_reset).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn administrator_reset(&self, reset: AdministratorReset) -> Result<EndAllSessions, Error<S::Error>> {
        finished(self.0.administrator_reset(reset))
    }

    /// See [`Verifier::forget_device`](crate::Verifier::forget_device).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn forget_device(&self, account: &AccountId, device: DeviceId) -> Result<bool, Error<S::Error>> {
        finished(self.0.forget_device(account, device))
    }

    /// See [`Verifier::forget_all_devices`](crate::Verifier::forget_all_devices).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn forget_all_devices(&self, account: &AccountId) -> Result<usize, Error<S::Error>> {
        finished(self.0.forget_all_devices(account))
    }

    /// See [`Verifier::status`](crate::Verifier::status).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn status(&self, account: &AccountId) -> Result<FactorStatus, Error<S::Error>> {
        finished(self.0.status(account))
    }
}
