use core::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRunner};
use second_factor::session::{PolicyBuilder, PolicyError};
use second_factor::{Digits, Policy, Refusal, Window};

use super::attacker::{Attacker, Moment, Strategy};
use super::ledger::Who;
use super::owner::log_in;
use super::service::{Door, Service};
use super::{YEAR, quickest};
use crate::support::{DAY, days};

#[test]
fn the_default_states_162_guesses_a_year_and_1_in_2057() {
    let policy = Policy::new("Example").unwrap();
    let year = policy.guess_odds(YEAR);
    assert_eq!((year.guesses(), year.one_in()), (162, 2_057));
    assert!(year.probability() <= 1.0 / 2_057.0);
    assert_eq!((policy.guess_budget(), policy.most_credit()), (20, 10));
    // On the first day alone, and over ten years.
    assert_eq!(policy.guess_odds(DAY).guesses(), 41);
    assert_eq!(policy.guess_odds(10 * YEAR).guesses(), 41 + 1_216);
}

fn of(budget: u16, regain: Duration, window: Window, authenticators: u8) -> PolicyBuilder {
    Policy::builder("Example").guess_budget(budget, regain).window(window).authenticators(authenticators)
}

#[test]
fn the_builder_accepts_what_is_at_the_bound_and_not_one_guess_more() {
    let (exact, usual) = (Window::EXACT, Window::DEFAULT);
    // 2^31 / (166 * 3 * 2,148) = 2,007; one guess more, 1,995.
    let at_most = of(24, days(3), usual, 3);
    assert_eq!(at_most.build().unwrap().guess_odds(YEAR).one_in(), 2_007);
    assert_eq!(of(25, days(3), usual, 3).build(), Err(PolicyError::GuessOdds { one_in: 1_995 }));
    // 99 and 100 guesses between two accepted codes.
    assert_eq!(of(50, days(30) / 50, exact, 3).build(), Err(PolicyError::TooManyGuesses { guesses: 100 }));
    assert!(matches!(of(50, days(30) / 49, exact, 3).build(), Err(PolicyError::GuessOdds { .. })));
    // The setter accepts an hour, but the odds never do.
    let hour = Duration::from_secs(3_600);
    assert!(matches!(of(1, hour, exact, 1).build(), Err(PolicyError::GuessOdds { .. })));
    let budget = "`guess_budget` is out of bounds: the number of authenticators to 50";
    for (builder, text) in [
        (of(1, Duration::from_secs(3_599), exact, 1), "`regain_every` is out of bounds: 1 hour to 366 days"),
        (of(0, days(3), exact, 1), budget),
        (of(51, days(3), exact, 1), budget),
        // One guess counts once for each authenticator.
        (of(1, days(3), exact, 3), budget),
        (of(20, days(3), exact, 0), "`authenticators` is out of bounds: 1 to 5"),
        (of(20, days(3), exact, 6), "`authenticators` is out of bounds: 1 to 5"),
    ] {
        let refused = builder.build().unwrap_err();
        assert!(matches!(refused, PolicyError::OutOfBounds { .. }));
        assert_eq!(refused.to_string(), format!("the policy's {text}"));
    }
}

#[test]
fn a_second_less_than_the_quickest_regain_is_refused() {
    for (window, budget) in [(Window::EXACT, 50), (Window::DEFAULT, 1), (Window::wide(4, 4).unwrap(), 10)] {
        let policy = quickest(Digits::Six, window, budget, 1).unwrap();
        let quicker = Duration::from_secs(policy.regain_every().as_secs() - 1);
        assert!(matches!(of(budget, quicker, window, 1).build(), Err(PolicyError::GuessOdds { .. })));
    }
}

#[test]
fn every_policy_that_builds_is_within_the_bounds() {
    let regain = prop_oneof![Just(3_600_u64), 3_500_u64..400_000, 3_600_u64..=367 * 86_400];
    let steps = prop_oneof![Just((0, 0)), Just((1, 1)), (0_u8..=10, 0_u8..=10)];
    let settings = (0_u16..=60, regain, steps, 0_u8..=6);
    let config = Config { cases: 20_000, failure_persistence: None, ..Config::default() };
    let rng = proptest::test_runner::TestRng::from_seed(RngAlgorithm::ChaCha, &[0x0d; 32]);
    let result = TestRunner::new_with_rng(config, rng).run(&settings, |(budget, secs, (past, future), n)| {
        let built = of(budget, Duration::from_secs(secs), Window::wide(past, future).unwrap(), n).build();
        let is_in_bounds = (1..=5).contains(&n)
            && (n.into()..=50).contains(&budget)
            && (3_600..=366 * 86_400).contains(&secs);
        // The formula of the bound, written a second time.
        let credit = u64::from(budget).min(30 * 86_400 / secs);
        let guesses = u64::from(budget) + 2 * credit + YEAR.as_secs() / secs + 1;
        // An account may have five apps from an earlier policy, and then has five guesses at once.
        let most = guesses + 5_u64.saturating_sub(budget.into());
        let winning = most * u64::from(past + future + 1) * (1_u64 << 31).div_ceil(1_000_000);
        let is_unlikely = winning * 2_000 <= 1 << 31;
        let is_few = u64::from(budget) + credit < 100;
        prop_assert_eq!(built.is_ok(), is_in_bounds && is_few && is_unlikely);
        if let Ok(policy) = built {
            prop_assert_eq!(policy.guess_odds(YEAR).guesses(), guesses);
            prop_assert!(policy.guess_odds(YEAR).one_in() >= Policy::MIN_ODDS);
            prop_assert_eq!(u64::from(policy.most_credit()), credit);
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

fn guesses(service: &mut Service, count: usize) -> Refusal {
    let session = service.stolen_session();
    let told = (0..count).map(|_| service.guess(&Door::StepUp(&session, 0), Who::Attacker).unwrap_err());
    told.last().unwrap()
}

fn set_policy(service: &mut Service, policy: &Policy) {
    service.policy = policy.clone();
    (0..Service::INSTANCES).for_each(|number| service.set_policy(number, policy));
}

/// A budget of 20, of which 15 are spent, is changed to 5.
#[test]
fn g23_after_a_change_of_the_budget_the_lock_is_reported_correctly() {
    let five = of(5, days(3), Window::DEFAULT, 3).build().unwrap();
    let mut service = Service::new(&Policy::new("Example").unwrap(), 1, 9);
    log_in(&mut service, 0, 0);
    guesses(&mut service, 15);
    set_policy(&mut service, &five);
    // Eleven guesses must be regained, and time gives at most five.
    assert_eq!(guesses(&mut service, 1), Refusal::Locked { retry_at: None });
    service.assert_promises();
    for spent in [10, 5] {
        service.now += days(15).as_secs();
        log_in(&mut service, 0, 0);
        assert_eq!(Service::budget(&service.row().value).0, spent);
        assert!(service.status(0).is_locked);
        service.assert_promises();
    }
    // One more guess is regained in three days.
    let retry_at = service.status(0).retry_at.unwrap().as_secs();
    assert_eq!(retry_at, Service::budget(&service.row().value).1 + days(3).as_secs());
}

/// Budget and regain time change during use, on one instance after the other, and back.
#[test]
fn while_policies_change_the_loosest_of_them_is_the_bound() {
    let quick = quickest(Digits::Six, Window::EXACT, 5, 1).unwrap();
    assert!(quick.regain_every() < DAY, "the quickest that builds");
    let policies = [
        Policy::new("Example").unwrap(),
        of(5, days(3), Window::DEFAULT, 1).build().unwrap(),
        quick,
        of(50, days(60), Window::DEFAULT, 1).build().unwrap(),
    ];
    let loosest = |span: Duration| {
        let regain = policies.iter().map(Policy::regain_every).min().unwrap();
        let budget = policies.iter().map(Policy::guess_budget).max().unwrap();
        let credit = policies.iter().map(Policy::most_credit).max().unwrap();
        u64::from(budget + 2 * credit) + span.as_secs() / regain.as_secs() + 1
    };
    for seed in 0..8 {
        let mut service = Service::new(&policies[0], 1, seed);
        let mut attacker = Attacker::new(Strategy::ALL[usize::try_from(seed).unwrap()]);
        let begun = service.now;
        for day in 0..365 {
            service.now = service.now.max(begun + day * DAY.as_secs());
            let changes = usize::try_from(day * 3 + seed).unwrap();
            service.set_policy(changes % Service::INSTANCES, &policies[changes / 7 % policies.len()]);
            attacker.acts(&mut service, Moment::BeforeOwner);
            if day % (seed + 1) == 0 {
                log_in(&mut service, 0, 1);
                attacker.acts(&mut service, Moment::AfterCode);
            }
            if day % 30 == seed {
                service.assert_promises();
            }
        }
        service.ledger.assert_bounded(loosest, 0);
        assert!(service.ledger.most_between <= 55, "more than a budget of 50 and 5 by credit");
    }
}

/// If regaining one guess takes longer than a month, neither waiting nor the owner's codes give it back.
#[test]
fn guesses_that_take_over_a_month_to_regain_never_come_back() {
    let policy = of(20, days(31), Window::DEFAULT, 1).build().unwrap();
    assert_eq!(policy.most_credit(), 0);
    let mut service = Service::new(&policy, 1, 3);
    guesses(&mut service, 20);
    for _ in 0..12 {
        assert_eq!(service.status(0).retry_at, None);
        service.assert_promises();
        service.now += days(31).as_secs();
        log_in(&mut service, 0, 0);
    }
    assert!(service.status(0).is_locked);
    assert_eq!(service.ledger.total(), 20);
}
