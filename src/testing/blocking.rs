use alloc::vec::Vec;
use core::fmt;

use super::race::{Racers, block_on};
use super::{Report, Suite};
use crate::session::{AccountId, AuditEvent};
use crate::store::{Blocking, BlockingStore};

/// [`Suite`] for a [`BlockingStore`]: the same cases, with a thread for each racer.
#[must_use = "nothing is tested before `run`"]
pub struct BlockingSuite<'t, S, G>(Suite<'t, Blocking<S>, G>);

impl<'t, S: BlockingStore + 'static, G> BlockingSuite<'t, S, G> {
    /// See [`Suite::new`].
    pub fn new(fresh: impl Fn() -> (S, G) + 't) -> Self {
        let mut suite = Suite::new(async move || {
            let (store, guard) = fresh();
            (Blocking(store), guard)
        });
        suite.racers = Racers::threads();
        Self(suite)
    }

    /// See [`Suite::another`].
    pub fn another(self, open: impl Fn(&G) -> S + 't) -> Self {
        Self(self.0.another(async move |guard: &G| Blocking(open(guard))))
    }

    /// See [`Suite::reopen`].
    pub fn reopen(self, open: impl Fn(&G) -> S + 't) -> Self {
        Self(self.0.reopen(async move |guard: &G| Blocking(open(guard))))
    }

    /// See [`Suite::fail`].
    pub fn fail(self, fail: impl Fn(&S, &G) + 't) -> Self {
        Self(self.0.fail(async move |store: &Blocking<S>, guard: &G| fail(&store.0, guard)))
    }

    /// See [`Suite::trail`].
    pub fn trail(self, read: impl Fn(&S, &G, &AccountId) -> Vec<AuditEvent> + 't) -> Self {
        Self(self.0.trail(async move |store: &Blocking<S>, guard: &G, account: &AccountId| {
            read(&store.0, guard, account)
        }))
    }

    /// See [`Suite::block_trail`].
    pub fn block_trail(self, block: impl Fn(&S, &G) + 't, unblock: impl Fn(&S, &G) + 't) -> Self {
        Self(self.0.block_trail(
            async move |store: &Blocking<S>, guard: &G| block(&store.0, guard),
            async move |store: &Blocking<S>, guard: &G| unblock(&store.0, guard),
        ))
    }

    /// See [`Suite::only`].
    ///
    /// # Panics
    ///
    /// If there is no case of this name.
    pub fn only(self, case: &'t str) -> Self {
        Self(self.0.only(case))
    }

    /// Runs every case, one after the other.
    pub fn run(self) -> Report {
        block_on(self.0.run())
    }
}

impl<S, G> fmt::Debug for BlockingSuite<'_, S, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BlockingSuite").field(&self.0).finish()
    }
}
