use core::fmt;
use core::pin::pin;
use core::task::{Context, Poll, Waker};

use super::{Clock, EntropySource, Error, EventSink, Verifier};
use crate::enrollment::{KeyUri, RecoveryCodes};
use crate::session::{
    Accepted, AccountId, AdministratorReset, ChallengeToken, DeviceId, EndAllSessions, EndOtherSessions,
    EnrollmentBegun, EnrollmentConfirmed, EnrollmentToken, Epoch, FactorStatus, FreshFactor, Import, Login,
    PasswordVerified, Policy, Reauthenticated, Remember, Seal, Session,
};
use crate::store::{Blocking, BlockingStore};

/// [`Verifier`] for hosts without an async runtime, over a [`BlockingStore`].
///
/// It is the same verifier: each call runs the asynchronous one, whose futures never have to wait here.
pub struct BlockingVerifier<S>(Verifier<Blocking<S>>);

impl<S: BlockingStore> BlockingVerifier<S> {
    /// A verifier under the clock and the random numbers of the operating system.
    #[cfg(all(feature = "std", feature = "os-entropy"))]
    pub fn new(store: S, policy: Policy, seal: impl Seal + 'static) -> Self {
        Self(Verifier::new(Blocking(store), policy, seal))
    }

    /// A verifier under a clock and random numbers of the host's.
    pub fn with_sources(
        store: S,
        policy: Policy,
        seal: impl Seal + 'static,
        clock: impl Clock + 'static,
        entropy: impl EntropySource + 'static,
    ) -> Self {
        Self(Verifier::with_sources(Blocking(store), policy, seal, clock, entropy))
    }

    /// The same, its audit events handed to `sink`.
    #[must_use]
    pub fn with_events(self, sink: impl EventSink + 'static) -> Self {
        Self(self.0.with_events(sink))
    }

    /// The rules.
    pub fn policy(&self) -> &Policy {
        self.0.policy()
    }

    /// The store.
    pub fn store(&self) -> &S {
        &self.0.store().0
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
    pub fn present(
        &self,
        challenge: &ChallengeToken,
        typed: &str,
        remember: Remember<'_>,
    ) -> Result<Accepted, Error<S::Error>> {
        finished(self.0.present(challenge, typed, remember))
    }

    /// See [`Verifier::fresh_factor`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn fresh_factor(&self, session: &Session, typed: &str) -> Result<FreshFactor, Error<S::Error>> {
        finished(self.0.fresh_factor(session, typed))
    }

    /// See [`Verifier::reauthenticate`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn reauthenticate(
        &self,
        session: &Session,
        password: PasswordVerified,
        typed: &str,
    ) -> Result<Reauthenticated, Error<S::Error>> {
        finished(self.0.reauthenticate(session, password, typed))
    }

    /// See [`Verifier::begin_enrollment`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn begin_enrollment(
        &self,
        proof: impl Into<Reauthenticated>,
        account_name: &str,
    ) -> Result<EnrollmentBegun, Error<S::Error>> {
        finished(self.0.begin_enrollment(proof, account_name))
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

    /// See [`Verifier::import`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn import(&self, import: Import) -> Result<EndOtherSessions, Error<S::Error>> {
        finished(self.0.import(import))
    }

    /// See [`Verifier::disable`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn disable(&self, fresh: FreshFactor) -> Result<EndOtherSessions, Error<S::Error>> {
        finished(self.0.disable(fresh))
    }

    /// See [`Verifier::regenerate_recovery_codes`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn regenerate_recovery_codes(&self, fresh: FreshFactor) -> Result<RecoveryCodes, Error<S::Error>> {
        finished(self.0.regenerate_recovery_codes(fresh))
    }

    /// See [`Verifier::password_changed`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn password_changed(&self, account: &AccountId) -> Result<EndOtherSessions, Error<S::Error>> {
        finished(self.0.password_changed(account))
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
    pub fn is_current(&self, account: &AccountId, epoch: Epoch) -> Result<bool, Error<S::Error>> {
        finished(self.0.is_current(account, epoch))
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
