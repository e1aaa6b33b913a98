use alloc::boxed::Box;
use core::fmt;

use super::{ChangePasswordError, Clock, EntropyError, EntropySource, Error, EventSink, NoEvents};
use crate::enrollment::{KeyUri, RecoveryCodes};
use crate::session::proof::{ReadError, Snapshot};
use crate::session::rule::{self, AfterPassword, Context, Decision, Entropy, Hash};
use crate::session::{
    Accepted, AccountId, AccountRecord, AdministratorReset, ChallengeToken, CloseProof, DeviceId,
    DeviceToken, EndAllSessions, EndOtherSessions, EnrollmentBegun, EnrollmentConfirmed, EnrollmentProof,
    EnrollmentToken, FactorStatus, FreshFactor, Import, Keys, Login, PasswordChangeProof, PasswordCheck,
    PasswordVerified, Policy, Reauthenticated, Remember, Session, SessionError,
};
use crate::store::{Change, Expected, Revision, Store, Swap, Versioned};

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
/// let check = verifier.check_password(&alice).await;
/// let proof = PasswordVerified::by_host(check); // after the host compared the hash
/// let begun = verifier.begin_enrollment(proof, "alice@example.com").await?;
/// let app = Totp::new(begun.uri.secret(), TotpParams::default()); // what the phone does
/// let code = app.generate(clock.now());
/// let confirmed = verifier.confirm_enrollment(&begun.token, code.expose()).await?;
/// let (recovery_codes, _) = confirmed.into_parts();
/// assert_eq!(recovery_codes.iter().count(), 10);
///
/// // From now on the password is not enough.
/// clock.set(1_700_000_030);
/// let check = verifier.check_password(&alice).await;
/// let proof = PasswordVerified::by_host(check);
/// let Login::CodeRequired(challenge) = verifier.password_verified(proof, None).await? else {
///     unreachable!("an authenticator is bound");
/// };
/// let code = app.generate(clock.now());
/// let accepted = verifier.present(&challenge, code.expose(), Remember::No).await?;
/// assert_eq!(accepted.authenticated.method(), AuthMethod::Code);
/// assert!(verifier.is_current(&accepted.authenticated.into_session()).await?);
/// # Ok(())
/// # }
/// ```
pub struct Verifier<S> {
    store: S,
    policy: Policy,
    keys: Keys,
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
    pub fn new(store: S, policy: Policy, keys: impl Into<Keys>) -> Self {
        Self::with_sources(store, policy, keys, super::SystemClock, super::OsEntropy)
    }

    /// A verifier under a clock and random numbers of the host's.
    pub fn with_sources(
        store: S,
        policy: Policy,
        keys: impl Into<Keys>,
        clock: impl Clock + 'static,
        entropy: impl EntropySource + 'static,
    ) -> Self {
        Self {
            store,
            policy,
            keys: keys.into(),
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

    /// Reads the account before the host reads its password hash. Never fails: what went wrong is told by
    /// [`password_verified`](Self::password_verified), to whom the password belongs and to nobody else.
    ///
    /// For a name that does not exist, call it with an id that nobody has, so that both take the same work.
    pub async fn check_password(&self, account: &AccountId) -> PasswordCheck {
        let now = self.clock.now();
        let read = match self.store.load(account).await {
            Err(error) => Err(ReadError::Failed(Box::new(error))),
            Ok(Some(row)) if row.value.account() != account => Err(ReadError::WrongAccount),
            Ok(Some(Versioned { value, revision })) => {
                Ok(Snapshot { record: value, revision: Some(revision.get()) })
            }
            Ok(None) => Ok(Snapshot { record: AccountRecord::new(account.clone()), revision: None }),
        };
        PasswordCheck::new(account.clone(), now, read)
    }

    /// The password step: what does this account ask for on this device?
    ///
    /// `device_cookie` is the value of the cookie named [`DeviceToken::cookie_name`], if the browser sent
    /// one. Whatever it holds, at worst a code is asked for.
    ///
    /// It works on what [`check_password`](Self::check_password) read, and writes nothing unless a remembered device
    /// answers, or an interrupted password change is ended.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] with [`ChallengeOver`](crate::Refusal::ChallengeOver) where the proof is older than five
    /// minutes or the account has changed since, and with [`Retry`](crate::Refusal::Retry) while its password is being
    /// changed; [`Error::Store`], [`Error::Session`], [`Error::Contention`] or [`Error::Entropy`].
    pub async fn password_verified(
        &self,
        mut proof: PasswordVerified,
        device_cookie: Option<&str>,
    ) -> Result<Login, Error<S::Error>> {
        let device = device_cookie.and_then(|text| DeviceToken::parse(text).ok());
        let read = match proof.take_read() {
            None => None,
            Some(Ok(Snapshot { record, revision })) => {
                let expected =
                    revision.map_or(Expected::Absent, |number| Expected::At(Revision::new(number)));
                Some((record, expected))
            }
            Some(Err(ReadError::WrongAccount)) => return Err(Error::Session(SessionError::WrongAccount)),
            Some(Err(ReadError::Failed(error))) => {
                return Err(match error.downcast() {
                    Ok(error) => Error::Store(*error),
                    Err(_) => Error::Session(SessionError::ForeignProof),
                });
            }
        };
        let decided = self.drive_from(read, proof.account(), |record, context, entropy| {
            rule::password_verified(record, &proof, device.as_ref(), context, entropy)
        });
        Ok(match decided.await?? {
            AfterPassword::Complete(accepted) => Login::Complete(accepted),
            AfterPassword::CodeRequired(challenge) => Login::CodeRequired(challenge),
            AfterPassword::EnrollmentRequired => Login::EnrollmentRequired(proof),
        })
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
    /// `typed` is what the claimant typed; its form tells which of the two it is. A wrong one is charged to the
    /// account's guess budget, and nothing refunds it.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] where it is not accepted, the session is over, or the account has no authenticator; with
    /// [`AlreadyDone`](crate::Refusal::AlreadyDone) for the same form sent twice within a minute. Otherwise as
    /// everywhere.
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
    /// Who logged in with a recovery code within the last hour has lost the authenticator: with nothing `typed`, the
    /// password is enough to enroll a new one, and for nothing else.
    ///
    /// # Errors
    ///
    /// As [`fresh_factor`](Self::fresh_factor); [`Error::Session`] for the password of another account.
    pub async fn reauthenticate(
        &self,
        session: &Session,
        password: PasswordVerified,
        typed: &str,
    ) -> Result<Reauthenticated, Error<S::Error>> {
        let decided = self.drive(session.account(), |record, context, entropy| {
            rule::reauthenticate(record, session, &password, typed, context, entropy)
        });
        let beside = decided.await??;
        Ok(Reauthenticated { password, session: session.id(), beside })
    }

    /// Begins an enrollment. The proof is a [`Reauthenticated`] or a [`FreshFactor`], or the password that was just
    /// verified where no authenticator is bound.
    ///
    /// Nothing is stored: the token holds the enrollment until it is confirmed.
    ///
    /// `account_name` is what the app shows beside the issuer: the user name or e-mail address.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] where a fresh factor is needed, [`Error::Session`] for a name that no key URI can
    /// hold; otherwise as everywhere.
    pub async fn begin_enrollment(
        &self,
        proof: impl Into<EnrollmentProof>,
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

    /// Changes the password. `write` stores the host's new hash, made beforehand, in place of the old one and of no
    /// other; it is called once, after every session, device and challenge of the account has ended.
    ///
    /// The session that made the change goes on: hand the result to its
    /// [`continue_after`](Session::continue_after). After a [`PasswordReset`](crate::PasswordReset) none does.
    ///
    /// While it runs, logins are answered [`Retry`](crate::Refusal::Retry). If it is interrupted (a crash, a request
    /// that is cancelled), they are for a minute at most, and whichever password is in force then is the one to log in
    /// with. The host bounds its write at 30 seconds: a write that takes effect more than a minute after it began,
    /// which this library cannot see, would have nobody wait for it.
    ///
    /// # Errors
    ///
    /// [`ChangePasswordError`] says how far it came.
    pub async fn change_password<F, W>(
        &self,
        proof: impl Into<PasswordChangeProof>,
        write: impl FnOnce() -> F,
    ) -> Result<EndOtherSessions, ChangePasswordError<S::Error, W>>
    where
        F: Future<Output = Result<(), W>>,
    {
        let proof = proof.into();
        let begun = self.drive(proof.account(), |record, context, entropy| {
            rule::begin_password_change(record, &proof, context, entropy)
        });
        let change = begun
            .await
            .and_then(|begun| begun.map_err(Error::Refused))
            .map_err(ChangePasswordError::NotStarted)?;
        let written = write().await;
        let hash = if written.is_ok() { Hash::Written } else { Hash::NotWritten };
        let finished = self.drive(change.account(), |record, context, entropy| {
            rule::finish_password_change(record, &change, hash, context, entropy)
        });
        let finished = finished.await;
        written.map_err(ChangePasswordError::NotWritten)?;
        match finished {
            Ok(Some(others)) => Ok(others),
            Ok(None) => Err(ChangePasswordError::Unfinished(None)),
            Err(error) => Err(ChangePasswordError::Unfinished(Some(error))),
        }
    }

    /// Ends all sessions of the account, this one included, and forgets all remembered devices: "log out everywhere".
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] where the session is over; otherwise as everywhere.
    pub async fn end_all_sessions(&self, session: &Session) -> Result<EndAllSessions, Error<S::Error>> {
        let decided = self.drive(session.account(), |record, context, entropy| {
            rule::end_all_sessions(record, session, context, entropy)
        });
        Ok(decided.await??)
    }

    /// Closes the account. What stays in its row is a small record by which sessions and proofs from before are known
    /// to be over, should the id ever come back; so the row is not deleted.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] where the owner's proof does not permit it, or while the password is being changed; otherwise
    /// as everywhere.
    pub async fn close_account(
        &self,
        proof: impl Into<CloseProof>,
    ) -> Result<EndAllSessions, Error<S::Error>> {
        let proof = proof.into();
        let decided = self.drive(proof.account(), |record, context, entropy| {
            rule::close_account(record, &proof, context, entropy)
        });
        Ok(decided.await??)
    }

    /// Removes the second factor on an administrator's word.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] while the password is being changed; otherwise as everywhere.
    pub async fn administrator_reset(
        &self,
        reset: AdministratorReset,
    ) -> Result<EndAllSessions, Error<S::Error>> {
        let decided = self.drive(reset.account(), |record, context, entropy| {
            rule::administrator_reset(record, &reset, context, entropy)
        });
        Ok(decided.await??)
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

    /// Whether this session is still one. To be asked with every request that the session authenticates.
    ///
    /// # Errors
    ///
    /// As everywhere; never refused.
    pub async fn is_current(&self, session: &Session) -> Result<bool, Error<S::Error>> {
        let (record, _) = self.load(session.account()).await?;
        Ok(record.is_current(session, self.clock.now(), &self.policy))
    }

    /// Load, decide, swap, release.
    async fn drive<T>(
        &self,
        account: &AccountId,
        decide: impl Fn(&AccountRecord, &Context<'_>, Entropy) -> Result<Decision<T>, SessionError>,
    ) -> Result<T, Error<S::Error>> {
        self.drive_from(None, account, decide).await
    }

    /// The same, from a record that was read before.
    async fn drive_from<T>(
        &self,
        mut read: Option<(AccountRecord, Expected)>,
        account: &AccountId,
        decide: impl Fn(&AccountRecord, &Context<'_>, Entropy) -> Result<Decision<T>, SessionError>,
    ) -> Result<T, Error<S::Error>> {
        for _ in 0..Self::MAX_ATTEMPTS {
            let (record, expected) = match read.take() {
                Some(read) => read,
                None => self.load(account).await?,
            };
            let mut decision = decide(&record, &self.context(), self.draw()?).map_err(Error::Session)?;
            if let Some(next) = &decision.next {
                let revision = draw_revision(&mut decision.entropy).map_err(Error::Session)?;
                let change = Change::new(expected, revision, next, &decision.events);
                match self.store.compare_and_swap(account, change).await.map_err(Error::Store)? {
                    Swap::Stored => {}
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
        Context { now: self.clock.now(), policy: &self.policy, keys: &self.keys }
    }
}

impl<S> fmt::Debug for Verifier<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("policy", &self.policy).finish_non_exhaustive()
    }
}

/// 63 random bits, which fit a signed column.
fn draw_revision(entropy: &mut Entropy) -> Result<Revision, SessionError> {
    Ok(Revision::new(u64::from_be_bytes(entropy.take()?) >> 1))
}
