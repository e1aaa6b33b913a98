//! Each test has two hosts: one forgets an item of `manual::hosts` and has the problem, the other forgets nothing and does not.

use core::sync::atomic::Ordering;

use second_factor::{AccountId, NewAuthenticator, PasswordVerified, Refusal};

use super::host::{Answer, Browser, Forgets, Host};
use crate::support::{DAY, Phone, STEP, World};

const ALICE: u64 = 7;
const NAME: &str = "alice";
const PASSWORD: &str = "correct horse";

fn alice() -> AccountId {
    AccountId::from(ALICE)
}

/// Two hosts with Alice's account. She has no second factor yet.
fn hosts(forgets: Forgets) -> [(Host, bool); 2] {
    let hosts = Host::both(forgets);
    hosts.iter().for_each(|(host, _)| host.register(ALICE, NAME, PASSWORD));
    hosts
}

fn log_in(host: &Host) -> Browser {
    let mut browser = Browser::default();
    assert_eq!(host.log_in(&mut browser, NAME, PASSWORD), Answer::LoggedIn);
    browser
}

/// A login with the phone; the device is then remembered.
fn log_in_with(host: &Host, phone: &Phone) -> Browser {
    let mut browser = Browser::default();
    let Answer::CodeForm(in_form) = host.log_in(&mut browser, NAME, PASSWORD) else { panic!("no form") };
    let code = phone.code(host.verifier.now());
    assert_eq!(host.code(&mut browser, &code, &in_form), Answer::LoggedIn);
    host.wait(STEP);
    browser
}

#[test]
fn a_check_after_the_hash_was_read_lets_an_old_password_in() {
    for (host, forgets) in hosts(Forgets::CheckBeforeHash) {
        let mut owner = log_in(&host);
        let mut thief = Browser::default();
        let answer = host.log_in_while(&mut thief, NAME, PASSWORD, || {
            host.change_password(&mut owner, NAME, PASSWORD, "another one", "");
        });
        // Both hosts answer this, but the right host made its check, and so its session, under the old epoch.
        assert_eq!(answer, Answer::LoggedIn);
        assert_eq!(host.account(&thief).is_some(), forgets, "the old password was let in");
        assert_eq!(host.account(&owner), Some(alice()));
    }
}

#[test]
fn a_name_that_is_unknown_takes_less_work_where_no_check_is_made() {
    for (host, forgets) in hosts(Forgets::UnknownNames) {
        let reads = |name: &str| {
            let before = host.verifier.store().loads.load(Ordering::SeqCst);
            assert_eq!(host.log_in(&mut Browser::default(), name, "a guess"), Answer::WrongPassword);
            host.verifier.store().loads.load(Ordering::SeqCst) - before
        };
        assert_eq!([reads(NAME), reads("mallory")], [1, u64::from(!forgets)]);
    }
}

#[test]
fn without_a_limit_on_tries_the_password_is_found_by_trying() {
    for (host, forgets) in hosts(Forgets::TryLimit) {
        let mut thief = Browser::default();
        for number in 0..1_000 {
            let _ = host.log_in(&mut thief, NAME, &format!("guess {number}"));
        }
        let answer = host.log_in(&mut thief, NAME, PASSWORD);
        assert_eq!(answer, if forgets { Answer::LoggedIn } else { Answer::TooManyTries });
        // The library does not see wrong passwords, so it neither counts nor reports them.
        assert_eq!(host.verifier.store().swaps.load(Ordering::SeqCst), 0);
        assert!(host.mailbox.read().is_empty());
    }
}

/// G36: the challenge must stay on the server.
#[test]
fn g36_a_challenge_in_the_form_lets_the_owner_pay_for_a_thief_s_guesses() {
    for (host, forgets) in hosts(Forgets::ChallengeOnServer) {
        let phone = host.enable(ALICE);
        let mut evaluated = 0;
        for _ in 0..30 {
            // The thief has the password, guesses four times, and makes the owner's browser send the same form field.
            let mut thief = Browser::default();
            let Answer::CodeForm(planted) = host.log_in(&mut thief, NAME, PASSWORD) else {
                panic!("no form")
            };
            for wrong in phone.wrong_codes(host.verifier.now()).take(4) {
                let answer = host.code(&mut thief, &wrong, &planted);
                evaluated += u32::from(answer == Answer::Refused(Refusal::NotAccepted));
            }
            let mut owner = Browser::default();
            let _ = host.log_in(&mut owner, NAME, PASSWORD);
            let now = host.verifier.now();
            let answer = match host.code(&mut owner, &phone.code(now), &planted) {
                Answer::Refused(Refusal::Locked { .. }) => {
                    host.code(&mut owner, &phone.codes_in_a_row(now), &planted)
                }
                answer => answer,
            };
            assert_eq!(answer, Answer::LoggedIn);
            host.wait(DAY);
        }
        assert_eq!(host.mailbox.has("somebody may know the password"), !forgets);
        if forgets {
            assert_eq!(evaluated, 120, "every guess is evaluated, without end");
        } else {
            assert!(evaluated <= 30, "{evaluated}");
        }
    }
}

#[test]
fn a_device_token_that_is_not_set_again_ends_the_device() {
    for (host, forgets) in hosts(Forgets::RotatedCookie) {
        let phone = host.enable(ALICE);
        let mut browser = log_in_with(&host, &phone);
        host.wait(DAY);
        assert_eq!(host.log_in(&mut browser, NAME, PASSWORD), Answer::LoggedIn, "the device is remembered");
        host.wait(DAY);
        let answer = host.log_in(&mut browser, NAME, PASSWORD);
        assert_eq!(answer == Answer::LoggedIn, !forgets, "{answer:?}");
        assert_eq!(host.mailbox.has("its cookie had been replaced"), forgets);
    }
}

#[test]
fn a_cookie_for_https_is_dropped_on_plain_http() {
    for (host, forgets) in hosts(Forgets::DevelopmentCookie) {
        let phone = host.enable(ALICE);
        let mut browser = log_in_with(&host, &phone);
        let answer = host.log_in(&mut browser, NAME, PASSWORD);
        let asked = matches!(answer, Answer::CodeForm(_));
        assert_eq!(asked, forgets, "the device was remembered in this browser: {answer:?}");
    }
}

#[test]
fn an_attacker_who_planted_a_session_id_knows_it_after_the_login() {
    for (host, forgets) in hosts(Forgets::NewSessionId) {
        let thief = Browser::with_planted_session("chosen");
        let mut owner = Browser::with_planted_session("chosen");
        assert_eq!(host.log_in(&mut owner, NAME, PASSWORD), Answer::LoggedIn);
        assert_eq!(host.account(&owner), Some(alice()));
        assert_eq!(host.account(&thief).is_some(), forgets);
    }
}

#[test]
fn a_session_that_is_not_checked_survives_a_password_change() {
    for (host, forgets) in hosts(Forgets::IsCurrent) {
        let (thief, mut owner) = (log_in(&host), log_in(&host));
        host.change_password(&mut owner, NAME, PASSWORD, "another one", "");
        assert_eq!(host.account(&owner), Some(alice()));
        assert_eq!(host.account(&thief).is_some(), forgets);
    }
}

#[test]
fn a_logout_only_in_the_browser_leaves_a_copied_cookie_logged_in() {
    for (host, forgets) in hosts(Forgets::EndAtLogout) {
        let mut owner = log_in(&host);
        let thief = owner.clone();
        host.log_out(&mut owner);
        assert_eq!(host.account(&owner), None);
        assert_eq!(host.account(&thief).is_some(), forgets);
    }
}

#[test]
fn a_session_that_is_not_continued_ends_with_its_own_change() {
    for (host, forgets) in hosts(Forgets::ContinueAfter) {
        let mut owner = log_in(&host);
        host.change_password(&mut owner, NAME, PASSWORD, "another one", "");
        assert_eq!(host.account(&owner).is_none(), forgets, "the owner's own session after the change");
    }
}

#[test]
fn an_owner_who_gets_no_mail_does_not_hear_of_a_thief() {
    for (host, forgets) in hosts(Forgets::TellingTheOwner) {
        let phone = host.enable(ALICE);
        let mut thief = Browser::default();
        let _ = host.log_in(&mut thief, NAME, PASSWORD);
        for wrong in phone.wrong_codes(host.verifier.now()).take(5) {
            let _ = host.code(&mut thief, &wrong, "");
        }
        assert_eq!(host.mailbox.has("somebody may know the password"), !forgets);
        assert_eq!(host.mailbox.read().is_empty(), forgets);
    }
}

#[test]
fn a_session_from_before_the_deployment_outlives_the_second_factor() {
    for (host, forgets) in hosts(Forgets::OldSessions) {
        let mut thief = Browser::default();
        host.logged_in_long_ago(&mut thief, ALICE);
        let phone = host.enable(ALICE);
        assert_eq!(host.account(&log_in_with(&host, &phone)), Some(alice()));
        assert_eq!(host.account(&thief).is_some(), forgets);
    }
}

#[test]
fn a_session_of_a_deleted_account_opens_the_next_one_with_its_id() {
    for (host, forgets) in hosts(Forgets::CloseAccount) {
        let before = log_in(&host);
        host.close(&before, NAME);
        // The database assigns the number again.
        host.register(ALICE, "bob", "another password");
        let mut bob = Browser::default();
        assert_eq!(host.log_in(&mut bob, "bob", "another password"), Answer::LoggedIn);
        assert_eq!(host.account(&before).is_some(), forgets, "alice's browser opens bob's account");
        assert_eq!(host.account(&bob), Some(alice()));
    }
}

#[test]
fn a_new_phone_beside_a_lost_one_leaves_the_lost_one_bound() {
    for replaces in [true, false] {
        let (world, lost, codes) = World::enrolled();
        let session = world.present(&codes[0]).unwrap().authenticated.into_session();
        let password = PasswordVerified::by_host(world.verifier.check_password(&world.account));
        let proof = world.verifier.reauthenticate(&session, password, "").unwrap();
        let [old] = &*world.verifier.status(&world.account).unwrap().authenticators else {
            panic!("not one authenticator")
        };
        let new = NewAuthenticator::app(NAME);
        let new = if replaces { new.replacing(old.id) } else { new };
        let begun = world.verifier.begin_enrollment(proof, new).unwrap();
        let code = Phone::scan(&begun.uri).code(world.now());
        let _ = world.verifier.confirm_enrollment(&begun.token, &code).unwrap();
        world.clock.advance(STEP);
        assert_eq!(world.present(&lost.code(world.now())).is_err(), replaces);
    }
}
