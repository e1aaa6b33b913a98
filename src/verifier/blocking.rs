use core::fmt;
use core::pin::pin;
use core::task::{Context, Poll, Waker};

use super::{ChangePasswordError, Clock, EntropySource, Error, EventSink, Verifier};
use crate::enrollment::{KeyUri, RecoveryCodes};
use crate::session::{
    Accepted, AccountId, AdministratorReset, AuthenticatorId, ChallengeToken, CloseProof, DeviceId,
    EndAllSessions, EndOtherSessions, EnrollmentBegun, EnrollmentConfirmed, EnrollmentProof, EnrollmentToken,
    FactorStatus, FreshFactor, Import, Keys, Login, NewAuthenticator, NewHostAuthenticator,
    OldRecoveryCodeTry, Origin, PasswordChangeProof, PasswordCheck, PasswordVerified, Policy, Presented,
    Reauthenticated, Remember, Requirement, Session,
};
use crate::store::{Blocking, BlockingStore};
use crate::time::UnixTime;

/// [`Verifier`] for hosts without an async runtime, over a [`BlockingStore`].
///
/// It is the same verifier: each call runs the asynchronous one, whose futures never have to wait here.
pub struct BlockingVerifier<S>(Verifier<Blocking<S>>);

impl<S: BlockingStore> BlockingVerifier<S> {
    /// A verifier that uses the clock and the random numbers of the operating system.
    #[cfg(all(feature = "std", feature = "os-entropy"))]
    pub fn new(store: S, policy: Policy, keys: impl Into<Keys>) -> Self {
        Self(Verifier::new(Blocking(store), policy, keys))
    }

    /// A verifier that uses the host's own clock and random numbers.
    pub fn with_sources(
        store: S,
        policy: Policy,
        keys: impl Into<Keys>,
        clock: impl Clock + 'static,
        entropy: impl EntropySource + 'static,
    ) -> Self {
        Self(Verifier::with_sources(Blocking(store), policy, keys, clock, entropy))
    }

    /// The same verifier, which passes its audit events to `sink`.
    #[must_use]
    pub fn with_events(self, sink: impl EventSink + 'static) -> Self {
        Self(self.0.with_events(sink))
    }

    /// See [`Verifier::on_behalf_of`].
    #[must_use]
    pub fn on_behalf_of(&self, origin: Origin) -> Self {
        Self(self.0.on_behalf_of(origin))
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        self.0.policy()
    }

    /// The store.
    pub fn store(&self) -> &S {
        &self.0.store().0
    }

    /// See [`Verifier::now`].
    pub fn now(&self) -> UnixTime {
        self.0.now()
    }

    /// See [`Verifier::check_password`].
    pub fn check_password(&self, account: &AccountId) -> PasswordCheck {
        finished(self.0.check_password(account))
    }

    /// See [`Verifier::password_verified`].
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

    /// See [`Verifier::present`].
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

    /// See [`Verifier::try_old_recovery_code`].
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

    /// See [`Verifier::fresh_factor`].
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

    /// See [`Verifier::reauthenticate`].
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

    /// See [`Verifier::begin_enrollment`].
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

    /// See [`Verifier::pending_enrollment`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn pending_enrollment(&self, token: &EnrollmentToken) -> Result<KeyUri, Error<S::Error>> {
        finished(self.0.pending_enrollment(token))
    }

    /// See [`Verifier::confirm_enrollment`].
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

    /// See [`Verifier::bind_host_authenticator`].
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

    /// See [`Verifier::import`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn import(&self, import: Import) -> Result<Option<EndAllSessions>, Error<S::Error>> {
        finished(self.0.import(import))
    }

    /// See [`Verifier::disable`].
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

    /// See [`Verifier::remove_authenticator`].
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

    /// See [`Verifier::rename_authenticator`].
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

    /// See [`Verifier::regenerate_recovery_codes`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn regenerate_recovery_codes(&self, fresh: FreshFactor) -> Result<RecoveryCodes, Error<S::Error>> {
        finished(self.0.regenerate_recovery_codes(fresh))
    }

    /// See [`Verifier::change_password`].
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

    /// See [`Verifier::end_all_sessions`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn end_all_sessions(&self, session: &Session) -> Result<EndAllSessions, Error<S::Error>> {
        finished(self.0.end_all_sessions(session))
    }

    /// See [`Verifier::close_account`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn close_account(&self, proof: impl Into<CloseProof>) -> Result<EndAllSessions, Error<S::Error>> {
        finished(self.0.close_account(proof))
    }

    /// See [`Verifier::administrator_reset`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn administrator_reset(&self, reset: AdministratorReset) -> Result<EndAllSessions, Error<S::Error>> {
        finished(self.0.administrator_reset(reset))
    }

    /// See [`Verifier::forget_device`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn forget_device(&self, account: &AccountId, device: DeviceId) -> Result<bool, Error<S::Error>> {
        finished(self.0.forget_device(account, device))
    }

    /// See [`Verifier::forget_all_devices`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn forget_all_devices(&self, account: &AccountId) -> Result<usize, Error<S::Error>> {
        finished(self.0.forget_all_devices(account))
    }

    /// See [`Verifier::reseal`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn reseal(&self, account: &AccountId) -> Result<bool, Error<S::Error>> {
        finished(self.0.reseal(account))
    }

    /// See [`Verifier::end_what_a_backup_revived`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn end_what_a_backup_revived(&self, account: &AccountId) -> Result<EndAllSessions, Error<S::Error>> {
        finished(self.0.end_what_a_backup_revived(account))
    }

    /// See [`Verifier::status`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn status(&self, account: &AccountId) -> Result<FactorStatus, Error<S::Error>> {
        finished(self.0.status(account))
    }

    /// See [`Verifier::is_current`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn is_current(&self, session: &Session) -> Result<bool, Error<S::Error>> {
        finished(self.0.is_current(session))
    }
}

impl<S> Clone for BlockingVerifier<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S> fmt::Debug for BlockingVerifier<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BlockingVerifier").field(&self.0).finish()
    }
}

/// The output of a future that never has to wait: every store behind it is a [`Blocking`] one.
fn finished<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}
