//! A breadth-first search, so the first trace to a broken promise is one of the shortest.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

use crate::action::{Action, actions};
use crate::call::TapeVerifier;
use crate::canonical::Canonical;
use crate::probe;
use crate::rules::Violation;
use crate::scenario::Scenario;
use crate::state::State;
use crate::step::step;
use crate::trace::trace;

/// What a search has covered.
#[derive(Debug, Default)]
pub struct Seen {
    pub states: usize,
    pub steps: usize,
    pub depth: usize,
    pub probes: usize,
    /// Whether every reachable state was visited.
    pub is_complete: bool,
}

/// A state that was reached, by one action from another.
#[derive(Clone, Copy)]
struct Node {
    parent: u32,
    action: Action,
}

/// Visits at most `most` states.
///
/// # Panics
///
/// With a trace, if a promise is broken.
pub fn search(scenario: &Scenario, service: &TapeVerifier, most: usize) -> Seen {
    let mut first = State::new(scenario);
    for (index, action) in scenario.start.iter().enumerate() {
        first = match step(&first, *action, service) {
            Ok(Some((next, _))) => next,
            Ok(None) => panic!("{}: {action:?} cannot be done", scenario.name),
            Err(violation) => {
                panic!("{}", trace(scenario, &scenario.start[..=index], service, &violation, &[]))
            }
        };
    }
    let mut seen = Seen::default();
    let mut known: HashSet<u128, BuildHasherDefault<AsItIs>> = HashSet::default();
    let mut nodes: Vec<Node> = Vec::new();
    let mut queue = VecDeque::new();
    known.insert(Canonical::of(&first));
    queue.push_back((u32::MAX, 0, first));
    while let Some((at, depth, state)) = queue.pop_front() {
        match probe::probe(&state, scenario, service, None) {
            Ok(was_made) => seen.probes += usize::from(was_made),
            Err(Violation::LuckyGuess) => {}
            Err(violation) => {
                let mut lines = Vec::new();
                let _ = probe::probe(&state, scenario, service, Some(&mut lines));
                panic!("{}", trace(scenario, &path(scenario, &nodes, at, None), service, &violation, &lines))
            }
        }
        seen.depth = seen.depth.max(depth);
        for action in actions(&state, scenario) {
            if known.len() >= most {
                break;
            }
            seen.steps += 1;
            let next = match step(&state, action, service) {
                Ok(Some((next, _))) => next,
                Ok(None) | Err(Violation::LuckyGuess) => continue,
                Err(violation) => panic!(
                    "{}",
                    trace(scenario, &path(scenario, &nodes, at, Some(action)), service, &violation, &[])
                ),
            };
            if next.ghost.is_over || !known.insert(Canonical::of(&next)) {
                continue;
            }
            nodes.push(Node { parent: at, action });
            queue.push_back((nodes.len() as u32 - 1, depth + 1, next));
        }
    }
    seen.states = known.len();
    seen.is_complete = seen.states < most;
    seen
}

/// The actions that led to a node, from the very beginning.
fn path(scenario: &Scenario, nodes: &[Node], mut at: u32, last: Option<Action>) -> Vec<Action> {
    let mut path: Vec<Action> = last.into_iter().collect();
    while let Some(node) = nodes.get(at as usize) {
        path.push(node.action);
        at = node.parent;
    }
    path.extend(scenario.start.iter().rev());
    path.reverse();
    path
}

/// The keys are hashes already, so they are used unchanged.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = u64::from_le_bytes(bytes[..8].try_into().unwrap());
    }

    fn write_u128(&mut self, number: u128) {
        self.0 = number as u64;
    }
}
