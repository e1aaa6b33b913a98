//! What an operator does to the row of any account.

use super::{Context, Decision, Draft, Entropy};
use crate::otp::TimeStep;
use crate::session::record::Authenticator;
use crate::session::{AccountId, AccountRecord, EndAllSessions, EventKind, ForgottenBecause, SessionError};

/// Seals the account's secrets with the key that seals now, and returns whether one was sealed with another
/// key.
///
/// # Errors
///
/// [`SessionError::Seal`] if one does not open. Then nothing is written, and the key must not be removed.
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
        // A changed record is sealed anew by `decide`.
        let _ = draft.change();
    }
    draft.decide(is_stale)
}

/// Ends what a restored backup may have brought back: every session, challenge and enrollment, every
/// remembered device, and every code up to now, since some of them were ended, forgotten or used after the
/// backup.
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
