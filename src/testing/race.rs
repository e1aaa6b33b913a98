//! Concurrency without a runtime: futures are joined on one task, or passed to the caller's spawner.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::task::Wake;
use alloc::vec::Vec;
use core::fmt;
use core::pin::{Pin, pin};
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Poll, Waker};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, Thread};

/// A piece of work that the suite has spawned.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// How racers are run.
pub(super) enum Racers<'t> {
    /// All on the task that runs the suite, polled in turn.
    Joined,
    /// Each passed to the caller's spawner.
    Spawned(Box<dyn Fn(Task) + 't>),
}

impl Racers<'_> {
    /// One thread for each.
    pub(super) fn threads() -> Self {
        Self::Spawned(Box::new(|task| {
            thread::spawn(move || block_on(task));
        }))
    }

    /// Runs all at once, and returns their results. There is no result of a racer that panicked or was dropped.
    pub(super) async fn race<F>(&self, racers: impl IntoIterator<Item = F>) -> Vec<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let finish = Arc::new(Finish::new());
        let tasks: Vec<Task> = racers
            .into_iter()
            .map(|racer| -> Task {
                let lane = Lane::on(&finish);
                Box::pin(async move { lane.finish(racer.await) })
            })
            .collect();
        match self {
            Self::Joined => Joined(tasks).await,
            Self::Spawned(spawn) => tasks.into_iter().for_each(spawn),
        }
        finish.wait().await
    }
}

/// Where racers leave their results.
struct Finish<T>(Mutex<Runners<T>>);

struct Runners<T> {
    arrived: Vec<T>,
    running: usize,
    waiting: Option<Waker>,
}

impl<T> Finish<T> {
    fn new() -> Self {
        Self(Mutex::new(Runners { arrived: Vec::new(), running: 0, waiting: None }))
    }

    fn with<U>(&self, change: impl FnOnce(&mut Runners<T>) -> U) -> U {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn wait(&self) -> Vec<T> {
        core::future::poll_fn(|context| {
            self.with(|runners| {
                if runners.running == 0 {
                    return Poll::Ready(core::mem::take(&mut runners.arrived));
                }
                runners.waiting = Some(context.waker().clone());
                Poll::Pending
            })
        })
        .await
    }
}

/// Counts a racer as running until this is dropped, even if the racer panics.
struct Lane<T>(Arc<Finish<T>>);

impl<T> Lane<T> {
    fn on(finish: &Arc<Finish<T>>) -> Self {
        finish.with(|runners| runners.running = runners.running.saturating_add(1));
        Self(finish.clone())
    }

    fn finish(&self, outcome: T) {
        self.0.with(|runners| runners.arrived.push(outcome));
    }
}

impl<T> Drop for Lane<T> {
    fn drop(&mut self) {
        let waiting = self.0.with(|runners| {
            runners.running = runners.running.saturating_sub(1);
            runners.waiting.take()
        });
        if let Some(waker) = waiting {
            waker.wake();
        }
    }
}

/// Polls every task in turn until all are done.
struct Joined(Vec<Task>);

impl Future for Joined {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.0.retain_mut(|task| task.as_mut().poll(context).is_pending());
        if self.0.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// Is pending for this many polls, and asks each time to be polled again.
#[derive(Debug)]
pub(super) struct Yields(pub(super) u32);

impl Future for Yields {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match self.0.checked_sub(1) {
            None => Poll::Ready(()),
            Some(left) => {
                self.0 = left;
                context.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }
}

/// Runs a future on this thread, which sleeps while there is nothing to do.
pub(super) fn block_on<F: Future>(future: F) -> F::Output {
    /// The flag stays set even if other code that parks this thread has consumed the unpark token.
    struct Unpark(Thread, AtomicBool);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.1.store(true, Ordering::Release);
            self.0.unpark();
        }
    }
    let unpark = Arc::new(Unpark(thread::current(), AtomicBool::new(true)));
    let waker = Waker::from(unpark.clone());
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if !unpark.1.swap(false, Ordering::Acquire) {
            thread::park();
        } else if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

impl fmt::Debug for Racers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Joined => "Joined",
            Self::Spawned(_) => "Spawned",
        })
    }
}
