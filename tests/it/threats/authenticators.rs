//! Several authenticators in one account: which are compared with a code, which it uses up, and what a guess costs.
//! Threat G37, promises P1, P2 and P3.

use core::time::Duration;

use second_factor::enrollment::ImportedSecret;
use second_factor::session::{
    AuthenticatorKind, Import, NewAuthenticator, RefusedBecause, Remember, SealError, SessionError,
};
use second_factor::verifier::Error;
use second_factor::{
    Algorithm, AuthMethod, Digits, Period, Policy, Refusal, Secret, Totp, TotpParams, UnixTime,
};
use serde_json::Value;

use super::policies::under;
use crate::support::sessions::{charged, fresh_factor, row};
use crate::support::{NEVER_ISSUED, Phone, STEP, World, is_refused_because, refusal};

/// When each authenticator was last used, in list order.
fn last_used(world: &World) -> Vec<Option<u64>> {
    world.list().iter().map(|bound| bound.last_used.map(UnixTime::as_secs)).collect()
}

/// The step of the last accepted code of each app.
fn last_steps(world: &World) -> Vec<u64> {
    let record = serde_json::to_value(world.record()).unwrap();
    let bound = record["record"]["authenticators"].as_array().unwrap().clone();
    bound.iter().map(|bound| bound["prover"]["app"]["step"].as_u64().unwrap()).collect()
}

/// An account in whose record one secret is bound twice, under two ids. The library never does that: the second entry is
/// copied from another service with the same key.
fn bound_twice() -> (World, Totp) {
    let imported = |drawn_before: usize| {
        let world = World::new();
        (0..drawn_before).for_each(|_| drop(world.begin()));
        let secret = ImportedSecret::new(Secret::new(&[7; 20]).unwrap()).unwrap();
        let import = Import::by_host(world.account.clone(), secret, TotpParams::default());
        let _ = world.verifier.import(import.last_accepted(second_factor::otp::TimeStep::new(0))).unwrap();
        world
    };
    let (world, other) = (imported(0), imported(1));
    let second = serde_json::to_value(other.record()).unwrap()["record"]["authenticators"][0].take();
    world.edit(|record| record["authenticators"].as_array_mut().unwrap().push(second));
    let [first, second] = &world.list()[..] else { panic!("not two authenticators") };
    assert_ne!(first.id, second.id);
    (world, Totp::new(&Secret::new(&[7; 20]).unwrap(), TotpParams::default()))
}

fn reverse(list: &mut Value) {
    list.as_array_mut().unwrap().reverse();
}

#[test]
fn g37_a_code_that_matches_two_moves_both_whatever_their_order() {
    for is_reversed in [false, true] {
        for kept in [0, 1] {
            let (world, totp) = bound_twice();
            world.edit(|record| {
                if is_reversed {
                    reverse(&mut record["authenticators"]);
                }
            });
            let code = totp.generate(world.now());
            assert!(world.present(code.expose()).is_ok());
            let step = totp.time_step(world.now()).unwrap().get();
            assert_eq!(last_steps(&world), [step, step]);
            assert_eq!(last_used(&world), [Some(world.now().as_secs()); 2]);

            // With either of them alone in the record, the code is used up at every door.
            world.edit(|record| {
                let kept = record["authenticators"][kept].take();
                record["authenticators"] = Value::from(vec![kept]);
            });
            world.events.take();
            assert_eq!(world.present(code.expose()).unwrap_err(), Refusal::NotAccepted);
            let stepped_up = fresh_factor(&world, &world.session(1), code.expose());
            assert_eq!(stepped_up.unwrap_err(), Refusal::NotAccepted);
            assert_eq!(world.events.count(is_refused_because(RefusedBecause::Replayed)), 2);
            world.clock.advance(STEP);
            assert!(world.present(totp.generate(world.now()).expose()).is_ok());
        }
    }
}

#[test]
fn g37_codes_in_a_row_that_match_two_move_both() {
    let (world, totp) = bound_twice();
    world.clock.advance(4 * STEP);
    let now = world.now();
    let at = |n: u64| UnixTime::from_secs(now.as_secs() - 30 * n);
    let typed: String = (0..4).rev().map(|n| totp.generate(at(n)).expose().to_owned()).collect();
    assert_eq!(world.present(&typed).unwrap().authenticated.method(), AuthMethod::CodesInARow);
    let step = totp.time_step(now).unwrap().get();
    assert_eq!(last_steps(&world), [step, step]);
}

#[test]
fn every_app_is_compared_and_only_the_one_that_matches_moves() {
    for is_reversed in [false, true] {
        let (world, mut phones, _) = World::with_apps(3);
        if is_reversed {
            world.edit(|record| reverse(&mut record["authenticators"]));
            phones.reverse();
        }
        for (place, phone) in phones.iter().enumerate() {
            let mut expected = last_used(&world);
            world.clock.advance(STEP);
            let code = phone.code(world.now());
            assert_eq!(world.present(&code).unwrap().authenticated.method(), AuthMethod::Code);
            expected[place] = Some(world.now().as_secs());
            assert_eq!(last_used(&world), expected, "{place}");
            // The code is used up; codes of the other apps are not.
            world.events.take();
            assert_eq!(world.present(&code).unwrap_err(), Refusal::NotAccepted);
            assert_eq!(world.events.count(is_refused_because(RefusedBecause::Replayed)), 1);
        }
        // Each app has its own code in the same step.
        world.clock.advance(STEP);
        for phone in &phones {
            assert!(fresh_factor(&world, &world.session(1), &phone.code(world.now())).is_ok());
        }
    }
}

#[test]
fn a_code_of_another_app_in_a_challenge_that_is_done_is_not_used_up() {
    let (world, phones, _) = World::with_apps(2);
    let challenge = world.challenge();
    let present = |typed: &str| refusal(world.verifier.present(&challenge, typed, Remember::No));
    assert!(present(&phones[0].code(world.now())).is_ok());
    let before = row(&world);
    let other = phones[1].code(world.now());
    assert_eq!(present(&other).unwrap_err(), Refusal::AlreadyDone);
    assert_eq!(row(&world), before);
    assert!(world.present(&other).is_ok());
}

#[test]
fn a_guess_is_charged_once_for_each_app_and_for_no_other() {
    for (apps, allowed) in [(1, 20), (2, 10), (3, 6)] {
        for has_passkey in [false, apps < 3] {
            let (world, phones, _) = World::with_apps(apps);
            if has_passkey {
                world.bind_passkey(&phones[0]);
            }
            let wrong: Vec<_> = wrong_for_all(&world, &phones).take(allowed + 1).collect();
            for (guess, typed) in wrong.iter().take(allowed).enumerate() {
                let refused = world.present(typed).unwrap_err();
                let spent = (guess + 1) * apps;
                assert_eq!(charged(&world), (spent as u64, guess as u64 + 1), "{apps} apps");
                assert_eq!(matches!(refused, Refusal::Locked { .. }), guess + 1 == allowed, "{apps} apps");
            }
            let before = row(&world);
            assert!(matches!(world.present(&wrong[allowed]), Err(Refusal::Locked { .. })));
            assert_eq!(row(&world), before, "a code that was not evaluated changed the row");
        }
    }
}

/// Codes that are wrong for all apps.
fn wrong_for_all(world: &World, phones: &[Phone]) -> impl Iterator<Item = String> {
    let mut codes: Vec<_> = phones[0].wrong_codes(world.now()).take(200).collect();
    for phone in phones {
        let right: Vec<_> = phone.wrong_codes(world.now()).take(400).collect();
        codes.retain(|code| right.contains(code));
    }
    codes.into_iter()
}

#[test]
fn a_wrong_recovery_code_and_a_step_up_are_charged_like_a_code() {
    for apps in 1..=3_u64 {
        let (world, phones, _) = World::with_apps(apps.try_into().unwrap());
        assert_eq!(world.present(NEVER_ISSUED).unwrap_err(), Refusal::NotAccepted);
        assert_eq!(charged(&world), (apps, 1));
        let wrong = wrong_for_all(&world, &phones).next().unwrap();
        assert_eq!(fresh_factor(&world, &world.session(1), &wrong).unwrap_err(), Refusal::NotAccepted);
        assert_eq!(charged(&world), (2 * apps, 2));
    }
}

#[test]
fn a_login_refunds_what_its_challenge_was_charged_for_all_apps() {
    let (world, phones, _) = World::with_apps(3);
    let wrong: Vec<_> = wrong_for_all(&world, &phones).take(4).collect();
    let _ = world.present(&wrong[3]).unwrap_err();
    let challenge = world.challenge();
    let present = |typed: &str| refusal(world.verifier.present(&challenge, typed, Remember::No));
    for typed in &wrong[..3] {
        assert_eq!(present(typed).unwrap_err(), Refusal::NotAccepted);
    }
    assert_eq!(charged(&world), (12, 4));
    assert!(present(&phones[2].code(world.now())).is_ok());
    assert_eq!(charged(&world), (3, 1), "guesses in another challenge stay charged");
}

#[test]
fn codes_in_a_row_must_all_be_from_one_app() {
    let (world, phones, _) = World::with_apps(2);
    world.clock.advance(4 * STEP);
    let [first, second] = [&phones[0], &phones[1]].map(|phone| phone.codes_in_a_row(world.now()));
    let mixed = [&first[..13], &second[13..]].concat();
    assert_eq!(mixed.len(), first.len());
    let before = row(&world);
    assert_eq!(world.present(&mixed).unwrap_err(), Refusal::NotAccepted);
    assert_eq!(row(&world), before);

    let used = last_steps(&world);
    assert_eq!(world.present(&second).unwrap().authenticated.method(), AuthMethod::CodesInARow);
    assert_eq!(last_steps(&world)[0], used[0]);
    assert_eq!(world.present(&first).unwrap().authenticated.method(), AuthMethod::CodesInARow);
}

/// Three apps of one account: six digits every 30 seconds, seven every 15, eight every 60.
fn of_different_kinds() -> (World, Vec<Phone>, Vec<String>) {
    let (world, first, codes) = World::enrolled();
    let mut phones = vec![first];
    for (algorithm, digits, secs) in
        [(Algorithm::Sha512, Digits::Seven, 15), (Algorithm::Sha256, Digits::Eight, 60)]
    {
        let params = TotpParams::new(algorithm, digits, Period::from_secs(secs).unwrap());
        let policy = Policy::builder("Example").totp(params).build().unwrap();
        let (_, phone) = under(&world, policy).add_app(&phones[0], "Another");
        phones.push(phone);
        world.clock.advance(Duration::from_secs(60));
    }
    (world, phones, codes)
}

#[test]
fn apps_with_other_digits_periods_and_algorithms_are_bound_side_by_side() {
    let (world, phones, _) = of_different_kinds();
    let digits = |kind| match kind {
        AuthenticatorKind::App(params) => params.digits(),
        other => panic!("not an app: {other:?}"),
    };
    let listed: Vec<_> = world.list().iter().map(|bound| digits(bound.kind)).collect();
    assert_eq!(listed, [Digits::Six, Digits::Seven, Digits::Eight]);
    for phone in &phones {
        let code = phone.code(world.now());
        assert_eq!(world.present(&code).unwrap().authenticated.method(), AuthMethod::Code);
        assert_eq!(world.present(&code).unwrap_err(), Refusal::NotAccepted);
    }
    // A guess was compared with all three apps, whatever its number of digits.
    assert_eq!(charged(&world), (9, 3));
    assert_eq!(world.present("12345").unwrap_err(), Refusal::Malformed);
    assert_eq!(world.present("123456789").unwrap_err(), Refusal::Malformed);
    assert_eq!(charged(&world), (9, 3));

    // 24 digits are four codes of six digits, or three of eight.
    world.clock.advance(Duration::from_secs(300));
    for phone in &phones {
        let typed = phone.codes_in_a_row(world.now()).replace(' ', "");
        assert_eq!(world.present(&typed).unwrap().authenticated.method(), AuthMethod::CodesInARow, "{typed}");
    }
}

#[test]
fn if_a_secret_cannot_be_opened_codes_fail_but_other_proofs_work() {
    let (world, phones, codes) = World::with_apps(2);
    let passkey = world.bind_passkey(&phones[0]);
    let broken = world.list()[1].id;
    world.edit(|record| {
        let [first, second] =
            [0, 1].map(|place| record["authenticators"][place]["prover"]["app"]["secret"]["sealed"].clone());
        assert_ne!(first, second);
        record["authenticators"][1]["prover"]["app"]["secret"]["sealed"] = first;
    });
    world.clock.advance(4 * STEP);
    let before = row(&world);
    let codes_of = |phone: &Phone| [phone.code(world.now()), phone.codes_in_a_row(world.now())];
    for typed in phones.iter().flat_map(codes_of) {
        let presented = world.verifier.present(&world.challenge(), &typed, Remember::No);
        assert!(
            matches!(presented, Err(Error::Session(SessionError::Seal(SealError::Broken)))),
            "{presented:?}"
        );
        let stepped_up = world.verifier.fresh_factor(&world.session(1), &typed);
        assert!(matches!(stepped_up, Err(Error::Session(SessionError::Seal(_)))), "{stepped_up:?}");
    }
    assert_eq!(row(&world), before, "the failure changed the row");

    let challenge = world.challenge();
    assert!(world.verifier.present(&challenge, world.signed_by_passkey("1"), Remember::No).is_ok());
    assert_eq!(world.present(&codes[0]).unwrap().authenticated.method(), AuthMethod::RecoveryCode);
    // The owner removes that authenticator; the codes of the other app then work again.
    let mut session = world.session(1);
    let fresh = fresh_factor(&world, &session, &codes[1]).unwrap();
    let removed =
        world.verifier.remove_authenticator(fresh, broken, second_factor::session::Requirement::None);
    session.continue_after(removed.unwrap());
    assert!(world.present(&phones[0].code(world.now())).is_ok());
    assert_eq!(world.list().last().unwrap().id, passkey);
}

#[test]
fn the_list_shows_label_and_last_use_of_each() {
    let (world, phone, _) = World::enrolled();
    let bound = world.list()[0].clone();
    assert_eq!((bound.label.as_str(), bound.last_used), ("Authenticator app", Some(bound.bound_at)));

    let (tablet, tablets) = world.add_app(&phone, "  Tablet\n ");
    let passkey = world.bind_passkey(&phone);
    let listed = world.list();
    let ids: Vec<_> = listed.iter().map(|bound| bound.id).collect();
    assert_eq!(ids, [bound.id, tablet, passkey]);
    let labels: Vec<_> = listed.iter().map(|bound| bound.label.as_str()).collect();
    assert_eq!(labels, ["Authenticator app", "Tablet", "Passkey"]);
    assert_eq!(listed[2].last_used, None, "binding counted as a use");
    assert_eq!(world.verifier.status(&world.account).unwrap().enabled_since, Some(bound.bound_at));

    // Only an accepted proof counts as a use, at a login or in a session.
    let before = last_used(&world);
    let _ = world.present(&phone.wrong_code(world.now())).unwrap_err();
    assert_eq!(last_used(&world), before);
    let _ = world.fresh(&tablets);
    world.clock.advance(STEP);
    let used_at = world.now().as_secs();
    let challenge = world.challenge();
    let _ = world.verifier.present(&challenge, world.signed_by_passkey("1"), Remember::No).unwrap();
    assert_eq!(last_used(&world), [before[0], Some(used_at - 60), Some(used_at)]);
    let imported = world.of("bob");
    let secret = ImportedSecret::new(Secret::new(&[7; 20]).unwrap()).unwrap();
    let import = Import::by_host(imported.account.clone(), secret, TotpParams::default()).label("Old phone");
    let _ = imported.verifier.import(import).unwrap();
    assert_eq!((imported.list()[0].label.as_str(), imported.list()[0].last_used), ("Old phone", None));
}

#[test]
fn the_issuer_of_a_tenant_is_what_the_app_shows() {
    let world = World::new();
    for issuer in ["Example", "Example (Staff)"] {
        let new = NewAuthenticator::app("alice@example.com").issuer(issuer);
        let begun = world.verifier.begin_enrollment(world.password(), new).unwrap();
        let again = world.verifier.pending_enrollment(&begun.token).unwrap();
        for uri in [&begun.uri, &again] {
            assert_eq!((uri.issuer(), uri.account_name()), (Some(issuer), "alice@example.com"));
        }
        let text = |uri: &second_factor::KeyUri| uri.to_uri().expose().to_owned();
        assert_eq!(text(&begun.uri), text(&again));
    }
    let plain = world.verifier.begin_enrollment(world.password(), "alice@example.com").unwrap();
    assert_eq!(plain.uri.issuer(), Some("Example"));
    // The issuer follows the rules of key URIs, like the policy's own.
    for issuer in [" Example", "Steam", &"x".repeat(300)] {
        let new = NewAuthenticator::app("alice@example.com").issuer(issuer);
        let begun = world.verifier.begin_enrollment(world.password(), new);
        assert!(matches!(begun, Err(Error::Session(SessionError::Enrollment(_)))), "{issuer}");
    }
}
