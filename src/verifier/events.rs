use alloc::sync::Arc;

use crate::session::AuditEvent;
#[cfg(feature = "tracing")]
use crate::session::Origin;

/// Receives the audit events. If an event describes a change, the change was stored first.
///
/// It is called in the middle of a request: put the event into a queue or a log, and return. A closure is an
/// event sink, too.
///
/// ```
/// use second_factor::{AuditEvent, EventSink};
///
/// fn takes(sink: impl EventSink) {}
/// takes(|event: &AuditEvent| println!("{} {}: {}", event.at, event.account, event.kind));
/// ```
///
/// # Into an async database
///
/// A sink cannot wait for a database: it is not `async`, and the request would have to wait too. Put a
/// bounded queue between the two, and have one task write what comes out of it.
///
/// - **When the queue is full,** events come faster than the database writes them, and more memory will not
///   help. The sink never waits: it drops the event and counts it; the host raises an alarm about the count.
/// - **When the process is killed,** what is in the queue is lost. For an orderly stop, drop every verifier
///   that has the sink and wait for the task.
/// - **An event that must not be lost does not belong in the queue:** a store that keeps an audit trail writes
///   the events of each change of a record together with the record
///   ([`Change::events`](crate::store::Change::events)), both or neither. Read the security log from that
///   trail. The sink receives those events too, and those that changed nothing, such as a code that was
///   refused while the account was locked. Use the sink for mails to owners, metrics and a log for machines.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use second_factor::{AccountId, KeyRing, MemoryStore, OsEntropy, PasswordVerified, Policy, SealingKey};
/// # let keys = KeyRing::new(1, SealingKey::generate(&mut OsEntropy)?);
/// # let (store, policy) = (MemoryStore::new(), Policy::new("Example")?);
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use second_factor::{AuditEvent, EventSink, Verifier};
/// use tokio::sync::mpsc;
///
/// struct Queue {
///     to: mpsc::Sender<AuditEvent>,
///     dropped: AtomicU64,
/// }
///
/// impl EventSink for Queue {
///     fn record(&self, event: &AuditEvent) {
///         // The queue is full, or its task has ended.
///         if self.to.try_send(event.clone()).is_err() {
///             self.dropped.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
///
/// let (to, mut from) = mpsc::channel(1_000);
/// let queue = Arc::new(Queue { to, dropped: AtomicU64::new(0) });
/// let verifier = Verifier::new(store, policy, keys).with_events(queue.clone());
///
/// let task = tokio::spawn(async move {
///     let (mut table, mut batch) = (Vec::new(), Vec::new());
///     while from.recv_many(&mut batch, 100).await > 0 {
///         // In a real service: one INSERT of all of them, retried a few times if it fails.
///         table.append(&mut batch);
///     }
///     table
/// });
///
/// // The service runs.
/// # let account = AccountId::from(7);
/// # let proof = PasswordVerified::by_host(verifier.check_password(&account).await);
/// # let _ = verifier.password_verified(proof, None).await?;
///
/// // It stops in order.
/// let dropped = queue.dropped.load(Ordering::Relaxed);
/// drop((verifier, queue));
/// let table = task.await?;
/// assert_eq!((table.len(), dropped), (1, 0));
/// # Ok(())
/// # }
/// ```
pub trait EventSink: Send + Sync {
    /// Something happened.
    fn record(&self, event: &AuditEvent);
}

impl<F: Fn(&AuditEvent) + Send + Sync> EventSink for F {
    fn record(&self, event: &AuditEvent) {
        self(event);
    }
}

impl<S: EventSink + ?Sized> EventSink for Arc<S> {
    fn record(&self, event: &AuditEvent) {
        S::record(self, event);
    }
}

/// Drops the events.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoEvents;

impl EventSink for NoEvents {
    fn record(&self, _: &AuditEvent) {}
}

/// Passes the events to [`tracing`] as `INFO`, and those that the owner should be told about as `WARN`. The
/// target is `second_factor::audit`; the fields are `account`, `at` (seconds since 1970), `kind`, and, if the
/// origin is known, `address` and `user_agent`.
#[cfg(feature = "tracing")]
#[derive(Clone, Copy, Debug, Default)]
pub struct TracingEvents;

#[cfg(feature = "tracing")]
impl EventSink for TracingEvents {
    fn record(&self, event: &AuditEvent) {
        let AuditEvent { account, at, origin, kind } = event;
        let (account, at) = (account.as_str(), at.as_secs());
        let address = origin.as_ref().and_then(Origin::address);
        let user_agent = origin.as_ref().and_then(Origin::user_agent);
        if kind.notify_owner() {
            tracing::warn!(target: "second_factor::audit", account, at, address, user_agent, ?kind);
        } else {
            tracing::info!(target: "second_factor::audit", account, at, address, user_agent, ?kind);
        }
    }
}
