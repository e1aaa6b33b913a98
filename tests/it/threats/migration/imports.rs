//! What an import does to the account, with and without `quietly`.

use core::convert::Infallible;

use second_factor::enrollment::ImportedSecret;
use second_factor::otp::TimeStep;
use second_factor::session::{
    AdministratorReset, Binding, EventKind, HostAuthenticatorKind, Import, NewHostAuthenticator,
    RefusedBecause, Remember, Requirement, TooManyRecoveryCodes,
};
use second_factor::verifier::ChangePasswordError;
use second_factor::{AccountId, AuthMethod, Login, PasswordReset, Policy, Refusal, Secret, Totp, TotpParams};

use super::{
    ROWS, SECRET, code, import, imported, is_code_required, old_system, recovery_codes_left, with_old_code,
    with_the_password_alone,
};
use crate::support::sessions::row;
use crate::support::{
    JsonRow, Phone, STEP, Told, World, at_once, code_required, complete, is_refused_because, refusal,
};

fn by_administrator(world: &World) -> AdministratorReset {
    AdministratorReset::by_host(world.account.clone(), &AccountId::new("root").unwrap()).unwrap()
}

/// An import with another secret.
fn another(account: &AccountId) -> Import {
    let secret = ImportedSecret::new(Secret::new(&[9; 20]).unwrap()).unwrap();
    Import::by_host(account.clone(), secret, TotpParams::default())
}

fn hardware_key() -> NewHostAuthenticator<'static> {
    NewHostAuthenticator::new(b"credential", HostAuthenticatorKind::HardwareKey)
}

#[test]
fn m02_an_import_ends_sessions_and_is_reported_unless_quiet() {
    for quietly in [false, true] {
        let world = World::new();
        let session = with_the_password_alone(&world);
        world.events.take();
        let old = old_system(&world.account);
        import(&world, if quietly { old.quietly() } else { old }).unwrap();
        assert_eq!(world.is_current(&session), quietly);
        let told = if quietly { vec![] } else { vec![Told::Bound(Binding::Imported)] };
        assert_eq!(world.events.take_told(), told);
        // In both cases a code is needed from now on, and there are ten old recovery codes.
        assert!(is_code_required(&world.login()));
        assert_eq!(recovery_codes_left(&world), 10);
        let accepted = world.present(&code(world.now())).unwrap();
        assert_eq!((accepted.authenticated.method(), accepted.recovery_codes_left), (AuthMethod::Code, 10));
    }
}

#[test]
fn m02_an_import_is_refused_if_anything_is_bound() {
    let (enrolled, phone, _) = World::enrolled();
    let _ = enrolled.remember(&phone);
    let by_passkey = World::new();
    let _ = by_passkey.verifier.bind_host_authenticator(by_passkey.password(), hardware_key()).unwrap();
    for world in [enrolled, by_passkey, imported()] {
        let session = world.session(1);
        let before = row(&world);
        world.events.take();
        for import_of in [old_system, another] {
            for again in [import_of(&world.account), import_of(&world.account).quietly()] {
                assert_eq!(import(&world, again).unwrap_err(), Refusal::AlreadyBound);
            }
        }
        assert_eq!(
            (row(&world), world.events.take()),
            (before, vec![]),
            "a refused import wrote or reported something"
        );
        assert!(world.is_current(&session));
    }
}

/// Of several imports and enrollments at once, one succeeds: an import never adds to another authenticator.
#[test]
fn m02_of_eight_imports_and_bindings_at_once_one_succeeds() {
    for _ in 0..10 {
        let world = World::over(JsonRow::default(), Policy::new("Example").unwrap());
        let answers = at_once(8, |n| match n % 2 {
            0 => import(&world, old_system(&world.account).quietly()),
            _ => refusal(world.verifier.bind_host_authenticator(world.password(), hardware_key())).map(drop),
        });
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
        assert_eq!(world.verifier.status(&world.account).unwrap().authenticators.len(), 1);
    }
}

#[test]
fn m02_no_code_up_to_the_last_step_of_the_old_system_is_accepted() {
    let world = World::new();
    let now = Totp::new(&Secret::new(SECRET).unwrap(), TotpParams::default()).time_step(world.now()).unwrap();
    // One step ahead, as from an app whose clock is fast.
    let last = TimeStep::new(now.get() + 1);
    import(&world, old_system(&world.account).last_accepted(last).quietly()).unwrap();
    for _ in 0..2 {
        let refused = world.present(&code(world.now())).unwrap_err();
        assert_eq!(refused, Refusal::NotAccepted);
        world.clock.advance(STEP);
    }
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::Replayed)), 2);
    assert!(world.present(&code(world.now())).is_ok());
}

#[test]
fn m03_21_names_are_too_many_and_a_repeated_name_counts_once() {
    let import_of = || another(&AccountId::new("alice").unwrap());
    let names = |count: usize| (0..count).map(|n| format!("row {n}"));
    assert_eq!(Import::MAX_RECOVERY_CODES, 20);
    assert_eq!(import_of().recovery_codes(names(21)).unwrap_err(), TooManyRecoveryCodes);
    let twice = names(20).chain(names(20));

    let world = World::new();
    import(&world, import_of().recovery_codes(twice).unwrap().quietly()).unwrap();
    assert_eq!(recovery_codes_left(&world), 20);
    let accepted = with_old_code(&world, &world.challenge(), "row 19").unwrap();
    assert_eq!(accepted.recovery_codes_left, 19);
    assert_eq!(with_old_code(&world, &world.challenge(), "row 19").unwrap_err(), Refusal::NotAccepted);
    // The last list counts.
    let world = World::new();
    let import_of = import_of().recovery_codes(["row 1"]).unwrap().recovery_codes(["row 2"]).unwrap();
    import(&world, import_of.quietly()).unwrap();
    assert_eq!(recovery_codes_left(&world), 1);
    assert_eq!(with_old_code(&world, &world.challenge(), "row 1").unwrap_err(), Refusal::NotAccepted);
    assert!(with_old_code(&world, &world.challenge(), "row 2").is_ok());
}

/// Devices that were remembered before the factor was disabled stay forgotten.
#[test]
fn m04_a_quiet_import_revives_no_device_session_or_challenge() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    let (challenge, session) = (world.challenge(), world.session(1));
    let fresh = world.fresh(&phone);
    let _ = world.verifier.disable(fresh, Requirement::None).unwrap();
    let meanwhile = with_the_password_alone(&world);

    import(&world, old_system(&world.account).quietly()).unwrap();
    assert!(is_code_required(&world.login_on(&device)));
    assert_eq!(world.verifier.status(&world.account).unwrap().devices, []);
    assert!(!world.is_current(&session));
    assert!(world.is_current(&meanwhile));
    let refused = refusal(world.verifier.present(&challenge, &code(world.now()), Remember::No));
    assert_eq!(refused.unwrap_err(), Refusal::ChallengeOver);
    // Devices that are remembered from now on work.
    let remember = Remember::ThisDevice { label: "Firefox" };
    let accepted = world.verifier.present(&world.challenge(), &code(world.now()), remember).unwrap();
    assert!(!is_code_required(&world.login_on(&accepted.device.unwrap())));
}

#[test]
fn m04_a_quiet_import_into_a_closed_account_revives_no_session() {
    let world = World::new();
    let session = with_the_password_alone(&world);
    let old = world.password();
    let _ = world.verifier.close_account(by_administrator(&world)).unwrap();
    import(&world, old_system(&world.account).quietly()).unwrap();
    assert!(!world.is_current(&session));
    // A password that was typed before makes a session of the closed account, which is not current.
    let late = complete(world.verifier.password_verified(old, None).unwrap());
    assert!(!world.is_current(&late.authenticated.into_session()));
    assert!(world.present(&code(world.now())).is_ok());
}

#[test]
fn m04_an_import_waits_for_a_password_change_and_ends_an_interrupted_one() {
    let world = World::new();
    let session = with_the_password_alone(&world);
    let reset = PasswordReset::by_host(world.verifier.check_password(&world.account));
    let quietly = || import(&world, old_system(&world.account).quietly());
    let changed = world.verifier.change_password(reset, || -> Result<(), Infallible> {
        let before = row(&world);
        assert_eq!(quietly().unwrap_err(), Refusal::Retry);
        assert_eq!(row(&world), before);
        // The mark is older than a minute, so the change that left it must have crashed.
        world.clock.advance(core::time::Duration::from_secs(61));
        world.events.take();
        assert_eq!(quietly().unwrap_err(), Refusal::Retry);
        assert_eq!(world.events.take_told(), [Told::Other(EventKind::PasswordChangeInterrupted)]);
        quietly().unwrap();
        Ok(())
    });
    let _ = changed.unwrap_err();
    assert!(!world.is_current(&session));
    assert!(world.present(&code(world.now())).is_ok());
}

/// A quiet import does not change the epoch, so an enrollment from before is not outdated by it. Still it must bind nothing.
#[test]
fn m05_an_enrollment_begun_before_a_quiet_import_is_over() {
    let world = World::new();
    let begun = world.begin();
    let phone = Phone::scan(&begun.uri);
    import(&world, old_system(&world.account).quietly()).unwrap();
    let before = row(&world);
    for code in [phone.code(world.now()), phone.wrong_code(world.now())] {
        let refused = refusal(world.verifier.confirm_enrollment(&begun.token, &code));
        assert_eq!(refused.unwrap_err(), Refusal::EnrollmentOver);
    }
    let refused = refusal(world.verifier.pending_enrollment(&begun.token));
    assert_eq!(refused.unwrap_err(), Refusal::EnrollmentOver, "its secret is still shown");
    assert_eq!(row(&world), before);
    assert!(world.present(&code(world.now())).is_ok());
}

/// A password that was typed before a quiet import logs in, as it would have before, to a session like the older ones. But
/// neither the password nor that session can change a factor.
#[test]
fn m05_a_password_typed_before_a_quiet_import_changes_no_factor() {
    let world = World::new();
    let session = with_the_password_alone(&world);
    let mut proofs = (0..10).map(|_| world.password()).collect::<Vec<_>>().into_iter();
    let mut proof = || proofs.next().unwrap();
    let mut made = (0..4)
        .map(|_| world.verifier.reauthenticate(&session, proof(), "").unwrap())
        .collect::<Vec<_>>()
        .into_iter();
    let mut reauthenticated = || made.next().unwrap();
    import(&world, old_system(&world.account).quietly()).unwrap();
    let before = row(&world);

    let step_up = Refusal::StepUpRequired;
    assert_eq!(refusal(world.verifier.begin_enrollment(proof(), "alice")).unwrap_err(), step_up);
    assert_eq!(refusal(world.verifier.begin_enrollment(reauthenticated(), "alice")).unwrap_err(), step_up);
    assert_eq!(
        refusal(world.verifier.bind_host_authenticator(proof(), hardware_key())).unwrap_err(),
        step_up
    );
    let refused = refusal(world.verifier.bind_host_authenticator(reauthenticated(), hardware_key()));
    assert_eq!(refused.unwrap_err(), step_up);
    assert_eq!(refusal(world.verifier.close_account(reauthenticated())).unwrap_err(), step_up);
    let changed = world
        .verifier
        .change_password(reauthenticated(), || -> Result<(), Infallible> { panic!("the hash was written") });
    assert!(matches!(changed, Err(ChangePasswordError::NotStarted(_))), "{changed:?}");
    // With the session from before it is not enough either.
    assert_eq!(
        refusal(world.verifier.reauthenticate(&session, proof(), "")).unwrap_err(),
        Refusal::Malformed,
        "no code was asked for"
    );

    let login = world.verifier.password_verified(proof(), None).unwrap();
    let accepted = complete(login);
    assert_eq!(accepted.authenticated.method(), AuthMethod::SingleFactor);
    let late = accepted.authenticated.into_session();
    assert!(world.is_current(&late) && world.is_current(&session));
    for session in [&late, &session] {
        let refused = world.verifier.reauthenticate(session, world.password(), "");
        assert_eq!(refusal(refused).unwrap_err(), Refusal::Malformed);
        assert_eq!(refusal(world.verifier.fresh_factor(session, "")).unwrap_err(), Refusal::Malformed);
    }
    assert_eq!(row(&world), before, "something was written");

    // A reset that began before can change the password, like any reset, but no factor.
    let world = World::new();
    let reset = PasswordReset::by_host(world.verifier.check_password(&world.account));
    import(&world, old_system(&world.account).quietly()).unwrap();
    let _ = world.verifier.change_password(reset, || Ok::<(), Infallible>(())).unwrap();
    assert_eq!(recovery_codes_left(&world), ROWS.len());
    assert!(world.present(&code(world.now())).is_ok());
}

/// If the policy requires a factor, the proof of a login from before the import begins no enrollment.
#[test]
fn m05_a_login_that_was_to_enroll_finds_the_imported_authenticator() {
    let policy = Policy::builder("Example").require_second_factor().build().unwrap();
    let world = World::with_policy(policy);
    let Login::EnrollmentRequired(proof) = world.login() else { panic!("no enrollment was required") };
    import(&world, old_system(&world.account).quietly()).unwrap();
    let refused = refusal(world.verifier.begin_enrollment(proof, "alice"));
    assert_eq!(refused.unwrap_err(), Refusal::StepUpRequired);
    let _ = code_required(world.login());
}
