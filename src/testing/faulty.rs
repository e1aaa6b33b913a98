use alloc::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::race::{Yields, block_on};
use crate::session::{AccountId, AccountRecord};
use crate::store::{Blocking, BlockingStore, Change, Store, Swap, Versioned};

/// What goes wrong with a call to the store.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Fault {
    /// The call fails before it reaches the store. Nothing is stored.
    Fail,
    /// The call is carried out, and its reply is lost: the caller gets an error, and does not know that it
    /// was carried out.
    LoseReply,
    /// The call is carried out after this many polls. In a blocking store they follow each other at once.
    Delay {
        /// How many.
        polls: u32,
    },
    /// The request arrives twice. The caller gets the first reply.
    Duplicate,
    /// The request arrives twice, and the first reply is lost: a client that retries. After a swap the second
    /// reply is `Conflict`, although the record was stored. No correct store answers like this, but even then
    /// the verifier lets nobody in.
    Retry,
    /// A swap with events fails before it reaches the store, as if the audit trail could not be written. Nothing is stored. Loads
    /// and swaps without events are not affected.
    RefuseEvents,
    /// A swap is answered with `Conflict` and does not reach the store, as if another writer had been first.
    /// Loads are not affected.
    Conflict,
}

/// A store in front of another that fails at chosen calls, to test how a service reacts.
///
/// Loads and swaps are counted together from 1, in the order in which they begin.
///
/// ```
/// use second_factor::store::BlockingStore;
/// use second_factor::testing::{Fault, Faulty, FaultyError};
/// use second_factor::{AccountId, MemoryStore};
///
/// let store = Faulty::new(MemoryStore::new());
/// store.plan([(2, Fault::Fail)]);
///
/// let account = AccountId::new("alice")?;
/// assert!(BlockingStore::load(&store, &account).is_ok());
/// assert!(matches!(BlockingStore::load(&store, &account), Err(FaultyError::Injected { call: 2 })));
/// assert!(BlockingStore::load(&store, &account).is_ok());
/// assert_eq!(store.calls(), 3);
/// # Ok::<(), second_factor::session::AccountIdError>(())
/// ```
#[derive(Debug)]
pub struct Faulty<S> {
    inner: S,
    plan: Mutex<Plan>,
}

#[derive(Debug, Default)]
struct Plan {
    calls: usize,
    at: BTreeMap<usize, Fault>,
    elsewhere: Option<Fault>,
}

/// Why a [`Faulty`] store failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FaultyError<E> {
    /// The fault was planned.
    #[error("fault injected into call {call}")]
    Injected {
        /// Which call it was.
        call: usize,
    },
    /// The store behind it failed.
    #[error("the store behind the faults failed")]
    Store(#[source] E),
}

impl<S> Faulty<S> {
    /// A store that passes every call on.
    pub fn new(inner: S) -> Self {
        Self { inner, plan: Mutex::default() }
    }

    /// Plans faults at these calls, the next one being 1. What was planned before is forgotten.
    pub fn plan(&self, faults: impl IntoIterator<Item = (usize, Fault)>) {
        *self.planned() = Plan { at: faults.into_iter().collect(), ..Plan::default() };
    }

    /// Plans the same fault at every call.
    pub fn plan_always(&self, fault: Fault) {
        *self.planned() = Plan { elsewhere: Some(fault), ..Plan::default() };
    }

    /// How many calls there were since the last plan was made.
    pub fn calls(&self) -> usize {
        self.planned().calls
    }

    /// The store behind this one.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    fn next_call(&self) -> Call {
        let mut plan = self.planned();
        plan.calls = plan.calls.saturating_add(1);
        let number = plan.calls;
        Call { number, fault: plan.at.get(&number).copied().or(plan.elsewhere) }
    }

    fn planned(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Clone, Copy)]
struct Call {
    number: usize,
    fault: Option<Fault>,
}

impl Call {
    async fn load<S: Store>(self, store: &S, account: &AccountId) -> Found<S> {
        Yields(self.polls()?).await;
        let reply = store.load(account).await;
        let again = if self.is_sent_twice() { Some(store.load(account).await) } else { None };
        self.reply(reply, again)
    }

    async fn swap<S: Store>(
        self,
        store: &S,
        account: &AccountId,
        change: Change<'_>,
    ) -> Result<Swap, FaultyError<S::Error>> {
        if self.fault == Some(Fault::Conflict) {
            return Ok(Swap::Conflict);
        }
        if self.fault == Some(Fault::RefuseEvents) && !change.events().is_empty() {
            return Err(FaultyError::Injected { call: self.number });
        }
        Yields(self.polls()?).await;
        let reply = store.compare_and_swap(account, change).await;
        let again =
            if self.is_sent_twice() { Some(store.compare_and_swap(account, change).await) } else { None };
        self.reply(reply, again)
    }

    /// How long to wait before the request is sent, if it is.
    fn polls<E>(self) -> Result<u32, FaultyError<E>> {
        match self.fault {
            Some(Fault::Fail) => Err(FaultyError::Injected { call: self.number }),
            Some(Fault::Delay { polls }) => Ok(polls),
            _ => Ok(0),
        }
    }

    fn is_sent_twice(self) -> bool {
        matches!(self.fault, Some(Fault::Duplicate | Fault::Retry))
    }

    /// The reply that arrives.
    fn reply<T, E>(self, first: Result<T, E>, again: Option<Result<T, E>>) -> Result<T, FaultyError<E>> {
        match (self.fault, again) {
            (Some(Fault::LoseReply), _) => {
                first.map_err(FaultyError::Store)?;
                Err(FaultyError::Injected { call: self.number })
            }
            (Some(Fault::Retry), Some(again)) => again.map_err(FaultyError::Store),
            _ => first.map_err(FaultyError::Store),
        }
    }
}

type Found<S> = Result<Option<Versioned<AccountRecord>>, FaultyError<<S as Store>::Error>>;

impl<S: Store> Store for Faulty<S> {
    type Error = FaultyError<S::Error>;

    async fn load(&self, account: &AccountId) -> Found<S> {
        self.next_call().load(&self.inner, account).await
    }

    async fn compare_and_swap(
        &self,
        account: &AccountId,
        change: Change<'_>,
    ) -> Result<Swap, FaultyError<S::Error>> {
        self.next_call().swap(&self.inner, account, change).await
    }
}

impl<S: BlockingStore> BlockingStore for Faulty<S> {
    type Error = FaultyError<S::Error>;

    fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, FaultyError<S::Error>> {
        block_on(self.next_call().load(&Blocking(&self.inner), account))
    }

    fn compare_and_swap(
        &self,
        account: &AccountId,
        change: Change<'_>,
    ) -> Result<Swap, FaultyError<S::Error>> {
        block_on(self.next_call().swap(&Blocking(&self.inner), account, change))
    }
}
