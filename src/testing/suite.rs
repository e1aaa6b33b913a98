use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use super::cases::Case;
use super::fixture::Fixture;
use super::hooks::{Block, Hooks};
use super::race::{Racers, Task};
use super::{Hook, Report};
use crate::session::{AccountId, AuditEvent};
use crate::store::Store;

/// Runs the cases of the contract against a [`Store`].
///
/// Offer every hook (`another`, `reopen`, `fail`, `trail`, `block_trail`) and end with [`assert_complete`](Report::assert_complete), so that no
/// case is skipped.
///
/// Each case gets a fresh store and a guard, which is dropped after the store and cleans up: a temporary
/// directory, a container, a schema to drop. If one of your closures fails, let it panic, as in a test.
#[must_use = "nothing is tested before `run`"]
pub struct Suite<'t, S, G> {
    hooks: Hooks<'t, S, G>,
    pub(super) racers: Racers<'t>,
    only: Option<&'t str>,
}

impl<'t, S: Store + 'static, G> Suite<'t, S, G> {
    /// A suite for the stores that `fresh` makes. Each must be empty and share no data with the others.
    pub fn new(fresh: impl AsyncFn() -> (S, G) + 't) -> Self {
        let fresh = Box::new(fresh);
        let hooks = Hooks { fresh, another: None, reopen: None, fail: None, trail: None, block_trail: None };
        Self { hooks, racers: Racers::Joined, only: None }
    }

    /// Opens a second store on the data of the first, which stays open: another instance of the service. This is
    /// for the cases that find caches and locks that work only within one process.
    pub fn another(mut self, open: impl AsyncFn(&G) -> S + 't) -> Self {
        self.hooks.another = Some(Box::new(open));
        self
    }

    /// Opens a store on the data of one that was dropped, for the case about durability. To test more strictly,
    /// kill the database engine first.
    pub fn reopen(mut self, open: impl AsyncFn(&G) -> S + 't) -> Self {
        self.hooks.reopen = Some(Box::new(open));
        self
    }

    /// Makes every later call of this store fail, for the case about failures. For example, close the pool, stop
    /// the server, or drop the table.
    pub fn fail(mut self, fail: impl AsyncFn(&S, &G) + 't) -> Self {
        self.hooks.fail = Some(Box::new(fail));
        self
    }

    /// Reads the audit trail of an account, the oldest event first, for the cases about the trail: with a
    /// `SELECT`, for example. The store itself needs no such method. Leave the hook out if the store keeps no trail.
    pub fn trail(mut self, read: impl AsyncFn(&S, &G, &AccountId) -> Vec<AuditEvent> + 't) -> Self {
        self.hooks.trail = Some(Box::new(read));
        self
    }

    /// Blocks the trail, so that it takes no event until it is unblocked. This is for the case that finds stores
    /// that write a change in two steps: the record must not be stored if its events cannot be stored. In SQL a
    /// trigger can block the trail:
    ///
    /// ```sql
    /// CREATE TRIGGER blocked BEFORE INSERT ON trail BEGIN SELECT RAISE(ABORT, 'blocked'); END; -- SQLite
    /// DROP TRIGGER blocked;
    /// ```
    ///
    /// Block only the trail: it must still be possible to load rows, and to store a change without events.
    pub fn block_trail(
        mut self,
        block: impl AsyncFn(&S, &G) + 't,
        unblock: impl AsyncFn(&S, &G) + 't,
    ) -> Self {
        self.hooks.block_trail = Some(Block { block: Box::new(block), unblock: Box::new(unblock) });
        self
    }

    /// Spawns the racers of the races, so that they run on several threads: `|task| { tokio::spawn(task); }`.
    /// Without it they are polled in turn on the task that runs the suite: this finds every race at the `await`
    /// points of a store, but none in the code between them.
    pub fn spawn(mut self, spawn: impl Fn(Task) + 't) -> Self {
        self.racers = Racers::Spawned(Box::new(spawn));
        self
    }

    /// Runs only one case, to investigate its failure. [`cases()`] has the names.
    ///
    /// # Panics
    ///
    /// If there is no case of this name.
    pub fn only(mut self, case: &'t str) -> Self {
        assert!(Case::ALL.iter().any(|known| known.name() == case), "there is no case `{case}`");
        self.only = Some(case);
        self
    }

    /// Runs every case, one after the other.
    pub async fn run(self) -> Report {
        let mut report = Report::default();
        for case in Case::ALL.into_iter().filter(|case| self.only.is_none_or(|only| only == case.name())) {
            match case.needs().iter().copied().find(|hook| !self.hooks.offer(*hook)) {
                Some(hook) => report.skip(case.name(), hook),
                None => self.run_case(case, &mut report).await,
            }
        }
        report
    }

    async fn run_case(&self, case: Case, report: &mut Report) {
        let (store, guard) = self.hooks.fresh.call().await;
        let fixture = Fixture::new(store, &guard, &self.hooks, &self.racers, case.clause());
        report.note(case.name(), case.run(fixture).await);
    }
}

/// The names of the cases, in the order in which they are run, and the hooks that each needs.
///
/// ```
/// use second_factor::testing::{Hook, cases};
///
/// let of_trails = cases().filter(|(_, needs)| needs.contains(&Hook::Trail));
/// assert!(of_trails.map(|(name, _)| name).any(|name| name == "events_are_kept_in_order"));
/// ```
pub fn cases() -> impl Iterator<Item = (&'static str, &'static [Hook])> {
    Case::ALL.into_iter().map(|case| (case.name(), case.needs()))
}

impl<S, G> fmt::Debug for Suite<'_, S, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Suite").field("racers", &self.racers).finish_non_exhaustive()
    }
}
