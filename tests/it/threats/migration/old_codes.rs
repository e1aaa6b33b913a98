//! Recovery codes of an old system: each works once, for its account, in the challenge in which it was tried.

use core::time::Duration;
use std::sync::Mutex;

use second_factor::session::{EventKind, Import, NewAuthenticator, RefusedBecause, Remember, SessionError};
use second_factor::verifier::Error;
use second_factor::{AccountId, AuthMethod, BlockingStore, Policy, Refusal};

use super::{
    ROWS, code, import, imported, old_system, recovery_codes_left, tried, with_old_code, with_wrong_old_code,
};
use crate::support::sessions::{charged, row};
use crate::support::{JsonRow, Phone, STEP, World, at_once, is_refused_because, refusal, texts};

/// A name with the form of this library's recovery codes. Row ids may look like that.
const LIKE_A_CODE: &str = "MFRGG-ZDFMZ-TWQ2L-KNNWG-23TPOA";

#[test]
fn m06_an_old_code_works_once() {
    let world = imported();
    let accepted = with_old_code(&world, &world.challenge(), ROWS[3]).unwrap();
    assert_eq!(accepted.authenticated.method(), AuthMethod::RecoveryCode);
    assert_eq!(accepted.recovery_codes_left, 9);
    assert_eq!(charged(&world), (0, 0), "a success did not refund the charge");
    world.events.take();

    assert_eq!(with_old_code(&world, &world.challenge(), ROWS[3]).unwrap_err(), Refusal::NotAccepted);
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::Replayed)), 1);
    assert_eq!((recovery_codes_left(&world), charged(&world)), (9, (1, 1)));
    // Each of the others works, until none is left. After that nothing is tried or charged.
    for (used, name) in ROWS.iter().filter(|name| **name != ROWS[3]).enumerate() {
        let accepted = with_old_code(&world, &world.challenge(), name).unwrap();
        assert_eq!(accepted.recovery_codes_left, 8 - used);
    }
    let before = row(&world);
    assert_eq!(tried(&world, &world.challenge()).unwrap_err(), Refusal::NotAccepted);
    assert_eq!(row(&world), before);
}

fn at_once_one_login<S: BlockingStore>(world: &World<S>)
where
    S::Error: core::fmt::Debug,
{
    import(world, old_system(&world.account).quietly()).unwrap();
    // Each in a challenge of its own.
    let challenges: Vec<_> = (0..8).map(|_| world.challenge()).collect();
    let answers = at_once(8, |n| with_old_code(world, &challenges[n], ROWS[0]).map(drop));
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(answers.iter().filter(|answer| **answer == Err(Refusal::NotAccepted)).count(), 7);
    assert_eq!(charged(world), (7, 7), "not each charged and the right one refunded");

    // All in one challenge, each with its own try.
    let challenge = world.challenge();
    let paid: Vec<_> = (0..5).map(|_| Mutex::new(tried(world, &challenge).ok())).collect();
    let answers = at_once(5, |n| {
        let tried = paid[n].lock().unwrap().take().unwrap();
        refusal(world.verifier.present(&challenge, tried.was(ROWS[1]), Remember::No)).map(drop)
    });
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(answers.iter().filter(|answer| **answer == Err(Refusal::AlreadyDone)).count(), 4);
    assert_eq!(world.verifier.status(&world.account).unwrap().recovery_codes_left, 8);
    assert_eq!(charged(world), (7, 7));
}

#[test]
fn m06_an_old_code_from_eight_threads_at_once_is_one_login() {
    at_once_one_login(&World::new());
    at_once_one_login(&World::over(JsonRow::default(), Policy::new("Example").unwrap()));
}

#[test]
fn m06_only_an_imported_name_works_and_only_through_the_host() {
    let world = World::new();
    let names = ["row 1", LIKE_A_CODE, "123456"];
    import(&world, old_system(&world.account).recovery_codes(names).unwrap().quietly()).unwrap();
    for name in ["row 2", "row 1 ", "ROW 1", "row", "", "1"] {
        let refused = with_old_code(&world, &world.challenge(), name).unwrap_err();
        assert_eq!(refused, Refusal::NotAccepted, "{name:?}");
    }
    // Names are not secret: typed by a user, a name is refused.
    for typed in names {
        assert!(world.present(typed).is_err(), "{typed:?}");
    }
    assert_eq!(recovery_codes_left(&world), 3);
    for name in names {
        assert!(with_old_code(&world, &world.challenge(), name).is_ok(), "{name:?}");
    }
}

#[test]
fn m06_a_name_works_only_for_its_account() {
    let world = imported();
    let bob = AccountId::new("bob").unwrap();
    let _ = world.verifier.import(old_system(&bob).recovery_codes(["bob 1"]).unwrap().quietly()).unwrap();
    // Bob's name does not work for Alice's account.
    assert_eq!(with_old_code(&world, &world.challenge(), "bob 1").unwrap_err(), Refusal::NotAccepted);
    // A try for Bob does not count for Alice, even with a name that both have.
    let challenge = world.challenge();
    let bobs = World { account: bob, ..world };
    let _ = with_old_code(&bobs, &bobs.challenge(), ROWS[0]).unwrap_err();
    let verified = tried(&bobs, &bobs.challenge()).unwrap().was("bob 1");
    assert_eq!(verified.account(), &bobs.account);
    let before = row(&bobs);
    let refused = bobs.verifier.present(&challenge, verified, Remember::No).unwrap_err();
    assert!(matches!(refused, Error::Session(SessionError::ProofOfAnotherAccount)), "{refused:?}");
    assert_eq!(row(&bobs), before);
    assert_eq!(recovery_codes_left(&bobs), 1);
}

#[test]
fn m06_an_old_code_works_only_in_the_challenge_where_it_was_tried() {
    let world = imported();
    let [one, other] = [world.challenge(), world.challenge()];
    let verified = tried(&world, &one).unwrap().was(ROWS[0]);
    let before = row(&world);
    world.events.take();
    let refused = refusal(world.verifier.present(&other, verified, Remember::No));
    assert_eq!(refused.unwrap_err(), Refusal::NotAccepted);
    assert_eq!(world.events.take(), [EventKind::RecoveryCodeRefused { reason: RefusedBecause::NoChallenge }]);
    assert_eq!(row(&world), before, "the row has changed");
    assert!(with_old_code(&world, &one, ROWS[0]).is_ok());
    // The form is sent twice.
    let verified = world.verifier.try_old_recovery_code(&one);
    assert_eq!(refusal(verified).unwrap_err(), Refusal::AlreadyDone);

    // After the challenge is over it is refused.
    let challenge = world.challenge();
    let verified = tried(&world, &challenge).unwrap().was(ROWS[1]);
    world.clock.advance(Duration::from_secs(600));
    let refused = refusal(world.verifier.present(&challenge, verified, Remember::No));
    assert_eq!(refused.unwrap_err(), Refusal::ChallengeOver);
    assert_eq!(tried(&world, &challenge).unwrap_err(), Refusal::ChallengeOver);
    assert_eq!(recovery_codes_left(&world), 9);
}

#[test]
fn m06_an_old_code_cannot_step_up() {
    let world = imported();
    let session = world.session(1);
    for _ in 0..2 {
        let challenge = world.challenge();
        let before = row(&world);
        let tried_now = || tried(&world, &challenge).unwrap().was(ROWS[0]);
        let fresh = refusal(world.verifier.fresh_factor(&session, tried_now()));
        assert_eq!(fresh.unwrap_err(), Refusal::NotAccepted);
        let proof = refusal(world.verifier.reauthenticate(&session, world.password(), tried_now()));
        assert_eq!(proof.unwrap_err(), Refusal::NotAccepted);
        assert_ne!(row(&world), before, "the tries were not charged");
        assert_eq!(recovery_codes_left(&world), 10);
    }
}

/// The phone is lost: an old recovery code, then the password again, and a new phone replaces the old one.
#[test]
fn m06_after_an_old_code_a_new_phone_is_enrolled_with_the_password() {
    let world = imported();
    let accepted = with_old_code(&world, &world.challenge(), ROWS[0]).unwrap();
    let session = accepted.authenticated.into_session();
    let proof = world.verifier.reauthenticate(&session, world.password(), "").unwrap();
    let begun = world.verifier.begin_enrollment(proof, world.in_place_of_first()).unwrap();
    let phone = Phone::scan(&begun.uri);
    let confirmed = world.verifier.confirm_enrollment(&begun.token, &phone.code(world.now())).unwrap();
    let (codes, _) = confirmed.into_parts();
    assert_eq!(texts(&codes).len(), 10);
    world.clock.advance(STEP);

    assert_eq!(with_old_code(&world, &world.challenge(), ROWS[1]).unwrap_err(), Refusal::NotAccepted);
    assert_eq!(world.present(&code(world.now())).unwrap_err(), Refusal::NotAccepted);
    assert!(world.present(&phone.code(world.now())).is_ok());
}

#[test]
fn m06_new_recovery_codes_make_the_old_ones_void() {
    let world = imported();
    let challenge = world.challenge();
    let pending = tried(&world, &challenge).unwrap();
    let fresh = world.verifier.fresh_factor(&world.session(1), &code(world.now())).unwrap();
    world.clock.advance(STEP);
    let codes = texts(&world.verifier.regenerate_recovery_codes(fresh).unwrap());
    // A code whose comparison had begun is void too.
    let refused = refusal(world.verifier.present(&challenge, pending.was(ROWS[0]), Remember::No));
    assert_eq!(refused.unwrap_err(), Refusal::NotAccepted);
    for name in ROWS {
        world.clock.advance(STEP);
        assert_eq!(with_old_code(&world, &world.challenge(), name).unwrap_err(), Refusal::NotAccepted);
    }
    assert_eq!(world.present(&codes[0]).unwrap().recovery_codes_left, 9);

    // An additional authenticator leaves them valid.
    let world = imported();
    let fresh = world.verifier.fresh_factor(&world.session(1), &code(world.now())).unwrap();
    let begun = world.verifier.begin_enrollment(fresh, NewAuthenticator::app("alice")).unwrap();
    let second = Phone::scan(&begun.uri);
    let confirmed = world.verifier.confirm_enrollment(&begun.token, &second.code(world.now())).unwrap();
    assert_eq!(texts(&confirmed.into_parts().0), Vec::<String>::new());
    assert_eq!(with_old_code(&world, &world.challenge(), ROWS[9]).unwrap().recovery_codes_left, 9);
}

#[test]
fn m06_an_account_without_old_codes_does_not_try_any() {
    let world = World::new();
    let none: [&str; 0] = [];
    let import_of: Import = old_system(&world.account).recovery_codes(none).unwrap();
    import(&world, import_of.quietly()).unwrap();
    let before = row(&world);
    for _ in 0..10 {
        assert_eq!(with_wrong_old_code(&world, &world.challenge()).unwrap_err(), Refusal::NotAccepted);
    }
    assert_eq!(row(&world), before, "a try was written although there is no code");
    assert!(world.present(&code(world.now())).is_ok());
}
