use alloc::boxed::Box;
use core::fmt;

use super::{Clock, EntropyError, EntropySource, Error, EventSink, NoEvents};
use crate::enrollment::{KeyUri, RecoveryCodes};
use crate::session::rule::{self, Context, Decision, Entropy};
use crate::session::{
    Accepted, AccountId, AccountRecord, AdministratorReset, ChallengeToken, DeviceId, DeviceToken,
    EndAllSessions, EndOtherSessions, EnrollmentBegun, EnrollmentConfirmed, EnrollmentToken, Epoch,
    FactorStatus, FreshFactor, Import, Login, PasswordVerified, Policy, Reauthenticated, Remember, Seal,
    Session, SessionError,
};
use crate::store::{Expected, Store, Swap, Versioned};

/// The second factor of a service: a store, and the rules over it.
///
/// One for the whole service, shared between requests. Each call loads the account's record, decides, swaps
/// the next record in, and only then releases the outcome. If somebody else was quicker it decides again, a
/// bounded number of times.
///
/// Every call fails with an [`Error`] that says whose fault it is; in none was anybody let in. A call that is
/// dropped half-way, as with a request that is cancelled, has either happened or not; a code may be burnt.
///
/// [`BlockingVerifier`](super::BlockingVerifier) is the same without `async`.
///
/// ```
/// use second_factor::enrollment::KeyUriKind;
/// use second_factor::verifier::{Clock, OsEntropy};
/// use second_factor::{
///     AccountId, AuthMethod, KeyRing, Login, MemoryStore, PasswordVerified, Policy, Remember, SealingKey, Totp, TotpParams,
///     UnixTime, Verifier,
/// };
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # struct At(std::sync::atomic::AtomicU64);
/// # impl At { fn set(&self, secs: u64) { self.0.store(secs, std::sync::atomic::Ordering::SeqCst) } }
/// # impl Clock for At {
/// #     fn now(&self) -> UnixTime { UnixTime::from_secs(self.0.load(std::sync::atomic::Ordering::SeqCst)) }
/// # }
/// # let clock = std::sync::Arc::new(At(1_700_000_000.into()));
/// let keys = KeyRing::new(1, SealingKey::generate(&mut getrandom::SysRng)?);
/// let verifier =
///     Verifier::with_sources(MemoryStore::new(), Policy::new("Example")?, keys, clock.clone(), OsEntropy);
/// let alice = AccountId::new("user-7")?;
///
/// // The password was typed again; show the QR code of `begun.uri`, keep `begun.token` in the session.
/// let proof = PasswordVerified::by_host(alice.clone());
/// let begun = verifier.begin_enrollment(proof, "alice@example.com").await?;
/// let app = Totp::new(begun.uri.secret(), TotpParams::default()); // what the phone does
/// let code = app.generate(clock.now());
/// let confirmed = verifier.confirm_enrollment(&begun.token, code.expose()).await?;
/// assert_eq!(confirmed.recovery_codes.iter().count(), 10);
///
/// // From now on the password is not enough.
/// clock.set(1_700_000_030);
/// let proof = PasswordVerified::by_host(alice.clone());
/// let Login::CodeRequired(challenge) = verifier.password_verified(proof, None).await? else {
///     unreachable!("an authenticator is bound");
/// };
/// let code = app.generate(clock.now());
/// let accepted = verifier.present(&challenge, code.expose(), Remember::No).await?;
/// assert_eq!(accepted.authenticated.method(), AuthMethod::Code);
/// assert!(verifier.is_current(&alice, accepted.authenticated.epoch()).await?);
/// # Ok(())
/// # }
/// ```
pub struct Verifier<S> {
    store: S,
    policy: Policy,
    seal: Box<dyn Seal>,
    clock: Box<dyn Clock>,
    entropy: Box<dyn EntropySource>,
    events: Box<dyn EventSink>,
}

impl<S: Store> Verifier<S> {
    /// How often a call decides anew when others write to the same record, before it gives up with
    /// [`Error::Contention`].
    pub const MAX_ATTEMPTS: usize = 64;

    /// A verifier under the clock and the random numbers of the operating system.
    #[cfg(all(feature = "std", feature = "os-entropy"))]
    pub fn new(store: S, policy: Policy, seal: impl Seal + 'static) -> Self {
        Self::with_sources(store, policy, seal, super::SystemClock, super::OsEntropy)
    }

    /// A verifier under a clock and random numbers of the host's.
    pub fn with_sources(
        store: S,
        policy: Policy,
        seal: impl Seal + 'static,
        clock: impl Clock + 'static,
        entropy: impl EntropySource + 'static,
    ) -> Self {
        Self {
            store,
            policy,
            seal: Box::new(seal),
            clock: Box::new(clock),
            entropy: Box::new(entropy),
            events: Box::new(NoEvents),
        }
    }

    /// The same, its audit events handed to `sink`.
    #[must_use]
    pub fn with_events(mut self, sink: impl EventSink + 'static) -> Self {
        self.events = Box::new(sink);
        self
    }

    /// The rules.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The store.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// The password step: what does this account ask for on this device?
    ///
    /// `device_cookie` is the value of the cookie named [`DeviceToken::cookie_name`], if the browser sent
    /// one. Whatever it holds, at worst a code is asked for.
    ///
    /// # Errors
    ///
    /// [`Error::Store`], [`Error::Session`], [`Error::Contention`] or [`Error::Entropy`].
    pub async fn password_verified(
        &self,
        proof: PasswordVerified,
        device_cookie: Option<&str>,
    ) -> Result<Login, Error<S::Error>> {
        let device = device_cookie.and_then(|text| DeviceToken::parse(text).ok());
        self.drive(proof.account(), |record, context, entropy| {
            rule::password_verified(record, &proof, device.as_ref(), context, entropy)
        })
        .await
    }

    /// The second step: a code or a recovery code for the challenge.
    ///
    /// `typed` is what the claimant typed; its form tells which of the two it is. After a recovery code all
    /// remembered devices are forgotten, and this one is not remembered.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] where it is not accepted; otherwise as everywhere.
    pub async fn present(
        &self,
        challenge: &ChallengeToken,
        typed: &str,
        remember: Remember<'_>,
    ) -> Result<Accepted, Error<S::Error>> {
        let decided = self.drive(challenge.account(), |record, context, entropy| {
            rule::present(record, challenge, typed, remember, context, entropy)
        });
        Ok(decided.await??)
    }

    /// A fresh code or recovery code before something sensitive, on the form of the sensitive step itself.
    ///
    /// `typed` is what the claimant typed; its form tells which of the two it is. Its guesses come out of the
    /// same budget as a login's, and five wrong ones in a session are told by
    /// [`Refusal::ChallengeOver`](crate::Refusal::ChallengeOver).
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] where it is not accepted, the session is of an earlier epoch, or the account has no
    /// authenticator; otherwise as everywhere.
    pub async fn fresh_factor(&self, session: &Session, typed: &str) -> Result<FreshFactor, Error<S::Error>> {
        let decided = self.drive(session.account(), |record, context, entropy| {
            rule::fresh_factor(record, session, typed, context, entropy)
        });
        Ok(decided.await??)
    }

    /// What a change of credentials asks for: the password, just typed again, and a
    /// [fresh factor](Self::fresh_factor) beside it where an authenticator is bound. Where none is, `typed` is
    /// not looked at.
    ///
    /// It goes to [`begin_enrollment`](Self::begin_enrollment), or precedes a change of the password.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] where the code is not accepted or the session is of an earlier epoch,
    /// [`Error::Session`] for the password of another account; otherwise as everywhere.
    pub async fn reauthenticate(
        &self,
        session: &Session,
        password: PasswordVerified,
        typed: &str,
    ) -> Result<Reauthenticated, Error<S::Error>> {
        let decided = self.drive(session.account(), |record, context, entropy| {
            rule::reauthenticate(record, session, &password, typed, context, entropy)
        });
        Ok(decided.await??)
    }

    /// Begins an enrollment. The proof is the password that was just verified, or a [`FreshFactor`] where an
    /// authenticator is bound.
    ///
    /// `account_name` is what the app shows beside the issuer: the user name or e-mail address.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] where a fresh factor is needed, [`Error::Session`] for a name that no key URI can
    /// hold; otherwise as everywhere.
    pub async fn begin_enrollment(
        &self,
        proof: impl Into<Reauthenticated>,
        account_name: &str,
    ) -> Result<EnrollmentBegun, Error<S::Error>> {
        let proof = proof.into();
        let decided = self.drive(proof.account(), |record, context, entropy| {
            rule::begin_enrollment(record, &proof, account_name, context, entropy)
        });
        Ok(decided.await??)
    }

    /// The key URI of an unconfirmed enrollment again, for a page that is loaded anew.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] where the enrollment is over; otherwise as everywhere.
    pub async fn pending_enrollment(&self, token: &EnrollmentToken) -> Result<KeyUri, Error<S::Error>> {
        let decided = self.drive(token.account(), |record, context, entropy| {
            rule::pending_enrollment(record, token, context, entropy)
        });
        Ok(decided.await??)
    }

    /// Confirms an enrollment with a code from the new secret.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] where the code is not accepted or the enrollment is over; otherwise as everywhere.
    pub async fn confirm_enrollment(
        &self,
        token: &EnrollmentToken,
        code: &str,
    ) -> Result<EnrollmentConfirmed, Error<S::Error>> {
        let decided = self.drive(token.account(), |record, context, entropy| {
            rule::confirm_enrollment(record, token, code, context, entropy)
        });
        Ok(decided.await??)
    }

    /// Binds an authenticator that was confirmed in another system.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] where one is bound; otherwise as everywhere.
    pub async fn import(&self, import: Import) -> Result<EndOtherSessions, Error<S::Error>> {
        let decided = self.drive(import.account(), |record, context, entropy| {
            rule::import(record, &import, context, entropy)
        });
        Ok(decided.await??)
    }

    /// Switches two-factor authentication off.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] where the factor is no longer fresh; otherwise as everywhere.
    pub async fn disable(&self, fresh: FreshFactor) -> Result<EndOtherSessions, Error<S::Error>> {
        let decided = self.drive(fresh.account(), |record, context, entropy| {
            rule::disable(record, &fresh, context, entropy)
        });
        Ok(decided.await??)
    }

    /// Makes new recovery codes, to be shown once. The old ones are void.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] where the factor is no longer fresh; otherwise as everywhere.
    pub async fn regenerate_recovery_codes(
        &self,
        fresh: FreshFactor,
    ) -> Result<RecoveryCodes, Error<S::Error>> {
        let decided = self.drive(fresh.account(), |record, context, entropy| {
            rule::regenerate_recovery_codes(record, &fresh, context, entropy)
        });
        Ok(decided.await??)
    }

    /// To be called when the password was changed or reset: ends remembered devices, challenges and older
    /// sessions, and restores the guess budget.
    ///
    /// # Errors
    ///
    /// As everywhere; never refused.
    pub async fn password_changed(&self, account: &AccountId) -> Result<EndOtherSessions, Error<S::Error>> {
        self.drive(account, |record, context, entropy| {
            rule::password_changed(record, account, context, entropy)
        })
        .await
    }

    /// Removes the second factor on an administrator's word.
    ///
    /// # Errors
    ///
    /// As everywhere; never refused.
    pub async fn administrator_reset(
        &self,
        reset: AdministratorReset,
    ) -> Result<EndAllSessions, Error<S::Error>> {
        self.drive(reset.account(), |record, context, entropy| {
            rule::administrator_reset(record, &reset, context, entropy)
        })
        .await
    }

    /// Forgets one remembered device; whether it was there.
    ///
    /// # Errors
    ///
    /// As everywhere; never refused.
    pub async fn forget_device(
        &self,
        account: &AccountId,
        device: DeviceId,
    ) -> Result<bool, Error<S::Error>> {
        self.drive(account, |record, context, entropy| {
            rule::forget_device(record, account, device, context, entropy)
        })
        .await
    }

    /// Forgets all remembered devices; how many there were.
    ///
    /// # Errors
    ///
    /// As everywhere; never refused.
    pub async fn forget_all_devices(&self, account: &AccountId) -> Result<usize, Error<S::Error>> {
        self.drive(account, |record, context, entropy| {
            rule::forget_all_devices(record, account, context, entropy)
        })
        .await
    }

    /// The state of the account's second factor, for its owner to look at: on or off, recovery codes left,
    /// remembered devices.
    ///
    /// # Errors
    ///
    /// As everywhere; never refused.
    pub async fn status(&self, account: &AccountId) -> Result<FactorStatus, Error<S::Error>> {
        let (record, _) = self.load(account).await?;
        Ok(record.status(&self.context()))
    }

    /// Whether a session that was started in `epoch` is still one. To be asked with every request that the
    /// session authenticates.
    ///
    /// # Errors
    ///
    /// As everywhere; never refused.
    pub async fn is_current(&self, account: &AccountId, epoch: Epoch) -> Result<bool, Error<S::Error>> {
        let (record, _) = self.load(account).await?;
        Ok(record.is_current(epoch))
    }

    /// Load, decide, swap, release.
    async fn drive<T>(
        &self,
        account: &AccountId,
        decide: impl Fn(&AccountRecord, &Context<'_>, Entropy) -> Result<Decision<T>, SessionError>,
    ) -> Result<T, Error<S::Error>> {
        for _ in 0..Self::MAX_ATTEMPTS {
            let (record, expected) = self.load(account).await?;
            let decision = decide(&record, &self.context(), self.draw()?).map_err(Error::Session)?;
            if let Some(next) = &decision.next {
                match self.store.compare_and_swap(account, expected, next).await.map_err(Error::Store)? {
                    Swap::Stored(_) => {}
                    Swap::Conflict => continue,
                }
            }
            decision.events.iter().for_each(|event| self.events.record(event));
            return Ok(decision.outcome);
        }
        Err(Error::Contention)
    }

    async fn load(&self, account: &AccountId) -> Result<(AccountRecord, Expected), Error<S::Error>> {
        match self.store.load(account).await.map_err(Error::Store)? {
            Some(Versioned { value, .. }) if value.account() != account => {
                Err(Error::Session(SessionError::WrongAccount))
            }
            Some(Versioned { value, revision }) => Ok((value, Expected::At(revision))),
            None => Ok((AccountRecord::new(account.clone()), Expected::Absent)),
        }
    }

    fn draw(&self) -> Result<Entropy, EntropyError> {
        Entropy::draw(|to| self.entropy.fill(to))
    }

    fn context(&self) -> Context<'_> {
        Context { now: self.clock.now(), policy: &self.policy, seal: &*self.seal }
    }
}

impl<S> fmt::Debug for Verifier<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("policy", &self.policy).finish_non_exhaustive()
    }
}
