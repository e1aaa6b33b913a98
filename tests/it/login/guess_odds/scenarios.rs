use second_factor::{Policy, Refusal};

use super::YEAR;
use super::attacker::{Attacker, Strategy};
use super::ledger::{Who, at_once};
use super::owner::{change_password, log_in};
use super::service::{Door, Entered, Service};
use crate::support::{DAY, days};

const DAY_SECS: u64 = DAY.as_secs();

fn default_policy() -> Policy {
    Policy::new("Example").unwrap()
}

fn default_service() -> Service {
    Service::new(&default_policy(), 1, 77)
}

/// Guesses, four to a challenge, until no guess is evaluated any more. Returns how many were evaluated, and the last refusal.
fn guess_all(service: &mut Service, instance: usize) -> (u64, Refusal) {
    let before = service.ledger.total();
    loop {
        let opened = service.open(instance);
        for _ in 0..4 {
            let refused = service.guess(&Door::Login(&opened), Who::Attacker).unwrap_err();
            if matches!(refused, Refusal::Locked { .. }) && service.status(instance).is_locked {
                // The guess that spends the budget is answered `Locked` too; only the next one is not evaluated.
                let spent = service.ledger.total();
                let refused = service.guess(&Door::Login(&opened), Who::Attacker).unwrap_err();
                assert_eq!(service.ledger.total(), spent);
                return (spent - before, refused);
            }
        }
    }
}

/// The bound is tight: a patient attacker gets all but one of the stated guesses, if the owner logs in daily and one clock
/// is fast.
#[test]
fn the_best_attack_gets_all_but_one_of_what_is_stated() {
    let mut service = default_service();
    service.skews[2] = 61 * 86_400;
    let begun = service.now;
    // Nobody has logged in for two months.
    assert_eq!(guess_all(&mut service, 0).0, 30, "not the budget and a month's credit");
    log_in(&mut service, 0, 0);
    assert_eq!(guess_all(&mut service, 2).0, 10, "not a month's credit under the fast clock");
    for day in 1..=365 {
        service.now = begun + day * DAY_SECS;
        // Log in before the last guesses: the credit of the last login counts only for the time after it.
        log_in(&mut service, 0, 0);
        guess_all(&mut service, 2);
        service.ledger.assert_within(&service.policy);
    }
    let stated = service.policy.guess_odds(YEAR).guesses();
    assert_eq!((service.ledger.total(), stated), (161, 162));
}

#[test]
fn g08_one_write_under_a_clock_a_year_back_gives_nothing() {
    for skew in [-366 * 86_400, 366 * 86_400, -730_000_000] {
        let mut service = default_service();
        log_in(&mut service, 0, 0);
        let (guesses, locked) = guess_all(&mut service, 0);
        assert_eq!(guesses, 20);
        let Refusal::Locked { retry_at: Some(retry_at) } = locked else { panic!("{locked:?}") };

        service.skews[1] = skew;
        let (wrong, session) = (service.open(1), service.stolen_session());
        let _ = service.guess(&Door::Login(&wrong), Who::Attacker);
        let _ = service.guess(&Door::StepUp(&session, 1), Who::Attacker);
        let code = service.recovery_codes.pop().unwrap();
        assert!(
            service.enter(&Door::Login(&wrong), &code, Who::Owner).is_ok(),
            "the write under the wrong clock failed"
        );
        service.skews[1] = 0;

        // A fast clock gives a month's credit too early, but guesses that it evaluates are charged as usual.
        if skew > 0 {
            assert_eq!(service.ledger.total(), 21);
        } else {
            assert_eq!(guess_all(&mut service, 0), (0, locked));
            assert_eq!(service.status(1).retry_at, Some(retry_at));
        }
        service.assert_promises();
    }
}

/// A passkey does not prove the clock: its login refunds the guesses of the challenge, but time gives no credit for it.
#[test]
fn a_passkey_under_a_clock_that_is_fast_gives_no_guesses() {
    let mut service = default_service();
    log_in(&mut service, 0, 0);
    let (guesses, locked) = guess_all(&mut service, 0);
    assert_eq!(guesses, 20);
    service.skews[1] = 366 * 86_400;
    let opened = service.open(1);
    assert!(service.use_passkey(&opened).is_some(), "a passkey was refused because the budget was spent");
    service.skews[1] = 0;
    assert_eq!(guess_all(&mut service, 0), (0, locked));
    service.assert_promises();
}

/// A recovery code of an old system may be as short as a code of an app, so its tries count against the same budget.
#[test]
fn tries_of_old_recovery_codes_are_guesses_once_for_each_app() {
    for (apps, tries) in [(1, 20), (2, 10), (3, 6)] {
        let mut service = Service::new(&default_policy(), apps, 78);
        log_in(&mut service, 0, 0);
        for n in 0..tries {
            let opened = service.open(0);
            assert_eq!(service.try_old_code(&opened, Who::Attacker), Refusal::NotAccepted, "try {n}");
        }
        let opened = service.open(0);
        let told = service.try_old_code(&opened, Who::Attacker);
        assert!(matches!(told, Refusal::Locked { retry_at: Some(_) }), "{told:?}");
        assert_eq!(guess_all(&mut service, 0), (0, told));
        assert_eq!(service.ledger.total(), u64::from(apps) * tries);
        service.assert_promises();
    }
}

#[test]
fn g09_guesses_in_a_shared_session_are_not_refunded() {
    let mut service = default_service();
    let begun = service.now;
    for day in 0..365 {
        service.now = begun + day * DAY_SECS;
        let session = service.stolen_session();
        for _ in 0..4 {
            let _ = service.guess(&Door::StepUp(&session, 0), Who::Attacker);
        }
        let mine = log_in(&mut service, 0, 0);
        // A step-up of the owner refunds nothing either.
        let codes = service.read_codes_in_a_row();
        assert!(service.enter(&Door::StepUp(&mine, 0), &codes, Who::Owner).is_ok());
        if day == 2 {
            assert_eq!(
                service.alarms, 2,
                "not one alarm at the fifth and one at the tenth of twelve guesses"
            );
        }
    }
    service.ledger.assert_within(&service.policy);
    // Two months passed before, but the first code uses credit only for the four guesses that were spent.
    assert_eq!(service.ledger.total(), 4 + 20 + 364 / 3);
}

#[test]
fn g10_fifty_resets_share_one_budget() {
    for owner_comes in [false, true] {
        let mut service = default_service();
        let begun = service.now;
        log_in(&mut service, 0, 0);
        for day in 0..50 {
            service.now = service.now.max(begun + day * DAY_SECS);
            service.reset_password();
            guess_all(&mut service, 0);
            if owner_comes {
                log_in(&mut service, 0, 0);
            }
        }
        // With codes of the owner, a guess is regained every three days; without, at most ten.
        let credit = if owner_comes { 49 / 3 } else { 10 };
        assert_eq!(service.ledger.total(), 20 + credit);
        service.ledger.assert_within(&service.policy);

        // A reset that the owner authorizes with a factor restores the budget.
        let session = log_in(&mut service, 0, 0);
        let mut nobody = Attacker::new(Strategy::FourBeforeEachLogin);
        change_password(&mut service, &mut nobody, &session, 0, false);
        assert_eq!(guess_all(&mut service, 0).0, 20);
        service.ledger.assert_within(&service.policy);
    }
}

/// A password change with a fresh factor gives at most the budget, and a month's credit if the fresh factor is a
/// recovery code, because that does not use up the credit.
#[test]
fn a_restore_gives_the_budget_and_the_credit_at_most() {
    let policy = default_policy();
    for (with_recovery_code, gives) in [(false, 20), (true, 30)] {
        let mut service = default_service();
        let session = log_in(&mut service, 0, 0);
        service.now += days(30).as_secs();
        assert_eq!(guess_all(&mut service, 0).0, 30);
        let mut nobody = Attacker::new(Strategy::FourBeforeEachLogin);
        change_password(&mut service, &mut nobody, &session, 0, with_recovery_code);
        assert_eq!(guess_all(&mut service, 0).0, gives);
        assert!(gives <= at_once(&policy));
        service.ledger.assert_within(&policy);
        service.assert_promises();
    }
}

#[test]
fn g21_a_clock_three_minutes_slow_costs_nothing_once_it_is_right() {
    let mut service = default_service();
    service.skews = [-180; 3];
    loop {
        let opened = service.open(0);
        let code = service.read_code();
        match service.enter(&Door::Login(&opened), &code, Who::Owner) {
            Err(Refusal::NotAccepted) => {}
            Err(Refusal::Locked { .. }) => break,
            _ => panic!("neither accepted nor refused at the end"),
        }
    }
    assert_eq!(service.ledger.total(), 30);
    service.skews = [0; 3];
    service.assert_promises();
    log_in(&mut service, 0, 0);
    assert_eq!(Service::budget(&service.row().value).0, 20, "not the whole budget");
}

#[test]
fn g22_an_owner_who_starts_over_after_each_slip_is_never_shut_out() {
    let mut service = default_service();
    for _ in 0..90 {
        service.now += DAY_SECS;
        let opened = service.open(0);
        let _ = service.guess(&Door::Login(&opened), Who::Owner);
        service.assert_promises();
        log_in(&mut service, 0, 0);
    }
    assert!(service.ledger.total() > 20);
}

#[test]
fn only_the_owners_slips_are_refunded_and_only_once() {
    let mut service = default_service();
    log_in(&mut service, 0, 0);
    let session = service.stolen_session();
    for _ in 0..15 {
        let _ = service.guess(&Door::StepUp(&session, 0), Who::Attacker);
    }
    // Less than three days, so time gives no credit.
    for _ in 0..20 {
        let mine = log_in(&mut service, 0, 4);
        let codes = service.read_codes_in_a_row();
        assert!(service.enter(&Door::StepUp(&mine, 0), &codes, Who::Owner).is_ok());
        assert_eq!(Service::budget(&service.row().value).0, 15);
    }
    assert_eq!((guess_all(&mut service, 0).0, service.ledger.total()), (5, 20));
}

/// An accepted code proves the clock. An import does not, and gives no guesses under any clock.
#[test]
fn a_budget_that_begins_under_a_wrong_clock_stays_within_the_bound() {
    for skew in [-730_000_000, -366 * 86_400, 366 * 86_400] {
        let mut service = Service::imported(&default_policy(), skew);
        let begun = service.now;
        for day in 0..40 {
            service.now = service.now.max(begun + day * DAY_SECS);
            service.skews = [0, skew, -skew];
            for instance in 0..Service::INSTANCES {
                guess_all(&mut service, instance);
            }
            service.assert_promises();
            if day % 10 == 9 {
                log_in(&mut service, 0, 0);
            }
        }
        service.ledger.assert_within(&service.policy);
    }
}

/// The one way to more guesses: the owner completes a challenge in which an attacker has guessed. The host must prevent this
/// by keeping the token where nobody can plant it. Even so, the owner's logins bound the number.
#[test]
fn g36_a_planted_challenge_gives_four_guesses_for_each_completion_only() {
    let mut service = default_service();
    let begun = service.now;
    for day in 0..60 {
        service.now = begun + day * DAY_SECS;
        let planted = service.open(0);
        for _ in 0..4 {
            assert_eq!(service.guess(&Door::Login(&planted), Who::Attacker), Err(Refusal::NotAccepted));
        }
        let code = service.read_code();
        assert!(matches!(service.enter(&Door::Login(&planted), &code, Who::Owner), Ok(Entered::Session(_))));
    }
    assert_eq!(service.ledger.refunded_to_attacker, 4 * 60);
    guess_all(&mut service, 0);
    service.ledger.assert_within(&service.policy);
    assert_eq!(service.ledger.total(), 20);
}
