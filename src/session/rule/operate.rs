//! What an operator does to a row, whosever account it is.

use super::{Context, Decision, Draft, Entropy};
use crate::otp::TimeStep;
use crate::session::record::Authenticator;
use crate::session::{AccountId, AccountRecord, EndAllSessions, EventKind, ForgottenBecause, SessionError};

/// Seals the account's secrets with the key that seals now; whether one was under another key.
///
/// # Errors
///
/// [`SessionError::Seal`] where one does not open. Then nothing is written, and the key must not go.
pub(crate) fn reseal(
    record: &AccountRecord,
    account: &AccountId,
    context: &Context<'_>,
    entropy: Entropy,
) -> Result<Decision<bool>, SessionError> {
    let mut draft = Draft::of(record, account, context, entropy)?;
    let seal = context.keys.seal();
    let mut is_stale = false;
    for (id, app) in record.authenticators.iter().filter_map(|bound| Some((&bound.id, bound.app()?))) {
        if !seal.is_current(&app.secret.sealed) {
            app.secret.open(account, id, seal)?;
            is_stale = true;
        }
    }
    if is_stale {
        // What is written is sealed anew.
        let _ = draft.change();
    }
    draft.decide(is_stale)
}

/// What has to end after a row came out of a backup: every session, challenge and enrollment that was over, every device
/// that was forgotten, and every code up to now, since some of them were used meanwhile.
pub(crate) fn end_what_a_backup_revived(
    record: &AccountRecord,
    account: &AccountId,
    context: &Context<'_>,
    entropy: Entropy,
) -> Result<Decision<EndAllSessions>, SessionError> {
    let Context { now, policy, .. } = *context;
    let mut draft = Draft::of(record, account, context, entropy)?;
    draft.next_epoch(ForgottenBecause::Restored)?;
    for app in draft.change().authenticators.iter_mut().filter_map(Authenticator::app_mut) {
        let current = app.secret.params.time_step(now).map_or(0, TimeStep::get);
        let used = TimeStep::new(current.saturating_add(policy.window().future().into()));
        app.last_accepted = app.last_accepted.max(Some(used));
    }
    draft.event(EventKind::Restored);
    let account = account.clone();
    draft.decide(EndAllSessions { account })
}
