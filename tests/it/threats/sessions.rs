//! What a session permits, and when it ends: threats G11, G15, G24.

use core::fmt;
use core::time::Duration;

use second_factor::session::{AdministratorReset, Binding, EventKind, Reauthenticated, Remember};
use second_factor::verifier::{ChangePasswordError, Error};
use second_factor::{
    AccountId, AccountRecord, AuthMethod, BlockingStore, PasswordReset, Policy, Refusal, Session,
};

use crate::support::sessions::{fresh_factor, row, session_of};
use crate::support::{JsonRow, Phone, STEP, Told, World, complete, days, refusal, texts};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

fn by_administrator<S: BlockingStore>(world: &World<S>) -> AdministratorReset {
    AdministratorReset::by_host(world.account.clone(), &AccountId::new("root").unwrap()).unwrap()
}

/// An owner whose phone is lost logs in with the last recovery code.
fn by_the_last_recovery_code<S: BlockingStore>(world: &World<S>) -> (Session, Phone)
where
    S::Error: fmt::Debug,
{
    let (phone, codes) = world.enroll();
    let mut session = None;
    for code in &codes {
        let accepted = world.verifier.present(&world.challenge(), code, Remember::No).unwrap();
        session = Some(accepted.authenticated.into_session());
    }
    assert_eq!(world.verifier.status(&world.account).unwrap().recovery_codes_left, 0);
    (session.unwrap(), phone)
}

fn with_the_password_alone<S: BlockingStore>(
    world: &World<S>,
    session: &Session,
) -> Result<Reauthenticated, Refusal>
where
    S::Error: fmt::Debug,
{
    refusal(world.verifier.reauthenticate(session, world.password(), ""))
}

fn a_new_phone_after_the_last_recovery_code<S: BlockingStore>(world: &World<S>)
where
    S::Error: fmt::Debug,
{
    let (session, lost) = by_the_last_recovery_code(world);
    let proof = with_the_password_alone(world, &session).unwrap();
    let begun = world.verifier.begin_enrollment(proof, world.in_place_of_first()).unwrap();
    let phone = Phone::scan(&begun.uri);
    let (codes, _) =
        world.verifier.confirm_enrollment(&begun.token, &phone.code(world.now())).unwrap().into_parts();
    assert_eq!(texts(&codes).len(), 10);
    assert!(!world.is_current(&session));
    world.clock.advance(STEP);
    let late = world.verifier.present(&world.challenge(), &lost.code(world.now()), Remember::No);
    assert_eq!(refusal(late).unwrap_err(), Refusal::NotAccepted);
    assert_eq!(world.log_in(&phone).authenticated.method(), AuthMethod::Code);
}

#[test]
fn g11_the_last_recovery_code_and_the_password_enroll_a_new_phone() {
    a_new_phone_after_the_last_recovery_code(&World::new());
    a_new_phone_after_the_last_recovery_code(&World::over(
        JsonRow::default(),
        Policy::new("Example").unwrap(),
    ));
}

#[test]
fn g11_without_a_factor_a_recovery_session_can_only_enroll() {
    let world = World::new();
    let (session, phone) = by_the_last_recovery_code(&world);
    // With the password alone.
    let changed = world
        .verifier
        .change_password(with_the_password_alone(&world, &session).unwrap(), || -> Result<(), ()> {
            panic!("the hash was written")
        });
    let refused =
        matches!(changed, Err(ChangePasswordError::NotStarted(Error::Refused(Refusal::StepUpRequired))));
    assert!(refused, "{changed:?}");
    let closed = world.verifier.close_account(with_the_password_alone(&world, &session).unwrap());
    assert_eq!(refusal(closed).unwrap_err(), Refusal::StepUpRequired);
    // `disable` and `regenerate_recovery_codes` need a fresh factor, which needs a proof.
    for typed in ["", " ", "\n"] {
        assert_eq!(fresh_factor(&world, &session, typed).unwrap_err(), Refusal::Malformed);
    }
    // A stolen cookie without the password enrolls nothing, nor does the password without the cookie.
    let begun = refusal(world.verifier.begin_enrollment(world.password(), "mallory"));
    assert_eq!(begun.unwrap_err(), Refusal::StepUpRequired);
    let other = world.log_in(&phone).authenticated.into_session();
    assert_eq!(with_the_password_alone(&world, &other).unwrap_err(), Refusal::Malformed);
    assert_eq!(world.events.count(|kind| Told::of(kind) == Told::Bound(Binding::Replaced)), 0);
}

#[test]
fn g11_a_session_of_a_recovery_code_can_enroll_for_an_hour() {
    for (age, is_good) in [(0, true), (3_599, true), (3_600, false), (3_601, false)] {
        let world = World::new();
        let (session, _) = by_the_last_recovery_code(&world);
        world.clock.advance(Duration::from_secs(age));
        let before = row(&world);
        let proof = with_the_password_alone(&world, &session);
        assert_eq!(proof.err(), (!is_good).then_some(Refusal::Malformed), "{age} s");
        assert_eq!(row(&world), before);
    }
    // It cannot enroll after the session has ended for any reason.
    let world = World::new();
    let (session, _) = by_the_last_recovery_code(&world);
    let _ = world.reset_password();
    assert_eq!(with_the_password_alone(&world, &session).unwrap_err(), Refusal::StepUpRequired);
}

/// Threat A6: what a clock wrote that was a year ahead does not stay in force for a year.
#[test]
fn g11_after_a_clock_a_year_ahead_a_recovery_login_can_enroll_again() {
    let (world, phone, _) = World::enrolled();
    let right = world.now();
    world.clock.advance(days(365));
    let _ = world.verifier.regenerate_recovery_codes(world.fresh(&phone)).unwrap();
    world.clock.set(right);
    let _ = world.verifier.administrator_reset(by_administrator(&world)).unwrap();
    world.clock.advance(2 * MINUTE);
    let (session, _) = by_the_last_recovery_code(&world);
    assert!(with_the_password_alone(&world, &session).is_ok());
}

/// Also if the change that the session goes on after is made by an instance whose clock is behind.
#[test]
fn g11_new_recovery_codes_end_the_exception_if_the_session_goes_on() {
    let (world, phone, codes) = World::enrolled();
    let mut session = world.present(&codes[0]).unwrap().authenticated.into_session();
    world.clock.advance(2 * MINUTE);
    let _ = world.verifier.regenerate_recovery_codes(world.fresh(&phone)).unwrap();
    world.clock.advance(STEP);
    let typed = phone.code(world.now());
    world.clock.back(MINUTE / 2);
    session.continue_after(world.change_password(&session, &typed).unwrap());
    assert!(world.is_current(&session));
    assert_eq!(with_the_password_alone(&world, &session).unwrap_err(), Refusal::Malformed);
}

#[test]
fn g15_closing_an_account_ends_a_session_from_before_any_factor() {
    let close: [fn(&World); 2] = [
        |world| drop(world.verifier.close_account(by_administrator(world)).unwrap()),
        |world| {
            let proof = with_the_password_alone(world, &world.session(1)).unwrap();
            drop(world.verifier.close_account(proof).unwrap());
        },
    ];
    for close in close {
        let world = World::new();
        let session = complete(world.login()).authenticated.into_session();
        let (begun, check) = (world.begin(), world.password());
        assert_eq!(row(&world), None, "the account has a row");
        close(&world);
        // The id is given to somebody else: nothing of the earlier account is valid for it.
        let new = complete(world.login()).authenticated.into_session();
        assert!(world.is_current(&new) && !world.is_current(&session));
        let code = Phone::scan(&begun.uri).code(world.now());
        let confirmed = refusal(world.verifier.confirm_enrollment(&begun.token, &code));
        assert_eq!(confirmed.unwrap_err(), Refusal::EnrollmentOver);
        let begun = refusal(world.verifier.begin_enrollment(check, "alice"));
        assert_eq!(begun.unwrap_err(), Refusal::StepUpRequired);
        let _ = world.enroll();
        assert!(!world.is_current(&new) && !world.is_current(&session));
    }
}

#[test]
fn g15_a_closed_account_keeps_only_an_epoch() {
    let (world, phone, codes) = World::enrolled();
    let (device, challenge, session) =
        (world.remember(&phone), world.challenge(), session_of(&world, &phone));
    let refused = world
        .verifier
        .close_account(world.verifier.reauthenticate(&session, world.password(), &codes[0]).unwrap());
    let _ = refused.unwrap();
    assert_eq!(world.events.count(|kind| *kind == EventKind::AccountClosed), 1);
    assert_eq!(world.record(), {
        let mut empty = serde_json::to_value(AccountRecord::new(world.account.clone())).unwrap();
        empty["record"]["epoch"] = serde_json::to_value(world.record()).unwrap()["record"]["epoch"].clone();
        serde_json::from_value(empty).unwrap()
    });
    assert_eq!(complete(world.login_on(&device)).authenticated.method(), AuthMethod::SingleFactor);
    let presented = refusal(world.verifier.present(&challenge, &codes[1], Remember::No));
    assert_eq!(presented.unwrap_err(), Refusal::ChallengeOver);
    assert!(!world.is_current(&session));
    // Closing it again makes another epoch, even though nothing was left to close.
    let session = world.session(1);
    let _ = world.verifier.close_account(by_administrator(&world)).unwrap();
    assert!(!world.is_current(&session));
}

#[test]
fn g24_a_step_up_is_noted_in_the_session() {
    let (world, phone, codes) = World::enrolled();
    let device = world.remember(&phone);
    let mut session = complete(world.login_on(&device)).authenticated.into_session();
    let began = world.now();
    assert!(!session.is_elevated(world.now(), HOUR));
    assert_eq!((session.amr(), session.auth_time()), (["pwd"].as_slice(), began));

    world.clock.advance(10 * MINUTE);
    let fresh = fresh_factor(&world, &session, &phone.code(world.now())).unwrap();
    let since = world.now();
    session.elevate(&fresh);
    assert_eq!((session.amr(), session.auth_time()), (["pwd", "otp", "mfa"].as_slice(), since));
    assert!(
        matches!(session.method(), AuthMethod::RememberedDevice { .. }),
        "the session has lost the method of its login"
    );
    for (age, is_elevated) in [(0, true), (3_599, true), (3_600, false)] {
        assert_eq!(
            session.is_elevated(since.saturating_add(Duration::from_secs(age)), HOUR),
            is_elevated,
            "{age}"
        );
    }
    // A recovery code later on does not forget this session's own device.
    world.clock.advance(HOUR);
    let fresh = fresh_factor(&world, &session, &codes[0]).unwrap();
    assert!(world.is_current(&session));
    session.elevate(&fresh);
    assert!(session.is_elevated(world.now(), HOUR));
    assert_eq!((session.amr(), session.auth_time()), (["pwd", "mfa"].as_slice(), world.now()));
}

#[test]
fn g24_a_factor_of_another_session_or_account_does_not_elevate() {
    let (world, phone, codes) = World::enrolled();
    let device = world.remember(&phone);
    let mut session = complete(world.login_on(&device)).authenticated.into_session();
    let before = session.clone();
    session.elevate(&fresh_factor(&world, &world.session(1), &codes[0]).unwrap());
    assert_eq!(session, before);
    let bob = World { account: AccountId::new("bob").unwrap(), ..world };
    let (_, bobs) = bob.enroll();
    session.elevate(&fresh_factor(&bob, &bob.session(1), &bobs[0]).unwrap());
    assert_eq!(session, before);
}

#[test]
fn g24_a_login_with_a_code_counts_and_a_password_does_not() {
    let (world, phone, codes) = World::enrolled();
    let by_code = session_of(&world, &phone);
    let by_recovery = world.verifier.present(&world.challenge(), &codes[0], Remember::No).unwrap();
    let by_password = complete(World::new().login()).authenticated.into_session();
    let now = world.now();
    assert!(
        by_code.is_elevated(now, HOUR) && by_recovery.authenticated.into_session().is_elevated(now, HOUR)
    );
    assert!(!by_password.is_elevated(now, HOUR));
    assert!(!by_code.is_elevated(now.saturating_add(HOUR), HOUR));
    assert!(!by_code.is_elevated(now, Duration::ZERO));
    // A clock that goes back a year does not prolong it.
    world.clock.back(365 * 24 * HOUR);
    assert!(!by_code.is_elevated(world.now(), HOUR));
}

#[test]
fn g24_a_factor_from_before_a_change_does_not_elevate_after_it() {
    let (world, phone, codes) = World::enrolled();
    let mut session = world.log_in(&phone).authenticated.into_session();
    let before = fresh_factor(&world, &session, &codes[0]).unwrap();
    world.clock.advance(STEP);
    let changed = world.change_password(&session, &phone.code(world.now())).unwrap();
    session.continue_after(changed);
    let kept = session.auth_time();
    session.elevate(&before);
    assert_eq!(session.auth_time(), kept);
}

#[test]
fn g24_a_continued_session_keeps_its_step_up_and_loses_its_device() {
    let (world, phone, codes) = World::enrolled();
    let device = world.remember(&phone);
    let mut session = complete(world.login_on(&device)).authenticated.into_session();
    session.elevate(&fresh_factor(&world, &session, &codes[0]).unwrap());
    let elevated = session.auth_time();
    let changed = world.change_password(&session, &phone.code(world.now())).unwrap();
    session.continue_after(changed);
    assert_eq!((session.device(), session.auth_time()), (None, elevated));
    assert!(world.is_current(&session) && session.is_elevated(world.now(), HOUR));
    let reset = PasswordReset::by_host(world.verifier.check_password(&world.account));
    let _ = world.verifier.change_password(reset, || Ok::<(), ()>(())).unwrap();
    assert!(!world.is_current(&session));
}
