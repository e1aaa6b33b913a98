use rand_core::TryRng as _;

use second_factor::{Policy, Refusal, UnixTime, Window};

use super::ledger::Who;
use super::service::{Door, Service};
use crate::support::{START, days};

/// A million codes are too many for a test to hit one. So this attacker knows 250 codes, among them the right ones: the
/// chance is then 4,000 times the stated one.
#[test]
fn the_attacker_wins_as_often_as_stated() {
    const TRIALS: u32 = 800;
    const CODES: u64 = 250;
    let window = Window::wide(2, 2).unwrap();
    let policy = Policy::builder("Example").guess_budget(20, days(6)).window(window).build().unwrap();
    let (wins, guesses) = (0..TRIALS).fold((0, 0), |(wins, guesses), trial| {
        let (won, tried) = trial_of(&policy, trial, CODES);
        (wins + u32::from(won), guesses + tried)
    });
    // After two months without a login, the first guesses are the budget and a month's credit.
    let count = 20 + 5;
    assert!(guesses <= u64::from(TRIALS) * count);

    // The chance of independent guesses, and four standard deviations for this many trials.
    let exact = 1.0 - (1.0 - 5.0 / 250.0_f64).powi(25);
    let measured = f64::from(wins) / f64::from(TRIALS);
    let tolerance = 4.0 * (exact * (1.0 - exact) / f64::from(TRIALS)).sqrt();
    assert!((measured - exact).abs() <= tolerance, "{measured} measured, {exact} expected, ± {tolerance}");

    // The stated odds also count another month's credit, and one guess for clock differences.
    let odds = policy.guess_odds(core::time::Duration::ZERO);
    assert_eq!(odds.guesses(), count + 5 + 1);
    let bound = odds.probability() * 4_000.0;
    assert!(measured <= bound && exact <= bound, "{measured} measured, {bound} stated");
}

/// Whether the attacker wins, and after how many guesses.
fn trial_of(policy: &Policy, trial: u32, codes: u64) -> (bool, u64) {
    let mut service = Service::new(policy, 1, 1_000 + u64::from(trial));
    assert!(service.now > START.as_secs());
    let session = service.stolen_session();
    for guesses in 0.. {
        let draw = service.rng.try_next_u64().unwrap() % codes;
        let code = match i64::try_from(draw).unwrap() {
            right @ 0..=4 => service.phones[0]
                .code(UnixTime::from_secs(service.now.saturating_add_signed(30 * (right - 2)))),
            _ => "000000".to_owned(),
        };
        match service.enter(&Door::StepUp(&session, 0), &code, Who::Attacker) {
            Ok(_) => return (true, guesses + 1),
            Err(Refusal::Locked { .. }) if service.ledger.total() == guesses => return (false, guesses),
            Err(Refusal::NotAccepted | Refusal::Locked { .. }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    unreachable!("the budget ends")
}
