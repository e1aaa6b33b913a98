//! Rules for binding, renaming and removing authenticators and for making recovery codes.

use std::sync::Arc;

use second_factor::Session;
use second_factor::session::{AuthMethod, Binding, EventKind, RemovedBy};

use crate::call::{Call, Typed, What};
use crate::canonical::hash_bytes;
use crate::host::imported;
use crate::rules::{Violation, broken, decided_at};
use crate::scenario::{AUTHENTICATORS, DEVICE_LIFETIME};
use crate::state::{ATTACKER, Enrolling, Phone, State};
use crate::tape::{Row, Stored};

/// For how many seconds after a login by recovery code the owner may bind without a factor.
const RECOVERY_LOGIN: u64 = 60 * 60;

/// By how many seconds the clocks of two instances may differ.
const CLOCK_SKEW: u64 = 60;

/// Checks a swap that may have changed a factor.
pub fn on_swap(next: &mut State, call: &Call, swap: &Stored) -> Result<(), Violation> {
    let changes_factor = |event: &EventKind| {
        matches!(
            event,
            EventKind::AuthenticatorBound { .. }
                | EventKind::AuthenticatorRenamed { .. }
                | EventKind::AuthenticatorRemoved { .. }
                | EventKind::RecoveryCodesRegenerated
                | EventKind::AccountClosed
        )
    };
    if !swap.events.iter().any(changes_factor) {
        return Ok(());
    }
    let was_bound = swap.before.as_ref().is_some_and(|row| row.is_bound);
    // Requests of an administrator or the host need no proof from the owner.
    if !matches!(call.what, What::AdministratorReset | What::Import { .. }) {
        if call.old || call.what.is_old() {
            return broken("P4: a proof from before a change changed a factor");
        }
        if was_bound && !has_fresh_factor(next, call) {
            return broken("P4: a factor was changed without a fresh one");
        }
        if let What::Confirm { enrolling: Enrolling { device: Some(device), .. }, .. } = &call.what
            && decided_at(call) >= device.made_at + DEVICE_LIFETIME
        {
            return broken("P4: an enrollment was confirmed after its session's device had expired");
        }
    }
    if swap.after.authenticators().count() > AUTHENTICATORS {
        return broken("P2: more authenticators than the policy allows, and so more guesses at once");
    }
    for event in &swap.events {
        match event {
            EventKind::AuthenticatorBound { binding, .. } => bound(next, call, swap, *binding)?,
            EventKind::AuthenticatorRemoved { authenticator, by, remaining, .. } => {
                let is_due = next.due.is_some_and(|due| due <= decided_at(call));
                if *by == RemovedBy::Owner && *remaining == 0 && is_due {
                    return broken("P5: the last factor was removed although one is required");
                }
                let before = swap.before.as_ref().unwrap();
                removed(next, before, &authenticator.to_string());
                next.everything_is_old(call.id);
            }
            EventKind::RecoveryCodesRegenerated => {
                next.ghost.regenerated = Some(decided_at(call));
                next.bare_enrollments_are_old();
            }
            _ => {}
        }
    }
    let is_bound = |text: &str| swap.after.authenticators().any(|(id, sealed)| sealed.unwrap_or(id) == text);
    next.phones.retain(|phone| is_bound(&phone.text));
    next.keys.retain(|key| is_bound(&key.authenticator));
    Ok(())
}

/// Whether a fresh factor, or a recovery login that replaces one, was presented in this call.
fn has_fresh_factor(state: &State, call: &Call) -> bool {
    match &call.what {
        // The enrollment was begun with a fresh factor.
        What::Confirm { .. } => true,
        What::BindKey { session, chosen, .. } if chosen.typed == Typed::Nothing => {
            is_recovery_login(&session.value, call) && is_after_new_codes(state, &session.value)
        }
        what => what.chosen().is_some_and(|chosen| chosen.typed.is_right()),
    }
}

/// Whether an enrollment may begin with this call while an authenticator is bound.
pub fn may_enroll(state: &State, call: &Call) -> bool {
    match &call.what {
        What::Login { .. } => false,
        What::Enroll { session, chosen, .. } if chosen.typed == Typed::Nothing => {
            // The answer to a decision from before new codes may come after them. The enrollment is then useless.
            let counts = call.is_overtaken || is_after_new_codes(state, &session.value);
            is_recovery_login(&session.value, call) && counts
        }
        _ => true,
    }
}

/// Whether the session began with a recovery code less than an hour ago.
fn is_recovery_login(session: &Session, call: &Call) -> bool {
    let age = decided_at(call).saturating_sub(session.at().as_secs());
    session.method() == AuthMethod::RecoveryCode && age < RECOVERY_LOGIN
}

/// Whether the session began after new recovery codes were last made.
fn is_after_new_codes(state: &State, session: &Session) -> bool {
    state.ghost.regenerated.is_none_or(|made| session.at().as_secs() > made + CLOCK_SKEW)
}

fn bound(next: &mut State, call: &Call, swap: &Stored, binding: Binding) -> Result<(), Violation> {
    let was_bound = swap.before.as_ref().is_some_and(|row| row.is_bound);
    if was_bound && matches!(call.what, What::Import { .. }) {
        return broken("P4: an import although an authenticator is bound");
    }
    if matches!(binding, Binding::First | Binding::Imported | Binding::ImportedQuietly) {
        let ghost = &mut next.ghost;
        ghost.since = next.time;
        (ghost.guesses, ghost.guesses_since_code, ghost.charged) = (0, 0, 0);
        (ghost.restores, ghost.restores_since_code) = (0, 0);
    }
    match &call.what {
        What::Confirm { enrolling, chosen } if call.browser != ATTACKER => {
            next.phones.push(Phone { typed: chosen.last, ..enrolling.phone.clone() });
        }
        What::BindKey { key, .. } if call.browser != ATTACKER => next.keys.push(key.clone()),
        What::Import { .. } => {
            let sealed = swap.after.authenticators().filter_map(|(_, sealed)| sealed).last().unwrap();
            let (id, text) = (hash_bytes(sealed.as_bytes()), Arc::from(sealed));
            next.phones.push(Phone { id, text, secret: imported(), typed: 0 });
        }
        // By the attacker, while nothing was bound: see `attacker_wrote`.
        _ => next.ghost.is_over = true,
    }
    if binding == Binding::ImportedQuietly {
        next.bare_enrollments_are_old();
    } else {
        next.everything_is_old(call.id);
    }
    Ok(())
}

/// The attacker gets the removed authenticator.
fn removed(next: &mut State, before: &Row, authenticator: &str) {
    if let Some((_, Some(sealed))) = before.authenticators().find(|(id, _)| *id == authenticator) {
        let phone = next.phones.iter().find(|phone| *phone.text == *sealed);
        next.ghost.removed = phone.cloned().or(next.ghost.removed.take());
    } else {
        let key = next.keys.iter().find(|key| *key.authenticator == *authenticator);
        next.ghost.removed_key = key.cloned().or(next.ghost.removed_key.take());
    }
}
