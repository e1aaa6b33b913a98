//! An enrollment ends with the basis of its proof: the remembered device of the session, or a login by recovery code.
//! Promise P4.

use core::time::Duration;

use second_factor::session::{
    EnrollmentBegun, HostAuthenticatorKind, NewAuthenticator, NewHostAuthenticator, Reauthenticated,
};
use second_factor::{DeviceToken, Policy, Refusal, Session};

use crate::support::sessions::{fresh_factor, row, session_of};
use crate::support::{Phone, STEP, World, complete, days, refusal, texts};

const MINUTE: Duration = Duration::from_secs(60);

/// The enrollment can be neither shown nor confirmed, and nothing is written.
#[track_caller]
fn assert_over(world: &World, begun: &EnrollmentBegun, way: &str) {
    let before = row(world);
    let code = Phone::scan(&begun.uri).code(world.now());
    let shown = refusal(world.verifier.pending_enrollment(&begun.token));
    assert_eq!(shown.unwrap_err(), Refusal::EnrollmentOver, "{way}");
    let confirmed = refusal(world.verifier.confirm_enrollment(&begun.token, &code));
    assert_eq!(confirmed.unwrap_err(), Refusal::EnrollmentOver, "{way}");
    assert_eq!(row(world), before, "{way}");
}

/// A session that began on the remembered device.
fn session_on(world: &World, device: &DeviceToken) -> Session {
    let accepted = complete(world.login_on(device));
    accepted.authenticated.into_session()
}

/// Begins an enrollment with password and code, or with the code alone, to add an authenticator or to replace the first.
fn begin(world: &World, session: &Session, code: &str, number: usize) -> EnrollmentBegun {
    let app = NewAuthenticator::app("alice");
    let new = if number.is_multiple_of(2) { app.replacing(world.first_authenticator()) } else { app };
    if number < 2 {
        let proof = world.verifier.reauthenticate(session, world.password(), code).unwrap();
        world.verifier.begin_enrollment(proof, new).unwrap()
    } else {
        world.verifier.begin_enrollment(fresh_factor(world, session, code).unwrap(), new).unwrap()
    }
}

/// An event that ends a device.
type End = fn(&World, &Phone, &[String], &Session, [&DeviceToken; 3]);

const ENDS: [(&str, End); 6] = [
    ("all devices are forgotten", |world, _, _, _, _| {
        assert_eq!(world.verifier.forget_all_devices(&world.account).unwrap(), 1);
    }),
    ("the device is forgotten", |world, _, _, session, _| {
        assert!(world.verifier.forget_device(&world.account, session.device().unwrap()).unwrap());
    }),
    ("a token of before comes late", |world, _, _, _, [_, before, _]| {
        world.clock.advance(2 * MINUTE);
        assert!(!matches!(world.login_on(before), second_factor::Login::Complete(_)));
    }),
    ("a stolen token turns up", |world, _, _, _, [first, ..]| {
        assert!(!matches!(world.login_on(first), second_factor::Login::Complete(_)));
    }),
    ("a login by recovery code", |world, _, codes, _, _| drop(world.present(&codes[0]).unwrap())),
    ("another device takes its place", |world, phone, _, _, _| drop(world.remember(phone))),
];

#[test]
fn an_enrollment_ends_with_the_device_of_its_session() {
    for number in 0..4 {
        for (way, end) in ENDS {
            let (world, phone, codes) =
                World::enrolled_with(Policy::builder("Example").devices(1).build().unwrap());
            let first = world.remember(&phone);
            let mut tokens = vec![first];
            for _ in 0..2 {
                world.clock.advance(2 * MINUTE);
                tokens.push(complete(world.login_on(tokens.last().unwrap())).device.unwrap());
            }
            let session = session_on(&world, &tokens[2]);
            let begun = begin(&world, &session, &phone.code(world.now()), number);
            assert!(world.verifier.pending_enrollment(&begun.token).is_ok());
            world.clock.advance(STEP);
            end(&world, &phone, &codes, &session, [&tokens[0], &tokens[1], &tokens[2]]);
            assert!(!world.is_current(&session), "{way}");
            assert_over(&world, &begun, way);
            // The owner's app is unchanged.
            assert_eq!(world.list().len(), 1);
            world.clock.advance(STEP);
            assert!(world.present(&phone.code(world.now())).is_ok(), "{way}");
        }
    }
}

#[test]
fn an_enrollment_ends_when_its_device_expires() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    world.clock.advance(days(29) + MINUTE * (24 * 60 - 5));
    let session = session_on(&world, &device);
    let begun = begin(&world, &session, &phone.code(world.now()), 1);
    world.clock.advance(4 * MINUTE);
    assert!(world.is_current(&session));
    assert!(world.verifier.pending_enrollment(&begun.token).is_ok());
    world.clock.advance(MINUTE);
    assert!(!world.is_current(&session));
    assert_over(&world, &begun, "30 days");
}

#[test]
fn an_enrollment_of_a_session_by_code_survives_forgetting_devices() {
    let (world, phone, _) = World::enrolled();
    let _ = world.remember(&phone);
    let session = session_of(&world, &phone);
    let begun = begin(&world, &session, &phone.code(world.now()), 1);
    assert_eq!(world.verifier.forget_all_devices(&world.account).unwrap(), 1);
    assert!(world.is_current(&session));
    let code = Phone::scan(&begun.uri).code(world.now());
    assert!(world.verifier.confirm_enrollment(&begun.token, &code).is_ok());
}

/// A thief has logged in with a recovery code and knows the password. The owner comes a minute later.
fn a_thief_recovered() -> (World, Phone, Vec<String>, Session) {
    let (world, phone, codes) = World::enrolled();
    let thief = world.present(&codes[0]).unwrap().authenticated.into_session();
    world.clock.advance(MINUTE);
    (world, phone, codes, thief)
}

fn by_password(world: &World, session: &Session) -> Result<Reauthenticated, Refusal> {
    refusal(world.verifier.reauthenticate(session, world.password(), ""))
}

/// The owner makes new codes in another session.
fn owner_makes_new_codes(world: &World, phone: &Phone) -> Vec<String> {
    let fresh = world.fresh(phone);
    texts(&world.verifier.regenerate_recovery_codes(fresh).unwrap())
}

#[test]
fn after_new_codes_a_recovery_login_binds_nothing_by_password() {
    let (world, phone, _, thief) = a_thief_recovered();
    let replacing = || world.in_place_of_first();
    let (early, late) = (by_password(&world, &thief).unwrap(), by_password(&world, &thief).unwrap());
    let key = by_password(&world, &thief).unwrap();
    let begun = world.verifier.begin_enrollment(early, replacing()).unwrap();
    assert!(world.verifier.pending_enrollment(&begun.token).is_ok());

    let codes = owner_makes_new_codes(&world, &phone);
    assert!(world.is_current(&thief), "the thief's session has ended");
    assert_eq!(by_password(&world, &thief).unwrap_err(), Refusal::Malformed);
    assert_over(&world, &begun, "begun before the new codes");
    let begun = refusal(world.verifier.begin_enrollment(late, replacing()));
    assert_eq!(begun.unwrap_err(), Refusal::StepUpRequired);
    let new = NewHostAuthenticator::new(b"the thief's", HostAuthenticatorKind::HardwareKey);
    let bound = refusal(world.verifier.bind_host_authenticator(key, new));
    assert_eq!(bound.unwrap_err(), Refusal::StepUpRequired);
    assert_eq!((world.list().len(), world.recovery_codes_left()), (1, 10));
    assert!(world.present(&codes[0]).is_ok());
}

#[test]
fn an_owner_with_new_codes_in_a_recovery_login_binds_with_one() {
    let (world, _, codes, owner) = a_thief_recovered();
    let fresh = fresh_factor(&world, &owner, &codes[1]).unwrap();
    let codes = texts(&world.verifier.regenerate_recovery_codes(fresh).unwrap());
    assert_eq!(by_password(&world, &owner).unwrap_err(), Refusal::Malformed);
    let proof = world.verifier.reauthenticate(&owner, world.password(), codes[0].as_str()).unwrap();
    let begun = world.verifier.begin_enrollment(proof, world.in_place_of_first()).unwrap();
    let code = Phone::scan(&begun.uri).code(world.now());
    assert!(world.verifier.confirm_enrollment(&begun.token, &code).is_ok());
}

#[test]
fn a_recovery_login_after_new_codes_binds_by_password() {
    let (world, phone, _, _) = a_thief_recovered();
    let codes = owner_makes_new_codes(&world, &phone);
    // The clocks of two instances may differ by a minute, so a login in the next minute may have come before.
    let [soon, later] = [(2 * STEP, 0), (Duration::from_secs(1), 1)].map(|(wait, code)| {
        world.clock.advance(wait);
        world.present(&codes[code]).unwrap().authenticated.into_session()
    });
    assert_eq!(by_password(&world, &soon).unwrap_err(), Refusal::Malformed);
    assert!(by_password(&world, &later).is_ok());
}

/// It may begin within an hour, and be confirmed within the lifetime of an enrollment.
#[test]
fn g11_a_recovery_login_may_begin_an_enrollment_for_an_hour() {
    let (world, _, codes) = World::enrolled();
    let owner = world.present(&codes[0]).unwrap().authenticated.into_session();
    world.clock.advance(Duration::from_secs(3_599));
    let (last, late) = (by_password(&world, &owner).unwrap(), by_password(&world, &owner).unwrap());
    let begun = world.verifier.begin_enrollment(last, world.in_place_of_first()).unwrap();
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(by_password(&world, &owner).unwrap_err(), Refusal::Malformed);
    let refused = refusal(world.verifier.begin_enrollment(late, world.in_place_of_first()));
    assert_eq!(refused.unwrap_err(), Refusal::StepUpRequired);
    world.clock.advance(Duration::from_secs(598));
    let code = Phone::scan(&begun.uri).code(world.now());
    assert!(world.verifier.confirm_enrollment(&begun.token, &code).is_ok());
}
