use second_factor::{Algorithm, Digits, Period, Policy, TotpParams, Window};

use super::attacker::{Attacker, Moment, Strategy};
use super::clocks::Clocks;
use super::ledger::at_once;
use super::owner::Owner;
use super::service::Service;
use super::{YEAR, from_env, quickest};
use crate::support::{DAY, days};

/// One strategy for a year.
#[derive(Clone, Debug)]
struct Case {
    policy: Policy,
    apps: u8,
    strategy: Strategy,
    owner: Owner,
    clocks: Clocks,
    seed: u64,
}

/// The result.
#[derive(Clone, Copy, Debug)]
struct Measured {
    guesses: u64,
    stated: u64,
    restores: u64,
    between: u64,
}

fn simulate(case: &Case) -> Measured {
    let Case { policy, apps, strategy, owner, clocks, seed } = case;
    let mut service = Service::new(policy, *apps, *seed);
    let mut attacker = Attacker::new(*strategy);
    let begun = service.now;
    let at = |day: u64| begun + day * DAY.as_secs();
    for day in 0..365 {
        service.now = service.now.max(at(day));
        clocks.turn(&mut service, day);
        attacker.acts(&mut service, Moment::Idle);
        attacker.waits(&mut service, at(day) + DAY.as_secs() / 2);
        if owner.comes_on(day) {
            attacker.acts(&mut service, Moment::BeforeOwner);
            owner.acts(&mut service, &mut attacker, day);
            attacker.acts(&mut service, Moment::AfterCode);
        }
        if day % 61 == seed % 61 {
            service.assert_promises();
        }
    }
    service.now = at(365);
    attacker.acts(&mut service, Moment::End);
    service.assert_promises();

    service.ledger.assert_within(policy);
    let measured = Measured {
        guesses: service.ledger.total(),
        stated: policy.guess_odds(YEAR).guesses(),
        restores: service.ledger.restores(),
        between: service.ledger.most_between,
    };
    assert!(measured.guesses <= measured.stated + measured.restores * at_once(policy), "{measured:?}");
    assert_eq!(service.ledger.refunded_to_attacker, 0);
    measured
}

/// Usual policies, and some near the limits of what `build` accepts; each with the number of apps. A passkey is added if
/// there is room.
fn policies() -> Vec<(Policy, u8)> {
    let default = Policy::new("Example").unwrap();
    let default_with = |digits| {
        let params = TotpParams::new(Algorithm::Sha1, digits, Period::DEFAULT);
        Policy::builder("Example").totp(params).build().unwrap()
    };
    let wide = |steps| Window::wide(steps, steps).unwrap();
    let never = Policy::builder("Example").guess_budget(20, days(366)).build().unwrap();
    let (six, seven, eight) = (Digits::Six, Digits::Seven, Digits::Eight);
    vec![
        (default.clone(), 1),
        (default.clone(), 3),
        (default, 2),
        (default_with(seven), 1),
        (default_with(eight), 1),
        (never, 1),
        (quickest(six, Window::DEFAULT, 1, 1).unwrap(), 1),
        (quickest(six, Window::DEFAULT, 50, 5).unwrap(), 5),
        (quickest(six, Window::DEFAULT, 20, 5).unwrap(), 4),
        (quickest(seven, Window::EXACT, 20, 2).unwrap(), 2),
        (quickest(eight, Window::EXACT, 50, 1).unwrap(), 1),
        (quickest(six, wide(2), 10, 1).unwrap(), 1),
        (quickest(eight, wide(10), 20, 1).unwrap(), 1),
    ]
}

/// The case with this number. The first 72 combine each strategy with each owner.
fn case(number: usize, policies: &[(Policy, u8)]) -> Case {
    let (policy, apps) = policies[number % policies.len()].clone();
    Case {
        policy,
        apps,
        strategy: Strategy::ALL[number % Strategy::ALL.len()],
        owner: Owner::ALL[number % Owner::ALL.len()],
        clocks: Clocks::ALL[(number / 8 + number) % Clocks::ALL.len()],
        seed: number as u64,
    }
}

#[test]
fn no_strategy_gets_more_guesses_than_stated_under_any_clock() {
    let policies = policies();
    let years = from_env("GUESS_ODDS_YEARS", 112);
    let most = (0..years).map(|number| {
        let case = case(number, &policies);
        let measured = simulate(&case);
        println!(
            "{:?}, {:?}, {:?}, budget {}, {} apps: {} guesses of {}, {} between two codes, {} restores",
            case.strategy,
            case.owner,
            case.clocks,
            case.policy.guess_budget(),
            case.apps,
            measured.guesses,
            measured.stated,
            measured.between,
            measured.restores
        );
        measured
    });
    // The bound is tight.
    let closest = most
        .filter(|year| year.restores == 0 && year.stated > 100)
        .map(|year| year.stated - year.guesses)
        .min();
    assert!(closest.unwrap() <= 1, "{closest:?} guesses below the stated number");
}
