//! OWASP cheat sheets: Multifactor Authentication, Authentication, Forgot Password, Session Management.

use second_factor::session::{Binding, EventKind, ForgottenBecause, RefusedBecause, RemovedBy, Requirement};
use second_factor::{AuthMethod, ChallengeToken, Refusal, Remember};

use crate::support::sessions::session_of;
use crate::support::tokens::Parts;
use crate::support::{
    Phone, STEP, Told, World, code_required, complete, days, is_refused_because, refusal, texts,
};

#[test]
fn owasp_mfa_otp_handling_a_success_ends_its_challenge_and_its_code() {
    let (world, phone, _) = World::enrolled();
    let challenge = world.challenge();
    let code = phone.code(world.now());
    assert!(world.verifier.present(&challenge, &code, Remember::No).is_ok());
    // A later code in the old challenge, and the old code in a new challenge.
    let later = phone.code(world.now().saturating_add(STEP));
    let refused = refusal(world.verifier.present(&challenge, &later, Remember::No));
    assert_eq!(refused.unwrap_err(), Refusal::AlreadyDone);
    assert_eq!(world.present(&code).unwrap_err(), Refusal::NotAccepted);
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::Replayed)), 1);
}

#[test]
fn owasp_mfa_changing_factors_needs_more_than_the_session() {
    let (world, phone, _) = World::enrolled();
    let _ = world.log_in(&phone);
    let refused = refusal(world.verifier.begin_enrollment(world.password(), "alice"));
    assert_eq!(refused.unwrap_err(), Refusal::StepUpRequired);
    // Until the new authenticator is confirmed the old one stays; then the owner is told.
    let begun = world.verifier.begin_enrollment(world.fresh(&phone), world.in_place_of_first()).unwrap();
    let new = Phone::scan(&begun.uri);
    assert_eq!(world.log_in(&phone).authenticated.method(), AuthMethod::Code);
    let _ = world.events.take();
    let _ = world.verifier.confirm_enrollment(&begun.token, &new.code(world.now())).unwrap();
    assert_eq!(
        world.events.take_told(),
        [Told::Bound(Binding::Replaced), Told::Removed(RemovedBy::Owner, 1)]
    );
    world.clock.advance(2 * STEP);
    assert_eq!(world.present(&phone.code(world.now())).unwrap_err(), Refusal::NotAccepted);
}

#[test]
fn owasp_mfa_failed_login_says_that_somebody_has_the_password() {
    let (world, phone, _) = World::enrolled();
    let challenge = world.challenge();
    for guess in 1..=5_usize {
        let code = phone.wrong_code(world.now());
        assert!(refusal(world.verifier.present(&challenge, &code, Remember::No)).is_err());
        assert_eq!(world.events.count(is_refused_because(RefusedBecause::Wrong)), guess);
    }
    // A few slips of the owner raise no alarm; five guesses do.
    let alarm = EventKind::PasswordSuspectedKnown { guesses: 5 };
    assert_eq!(world.events.count(|kind| *kind == alarm), 1);
    assert!(alarm.notify_owner());
    // Slips before a success cost nothing and raise no alarm.
    let (world, phone, _) = World::enrolled();
    for _ in 0..3 {
        let challenge = world.challenge();
        for _ in 0..4 {
            let code = phone.wrong_code(world.now());
            assert!(refusal(world.verifier.present(&challenge, &code, Remember::No)).is_err());
        }
        let right = phone.code(world.now());
        assert!(world.verifier.present(&challenge, &right, Remember::No).is_ok());
        world.clock.advance(STEP);
    }
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::PasswordSuspectedKnown { .. })), 0);
}

#[test]
fn owasp_mfa_when_to_require_a_step_up_is_up_to_the_host() {
    let (world, phone, codes) = World::enrolled();
    let device = world.remember(&phone);
    let session = complete(world.login_on(&device)).authenticated.into_session();
    let fresh = world.verifier.fresh_factor(&session, &phone.code(world.now())).unwrap();
    assert_eq!(
        (fresh.account(), fresh.method(), fresh.at()),
        (&world.account, AuthMethod::Code, world.now())
    );
    let fresh = world.verifier.fresh_factor(&session, codes.first().unwrap()).unwrap();
    assert_eq!(fresh.method(), AuthMethod::RecoveryCode);
    let stepped_up = |method| world.events.count(move |kind| *kind == EventKind::SteppedUp { method });
    assert_eq!((stepped_up(AuthMethod::Code), stepped_up(AuthMethod::RecoveryCode)), (1, 1));
    // An account without a second factor cannot step up, and the host learns that.
    let none = World::new();
    let refused = refusal(none.verifier.fresh_factor(&none.session(1), &phone.code(none.now())));
    assert_eq!(refused.unwrap_err(), Refusal::NoAuthenticator);
}

#[test]
fn owasp_mfa_resetting_recovery_codes_are_shown_once_at_the_set_up() {
    let world = World::new();
    let begun = world.begin();
    let code = Phone::scan(&begun.uri).code(world.now());
    let confirmed = world.verifier.confirm_enrollment(&begun.token, &code).unwrap();
    assert_eq!(texts(&confirmed.into_parts().0).len(), 10);
    // A second confirmation returns neither codes nor the secret.
    assert_eq!(
        refusal(world.verifier.confirm_enrollment(&begun.token, &code)).unwrap_err(),
        Refusal::EnrollmentOver
    );
    assert_eq!(
        refusal(world.verifier.pending_enrollment(&begun.token)).unwrap_err(),
        Refusal::EnrollmentOver
    );
    assert_eq!(world.verifier.status(&world.account).unwrap().recovery_codes_left, 10);
}

#[test]
fn owasp_account_lockout_does_not_lock_out_the_owner() {
    let (world, phone, codes) = World::enrolled();
    let device = world.remember(&phone);
    for _ in 0..20 {
        let _ = world.present(&phone.wrong_code(world.now())).unwrap_err();
    }
    assert!(world.verifier.status(&world.account).unwrap().is_locked);
    // The owner's device, codes in a row and recovery codes still work.
    world.clock.advance(3 * STEP);
    let accepted = complete(world.login_on(&device));
    assert!(matches!(accepted.authenticated.method(), AuthMethod::RememberedDevice { .. }));
    let accepted = world.present(&phone.codes_in_a_row(world.now())).unwrap();
    assert_eq!(accepted.authenticated.method(), AuthMethod::CodesInARow);
    world.clock.advance(STEP);
    let accepted = world.verifier.present(&world.challenge(), codes.first().unwrap(), Remember::No).unwrap();
    assert_eq!(accepted.authenticated.method(), AuthMethod::RecoveryCode);
    // A new password locks the attacker out. With a recovery code, the change also restores the budget.
    let _ = world.change_password(&accepted.authenticated.into_session(), &codes[1]).unwrap();
    assert!(world.log_in(&phone).authenticated.amr().contains(&"otp"));
}

#[test]
fn owasp_account_lockout_can_be_caused_only_with_the_password() {
    let (world, phone, _) = World::enrolled();
    // Without the password there is no challenge, and guesses without a challenge are not counted.
    let made_up = Parts { tag: vec![0; 32], ..Parts::of(world.challenge().expose()) }.text();
    let made_up = ChallengeToken::parse(&made_up).unwrap();
    for _ in 0..1_000 {
        let refused = refusal(world.verifier.present(&made_up, "123456", Remember::No));
        assert_eq!(refused.unwrap_err(), Refusal::ChallengeOver);
    }
    let status = world.verifier.status(&world.account).unwrap();
    assert_eq!((status.is_locked, status.retry_at), (false, None));
    // The whole budget is left.
    for guess in 1..=20 {
        let refused = world.present(&phone.wrong_code(world.now())).unwrap_err();
        assert_eq!(matches!(refused, Refusal::Locked { .. }), guess == 20, "guess {guess}");
    }
}

#[test]
fn owasp_forgot_password_a_reset_logs_nobody_in_and_locks_nobody_out() {
    let (world, phone, codes) = World::enrolled();
    let device = world.remember(&phone);
    let session = session_of(&world, &phone);
    let _ = world.reset_password();
    assert!(!world.is_current(&session));
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::LoggedIn { .. })), 0);
    let forgotten = |kind: &EventKind| {
        matches!(kind, EventKind::DeviceForgotten { reason: ForgottenBecause::CredentialsChanged, .. })
    };
    assert_eq!(world.events.count(forgotten), 1);
    let _ = code_required(world.login_on(&device));
    // The code and the recovery codes stay valid.
    assert!(world.present(&phone.code(world.now())).is_ok());
    assert!(world.verifier.present(&world.challenge(), codes.first().unwrap(), Remember::No).is_ok());
}

#[test]
fn owasp_session_the_epoch_changes_with_every_change_of_credentials() {
    let (world, phone, _) = World::enrolled();
    let mut seen = vec![World::new().session(1), world.session(1)];
    for _ in 0..3 {
        let _ = world.reset_password();
        seen.push(world.session(1));
    }
    let _ = world.verifier.disable(world.fresh(&phone), Requirement::None).unwrap();
    seen.push(world.session(1));
    let _ = world.enroll();
    seen.push(world.session(1));
    // One session of each epoch: only the last one is current.
    let current: Vec<_> = seen.iter().map(|session| world.is_current(session)).collect();
    assert_eq!(current, [false, false, false, false, false, false, true]);
    // Time alone does not change the epoch.
    world.clock.advance(days(365));
    assert!(world.is_current(seen.last().unwrap()));
}
