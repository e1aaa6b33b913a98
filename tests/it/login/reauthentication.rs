//! Sessions, and the code on the form of a sensitive step: `Session`, `fresh_factor` and `reauthenticate`
//! (SP 800-63B §4.1.2.1, ASVS 7.5.1).

use std::sync::Arc;

use second_factor::session::{
    AdministratorReset, EventKind, RefusedBecause, Remember, Requirement, SessionError,
};
use second_factor::verifier::Error;
use second_factor::{AccountId, AuthMethod, BlockingStore, Policy, Refusal, Session};

use crate::support::sessions::{charged, fresh_factor, guess, row, session_of};
use crate::support::{
    Meeting, NEVER_ISSUED, Phone, START, STEP, TestError, World, at_once, complete, days, is_refused_because,
    refusal, texts,
};

/// Types twenty wrong codes in challenges.
fn spend_the_budget(world: &World, phone: &Phone) {
    for wrong in phone.wrong_codes(world.now()).take(20) {
        let _ = world.present(&wrong).unwrap_err();
    }
}

#[test]
fn a_session_keeps_the_facts_of_its_login() {
    let world = World::new();
    let login = complete(world.login()).authenticated;
    let told = (login.account().clone(), login.at(), login.method(), login.amr());
    let session = login.into_session();
    assert_eq!((session.account().clone(), session.at(), session.method(), session.amr()), told);
    assert_eq!(
        (session.at(), session.method(), session.device()),
        (world.now(), AuthMethod::SingleFactor, None)
    );

    let (phone, _) = world.enroll();
    let device = world.remember(&phone);
    let session = complete(world.login_on(&device)).authenticated.into_session();
    assert!(matches!(session.method(), AuthMethod::RememberedDevice { .. }));
    assert_eq!(session.device(), Some(world.verifier.status(&world.account).unwrap().devices[0].id));
    assert!(world.is_current(&session));
}

#[test]
fn a_code_makes_a_fresh_factor_and_stores_no_challenge() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    let sessions =
        [complete(world.login_on(&device)).authenticated.into_session(), session_of(&world, &phone)];
    world.events.take();
    for session in &sessions {
        let code = phone.code(world.now());
        let typed = format!(" {} {} ", &code[..3], &code[3..]);
        let touched =
            |world: &World| serde_json::to_value(world.record()).unwrap()["record"]["touched"].clone();
        let before = touched(&world);
        let fresh = fresh_factor(&world, session, &typed).unwrap();
        assert_eq!(
            (fresh.account(), fresh.at(), fresh.method()),
            (&world.account, world.now(), AuthMethod::Code)
        );
        // No challenge was opened for it.
        assert_eq!(world.events.take(), [EventKind::SteppedUp { method: AuthMethod::Code }]);
        assert_eq!(touched(&world), before);
        assert_eq!(world.verifier.status(&world.account).unwrap().devices.len(), 1);
        world.clock.advance(STEP);
    }
    let fresh = fresh_factor(&world, &sessions[0], &phone.code(world.now())).unwrap();
    let _ = world.verifier.disable(fresh, Requirement::None).unwrap();
    assert!(!world.verifier.status(&world.account).unwrap().is_enabled());
}

#[test]
fn a_recovery_code_makes_a_fresh_factor_and_forgets_the_devices() {
    let (world, phone, codes) = World::enrolled();
    let _ = world.remember(&phone);
    let session = session_of(&world, &phone);
    let typed = codes[0].to_lowercase().replace('-', " ");
    let fresh = fresh_factor(&world, &session, &typed).unwrap();
    assert_eq!(
        (fresh.account(), fresh.at(), fresh.method()),
        (&world.account, world.now(), AuthMethod::RecoveryCode)
    );
    let events = world.events.take();
    assert_eq!(events[0], EventKind::RecoveryCodeUsed { remaining: 9 });
    assert!(matches!(events[1], EventKind::DeviceForgotten { .. }));
    assert_eq!(events[2..], [EventKind::SteppedUp { method: AuthMethod::RecoveryCode }]);
    assert_eq!(texts(&world.verifier.regenerate_recovery_codes(fresh).unwrap()).len(), 10);
}

#[test]
fn a_code_or_recovery_code_works_once() {
    let (world, phone, codes) = World::enrolled();
    let sessions = [session_of(&world, &phone), session_of(&world, &phone)];
    let code = phone.code(world.now());
    for typed in [&code, &codes[0]] {
        let _ = fresh_factor(&world, &sessions[0], typed).unwrap();
        assert_eq!(fresh_factor(&world, &sessions[0], typed).unwrap_err(), Refusal::AlreadyDone);
        assert_eq!(fresh_factor(&world, &sessions[1], typed).unwrap_err(), Refusal::NotAccepted);
    }
    assert_eq!(world.present(&code).unwrap_err(), Refusal::NotAccepted);
    let spent = world.verifier.present(&world.challenge(), &codes[0], Remember::No);
    assert_eq!(refusal(spent).unwrap_err(), Refusal::NotAccepted);
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::Replayed)), 2);
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::Wrong)), 2);
}

#[test]
fn a_malformed_text_writes_nothing_and_ends_no_challenge() {
    let (world, phone, _) = World::enrolled();
    let session = session_of(&world, &phone);
    let open: Vec<_> = (0..8).map(|_| world.challenge()).collect();
    world.events.take();
    let before = row(&world);
    for typed in ["", " ", "12345", "1234567", "12345x", "lost it", &NEVER_ISSUED[1..], &"1".repeat(10_000)] {
        assert_eq!(fresh_factor(&world, &session, typed).unwrap_err(), Refusal::Malformed, "{typed:?}");
        let proof = world.verifier.reauthenticate(&session, world.password(), typed);
        assert_eq!(refusal(proof).unwrap_err(), Refusal::Malformed, "{typed:?}");
    }
    assert_eq!(row(&world), before);
    assert_eq!(world.events.take(), []);
    let code = phone.code(world.now());
    assert!(world.verifier.present(&open[0], &code, Remember::No).is_ok(), "the oldest challenge was ended");
}

#[test]
fn a_code_refused_by_a_lock_writes_nothing_and_ends_no_challenge() {
    let (world, phone, codes) = World::enrolled();
    let since = world.now();
    let session = session_of(&world, &phone);
    spend_the_budget(&world, &phone);
    let open: Vec<_> = (0..8).map(|_| world.challenge()).collect();
    world.events.take();
    let before = row(&world);
    let until = since.saturating_add(days(3));
    let retry_at = Some(until);
    for typed in [phone.code(world.now()), phone.wrong_code(world.now())] {
        for _ in 0..6 {
            let refused = fresh_factor(&world, &session, &typed).unwrap_err();
            assert_eq!(refused, Refusal::Locked { retry_at });
            assert!(!refused.is_over());
        }
    }
    assert_eq!(row(&world), before);
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::Locked)), 12);
    assert_eq!(world.events.take().len(), 12);
    assert!(
        world.verifier.present(&open[0], &codes[0], Remember::No).is_ok(),
        "the oldest challenge was ended"
    );
    // During a lock a recovery code is accepted, and after it a code steps up as before.
    assert_eq!(fresh_factor(&world, &session, &codes[1]).unwrap().method(), AuthMethod::RecoveryCode);
    world.clock.set(until);
    assert_eq!(fresh_factor(&world, &session, &phone.code(world.now())).unwrap().method(), AuthMethod::Code);
}

#[test]
fn wrong_guesses_in_a_session_are_charged_and_never_refunded() {
    let (world, phone, codes) = World::enrolled();
    let stolen = session_of(&world, &phone);
    let since = world.now();
    let own = session_of(&world, &phone);
    // Codes and recovery codes in any session share one count, which ends with the budget and not with a session.
    assert_eq!(guess(&world, &phone, &stolen, 6), Refusal::NotAccepted);
    assert_eq!(fresh_factor(&world, &stolen, NEVER_ISSUED).unwrap_err(), Refusal::NotAccepted);
    assert_eq!(guess(&world, &phone, &own, 3), Refusal::NotAccepted);
    assert_eq!(charged(&world), (10, 10));
    assert_eq!(world.events.count(|kind| *kind == EventKind::ChallengeExhausted), 0);
    assert_eq!(world.events.count(|kind| *kind == EventKind::PasswordSuspectedKnown { guesses: 5 }), 1);
    for typed in [phone.code(world.now()), codes[0].clone()] {
        let _ = fresh_factor(&world, &own, &typed).unwrap();
        assert_eq!(charged(&world), (10, 10));
    }
    assert_eq!(guess(&world, &phone, &stolen, 9), Refusal::NotAccepted);
    let retry_at = Some(since.saturating_add(days(3)));
    assert_eq!(guess(&world, &phone, &stolen, 1), Refusal::Locked { retry_at });
}

#[test]
fn a_login_refunds_its_own_typos_and_none_of_the_sessions() {
    let (world, phone, codes) = World::enrolled();
    let (session, challenge) = (session_of(&world, &phone), world.challenge());
    for wrong in phone.wrong_codes(world.now()).take(4) {
        let told = [
            refusal(world.verifier.present(&challenge, &wrong, Remember::No)).unwrap_err(),
            fresh_factor(&world, &session, &wrong).unwrap_err(),
        ];
        assert_eq!(told, [Refusal::NotAccepted; 2]);
    }
    assert_eq!(charged(&world), (8, 8));
    let _ = world.verifier.present(&challenge, &codes[0], Remember::No).unwrap();
    assert_eq!(charged(&world), (4, 4));
}

#[test]
fn of_two_sessions_that_began_in_the_same_second_one_stepped_up() {
    let (world, phone, _) = World::enrolled();
    let log_in = |code: &str| {
        let accepted = world.verifier.present(&world.challenge(), code, Remember::No).unwrap();
        accepted.authenticated.into_session()
    };
    let earlier = world.now().as_secs() - STEP.as_secs();
    let other = log_in(&phone.code(second_factor::UnixTime::from_secs(earlier)));
    let own = log_in(&phone.code(world.now()));
    let told = |session: &Session| (session.account().clone(), session.at(), session.method());
    assert_eq!(told(&other), told(&own));
    assert_ne!(other, own);

    world.clock.advance(STEP);
    let code = phone.code(world.now());
    let _ = fresh_factor(&world, &own, &code).unwrap();
    assert_eq!(fresh_factor(&world, &own, &code).unwrap_err(), Refusal::AlreadyDone);
    assert_eq!(fresh_factor(&world, &other, &code).unwrap_err(), Refusal::NotAccepted);
}

#[test]
fn five_wrong_codes_at_once_in_one_session_are_five_charges() {
    let world = World::over(Arc::new(Meeting::default()), Policy::new("Example").unwrap());
    let (phone, _) = world.enroll();
    let (session, wrong) = (world.session(1), phone.wrong_code(world.now()));
    world.verifier.store().of(5);
    let told = at_once(5, |_| refusal(world.verifier.fresh_factor(&session, &wrong)).unwrap_err());
    assert_eq!(told, [Refusal::NotAccepted; 5]);
    assert_eq!(charged(&world), (5, 5));
}

/// A change that ends every earlier session. If it binds a phone, it returns it.
type Change = (&'static str, fn(&World, &Phone) -> Option<Phone>);

const CHANGES: [Change; 4] = [
    ("change_password", |world, phone| {
        let _ = world.reset_password();
        Some(phone.clone())
    }),
    ("disable", |world, phone| {
        let _ = world.verifier.disable(world.fresh(phone), Requirement::None).unwrap();
        None
    }),
    ("confirm_enrollment", |world, phone| {
        let begun = world.verifier.begin_enrollment(world.fresh(phone), "alice").unwrap();
        let new = Phone::scan(&begun.uri);
        let _ = world.verifier.confirm_enrollment(&begun.token, &new.code(world.now())).unwrap();
        world.clock.advance(STEP);
        Some(new)
    }),
    ("administrator_reset", |world, _| {
        let root = AccountId::new("root").unwrap();
        let reset = AdministratorReset::by_host(world.account.clone(), &root).unwrap();
        let _ = world.verifier.administrator_reset(reset).unwrap();
        None
    }),
];

#[test]
fn a_session_of_an_earlier_epoch_is_refused() {
    for (name, change) in CHANGES {
        let (world, phone, codes) = World::enrolled();
        let session = session_of(&world, &phone);
        let bound = change(&world, &phone);
        world.events.take();
        let before = row(&world);
        let code = bound.as_ref().unwrap_or(&phone).code(world.now());
        for typed in [code.as_str(), &codes[0], "", "12345x"] {
            let refused = fresh_factor(&world, &session, typed).unwrap_err();
            assert_eq!(refused, Refusal::StepUpRequired, "{name}: {typed:?}");
            let proof = world.verifier.reauthenticate(&session, world.password(), typed);
            assert_eq!(refusal(proof).unwrap_err(), Refusal::StepUpRequired, "{name}: {typed:?}");
        }
        assert_eq!((row(&world), world.events.take()), (before, vec![]), "{name}");
        // The code was right, so only the session was refused.
        if bound.is_some() {
            let _ = fresh_factor(&world, &world.session(2), &code).unwrap();
        }
    }
}

#[test]
fn the_first_enrollment_ends_earlier_sessions() {
    let world = World::new();
    let session = complete(world.login()).authenticated.into_session();
    let (phone, _) = world.enroll();
    let refused = fresh_factor(&world, &session, &phone.code(world.now())).unwrap_err();
    assert_eq!(refused, Refusal::StepUpRequired);
}

#[test]
fn only_the_session_that_made_a_change_continues() {
    let (world, phone, _) = World::enrolled();
    let (mut own, mut other) = (session_of(&world, &phone), session_of(&world, &phone));
    let before = own.clone();
    let ended = world.change_password(&own, &phone.code(world.now())).unwrap();
    world.clock.advance(STEP);
    own.continue_after(ended);
    assert_eq!((own.account(), own.at(), own.method()), (before.account(), before.at(), before.method()));
    assert!(world.is_current(&own));
    assert!(!world.is_current(&other));
    let code = phone.code(world.now());
    assert_eq!(fresh_factor(&world, &other, &code).unwrap_err(), Refusal::StepUpRequired);
    let fresh = fresh_factor(&world, &own, &code).unwrap();

    // The same if the change removes the last authenticator.
    let ended = world.verifier.disable(fresh, Requirement::None).unwrap();
    own.continue_after(ended);
    let _ = world.change_password(&own, "").unwrap();
    // A reset is made without a session.
    let before = other.clone();
    other.continue_after(world.reset_password());
    assert_eq!(other, before);
}

#[test]
fn a_change_to_another_account_leaves_a_session_as_it_is() {
    let (world, phone, _) = World::enrolled();
    let mut session = session_of(&world, &phone);
    let before = session.clone();
    let bob = World { account: AccountId::new("bob").unwrap(), ..world };
    let bobs = complete(bob.login()).authenticated.into_session();
    session.continue_after(bob.change_password(&bobs, "").unwrap());
    assert_eq!(session, before);
    assert!(bob.is_current(&session));
    assert!(!bob.is_current(&bobs));
}

#[test]
fn without_an_authenticator_there_is_no_fresh_factor() {
    let world = World::new();
    let session = complete(world.login()).authenticated.into_session();
    world.events.take();
    for typed in ["123456", NEVER_ISSUED, ""] {
        let refused = fresh_factor(&world, &session, typed).unwrap_err();
        assert_eq!(refused, Refusal::NoAuthenticator, "{typed:?}");
    }
    assert_eq!((row(&world), world.events.take()), (None, vec![]));
}

#[test]
fn without_an_authenticator_the_password_begins_an_enrollment() {
    for typed in ["", "123456", NEVER_ISSUED] {
        let world = World::new();
        let session = complete(world.login()).authenticated.into_session();
        world.events.take();
        let proof = world.verifier.reauthenticate(&session, world.password(), typed).unwrap();
        assert_eq!(proof.account(), &world.account);
        assert_eq!((row(&world), world.events.take()), (None, vec![]));
        let begun = world.verifier.begin_enrollment(proof, "alice").unwrap();
        let code = Phone::scan(&begun.uri).code(world.now());
        let _ = world.verifier.confirm_enrollment(&begun.token, &code).unwrap();
        assert!(world.verifier.status(&world.account).unwrap().is_enabled());
    }
}

#[test]
fn the_password_alone_is_refused_once_an_authenticator_was_bound() {
    let world = World::new();
    let session = complete(world.login()).authenticated.into_session();
    let proof = world.verifier.reauthenticate(&session, world.password(), "").unwrap();
    let (phone, _) = world.enroll();
    let before = row(&world);
    let refused = refusal(world.verifier.begin_enrollment(proof, "alice")).unwrap_err();
    assert_eq!(refused, Refusal::StepUpRequired);
    assert_eq!(row(&world), before);
    // A later session needs a code of the authenticator that is bound now.
    let session = world.session(1);
    let refused = world.verifier.reauthenticate(&session, world.password(), "");
    assert_eq!(refusal(refused).unwrap_err(), Refusal::Malformed);
    let proof = world.verifier.reauthenticate(&session, world.password(), &phone.code(world.now())).unwrap();
    assert!(world.verifier.begin_enrollment(proof, "alice").is_ok());
}

#[test]
fn with_an_authenticator_the_password_needs_a_code_too() {
    let (world, phone, codes) = World::enrolled();
    let session = session_of(&world, &phone);
    let reauthenticate =
        |typed: &str| refusal(world.verifier.reauthenticate(&session, world.password(), typed));
    for _ in 0..5 {
        assert_eq!(reauthenticate(&phone.wrong_code(world.now())).unwrap_err(), Refusal::NotAccepted);
    }
    assert_eq!(charged(&world), (5, 5));
    let code = phone.code(world.now());
    for (typed, method) in [(&code, AuthMethod::Code), (&codes[0], AuthMethod::RecoveryCode)] {
        let proof = reauthenticate(typed).unwrap();
        assert_eq!(proof.account(), &world.account);
        assert!(world.verifier.begin_enrollment(proof, "alice").is_ok());
        assert_eq!(reauthenticate(typed).unwrap_err(), Refusal::AlreadyDone, "once");
        assert_eq!(world.events.count(|kind| *kind == EventKind::SteppedUp { method }), 1);
    }
}

#[test]
fn the_password_of_another_account_is_a_host_error_and_costs_nothing() {
    let (world, phone, _) = World::enrolled();
    let session = session_of(&world, &phone);
    let code = phone.code(world.now());
    let bob = AccountId::new("bob").unwrap();
    let before = row(&world);
    for typed in [code.as_str(), &phone.wrong_code(world.now()), ""] {
        let bobs = world.password_of(&bob);
        let error: TestError = world.verifier.reauthenticate(&session, bobs, typed).unwrap_err();
        assert!(matches!(error, Error::Session(SessionError::ProofOfAnotherAccount)), "{typed:?}: {error:?}");
    }
    assert_eq!((row(&world), world.events.take()), (before, vec![]));
    assert_eq!(world.verifier.store().load(&bob).unwrap(), None);
    // It does not let bob in either, who has no authenticator.
    let session = complete(world.verifier.password_verified(world.password_of(&bob), None).unwrap());
    let session = session.authenticated.into_session();
    let proof = world.verifier.reauthenticate(&session, world.password(), &code);
    assert!(matches!(proof.unwrap_err(), Error::Session(SessionError::ProofOfAnotherAccount)));
    assert!(world.present(&code).is_ok(), "the code was used up");
}

#[test]
fn one_code_in_sixty_four_forms_at_once_is_one_fresh_factor() {
    for sessions in [1, 64] {
        let world = World::over(Arc::new(Meeting::default()), Policy::new("Example").unwrap());
        let (phone, _) = world.enroll();
        let code = phone.code(world.now());
        let is_one_form = sessions == 1;
        let sessions: Vec<_> = (1..=sessions).map(|number| world.session(number)).collect();
        world.verifier.store().of(64);
        let answers = at_once(64, |number| {
            refusal(world.verifier.fresh_factor(&sessions[number % sessions.len()], &code))
        });
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        assert_eq!(world.events.count(|kind| matches!(kind, EventKind::SteppedUp { .. })), 1);
        if is_one_form {
            // One form sent sixty-four times: done once, and nothing is charged.
            assert_eq!(
                answers.iter().filter(|answer| matches!(answer, Err(Refusal::AlreadyDone))).count(),
                63
            );
            assert_eq!(charged(&world), (0, 0));
            continue;
        }
        // Each of the others counted as a guess until the budget of twenty was spent.
        assert_eq!(world.events.count(is_refused_because(RefusedBecause::Replayed)), 20);
        assert_eq!(world.events.count(is_refused_because(RefusedBecause::Locked)), 43);
        assert_eq!(charged(&world), (20, 20));
    }
}

#[test]
fn a_form_may_be_shown_again_unless_its_step_is_over() {
    let retry_at = Some(START);
    for (refused, is_over) in [
        (Refusal::NotAccepted, false),
        (Refusal::Malformed, false),
        (Refusal::ChallengeOver, true),
        (Refusal::Locked { retry_at }, false),
        (Refusal::Locked { retry_at: None }, false),
        (Refusal::EnrollmentOver, true),
        (Refusal::StepUpRequired, true),
        (Refusal::AlreadyDone, false),
        (Refusal::Retry, false),
        (Refusal::FactorRequired, false),
        (Refusal::NoAuthenticator, false),
    ] {
        assert_eq!(refused.is_over(), is_over, "{refused:?}");
    }
}
