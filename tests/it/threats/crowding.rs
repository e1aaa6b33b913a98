//! Attackers with the password or a stolen session who fill, flood or write: threats G1 to G3, G36.

use second_factor::session::{EventKind, Remember};
use second_factor::verifier::Error;
use second_factor::{AuthMethod, BlockingStore, Policy, Refusal, Session};

use super::budget::{exhaust, wrong_recovery_codes};
use crate::support::sessions::charged;
use crate::support::{DAY, JsonRow, Phone, STEP, World, at_once, complete, refusal};

fn host_world() -> World<JsonRow> {
    World::over(JsonRow::default(), Policy::new("Example").unwrap())
}

fn row<S: BlockingStore>(world: &World<S>) -> Option<(second_factor::AccountRecord, u64)>
where
    S::Error: core::fmt::Debug,
{
    let row = world.verifier.store().load(&world.account).unwrap();
    row.map(|row| (row.value, row.revision.get()))
}

fn open_challenges_outlive<S: BlockingStore>(world: &World<S>, steps: usize)
where
    S::Error: core::fmt::Debug,
{
    let (phone, codes) = world.enroll();
    let [first, second] = [world.challenge(), world.challenge()];
    let before = row(world);
    for _ in 0..steps {
        let _ = world.challenge();
    }
    assert_eq!(row(world), before, "a password step wrote something");
    let accepted = world.verifier.present(&first, &phone.code(world.now()), Remember::No).unwrap();
    assert_eq!(accepted.authenticated.method(), AuthMethod::Code);
    let accepted = world.verifier.present(&second, &codes[0], Remember::No).unwrap();
    assert_eq!(accepted.authenticated.method(), AuthMethod::RecoveryCode);
}

#[test]
fn g01_open_challenges_outlive_any_number_of_password_steps() {
    for steps in [8, 10_000] {
        open_challenges_outlive(&World::new(), steps);
    }
    open_challenges_outlive(&host_world(), 1_000);
}

#[test]
fn g01_an_open_challenge_survives_guesses_in_all_others() {
    let (world, phone, codes) = World::enrolled();
    let [first, second] = [world.challenge(), world.challenge()];
    // One guess in each, so that the record is full of challenges.
    for wrong in phone.wrong_codes(world.now()).take(200) {
        let _ = world.present(&wrong).unwrap_err();
    }
    // The budget is spent, but the challenge is open: a recovery code is accepted.
    let told = refusal(world.verifier.present(&first, &phone.code(world.now()), Remember::No));
    assert!(matches!(told, Err(Refusal::Locked { .. })), "{told:?}");
    for (challenge, code) in [(&first, &codes[0]), (&second, &codes[1])] {
        assert!(world.verifier.present(challenge, code, Remember::No).is_ok());
    }
}

fn owner_among_password_steps<S: BlockingStore>(world: &World<S>)
where
    S::Error: core::fmt::Debug,
{
    let (phone, _) = world.enroll();
    let challenge = world.challenge();
    let code = phone.code(world.now());
    let outcomes = at_once(16, |number| {
        if number == 0 {
            return world.verifier.present(&challenge, &code, Remember::No).is_ok();
        }
        for _ in 0..200 {
            let _ = world.challenge();
        }
        true
    });
    assert!(outcomes.into_iter().all(|is_ok| is_ok), "the owner did not get in");
}

#[test]
fn g01_a_crowd_of_password_steps_delays_no_code() {
    owner_among_password_steps(&World::new());
    owner_among_password_steps(&host_world());
}

#[test]
fn g01_an_enrollment_outlives_any_number_of_others() {
    let world = World::new();
    let owners = world.begin();
    for _ in 0..1_000 {
        let _ = world.begin();
    }
    assert_eq!(row(&world), None);
    let code = Phone::scan(&owners.uri).code(world.now());
    let _ = world.verifier.confirm_enrollment(&owners.token, &code).unwrap();
}

/// What a thief does repeatedly in a stolen session.
fn try_to_step_up<S: BlockingStore>(world: &World<S>, session: &Session, wrong: &str, times: usize)
where
    S::Error: core::fmt::Debug,
{
    for _ in 0..times {
        let stepped_up = world.verifier.fresh_factor(session, wrong).map(|_| ());
        let changed = world.verifier.reauthenticate(session, world.password(), wrong).map(|_| ());
        for outcome in [stepped_up, changed] {
            // Contention is the only answer apart from a refusal.
            assert!(matches!(outcome, Err(Error::Refused(_) | Error::Contention)), "{outcome:?}");
        }
    }
}

fn thieves_hold_nobody_up<S: BlockingStore>(world: &World<S>)
where
    S::Error: core::fmt::Debug,
{
    let (phone, _) = world.enroll();
    let device = world.remember(&phone);
    let session = world.log_in(&phone).authenticated.into_session();
    world.clock.advance(2 * STEP);
    let (wrong, code) = (phone.wrong_code(world.now()), phone.code(world.now()));
    // A login replaces the device's token, which is a write, during the first guesses of 64 others.
    let mut logins = at_once(65, |number| {
        if number > 0 {
            try_to_step_up(world, &session, &wrong, 5);
            return None;
        }
        Some(complete(world.login_on(&device)).authenticated.into_session())
    });
    let own = logins.swap_remove(0).unwrap();

    // The budget is spent, so further guesses write nothing.
    let before = row(world);
    at_once(64, |_| try_to_step_up(world, &session, &wrong, 5));
    assert_eq!(row(world), before);

    // They do not delay a password change either, which ends their session.
    let outcomes = at_once(65, |number| {
        if number > 0 {
            try_to_step_up(world, &session, &wrong, 5);
            return None;
        }
        Some(world.reset_password())
    });
    assert_eq!(outcomes.iter().flatten().count(), 1);
    assert!(!world.is_current(&session) && !world.is_current(&own));
    let told = refusal(world.verifier.fresh_factor(&session, &code)).unwrap_err();
    assert_eq!(told, Refusal::StepUpRequired);
}

#[test]
fn g02_sixty_four_tasks_with_a_stolen_session_delay_nobody() {
    thieves_hold_nobody_up(&World::new());
    thieves_hold_nobody_up(&host_world());
}

fn owner_changes_amid_guesses<S: BlockingStore>(world: &World<S>)
where
    S::Error: core::fmt::Debug,
{
    let (phone, codes) = world.enroll();
    let [stolen, own] = [1, 2].map(|number| world.session(number));
    let wrong = phone.wrong_code(world.now());
    let changed = at_once(65, |number| {
        if number > 0 {
            try_to_step_up(world, &stolen, &wrong, 5);
            return None;
        }
        // A recovery code, because the budget may be spent at any moment.
        Some(world.change_password(&own, &codes[0]).unwrap())
    });
    let mut own = own;
    own.continue_after(changed.into_iter().flatten().next().unwrap());
    assert!(world.is_current(&own) && !world.is_current(&stolen));
}

#[test]
fn g02_an_owner_changes_the_password_while_sixty_four_guess() {
    owner_changes_amid_guesses(&World::new());
    owner_changes_amid_guesses(&host_world());
}

fn recovery_codes_under_a_lock<S: BlockingStore>(world: &World<S>)
where
    S::Error: core::fmt::Debug,
{
    let (phone, codes) = world.enroll();
    let (session, challenge) = (world.session(1), world.challenge());
    assert!(exhaust(world, phone.wrong_codes(world.now())) > 0);
    let before = row(world);
    let in_a_row = phone.wrong_codes(world.now()).map(|code| code.repeat(4)).take(20);
    for wrong in wrong_recovery_codes().take(1_000).chain(in_a_row) {
        let stepped_up = refusal(world.verifier.fresh_factor(&session, &wrong)).unwrap_err();
        let changed = refusal(world.verifier.reauthenticate(&session, world.password(), &wrong)).unwrap_err();
        let presented = refusal(world.verifier.present(&challenge, &wrong, Remember::No)).unwrap_err();
        assert_eq!([stepped_up, changed, presented], [Refusal::NotAccepted; 3]);
    }
    assert_eq!(row(world), before, "a wrong recovery code wrote something");
    // The owner's recovery code is still accepted, in a session and in the same challenge.
    assert!(world.verifier.fresh_factor(&session, &codes[0]).is_ok());
    assert!(world.verifier.present(&challenge, &codes[1], Remember::No).is_ok());
}

#[test]
fn g03_wrong_recovery_codes_under_a_lock_write_nothing() {
    recovery_codes_under_a_lock(&World::new());
    recovery_codes_under_a_lock(&host_world());
}

#[test]
fn g36_whoever_completes_a_planted_challenge_refunds_its_guesses() {
    let (world, phone, _) = World::enrolled();
    let guess_four_times = || {
        let challenge = world.challenge();
        for wrong in phone.wrong_codes(world.now()).take(4) {
            let _ = refusal(world.verifier.present(&challenge, &wrong, Remember::No)).unwrap_err();
        }
        challenge
    };
    // Guesses in a challenge of the attacker's own browser stay charged, whatever the owner does.
    let _ = guess_four_times();
    let _ = world.log_in(&phone);
    assert_eq!(charged(&world).0, 4);
    // A challenge planted in the owner's browser makes them look like the owner's own slips. So the host must keep the token
    // in its pre-login session or in a `__Host-` cookie, where nobody can plant it, and never in a form or URL.
    let planted = guess_four_times();
    assert_eq!(charged(&world).0, 8);
    let _ = world.verifier.present(&planted, &phone.code(world.now()), Remember::No).unwrap();
    assert_eq!(charged(&world).0, 4);
    assert_eq!(world.events.count(|kind| *kind == EventKind::ChallengeExhausted), 0);
    // The attacker does not get in: the challenge is done.
    world.clock.advance(DAY);
    let again = world.verifier.present(&planted, &phone.code(world.now()), Remember::No);
    assert_eq!(refusal(again).unwrap_err(), Refusal::AlreadyDone);
}
