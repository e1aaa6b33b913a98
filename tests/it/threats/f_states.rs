//! Failures of real deployments: steps that are skipped, swapped or taken twice. F20 to F26, F29, F34.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

mod common;

use std::sync::Arc;
use std::thread;

use common::{Meeting, Phone, STEP, World, code_required, complete, is_refused_because, refusal};
use second_factor::enrollment::ImportedSecret;
use second_factor::session::{
    EnrollmentToken, EventKind, Import, Reauthenticated, RefusedBecause, Remember, StepUpToken,
};
use second_factor::store::BlockingStore;
use second_factor::{
    AccountId, AccountRecord, ChallengeToken, DeviceToken, Epoch, How, Login, PasswordVerified, Policy,
    Refusal, Secret, TotpParams,
};

fn record(world: &World, account: &AccountId) -> AccountRecord {
    BlockingStore::load(&**world.verifier.store(), account).unwrap().unwrap().value
}

/// Another account of the same service, enrolled.
fn mallory(world: &World) -> (AccountId, Phone) {
    let account = AccountId::new("mallory").unwrap();
    let proof = PasswordVerified::by_host(account.clone());
    let begun = world.verifier.begin_enrollment(proof, "mallory@example.com").unwrap();
    let phone = Phone::scan(&begun.uri);
    let _ = world.verifier.confirm_enrollment(&begun.token, &phone.code(world.now())).unwrap();
    world.clock.advance(STEP);
    (account, phone)
}

// That `Authenticated` cannot be built or copied, and `FreshFactor` not used twice, is shown by the
// `compile_fail` examples in `session/proof.rs`.
#[test]
fn f20_the_password_alone_yields_nothing_that_authenticates() {
    let (world, _, _) = World::enrolled();
    let Login::CodeRequired(challenge) = world.login() else { panic!("half a login") };
    // Navigating away, coming back, asking again: half a login stays half a login.
    for _ in 0..20 {
        let _ = code_required(world.login());
    }
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::LoggedIn { .. })), 0);
    // The half is no whole of any kind.
    assert!(DeviceToken::parse(challenge.expose()).is_err());
    assert!(StepUpToken::parse(challenge.expose()).is_err());
    assert!(EnrollmentToken::parse(challenge.expose()).is_err());
    let login = world.verifier.password_verified(world.password(), Some(challenge.expose())).unwrap();
    let _ = code_required(login);
    // And no epoch that somebody without a session could know is a current one.
    for guess in [Epoch::NONE, Epoch::new(1), Epoch::default()] {
        assert!(!world.verifier.is_current(&world.account, guess).unwrap());
        let begun = world.verifier.begin_step_up(&world.account, guess);
        assert_eq!(refusal(begun).unwrap_err(), Refusal::StepUpRequired);
    }
}

#[test]
fn f20_the_code_alone_yields_nothing() {
    let (world, phone, codes) = World::enrolled();
    // A challenge that was never opened, for the right account: the password step was skipped.
    let never_opened = World::enrolled().0.challenge();
    let before = record(&world, &world.account);
    let code = phone.code(world.now());
    let presented = world.verifier.present_code(&never_opened, &code, Remember::No);
    assert_eq!(refusal(presented).unwrap_err(), Refusal::ChallengeOver);
    let presented = world.verifier.present_recovery_code(&never_opened, &codes[0]);
    assert_eq!(refusal(presented).unwrap_err(), Refusal::ChallengeOver);
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::NoChallenge)), 2);
    assert_eq!(record(&world, &world.account), before, "nothing was evaluated or used up");
}

#[test]
fn f20_where_a_second_factor_is_demanded_the_password_leads_to_enrollment_alone() {
    let policy = Policy::builder("Example").require_second_factor().build().unwrap();
    let world = World::with_policy(policy);
    assert!(matches!(world.login(), Login::EnrollmentRequired));
    let begun = world.begin();
    assert!(matches!(world.login(), Login::EnrollmentRequired), "begun is not bound");
    let phone = Phone::scan(&begun.uri);
    let _ = world.verifier.confirm_enrollment(&begun.token, &phone.code(world.now())).unwrap();
    let _ = code_required(world.login());
}

#[test]
fn f21_a_code_of_ones_own_account_opens_no_other() {
    let (world, phone, _) = World::enrolled();
    let (mallory, his_phone) = mallory(&world);
    let of_the_victim = world.challenge();
    let his_code = his_phone.code(world.now());
    assert_ne!(his_code, phone.code(world.now()));
    let before = record(&world, &mallory);
    let presented = world.verifier.present_code(&of_the_victim, &his_code, Remember::No);
    assert_eq!(refusal(presented).unwrap_err(), Refusal::NotAccepted);
    assert_eq!(record(&world, &mallory), before, "his own account is not even looked at");
    let events = world.events.all();
    let refused = events.iter().find(|event| is_refused_because(RefusedBecause::Wrong)(&event.kind));
    assert_eq!(refused.unwrap().account, world.account);
}

#[test]
fn f21_a_challenge_whose_account_was_edited_is_over() {
    let (world, phone, _) = World::enrolled();
    let (mallory, his_phone) = mallory(&world);
    let proof = PasswordVerified::by_host(mallory);
    let his = code_required(world.verifier.password_verified(proof, None).unwrap());
    let hers = world.challenge();
    let account = |token: &ChallengeToken| token.expose().rsplit_once('.').unwrap().1.to_owned();
    let front = |token: &ChallengeToken| token.expose().rsplit_once('.').unwrap().0.to_owned();

    // Her name on the challenge for which he knew the password, and his on hers.
    for (front_of, account_of, code) in [
        (&his, &hers, his_phone.code(world.now())),
        (&his, &hers, phone.code(world.now())),
        (&hers, &his, his_phone.code(world.now())),
    ] {
        let edited = ChallengeToken::parse(&[front(front_of), account(account_of)].join(".")).unwrap();
        assert_eq!(edited.account(), account_of.account());
        let presented = world.verifier.present_code(&edited, &code, Remember::No);
        assert_eq!(refusal(presented).unwrap_err(), Refusal::ChallengeOver);
    }
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::NoChallenge)), 3);
}

#[test]
fn f22_a_password_reset_is_no_login_and_removes_no_factor() {
    let (world, phone, _) = World::enrolled();
    let before = world.challenge();
    let session = world.epoch();
    let ended = world.verifier.password_changed(&world.account).unwrap();
    assert_ne!(ended.epoch(), session, "sessions from before are over");
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::LoggedIn { .. })), 0);

    let code = phone.code(world.now());
    let presented = world.verifier.present_code(&before, &code, Remember::No);
    assert_eq!(refusal(presented).unwrap_err(), Refusal::ChallengeOver, "opened with the old password");
    let accepted = world.present(&code).unwrap();
    assert_eq!(accepted.authenticated.how(), How::Presented);
}

#[test]
fn f23_no_enrollment_over_a_factor_without_that_factor() {
    let (world, phone, _) = World::enrolled();
    let before = record(&world, &world.account);
    let by_password = world.verifier.begin_enrollment(world.password(), "mallory@example.com");
    assert_eq!(refusal(by_password).unwrap_err(), Refusal::StepUpRequired);
    let secret = ImportedSecret::new(Secret::new(b"a secret of mallory's").unwrap()).unwrap();
    let import = Import::by_host(world.account.clone(), secret, TotpParams::default());
    assert_eq!(refusal(world.verifier.import(import)).unwrap_err(), Refusal::StepUpRequired);
    assert_eq!(record(&world, &world.account), before);

    // A stolen session can ask for a step-up, and has no code for it.
    let stolen = world.step_up_token();
    let stepped_up = world.verifier.step_up(&stolen, &phone.wrong_code(world.now()));
    assert_eq!(refusal(stepped_up).unwrap_err(), Refusal::NotAccepted);

    // A factor that was fresh for the account of before is not for the one of now, nor after five minutes.
    let stale = world.fresh(&phone);
    let _ = world.verifier.password_changed(&world.account).unwrap();
    let begun = world.verifier.begin_enrollment(stale, "alice@example.com");
    assert_eq!(refusal(begun).unwrap_err(), Refusal::StepUpRequired);
    let late = world.verifier.step_up(&world.step_up_token(), &phone.code(world.now())).unwrap();
    world.clock.advance(world.verifier.policy().step_up_age());
    let begun = world.verifier.begin_enrollment(late, "alice@example.com");
    assert_eq!(refusal(begun).unwrap_err(), Refusal::StepUpRequired);
    let fresh = world.fresh(&phone);
    assert!(world.verifier.begin_enrollment(Reauthenticated::from(fresh), "alice@example.com").is_ok());
}

#[test]
fn f24_an_unconfirmed_secret_never_counts() {
    let (world, phone, _) = World::enrolled();
    let begun = world.verifier.begin_enrollment(world.fresh(&phone), "alice@example.com").unwrap();
    let new_phone = Phone::scan(&begun.uri);
    assert!(world.verifier.status(&world.account).unwrap().enrollment_pending);

    let pending = world.present(&new_phone.code(world.now()));
    assert_eq!(pending.unwrap_err(), Refusal::NotAccepted, "the pending secret");
    let step_up = world.verifier.step_up(&world.step_up_token(), &new_phone.code(world.now()));
    assert_eq!(refusal(step_up).unwrap_err(), Refusal::NotAccepted);
    let _ = world.log_in(&phone);
    // Left alone it dies, and the old one lives on.
    world.clock.advance(world.verifier.policy().enrollment_lifetime());
    let confirmed = world.verifier.confirm_enrollment(&begun.token, &new_phone.code(world.now()));
    assert_eq!(refusal(confirmed).unwrap_err(), Refusal::EnrollmentOver);
    let _ = world.log_in(&phone);
    assert!(world.present(&new_phone.code(world.now())).is_err());
}

#[test]
fn f24_half_an_enrollment_locks_nobody_out() {
    let world = World::new();
    let begun = world.begin();
    assert_eq!(complete(world.login()).authenticated.how(), How::None);
    let phone = Phone::scan(&begun.uri);
    let wrong = world.verifier.confirm_enrollment(&begun.token, &phone.wrong_code(world.now()));
    assert_eq!(refusal(wrong).unwrap_err(), Refusal::NotAccepted);
    assert_eq!(complete(world.login()).authenticated.how(), How::None);
    assert!(!world.verifier.status(&world.account).unwrap().is_enabled());
}

#[test]
fn f25_the_older_of_two_tabs_confirms_nothing() {
    let world = World::new();
    let (older, newer) = (world.begin(), world.begin());
    let (old_phone, new_phone) = (Phone::scan(&older.uri), Phone::scan(&newer.uri));
    let stale = world.verifier.confirm_enrollment(&older.token, &old_phone.code(world.now()));
    assert_eq!(refusal(stale).unwrap_err(), Refusal::EnrollmentOver);
    let crossed = world.verifier.confirm_enrollment(&newer.token, &old_phone.code(world.now()));
    assert_eq!(refusal(crossed).unwrap_err(), Refusal::NotAccepted);
    let _ = world.verifier.confirm_enrollment(&newer.token, &new_phone.code(world.now())).unwrap();
    world.clock.advance(STEP);
    assert!(world.present(&old_phone.code(world.now())).is_err());
    let _ = world.log_in(&new_phone);
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
        // The recovery codes that were shown are the ones that count.
        let codes = common::texts(&bound.into_iter().next().unwrap().unwrap().recovery_codes);
        assert!(world.verifier.present_recovery_code(&world.challenge(), &codes[9]).is_ok());
    }
}

#[test]
fn f25_a_confirmation_and_a_second_beginning_at_once_leave_one_live_secret() {
    for _ in 0..20 {
        let world = World::over(Arc::new(Meeting::default()), Policy::new("Example").unwrap());
        let begun = world.begin();
        let phone = Phone::scan(&begun.uri);
        world.verifier.store().of(2);
        let (confirmed, second) = thread::scope(|scope| {
            let confirmed = scope
                .spawn(|| refusal(world.verifier.confirm_enrollment(&begun.token, &phone.code(world.now()))));
            let second = scope
                .spawn(|| refusal(world.verifier.begin_enrollment(world.password(), "alice@example.com")));
            (confirmed.join().unwrap(), second.join().unwrap())
        });
        match (confirmed, second) {
            (Ok(_), Err(Refusal::StepUpRequired)) => {
                world.clock.advance(STEP);
                let _ = world.log_in(&phone);
            }
            (Err(Refusal::EnrollmentOver), Ok(second)) => {
                let phone = Phone::scan(&second.uri);
                let code = phone.code(world.now());
                assert!(world.verifier.confirm_enrollment(&second.token, &code).is_ok());
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn f26_an_enrollment_is_confirmed_by_the_session_that_began_it_alone() {
    let (world, phone, _) = World::enrolled();
    let begun = world.verifier.begin_enrollment(world.fresh(&phone), "alice@example.com").unwrap();
    let new_phone = Phone::scan(&begun.uri);
    let code = new_phone.code(world.now());

    // Another session has no token, or one of its own: of another account, or of this account elsewhere.
    let mallory = AccountId::new("mallory").unwrap();
    let proof = PasswordVerified::by_host(mallory.clone());
    let his = world.verifier.begin_enrollment(proof, "mallory@example.com").unwrap();
    let (front, _) = his.token.expose().rsplit_once('.').unwrap();
    let (_, hers) = begun.token.expose().rsplit_once('.').unwrap();
    let edited = EnrollmentToken::parse(&[front, hers].join(".")).unwrap();
    assert_eq!(edited.account(), &world.account);
    let elsewhere = World::new().begin().token;
    for foreign in [&edited, &elsewhere] {
        let confirmed = world.verifier.confirm_enrollment(foreign, &code);
        assert_eq!(refusal(confirmed).unwrap_err(), Refusal::EnrollmentOver);
        assert_eq!(refusal(world.verifier.pending_enrollment(foreign)).unwrap_err(), Refusal::EnrollmentOver);
    }
    let confirmed = world.verifier.confirm_enrollment(&his.token, &code);
    assert_eq!(refusal(confirmed).unwrap_err(), Refusal::NotAccepted, "her code for his enrollment");
    let _ = world.log_in(&phone);

    let _ = world.verifier.confirm_enrollment(&begun.token, &new_phone.code(world.now())).unwrap();
}

#[test]
fn f29_what_was_known_before_the_code_is_dead_after_it() {
    let (world, phone, _) = World::enrolled();
    let known = world.challenge();
    let accepted = world.verifier.present_code(&known, &phone.code(world.now()), Remember::No).unwrap();
    // What the host starts the new session from has no id that anybody could have planted.
    assert_eq!(accepted.authenticated.account(), &world.account);
    assert!(accepted.device.is_none());

    world.clock.advance(STEP);
    let again = world.verifier.present_code(&known, &phone.code(world.now()), Remember::No);
    assert_eq!(refusal(again).unwrap_err(), Refusal::ChallengeOver);
    // An enrollment ends the sessions from before it, the one that made it included.
    let begun = world.verifier.begin_enrollment(world.fresh(&phone), "alice@example.com").unwrap();
    let code = Phone::scan(&begun.uri).code(world.now());
    let confirmed = world.verifier.confirm_enrollment(&begun.token, &code).unwrap();
    assert_eq!(confirmed.end_sessions.account(), &world.account);
    assert!(!world.verifier.is_current(&world.account, accepted.authenticated.epoch()).unwrap());
}

#[test]
fn f34_no_change_to_what_the_client_holds_lets_it_in() {
    let (world, phone, _) = World::enrolled();
    let challenge = world.challenge();
    let text = challenge.expose();
    let code = phone.code(world.now());
    let mut parsed = 0;
    for position in 0..text.len() {
        for replacement in ["A", "7", ".", "a", "", "true"] {
            let forged = [&text[..position], replacement, &text[position + 1..]].concat();
            let Some(forged) = (forged != text).then(|| ChallengeToken::parse(&forged).ok()).flatten() else {
                continue;
            };
            parsed += 1;
            let presented = world.verifier.present_code(&forged, &code, Remember::No);
            assert_eq!(refusal(presented).unwrap_err(), Refusal::ChallengeOver, "at {position}");
        }
    }
    assert!(parsed > 100, "{parsed} forgeries were read");
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::LoggedIn { .. })), 0);
    for forged in ["", "verified=true", "{\"verified\":true}", "c1", "c1...", "null"] {
        assert!(ChallengeToken::parse(forged).is_err());
        assert!(StepUpToken::parse(forged).is_err());
        let login = world.verifier.password_verified(world.password(), Some(forged)).unwrap();
        let _ = code_required(login);
    }
}
