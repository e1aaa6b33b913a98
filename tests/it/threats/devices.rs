//! Remembered devices, and hostile input: threats A21 to A25, failures F16 to F19.

use core::time::Duration;

use second_factor::session::{
    AdministratorReset, DeviceId, EventKind, ForgottenBecause, RefusedBecause, Remember, Requirement,
};
use second_factor::store::{Change, Expected, Revision, Swap};
use second_factor::{
    AccountId, AccountRecord, AuthMethod, BlockingStore, DeviceToken, Login, Policy, Refusal, Totp, UnixTime,
};

use crate::support::tokens::Parts;
use crate::support::{DAY, Phone, STEP, World, at_once, code_required, complete, days, refusal};

const MINUTE: Duration = Duration::from_secs(60);

fn devices(world: &World) -> Vec<DeviceId> {
    world.verifier.status(&world.account).unwrap().devices.into_iter().map(|device| device.id).collect()
}

#[track_caller]
fn remembered(login: Login) -> Option<DeviceToken> {
    let accepted = complete(login);
    assert!(matches!(accepted.authenticated.method(), AuthMethod::RememberedDevice { .. }));
    accepted.device
}

#[test]
fn a21a_a_token_of_one_account_is_refused_for_another() {
    let (world, phone, _) = World::enrolled();
    let alices = world.remember(&phone);
    let bob = World { account: AccountId::new("bob").unwrap(), ..world };
    let (bobs_phone, _) = bob.enroll();
    let bobs = bob.remember(&bobs_phone);
    bob.events.take();

    bob.clock.advance(MINUTE);
    let _ = code_required(bob.login_on(&alices));
    assert!(bob.events.take().contains(&EventKind::DeviceUnknown));
    assert!(remembered(bob.login_on(&bobs)).is_some(), "bob's own device was forgotten");

    let alice = World { account: AccountId::new("alice").unwrap(), ..bob };
    assert!(remembered(alice.login_on(&alices)).is_some(), "alice's device was forgotten");
    assert_ne!(
        DeviceToken::cookie_name(&alice.account, alice.verifier.policy()),
        DeviceToken::cookie_name(&AccountId::new("bob").unwrap(), alice.verifier.policy())
    );
}

#[test]
fn a21a_a_token_is_bound_to_its_account_in_a_copied_entry_too() {
    let (world, phone, _) = World::enrolled();
    let alices = world.remember(&phone);
    let alice = world.account.clone();
    let bob = World { account: AccountId::new("bob").unwrap(), ..world };
    let _ = bob.enroll();
    // A corrupted database: Alice's device in Bob's record.
    let json = |account: &AccountId| -> serde_json::Value {
        let row = bob.verifier.store().load(account).unwrap().unwrap();
        serde_json::from_str(&serde_json::to_string(&row.value).unwrap()).unwrap()
    };
    let mut forged = json(&bob.account);
    forged["record"]["devices"] = json(&alice)["record"]["devices"].clone();
    let forged: AccountRecord = serde_json::from_str(&forged.to_string()).unwrap();
    let revision = bob.verifier.store().load(&bob.account).unwrap().unwrap().revision;
    let change = Change::new(Expected::At(revision), Revision::new(7), &forged, &[]);
    assert_eq!(bob.verifier.store().compare_and_swap(&bob.account, change).unwrap(), Swap::Stored);
    assert_eq!(devices(&bob).len(), 1);

    let _ = code_required(bob.login_on(&alices));
}

#[test]
fn a21b_another_browser_is_asked_for_a_code() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    let _ = code_required(world.login());
    assert!(remembered(world.login_on(&device)).is_some());
    let _ = code_required(world.login());
}

#[test]
fn a21b_a_login_that_does_not_ask_for_it_remembers_nothing() {
    let (world, phone, codes) = World::enrolled();
    assert!(world.log_in(&phone).device.is_none());
    // A recovery code remembers nothing either, even if asked to.
    let remember = Remember::ThisDevice { label: "Firefox" };
    assert!(world.verifier.present(&world.challenge(), &codes[0], remember).unwrap().device.is_none());
    assert_eq!(devices(&world), []);
}

#[test]
fn a21b_a_policy_that_remembers_no_device_remembers_none() {
    let policy = Policy::builder("Example").remember_for(Duration::ZERO).build().unwrap();
    let (world, phone, _) = World::enrolled_with(policy);
    let code = phone.code(world.now());
    let remember = Remember::ThisDevice { label: "Firefox" };
    let accepted = world.verifier.present(&world.challenge(), &code, remember).unwrap();
    assert!(accepted.device.is_none());
}

/// Two remembered browsers, a change, and a second factor again: neither browser is remembered, and a later one does not
/// bring them back.
fn devices_die_at(change: impl Fn(&World, &Phone, &[String]) -> Option<Phone>) {
    let (world, phone, codes) = World::enrolled();
    let tokens = [world.remember(&phone), world.remember(&phone)];
    // One of them was used, so it has a token in its grace period and a current one.
    world.clock.advance(MINUTE);
    let rotated = remembered(world.login_on(&tokens[1])).unwrap();
    let ids = devices(&world);
    assert_eq!(ids.len(), 2);
    world.events.take();

    let phone = change(&world, &phone, &codes).unwrap_or(phone);
    for device in ids {
        let reason = ForgottenBecause::CredentialsChanged;
        assert_eq!(
            world.events.count(|kind| *kind == EventKind::DeviceForgotten { device, reason }),
            1,
            "the log does not have both devices"
        );
    }
    assert_eq!(devices(&world), []);
    world.events.take();
    for token in [&tokens[0], &tokens[1], &rotated] {
        let _ = code_required(world.login_on(token));
    }
    assert_eq!(world.events.count(|kind| *kind == EventKind::DeviceUnknown), 3);
    // Remembering this browser again does not bring back the others.
    assert!(remembered(world.login_on(&world.remember(&phone))).is_some());
    for token in [&tokens[0], &tokens[1], &rotated] {
        let _ = code_required(world.login_on(token));
    }
}

#[test]
fn a22_devices_die_at_a_password_change_or_reset() {
    devices_die_at(|world, _, _| {
        let _ = world.reset_password();
        None
    });
}

#[test]
fn a22_devices_die_when_the_factor_is_switched_off_and_on_again() {
    devices_die_at(|world, phone, _| {
        let _ = world.verifier.disable(world.fresh(phone), Requirement::None).unwrap();
        let begun = world.begin();
        let new = Phone::scan(&begun.uri);
        let _ = world.verifier.confirm_enrollment(&begun.token, &new.code(world.now())).unwrap();
        world.clock.advance(STEP);
        Some(new)
    });
}

#[test]
fn a22_devices_die_at_a_new_enrollment() {
    devices_die_at(|world, phone, _| {
        let begun = world.verifier.begin_enrollment(world.fresh(phone), "alice").unwrap();
        let new = Phone::scan(&begun.uri);
        let _ = world.verifier.confirm_enrollment(&begun.token, &new.code(world.now())).unwrap();
        world.clock.advance(STEP);
        Some(new)
    });
}

#[test]
fn a22_devices_die_at_a_login_by_recovery_code() {
    devices_die_at(|world, _, codes| {
        let _ = world.verifier.present(&world.challenge(), &codes[0], Remember::No).unwrap();
        None
    });
}

#[test]
fn a22_devices_die_at_a_step_up_by_recovery_code() {
    devices_die_at(|world, _, codes| {
        let fresh = world.verifier.fresh_factor(&world.session(1), &codes[0]).unwrap();
        assert_eq!(fresh.method(), AuthMethod::RecoveryCode);
        None
    });
}

#[test]
fn a22_devices_die_at_a_reset_by_an_administrator() {
    devices_die_at(|world, _, _| {
        let administrator = AccountId::new("root").unwrap();
        let reset = AdministratorReset::by_host(world.account.clone(), &administrator).unwrap();
        let _ = world.verifier.administrator_reset(reset).unwrap();
        let begun = world.begin();
        let new = Phone::scan(&begun.uri);
        let _ = world.verifier.confirm_enrollment(&begun.token, &new.code(world.now())).unwrap();
        world.clock.advance(STEP);
        Some(new)
    });
}

#[test]
fn a22_devices_die_when_the_host_disables_or_closes_the_account() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    // Disabled: the host forgets all devices, as the owner could.
    assert_eq!(world.verifier.forget_all_devices(&world.account).unwrap(), 1);
    let _ = code_required(world.login_on(&device));
    // Closed, and opened again with the same id.
    let device = world.remember(&phone);
    let session = world.session(1);
    close(&world);
    let _ = world.enroll();
    let _ = code_required(world.login_on(&device));
    assert!(!world.is_current(&session));
}

fn close(world: &World) {
    let administrator = AccountId::new("root").unwrap();
    let reset = AdministratorReset::by_host(world.account.clone(), &administrator).unwrap();
    let _ = world.verifier.close_account(reset).unwrap();
}

#[test]
fn a23_a_device_is_remembered_thirty_days_however_often_it_is_used() {
    let (world, phone, _) = World::enrolled();
    let since = world.now();
    let mut device = world.remember(&phone);
    for day in 1..30 {
        world.clock.set(since.saturating_add(days(day)));
        device = remembered(world.login_on(&device)).unwrap();
        let known = &world.verifier.status(&world.account).unwrap().devices[0];
        assert_eq!((known.since, known.until), (since, since.saturating_add(days(30))), "day {day}");
    }
    let end = since.saturating_add(days(30)).as_secs();
    world.clock.set(UnixTime::from_secs(end - 1));
    device = remembered(world.login_on(&device)).unwrap();
    for late in [end, end + 1, u64::MAX] {
        world.clock.set(UnixTime::from_secs(late));
        let _ = code_required(world.login_on(&device));
    }
}

#[test]
fn a23_a_login_by_device_cannot_ask_to_be_remembered_again() {
    let (world, phone, _) = World::enrolled();
    let since = world.now();
    let device = world.remember(&phone);
    world.events.take();
    // Only `present` can remember a device; `password_verified` has no such argument. It returns a token of the same device.
    world.clock.advance(DAY);
    let login = complete(world.login_on(&device));
    assert_eq!(login.authenticated.method(), AuthMethod::RememberedDevice { since });
    let [first, second] = [&device, &login.device.unwrap()].map(|token| Parts::of(token.expose()).fields);
    assert_eq!(first[2], second[2], "the series stays");
    assert_ne!(first[3], second[3], "the generation did not change");
    assert_eq!(devices(&world).len(), 1);
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::DeviceRemembered { .. })), 0);
}

#[test]
fn a23_the_lifetime_does_not_depend_on_the_cookie() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    // It contains no date, only key, account, series and generation. The time is in the record, so keeping the cookie longer
    // changes nothing.
    let Parts { prefix, fields, tag } = Parts::of(device.expose());
    let sizes: Vec<_> = fields.iter().map(Vec::len).collect();
    assert_eq!((prefix.as_str(), sizes, tag.len()), ("d1", vec![4, 5, 16, 4], 32));
    assert_eq!(device.account(), &world.account);
    assert!(!DeviceToken::COOKIE_ATTRIBUTES.contains("Max-Age"));
    world.clock.advance(days(365));
    let _ = code_required(world.login_on(&device));
}

#[test]
fn a24a_an_old_token_after_the_grace_ends_its_series() {
    let (world, phone, _) = World::enrolled();
    let (stolen, other) = (world.remember(&phone), world.remember(&phone));
    let ids = devices(&world);
    world.clock.advance(MINUTE);
    let current = remembered(world.login_on(&stolen)).unwrap();
    world.clock.advance(MINUTE);
    world.events.take();

    // Perhaps an answer was lost: the owner is told, but it is no alarm.
    let _ = code_required(world.login_on(&stolen));
    let events = world.events.take();
    let outdated = EventKind::DeviceForgotten { device: ids[0], reason: ForgottenBecause::Outdated };
    assert_eq!(events[0], outdated);
    assert!(events[0].notify_owner());
    let _ = code_required(world.login_on(&current));
    assert_eq!(devices(&world), ids[1..], "other series ended too");
    assert!(remembered(world.login_on(&other)).is_some());
}

#[test]
fn a24a_a_thief_who_comes_first_is_found_when_the_owner_comes() {
    let (world, phone, _) = World::enrolled();
    let (owners, other) = (world.remember(&phone), world.remember(&phone));
    let session = world.session(1);
    // The thief uses the token twice, so the owner's copy is two generations old. Without a theft this cannot happen.
    world.clock.advance(MINUTE);
    let mut thiefs = remembered(world.login_on(&owners)).unwrap();
    world.clock.advance(DAY);
    thiefs = remembered(world.login_on(&thiefs)).unwrap();
    world.clock.advance(DAY);
    let _ = code_required(world.login_on(&owners));
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::DeviceTokenStolen { .. })), 1);
    assert!(!world.is_current(&session), "a session survived a theft");
    for device in [&thiefs, &other] {
        let _ = code_required(world.login_on(device));
    }
}

#[test]
fn a24b_two_tabs_in_the_grace_both_pass() {
    let (world, phone, _) = World::enrolled();
    let token = world.remember(&phone);
    world.clock.advance(MINUTE);
    let first = remembered(world.login_on(&token)).unwrap();
    assert_ne!(first.expose(), token.expose(), "rotated");
    world.clock.advance(Duration::from_secs(59));
    // The second tab gets the current token too, because the answer to the first may have been lost.
    assert_eq!(remembered(world.login_on(&token)).unwrap().expose(), first.expose());
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::DeviceForgotten { .. })), 0);
    assert!(remembered(world.login_on(&first)).is_some());
}

#[test]
fn a24b_twenty_tabs_at_once_all_pass_and_get_one_new_token() {
    let (world, phone, _) = World::enrolled();
    let token = world.remember(&phone);
    world.clock.advance(MINUTE);
    let tokens = at_once(20, |_| remembered(world.login_on(&token)).unwrap());
    assert!(tokens.iter().all(|new| new.expose() == tokens[0].expose() && new.expose() != token.expose()));
    assert!(remembered(world.login_on(&tokens[0])).is_some());
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::DeviceTokenStolen { .. })), 0);
}

#[test]
fn a24c_a_client_that_never_stores_the_new_token_is_refused() {
    let (world, phone, _) = World::enrolled();
    let token = world.remember(&phone);
    world.clock.advance(MINUTE);
    let current = remembered(world.login_on(&token)).unwrap();
    for _ in 0..3 {
        world.clock.advance(Duration::from_secs(19));
        let again = remembered(world.login_on(&token)).unwrap();
        assert_eq!(again.expose(), current.expose(), "the token was replaced again within the grace period");
    }
    // 57 s after the rotation it was accepted; 60 s after it, it is refused, however recently it was used.
    world.clock.advance(Duration::from_secs(3));
    let _ = code_required(world.login_on(&token));
    assert_eq!(devices(&world), []);
}

#[test]
fn a24c_the_token_before_the_one_before_has_no_grace() {
    let (world, phone, _) = World::enrolled();
    let first = world.remember(&phone);
    world.clock.advance(MINUTE);
    let second = remembered(world.login_on(&first)).unwrap();
    world.clock.advance(MINUTE);
    let _third = remembered(world.login_on(&second)).unwrap();
    let _ = code_required(world.login_on(&first));
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::DeviceTokenStolen { .. })), 1);
}

/// The password step with this cookie asks for a code and writes nothing.
fn is_not_remembered(world: &World, cookie: &str) {
    let before = world.verifier.store().load(&world.account).unwrap();
    let login = world.verifier.password_verified(world.password(), Some(cookie)).unwrap();
    let _ = code_required(login);
    assert_eq!(world.verifier.store().load(&world.account).unwrap(), before);
}

#[test]
fn a25_a_hostile_cookie_is_ignored() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    let text = device.expose();
    let cut = (0..text.len()).flat_map(|end| {
        let (front, back) = (&text[..end], &text[end + 1..]);
        [front.to_owned(), back.to_owned(), [front, back].concat()]
    });
    let non_utf8 = String::from_utf8_lossy(&[b'd', b'1', b'.', 0xff, 0xfe, 0x80, b'.', 0xc3]).into_owned();
    let hostile = [
        String::new(),
        ".".repeat(1_000),
        "A".repeat(1 << 20),
        format!("{text}{}", "A".repeat(1 << 20)),
        format!("{text}."),
        format!("{text}.A"),
        format!(" {text}"),
        format!("{text}\n"),
        format!("\"{text}\""),
        format!("{text}\0"),
        text.to_lowercase(),
        text.replace("d1", "d2"),
        text.replace("d1", "D1"),
        text.replace('.', "%2E"),
        text.replace('.', "\u{2024}"),
        "d1.\u{661}\u{662}.\u{1f512}".to_owned(),
        "\u{e9}".repeat(320),
        non_utf8,
        "'; DROP TABLE devices; --".to_owned(),
    ];
    assert!(hostile.iter().all(|cookie| DeviceToken::parse(cookie).is_err()));
    for cookie in cut.chain(hostile) {
        world.events.take();
        is_not_remembered(&world, &cookie);
        assert_eq!(world.events.take(), [EventKind::ChallengeOpened], "{cookie}");
    }
    // Well-formed but not genuine: the device is neither used nor taken for stolen.
    let genuine = Parts::of(text);
    for (field, position) in [(0, 3), (2, 0), (2, 15), (3, 0), (3, 3)] {
        let mut forged = genuine.clone();
        forged.fields[field][position] ^= 1;
        world.events.take();
        is_not_remembered(&world, &forged.text());
        assert_eq!(world.events.take(), [EventKind::DeviceUnknown, EventKind::ChallengeOpened]);
    }
    assert!(remembered(world.login_on(&device)).is_some());
}

#[test]
fn a25_an_expired_cookie_is_ignored() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    world.clock.advance(days(30));
    world.events.take();
    let _ = code_required(world.login_on(&device));
    assert_eq!(world.events.count(|kind| *kind == EventKind::DeviceUnknown), 1);
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::DeviceTokenStolen { .. })), 0);
}

/// An enrolled world at a time when the phone's code starts with a zero.
fn leading_zero() -> (World, Phone, String) {
    let (world, phone, _) = World::enrolled();
    loop {
        let code = phone.code(world.now());
        if code.starts_with('0') && !code.starts_with("00") {
            return (world, phone, code);
        }
        world.clock.advance(STEP);
    }
}

#[test]
fn a25_a_hostile_code_is_malformed_and_costs_nothing() {
    let (world, _, code) = leading_zero();
    let arabic: String =
        code.bytes().map(|digit| char::from_u32(0x660 + u32::from(digit - b'0')).unwrap()).collect();
    let full_width: String =
        code.bytes().map(|digit| char::from_u32(0xff10 + u32::from(digit - b'0')).unwrap()).collect();
    let hostile = [
        format!("+{code}"),
        format!("-{code}"),
        format!("{}_{}", &code[..2], &code[2..]),
        arabic,
        full_width,
        code[1..].to_owned(),
        code[..5].to_owned(),
        format!("0{code}"),
        format!("{code}0"),
        format!("{}  {}", &code[..3], &code[3..]),
        format!("{} {} {}", &code[..2], &code[2..4], &code[4..]),
        format!("{code}\0"),
        format!("{}\n{}", &code[..3], &code[3..]),
        format!("{code}.0"),
        format!("{code}e0"),
        format!("0x{code}"),
        format!("{code},{code}"),
        format!("{code} OR 1=1"),
        "123456".repeat(1 << 18),
        String::new(),
    ];
    let challenge = world.challenge();
    let row = world.verifier.store().load(&world.account).unwrap();
    world.events.take();
    for text in &hostile {
        let presented = world.verifier.present(&challenge, text, Remember::No);
        assert_eq!(refusal(presented).unwrap_err(), Refusal::Malformed, "{:?}", text.get(..20));
    }
    assert_eq!(world.verifier.store().load(&world.account).unwrap(), row, "nothing was written");
    assert_eq!(world.events.take(), []);

    // Leading zeros are kept.
    let accepted = world.verifier.present(&challenge, &code, Remember::No).unwrap();
    assert_eq!(accepted.authenticated.method(), AuthMethod::Code);
}

#[test]
fn a25_a_code_with_spaces_or_a_dash_is_the_same_code() {
    // White space around a code ("123456\n" included) and one space or dash in it are ignored. It counts as the same code,
    // because the record has the step.
    let spellings: [fn(&str) -> String; 4] = [
        |code| format!("{code}\n"),
        |code| format!(" \t{code} "),
        |code| format!("{} {}", &code[..3], &code[3..]),
        |code| format!("{}-{}", &code[..3], &code[3..]),
    ];
    for spell in spellings {
        let (world, _, code) = leading_zero();
        assert_eq!(world.present(&spell(&code)).unwrap().authenticated.method(), AuthMethod::Code);
        // Five guesses of a budget of twenty, so that it is the replay that is refused.
        for again in spellings.iter().map(|spell| spell(&code)).chain([code.clone()]) {
            world.events.take();
            assert_eq!(world.present(&again).unwrap_err(), Refusal::NotAccepted, "{again:?}");
            let reason = RefusedBecause::Replayed;
            assert_eq!(world.events.count(|kind| *kind == EventKind::CodeRefused { reason }), 1, "{again:?}");
        }
    }
}

#[test]
fn a25_a_hostile_recovery_code_is_malformed_and_costs_nothing() {
    let (world, _, codes) = World::enrolled();
    let challenge = world.challenge();
    let row = world.verifier.store().load(&world.account).unwrap();
    let code = &codes[0];
    let hostile = [
        String::new(),
        "A".repeat(1 << 20),
        code[1..].to_owned(),
        format!("{code}A"),
        format!("{code}\0"),
        format!("{}9", &code[..code.len() - 1]),
        code.replace('-', "_"),
        code.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect(),
    ];
    for text in &hostile {
        let presented = world.verifier.present(&challenge, text, Remember::No);
        assert_eq!(refusal(presented).unwrap_err(), Refusal::Malformed, "{:?}", text.get(..20));
    }
    assert_eq!(world.verifier.store().load(&world.account).unwrap(), row);
    let _ = world.verifier.present(&challenge, code, Remember::No).unwrap();
}

/// The device is asked for a code, without an alarm.
#[track_caller]
fn is_refused(world: &World, device: &DeviceToken) {
    world.events.take();
    let _ = code_required(world.login_on(device));
    let opened = EventKind::ChallengeOpened;
    assert_eq!(world.events.take(), [EventKind::DeviceUnknown, opened]);
}

/// This many devices were forgotten because credentials changed.
#[track_caller]
fn were_forgotten(world: &World, expected: usize) {
    let reason = ForgottenBecause::CredentialsChanged;
    let forgotten = world
        .events
        .count(|kind| matches!(kind, EventKind::DeviceForgotten { reason: found, .. } if *found == reason));
    assert_eq!(forgotten, expected);
    assert!(world.verifier.status(&world.account).unwrap().devices.is_empty());
}

#[test]
fn f16_no_device_survives_a_password_change_or_reset() {
    let (world, phone, _) = World::enrolled();
    let devices = [world.remember(&phone), world.remember(&phone)];
    let _ = world.reset_password();
    were_forgotten(&world, 2);
    for device in &devices {
        is_refused(&world, device);
    }
}

#[test]
fn f16_no_device_survives_the_removal_of_the_authenticator() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    let _ = world.verifier.disable(world.fresh(&phone), Requirement::None).unwrap();
    were_forgotten(&world, 1);
    // Two-factor authentication is off: the password lets the owner in, and the device plays no part.
    assert_eq!(complete(world.login_on(&device)).authenticated.method(), AuthMethod::SingleFactor);
    let _ = world.enroll();
    is_refused(&world, &device);
}

#[test]
fn f16_no_device_survives_a_recovery_code() {
    let (world, phone, codes) = World::enrolled();
    let device = world.remember(&phone);
    let _ = world.verifier.present(&world.challenge(), &codes[0], Remember::No).unwrap();
    were_forgotten(&world, 1);
    is_refused(&world, &device);

    let device = world.remember(&phone);
    world.events.take();
    let _ = world.verifier.fresh_factor(&world.session(1), &codes[1]).unwrap();
    were_forgotten(&world, 1);
    is_refused(&world, &device);
}

#[test]
fn f16_no_device_survives_an_administrators_reset() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    let administrator = AccountId::new("root").unwrap();
    let reset = AdministratorReset::by_host(world.account.clone(), &administrator).unwrap();
    let _ = world.verifier.administrator_reset(reset).unwrap();
    were_forgotten(&world, 1);
    let _ = world.enroll();
    is_refused(&world, &device);
}

#[test]
fn f16_no_device_survives_the_end_of_its_account() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    close(&world);
    were_forgotten(&world, 1);
    // Registered again with the same id.
    let _ = world.enroll();
    is_refused(&world, &device);
}

#[test]
fn f16_no_device_survives_when_its_owner_forgets_all() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    assert_eq!(world.verifier.forget_all_devices(&world.account).unwrap(), 1);
    is_refused(&world, &device);
}

#[test]
fn f17_no_device_survives_a_new_secret() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    let begun = world.verifier.begin_enrollment(world.fresh(&phone), "alice@example.com").unwrap();
    let new_phone = Phone::scan(&begun.uri);

    // An enrollment that only began does not end the device.
    let device = complete(world.login_on(&device)).device.unwrap();
    world.events.take();
    let _ = world.verifier.confirm_enrollment(&begun.token, &new_phone.code(world.now())).unwrap();
    were_forgotten(&world, 1);
    is_refused(&world, &device);
}

#[test]
fn f18_a_device_used_daily_is_refused_after_exactly_thirty_days() {
    let (world, phone, _) = World::enrolled();
    let since = world.now();
    let mut device = world.remember(&phone);
    let end = since.saturating_add(days(30));
    for day in 1..30 {
        world.clock.set(since.saturating_add(days(day)));
        let accepted = complete(world.login_on(&device));
        assert_eq!(
            accepted.authenticated.method(),
            AuthMethod::RememberedDevice { since },
            "using it does not extend it"
        );
        device = accepted.device.unwrap();
        let listed = world.verifier.status(&world.account).unwrap().devices;
        assert_eq!(listed.iter().map(|device| device.until).collect::<Vec<_>>(), [end]);
    }
    world.clock.set(end);
    world.clock.back(Duration::from_secs(1));
    device = complete(world.login_on(&device)).device.unwrap();

    // The browser keeps the cookie, whatever its Max-Age was.
    world.clock.set(end);
    is_refused(&world, &device);
    // A code that is presented on it, without asking to remember it, does not make it valid again.
    let _ = world.log_in(&phone);
    is_refused(&world, &device);
}

#[test]
fn f18_a_code_on_one_device_extends_no_other() {
    let (world, phone, _) = World::enrolled();
    let since = world.now();
    let first = world.remember(&phone);
    world.clock.set(since.saturating_add(days(29)));
    let second = world.remember(&phone);
    world.clock.set(since.saturating_add(days(30)));
    is_refused(&world, &first);
    let _ = complete(world.login_on(&second));
}

#[test]
fn f19_the_cookie_of_one_account_opens_no_other_and_stays_valid() {
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    let bob = AccountId::new("bob").unwrap();
    let proof = world.password_of(&bob);
    let begun = world.verifier.begin_enrollment(proof, "bob@example.com").unwrap();
    let code = Totp::new(begun.uri.secret(), world.verifier.policy().totp()).generate(world.now());
    let _ = world.verifier.confirm_enrollment(&begun.token, code.expose()).unwrap();
    world.clock.advance(STEP);
    world.events.take();

    let proof = world.password_of(&bob);
    let login = world.verifier.password_verified(proof, Some(device.expose())).unwrap();
    assert_eq!(code_required(login).account(), &bob);
    let opened = EventKind::ChallengeOpened;
    assert!(world.events.all().iter().all(|event| event.account == bob));
    assert_eq!(world.events.take(), [EventKind::DeviceUnknown, opened]);

    let name = |account| DeviceToken::cookie_name(account, world.verifier.policy());
    assert_ne!(name(&bob), name(&world.account));
    let _ = complete(world.login_on(&device));
}

#[test]
fn f19_the_series_alone_opens_nothing() {
    let (world, phone, _) = World::enrolled();
    let (device, other) = (world.remember(&phone), world.remember(&phone));
    // Its series with another token's tag, for every generation near: without the key no valid token can be made.
    let (mut forged, other) = (Parts::of(device.expose()), Parts::of(other.expose()));
    forged.tag.clone_from(&other.tag);
    for generation in 0..3_u32 {
        forged.fields[3] = generation.to_be_bytes().to_vec();
        is_not_remembered(&world, &forged.text());
    }
    assert_eq!(world.events.count(|kind| *kind == EventKind::DeviceUnknown), 3);
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::DeviceTokenStolen { .. })), 0);
    assert!(remembered(world.login_on(&device)).is_some(), "the device was forgotten");
}
