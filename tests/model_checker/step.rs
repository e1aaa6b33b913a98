//! Goes from a state to the next one with the real code.

use std::sync::Arc;

use second_factor::store::Versioned;

use crate::action::{Action, How, what};
use crate::call::{Call, Deed, Released, TapeVerifier, Typed, What};
use crate::host::serve;
use crate::release::release;
use crate::rules::{self, Violation};
use crate::scenario::GRACE;
use crate::state::{ATTACKER, Sent, State};
use crate::tape::{Answer, Fault, Row, Run, Setting, run};

/// The next state and what the service answered, or `None` if another action has the same effect.
pub type Next = Option<(State, Option<String>)>;

/// Carries out an action.
pub fn step(state: &State, action: Action, service: &TapeVerifier) -> Result<Next, Violation> {
    let mut next = state.clone();
    match action {
        Action::Tick(secs) => {
            next.time += u64::from(secs);
            Ok(Some((next, None)))
        }
        Action::Skew(instance, secs) => {
            next.skews[usize::from(instance)] = secs.into();
            next.ghost.were_clocks_wrong |= u64::from(secs.unsigned_abs()) >= GRACE;
            Ok(Some((next, None)))
        }
        Action::StealSession(from) => {
            let from = next.browsers[usize::from(from)].clone();
            next.browsers[ATTACKER].session = from.session;
            next.browsers[ATTACKER].session_device = from.session_device;
            Ok(Some((next, None)))
        }
        Action::StealDevice(from) => {
            let cookie = next.browsers[usize::from(from)].cookie.clone();
            next.ghost.stolen_device = cookie.as_ref().map(|device| device.id);
            next.browsers[ATTACKER].cookie = cookie;
            Ok(Some((next, None)))
        }
        Action::LoseRecoveryCodes => {
            let row = next.shared.row.as_ref().unwrap();
            let mut value = serde_json::to_value(&row.stored.value).unwrap();
            value["record"]["recovery"].as_array_mut().unwrap().truncate(2);
            let value = serde_json::from_value(value).unwrap();
            next.shared.row = Some(Arc::new(Row::new(Versioned { value, revision: row.stored.revision })));
            Ok(Some((next, None)))
        }
        Action::Twin => {
            let row = next.shared.row.as_ref().unwrap();
            let mut value = serde_json::to_value(&row.stored.value).unwrap();
            let bound = value["record"]["authenticators"].as_array_mut().unwrap();
            bound[1]["prover"] = bound[0]["prover"].clone();
            let value = serde_json::from_value(value).unwrap();
            next.shared.row = Some(Arc::new(Row::new(Versioned { value, revision: row.stored.revision })));
            let known: Vec<_> = next.apps().take(1).cloned().collect();
            next.phones = known;
            Ok(Some((next, None)))
        }
        Action::Call { browser, instance, deed, how } => {
            let browser = usize::from(browser);
            let Some(what) = what(state, browser, deed) else { return Ok(None) };
            if browser != ATTACKER {
                if let Some(chosen) = what.chosen() {
                    for phone in next.phones.iter_mut().filter(|phone| phone.id == chosen.of) {
                        phone.typed = phone.typed.max(chosen.last);
                    }
                    if chosen.typed == Typed::Recovery {
                        next.typed_recovery.push(chosen.of);
                    }
                }
                let sent = Sent { what: what.clone(), deed, browser, at: state.time };
                next.sent = Some(Arc::new(sent));
            }
            let call = begin(&mut next, browser, instance, deed, what);
            carry_on(next, call, how, service)
        }
        Action::Again { instance, how } => {
            let Some(sent) = next.sent.take() else { return Ok(None) };
            let mut call = begin(&mut next, sent.browser, instance, sent.deed, sent.what.clone());
            (call.again, call.sent_at) = (true, sent.at);
            carry_on(next, call, how, service)
        }
        Action::Go(index, fault) => {
            let mut call = Call::clone(&next.pending.remove(usize::from(index)));
            call.has_conflict |= fault == Fault::Conflict;
            advance(next, call, 1, fault, service)
        }
        Action::Rest(index) => {
            let call = Call::clone(&next.pending.remove(usize::from(index)));
            advance(next, call, u32::MAX, Fault::None, service)
        }
        Action::Drop(index) => {
            next.pending.remove(usize::from(index));
            Ok(Some((next, None)))
        }
    }
}

fn begin(next: &mut State, browser: usize, instance: u8, deed: Deed, what: What) -> Call {
    next.calls += 1;
    let instance = usize::from(instance);
    Call {
        id: next.calls,
        browser,
        instance,
        deed,
        what,
        started: next.clock(instance),
        sent_at: next.time,
        tape: Vec::new(),
        waiting: None,
        old: false,
        again: false,
        has_conflict: false,
        is_overtaken: false,
        due: next.due,
    }
}

fn carry_on(next: State, call: Call, how: How, service: &TapeVerifier) -> Result<Next, Violation> {
    match how {
        How::Whole => advance(next, call, u32::MAX, Fault::None, service),
        How::Begin => advance(next, call, 1, Fault::None, service),
        How::NoEntropy => advance(next, call, u32::MAX, Fault::NoEntropy, service),
        How::Failing => advance(next, call, u32::MAX, Fault::Failed, service),
        How::Lost => advance(next, call, u32::MAX, Fault::Lost, service),
    }
}

/// Runs a call for `live` more operations, checks the results and stores them.
fn advance(
    mut next: State,
    mut call: Call,
    live: u32,
    fault: Fault,
    service: &TapeVerifier,
) -> Result<Next, Violation> {
    let is_first = call.tape.is_empty();
    let setting = Setting {
        shared: std::mem::take(&mut next.shared),
        tape: std::mem::take(&mut call.tape),
        started: call.started,
        live_clock: next.clock(call.instance),
        live,
        compare_waits: next.is_slow,
        fault,
        seed: call.id.wrapping_mul(0xd134_2543_de82_ef95),
    };
    let (outcome, run) = run(setting, serve(&call, service));
    let Run { shared, tape, events, stored, waiting, had_no_entropy, .. } = run;
    if had_no_entropy && (!stored.is_empty() || outcome.as_ref().is_some_and(Released::is_good)) {
        return rules::broken("P5: something was decided although there were no random bytes");
    }
    next.shared = shared;
    call.tape = tape;
    call.waiting = waiting;
    let was_lost = call.tape.iter().any(|(_, answer)| matches!(answer, Answer::Failed));
    if fault == Fault::Lost && is_first && !was_lost || live == 1 && is_first && outcome.is_some() {
        return Ok(None);
    }
    match call.deed {
        // The owner knows every password that the owner has set.
        Deed::ChangePassword(_) if call.browser != ATTACKER => next.password = next.shared.password,
        Deed::Reset if call.browser == ATTACKER => next.ghost.used_mailbox = true,
        _ => {}
    }
    for note in &stored {
        rules::on_swap(&mut next, &call, note)?;
    }
    let Some(released) = outcome else {
        next.pending.push(Arc::new(call));
        return Ok(Some((next, None)));
    };
    rules::on_release(&mut next, &call, &released, &events)?;
    let said = said(&released);
    release(&mut next, &call, released, &events);
    Ok(Some((next, Some(said))))
}

fn said(released: &Released) -> String {
    match released {
        Released::In(session, device) => {
            let method = session.method();
            let device = if device.is_some() { ", with a device token" } else { "" };
            format!("logged in by {method:?}{device}")
        }
        Released::Challenge(_) => "a code is asked for".to_owned(),
        Released::Enrollment(..) => "an enrollment".to_owned(),
        Released::Bound(_) => "bound".to_owned(),
        Released::Codes(_) => "new recovery codes".to_owned(),
        Released::Off(_) => "removed".to_owned(),
        Released::Renamed => "renamed".to_owned(),
        Released::Imported => "imported".to_owned(),
        Released::Changed(_) => "the password is changed".to_owned(),
        Released::NotWritten => "the password was not written".to_owned(),
        Released::Unfinished => "the password change is unfinished".to_owned(),
        Released::Closed => "closed".to_owned(),
        Released::Ended => "all sessions ended".to_owned(),
        Released::Forgotten => "devices forgotten".to_owned(),
        Released::WrongPassword => "wrong password".to_owned(),
        Released::Refused(refusal) => format!("refused: {refusal:?}"),
        Released::Failed(error) => format!("failed: {error}"),
    }
}
