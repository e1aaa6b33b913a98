use alloc::sync::Arc;

use crate::session::AuditEvent;
#[cfg(feature = "tracing")]
use crate::session::Origin;

/// Receives the audit events, after what they describe was stored.
///
/// It is called in the middle of a request: put the event into a queue or a log, and return. A closure is an
/// event sink, too.
///
/// ```
/// use second_factor::session::AuditEvent;
/// use second_factor::verifier::EventSink;
///
/// fn takes(sink: impl EventSink) {}
/// takes(|event: &AuditEvent| println!("{} {:?}", event.at, event.kind));
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
