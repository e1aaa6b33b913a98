use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;

use super::{Clock, EntropySource, Error, EventSink, NoEvents};
use crate::session::proof::Reader;
use crate::session::rule::{Context, Decision, Draft, Entropy, Stop};
use crate::session::{AccountId, AccountRecord, Keys, Origin, Policy, SessionError};
use crate::store::{Change, Expected, Revision, Store, Swap, Versioned};
use crate::time::UnixTime;

/// The second factor of a service: a store, and the rules over it.
///
/// Make one for the whole service: its clones share store, policy, keys, clock and random source, and cost
/// next to nothing. Each call loads the account's record, decides, swaps the next record in, and only then
/// releases the outcome. If another call wrote the record first, it decides again, a bounded number of times.
///
/// A call that fails returns an [`Error`] that says whose fault it is, and nobody was let in. Every call may
/// fail with [`Error::Store`], [`Error::Session`], [`Error::Contention`] or [`Error::Entropy`]. The
/// documentation of each call says when it is refused; a call that can be refused may also get
/// [`Retry`](crate::Refusal::Retry) while the password is being changed. A call that is dropped half-way, as
/// when a request is cancelled, has either happened completely or not at all; a code may be used up. The one
/// exception is [`change_password`](Self::change_password), which writes twice: it may stop between the two.
///
/// The audit log should say where a request came from: see [`on_behalf_of`](Self::on_behalf_of).
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
/// let keys = KeyRing::new(1, SealingKey::generate(&mut OsEntropy)?);
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
/// assert_eq!(recovery_codes.map(|codes| codes.iter().count()), Some(10));
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
    shared: Arc<Shared<S>>,
    events: Arc<dyn EventSink>,
    origin: Option<Origin>,
}

/// What all clones have in common.
struct Shared<S> {
    store: S,
    policy: Policy,
    keys: Keys,
    clock: Box<dyn Clock>,
    entropy: Box<dyn EntropySource>,
    reader: Arc<Reader>,
}

impl<S: Store> Verifier<S> {
    /// How often a call decides anew when others write to the same record, before it gives up with
    /// [`Error::Contention`].
    pub const MAX_ATTEMPTS: usize = 64;

    /// A verifier that uses the clock and the random numbers of the operating system.
    #[cfg(all(feature = "std", feature = "os-entropy"))]
    pub fn new(store: S, policy: Policy, keys: impl Into<Keys>) -> Self {
        Self::with_sources(store, policy, keys, super::SystemClock, super::OsEntropy)
    }

    /// A verifier that uses the host's own clock and random numbers.
    pub fn with_sources(
        store: S,
        policy: Policy,
        keys: impl Into<Keys>,
        clock: impl Clock + 'static,
        entropy: impl EntropySource + 'static,
    ) -> Self {
        let (clock, entropy) = (Box::new(clock), Box::new(entropy));
        let shared = Shared { store, policy, keys: keys.into(), clock, entropy, reader: Arc::new(Reader) };
        Self { shared: Arc::new(shared), events: Arc::new(NoEvents), origin: None }
    }

    /// The same verifier, which passes its audit events to `sink`. Clones that were made before keep their
    /// sink.
    #[must_use]
    pub fn with_events(self, sink: impl EventSink + 'static) -> Self {
        Self { events: Arc::new(sink), ..self }
    }

    /// The same verifier for one request: every audit event of its calls names `origin`, both in the sink and
    /// in the store (ASVS 16.2.1: a log entry says when, where, who and what).
    ///
    /// Call it where the request comes in. It changes neither this verifier nor those made for other
    /// requests.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use second_factor::{KeyRing, MemoryStore, OsEntropy, Policy, SealingKey};
    /// # let keys = KeyRing::new(1, SealingKey::generate(&mut OsEntropy)?);
    /// # let (store, policy, connection) = (MemoryStore::new(), Policy::new("Example")?, std::net::Ipv4Addr::LOCALHOST);
    /// # let headers = std::collections::HashMap::from([("user-agent", "Firefox")]);
    /// use second_factor::session::Origin;
    /// use second_factor::{AccountId, AuditEvent, PasswordVerified, Verifier};
    ///
    /// let verifier = Verifier::new(store, policy, keys)
    ///     .with_events(|event: &AuditEvent| println!("{} {:?} {}", event.at, event.origin, event.kind));
    ///
    /// // With every request. Behind a proxy, the address is in the header that the proxy sets.
    /// let origin = Origin::new()
    ///     .with_address(connection)
    ///     .with_user_agent(headers.get("user-agent").copied().unwrap_or_default());
    /// let verifier = verifier.on_behalf_of(origin);
    ///
    /// let check = verifier.check_password(&AccountId::new("user-7")?).await;
    /// let login = verifier.password_verified(PasswordVerified::by_host(check), None).await?;
    /// # let _ = login;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn on_behalf_of(&self, origin: Origin) -> Self {
        Self { origin: Some(origin), ..self.clone() }
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.shared.policy
    }

    /// The store.
    pub fn store(&self) -> &S {
        &self.shared.store
    }

    /// The time by the verifier's clock: for [`Session::is_elevated`](crate::Session::is_elevated) and
    /// [`Refusal::retry_after`](crate::Refusal::retry_after).
    pub fn now(&self) -> UnixTime {
        self.shared.clock.now()
    }

    /// Load, decide by this rule, swap, release.
    pub(super) async fn decide<T>(
        &self,
        account: &AccountId,
        rule: impl Fn(&mut Draft<'_>) -> Result<T, Stop>,
    ) -> Result<T, Error<S::Error>> {
        self.decide_from(None, account, rule).await
    }

    /// The same, from a record that was read before, if there is one.
    pub(super) async fn decide_from<T>(
        &self,
        mut read: Option<(AccountRecord, Expected)>,
        account: &AccountId,
        rule: impl Fn(&mut Draft<'_>) -> Result<T, Stop>,
    ) -> Result<T, Error<S::Error>> {
        for _ in 0..Self::MAX_ATTEMPTS {
            let (record, expected) = match read.take() {
                Some(read) => read,
                None => self.load(account).await?,
            };
            let (decision, revision) = self.decide_on(&record, &rule)?;
            if let Some(next) = &decision.next {
                let change = Change::new(expected, revision, next, &decision.events);
                match self.store().compare_and_swap(account, change).await.map_err(Error::Store)? {
                    Swap::Stored => {}
                    Swap::Conflict => continue,
                }
            }
            decision.events.iter().for_each(|event| self.events.record(event));
            return Ok(decision.outcome?);
        }
        Err(Error::Contention)
    }

    /// The account's record, and what the store must still hold when the next one is written.
    pub(super) async fn load(
        &self,
        account: &AccountId,
    ) -> Result<(AccountRecord, Expected), Error<S::Error>> {
        match self.store().load(account).await.map_err(Error::Store)? {
            Some(Versioned { value, .. }) if value.account() != account => {
                Err(Error::Session(SessionError::WrongAccount))
            }
            Some(Versioned { value, revision }) => Ok((value, Expected::At(revision))),
            None => Ok((AccountRecord::new(account.clone()), Expected::Absent)),
        }
    }

    /// Makes a decision, and draws the revision for its record. If the usual number of random bytes is not
    /// enough, it decides again with more: the first decision had no effect.
    fn decide_on<T>(
        &self,
        record: &AccountRecord,
        rule: impl Fn(&mut Draft<'_>) -> Result<T, Stop>,
    ) -> Result<(Decision<T>, Revision), Error<S::Error>> {
        let context = self.context();
        let attempt = |bytes| {
            let mut entropy = Entropy::draw(bytes, |to| self.shared.entropy.fill(to))?;
            let revision = draw_revision(&mut entropy).map_err(Error::Session)?;
            Ok((Decision::by(&rule, record, &context, entropy).map_err(Error::Session)?, revision))
        };
        match attempt(Entropy::USUAL) {
            Err(Error::Session(SessionError::EntropyExhausted)) => attempt(Entropy::MOST),
            decided => decided,
        }
    }

    pub(super) fn context(&self) -> Context<'_> {
        let Shared { policy, keys, .. } = &*self.shared;
        Context { now: self.now(), policy, keys, origin: self.origin.as_ref() }
    }

    pub(super) fn reader(&self) -> &Arc<Reader> {
        &self.shared.reader
    }
}

impl<S> Clone for Verifier<S> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone(), events: self.events.clone(), origin: self.origin.clone() }
    }
}

impl<S> fmt::Debug for Verifier<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("policy", &self.shared.policy).finish_non_exhaustive()
    }
}

/// 63 random bits, which fit a signed column.
fn draw_revision(entropy: &mut Entropy) -> Result<Revision, SessionError> {
    Ok(Revision::new(u64::from_be_bytes(entropy.take()?) >> 1))
}
