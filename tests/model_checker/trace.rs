//! The trace of a broken promise, for people to read.

use crate::action::{Action, How};
use crate::call::TapeVerifier;
use crate::rules::Violation;
use crate::scenario::Scenario;
use crate::state::{ATTACKER, State};
use crate::step::step;
use crate::tape::Fault;

/// The most lines that are shown of an attempt to log in.
const MOST_LINES: usize = 8;

/// The path to a broken promise, with a line for each action.
pub fn trace(
    scenario: &Scenario,
    path: &[Action],
    service: &TapeVerifier,
    violation: &Violation,
    after: &[String],
) -> String {
    let mut lines = vec![format!("{violation}\n  in the search \"{}\":", scenario.name)];
    let mut state = State::new(scenario);
    for (index, action) in path.iter().enumerate() {
        let (next, said) = match step(&state, *action, service) {
            Ok(Some((next, said))) => (next, said),
            Ok(None) => panic!("{action:?} is in the path but cannot be done"),
            Err(found) => (state.clone(), Some(found.to_string())),
        };
        lines.push(format!("{:4}. {}", index + 1, line(&state, &next, *action, said)));
        state = next;
    }
    let skipped = after.len().saturating_sub(MOST_LINES);
    if skipped > 0 {
        lines.push(format!("    > {skipped} steps of the owner's attempt, then:"));
    }
    lines.extend(after.iter().skip(skipped).map(|line| format!("    > {line}")));
    lines.join("\n")
}

/// An action as a line.
pub fn line(state: &State, next: &State, action: Action, said: Option<String>) -> String {
    let (who, instance, what) = match action {
        Action::Tick(secs) => return format!("time      {secs} s pass"),
        Action::Skew(instance, secs) => {
            return format!("time      the clock of instance {} is {secs} s off", name(instance.into()));
        }
        Action::StealSession(browser) => {
            return format!("attacker  steals the session of browser {}", browser + 1);
        }
        Action::StealDevice(browser) => {
            return format!("attacker  copies the device cookie of browser {}", browser + 1);
        }
        Action::Twin => return "owner     has the same secret in both apps".to_owned(),
        Action::LoseRecoveryCodes => return "owner     keeps two recovery codes".to_owned(),
        Action::Call { browser, instance, deed, how } => {
            (usize::from(browser), usize::from(instance), format!("{deed:?}{}", words(how)))
        }
        Action::Again { instance, how } => {
            let sent = state.sent.as_ref().unwrap();
            (sent.browser, instance.into(), format!("{:?} sent again{}", sent.deed, words(how)))
        }
        Action::Go(index, fault) => {
            let call = &state.pending[usize::from(index)];
            let fault = match fault {
                Fault::None | Fault::NoEntropy => "",
                Fault::Lost => ", done but its reply is lost",
                Fault::Failed => ", which fails",
                Fault::Conflict => ", which gets a conflict",
            };
            let op = call.waiting.map_or("a step".to_owned(), |op| format!("{op:?}"));
            (call.browser, call.instance, format!("{:?} goes on: {op}{fault}", call.deed))
        }
        Action::Rest(index) => {
            let call = &state.pending[usize::from(index)];
            (call.browser, call.instance, format!("{:?} goes on to its end", call.deed))
        }
        Action::Drop(index) => {
            let call = &state.pending[usize::from(index)];
            (call.browser, call.instance, format!("{:?} is dropped", call.deed))
        }
    };
    let who = if who == ATTACKER { "attacker".to_owned() } else { format!("owner, browser {}", who + 1) };
    let clock = next.skews[instance];
    let clock = if clock == 0 { String::new() } else { format!(" ({clock:+} s)") };
    let said = said.unwrap_or_else(|| "held up".to_owned());
    format!("{who}, instance {}{clock}: {what} -> {said}", name(instance))
}

fn name(instance: usize) -> char {
    if instance == 0 { 'A' } else { 'B' }
}

fn words(how: How) -> &'static str {
    match how {
        How::Whole => "",
        How::Begin => " begins",
        How::Failing => "  with a store that fails",
        How::NoEntropy => " without random bytes",
        How::Lost => ", the reply to its swap is lost",
    }
}
