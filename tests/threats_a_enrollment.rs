//! Threats A17 to A20: enrollment, recovery codes, secrets.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

mod common;
#[path = "common/crowd.rs"]
mod crowd;

use core::time::Duration;
use std::sync::{Arc, Mutex};

use common::{Phone, STEP, TestRng, World, complete, is_refused_because, refusal, texts};
use crowd::{JsonRow, at_once};
use second_factor::enrollment::{EnrollmentError, ImportedSecret, KeyUriError, LabelPart, SecretTooShort};
use second_factor::session::{
    AdministratorReset, EventKind, Import, RefusedBecause, Remember, SealError, SealingKey, SessionError,
};
use second_factor::store::{Expected, Swap};
use second_factor::verifier::Error;
use second_factor::{
    AccountId, AccountRecord, Algorithm, BlockingStore, BlockingVerifier, Digits, How, KeyRing, KeyUri,
    MemoryStore, Period, Policy, Refusal, Secret, TotpParams,
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
    assert_eq!(complete(world.login()).authenticated.how(), How::None);
}

#[test]
fn a17a_the_fifth_wrong_code_ends_the_enrollment() {
    let world = World::new();
    let begun = world.begin();
    let phone = Phone::scan(&begun.uri);
    let answers: Vec<_> = phone
        .wrong_codes(world.now())
        .take(5)
        .map(|wrong| refusal(world.verifier.confirm_enrollment(&begun.token, &wrong)).unwrap_err())
        .collect();
    assert_eq!(answers[..4], [Refusal::NotAccepted; 4]);
    assert_eq!(answers[4], Refusal::EnrollmentOver);
    let late = world.verifier.confirm_enrollment(&begun.token, &phone.code(world.now()));
    assert_eq!(refusal(late).unwrap_err(), Refusal::EnrollmentOver);
    assert!(!world.verifier.status(&world.account).unwrap().enrollment_pending);
}

#[test]
fn a17a_a_tab_that_is_closed_leaves_a_secret_that_dies_in_ten_minutes_to_the_second() {
    for (age, is_alive) in [(599, true), (600, false), (601, false)] {
        let world = World::new();
        let begun = world.begin();
        let phone = Phone::scan(&begun.uri);
        assert_eq!(
            complete(world.login()).authenticated.how(),
            How::None,
            "a pending secret counts for nothing"
        );
        world.clock.advance(Duration::from_secs(age));
        assert_eq!(world.verifier.status(&world.account).unwrap().enrollment_pending, is_alive, "{age} s");
        let shown_again = refusal(world.verifier.pending_enrollment(&begun.token));
        assert_eq!(shown_again.err(), (!is_alive).then_some(Refusal::EnrollmentOver), "{age} s");
        let confirmed = refusal(world.verifier.confirm_enrollment(&begun.token, &phone.code(world.now())));
        assert_eq!(confirmed.err(), (!is_alive).then_some(Refusal::EnrollmentOver), "{age} s");
        assert_eq!(world.verifier.status(&world.account).unwrap().is_enabled(), is_alive, "{age} s");
    }
}

#[test]
fn a17a_an_enrollment_is_confirmed_with_the_token_of_whoever_began_it() {
    let world = World::new();
    let (first, second) = (world.begin(), world.begin());
    // The second replaced the first, whose token confirms neither secret.
    for begun in [&first, &second] {
        let code = Phone::scan(&begun.uri).code(world.now());
        let confirmed = world.verifier.confirm_enrollment(&first.token, &code);
        assert_eq!(refusal(confirmed).unwrap_err(), Refusal::EnrollmentOver);
        assert!(refusal(world.verifier.pending_enrollment(&first.token)).is_err());
    }
    let code = Phone::scan(&second.uri).code(world.now());
    let _ = world.verifier.confirm_enrollment(&second.token, &code).unwrap();
}

#[test]
fn a17b_a_new_enrollment_that_is_left_leaves_the_old_secret_alone() {
    let (world, old, _) = World::enrolled();
    let device = world.remember(&old);
    let begun = world.verifier.begin_enrollment(world.fresh(&old), "alice").unwrap();
    let new = Phone::scan(&begun.uri);
    assert_eq!(world.present(&new.code(world.now())).unwrap_err(), Refusal::NotAccepted);
    assert_eq!(world.log_in(&old).authenticated.how(), How::Presented);
    assert!(matches!(complete(world.login_on(&device)).authenticated.how(), How::Remembered { .. }));

    world.clock.advance(Duration::from_secs(600));
    assert_eq!(world.log_in(&old).authenticated.how(), How::Presented);
    let late = world.verifier.confirm_enrollment(&begun.token, &new.code(world.now()));
    assert_eq!(refusal(late).unwrap_err(), Refusal::EnrollmentOver);
    assert_eq!(world.present(&new.code(world.now())).unwrap_err(), Refusal::NotAccepted);
}

/// What a session that presented no code tries, and what a factor of a second too old does.
fn nothing_is_changed_without_a_code(world: &World, phone: &Phone) {
    let before = world.verifier.status(&world.account).unwrap().enabled_since;
    let begun = world.verifier.begin_enrollment(world.password(), "alice");
    assert_eq!(refusal(begun).unwrap_err(), Refusal::StepUpRequired);
    let secret = ImportedSecret::new(Secret::new(&[9; 20]).unwrap()).unwrap();
    let import = Import::by_host(world.account.clone(), secret, TotpParams::default());
    assert_eq!(refusal(world.verifier.import(import)).unwrap_err(), Refusal::StepUpRequired);
    // `disable` and `regenerate_recovery_codes` take a `FreshFactor`, which only a step-up makes, out of a
    // code.
    let token = world.step_up_token();
    let wrong = phone.wrong_code(world.now());
    assert_eq!(refusal(world.verifier.step_up(&token, &wrong)).unwrap_err(), Refusal::NotAccepted);
    let unknown = world.verifier.step_up_with_recovery_code(&token, "MFRGG-ZDFMZ-TWQ2L-KNNWG-23TPOA");
    assert_eq!(refusal(unknown).unwrap_err(), Refusal::NotAccepted);
    assert_eq!(world.verifier.status(&world.account).unwrap().enabled_since, before);
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::SteppedUp { .. })), 0);
}

#[test]
fn a18_a_session_that_passed_the_password_alone_changes_nothing() {
    let (world, phone, _) = World::enrolled();
    let _ = world.challenge();
    nothing_is_changed_without_a_code(&world, &phone);
}

#[test]
fn a18_a_session_of_a_remembered_device_changes_nothing() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    let accepted = complete(world.login_on(&device));
    assert!(matches!(accepted.authenticated.how(), How::Remembered { .. }));
    assert_eq!(accepted.authenticated.amr(), ["pwd"]);
    nothing_is_changed_without_a_code(&world, &phone);
}

#[test]
fn a18_a_fresh_factor_is_fresh_for_five_minutes_to_the_second() {
    for (age, is_fresh) in [(299, true), (300, false), (301, false)] {
        let stale = (!is_fresh).then_some(Refusal::StepUpRequired);
        let aged = || {
            let (world, _, codes) = World::enrolled();
            let fresh = world.verifier.step_up_with_recovery_code(&world.step_up_token(), &codes[0]).unwrap();
            world.clock.advance(Duration::from_secs(age));
            (world, fresh)
        };
        let (world, fresh) = aged();
        assert_eq!(refusal(world.verifier.disable(fresh)).err(), stale, "disable at {age} s");
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
    let _ = world.verifier.password_changed(&world.account).unwrap();
    assert_eq!(refusal(world.verifier.disable(first)).unwrap_err(), Refusal::StepUpRequired);
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
    let old = world.log_in(&phone).authenticated.epoch();
    let _ = world.verifier.password_changed(&world.account).unwrap();
    assert!(!world.verifier.is_current(&world.account, old).unwrap());
    let begun = world.verifier.begin_step_up(&world.account, old);
    assert_eq!(refusal(begun).unwrap_err(), Refusal::StepUpRequired);
}

#[test]
fn a18_an_administrator_is_asked_for_a_code_by_themselves_as_everybody() {
    let (world, _, _) = World::enrolled();
    let myself = AdministratorReset::by_host(world.account.clone(), &world.account);
    assert_eq!(myself.unwrap_err(), SessionError::AdministratorOfOneself);
    let another = AccountId::new("Alice").unwrap();
    assert!(AdministratorReset::by_host(world.account.clone(), &another).is_ok());
}

#[test]
fn a19_one_recovery_code_twenty_times_at_once_is_one_login_and_the_other_nine_still_work() {
    let (world, _, codes) = World::enrolled();
    let challenges: Vec<_> = (0..8).map(|_| world.challenge()).collect();
    world.events.take();
    let answers = at_once(20, |number| {
        refusal(world.verifier.present_recovery_code(&challenges[number % 8], &codes[0]))
    });
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::RecoveryCodeUsed { remaining: 9 })), 1);
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::LoggedIn { .. })), 1);

    for code in &codes[1..] {
        let accepted = world.verifier.present_recovery_code(&world.challenge(), code).unwrap();
        assert_eq!(accepted.authenticated.how(), How::RecoveryCode);
    }
    assert_eq!(world.verifier.status(&world.account).unwrap().recovery_codes_left, 0);
    world.events.take();
    for code in &codes {
        let spent = world.verifier.present_recovery_code(&world.challenge(), code);
        // Not accepted, or on top of that the budget is spent: it took the wrong ones of the burst.
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
        refusal(world.verifier.present_recovery_code(&challenges[number % 8], &codes[0]))
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
            refusal(world.verifier.present_recovery_code(&challenges[number], &codes[number]))
        });
        assert!(answers.iter().all(Result::is_ok));
        for code in &codes[..2] {
            let spent = world.verifier.present_recovery_code(&world.challenge(), code);
            assert_eq!(refusal(spent).unwrap_err(), Refusal::NotAccepted, "no write brought it back");
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
        assert_eq!(stored.len(), 52, "256 bits in base32");
        let plain = code.replace('-', "");
        assert!(!stored.contains(&plain) && !row.contains(&plain) && !row.contains(code));
    }
}

#[test]
fn a19_case_spaces_and_dashes_are_ignored_and_are_no_second_code() {
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
        let accepted = world.verifier.present_recovery_code(&world.challenge(), &spelled).unwrap();
        assert_eq!(accepted.authenticated.how(), How::RecoveryCode, "spelling {number}");
        for again in spellings {
            let spent = world.verifier.present_recovery_code(&world.challenge(), &again(&codes[0]));
            assert_eq!(refusal(spent).unwrap_err(), Refusal::NotAccepted);
        }
    }
}

#[test]
fn a19_the_old_set_dies_when_new_codes_are_made() {
    let (world, phone, old) = World::enrolled();
    let new = texts(&world.verifier.regenerate_recovery_codes(world.fresh(&phone)).unwrap());
    assert_eq!(world.events.count(|kind| *kind == EventKind::RecoveryCodesRegenerated), 1);
    for code in &old {
        let dead = world.verifier.present_recovery_code(&world.challenge(), code);
        assert_eq!(refusal(dead).unwrap_err(), Refusal::NotAccepted);
    }
    for code in &new {
        let _ = world.verifier.present_recovery_code(&world.challenge(), code).unwrap();
    }
}

#[test]
fn a19_a_recovery_code_of_one_account_is_none_of_another() {
    let (world, _, codes) = World::enrolled();
    let bob = World { account: AccountId::new("bob").unwrap(), ..world };
    let _ = bob.enroll();
    let foreign = bob.verifier.present_recovery_code(&bob.challenge(), &codes[0]);
    assert_eq!(refusal(foreign).unwrap_err(), Refusal::NotAccepted);
}

#[test]
fn a20a_a_secret_that_is_made_has_160_bits_counted_in_bytes() {
    for (algorithm, bytes) in [(Algorithm::Sha1, 20), (Algorithm::Sha256, 32), (Algorithm::Sha512, 64)] {
        let totp = TotpParams::new(algorithm, Digits::Six, Period::default());
        let world = World::with_policy(Policy::builder("Example").totp(totp).build().unwrap());
        let begun = world.begin();
        assert_eq!(begun.uri.secret().expose().len(), bytes);
        assert_eq!(begun.uri.secret().bits(), 8 * bytes);
        let generated = Secret::generate(algorithm, &mut TestRng(3)).unwrap();
        assert_eq!(generated.expose().len(), bytes);
    }
    assert_eq!(World::new().begin().uri.secret().bits(), 160, "by default");
}

#[test]
fn a20a_a_secret_that_is_brought_along_has_128_bits_counted_in_bytes() {
    // `Secret` itself reads whatever sites issue; into an account only these two ways lead, and the weaker
    // one says so.
    for bytes in 1..=Secret::MAX_LEN {
        let secret = Secret::new(&vec![7; bytes]).unwrap();
        let found_bits = 8 * bytes;
        let told = |error: SecretTooShort| (error.found_bits, error.floor_bits);
        assert_eq!(
            ImportedSecret::new(secret.clone()).err().map(told),
            (bytes < 16).then_some((found_bits, 128)),
            "{bytes} bytes"
        );
        assert_eq!(
            ImportedSecret::legacy(secret).err().map(told),
            (bytes < 10).then_some((found_bits, 80)),
            "{bytes} bytes"
        );
    }
    // Counted in bytes, not in characters of base32: 16 characters are 80 bits, 26 are 130, of which 128
    // count.
    let characters = |count: usize| Secret::from_base32(&"A".repeat(count)).unwrap();
    assert!(ImportedSecret::new(characters(16)).is_err());
    assert!(ImportedSecret::new(characters(24)).is_err());
    assert!(ImportedSecret::new(characters(26)).is_ok());
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
        assert!(!world.verifier.status(&world.account).unwrap().enrollment_pending, "{name:?}");
        assert!(world.verifier.store().load(&world.account).unwrap().is_none(), "{name:?}");
    }
}

/// The stored record of this account, changed as JSON.
fn edit(store: &MemoryStore, account: &AccountId, edit: impl FnOnce(&mut serde_json::Value)) {
    let row = store.load(account).unwrap().unwrap();
    let mut json = serde_json::to_string(&row.value).and_then(|text| serde_json::from_str(&text)).unwrap();
    edit(&mut json);
    let record: AccountRecord = serde_json::from_str(&json.to_string()).unwrap();
    let swap = store.compare_and_swap(account, Expected::At(row.revision), &record).unwrap();
    assert!(matches!(swap, Swap::Stored(_)));
}

fn sealed_secret(store: &MemoryStore, account: &AccountId) -> serde_json::Value {
    let mut found = serde_json::Value::Null;
    edit(store, account, |json| found = json["record"]["authenticator"]["secret"].clone());
    assert!(found["sealed"].is_string());
    found
}

#[test]
fn a20b_a_ciphertext_that_is_copied_to_another_account_does_not_open() {
    let (world, phone, _) = World::enrolled();
    let bob = World { account: AccountId::new("bob").unwrap(), ..world };
    let _ = bob.enroll();
    let alice = AccountId::new("alice").unwrap();
    let secret = sealed_secret(bob.verifier.store(), &alice);
    edit(bob.verifier.store(), &bob.account, |json| json["record"]["authenticator"]["secret"] = secret);

    let challenge = bob.challenge();
    let presented = bob.verifier.present_code(&challenge, &phone.code(bob.now()), Remember::No);
    assert!(matches!(presented, Err(Error::Session(SessionError::Seal(SealError::Broken)))), "{presented:?}");
}

#[test]
fn a20b_a_ciphertext_that_is_copied_to_another_authenticator_does_not_open() {
    let (world, phone, _) = World::enrolled();
    let old = sealed_secret(world.verifier.store(), &world.account);
    let begun = world.verifier.begin_enrollment(world.fresh(&phone), "alice").unwrap();
    let new = Phone::scan(&begun.uri);
    let _ = world.verifier.confirm_enrollment(&begun.token, &new.code(world.now())).unwrap();
    world.clock.advance(2 * STEP);
    edit(world.verifier.store(), &world.account, |json| {
        json["record"]["authenticator"]["secret"]["sealed"] = old["sealed"].clone();
    });
    let presented = world.verifier.present_code(&world.challenge(), &phone.code(world.now()), Remember::No);
    assert!(matches!(presented, Err(Error::Session(SessionError::Seal(SealError::Broken)))), "{presented:?}");
}

/// The same service, with these keys.
fn with_keys(world: World, ring: KeyRing) -> World {
    let verifier = BlockingVerifier::with_sources(
        world.verifier.store().clone(),
        Policy::new("Example").unwrap(),
        ring,
        world.clock.clone(),
        Mutex::new(TestRng(2)),
    );
    World { verifier: verifier.with_events(world.events.clone()), ..world }
}

#[test]
fn a20c_a_retired_key_still_opens_and_the_secret_is_sealed_anew_on_use() {
    let (world, phone, _) = World::enrolled();
    let [old, new] = [[7; 32], [8; 32]];
    let before = sealed_secret(world.verifier.store(), &world.account);

    let world = with_keys(world, KeyRing::new(2, SealingKey::new(new)).with_retired(1, SealingKey::new(old)));
    assert_eq!(world.log_in(&phone).authenticated.how(), How::Presented);
    let after = sealed_secret(world.verifier.store(), &world.account);
    assert_eq!(after["id"], before["id"]);
    // The form byte and the key's id stand in front: 01 00 00 00 01, then 01 00 00 00 02.
    assert!(before["sealed"].as_str().unwrap().starts_with("AEAAAAAB"), "{before}");
    assert!(after["sealed"].as_str().unwrap().starts_with("AEAAAAAC"), "{after}");

    // Once all are sealed anew the old key may go.
    let world = with_keys(world, KeyRing::new(2, SealingKey::new(new)));
    assert_eq!(world.log_in(&phone).authenticated.how(), How::Presented);
}

#[test]
fn a20c_a_key_that_is_not_on_the_ring_lets_nobody_in() {
    let (world, phone, _) = World::enrolled();
    let code = phone.code(world.now());
    let world = with_keys(world, KeyRing::new(2, SealingKey::new([8; 32])));
    let presented = world.verifier.present_code(&world.challenge(), &code, Remember::No);
    let unknown = SealError::UnknownKey { key: 1 };
    assert!(
        matches!(&presented, Err(Error::Session(SessionError::Seal(error))) if *error == unknown),
        "{presented:?}"
    );
    // The same id and another key: broken. And with the right key again nothing is lost.
    let world = with_keys(world, KeyRing::new(1, SealingKey::new([8; 32])));
    let presented = world.verifier.present_code(&world.challenge(), &code, Remember::No);
    assert!(matches!(presented, Err(Error::Session(SessionError::Seal(SealError::Broken)))), "{presented:?}");
    let world = with_keys(world, KeyRing::new(1, SealingKey::new([7; 32])));
    assert_eq!(world.present(&code).unwrap().authenticated.how(), How::Presented);
}
