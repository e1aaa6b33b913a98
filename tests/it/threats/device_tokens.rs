//! Tokens of remembered devices that are lost, copied, replaced or forged: threats G12, G20, G25, G26, G39, G40.

use core::time::Duration;
use std::sync::Arc;

use second_factor::session::{DeviceId, EventKind, ForgottenBecause, Remember, Requirement};
use second_factor::{AuthMethod, BlockingStore, DeviceToken, Policy, Refusal, Session};

use crate::support::sessions::{row, session_of};
use crate::support::tokens::{Parts, base32_bytes, base32_text};
use crate::support::{DAY, JsonRow, JsonStore, Phone, STEP, World, code_required, complete, days, refusal};

const MINUTE: Duration = Duration::from_secs(60);

fn host_world() -> World<JsonRow> {
    World::over(JsonRow::default(), Policy::new("Example").unwrap())
}

/// A login on this device. Returns the session and the new token.
fn by_device<S: BlockingStore>(world: &World<S>, device: &DeviceToken) -> (Session, DeviceToken)
where
    S::Error: core::fmt::Debug,
{
    let accepted = complete(world.login_on(device));
    assert!(matches!(accepted.authenticated.method(), AuthMethod::RememberedDevice { .. }));
    (accepted.authenticated.into_session(), accepted.device.unwrap())
}

fn forgotten<S: BlockingStore>(world: &World<S>, because: ForgottenBecause) -> usize {
    world.events.count(|kind| matches!(kind, EventKind::DeviceForgotten { reason, .. } if *reason == because))
}

fn stolen<S: BlockingStore>(world: &World<S>) -> usize {
    world.events.count(|kind| matches!(kind, EventKind::DeviceTokenStolen { .. }))
}

fn an_answer_is_lost<S: BlockingStore>(world: &World<S>)
where
    S::Error: core::fmt::Debug,
{
    let (phone, _) = world.enroll();
    let device = world.remember(&phone);
    world.clock.advance(DAY);
    let (first, lost) = by_device(world, &device);
    world.clock.advance(Duration::from_secs(5));
    let (second, again) = by_device(world, &device);
    assert_eq!(again.expose(), lost.expose());
    world.clock.advance(DAY);
    let (third, _) = by_device(world, &again);
    assert!([first, second, third].iter().all(|session| world.is_current(session)));
    assert_eq!((stolen(world), forgotten(world, ForgottenBecause::Outdated)), (0, 0), "no alarm");
}

#[test]
fn g12_the_token_of_a_lost_answer_is_sent_again() {
    an_answer_is_lost(&World::new());
    an_answer_is_lost(&host_world());
}

#[test]
fn g12_an_answer_that_stays_lost_costs_a_code_but_raises_no_alarm() {
    let (world, phone, _) = World::enrolled();
    let (device, other) = (world.remember(&phone), world.remember(&phone));
    let by_code = session_of(&world, &phone);
    world.clock.advance(DAY);
    let (session, _lost) = by_device(&world, &device);
    world.clock.advance(DAY);
    let challenge = code_required(world.login_on(&device));
    assert_eq!((stolen(&world), forgotten(&world, ForgottenBecause::Outdated)), (0, 1));
    assert!(!world.is_current(&session), "a session that may be a thief's is current");
    assert!(world.is_current(&by_code));
    let _ = by_device(&world, &other);
    assert!(world.verifier.present(&challenge, &phone.code(world.now()), Remember::No).is_ok());
}

fn a_thief_comes_first<S: BlockingStore>(world: &World<S>)
where
    S::Error: core::fmt::Debug,
{
    let (phone, _) = world.enroll();
    let owners = world.remember(&phone);
    let by_code = world.log_in(&phone).authenticated.into_session();
    world.clock.advance(DAY);
    let (thiefs, token) = by_device(world, &owners);
    world.clock.advance(DAY);
    world.events.take();
    let challenge = code_required(world.login_on(&owners));
    assert!(!world.is_current(&thiefs));
    assert_eq!(world.events.count(EventKind::notify_owner), 1, "the owner is told");
    let _ = code_required(world.login_on(&token));
    assert!(world.is_current(&by_code), "a session that the device did not begin has ended");
    assert!(world.verifier.present(&challenge, &phone.code(world.now()), Remember::No).is_ok());
}

#[test]
fn g39_a_thief_who_comes_first_loses_the_session_when_the_owner_comes() {
    a_thief_comes_first(&World::new());
    a_thief_comes_first(&host_world());
}

fn a_theft_is_found<S: BlockingStore>(world: &World<S>)
where
    S::Error: core::fmt::Debug,
{
    let (phone, codes) = world.enroll();
    let (owners, other) = (world.remember(&phone), world.remember(&phone));
    let mut sessions = vec![world.log_in(&phone).authenticated.into_session()];
    let mut thiefs = owners.clone();
    for _ in 0..2 {
        world.clock.advance(DAY);
        let (session, token) = by_device(world, &thiefs);
        sessions.push(session);
        thiefs = token;
    }
    let (old, check) = (world.challenge(), world.password());
    world.clock.advance(MINUTE);
    world.events.take();
    let challenge = code_required(world.login_on(&owners));
    assert_eq!((stolen(world), forgotten(world, ForgottenBecause::Stolen)), (1, 2));
    // All sessions that the copy may have begun end, and so do all devices.
    assert!(sessions.iter().all(|session| !world.is_current(session)));
    for device in [&owners, &thiefs, &other] {
        let _ = code_required(world.login_on(device));
    }
    assert_eq!(stolen(world), 1, "one alarm");
    for dead in [old, code_required(world.verifier.password_verified(check, None).unwrap())] {
        let presented = refusal(world.verifier.present(&dead, &codes[0], Remember::No));
        assert_eq!(presented.unwrap_err(), Refusal::ChallengeOver);
    }
    // The owner, whose login raised the alarm, continues with a code.
    let accepted = world.verifier.present(&challenge, &phone.code(world.now()), Remember::No).unwrap();
    assert!(world.is_current(&accepted.authenticated.into_session()));
}

#[test]
fn g25_sessions_end_if_a_device_token_was_stolen() {
    a_theft_is_found(&World::new());
    a_theft_is_found(&host_world());
}

/// An event that ends a device.
type End = (&'static str, fn(&World, &Phone, DeviceId));

#[test]
fn g25_a_session_ends_with_the_device_that_it_began_on() {
    let ends: [End; 4] = [
        ("revoked", |world, _, id| assert!(world.verifier.forget_device(&world.account, id).unwrap())),
        ("all revoked", |world, _, _| {
            assert!(world.verifier.forget_all_devices(&world.account).unwrap() > 0);
        }),
        ("expired", |world, _, _| world.clock.advance(days(30))),
        ("evicted", |world, phone, _| {
            for _ in 0..world.verifier.policy().devices() {
                let _ = world.remember(phone);
            }
        }),
    ];
    for (name, end) in ends {
        let (world, phone, _) = World::enrolled();
        let device = world.remember(&phone);
        let (session, _) = by_device(&world, &device);
        let by_code = session_of(&world, &phone);
        assert!(world.is_current(&session));
        end(&world, &phone, session.device().unwrap());
        assert!(!world.is_current(&session), "{name}");
        assert!(world.is_current(&by_code), "{name}: another session has ended");
        let code = phone.code(world.now());
        let stepped_up = refusal(world.verifier.fresh_factor(&session, &code)).unwrap_err();
        assert_eq!(stepped_up, Refusal::StepUpRequired, "{name}");
    }
}

#[test]
fn g25_proofs_made_in_a_session_end_with_its_device() {
    let (world, phone, codes) = World::enrolled();
    let device = world.remember(&phone);
    let session = complete(world.login_on(&device)).authenticated.into_session();
    let fresh = world.verifier.fresh_factor(&session, &phone.code(world.now())).unwrap();
    world.clock.advance(2 * STEP);
    let enrolling = world.verifier.fresh_factor(&session, &phone.code(world.now())).unwrap();
    let again = world.verifier.reauthenticate(&session, world.password(), &codes[0]).unwrap();
    world.verifier.forget_all_devices(&world.account).unwrap();
    assert!(!world.is_current(&session));
    let before = world.record();
    assert_eq!(
        refusal(world.verifier.disable(fresh, Requirement::None)).unwrap_err(),
        Refusal::StepUpRequired
    );
    let begun = world.verifier.begin_enrollment(enrolling, "alice@example.com");
    assert_eq!(refusal(begun).unwrap_err(), Refusal::StepUpRequired);
    assert_eq!(refusal(world.verifier.close_account(again)).unwrap_err(), Refusal::StepUpRequired);
    assert_eq!(world.record(), before);
}

#[test]
fn g26_a_device_id_from_a_log_cannot_harm_the_device() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    world.clock.advance(MINUTE);
    let id = world.verifier.status(&world.account).unwrap().devices[0].id;
    let genuine = Parts::of(device.expose());
    let bytes = base32_bytes(&id.to_string()).unwrap();
    assert_ne!(bytes, genuine.fields[2], "the token contains the device id");
    assert!(DeviceToken::parse(&id.to_string()).is_err());
    let before = row(&world);
    // The id, or the series itself, with any generation and any tag but the right one.
    for series in [bytes, genuine.fields[2].clone()] {
        for generation in [0, 1, 2, u32::MAX] {
            let mut forged = genuine.clone();
            forged.fields[2].clone_from(&series);
            forged.fields[3] = generation.to_be_bytes().to_vec();
            forged.tag[31] ^= 1;
            world.events.take();
            let login = world.verifier.password_verified(world.password(), Some(&forged.text())).unwrap();
            let _ = code_required(login);
            assert_eq!(world.events.take(), [EventKind::DeviceUnknown, EventKind::ChallengeOpened]);
        }
    }
    assert_eq!(row(&world), before);
    let _ = by_device(&world, &device);
}

/// From the row and every replaced token one gets neither the series' next token nor a key.
#[test]
fn g40_a_copied_row_and_replaced_tokens_do_not_forge_a_token() {
    let world = World::over(Arc::new(JsonStore::default()), Policy::new("Example").unwrap());
    let (phone, _) = world.enroll();
    let old = world.remember(&phone);
    let (mut current, mut replaced) = (old.clone(), vec![old.clone()]);
    for _ in 0..3 {
        world.clock.advance(DAY);
        current = by_device(&world, &current).1;
        replaced.push(current.clone());
    }
    replaced.pop();
    let row = world.verifier.store().text(&world.account).unwrap();
    let right = Parts::of(current.expose());
    for secret in [&right.fields[2], &right.tag] {
        assert!(!row.contains(&base32_text(secret)), "{row}");
    }
    // The present generation with every tag at hand: those of the replaced tokens, and every 16 bytes of the row, repeated.
    let values = row.split('"').filter_map(base32_bytes);
    let tags: Vec<_> = values
        .filter(|bytes| bytes.len() == 16)
        .map(|half| half.repeat(2))
        .chain(replaced.iter().map(|token| Parts::of(token.expose()).tag))
        .collect();
    assert!(tags.len() >= 3 + 10, "{}", tags.len());
    for tag in tags {
        for generation in 0..6_u32 {
            let mut forged = Parts { tag: tag.clone(), ..right.clone() };
            forged.fields[3] = generation.to_be_bytes().to_vec();
            if replaced.iter().any(|token| token.expose() == forged.text()) {
                continue;
            }
            world.events.take();
            let _ = code_required(world.login_on(&DeviceToken::parse(&forged.text()).unwrap()));
            assert_eq!(world.events.take()[0], EventKind::DeviceUnknown);
        }
    }
    assert_eq!(world.verifier.store().text(&world.account).unwrap(), row);
    // A replaced token itself lets nobody in, and shows that it was copied.
    let _ = code_required(world.login_on(&old));
    assert_eq!(stolen(&world), 1);
}

#[test]
fn g40_after_a_restore_a_later_device_token_is_unknown() {
    let world = World::over(Arc::new(JsonStore::default()), Policy::new("Example").unwrap());
    let (phone, _) = world.enroll();
    let device = world.remember(&phone);
    let backup = world.verifier.store().text(&world.account).unwrap();
    world.clock.advance(DAY);
    let (_, later) = by_device(&world, &device);
    world.verifier.store().put(&world.account, &backup);
    world.events.take();
    let _ = code_required(world.login_on(&later));
    assert_eq!(world.events.take(), [EventKind::DeviceUnknown, EventKind::ChallengeOpened]);
    assert_eq!(world.verifier.store().text(&world.account).unwrap(), backup, "no alarm, no write");
}

#[test]
fn g20_a_wrong_clock_at_a_password_step_deletes_nothing() {
    for (name, wrong) in [("2000", 946_684_800), ("2100", 4_102_444_800)] {
        let (world, phone, _) = World::enrolled();
        let (device, challenge) = (world.remember(&phone), world.challenge());
        let (session, before) = (session_of(&world, &phone), row(&world));
        let right = world.now();
        world.clock.set(second_factor::UnixTime::from_secs(wrong));
        let _ = code_required(world.login_on(&device));
        let _ = refusal(world.verifier.present(&challenge, &phone.code(right), Remember::No)).unwrap_err();
        world.clock.set(right);
        assert_eq!(row(&world), before, "{name}");
        let _ = by_device(&world, &device);
        assert!(world.is_current(&session));
        assert!(world.verifier.present(&challenge, &phone.code(right), Remember::No).is_ok(), "{name}");
    }
    // A code accepted under a wrong clock may drop devices, which is an event.
    let (world, phone, _) = World::enrolled();
    let _ = world.remember(&phone);
    world.clock.advance(days(40));
    let _ = world.log_in(&phone);
    assert_eq!(forgotten(&world, ForgottenBecause::Expired), 1);
}
