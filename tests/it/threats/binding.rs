//! Binding, replacing, renaming and removing authenticators: what each needs, and what it ends. Promise P4, threats G11 and
//! G37.

use std::sync::Arc;

use second_factor::enrollment::ImportedSecret;
use second_factor::session::{
    AuthenticatorId, Binding, EnrollmentConfirmed, EventKind, HostAuthenticatorKind, Import,
    NewAuthenticator, NewHostAuthenticator, RefusedBecause, Remember, RemovedBy, Requirement, SessionError,
};
use second_factor::verifier::Error;
use second_factor::{AuthMethod, FreshFactor, MemoryStore, Policy, Refusal, Secret, Session, TotpParams};

use super::policies::under;
use crate::support::sessions::{fresh_factor, row, session_of};
use crate::support::{
    Phone, STEP, TestError, Told, World, code_required, complete, is_refused_because, refusal, texts,
};

fn few(authenticators: u8) -> Policy {
    Policy::builder("Example").authenticators(authenticators).build().unwrap()
}

/// Confirms an enrollment a step later.
fn confirm(
    world: &World,
    begun: &second_factor::session::EnrollmentBegun,
) -> Result<EnrollmentConfirmed, Refusal> {
    let code = Phone::scan(&begun.uri).code(world.now());
    world.clock.advance(STEP);
    refusal(world.verifier.confirm_enrollment(&begun.token, &code))
}

/// The refusal of a code, and the events, which have the reason.
fn refused(world: &World, code: &str) -> (Refusal, Vec<EventKind>) {
    let challenge = world.challenge();
    world.events.take();
    let refused = refusal(world.verifier.present(&challenge, code, Remember::No)).unwrap_err();
    (refused, world.events.take())
}

const WRONG: EventKind = EventKind::CodeRefused { reason: RefusedBecause::Wrong };

#[test]
fn codes_of_a_removed_authenticator_are_refused() {
    let (world, phone, codes) = World::enrolled();
    let (tablet, tablets) = world.add_app(&phone, "Tablet");
    let device = world.remember(&phone);
    let (mut asking, other) = (session_of(&world, &phone), session_of(&world, &phone));
    let challenge = world.challenge();
    let fresh = fresh_factor(&world, &asking, &phone.code(world.now())).unwrap();
    world.clock.advance(STEP);
    world.events.take();
    let removed = world.verifier.remove_authenticator(fresh, tablet, Requirement::None).unwrap();
    let told = EventKind::AuthenticatorRemoved {
        authenticator: tablet,
        label: "Tablet".into(),
        by: RemovedBy::Owner,
        remaining: 1,
    };
    assert!(world.events.take().contains(&told) && told.notify_owner());

    world.clock.advance(4 * STEP);
    let now = world.now();
    assert_eq!(refused(&world, &tablets.code(now)), (Refusal::NotAccepted, vec![WRONG]));
    assert_eq!(refused(&world, &tablets.codes_in_a_row(now)), (Refusal::NotAccepted, vec![WRONG]));
    let stepped_up = fresh_factor(&world, &world.session(1), &tablets.code(now));
    assert_eq!(stepped_up.unwrap_err(), Refusal::NotAccepted);
    // Everything from before ends, except the session that removed it.
    let presented = refusal(world.verifier.present(&challenge, &phone.code(now), Remember::No));
    assert_eq!(presented.unwrap_err(), Refusal::ChallengeOver);
    let _ = code_required(world.login_on(&device));
    assert!(!world.is_current(&asking) && !world.is_current(&other));
    asking.continue_after(removed);
    assert!(world.is_current(&asking) && !world.is_current(&other));
    // The other authenticator is unchanged.
    assert!(world.present(&phone.code(now)).is_ok());
    assert!(world.present(&codes[0]).is_ok());
    assert_eq!(world.list().len(), 1);
}

/// Removes the last authenticator.
type TakeAway = fn(&World, FreshFactor) -> second_factor::session::EndOtherSessions;

#[test]
fn without_its_last_authenticator_an_account_needs_no_code() {
    let ways: [TakeAway; 2] = [
        |world, fresh| world.verifier.disable(fresh, Requirement::None).unwrap(),
        |world, fresh| {
            let last = world.first_authenticator();
            world.verifier.remove_authenticator(fresh, last, Requirement::None).unwrap()
        },
    ];
    for take_away in ways {
        let (world, phone, codes) = World::enrolled();
        let device = world.remember(&phone);
        let (mut asking, other) = (session_of(&world, &phone), session_of(&world, &phone));
        let fresh = fresh_factor(&world, &asking, &phone.code(world.now())).unwrap();
        world.events.take();
        asking.continue_after(take_away(&world, fresh));
        assert_eq!(world.events.take_told(), [Told::Removed(RemovedBy::Owner, 0)]);

        let status = world.verifier.status(&world.account).unwrap();
        assert_eq!((status.is_enabled(), status.recovery_codes_left), (false, 0));
        assert_eq!((status.authenticators.len(), status.devices.len()), (0, 0));
        assert!(world.is_current(&asking) && !world.is_current(&other));
        let accepted = complete(world.login_on(&device));
        assert_eq!(accepted.authenticated.method(), AuthMethod::SingleFactor);
        // A new authenticator does not make the old recovery codes and devices valid again.
        world.clock.advance(STEP);
        let _ = world.enroll();
        assert_eq!(world.present(&codes[0]).unwrap_err(), Refusal::NotAccepted);
        let _ = code_required(world.login_on(&device));
    }
}

#[test]
fn an_authenticator_of_another_account_is_refused() {
    let (world, phone, _) = World::enrolled();
    let bob = world.of("bob");
    let (bobs, _) = bob.enroll();
    let of_bob = bob.first_authenticator();
    let passkey = NewHostAuthenticator::new(b"bob's", HostAuthenticatorKind::HardwareKey);
    let passkey = bob.verifier.bind_host_authenticator(bob.fresh(&bobs), passkey).unwrap().authenticator();
    let before = bob.record();
    for id in [of_bob, passkey] {
        let fresh = || world.fresh(&phone);
        let new = NewHostAuthenticator::new(b"alice's", HostAuthenticatorKind::HardwareKey);
        let tries: [Result<(), TestError>; 4] = [
            world.verifier.remove_authenticator(fresh(), id, Requirement::None).map(drop),
            world.verifier.rename_authenticator(fresh(), id, "Mine"),
            world.verifier.begin_enrollment(fresh(), NewAuthenticator::app("alice").replacing(id)).map(drop),
            world.verifier.bind_host_authenticator(fresh(), new.replacing(id)).map(drop),
        ];
        for tried in tries {
            assert_eq!(refusal(tried).unwrap_err(), Refusal::NoAuthenticator);
        }
    }
    assert_eq!(bob.record(), before);
    assert_eq!(world.list().len(), 1);
    assert_eq!(refused(&world, &bobs.code(world.now())), (Refusal::NotAccepted, vec![WRONG]));
}

#[test]
fn g37_an_import_is_refused_if_anything_is_bound() {
    let import = |world: &World| {
        let secret = ImportedSecret::new(Secret::new(&[7; 20]).unwrap()).unwrap();
        Import::by_host(world.account.clone(), secret, TotpParams::default())
    };
    let (with_app, ..) = World::enrolled();
    let with_passkey = World::new();
    let key = NewHostAuthenticator::new(b"credential", HostAuthenticatorKind::SoftwareKey);
    let _ = with_passkey.verifier.bind_host_authenticator(with_passkey.password(), key).unwrap();
    let imported = World::new();
    let _ = imported.verifier.import(import(&imported).quietly()).unwrap();
    for world in [with_app, with_passkey, imported] {
        let before = row(&world);
        for import in [import(&world), import(&world).quietly()] {
            assert_eq!(refusal(world.verifier.import(import)).unwrap_err(), Refusal::AlreadyBound);
        }
        assert_eq!(row(&world), before);
    }
}

#[test]
fn no_more_are_bound_than_the_policy_allows() {
    let (world, phones, _) = World::with_apps(2);
    let passkey = world.bind_passkey(&phones[0]);
    assert_eq!(world.list().len(), 3);
    let before = world.list();
    let begun = world.verifier.begin_enrollment(world.fresh(&phones[0]), "alice");
    assert_eq!(refusal(begun).unwrap_err(), Refusal::TooManyAuthenticators);
    let key = NewHostAuthenticator::new(b"another", HostAuthenticatorKind::HardwareKey);
    let bound = world.verifier.bind_host_authenticator(world.fresh(&phones[0]), key);
    assert_eq!(refusal(bound).unwrap_err(), Refusal::TooManyAuthenticators);
    assert_eq!(world.list().len(), before.len());
    // Once one is removed there is room again.
    let fresh = world.fresh(&phones[0]);
    let _ = world.verifier.remove_authenticator(fresh, passkey, Requirement::None).unwrap();
    let begun = world.verifier.begin_enrollment(world.fresh(&phones[0]), "alice").unwrap();
    assert!(confirm(&world, &begun).is_ok());
}

#[test]
fn after_a_lower_limit_bound_authenticators_stay_and_none_is_added() {
    let (world, phones, _) = World::with_apps(3);
    let strict = under(&world, few(1));
    for phone in &phones {
        assert!(strict.present(&phone.code(strict.now())).is_ok());
    }
    world.clock.advance(STEP);
    let begun = strict.verifier.begin_enrollment(strict.fresh(&phones[0]), "alice");
    assert_eq!(refusal(begun).unwrap_err(), Refusal::TooManyAuthenticators);
    // Begun while there was room.
    let (world, phone, _) = World::enrolled();
    let begun = world.verifier.begin_enrollment(world.fresh(&phone), "alice").unwrap();
    let strict = under(&world, few(1));
    assert_eq!(confirm(&strict, &begun).unwrap_err(), Refusal::TooManyAuthenticators);
    assert!(confirm(&world, &begun).is_ok());
}

#[test]
fn a_replaced_authenticator_is_gone_and_the_others_stay() {
    for place in [0, 2] {
        let (world, phones, codes) = World::with_apps(3);
        let (asking, kept) = (&phones[1], 2 - place);
        let replaced = world.list()[place].id;
        let new = NewAuthenticator::app("alice").label("New").replacing(replaced);
        let begun = world.verifier.begin_enrollment(world.fresh(asking), new).unwrap();
        // Until the new one is confirmed, nothing changes.
        assert!(world.present(&phones[place].code(world.now())).is_ok());
        world.events.take();
        let confirmed = confirm(&world, &begun).unwrap();
        let id = confirmed.authenticator();
        let told = [Told::Bound(Binding::Replaced), Told::Removed(RemovedBy::Owner, 3)];
        assert_eq!(world.events.take_told(), told);
        assert_eq!(texts(&confirmed.into_parts().0).len(), 10);

        world.clock.advance(2 * STEP);
        let now = world.now();
        assert_eq!(refused(&world, &phones[place].code(now)), (Refusal::NotAccepted, vec![WRONG]));
        assert_eq!(world.present(&codes[0]).unwrap_err(), Refusal::NotAccepted);
        for phone in [&phones[kept], asking, &Phone::scan(&begun.uri)] {
            assert!(world.present(&phone.code(now)).is_ok());
        }
        let ids: Vec<_> = world.list().iter().map(|bound| bound.id).collect();
        assert!(ids.contains(&id) && !ids.contains(&replaced) && ids.len() == 3);
    }
}

/// Three authenticators are bound, and the owner has logged in with a recovery code.
fn recovered_at_the_cap() -> (World, Vec<Phone>, Session) {
    let (world, phones, codes) = World::with_apps(3);
    let session = world.present(&codes[0]).unwrap().authenticated.into_session();
    (world, phones, session)
}

#[test]
fn g11_at_the_cap_the_password_after_a_recovery_code_replaces_one() {
    let (world, phones, session) = recovered_at_the_cap();
    let proof = || world.verifier.reauthenticate(&session, world.password(), "").unwrap();
    let beside = refusal(world.verifier.begin_enrollment(proof(), "alice"));
    assert_eq!(beside.unwrap_err(), Refusal::TooManyAuthenticators);

    let new = NewAuthenticator::app("alice").replacing(world.list()[1].id);
    let begun = world.verifier.begin_enrollment(proof(), new).unwrap();
    let (codes, _) = confirm(&world, &begun).unwrap().into_parts();
    assert_eq!(texts(&codes).len(), 10);
    assert!(!world.is_current(&session));
    assert_eq!(refused(&world, &phones[1].code(world.now())), (Refusal::NotAccepted, vec![WRONG]));
    world.clock.advance(STEP);
    for phone in [&phones[0], &phones[2], &Phone::scan(&begun.uri)] {
        assert!(world.present(&phone.code(world.now())).is_ok());
    }
}

#[test]
fn g11_a_stolen_cookie_of_a_recovery_login_replaces_nothing() {
    let (world, _, session) = recovered_at_the_cap();
    let before = world.list();
    // With nothing typed, or with the password of the thief's own account.
    assert_eq!(fresh_factor(&world, &session, "").unwrap_err(), Refusal::Malformed);
    let mallory = world.of("mallory");
    let proof = world.verifier.reauthenticate(&session, mallory.password(), "");
    assert!(matches!(proof, Err(Error::Session(SessionError::ProofOfAnotherAccount))), "{proof:?}");
    // With the password but without the cookie.
    let begun = world.verifier.begin_enrollment(world.password(), world.in_place_of_first());
    assert_eq!(refusal(begun).unwrap_err(), Refusal::StepUpRequired);
    let key = NewHostAuthenticator::new(b"mallory's", HostAuthenticatorKind::HardwareKey);
    let bound = world.verifier.bind_host_authenticator(world.password(), key.replacing(before[0].id));
    assert_eq!(refusal(bound).unwrap_err(), Refusal::StepUpRequired);
    assert_eq!(world.list(), before);
}

#[test]
fn renaming_needs_a_fresh_factor_and_cuts_at_64_characters() {
    let (world, phone, _) = World::enrolled();
    let (tablet, _) = world.add_app(&phone, "Tablet");
    let renamed = |fresh: FreshFactor, id: AuthenticatorId, name: &str| {
        refusal(world.verifier.rename_authenticator(fresh, id, name))
    };
    let label = || world.list()[1].label.clone();
    let long = "ä".repeat(65);
    for (name, expected) in [
        ("My tablet", "My tablet"),
        ("  Spare \t", "Spare"),
        ("two\r\nlines\u{0}", "twolines"),
        (&long, &long[..128]),
    ] {
        world.events.take();
        assert_eq!(renamed(world.fresh(&phone), tablet, name), Ok(()));
        assert_eq!(label(), expected);
        let event = EventKind::AuthenticatorRenamed { authenticator: tablet, label: expected.into() };
        assert!(world.events.take().contains(&event));
    }
    // A blank label or the present one: nothing is written and no event occurs.
    for name in ["", " \t\n", "\u{0}", "\u{0} \u{7f}", "\u{202e} \u{2028}", &long] {
        let fresh = world.fresh(&phone);
        let before = row(&world);
        world.events.take();
        assert_eq!(renamed(fresh, tablet, name), Ok(()));
        assert_eq!((row(&world), world.events.take()), (before, vec![]), "{name:?}");
    }
    // Sessions continue, because a label gives no access.
    let session = session_of(&world, &phone);
    assert_eq!(renamed(world.fresh(&phone), tablet, "Other"), Ok(()));
    assert!(world.is_current(&session));
    // Refused with a fresh factor that is too old, or from before a change.
    let fresh = world.fresh(&phone);
    world.clock.advance(world.verifier.policy().step_up_age());
    assert_eq!(renamed(fresh, tablet, "Late"), Err(Refusal::StepUpRequired));
    let fresh = world.fresh(&phone);
    let _ = world.reset_password();
    assert_eq!(renamed(fresh, tablet, "Late"), Err(Refusal::StepUpRequired));
    let fresh = world.fresh(&phone);
    let _ = world.verifier.remove_authenticator(world.fresh(&phone), tablet, Requirement::None).unwrap();
    assert_eq!(renamed(fresh, tablet, "Late"), Err(Refusal::StepUpRequired));
    assert_eq!(renamed(world.fresh(&phone), tablet, "Late"), Err(Refusal::NoAuthenticator));
}

#[test]
fn an_enrollment_begun_before_another_binding_is_over() {
    let (world, phone, _) = World::enrolled_with(few(5));
    let begun = |_| world.verifier.begin_enrollment(world.fresh(&phone), "alice").unwrap();
    let [first, second, third] = [1, 2, 3].map(begun);
    assert!(confirm(&world, &second).is_ok());
    for late in [&first, &third] {
        assert_eq!(confirm(&world, late).unwrap_err(), Refusal::EnrollmentOver);
        let shown = refusal(world.verifier.pending_enrollment(&late.token));
        assert_eq!(shown.unwrap_err(), Refusal::EnrollmentOver);
    }
    assert_eq!(world.list().len(), 2);
    // The same if a passkey was bound, or an authenticator removed.
    let changes: [fn(&World, FreshFactor); 2] = [
        |world, fresh| {
            let key = NewHostAuthenticator::new(b"credential", HostAuthenticatorKind::SoftwareKey);
            drop(world.verifier.bind_host_authenticator(fresh, key).unwrap());
        },
        |world, fresh| {
            let other = world.list()[1].id;
            drop(world.verifier.remove_authenticator(fresh, other, Requirement::None).unwrap());
        },
    ];
    for change in changes {
        let begun = world.verifier.begin_enrollment(world.fresh(&phone), "alice").unwrap();
        change(&world, world.fresh(&phone));
        assert_eq!(confirm(&world, &begun).unwrap_err(), Refusal::EnrollmentOver);
    }
}

#[test]
fn an_enrollment_begun_before_a_quiet_import_is_over() {
    let world = World::new();
    let [begun, proof] = [world.begin(), world.begin()];
    let (session, password) = (complete(world.login()).authenticated.into_session(), world.password());
    let secret = ImportedSecret::new(Secret::new(&[7; 20]).unwrap()).unwrap();
    let import = Import::by_host(world.account.clone(), secret, TotpParams::default());
    let _ = world.verifier.import(import.quietly()).unwrap();
    assert!(world.is_current(&session), "a quiet import changed the epoch");

    assert_eq!(confirm(&world, &begun).unwrap_err(), Refusal::EnrollmentOver);
    let shown = refusal(world.verifier.pending_enrollment(&proof.token));
    assert_eq!(shown.unwrap_err(), Refusal::EnrollmentOver);
    let late = refusal(world.verifier.begin_enrollment(password, "alice"));
    assert_eq!(late.unwrap_err(), Refusal::StepUpRequired, "the password alone still binds an authenticator");
    assert_eq!(world.list().len(), 1);
}

#[test]
fn g37_an_enrollment_confirmed_twice_binds_one_beside_or_in_place() {
    for is_replacing in [false, true] {
        let (world, phone, _) = World::enrolled();
        let new = if is_replacing { world.in_place_of_first() } else { NewAuthenticator::app("alice") };
        let begun = world.verifier.begin_enrollment(world.fresh(&phone), new).unwrap();
        assert!(confirm(&world, &begun).is_ok());
        let before = row(&world);
        assert_eq!(confirm(&world, &begun).unwrap_err(), Refusal::EnrollmentOver);
        assert_eq!(row(&world), before);
        assert_eq!(world.list().len(), if is_replacing { 1 } else { 2 });
    }
}

/// The generator repeats itself, or the secret is known from elsewhere: a second enrollment has the secret of a bound one.
#[test]
fn g37_an_enrollment_of_a_secret_that_is_bound_is_refused() {
    let (world, phone, _) = World::enrolled();
    let begun = |new: NewAuthenticator<'_>| {
        let repeating = under(&world, Policy::new("Example").unwrap());
        repeating.verifier.begin_enrollment(world.fresh(&phone), new).unwrap()
    };
    let first = begun(NewAuthenticator::app("alice"));
    assert!(confirm(&world, &first).is_ok());
    world.clock.advance(STEP);
    for new in [NewAuthenticator::app("alice"), world.in_place_of_first()] {
        let again = begun(new);
        assert!(again.uri.secret() == first.uri.secret());
        let before = row(&world);
        assert_eq!(confirm(&world, &again).unwrap_err(), Refusal::AlreadyBound);
        assert_eq!(row(&world), before);
    }
    // Refused even if it replaces itself: its last accepted step would be lost.
    let itself = begun(NewAuthenticator::app("alice").replacing(world.list()[1].id));
    assert_eq!(confirm(&world, &itself).unwrap_err(), Refusal::AlreadyBound);
}

#[test]
fn g37_an_enrollment_confirmed_by_eight_at_once_binds_one() {
    let world = World::over(Arc::new(MemoryStore::new()), few(5));
    let (phone, _) = world.enroll();
    let begun = world.verifier.begin_enrollment(world.fresh(&phone), "alice").unwrap();
    let code = Phone::scan(&begun.uri).code(world.now());
    let answers = crate::support::at_once(8, |_| {
        refusal(world.verifier.confirm_enrollment(&begun.token, &code)).map(drop)
    });
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(answers.iter().filter(|answer| **answer == Err(Refusal::EnrollmentOver)).count(), 7);
    assert_eq!(world.list().len(), 2);
}

#[test]
fn recovery_codes_are_made_only_when_their_owner_needs_new_ones() {
    let (world, phone, codes) = World::enrolled();
    assert_eq!(codes.len(), 10);
    // An additional authenticator: the present codes stay valid.
    let begun = world.verifier.begin_enrollment(world.fresh(&phone), "alice").unwrap();
    assert_eq!(texts(&confirm(&world, &begun).unwrap().into_parts().0).len(), 0);
    assert!(world.present(&codes[0]).is_ok());
    assert_eq!(world.recovery_codes_left(), 9);
    // No code is left.
    for code in &codes[1..] {
        assert!(world.present(code).is_ok());
    }
    let key = NewHostAuthenticator::new(b"credential", HostAuthenticatorKind::SoftwareKey);
    let bound = world.verifier.bind_host_authenticator(world.fresh(&phone), key).unwrap();
    let made = texts(&bound.into_parts().0);
    assert_eq!((made.len(), world.recovery_codes_left()), (10, 10));
    assert!(world.present(&made[0]).is_ok());
    // A replacement: an owner who lost the authenticator may have lost the codes too.
    let begun = world.verifier.begin_enrollment(world.fresh(&phone), world.in_place_of_first()).unwrap();
    let renewed = texts(&confirm(&world, &begun).unwrap().into_parts().0);
    assert_eq!(renewed.len(), 10);
    assert_eq!(world.present(&made[1]).unwrap_err(), Refusal::NotAccepted);
    assert!(world.present(&renewed[0]).is_ok());
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::Wrong)), 1);
}
