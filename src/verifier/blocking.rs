mod account;
mod login;
mod operate;

use core::fmt;
use core::pin::pin;
use core::task::{Context, Poll, Waker};

use super::{Clock, EntropySource, EventSink, Verifier};
use crate::session::{Keys, Origin, Policy};
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
