use core::time::Duration;
use std::collections::HashMap;

use second_factor::{AccountRecord, Policy, Refusal, Session};

use super::from_env;
use super::ledger::{Ledger, Who};
use super::service::{Door, Service};

/// One wait: a week.
const UNIT: Duration = Duration::from_secs(7 * 86_400);

/// The time to regain a guess is a minute more than a whole number of units, so that a clock error of half a minute matters.
const MORE: Duration = Duration::from_secs(60);

/// The error of the second instance's clock: none, more than the longest credit, or so small that the owner's codes are
/// accepted.
const SKEWS: [i64; 5] = [0, 400 * 86_400, -400 * 86_400, 59, -30];

#[derive(Clone, Copy, Debug)]
enum Action {
    /// A guess that is not counted comes before the span that is measured.
    Guess {
        instance: usize,
        is_counted: bool,
    },
    OwnerSucceeds {
        instance: usize,
    },
    Wait,
    Jump {
        to: i64,
    },
}

/// The state after a sequence of actions.
#[derive(Clone)]
struct State {
    record: AccountRecord,
    /// The budget in the record.
    spent: u64,
    since: u64,
    now: u64,
    skew: i64,
    last_step: u64,
    /// The time of the first counted guess.
    first_guess: Option<u64>,
    guesses: u64,
}

/// Everything that influences the next actions, relative to now.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    spent: u64,
    /// How long credit has accumulated, up to the most that counts.
    since: i64,
    skew: i64,
    is_step_used: bool,
}

impl State {
    fn key(&self, policy: &Policy) -> Key {
        let Self { spent, since, .. } = *self;
        let all = policy.regain_every().as_secs() * u64::from(policy.most_credit() + 2);
        let since = i64::try_from(self.now).unwrap() - i64::try_from(since).unwrap();
        Key {
            spent,
            since: since.min(i64::try_from(all).unwrap()),
            skew: self.skew,
            is_step_used: self.last_step >= self.now / 30,
        }
    }

    fn span(&self) -> Option<Duration> {
        self.first_guess.map(|first| Duration::from_secs(self.now - first))
    }

    /// Whether this state, of two with the same key, is at least as good for the adversary.
    fn is_as_good_as(&self, other: &Self) -> bool {
        self.guesses >= other.guesses && self.span() <= other.span()
    }
}

/// Tries every order of `depth` actions. Returns by how much the adversary stays below the stated number of guesses, and
/// how many states were tried.
fn least_slack(policy: &Policy, depth: usize) -> (u64, usize) {
    let mut service = Service::new(policy, 1, 5);
    let session = service.stolen_session();
    let record = service.row().value;
    let (spent, since) = Service::budget(&record);
    let begun = State {
        record,
        spent,
        since,
        now: service.now,
        skew: 0,
        last_step: service.now / 30 - 1,
        first_guess: None,
        guesses: 0,
    };
    let (mut least, mut tried) = (u64::MAX, 0);
    let mut layer = HashMap::from([(begun.key(policy), vec![begun])]);
    for _ in 0..depth {
        let mut next: HashMap<Key, Vec<State>> = HashMap::new();
        for state in layer.values().flatten() {
            for action in actions(state) {
                let Some(after) = after(&mut service, &session, state, action) else { continue };
                tried += 1;
                let stated = policy.guess_odds(after.span().unwrap_or_default()).guesses();
                let slack = stated.checked_sub(after.guesses);
                least =
                    least.min(slack.unwrap_or_else(|| panic!("{action:?}: {} of {stated}", after.guesses)));
                let same = next.entry(after.key(policy)).or_default();
                if !same.iter().any(|kept| kept.is_as_good_as(&after)) {
                    same.retain(|kept| !after.is_as_good_as(kept));
                    same.push(after);
                }
            }
        }
        layer = next;
    }
    (least, tried)
}

fn actions(state: &State) -> Vec<Action> {
    let mut actions = vec![Action::OwnerSucceeds { instance: 0 }, Action::Wait];
    for is_counted in [true, false] {
        if is_counted || state.first_guess.is_none() {
            actions.push(Action::Guess { instance: 0, is_counted });
            if state.skew != 0 {
                actions.push(Action::Guess { instance: 1, is_counted });
            }
        }
    }
    if state.skew != 0 && state.skew.abs() < 60 {
        actions.push(Action::OwnerSucceeds { instance: 1 });
    }
    actions.extend(SKEWS.iter().filter(|to| **to != state.skew).map(|to| Action::Jump { to: *to }));
    actions
}

/// `None` if the action changes nothing.
fn after(service: &mut Service, session: &Session, state: &State, action: Action) -> Option<State> {
    let mut next = state.clone();
    match action {
        Action::Wait => next.now += UNIT.as_secs(),
        Action::Jump { to } => next.skew = to,
        Action::Guess { instance, .. } | Action::OwnerSucceeds { instance } => {
            service.set_record(&state.record);
            (service.now, service.skews[1], service.last_step) = (state.now, state.skew, state.last_step);
            service.ledger = Ledger::default();
            let door = Door::StepUp(session, instance);
            if let Action::Guess { is_counted, .. } = action {
                let _ = service.guess(&door, Who::Attacker);
                if service.ledger.total() == 0 {
                    return None;
                }
                if is_counted {
                    next.guesses += 1;
                    next.first_guess = next.first_guess.or(Some(state.now));
                }
            } else {
                let code = service.read_code();
                if let Err(refused) = service.enter(&door, &code, Who::Owner) {
                    // During a lock a single code is refused, so the owner types codes in a row.
                    let Refusal::Locked { .. } = refused else { return None };
                    let codes = service.read_codes_in_a_row();
                    service.enter(&door, &codes, Who::Owner).ok()?;
                }
            }
            next.record = service.row().value;
            (next.spent, next.since) = Service::budget(&next.record);
            (next.now, next.last_step) = (service.now, service.last_step);
        }
    }
    Some(next)
}

/// The least slack for regain times of one to three units.
fn least_slacks(budget: u16, depth: usize) -> [u64; 3] {
    let depth = from_env("GUESS_ODDS_DEPTH", depth);
    [1, 2, 3].map(|units| {
        let builder = Policy::builder("Example").authenticators(1);
        let policy = builder.guess_budget(budget, UNIT * units + MORE).build().unwrap();
        let (slack, tried) = least_slack(&policy, depth);
        println!("budget {budget}, {units} units: {slack} left, {tried} states in {depth} actions");
        slack
    })
}

/// The bound is exact: it includes the one guess for clocks that are half a minute off.
#[test]
fn with_a_budget_of_one_every_order_of_actions_reaches_the_bound() {
    assert_eq!(least_slacks(1, 12), [0, 0, 0]);
}

#[test]
fn with_a_budget_of_two_no_order_of_actions_beats_the_bound() {
    assert!(least_slacks(2, 9).iter().all(|slack| *slack <= 1));
}

#[test]
fn with_a_budget_of_three_no_order_of_actions_beats_the_bound() {
    assert!(least_slacks(3, 9).iter().all(|slack| *slack <= 3));
}
