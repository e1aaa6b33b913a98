//! A second factor that the policy or the host requires, perhaps from a time on: threat G19.

use core::time::Duration;

use second_factor::session::{
    AdministratorReset, Binding, HostAuthenticatorKind, NewHostAuthenticator, Requirement,
};
use second_factor::{AccountId, AuthMethod, Login, PasswordVerified, Policy, Refusal, Remember, UnixTime};

use crate::support::sessions::row;
use crate::support::{Phone, START, STEP, Told, World, code_required, complete, refusal};

/// The time from which a second factor is required in these tests.
const DUE: UnixTime = START.saturating_add(Duration::from_secs(30 * 24 * 60 * 60));

/// Whether the policy requires one, what the host requires, and whether it is required a second before the time, at it, and after.
const TABLE: [(bool, Requirement, [bool; 3]); 6] = [
    (false, Requirement::None, [false; 3]),
    (false, Requirement::EnrolledBy(DUE), [false, true, true]),
    (false, Requirement::Enrolled, [true; 3]),
    // The host cannot weaken the policy.
    (true, Requirement::None, [true; 3]),
    (true, Requirement::EnrolledBy(DUE), [true; 3]),
    (true, Requirement::Enrolled, [true; 3]),
];

const TIMES: [UnixTime; 3] =
    [UnixTime::from_secs(DUE.as_secs() - 1), DUE, UnixTime::from_secs(DUE.as_secs() + 1)];

/// Every row of the table at every time: the policy, the host's requirement, the time, and whether a factor is required.
fn cases() -> impl Iterator<Item = (Policy, Requirement, UnixTime, bool)> {
    TABLE.into_iter().flat_map(|(by_policy, requirement, is_due)| {
        let policy = Policy::builder("Example");
        let policy = if by_policy { policy.require_second_factor() } else { policy }.build().unwrap();
        TIMES.into_iter().zip(is_due).map(move |(now, due)| (policy.clone(), requirement, now, due))
    })
}

fn log_in(world: &World, requirement: Requirement) -> Login {
    let proof = world.password().demanding(requirement);
    world.verifier.password_verified(proof, None).unwrap()
}

fn by_administrator(world: &World) -> AdministratorReset {
    AdministratorReset::by_host(world.account.clone(), &AccountId::new("root").unwrap()).unwrap()
}

#[test]
fn g19_the_stricter_of_policy_and_host_decides_a_login() {
    for (policy, requirement, now, is_due) in cases() {
        let world = World::with_policy(policy);
        world.clock.set(now);
        match log_in(&world, requirement) {
            Login::EnrollmentRequired(proof) => {
                assert!(is_due, "{requirement:?} at {now:?}");
                // Nobody is logged in, and the proof can begin an enrollment.
                assert!(world.events.take().is_empty());
                let begun = world.verifier.begin_enrollment(proof, "alice").unwrap();
                let code = Phone::scan(&begun.uri).code(now);
                assert!(world.verifier.confirm_enrollment(&begun.token, &code).is_ok());
                let _ = code_required(log_in(&world, requirement));
            }
            login => {
                assert!(!is_due, "{requirement:?} at {now:?}");
                let accepted = complete(login);
                let by = (requirement == Requirement::EnrolledBy(DUE)).then_some(DUE);
                assert_eq!(accepted.enroll_by, by, "{requirement:?} at {now:?}");
                assert_eq!(accepted.authenticated.method(), AuthMethod::SingleFactor);
            }
        }
    }
}

#[test]
fn g19_with_a_factor_a_requirement_changes_nothing() {
    for (policy, requirement, now, _) in cases() {
        let (world, phone, codes) = World::enrolled_with(policy);
        world.clock.set(now);
        let device = world.remember(&phone);
        let challenge = code_required(log_in(&world, requirement));
        let accepted = world.verifier.present(&challenge, &codes[0], Remember::No).unwrap();
        assert_eq!(accepted.enroll_by, None);
        let again = world.remember(&phone);
        let proof = world.password().demanding(requirement);
        let accepted = complete(world.verifier.password_verified(proof, Some(again.expose())).unwrap());
        assert_eq!((accepted.enroll_by, accepted.authenticated.amr()), (None, ["pwd"].as_slice()));
        let _ = code_required(world.login_on(&device));
    }
}

#[test]
fn g19_a_requirement_that_begins_between_check_and_login_counts() {
    let world = World::new();
    let demand = Requirement::EnrolledBy(DUE);
    world.clock.set(TIMES[0]);
    let check = world.verifier.check_password(&world.account);
    world.clock.set(DUE);
    let proof = PasswordVerified::by_host(check).demanding(demand);
    let login = world.verifier.password_verified(proof, None).unwrap();
    assert!(matches!(login, Login::EnrollmentRequired(_)), "{login:?}");
}

#[test]
fn g19_a_requirement_that_begins_after_the_challenge_is_met() {
    let (world, phone, _) = World::enrolled();
    world.clock.set(TIMES[0]);
    let challenge = code_required(log_in(&world, Requirement::EnrolledBy(DUE)));
    world.clock.set(DUE);
    let accepted = world.verifier.present(&challenge, &phone.code(DUE), Remember::No).unwrap();
    assert_eq!((accepted.enroll_by, accepted.authenticated.method()), (None, AuthMethod::Code));
}

#[test]
fn g19_the_last_factor_can_be_removed_only_if_none_is_required() {
    for (policy, requirement, now, is_due) in cases() {
        for is_disabled in [false, true] {
            let (world, phone, _) = World::enrolled_with(policy.clone());
            world.clock.set(UnixTime::from_secs(now.as_secs() - STEP.as_secs()));
            let fresh = world.fresh(&phone);
            assert_eq!(world.now(), now);
            let before = row(&world);
            let removed = refusal(if is_disabled {
                world.verifier.disable(fresh, requirement)
            } else {
                world.verifier.remove_authenticator(fresh, world.first_authenticator(), requirement)
            });
            if is_due {
                assert_eq!(removed.unwrap_err(), Refusal::FactorRequired, "{requirement:?} at {now:?}");
                assert_eq!(row(&world), before);
            } else {
                assert!(removed.is_ok(), "{requirement:?} at {now:?}");
                let _ = complete(world.login());
            }
        }
    }
}

#[test]
fn g19_if_one_is_required_all_but_the_last_can_be_removed() {
    let demands =
        [(true, Requirement::None), (false, Requirement::Enrolled), (false, Requirement::EnrolledBy(START))];
    for (by_policy, demand) in demands {
        let policy = Policy::builder("Example");
        let policy = if by_policy { policy.require_second_factor() } else { policy }.build().unwrap();
        let (world, phone, _) = World::enrolled_with(policy);
        let (tablet, _) = world.add_app(&phone, "Tablet");
        let all = refusal(world.verifier.disable(world.fresh(&phone), demand));
        assert_eq!(all.unwrap_err(), Refusal::FactorRequired, "all were disabled at once");
        assert_eq!(world.list().len(), 2);
        assert!(world.verifier.remove_authenticator(world.fresh(&phone), tablet, demand).is_ok());
        let last = world.first_authenticator();
        let removed = refusal(world.verifier.remove_authenticator(world.fresh(&phone), last, demand));
        assert_eq!(removed.unwrap_err(), Refusal::FactorRequired);
        // Removing one that is not bound is refused as such.
        let gone = refusal(world.verifier.remove_authenticator(world.fresh(&phone), tablet, demand));
        assert_eq!(gone.unwrap_err(), Refusal::NoAuthenticator);
    }
}

#[test]
fn g19_a_required_factor_can_be_replaced() {
    let policy = || Policy::builder("Example").require_second_factor().build().unwrap();
    let (world, phone, _) = World::enrolled_with(policy());
    let begun = world.verifier.begin_enrollment(world.fresh(&phone), world.in_place_of_first()).unwrap();
    let new = Phone::scan(&begun.uri);
    world.events.take();
    assert!(world.verifier.confirm_enrollment(&begun.token, &new.code(world.now())).is_ok());
    assert!(world.events.take_told().contains(&Told::Bound(Binding::Replaced)));
    world.clock.advance(2 * STEP);
    let key = NewHostAuthenticator::new(b"credential", HostAuthenticatorKind::HardwareKey);
    let key = key.replacing(world.first_authenticator());
    assert!(world.verifier.bind_host_authenticator(world.fresh(&new), key).is_ok());
    assert_eq!(world.list().len(), 1);
    let _ = code_required(world.login());
}

#[test]
fn g19_after_an_administrators_reset_a_required_enrollment_follows() {
    for (policy, requirement, now, is_due) in cases() {
        let (world, phone, _) = World::enrolled_with(policy);
        world.clock.set(now);
        let device = world.remember(&phone);
        world.clock.set(now);
        let _ = world.verifier.administrator_reset(by_administrator(&world)).unwrap();
        assert_eq!(world.list().len(), 0);
        let proof = world.password().demanding(requirement);
        let login = world.verifier.password_verified(proof, Some(device.expose())).unwrap();
        assert_eq!(matches!(login, Login::EnrollmentRequired(_)), is_due, "{requirement:?} at {now:?}");
        assert_eq!(matches!(login, Login::Complete(_)), !is_due, "{requirement:?} at {now:?}");
    }
}

#[test]
fn g19_a_requirement_counts_for_one_login_and_is_not_stored() {
    let world = World::new();
    assert!(matches!(log_in(&world, Requirement::Enrolled), Login::EnrollmentRequired(_)));
    assert_eq!(row(&world), None);
    let _ = complete(log_in(&world, Requirement::None));
    // A time in the past has begun; the end of time has not.
    assert!(matches!(log_in(&world, Requirement::EnrolledBy(UnixTime::EPOCH)), Login::EnrollmentRequired(_)));
    let accepted = complete(log_in(&world, Requirement::EnrolledBy(UnixTime::MAX)));
    assert_eq!(accepted.enroll_by, Some(UnixTime::MAX));
}
