//! Texts and values for the host: refusals and logins in words, account ids of integers, cookies.

use core::time::Duration;
use std::collections::HashSet;

use second_factor::session::{Binding, EventKind, RefusedBecause, RemovedBy};
use second_factor::{AccountId, ClockOffset, DeviceToken, FirstFactor, Policy, Refusal, UnixTime};

use crate::support::{AUTH_METHODS, DAY, START, World};

fn all_refusals() -> [Refusal; 14] {
    [
        Refusal::NotAccepted,
        Refusal::Malformed,
        Refusal::ChallengeOver,
        Refusal::Locked { retry_at: None },
        Refusal::Locked { retry_at: Some(START) },
        Refusal::EnrollmentOver,
        Refusal::StepUpRequired,
        Refusal::AlreadyDone,
        Refusal::Retry,
        Refusal::ClockOff(ClockOffset::from_secs(-90)),
        Refusal::TooManyAuthenticators,
        Refusal::AlreadyBound,
        Refusal::FactorRequired,
        Refusal::NoAuthenticator,
    ]
}

/// The record recognizes the code but does not know its purpose, so no text may say that the step was done.
#[test]
fn a_code_that_was_used_a_moment_ago_is_not_called_done() {
    let said = Refusal::AlreadyDone;
    assert_eq!(
        said.in_words(),
        "This code was used a moment ago. If what you wanted is not done, use the next one."
    );
    assert!(said.to_string().contains("if what you wanted is not done"), "{said}");
}

#[test]
fn each_refusal_has_words_a_code_and_a_status_of_its_own() {
    let all = all_refusals();
    let codes: HashSet<_> = all.iter().map(|refusal| refusal.code()).collect();
    let texts: HashSet<_> = all.iter().map(|refusal| refusal.in_words()).collect();
    assert_eq!([codes.len(), texts.len()], [13, 13], "the two locks share a code and a text");
    for refusal in all {
        let text = refusal.in_words();
        assert!(text.ends_with('.') && text.starts_with(char::is_uppercase), "{text}");
        assert!(!text.contains("  ") && !text.contains('\n'), "{text}");
        assert!((400..600).contains(&refusal.status()), "{refusal:?}");
        // The code is the variant's name in snake case.
        let name = format!("{refusal:?}");
        let name = name.split([' ', '(']).next().unwrap();
        let camel: String =
            refusal.code().split('_').map(|part| part[..1].to_uppercase() + &part[1..]).collect();
        assert_eq!(camel, name);
    }
}

#[test]
fn only_a_lock_and_a_password_change_say_how_long_to_wait() {
    let locked = |retry_at: UnixTime| Refusal::Locked { retry_at: Some(retry_at) };
    let day_after = START.saturating_add(DAY);
    assert_eq!(locked(day_after).retry_after(START), Some(DAY));
    assert_eq!(locked(START).retry_after(START), Some(Duration::ZERO));
    assert_eq!(locked(START).retry_after(day_after), Some(Duration::ZERO), "the lock is over already");
    assert_eq!(
        locked(UnixTime::MAX).retry_after(START).map(|wait| wait.as_secs()),
        Some(u64::MAX - START.as_secs())
    );
    assert_eq!(Refusal::Retry.retry_after(START), Some(Duration::from_secs(60)));
    let others = all_refusals().into_iter().filter(|refusal| refusal.retry_after(START).is_some());
    assert_eq!(others.count(), 2);
}

/// ASVS 6.3.8: an attacker must not learn that a code was right but used.
#[test]
fn a_wrong_and_a_used_code_get_the_same_answer() {
    let (world, phone, _) = World::enrolled();
    let used = phone.code(world.now());
    let _ = world.present(&used).unwrap();
    let wrong = phone.wrong_code(world.now());
    let off = phone.code(UnixTime::from_secs(world.now().as_secs() - 180));
    let [used, wrong, off] = [used, wrong, off].map(|code| world.present(&code).unwrap_err());
    for other in [wrong, off] {
        assert_eq!(used.answer(world.now()), other.answer(world.now()));
        assert_eq!(used.status(), other.status());
    }
}

/// The set-up says whose clock is off. In a login this would reveal that a code was right.
#[test]
fn only_the_set_up_says_that_a_clock_is_off() {
    let world = World::new();
    let begun = world.begin();
    let phone = crate::support::Phone::scan(&begun.uri);
    let late = phone.code(UnixTime::from_secs(world.now().as_secs() - 180));
    let refused =
        crate::support::refusal(world.verifier.confirm_enrollment(&begun.token, &late)).unwrap_err();
    let answer = refused.answer(world.now());
    assert_eq!((answer.code, answer.clock_off_secs), ("clock_off", Some(-180)));
    assert!(answer.text.contains("about 180 seconds: your phone's is behind"), "{}", answer.text);

    let (world, phone, _) = World::enrolled();
    let late = phone.code(UnixTime::from_secs(world.now().as_secs() - 180));
    let answer = world.present(&late).unwrap_err().answer(world.now());
    assert_eq!((answer.code, answer.clock_off_secs), ("not_accepted", None));
}

#[test]
fn the_words_of_a_login_name_a_password_only_if_one_was_typed() {
    let mut all = HashSet::new();
    for method in AUTH_METHODS {
        let [password, other] =
            [FirstFactor::Password, FirstFactor::Other].map(|first| method.in_words(first));
        assert!(password.starts_with("with your password"), "{password}");
        assert!(!other.contains("password"), "{other}");
        all.extend([password, other]);
    }
    assert_eq!(all.len(), 14);

    let (world, phone, _) = World::enrolled();
    let accepted = world.log_in(&phone);
    assert_eq!(accepted.authenticated.in_words(), "with your password and a code");
    assert_eq!(accepted.authenticated.into_session().in_words(), "with your password and a code");
}

#[test]
fn different_integers_are_different_accounts() {
    let keys = [0, 1, -1, 7, 42, 420, i64::MAX, i64::MIN];
    let ids: HashSet<_> = keys.into_iter().map(AccountId::from).collect();
    assert_eq!(ids.len(), keys.len());
    for key in keys {
        // The same integer is the same account, in any type and as text.
        assert_eq!(AccountId::from(key), AccountId::from(i128::from(key)));
        assert_eq!(AccountId::from(key), AccountId::new(key.to_string()).unwrap());
    }
    assert_eq!(AccountId::from(42), AccountId::from(42_u64));
    assert_eq!(AccountId::from(u128::MAX).as_str(), "340282366920938463463374607431768211455");
    assert_eq!(AccountId::from(i128::MIN).as_str(), "-170141183460469231731687303715884105728");
}

#[test]
fn a_development_cookie_differs_from_that_of_production() {
    let (world, phone, _) = World::enrolled();
    let token = world.remember(&phone);
    let policy = world.verifier.policy();
    let [real, development] = [token.set_cookie(policy), token.set_development_cookie(policy)];
    let [real, development] = [real.expose(), development.expose()];

    assert!(real.starts_with(&DeviceToken::cookie_name(&world.account, policy)), "{real}");
    assert!(real.starts_with("__Host-device-") && real.contains("; Secure"), "{real}");
    let name = DeviceToken::development_cookie_name(&world.account, policy);
    assert!(
        development.starts_with(&format!("{name}={}; Max-Age=2592000; ", token.expose())),
        "{development}"
    );
    // On plain HTTP a browser drops a cookie with either of the two (RFC 6265bis 4.1.3.2).
    assert!(!development.contains("__Host-") && !development.contains("Secure"), "{development}");
    assert!(development.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{development}");

    // The names differ by account and service, as in production.
    let other = Policy::builder("Example").namespace("other").build().unwrap();
    assert_ne!(name, DeviceToken::development_cookie_name(&world.account, &other));
    assert_ne!(name, DeviceToken::development_cookie_name(&AccountId::from(42), policy));
}

#[test]
fn the_events_of_authenticators_say_how_and_whether_any_is_left() {
    let (world, _, _) = World::enrolled();
    let authenticator = world.first_authenticator();
    let bound =
        |binding| EventKind::AuthenticatorBound { authenticator, label: "Phone".into(), binding }.to_string();
    let added = [Binding::First, Binding::Added, Binding::Replaced, Binding::Imported].map(bound);
    assert_eq!(
        added,
        [
            "Two-factor authentication was switched on: Phone",
            "An authenticator was added: Phone",
            "An authenticator replaced another: Phone",
            "An authenticator was imported from another system: Phone",
        ]
    );
    assert_eq!(bound(Binding::ImportedQuietly), added[3]);
    let removed = |by, remaining| {
        EventKind::AuthenticatorRemoved { authenticator, label: "Phone".into(), by, remaining }.to_string()
    };
    assert_eq!(world.account.to_string(), "alice");
    assert_eq!(removed(RemovedBy::Owner, 1), "An authenticator was removed: Phone");
    assert_eq!(
        removed(RemovedBy::Administrator, 0),
        "An authenticator was removed, by an administrator: Phone; two-factor authentication is off"
    );
}

#[test]
fn a_refused_code_says_why() {
    let reasons = [
        (RefusedBecause::Wrong, "it was wrong"),
        (RefusedBecause::Replayed, "it had been used, or a later one had"),
        (
            RefusedBecause::ClockOff(ClockOffset::from_secs(60)),
            "the clock of its app is about 60 seconds ahead",
        ),
        (RefusedBecause::NoChallenge, "the login it was for was over"),
        (RefusedBecause::Locked, "too many codes had been wrong"),
    ];
    for (reason, words) in reasons {
        assert_eq!(EventKind::CodeRefused { reason }.to_string(), format!("A code was refused: {words}"));
    }
}

#[test]
fn the_chance_of_a_guess_is_a_number_and_has_words() {
    let odds = Policy::new("Example").unwrap().guess_odds(DAY);
    assert_eq!(odds.to_string(), format!("at most 1 in {} ({} guesses)", odds.one_in(), odds.guesses()));
    assert_eq!(Policy::new("Example").unwrap().guess_odds(Duration::MAX).one_in(), 1);
    #[expect(clippy::cast_precision_loss, reason = "it is far below 2^53")]
    let one_in = odds.one_in() as f64;
    assert!((odds.probability() * one_in - 1.0).abs() < 0.001, "{odds:?}");
}
