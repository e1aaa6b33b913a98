//! What an operator does to the row of any account.

use super::{Context, Draft, Stop};
use crate::otp::TimeStep;
use crate::session::record::Authenticator;
use crate::session::{EndAllSessions, EventKind, ForgottenBecause};

/// Seals the account's secrets with the current key, and returns whether one was sealed with another key.
///
/// # Errors
///
/// [`SessionError::Seal`](crate::session::SessionError::Seal) if one does not open. Then nothing is written,
/// and the key must not be removed.
pub(crate) fn reseal(draft: &mut Draft<'_>) -> Result<bool, Stop> {
    let (seal, record) = (draft.context.keys.seal(), &draft.record);
    let mut is_stale = false;
    for (id, app) in record.authenticators.iter().filter_map(|bound| Some((&bound.id, bound.app()?))) {
        if !seal.is_current(&app.secret.sealed) {
            app.secret.open(&record.account, id, seal)?;
            is_stale = true;
        }
    }
    if is_stale {
        // A changed record is sealed anew when the decision is made.
        let _ = draft.change();
    }
    Ok(is_stale)
}

/// Ends what a restored backup may have brought back: every session, challenge and enrollment, every
/// remembered device, and every code up to now, since some of them were ended, forgotten or used after the
/// backup.
pub(crate) fn end_what_a_backup_revived(draft: &mut Draft<'_>) -> Result<EndAllSessions, Stop> {
    let Context { now, policy, .. } = *draft.context;
    draft.next_epoch(ForgottenBecause::Restored)?;
    for app in draft.change().authenticators.iter_mut().filter_map(Authenticator::app_mut) {
        let current = app.secret.params.time_step(now).map_or(0, TimeStep::get);
        let used = TimeStep::new(current.saturating_add(policy.window().future().into()));
        app.last_accepted = app.last_accepted.max(Some(used));
    }
    draft.event(EventKind::Restored);
    Ok(EndAllSessions { account: draft.record.account.clone() })
}
