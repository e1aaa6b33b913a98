//! Things that are sent or bound twice: threats G13, G14, G37 and G38.

use core::time::Duration;
use std::sync::{Arc, Mutex};

use second_factor::enrollment::ImportedSecret;
use second_factor::session::{EventKind, Import, RefusedBecause, Remember, Requirement, SealingKey};
use second_factor::{
    BlockingStore, BlockingVerifier, FreshFactor, KeyRing, Policy, Refusal, Secret, Session, Totp, TotpParams,
};
use serde_json::Value;

use crate::support::sessions::{charged, fresh_factor, row, session_of};
use crate::support::{
    JsonRow, JsonStore, Meeting, Phone, STEP, TestRng, World, at_once, code_required, complete,
    is_refused_because, refusal, texts,
};

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn g13_the_code_form_posted_twice_logs_in_once_and_says_so() {
    for kind in ["code", "recovery code"] {
        let (world, phone, codes) = World::enrolled();
        let challenge = world.challenge();
        let typed = if kind == "code" { phone.code(world.now()) } else { codes[0].clone() };
        let accepted = world.verifier.present(&challenge, &typed, Remember::No).unwrap();
        let session = accepted.authenticated.into_session();
        let before = row(&world);
        world.events.take();
        // At once, in the next step, and in the last second of the challenge.
        for wait in [0, 30, 569] {
            world.clock.advance(Duration::from_secs(wait));
            let again = world.verifier.present(&challenge, &typed, Remember::No);
            assert_eq!(refusal(again).unwrap_err(), Refusal::AlreadyDone, "{kind}");
        }
        assert!(world.is_current(&session), "the second answer ended the session");
        assert_eq!(
            (row(&world), world.events.take()),
            (before, vec![]),
            "{kind}: the second post was charged or caused an event"
        );
    }
}

/// A ring that has the same key under two ids, as after a careless rotation.
#[test]
fn g13_a_code_posted_twice_is_known_under_one_key_with_two_ids() {
    let (world, phone, _) = World::enrolled();
    let key = SealingKey::new([7; 32]);
    let ring = KeyRing::new(1, key.clone()).with_retired(2, key);
    let verifier = BlockingVerifier::with_sources(
        world.verifier.store().clone(),
        Policy::new("Example").unwrap(),
        ring,
        world.clock.clone(),
        Mutex::new(TestRng(9)),
    );
    let session = world.session(1);
    let code = phone.code(world.now());
    for expected in [Ok(()), Err(Refusal::AlreadyDone)] {
        assert_eq!(refusal(verifier.fresh_factor(&session, &code)).map(drop), expected);
    }
}

fn two_posts_at_once<S: BlockingStore>(world: &World<S>)
where
    S::Error: core::fmt::Debug,
{
    let (phone, codes) = world.enroll();
    for code in codes.iter().take(5) {
        let challenge = world.challenge();
        let typed = if code == &codes[0] { phone.code(world.now()) } else { code.clone() };
        let answers =
            at_once(8, |_| refusal(world.verifier.present(&challenge, &typed, Remember::No)).map(|_| ()));
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        assert_eq!(answers.iter().filter(|answer| **answer == Err(Refusal::AlreadyDone)).count(), 7);
        assert_eq!(charged(world), (0, 0));
    }
}

#[test]
fn g13_the_code_form_posted_by_eight_at_once_logs_in_once() {
    two_posts_at_once(&World::new());
    two_posts_at_once(&World::over(JsonRow::default(), Policy::new("Example").unwrap()));
}

#[test]
fn g13_a_challenge_that_is_done_says_so_only_to_its_own_form() {
    let (world, phone, _) = World::enrolled();
    let (done, open) = (world.challenge(), world.challenge());
    let code = phone.code(world.now());
    let _ = world.verifier.present(&done, &code, Remember::No).unwrap();
    let elsewhere = world.verifier.present(&open, &code, Remember::No);
    assert_eq!(refusal(elsewhere).unwrap_err(), Refusal::NotAccepted);
    // A change of credentials ends it, like everything from before.
    let _ = world.reset_password();
    let late = world.verifier.present(&done, &code, Remember::No);
    assert_eq!(refusal(late).unwrap_err(), Refusal::ChallengeOver);
}

/// A sensitive step that takes a fresh factor.
type Step = (&'static str, fn(&World, FreshFactor, &mut Session));

const STEPS: [Step; 3] = [
    ("disable", |world, fresh, session| {
        session.continue_after(world.verifier.disable(fresh, Requirement::None).unwrap());
    }),
    ("regenerate", |world, fresh, _| drop(world.verifier.regenerate_recovery_codes(fresh).unwrap())),
    ("enroll", |world, fresh, _| drop(world.verifier.begin_enrollment(fresh, "alice").unwrap())),
];

#[test]
fn g38_a_sensitive_form_posted_twice_is_done_once_and_says_so() {
    for (name, step) in STEPS {
        for kind in ["code", "recovery code"] {
            let (world, phone, codes) = World::enrolled();
            let mut session = session_of(&world, &phone);
            let before = session.clone();
            let typed = if kind == "code" { phone.code(world.now()) } else { codes[0].clone() };
            let fresh = fresh_factor(&world, &session, &typed).unwrap();
            step(&world, fresh, &mut session);
            let after = row(&world);
            world.events.take();
            // In the session as it was when the form was posted, and as it continues.
            for session in [&before, &session] {
                let again = fresh_factor(&world, session, &typed).unwrap_err();
                assert_eq!(again, Refusal::AlreadyDone, "{name}, {kind}");
                let again = refusal(world.verifier.reauthenticate(session, world.password(), &typed));
                assert_eq!(again.unwrap_err(), Refusal::AlreadyDone, "{name}, {kind}");
            }
            assert_eq!(
                (row(&world), world.events.take()),
                (after, vec![]),
                "{name}, {kind}: the second post was charged"
            );
        }
    }
}

#[test]
fn g38_a_password_form_posted_twice_changes_it_once_and_says_so() {
    for kind in ["code", "recovery code"] {
        let (world, phone, codes) = World::enrolled();
        let session = session_of(&world, &phone);
        let typed = if kind == "code" { phone.code(world.now()) } else { codes[0].clone() };
        let _ = world.change_password(&session, &typed).unwrap();
        let before = row(&world);
        assert_eq!(world.change_password(&session, &typed).unwrap_err(), Refusal::AlreadyDone, "{kind}");
        assert_eq!(row(&world), before);
        assert_eq!(world.events.count(|kind| *kind == EventKind::PasswordChanged), 1);
    }
}

#[test]
fn g14_of_recovery_codes_asked_for_twice_those_of_one_answer_are_valid() {
    let world = World::over(Arc::new(Meeting::default()), Policy::new("Example").unwrap());
    let (phone, _) = world.enroll();
    let (session, code) = (world.session(1), phone.code(world.now()));
    world.verifier.store().of(2);
    let answers = at_once(2, |_| {
        let fresh = refusal(world.verifier.fresh_factor(&session, &code))?;
        refusal(world.verifier.regenerate_recovery_codes(fresh)).map(|codes| texts(&codes))
    });
    let (shown, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!((shown.len(), refused), (1, vec![Err(Refusal::AlreadyDone)]));
    for code in shown.into_iter().flatten().flatten() {
        assert!(world.verifier.present(&world.challenge(), &code, Remember::No).is_ok());
    }
}

#[test]
fn g38_after_a_minute_or_in_another_session_the_code_counts_as_used() {
    for kind in ["code", "recovery code"] {
        for (wait, told) in
            [(59, Refusal::AlreadyDone), (60, Refusal::NotAccepted), (61, Refusal::NotAccepted)]
        {
            let (world, phone, codes) = World::enrolled();
            let (session, other) = (session_of(&world, &phone), world.session(1));
            let typed = if kind == "code" { phone.code(world.now()) } else { codes[0].clone() };
            let _ = fresh_factor(&world, &session, &typed).unwrap();
            world.clock.advance(Duration::from_secs(wait));
            assert_eq!(fresh_factor(&world, &session, &typed).unwrap_err(), told, "{kind} after {wait} s");
            assert_eq!(fresh_factor(&world, &other, &typed).unwrap_err(), Refusal::NotAccepted, "{kind}");
            let charges = 1 + u64::from(told == Refusal::NotAccepted);
            assert_eq!(charged(&world), (charges, charges), "{kind} after {wait} s");
        }
    }
}

#[test]
fn g38_the_next_right_code_is_not_the_same_form_sent_twice() {
    let (world, phone, codes) = World::enrolled();
    let session = session_of(&world, &phone);
    let _ = fresh_factor(&world, &session, &phone.code(world.now())).unwrap();
    world.clock.advance(STEP);
    let _ = fresh_factor(&world, &session, &phone.code(world.now())).unwrap();
    let _ = fresh_factor(&world, &session, &codes[0]).unwrap();
    let _ = fresh_factor(&world, &session, &codes[1]).unwrap();
    let wrong = fresh_factor(&world, &session, &phone.wrong_code(world.now())).unwrap_err();
    assert_eq!(wrong, Refusal::NotAccepted);
    assert_eq!(charged(&world), (1, 1));
}

#[test]
fn g38_an_owner_who_disabled_the_factor_can_continue_at_once() {
    let (world, phone, codes) = World::enrolled();
    for typed in [phone.code(world.now()), codes[0].clone()] {
        let (world, _, _) = World::enrolled();
        let mut session = world.session(1);
        let fresh = fresh_factor(&world, &session, &typed).unwrap();
        session.continue_after(world.verifier.disable(fresh, Requirement::None).unwrap());
        // Nothing is bound, so nothing is typed: this is another form.
        session.continue_after(world.change_password(&session, "").unwrap());
        let proof = world.verifier.reauthenticate(&session, world.password(), "").unwrap();
        assert!(world.verifier.begin_enrollment(proof, "alice").is_ok());
    }
}

#[test]
fn g38_after_one_of_two_is_removed_a_code_of_the_other_is_fresh() {
    let (world, phones, _) = World::with_apps(2);
    let mut session = world.session(1);
    let typed = phones[0].code(world.now());
    let fresh = fresh_factor(&world, &session, &typed).unwrap();
    let removed = world.verifier.remove_authenticator(fresh, world.first_authenticator(), Requirement::None);
    session.continue_after(removed.unwrap());
    let before = charged(&world);
    // The same form again, also within the next step: already done, and nothing is charged.
    for _ in 0..2 {
        assert_eq!(fresh_factor(&world, &session, &typed).unwrap_err(), Refusal::AlreadyDone);
        let row = format!("{} {typed}", phones[0].codes_in_a_row(world.now()).rsplit_once(' ').unwrap().0);
        assert_eq!(fresh_factor(&world, &session, &row).unwrap_err(), Refusal::AlreadyDone);
        world.clock.advance(STEP / 2);
    }
    assert_eq!(charged(&world), before);
    // Any other input is another form: guesses are charged, and the other phone's code is accepted.
    let wrong = phones[1].wrong_code(world.now());
    assert_eq!(fresh_factor(&world, &session, &wrong).unwrap_err(), Refusal::NotAccepted);
    assert_eq!(charged(&world).0, before.0 + 1);
    assert!(fresh_factor(&world, &session, &phones[1].code(world.now())).is_ok());
}

fn steps_at_once<S: BlockingStore>(world: &World<S>)
where
    S::Error: core::fmt::Debug,
{
    let (phone, codes) = world.enroll();
    let session = world.session(1);
    for typed in [phone.code(world.now()), codes[0].clone(), codes[1].clone()] {
        let answers = at_once(8, |_| refusal(world.verifier.fresh_factor(&session, &typed)).map(|_| ()));
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        assert_eq!(answers.iter().filter(|answer| **answer == Err(Refusal::AlreadyDone)).count(), 7);
    }
    assert_eq!(charged(world), (0, 0));
}

#[test]
fn g38_a_step_up_posted_eight_times_at_once_is_done_once() {
    steps_at_once(&World::new());
    steps_at_once(&World::over(JsonRow::default(), Policy::new("Example").unwrap()));
}

/// A thief who shares the session learns nothing useful: what the owner typed is used up, and anything else is charged.
#[test]
fn g38_guessing_what_was_typed_a_moment_ago_is_charged() {
    let (world, phone, _) = World::enrolled();
    let session = session_of(&world, &phone);
    let code = phone.code(world.now());
    let _ = fresh_factor(&world, &session, &code).unwrap();
    for wrong in phone.wrong_codes(world.now()).take(10) {
        assert_eq!(fresh_factor(&world, &session, &wrong).unwrap_err(), Refusal::NotAccepted);
    }
    assert_eq!(charged(&world), (10, 10));
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::Wrong)), 10);
}

#[test]
fn g38_an_enrollment_confirmed_twice_is_bound_once() {
    let world = World::new();
    let begun = world.begin();
    let phone = Phone::scan(&begun.uri);
    let code = phone.code(world.now());
    let (codes, _) = world.verifier.confirm_enrollment(&begun.token, &code).unwrap().into_parts();
    let again = refusal(world.verifier.confirm_enrollment(&begun.token, &code));
    assert_eq!(again.unwrap_err(), Refusal::EnrollmentOver);
    // The codes that were shown are the valid ones.
    let challenge = world.challenge();
    assert!(world.verifier.present(&challenge, &texts(&codes)[0], Remember::No).is_ok());
}

#[test]
fn g37_no_secret_is_bound_twice_by_enrollment_or_import() {
    let world = World::new();
    let begun = world.begin();
    let secret = || ImportedSecret::new(begun.uri.secret().clone()).unwrap();
    let import = || Import::by_host(world.account.clone(), secret(), TotpParams::default());
    let phone = Phone::scan(&begun.uri);
    let _ = world.verifier.confirm_enrollment(&begun.token, &phone.code(world.now())).unwrap();
    world.clock.advance(2 * STEP);
    world.events.take();

    let before = row(&world);
    assert_eq!(refusal(world.verifier.import(import())).unwrap_err(), Refusal::AlreadyBound);
    let again = world.verifier.confirm_enrollment(&begun.token, &phone.code(world.now()));
    assert_eq!(refusal(again).unwrap_err(), Refusal::EnrollmentOver);
    assert_eq!(row(&world), before);
}

/// The library does not bind it twice, but a record may have been assembled in this way.
#[test]
fn g37_a_code_of_a_secret_that_is_in_the_record_twice_works_once() {
    let imported = |drawn_before: usize| {
        let world = World::over(JsonStore::default(), Policy::new("Example").unwrap());
        (0..drawn_before).for_each(|_| drop(world.begin()));
        let secret = ImportedSecret::new(Secret::new(&[7; 20]).unwrap()).unwrap();
        let import = Import::by_host(world.account.clone(), secret, TotpParams::default());
        let _ = world.verifier.import(import).unwrap();
        world
    };
    let record = |world: &World<JsonStore>| -> Value {
        serde_json::from_str(&world.verifier.store().text(&world.account).unwrap()).unwrap()
    };
    let (world, other) = (imported(0), imported(1));
    let (mut both, mut second) = (record(&world), record(&other));
    let second = second["record"]["authenticators"][0].take();
    assert_ne!(second["id"], both["record"]["authenticators"][0]["id"]);
    both["record"]["authenticators"].as_array_mut().unwrap().push(second);
    world.verifier.store().put(&world.account, &both.to_string());

    let totp = Totp::new(&Secret::new(&[7; 20]).unwrap(), TotpParams::default());
    let code = totp.generate(world.now());
    assert!(world.present(code.expose()).is_ok());
    assert_eq!(world.present(code.expose()).unwrap_err(), Refusal::NotAccepted);
    assert_eq!(world.events.count(is_refused_because(RefusedBecause::Replayed)), 1);
}

#[test]
fn g38_the_password_step_posted_twice_is_two_challenges_or_one_device() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    world.clock.advance(MINUTE);
    let [first, second] = [world.login_on(&device), world.login_on(&device)].map(complete);
    assert_eq!(first.device.unwrap().expose(), second.device.unwrap().expose());
    let [first, second] = [world.login(), world.login()].map(code_required);
    assert!(world.verifier.present(&second, &phone.code(world.now()), Remember::No).is_ok());
    world.clock.advance(STEP);
    assert!(world.verifier.present(&first, &phone.code(world.now()), Remember::No).is_ok());
}

/// Another instance of the service, with these keys.
fn instance_with(world: &World, keys: KeyRing, seed: u64) -> World {
    World {
        verifier: BlockingVerifier::with_sources(
            world.verifier.store().clone(),
            Policy::new("Example").unwrap(),
            keys,
            world.clock.clone(),
            Mutex::new(TestRng(seed)),
        )
        .with_events(world.events.clone()),
        clock: world.clock.clone(),
        events: world.events.clone(),
        account: world.account.clone(),
    }
}

/// During a key rotation one instance signs with the old key and the other with the new one; each verifies with both.
#[test]
fn g38_a_step_up_posted_to_two_instances_of_a_key_rotation_is_one() {
    let (world, phone, _) = World::enrolled();
    let session = session_of(&world, &phone);
    let [old, new] = [(1, 7), (2, 8)].map(|(id, byte)| move || (id, SealingKey::new([byte; 32])));
    let ring = |(id, key), (retired, other)| KeyRing::new(id, key).with_retired(retired, other);
    let instance = |ring, seed| instance_with(&world, ring, seed);
    let (before, after) = (instance(ring(old(), new()), 8_001), instance(ring(new(), old()), 8_002));
    for (first, second) in [(&before, &after), (&after, &before)] {
        for is_row in [false, true] {
            world.clock.advance(8 * STEP);
            let now = world.now();
            let typed = if is_row { phone.codes_in_a_row(now) } else { phone.code(now) };
            assert!(fresh_factor(first, &session, &typed).is_ok());
            let stored = row(&world);
            assert_eq!(fresh_factor(second, &session, &typed).unwrap_err(), Refusal::AlreadyDone);
            assert_eq!((row(&world), charged(&world)), (stored, (0, 0)));
        }
    }
}

/// Nothing that was signed with a stolen key is believed, so the code is refused as a used one and charged.
#[test]
fn a_code_sent_again_after_its_key_was_stolen_is_a_used_code() {
    let (world, phone, _) = World::enrolled();
    let session = session_of(&world, &phone);
    let typed = phone.code(world.now());
    assert!(fresh_factor(&world, &session, &typed).is_ok());
    let [stolen, new] = [7, 8].map(|byte| SealingKey::new([byte; 32]));
    let after = instance_with(&world, KeyRing::new(2, new).with_opening_only(1, stolen), 8_003);
    world.events.take();
    assert_eq!(fresh_factor(&after, &session, &typed).unwrap_err(), Refusal::NotAccepted);
    assert_eq!(world.events.take(), [EventKind::CodeRefused { reason: RefusedBecause::Replayed }]);
    assert_eq!(charged(&world), (1, 1));
}
