//! How long proofs are valid, and that changes make earlier ones void: threats G4 and G5.

use core::time::Duration;

use second_factor::enrollment::ImportedSecret;
use second_factor::session::{AdministratorReset, EventKind, Import, Reauthenticated, Remember, Requirement};
use second_factor::verifier::ChangePasswordError;
use second_factor::{
    AccountId, BlockingStore, FreshFactor, Login, PasswordReset, PasswordVerified, Policy, Refusal, Secret,
    Session, TotpParams,
};

use crate::support::sessions::charged;
use crate::support::{JsonRow, Phone, STEP, World, code_required, complete, refusal};

const MINUTE: Duration = Duration::from_secs(60);

fn by_administrator<S: BlockingStore>(world: &World<S>) -> AdministratorReset {
    AdministratorReset::by_host(world.account.clone(), &AccountId::new("root").unwrap()).unwrap()
}

/// The refusal of a password change with this proof. The host's write is never called.
fn not_changed<S: BlockingStore>(
    world: &World<S>,
    proof: impl Into<second_factor::session::PasswordChangeProof>,
) -> Refusal
where
    S::Error: core::fmt::Debug,
{
    let changed =
        world.verifier.change_password(proof, || -> Result<(), ()> { panic!("the hash was written") });
    match changed {
        Err(ChangePasswordError::NotStarted(error)) => refusal::<(), _>(Err(error)).unwrap_err(),
        other => panic!("{other:?}"),
    }
}

fn bind<S: BlockingStore>(world: &World<S>, session: &Session, typed: &str) -> Phone
where
    S::Error: core::fmt::Debug,
{
    let proof = world.verifier.reauthenticate(session, world.password(), typed).unwrap();
    let begun = world.verifier.begin_enrollment(proof, "alice").unwrap();
    let phone = Phone::scan(&begun.uri);
    let _ = world.verifier.confirm_enrollment(&begun.token, &phone.code(world.now())).unwrap();
    phone
}

/// A change that makes every earlier proof void. The code is an unused one.
type Change<S> = (&'static str, fn(&World<S>, &str));

fn changes<S: BlockingStore>() -> [Change<S>; 7]
where
    S::Error: core::fmt::Debug,
{
    [
        ("reset", |world, _| drop(world.reset_password())),
        ("change", |world, code| drop(world.change_password(&world.session(9), code).unwrap())),
        ("enrollment", |world, code| drop(bind(world, &world.session(9), code))),
        ("disable", |world, code| {
            let fresh = world.verifier.fresh_factor(&world.session(9), code).unwrap();
            drop(world.verifier.disable(fresh, Requirement::None).unwrap());
        }),
        ("administrator", |world, _| {
            drop(world.verifier.administrator_reset(by_administrator(world)).unwrap());
        }),
        ("end all", |world, _| drop(world.verifier.end_all_sessions(&world.session(9)).unwrap())),
        ("close", |world, _| drop(world.verifier.close_account(by_administrator(world)).unwrap())),
    ]
}

fn an_old_proof_yields_nothing<S: BlockingStore>(make: impl Fn() -> World<S>)
where
    S::Error: core::fmt::Debug,
{
    for (name, change) in changes() {
        let world = make();
        let (phone, codes) = world.enroll();
        let login = world.verifier.present(&world.challenge(), &codes[9], Remember::No).unwrap();
        let recovered = login.authenticated.into_session();
        let reauthenticate = |session: &Session, typed: &str| {
            world.verifier.reauthenticate(session, world.password(), typed).unwrap()
        };
        let lost = reauthenticate(&recovered, "");
        let begun = world.verifier.begin_enrollment(reauthenticate(&recovered, ""), "alice").unwrap();
        let fresh = world.verifier.fresh_factor(&world.session(8), &codes[0]).unwrap();
        let reauthenticated = reauthenticate(&world.session(7), &codes[1]);
        // The next login on one device writes, and on the other it does not.
        let device = world.remember(&phone);
        world.clock.advance(MINUTE);
        let in_grace = world.remember(&phone);
        let old: Vec<PasswordVerified> = (0..6).map(|_| world.password()).collect();
        let reset = PasswordReset::by_host(world.verifier.check_password(&world.account));

        change(&world, &phone.code(world.now()));
        let typed = [phone.code(world.now().saturating_add(STEP)), codes[2].clone()];
        let mut old = old.into_iter();
        let mut next = || old.next().unwrap();
        // The result of the password step is void.
        for cookie in [None, Some(device.expose()), Some(in_grace.expose())] {
            match world.verifier.password_verified(next(), cookie) {
                Ok(Login::CodeRequired(challenge)) => {
                    for typed in &typed {
                        let presented = refusal(world.verifier.present(&challenge, typed, Remember::No));
                        assert_eq!(presented.unwrap_err(), Refusal::ChallengeOver, "{name}");
                    }
                }
                Ok(Login::Complete(accepted)) => {
                    assert!(!world.is_current(&accepted.authenticated.into_session()), "{name}");
                }
                other => assert_eq!(refusal(other).unwrap_err(), Refusal::ChallengeOver, "{name}"),
            }
        }
        let refused = refusal(world.verifier.begin_enrollment(next(), "alice")).unwrap_err();
        assert_eq!(refused, Refusal::StepUpRequired, "{name}");
        for typed in ["", &typed[0]] {
            let refused = world.verifier.reauthenticate(&world.session(6), next(), typed);
            assert_eq!(refusal(refused).unwrap_err(), Refusal::StepUpRequired, "{name}");
        }
        // Other proofs from before are refused too.
        assert_eq!(not_changed(&world, reset), Refusal::StepUpRequired, "{name}");
        assert_eq!(not_changed(&world, reauthenticated), Refusal::StepUpRequired, "{name}");
        let refused = refusal(world.verifier.begin_enrollment(lost, "alice")).unwrap_err();
        assert_eq!(refused, Refusal::StepUpRequired, "{name}");
        let refused = refusal(world.verifier.regenerate_recovery_codes(fresh)).unwrap_err();
        assert_eq!(refused, Refusal::StepUpRequired, "{name}");
        let code = Phone::scan(&begun.uri).code(world.now());
        let refused = refusal(world.verifier.confirm_enrollment(&begun.token, &code)).unwrap_err();
        assert_eq!(refused, Refusal::EnrollmentOver, "{name}");
    }
}

#[test]
fn g04_a_proof_from_before_a_change_gives_nothing_that_is_valid() {
    an_old_proof_yields_nothing(World::new);
    an_old_proof_yields_nothing(|| World::over(JsonRow::default(), Policy::new("Example").unwrap()));
}

type SimpleChange = (&'static str, fn(&World));

#[test]
fn g04_without_a_factor_an_old_proof_gives_no_current_session() {
    let changes: [SimpleChange; 4] = [
        ("reset", |world| drop(world.reset_password())),
        ("enroll", |world| drop(world.enroll())),
        ("import", |world| {
            let secret = ImportedSecret::new(Secret::new(&[9; 20]).unwrap()).unwrap();
            let import = Import::by_host(world.account.clone(), secret, TotpParams::default());
            drop(world.verifier.import(import).unwrap());
        }),
        ("close", |world| drop(world.verifier.close_account(by_administrator(world)).unwrap())),
    ];
    for (name, change) in changes {
        let world = World::new();
        let begun = world.begin();
        let (first, second) = (world.password(), world.password());
        change(&world);
        let session = complete(world.verifier.password_verified(first, None).unwrap());
        assert!(!world.is_current(&session.authenticated.into_session()), "{name}");
        let refused = refusal(world.verifier.begin_enrollment(second, "alice")).unwrap_err();
        assert_eq!(refused, Refusal::StepUpRequired, "{name}");
        let code = Phone::scan(&begun.uri).code(world.now());
        let refused = refusal(world.verifier.confirm_enrollment(&begun.token, &code)).unwrap_err();
        assert_eq!(refused, Refusal::EnrollmentOver, "{name}");
    }
}

#[test]
fn g04_the_proof_for_a_required_enrollment_expires_too() {
    let world = World::with_policy(Policy::builder("Example").require_second_factor().build().unwrap());
    let Login::EnrollmentRequired(proof) = world.login() else { panic!("no enrollment was required") };
    let _ = world.reset_password();
    let refused = refusal(world.verifier.begin_enrollment(proof, "alice")).unwrap_err();
    assert_eq!(refused, Refusal::StepUpRequired);
    let Login::EnrollmentRequired(proof) = world.login() else { panic!("no enrollment was required") };
    assert!(world.verifier.begin_enrollment(proof, "alice").is_ok());
}

fn a_thief_waits_for_the_hash<S: BlockingStore>(world: &World<S>)
where
    S::Error: core::fmt::Debug,
{
    let (phone, codes) = world.enroll();
    let mut stolen = world.log_in(&phone).authenticated.into_session();
    let own = world.session(1);
    // The thief has the password, and saw the owner's codes.
    let waiting: Vec<Reauthenticated> = (0..3)
        .map(|number| world.verifier.reauthenticate(&stolen, world.password(), &codes[number]).unwrap())
        .collect();
    let waiting: [Reauthenticated; 3] = waiting.try_into().unwrap();
    let fresh: [FreshFactor; 2] =
        [3, 4].map(|number| world.verifier.fresh_factor(&stolen, &codes[number]).unwrap());
    let new = bind(world, &own, &phone.code(world.now()));

    let [change, enroll, close] = waiting;
    assert_eq!(not_changed(world, change), Refusal::StepUpRequired);
    let enrolled = refusal(world.verifier.begin_enrollment(enroll, "mallory"));
    assert_eq!(enrolled.unwrap_err(), Refusal::StepUpRequired);
    assert_eq!(refusal(world.verifier.close_account(close)).unwrap_err(), Refusal::StepUpRequired);
    let [disable, regenerate] = fresh;
    assert_eq!(
        refusal(world.verifier.disable(disable, Requirement::None)).unwrap_err(),
        Refusal::StepUpRequired
    );
    let regenerated = refusal(world.verifier.regenerate_recovery_codes(regenerate));
    assert_eq!(regenerated.unwrap_err(), Refusal::StepUpRequired);
    assert!(!world.is_current(&stolen));
    // A later change of the owner does not continue the thief's sessions.
    world.clock.advance(STEP);
    let session = world.log_in(&new).authenticated.into_session();
    stolen.continue_after(world.change_password(&session, &new.code(world.now())).unwrap());
    assert!(!world.is_current(&stolen));
}

#[test]
fn g05_a_thief_who_holds_proofs_back_is_too_late_after_an_enrollment() {
    a_thief_waits_for_the_hash(&World::new());
    a_thief_waits_for_the_hash(&World::over(JsonRow::default(), Policy::new("Example").unwrap()));
}

/// Makes something and lets this much time pass. If it is negative, the clock goes back.
fn aged<T>(world: World, age: i64, make: impl FnOnce(&World) -> T) -> (World, T) {
    let proof = make(&world);
    let span = Duration::from_secs(age.unsigned_abs());
    if age < 0 {
        world.clock.back(span);
    } else {
        world.clock.advance(span);
    }
    (world, proof)
}

#[test]
fn g04_a_password_is_proved_for_five_minutes_and_a_minute_of_skew() {
    for (age, is_alive) in [(299, true), (300, false), (301, false), (-60, true), (-61, false)] {
        let over = (!is_alive).then_some(Refusal::StepUpRequired);
        let (world, proof) = aged(World::enrolled().0, age, World::password);
        let login = refusal(world.verifier.password_verified(proof, None));
        assert_eq!(login.err(), (!is_alive).then_some(Refusal::ChallengeOver), "login, {age} s");

        let (world, proof) = aged(World::new(), age, World::password);
        assert_eq!(refusal(world.verifier.begin_enrollment(proof, "alice")).err(), over, "enroll, {age} s");

        let (world, proof) = aged(World::new(), age, World::password);
        let again = world.verifier.reauthenticate(&world.session(1), proof, "");
        assert_eq!(refusal(again).err(), over, "again, {age} s");

        let reset = |world: &World| PasswordReset::by_host(world.verifier.check_password(&world.account));
        let (world, proof) = aged(World::new(), age, reset);
        let changed = world.verifier.change_password(proof, || Ok::<(), ()>(()));
        assert_eq!(changed.is_ok(), is_alive, "reset, {age} s: {changed:?}");

        // Nothing that was made from it is valid longer than the password check itself.
        let reauthenticate =
            |world: &World| world.verifier.reauthenticate(&world.session(1), world.password(), "").unwrap();
        let (world, proof) = aged(World::new(), age, reauthenticate);
        let changed = world.verifier.change_password(proof, || Ok::<(), ()>(()));
        assert_eq!(changed.is_ok(), is_alive, "change, {age} s: {changed:?}");
        let (world, proof) = aged(World::new(), age, reauthenticate);
        assert_eq!(refusal(world.verifier.close_account(proof)).err(), over, "close, {age} s");
    }
}

#[test]
fn g04_the_lifetime_of_a_challenge_begins_at_its_proof() {
    let (world, phone, _) = World::enrolled();
    assert_eq!(world.verifier.policy().challenge_lifetime(), 10 * MINUTE);
    for (rest, is_alive) in [(6 * MINUTE, false), (Duration::from_secs(359), true)] {
        let proof = world.password();
        world.clock.advance(4 * MINUTE);
        let challenge = code_required(world.verifier.password_verified(proof, None).unwrap());
        world.clock.advance(rest);
        let presented = world.verifier.present(&challenge, &phone.code(world.now()), Remember::No);
        assert_eq!(refusal(presented).is_ok(), is_alive);
    }
}

#[test]
fn g10_a_password_reset_logs_nobody_in_and_restores_nothing() {
    let (world, phone, _) = World::enrolled();
    for wrong in phone.wrong_codes(world.now()).take(5) {
        let _ = world.present(&wrong).unwrap_err();
    }
    let before = charged(&world);
    let (used, unused) = (world.session(1), world.session(2));
    world.events.take();
    let mut ended = used.clone();
    ended.continue_after(world.reset_password());
    assert_eq!(ended, used, "a reset continued a session");
    assert!(!world.is_current(&used) && !world.is_current(&unused));
    assert_eq!(world.events.take(), [EventKind::PasswordChangeBegun, EventKind::PasswordChanged]);
    assert_eq!(charged(&world), before);
    assert!(world.verifier.status(&world.account).unwrap().is_enabled());
    let _ = code_required(world.login());

    // A second link, verified before the first was used, is void.
    let links: Vec<_> =
        (0..2).map(|_| PasswordReset::by_host(world.verifier.check_password(&world.account))).collect();
    let [first, second] = links.try_into().unwrap();
    let _ = world.verifier.change_password(first, || Ok::<(), ()>(())).unwrap();
    assert_eq!(not_changed(&world, second), Refusal::StepUpRequired);
}

#[test]
fn g05_a_change_continues_only_the_session_of_its_epoch_and_id() {
    let (world, phone, codes) = World::enrolled();
    let own = world.log_in(&phone).authenticated.into_session();
    let first = world.change_password(&own, &codes[0]).unwrap();
    let mut continued = own.clone();
    continued.continue_after(first);
    assert!(world.is_current(&continued));

    // The same id in another epoch than the one before the change is left as it was, and is over.
    let second = world.change_password(&continued, &codes[1]).unwrap();
    let mut early = own.clone();
    early.continue_after(second);
    assert_eq!(early, own);
    assert!(!world.is_current(&early) && !world.is_current(&continued));

    // Another session of that epoch is left as it was.
    let (session, other) = (world.session(3), world.session(2));
    let mut stranger = other.clone();
    stranger.continue_after(world.change_password(&session, &codes[2]).unwrap());
    assert_eq!(stranger, other);
    assert!(!world.is_current(&stranger));

    // A change that came too late continues its session only to an epoch that is over.
    let mut late = world.session(4);
    let changed = world.change_password(&late, &codes[3]).unwrap();
    let _ = world.reset_password();
    late.continue_after(changed);
    assert!(!world.is_current(&late));
}

/// A host with two services by mistake: what one has read of the account means nothing to the other.
#[test]
fn a_check_made_by_another_verifier_is_refused() {
    let (world, phone, _) = World::enrolled();
    let without = World::new();
    for login in [without.password(), without.password()] {
        let refused = refusal(world.verifier.password_verified(login, None));
        assert_eq!(refused.unwrap_err(), Refusal::ChallengeOver);
    }
    // It does not lock anybody out either, and a clone counts as the same verifier.
    let check = world.verifier.clone().check_password(&world.account);
    let login = world.verifier.password_verified(PasswordVerified::by_host(check), None).unwrap();
    let challenge = code_required(login);
    let code = phone.code(world.now());
    assert!(world.verifier.present(&challenge, code.as_str(), Remember::No).is_ok());
    // Another instance with the same store reads the account again.
    let other =
        World { verifier: super::policies::under(&world, Policy::new("Example").unwrap()).verifier, ..world };
    let _ = code_required(other.login());
}
