//! The rules. They use what everybody presented, and none of the data of the code under test.

use std::fmt;

use second_factor::session::{AuthMethod, EventKind, RefusedBecause};

use crate::call::{Call, Deed, Released, Typed, What};
use crate::canonical::hash_bytes;
use crate::factors::{self, may_enroll};
use crate::scenario::{AUTHENTICATORS, BUDGET, CREDIT, DEVICE_LIFETIME, GRACE, REGAIN};
use crate::state::{ATTACKER, Chosen, State};
use crate::tape::{Answer, Row, Stored};

/// A promise is broken; or the attacker guessed right by chance, which is not a bug.
#[derive(Debug)]
pub enum Violation {
    Broken(String),
    LuckyGuess,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(what) => f.write_str(what),
            Self::LuckyGuess => f.write_str("a lucky guess"),
        }
    }
}

pub fn broken<T>(what: impl Into<String>) -> Result<T, Violation> {
    Err(Violation::Broken(what.into()))
}

/// How many guesses the attacker may make from the first one on, as `Policy::guess_odds` counts: a code counts once for
/// each app that it is compared with.
fn guesses_allowed(state: &State) -> u64 {
    let waited = (state.time - state.ghost.since) / REGAIN;
    BUDGET * (1 + u64::from(state.ghost.restores)) + 2 * CREDIT + waited + 1
}

/// Starts to count at the first guess. The bound includes all credit that was saved until then.
fn begin_count(next: &mut State) {
    if next.ghost.guesses == 0 && next.ghost.charged == 0 {
        next.ghost.since = next.time;
    }
}

/// The time of the call's last decision. A swap does not read the clock, so its time does not count.
pub fn decided_at(call: &Call) -> u64 {
    let mut clocks = call.tape.iter().rev();
    let decided =
        clocks.find(|(_, answer)| matches!(answer, Answer::Row(_) | Answer::Password(_) | Answer::Written));
    decided.map_or(call.started, |(clock, _)| *clock)
}

/// Checks a swap that was stored, whether or not its caller gets the reply.
pub fn on_swap(next: &mut State, call: &Call, swap: &Stored) -> Result<(), Violation> {
    next.ghost.was_held_up |= next.time - call.sent_at >= GRACE;
    let has = |is: &dyn Fn(&EventKind) -> bool| swap.events.iter().any(is);
    let by_code = has(&|event| {
        matches!(
            event,
            EventKind::LoggedIn { method: AuthMethod::Code | AuthMethod::CodesInARow }
                | EventKind::SteppedUp { method: AuthMethod::Code | AuthMethod::CodesInARow }
        )
    });
    let by_key = has(&|event| {
        matches!(
            event,
            EventKind::LoggedIn { method: AuthMethod::HostAuthenticator(_) }
                | EventKind::SteppedUp { method: AuthMethod::HostAuthenticator(_) }
        )
    });
    let confirms = matches!(call.what, What::Confirm { .. })
        && has(&|event| matches!(event, EventKind::AuthenticatorBound { .. }));
    let by_recovery = has(&|event| matches!(event, EventKind::RecoveryCodeUsed { .. }));
    let was_bound = swap.before.as_ref().is_some_and(|row| row.is_bound);
    if by_code || by_recovery || by_key || confirms {
        accepted(next, call, was_bound)?;
    }
    if call.browser == ATTACKER {
        attacker_wrote(next, call, swap, was_bound)?;
    }
    factors::on_swap(next, call, swap)?;
    for event in &swap.events {
        match event {
            EventKind::DeviceTokenStolen { device } => {
                let id = hash_bytes(device.to_string().as_bytes());
                // A request that was held up for longer than the grace period looks like a copy. So does any request if the clocks
                // differ by more than the grace period.
                let is_in_doubt = next.ghost.was_held_up || next.ghost.were_clocks_wrong;
                if next.ghost.stolen_device != Some(id) && !is_in_doubt {
                    return broken("P6: a false alarm: no device token was stolen");
                }
                next.everything_is_old(call.id);
            }
            EventKind::SessionsEnded | EventKind::AccountClosed | EventKind::PasswordChangeInterrupted => {
                next.everything_is_old(call.id);
            }
            EventKind::DeviceForgotten { device, .. } => {
                let id = hash_bytes(device.to_string().as_bytes());
                next.devices_are_gone(|device| device.id == id);
            }
            EventKind::PasswordChanged if call.has_factor() => {
                next.ghost.restores += 1;
                next.ghost.restores_since_code += 1;
            }
            _ => {}
        }
    }
    let mark = |row: &Row| row.between("\"password_change\":", "}").to_owned();
    let is_change = matches!(call.what, What::ChangePassword { .. } | What::Reset { .. });
    let before = swap.before.as_ref().map(|row| mark(row));
    if is_change && swap.after.is_changing_password && before != Some(mark(&swap.after)) {
        next.everything_is_old(call.id);
    }
    Ok(())
}

/// Checks that the proof was accepted only once, was presented by the owner, and was not presented for something that is over.
fn accepted(next: &mut State, call: &Call, was_bound: bool) -> Result<(), Violation> {
    let Some(chosen) = call.what.chosen() else {
        return broken("P1: a code was accepted, but none was presented");
    };
    if call.browser == ATTACKER && matches!(call.what, What::Confirm { .. }) {
        if was_bound {
            return broken("P4: the attacker replaced the owner's authenticator");
        }
        next.ghost.is_over = true;
        return Ok(());
    }
    if !chosen.typed.is_right() {
        let is_lucky = next.phones.iter().any(|phone| {
            let step = decided_at(call) / 30;
            (step - 1..=step + 1).any(|step| phone.code(step) == *chosen.text)
        });
        if is_lucky && matches!(chosen.typed, Typed::Wrong | Typed::Removed) {
            return Err(Violation::LuckyGuess);
        }
        return broken(format!("P1: {:?} was accepted", chosen.typed));
    }
    if call.old || call.what.is_old() {
        return broken("P4: a challenge, session or token from before a change was accepted");
    }
    if call.what.session().is_some() {
        next.ghost.stepped_up = Some(chosen.clone());
    }
    if chosen.typed == Typed::Recovery {
        if next.ghost.recovery_used.contains(&chosen.of) {
            return broken("P1: a recovery code was accepted twice");
        }
        next.ghost.recovery_used.push(chosen.of);
        next.ghost.used_recovery = Some(Chosen { typed: Typed::UsedRecovery, ..chosen.clone() });
        let kept = call.what.session().and(next.browsers[call.browser].session_device.as_ref());
        let kept = kept.map(|device| device.id);
        next.devices_are_gone(|device| Some(device.id) != kept);
        return Ok(());
    }
    if chosen.typed == Typed::Key {
        if next.ghost.used_key.as_ref().is_some_and(|used| used.text == chosen.text) {
            return broken("P1: a signature was accepted twice");
        }
        // The library recognizes only the last signature. The host must refuse older ones: they do not answer its present
        // challenge.
        let is_older = |seen: &Chosen| seen.typed == Typed::UsedKey && seen.text != chosen.text;
        next.pending.retain(|call| !call.what.chosen().is_some_and(is_older));
        next.ghost.used_key = Some(chosen.clone());
        return Ok(());
    }
    if chosen.first <= next.last_accepted(chosen.of) {
        return broken("P1: a code was accepted twice, or after a later one");
    }
    let ghost = &mut next.ghost;
    ghost.accepted.retain(|(of, _)| *of != chosen.of);
    ghost.accepted.push((chosen.of, chosen.last));
    let oldest = ghost.accepted.len().saturating_sub(AUTHENTICATORS);
    ghost.accepted.drain(..oldest);
    ghost.used = Some(chosen.clone());
    // The code that confirms an enrollment gives no credit.
    if !matches!(call.what, What::Confirm { .. }) {
        (ghost.guesses_since_code, ghost.restores_since_code) = (0, 0);
    }
    Ok(())
}

/// Checks that a write caused by the attacker is one of the few that an attacker can cause.
fn attacker_wrote(next: &mut State, call: &Call, swap: &Stored, was_bound: bool) -> Result<(), Violation> {
    if !was_bound {
        return Ok(());
    }
    let before = swap.before.as_ref().unwrap();
    if before.factors() != swap.after.factors() {
        return broken("P4: the attacker changed a factor");
    }
    let has = |is: &dyn Fn(&EventKind) -> bool| swap.events.iter().any(is);
    let is_charge =
        has(&|event| matches!(event, EventKind::CodeRefused { .. } | EventKind::RecoveryCodeRefused { .. }));
    let ends_something = has(&|event| {
        matches!(
            event,
            EventKind::DeviceForgotten { .. }
                | EventKind::DeviceTokenStolen { .. }
                | EventKind::SessionsEnded
                | EventKind::PasswordChangeInterrupted
        )
    });
    let is_rotation =
        has(&|event| matches!(event, EventKind::LoggedIn { method: AuthMethod::RememberedDevice { .. } }));
    if is_charge {
        begin_count(next);
        next.ghost.charged += before.guesses_a_code();
        if u64::from(next.ghost.charged) > guesses_allowed(next) {
            return broken(if call.what.chosen().is_some_and(|chosen| is_guess(chosen.typed)) {
                "P2: more guesses were charged than the odds count"
            } else {
                "P9: more writes for wrong recovery codes than guesses"
            });
        }
    } else if is_rotation {
        let now = decided_at(call);
        if now.abs_diff(next.ghost.rotated) < GRACE && !next.ghost.were_clocks_wrong {
            return broken("P9: two writes for a stolen device token in a grace period");
        }
        next.ghost.rotated = now;
    } else if !ends_something && call.deed != Deed::Reset {
        return broken("P9: the attacker made the service write without need");
    }
    Ok(())
}

/// Whether it is a guess: a code that can only be right by chance.
fn is_guess(typed: Typed) -> bool {
    matches!(typed, Typed::Wrong | Typed::Used | Typed::Removed)
}

/// Whether the owner presented a right proof, within a minute, and nothing has made it invalid since.
fn is_right_in_time(next: &State, call: &Call) -> bool {
    let Some(chosen) = call.what.chosen() else { return false };
    let is_right = match chosen.typed {
        Typed::Right | Typed::Row | Typed::Other | Typed::OtherRow => {
            next.last_accepted(chosen.of) <= chosen.last
        }
        Typed::Key => {
            next.ghost.used_key.as_ref().is_some_and(|used| used.text == chosen.text)
                || chosen.key.as_ref().is_some_and(|key| next.row_has(&key.authenticator))
        }
        Typed::Recovery => {
            let is_it = |digest: &str| hash_bytes(digest.as_bytes()) == chosen.of && next.row_has(digest);
            next.ghost.recovery_used.last() == Some(&chosen.of)
                || next.recovery.iter().any(|(_, digest)| is_it(digest))
        }
        _ => false,
    };
    // The record has only the last step-up.
    let last = next.ghost.stepped_up.as_ref().filter(|_| call.what.session().is_some());
    is_right && last.is_none_or(|last| last.text == chosen.text) && decided_at(call) < call.sent_at + 60
}

/// Checks that the row, the events and `Debug` output contain none of the secrets that the claimant got.
fn shows_no_secret(next: &State, released: &Released, events: &[EventKind]) -> Result<(), Violation> {
    let (secrets, printed) = match released {
        Released::In(session, Some(token)) => {
            (vec![token.expose().to_owned()], format!("{session:?} {token:?}"))
        }
        Released::Challenge(token) => (vec![token.expose().to_owned()], format!("{token:?}")),
        Released::Enrollment(token, secret) => {
            let secrets = vec![token.expose().to_owned(), secret.to_base32().expose().to_owned()];
            (secrets, format!("{token:?} {secret:?}"))
        }
        Released::Bound(Some(codes)) | Released::Codes(codes) => (codes.clone(), String::new()),
        _ => return Ok(()),
    };
    let row = next.shared.row.as_ref().map_or("", |row| &row.text);
    let shown = format!("{printed} {events:?} {row}");
    if secrets.iter().any(|secret| shown.contains(secret)) {
        return broken("P7: a secret is stored, in an event or printed");
    }
    Ok(())
}

/// Checks the answer that a caller got.
pub fn on_release(
    next: &mut State,
    call: &Call,
    released: &Released,
    events: &[EventKind],
) -> Result<(), Violation> {
    shows_no_secret(next, released, events)?;
    let typed = call.what.chosen().map(|chosen| chosen.typed);
    let was_compared = events.iter().any(|event| match event {
        EventKind::CodeRefused { reason } | EventKind::HostAuthenticatorRefused { reason } => {
            matches!(reason, RefusedBecause::Wrong | RefusedBecause::Replayed | RefusedBecause::ClockOff(_))
        }
        EventKind::RecoveryCodeRefused { reason } => *reason == RefusedBecause::Wrong,
        _ => false,
    });
    if call.browser == ATTACKER && was_compared && typed.is_some_and(is_guess) {
        begin_count(next);
        let rows = call.tape.iter().rev().filter_map(|(_, answer)| match answer {
            Answer::Row(row) => row.as_ref(),
            _ => None,
        });
        let guesses = rows.map(|row| row.guesses_a_code()).next().unwrap();
        next.ghost.guesses += guesses;
        next.ghost.guesses_since_code += guesses;
        let at_once = BUDGET * (1 + u64::from(next.ghost.restores_since_code)) + CREDIT;
        if u64::from(next.ghost.guesses) > guesses_allowed(next) {
            return broken("P2: more guesses were compared than the odds count");
        }
        if u64::from(next.ghost.guesses_since_code) > at_once {
            return broken("P2: more guesses between two accepted codes than the budget and the credit");
        }
    }
    if call.again && was_compared && !next.ghost.were_clocks_wrong && is_right_in_time(next, call) {
        return broken("P6: the same form sent twice counted as a wrong code");
    }
    let is_good = released.is_good();
    if is_good && call.tape.iter().any(|(_, answer)| matches!(answer, Answer::Failed)) {
        return broken("P5: the store failed, but a request succeeded");
    }
    let bound = call.tape.iter().any(|(_, answer)| matches!(answer, Answer::Row(Some(row)) if row.is_bound));
    let is_accepted_by_attacker = is_good && call.browser == ATTACKER && bound && call.deed != Deed::Reset;
    if matches!(released, Released::Enrollment(..)) && bound && !may_enroll(next, call) {
        return broken("P4: an enrollment without a factor and without a recovery login within the hour");
    }
    let Released::In(session, _) = released else {
        if is_accepted_by_attacker && !next.ghost.is_over {
            return broken("P4: the attacker got something that needs a factor");
        }
        return Ok(());
    };
    let stored = call.tape.iter().any(|(_, answer)| matches!(answer, Answer::Stored(_)));
    match (session.method(), &call.what) {
        (AuthMethod::SingleFactor, _) if bound => {
            broken("P5: logged in by the password alone, although a factor is bound")
        }
        (AuthMethod::SingleFactor, _) if next.due.is_some_and(|due| due <= decided_at(call)) => {
            broken("P5: logged in by the password alone, although a factor is required")
        }
        (AuthMethod::SingleFactor, _) => Ok(()),
        (AuthMethod::RememberedDevice { .. }, What::Login { cookie: Some(device), .. }) => {
            let now = decided_at(call);
            if device.old {
                return broken("P4: logged in by a device that was forgotten");
            }
            if now >= device.made_at + DEVICE_LIFETIME {
                return broken("P8: logged in by a device after its 30 days");
            }
            if now + 60 < device.made_at {
                return broken("P8: logged in by a device that a clock far ahead made");
            }
            Ok(())
        }
        (AuthMethod::RememberedDevice { .. }, _) => broken("P8: logged in by a device without a token"),
        _ if call.browser == ATTACKER => broken("P1: the attacker logged in with a code"),
        _ if !stored => broken("P1: logged in with a code whose use was not stored"),
        _ => Ok(()),
    }
}
