use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::pin::Pin;

use crate::session::{AccountId, AuditEvent};

/// What a builder can offer in addition to a fresh store. If a hook is missing, the cases that need it are skipped.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Hook {
    /// [`Suite::another`](super::Suite::another)
    Another,
    /// [`Suite::reopen`](super::Suite::reopen)
    Reopen,
    /// [`Suite::fail`](super::Suite::fail)
    Fail,
    /// [`Suite::trail`](super::Suite::trail)
    Trail,
    /// [`Suite::block_trail`](super::Suite::block_trail)
    BlockTrail,
}

/// The name of the builder's method.
impl fmt::Display for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Another => "another",
            Self::Reopen => "reopen",
            Self::Fail => "fail",
            Self::Trail => "trail",
            Self::BlockTrail => "block_trail",
        })
    }
}

/// What the builder offers, the types of its closures erased.
pub(super) struct Hooks<'t, S, G> {
    pub(super) fresh: Box<dyn Fresh<S, G> + 't>,
    pub(super) another: Option<Box<dyn Open<S, G> + 't>>,
    pub(super) reopen: Option<Box<dyn Open<S, G> + 't>>,
    pub(super) fail: Option<Box<dyn Act<S, G> + 't>>,
    pub(super) trail: Option<Box<dyn ReadTrail<S, G> + 't>>,
    pub(super) block_trail: Option<Block<'t, S, G>>,
}

/// How the trail is blocked, and how it is freed.
pub(super) struct Block<'t, S, G> {
    pub(super) block: Box<dyn Act<S, G> + 't>,
    pub(super) unblock: Box<dyn Act<S, G> + 't>,
}

impl<S, G> Hooks<'_, S, G> {
    pub(super) fn offer(&self, hook: Hook) -> bool {
        match hook {
            Hook::Another => self.another.is_some(),
            Hook::Reopen => self.reopen.is_some(),
            Hook::Fail => self.fail.is_some(),
            Hook::Trail => self.trail.is_some(),
            Hook::BlockTrail => self.block_trail.is_some(),
        }
    }
}

type Called<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

pub(super) trait Fresh<S, G> {
    fn call(&self) -> Called<'_, (S, G)>;
}

impl<S, G, F: AsyncFn() -> (S, G)> Fresh<S, G> for F {
    fn call(&self) -> Called<'_, (S, G)> {
        Box::pin(self())
    }
}

pub(super) trait Open<S, G> {
    fn call<'a>(&'a self, guard: &'a G) -> Called<'a, S>;
}

impl<S, G, F: AsyncFn(&G) -> S> Open<S, G> for F {
    fn call<'a>(&'a self, guard: &'a G) -> Called<'a, S> {
        Box::pin(self(guard))
    }
}

/// Does something to the store, or to what it is built on.
pub(super) trait Act<S, G> {
    fn call<'a>(&'a self, store: &'a S, guard: &'a G) -> Called<'a, ()>;
}

impl<S, G, F: AsyncFn(&S, &G)> Act<S, G> for F {
    fn call<'a>(&'a self, store: &'a S, guard: &'a G) -> Called<'a, ()> {
        Box::pin(self(store, guard))
    }
}

pub(super) trait ReadTrail<S, G> {
    fn call<'a>(&'a self, store: &'a S, guard: &'a G, account: &'a AccountId) -> Called<'a, Vec<AuditEvent>>;
}

impl<S, G, F: AsyncFn(&S, &G, &AccountId) -> Vec<AuditEvent>> ReadTrail<S, G> for F {
    fn call<'a>(&'a self, store: &'a S, guard: &'a G, account: &'a AccountId) -> Called<'a, Vec<AuditEvent>> {
        Box::pin(self(store, guard, account))
    }
}
