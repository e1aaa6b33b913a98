//! Enrollment, changes of the factor, recovery codes: threats A17 to A19, failures F23 to F26.

use core::time::Duration;
use std::sync::Arc;
use std::thread;

use second_factor::enrollment::{EnrollmentError, ImportedSecret, KeyUriError, LabelPart};
use second_factor::session::{
    AdministratorOfOneself, AdministratorReset, EnrollmentToken, EventKind, Import, RefusedBecause, Remember,
    Requirement, SessionError,
};
use second_factor::verifier::Error;
use second_factor::{AccountId, AuthMethod, BlockingStore, KeyUri, Policy, Refusal, Secret, TotpParams};

use crate::support::tokens::{Parts, under_another_key};
use crate::support::{
    JsonRow, Meeting, Phone, STEP, World, at_once, complete, is_refused_because, refusal, texts,
};

#[test]
fn a17a_a_wrong_code_leaves_two_factor_authentication_off() {
    let world = World::new();
    let begun = world.begin();
    let phone = Phone::scan(&begun.uri);
    let wrong = phone.wrong_code(world.now());
    assert_eq!(
        refusal(world.verifier.confirm_enrollment(&begun.token, &wrong)).unwrap_err(),
        Refusal::NotAccepted
    );
    assert_eq!(world.events.take(), [EventKind::EnrollmentBegun, EventKind::EnrollmentRefused]);
    assert!(!world.verifier.status(&world.account).unwrap().is_enabled());
    assert_eq!(complete(world.login()).authenticated.method(), AuthMethod::SingleFactor);
}

/// The holder of the token was shown the secret, so there is nothing to guess.
#[test]
fn a17a_wrong_codes_end_no_enrollment_and_write_nothing() {
    let world = World::new();
    let begun = world.begin();
    let phone = Phone::scan(&begun.uri);
    for wrong in phone.wrong_codes(world.now()).take(100) {
        let refused = refusal(world.verifier.confirm_enrollment(&begun.token, &wrong)).unwrap_err();
        assert_eq!(refused, Refusal::NotAccepted);
    }
    assert_eq!(world.verifier.store().load(&world.account).unwrap(), None);
    let _ = world.verifier.confirm_enrollment(&begun.token, &phone.code(world.now())).unwrap();
}

#[test]
fn a17a_an_abandoned_enrollment_is_over_after_ten_minutes() {
    for (age, is_alive) in [(599, true), (600, false), (601, false)] {
        let world = World::new();
        let begun = world.begin();
        let phone = Phone::scan(&begun.uri);
        assert_eq!(
            complete(world.login()).authenticated.method(),
            AuthMethod::SingleFactor,
            "a pending secret was accepted"
        );
        world.clock.advance(Duration::from_secs(age));
        assert_eq!(
            world.verifier.store().load(&world.account).unwrap(),
            None,
            "the pending secret was stored"
        );
        let shown_again = refusal(world.verifier.pending_enrollment(&begun.token));
        assert_eq!(shown_again.err(), (!is_alive).then_some(Refusal::EnrollmentOver), "{age} s");
        let confirmed = refusal(world.verifier.confirm_enrollment(&begun.token, &phone.code(world.now())));
        assert_eq!(confirmed.err(), (!is_alive).then_some(Refusal::EnrollmentOver), "{age} s");
        assert_eq!(world.verifier.status(&world.account).unwrap().is_enabled(), is_alive, "{age} s");
    }
}

#[test]
fn a17a_an_enrollment_is_confirmed_only_with_its_own_token() {
    let world = World::new();
    let (first, second) = (world.begin(), world.begin());
    // Each token confirms its own secret, and confirming one ends the other.
    let [of_first, of_second] = [&first, &second].map(|begun| Phone::scan(&begun.uri).code(world.now()));
    for (token, code) in [(&first.token, &of_second), (&second.token, &of_first)] {
        let confirmed = world.verifier.confirm_enrollment(token, code);
        assert_eq!(refusal(confirmed).unwrap_err(), Refusal::NotAccepted);
        assert!(world.verifier.pending_enrollment(token).is_ok());
    }
    let _ = world.verifier.confirm_enrollment(&second.token, &of_second).unwrap();
    let late = world.verifier.confirm_enrollment(&first.token, &of_first);
    assert_eq!(refusal(late).unwrap_err(), Refusal::EnrollmentOver);
    assert_eq!(
        refusal(world.verifier.pending_enrollment(&first.token)).unwrap_err(),
        Refusal::EnrollmentOver
    );
}

#[test]
fn a17b_an_abandoned_enrollment_does_not_change_the_old_secret() {
    let (world, old, _) = World::enrolled();
    let device = world.remember(&old);
    let begun = world.verifier.begin_enrollment(world.fresh(&old), "alice").unwrap();
    let new = Phone::scan(&begun.uri);
    assert_eq!(world.present(&new.code(world.now())).unwrap_err(), Refusal::NotAccepted);
    assert_eq!(world.log_in(&old).authenticated.method(), AuthMethod::Code);
    assert!(matches!(
        complete(world.login_on(&device)).authenticated.method(),
        AuthMethod::RememberedDevice { .. }
    ));

    world.clock.advance(Duration::from_secs(600));
    assert_eq!(world.log_in(&old).authenticated.method(), AuthMethod::Code);
    let late = world.verifier.confirm_enrollment(&begun.token, &new.code(world.now()));
    assert_eq!(refusal(late).unwrap_err(), Refusal::EnrollmentOver);
    assert_eq!(world.present(&new.code(world.now())).unwrap_err(), Refusal::NotAccepted);
}

/// The attempts of a session that presented no code, and of a fresh factor that is a second too old.
fn nothing_is_changed_without_a_code(world: &World, phone: &Phone) {
    let before = world.verifier.status(&world.account).unwrap().enabled_since;
    let begun = world.verifier.begin_enrollment(world.password(), "alice");
    assert_eq!(refusal(begun).unwrap_err(), Refusal::StepUpRequired);
    let secret = ImportedSecret::new(Secret::new(&[9; 20]).unwrap()).unwrap();
    let import = Import::by_host(world.account.clone(), secret, TotpParams::default());
    assert_eq!(refusal(world.verifier.import(import)).unwrap_err(), Refusal::AlreadyBound);
    // `disable` and `regenerate_recovery_codes` take a `FreshFactor`, which only a step-up with a code makes.
    let session = world.session(1);
    let wrong = phone.wrong_code(world.now());
    assert_eq!(refusal(world.verifier.fresh_factor(&session, &wrong)).unwrap_err(), Refusal::NotAccepted);
    let unknown = world.verifier.fresh_factor(&session, "MFRGG-ZDFMZ-TWQ2L-KNNWG-23TPOA");
    assert_eq!(refusal(unknown).unwrap_err(), Refusal::NotAccepted);
    assert_eq!(world.verifier.status(&world.account).unwrap().enabled_since, before);
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::SteppedUp { .. })), 0);
}

#[test]
fn a18_a_session_with_the_password_alone_changes_nothing() {
    let (world, phone, _) = World::enrolled();
    let _ = world.challenge();
    nothing_is_changed_without_a_code(&world, &phone);
}

#[test]
fn a18_a_session_of_a_remembered_device_changes_nothing() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    let accepted = complete(world.login_on(&device));
    assert!(matches!(accepted.authenticated.method(), AuthMethod::RememberedDevice { .. }));
    assert_eq!(accepted.authenticated.amr(), ["pwd"]);
    nothing_is_changed_without_a_code(&world, &phone);
}

#[test]
fn a18_a_fresh_factor_is_fresh_for_exactly_five_minutes() {
    for (age, is_fresh) in [(299, true), (300, false), (301, false)] {
        let stale = (!is_fresh).then_some(Refusal::StepUpRequired);
        let aged = || {
            let (world, _, codes) = World::enrolled();
            let fresh = world.verifier.fresh_factor(&world.session(1), &codes[0]).unwrap();
            world.clock.advance(Duration::from_secs(age));
            (world, fresh)
        };
        let (world, fresh) = aged();
        assert_eq!(
            refusal(world.verifier.disable(fresh, Requirement::None)).err(),
            stale,
            "disable at {age} s"
        );
        assert_eq!(world.verifier.status(&world.account).unwrap().is_enabled(), !is_fresh);
        let (world, fresh) = aged();
        assert_eq!(
            refusal(world.verifier.begin_enrollment(fresh, "alice")).err(),
            stale,
            "enroll at {age} s"
        );
        let (world, fresh) = aged();
        assert_eq!(refusal(world.verifier.regenerate_recovery_codes(fresh)).err(), stale, "codes at {age} s");
    }
}

#[test]
fn a18_a_fresh_factor_from_before_a_change_of_credentials_is_not_fresh() {
    let (world, phone, _) = World::enrolled();
    let (first, second) = (world.fresh(&phone), world.fresh(&phone));
    let third = world.fresh(&phone);
    let _ = world.reset_password();
    assert_eq!(
        refusal(world.verifier.disable(first, Requirement::None)).unwrap_err(),
        Refusal::StepUpRequired
    );
    assert_eq!(
        refusal(world.verifier.begin_enrollment(second, "alice")).unwrap_err(),
        Refusal::StepUpRequired
    );
    assert_eq!(
        refusal(world.verifier.regenerate_recovery_codes(third)).unwrap_err(),
        Refusal::StepUpRequired
    );
    assert!(world.verifier.status(&world.account).unwrap().is_enabled());
}

#[test]
fn a18_a_session_from_before_a_change_of_credentials_cannot_step_up() {
    let (world, phone, _) = World::enrolled();
    let old = world.log_in(&phone).authenticated.into_session();
    let _ = world.reset_password();
    assert!(!world.is_current(&old));
    let code = phone.code(world.now());
    assert_eq!(refusal(world.verifier.fresh_factor(&old, &code)).unwrap_err(), Refusal::StepUpRequired);
    assert!(
        world.verifier.fresh_factor(&world.session(1), &code).is_ok(),
        "the right code was refused in a new session"
    );
}

#[test]
fn a18_administrators_need_a_code_for_their_own_account() {
    let (world, _, _) = World::enrolled();
    let myself = AdministratorReset::by_host(world.account.clone(), &world.account);
    assert_eq!(myself.unwrap_err(), AdministratorOfOneself);
    let another = AccountId::new("Alice").unwrap();
    assert!(AdministratorReset::by_host(world.account.clone(), &another).is_ok());
}

#[test]
fn a19_one_recovery_code_twenty_times_at_once_is_one_login() {
    let (world, _, codes) = World::enrolled();
    let challenges: Vec<_> = (0..8).map(|_| world.challenge()).collect();
    world.events.take();
    let answers = at_once(20, |number| {
        refusal(world.verifier.present(&challenges[number % 8], &codes[0], Remember::No))
    });
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::RecoveryCodeUsed { remaining: 9 })), 1);
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::LoggedIn { .. })), 1);

    for code in &codes[1..] {
        let accepted = world.verifier.present(&world.challenge(), code, Remember::No).unwrap();
        assert_eq!(accepted.authenticated.method(), AuthMethod::RecoveryCode);
    }
    assert_eq!(world.verifier.status(&world.account).unwrap().recovery_codes_left, 0);
    world.events.take();
    for code in &codes {
        let spent = world.verifier.present(&world.challenge(), code, Remember::No);
        // Refused as not accepted or because of a lock: the wrong ones of the burst spend the budget.
        let _ = refusal(spent).unwrap_err();
    }
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::Wrong)), 10);
}

#[test]
fn a19_one_recovery_code_twenty_times_at_once_on_a_host_store() {
    let world = World::over(JsonRow::default(), Policy::new("Example").unwrap());
    let (_, codes) = world.enroll();
    let challenges: Vec<_> = (0..8).map(|_| world.challenge()).collect();
    let answers = at_once(20, |number| {
        refusal(world.verifier.present(&challenges[number % 8], &codes[0], Remember::No))
    });
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(world.verifier.status(&world.account).unwrap().recovery_codes_left, 9);
}

#[test]
fn a19_two_recovery_codes_at_once_are_both_used_up() {
    for _ in 0..10 {
        let (world, _, codes) = World::enrolled();
        let challenges = [world.challenge(), world.challenge()];
        let answers = at_once(2, |number| {
            refusal(world.verifier.present(&challenges[number], &codes[number], Remember::No))
        });
        assert!(answers.iter().all(Result::is_ok));
        for code in &codes[..2] {
            let spent = world.verifier.present(&world.challenge(), code, Remember::No);
            assert_eq!(
                refusal(spent).unwrap_err(),
                Refusal::NotAccepted,
                "a used recovery code was accepted again"
            );
        }
    }
}

#[test]
fn a19_recovery_codes_are_stored_hashed() {
    let world = World::over(Arc::new(JsonRow::default()), Policy::new("Example").unwrap());
    let (_, codes) = world.enroll();
    let row = world.verifier.store().text();
    let record: serde_json::Value = serde_json::from_str(&row).unwrap();
    let stored = record["record"]["recovery"].as_array().unwrap();
    assert_eq!(stored.len(), 10);
    for (stored, code) in stored.iter().zip(&codes) {
        let stored = stored.as_str().unwrap();
        assert_eq!(stored.len(), 26, "128 bits in base32");
        let plain = code.replace('-', "");
        assert!(!stored.contains(&plain) && !row.contains(&plain) && !row.contains(code));
    }
}

#[test]
fn a19_other_spellings_of_a_recovery_code_are_the_same_code() {
    let spellings: [fn(&str) -> String; 6] = [
        str::to_lowercase,
        |code| code.replace('-', ""),
        |code| code.replace('-', " "),
        |code| format!("  {}\n", code.replace('-', "--")),
        |code| code.replace('-', "\u{2013}").to_lowercase(),
        |code| code.chars().flat_map(|c| [c, ' ']).collect(),
    ];
    for (number, spell) in spellings.iter().enumerate() {
        let (world, _, codes) = World::enrolled();
        let spelled = spell(&codes[0]);
        let accepted = world.verifier.present(&world.challenge(), &spelled, Remember::No).unwrap();
        assert_eq!(accepted.authenticated.method(), AuthMethod::RecoveryCode, "spelling {number}");
        for again in spellings {
            let spent = world.verifier.present(&world.challenge(), &again(&codes[0]), Remember::No);
            assert_eq!(refusal(spent).unwrap_err(), Refusal::NotAccepted);
        }
    }
}

#[test]
fn a19_new_recovery_codes_make_the_old_set_void() {
    let (world, phone, old) = World::enrolled();
    let new = texts(&world.verifier.regenerate_recovery_codes(world.fresh(&phone)).unwrap());
    assert_eq!(world.events.count(|kind| *kind == EventKind::RecoveryCodesRegenerated), 1);
    for code in &old {
        let dead = world.verifier.present(&world.challenge(), code, Remember::No);
        assert_eq!(refusal(dead).unwrap_err(), Refusal::NotAccepted);
    }
    for code in &new {
        let _ = world.verifier.present(&world.challenge(), code, Remember::No).unwrap();
    }
}

#[test]
fn a19_a_recovery_code_of_one_account_is_refused_for_another() {
    let (world, _, codes) = World::enrolled();
    let bob = World { account: AccountId::new("bob").unwrap(), ..world };
    let _ = bob.enroll();
    let foreign = bob.verifier.present(&bob.challenge(), &codes[0], Remember::No);
    assert_eq!(refusal(foreign).unwrap_err(), Refusal::NotAccepted);
}

#[test]
fn f23_no_enrollment_over_a_factor_without_that_factor() {
    let (world, phone, _) = World::enrolled();
    let before = world.record();
    let by_password = world.verifier.begin_enrollment(world.password(), "mallory@example.com");
    assert_eq!(refusal(by_password).unwrap_err(), Refusal::StepUpRequired);
    let secret = ImportedSecret::new(Secret::new(b"a secret of mallory's").unwrap()).unwrap();
    let import = Import::by_host(world.account.clone(), secret, TotpParams::default());
    assert_eq!(refusal(world.verifier.import(import)).unwrap_err(), Refusal::AlreadyBound);
    assert_eq!(world.record(), before);

    // A stolen session can try to step up, but has no code.
    let stepped_up = world.verifier.fresh_factor(&world.session(1), &phone.wrong_code(world.now()));
    assert_eq!(refusal(stepped_up).unwrap_err(), Refusal::NotAccepted);

    // Refused with a fresh factor from before a change of credentials, and after five minutes.
    let stale = world.fresh(&phone);
    let _ = world.reset_password();
    let begun = world.verifier.begin_enrollment(stale, "alice@example.com");
    assert_eq!(refusal(begun).unwrap_err(), Refusal::StepUpRequired);
    let late = world.verifier.fresh_factor(&world.session(1), &phone.code(world.now())).unwrap();
    world.clock.advance(world.verifier.policy().step_up_age());
    let begun = world.verifier.begin_enrollment(late, "alice@example.com");
    assert_eq!(refusal(begun).unwrap_err(), Refusal::StepUpRequired);
    let fresh = world.fresh(&phone);
    assert!(world.verifier.begin_enrollment(fresh, "alice@example.com").is_ok());
}

#[test]
fn f24_an_unconfirmed_secret_is_never_accepted() {
    let (world, phone, _) = World::enrolled();
    let fresh = world.fresh(&phone);
    let before = world.record();
    let begun = world.verifier.begin_enrollment(fresh, "alice@example.com").unwrap();
    let new_phone = Phone::scan(&begun.uri);
    assert_eq!(world.record(), before, "the pending secret was stored");

    let pending = world.present(&new_phone.code(world.now()));
    assert_eq!(pending.unwrap_err(), Refusal::NotAccepted, "a code of the pending secret was accepted");
    let step_up = world.verifier.fresh_factor(&world.session(1), &new_phone.code(world.now()));
    assert_eq!(refusal(step_up).unwrap_err(), Refusal::NotAccepted);
    let _ = world.log_in(&phone);
    // If it is abandoned it expires, and the old one stays valid.
    world.clock.advance(world.verifier.policy().enrollment_lifetime());
    let confirmed = world.verifier.confirm_enrollment(&begun.token, &new_phone.code(world.now()));
    assert_eq!(refusal(confirmed).unwrap_err(), Refusal::EnrollmentOver);
    let _ = world.log_in(&phone);
    assert!(world.present(&new_phone.code(world.now())).is_err());
}

#[test]
fn f24_an_abandoned_enrollment_locks_nobody_out() {
    let world = World::new();
    let begun = world.begin();
    assert_eq!(complete(world.login()).authenticated.method(), AuthMethod::SingleFactor);
    let phone = Phone::scan(&begun.uri);
    let wrong = world.verifier.confirm_enrollment(&begun.token, &phone.wrong_code(world.now()));
    assert_eq!(refusal(wrong).unwrap_err(), Refusal::NotAccepted);
    assert_eq!(complete(world.login()).authenticated.method(), AuthMethod::SingleFactor);
    assert!(!world.verifier.status(&world.account).unwrap().is_enabled());
}

#[test]
fn f25_of_two_tabs_the_one_confirmed_first_is_bound_and_ends_the_other() {
    for older_first in [true, false] {
        let world = World::new();
        let (older, newer) = (world.begin(), world.begin());
        let (first, second) = if older_first { (older, newer) } else { (newer, older) };
        let [bound, stale] = [&first, &second].map(|begun| Phone::scan(&begun.uri));
        let crossed = world.verifier.confirm_enrollment(&first.token, &stale.code(world.now()));
        assert_eq!(refusal(crossed).unwrap_err(), Refusal::NotAccepted);
        let _ = world.verifier.confirm_enrollment(&first.token, &bound.code(world.now())).unwrap();
        let late = world.verifier.confirm_enrollment(&second.token, &stale.code(world.now()));
        assert_eq!(refusal(late).unwrap_err(), Refusal::EnrollmentOver);
        world.clock.advance(STEP);
        assert!(world.present(&stale.code(world.now())).is_err());
        let _ = world.log_in(&bound);
    }
}

#[test]
fn f25_one_enrollment_confirmed_in_eight_parallel_posts_is_bound_once() {
    for _ in 0..20 {
        let world = World::over(Arc::new(Meeting::default()), Policy::new("Example").unwrap());
        let begun = world.begin();
        let code = Phone::scan(&begun.uri).code(world.now());
        world.verifier.store().of(8);
        let confirmed = thread::scope(|scope| {
            let posts: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| refusal(world.verifier.confirm_enrollment(&begun.token, &code))))
                .collect();
            posts.into_iter().map(|post| post.join().unwrap()).collect::<Vec<_>>()
        });
        let (bound, refused): (Vec<_>, Vec<_>) = confirmed.into_iter().partition(Result::is_ok);
        assert_eq!((bound.len(), refused.len()), (1, 7));
        assert!(refused.into_iter().all(|refused| refused.unwrap_err() == Refusal::EnrollmentOver));
        let bindings = world.events.count(|kind| matches!(kind, EventKind::AuthenticatorBound { .. }));
        assert_eq!(bindings, 1);
        // The recovery codes that were shown are the valid ones.
        let codes = texts(&bound.into_iter().next().unwrap().unwrap().into_parts().0);
        assert!(world.verifier.present(&world.challenge(), &codes[9], Remember::No).is_ok());
    }
}

#[test]
fn f25_a_confirmation_and_a_second_beginning_leave_one_live_secret() {
    for _ in 0..20 {
        let world = World::over(Arc::new(Meeting::default()), Policy::new("Example").unwrap());
        let begun = world.begin();
        let phone = Phone::scan(&begun.uri);
        let proof = world.password();
        world.verifier.store().of(2);
        let (confirmed, second) = thread::scope(|scope| {
            let confirmed = scope
                .spawn(|| refusal(world.verifier.confirm_enrollment(&begun.token, &phone.code(world.now()))));
            let second = scope.spawn(|| world.verifier.begin_enrollment(proof, "alice@example.com").unwrap());
            (confirmed.join().unwrap(), second.join().unwrap())
        });
        // The second enrollment began before the confirmation was written, so it is over.
        let _ = confirmed.unwrap();
        let code = Phone::scan(&second.uri).code(world.now());
        let late = world.verifier.confirm_enrollment(&second.token, &code);
        assert_eq!(refusal(late).unwrap_err(), Refusal::EnrollmentOver);
        world.clock.advance(STEP);
        let _ = world.log_in(&phone);
    }
}

#[test]
fn g18_an_account_name_with_a_colon_is_enrolled_and_scanned() {
    let world = World::new();
    let begun = world.verifier.begin_enrollment(world.password(), "@ann:example.org").unwrap();
    let shown_again = world.verifier.pending_enrollment(&begun.token).unwrap();
    assert_eq!(shown_again, begun.uri);
    let scanned = KeyUri::parse_strict(begun.uri.to_uri().expose()).unwrap();
    assert_eq!(scanned.account_name(), "@ann\u{2236}example.org");
    let code = Phone::scan(&scanned).code(world.now());
    let _ = world.verifier.confirm_enrollment(&begun.token, &code).unwrap();
    assert!(world.verifier.status(&world.account).unwrap().is_enabled());
}

#[test]
fn g18_an_account_name_that_cannot_be_enrolled_stores_nothing() {
    let world = World::new();
    let part = LabelPart::AccountName;
    let too_long = KeyUri::MAX_ACCOUNT_NAME_LEN + 1;
    for (name, expected) in [
        ("", KeyUriError::EmptyName(part)),
        (" alice", KeyUriError::SurroundingSpace(part)),
        ("al\nice", KeyUriError::ControlCharacter(part)),
        (&"x".repeat(too_long), KeyUriError::NameTooLong { part, found: too_long }),
    ] {
        let refused = world.verifier.begin_enrollment(world.password(), name).unwrap_err();
        let Error::Session(SessionError::Enrollment(refused)) = refused else { panic!("{refused:?}") };
        assert_eq!(refused, EnrollmentError::KeyUri(expected), "{name:?}");
        assert!(world.verifier.store().load(&world.account).unwrap().is_none(), "{name:?}");
    }
}

#[test]
fn f26_an_enrollment_is_confirmed_only_in_its_own_session() {
    let (world, phone, _) = World::enrolled();
    let begun = world.verifier.begin_enrollment(world.fresh(&phone), "alice@example.com").unwrap();
    let new_phone = Phone::scan(&begun.uri);
    let code = new_phone.code(world.now());

    // Another session has no token, or one of its own: of another account, or of another enrollment of this account.
    let mallory = AccountId::new("mallory").unwrap();
    let his = world.verifier.begin_enrollment(world.password_of(&mallory), "mallory@example.com").unwrap();
    let edited = Parts::of(his.token.expose()).of_account("alice").text();
    let edited = EnrollmentToken::parse(&edited).unwrap();
    assert_eq!(edited.account(), &world.account);
    let elsewhere = under_another_key().begin().token;
    let from_before_the_first_enrollment = World::new().begin().token;
    for foreign in [&edited, &elsewhere, &from_before_the_first_enrollment] {
        let confirmed = world.verifier.confirm_enrollment(foreign, &code);
        assert_eq!(refusal(confirmed).unwrap_err(), Refusal::EnrollmentOver);
        assert_eq!(refusal(world.verifier.pending_enrollment(foreign)).unwrap_err(), Refusal::EnrollmentOver);
    }
    let confirmed = world.verifier.confirm_enrollment(&his.token, &code);
    assert_eq!(
        refusal(confirmed).unwrap_err(),
        Refusal::NotAccepted,
        "a code of another account's secret was accepted"
    );
    let _ = world.log_in(&phone);

    let _ = world.verifier.confirm_enrollment(&begun.token, &new_phone.code(world.now())).unwrap();
}
