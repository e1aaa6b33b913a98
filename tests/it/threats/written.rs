//! Statements of README and SECURITY are true: threat G35.

use core::time::Duration;

use second_factor::otp::CodesInARow;
use second_factor::session::{EventKind, ForgottenBecause, Requirement};
use second_factor::{AuthMethod, Digits, Policy, Refusal, UnixTime};

use crate::support::sessions::{charged, row};
use crate::support::{Phone, STEP, World, code_required, complete, days, refusal};

const README: &str = include_str!("../../../README.md");
const REMEMBERED_DEVICES: &str = include_str!("../../../src/manual/remembered_devices.rs");
const SECURITY: &str = include_str!("../../../SECURITY.md");

/// The text without its line breaks.
fn flowing(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `2057` as `2,057`.
fn with_comma(number: u64) -> String {
    format!("{},{:03}", number / 1_000, number % 1_000)
}

#[test]
fn g35_the_odds_in_the_documents_are_those_of_the_policy() {
    let policy = Policy::new("Example").unwrap();
    let (readme, security) = (flowing(README), flowing(SECURITY));
    let odds = policy.guess_odds(days(365)).one_in();
    assert!(readme.contains(&format!("at most 1 in {} a year", with_comma(odds))), "{odds}");
    for text in [readme, security] {
        assert!(text.contains(&format!("1 in {}", with_comma(Policy::MIN_ODDS))));
        // Four codes, and the rest of the step in which the owner began.
        assert_eq!(u64::from(CodesInARow::count(Digits::Six)) * 30 + 30, 150);
        assert!(text.contains("two and a half minutes"));
    }
    // A budget and a month's credit: a restored budget adds these.
    let guesses = u64::from(policy.guess_budget() + policy.most_credit());
    let winning = (1_u64 << 31).div_ceil(1_000_000) * u64::from(policy.window().steps());
    assert_eq!((1 << 31) / (guesses * winning) / 1_000 * 1_000, 11_000);
    assert!(flowing(SECURITY).contains("at most 1 in 11,000"));
}

#[test]
fn g35_new_recovery_codes_forget_no_device_and_a_used_one_forgets_all() {
    assert!(flowing(&REMEMBERED_DEVICES.replace("//!", "")).contains(
        "forgets all devices when the password or the authenticator changes or a recovery code is used (but a recovery \
         code that is presented in a session keeps the device on which the session began)"
    ));
    let (world, phone, codes) = World::enrolled();
    let device = world.remember(&phone);
    let _ = world.verifier.regenerate_recovery_codes(world.fresh(&phone)).unwrap();
    assert_eq!(world.present(&codes[0]).unwrap_err(), Refusal::NotAccepted, "the old ones are void");
    let _ = complete(world.login_on(&device));

    let change: [fn(&World, &Phone, &[String]); 4] = [
        |world, _, codes| drop(world.present(&codes[0]).unwrap()),
        |world, _, _| drop(world.reset_password()),
        |world, phone, _| {
            let begun = world.verifier.begin_enrollment(world.fresh(phone), "alice").unwrap();
            let code = Phone::scan(&begun.uri).code(world.now());
            let _ = world.verifier.confirm_enrollment(&begun.token, &code).unwrap();
        },
        |world, phone, _| drop(world.verifier.disable(world.fresh(phone), Requirement::None).unwrap()),
    ];
    for change in change {
        let (world, phone, codes) = World::enrolled();
        let _ = world.remember(&phone);
        change(&world, &phone, &codes);
        assert_eq!(world.verifier.status(&world.account).unwrap().devices, []);
    }

    let (world, phone, codes) = World::enrolled();
    let (own, other) = (world.remember(&phone), world.remember(&phone));
    let session = complete(world.login_on(&own)).authenticated.into_session();
    let _ = world.verifier.fresh_factor(&session, &codes[0]).unwrap();
    assert!(world.is_current(&session));
    let _ = complete(world.login_on(&own));
    let _ = code_required(world.login_on(&other));
}

#[test]
fn g35_the_second_copy_of_a_device_token_is_asked_for_a_code() {
    assert!(flowing(SECURITY).contains(
        "If its token was copied, and one copy was used and got a new token, then whoever uses the other copy is asked \
         for a code, and the device and its sessions end. A copy that is two generations old ends all devices and \
         sessions of the account"
    ));
    let minutes = |count: u64| Duration::from_secs(60 * count);
    let (world, phone, _) = World::enrolled();
    let (copy, others) = (world.remember(&phone), world.remember(&phone));
    // Both copies are used without a sign of it; after this use they differ.
    world.clock.advance(minutes(2));
    let accepted = complete(world.login_on(&copy));
    let (session, owners) = (accepted.authenticated.into_session(), accepted.device.unwrap());
    world.clock.advance(minutes(2));
    world.events.take();
    let _ = code_required(world.login_on(&copy));
    assert!(!world.is_current(&session));
    let _ = code_required(world.login_on(&owners));
    let outdated = |kind: &EventKind| {
        matches!(kind, EventKind::DeviceForgotten { reason: ForgottenBecause::Outdated, .. })
    };
    assert_eq!(world.events.count(outdated), 1);
    // The other device is not affected, until a copy of its token that is two generations old is used.
    let mut current = others.clone();
    for _ in 0..2 {
        world.clock.advance(minutes(2));
        current = complete(world.login_on(&current)).device.unwrap();
    }
    let by_code = world.log_in(&phone).authenticated.into_session();
    let _ = code_required(world.login_on(&others));
    assert!(!world.is_current(&by_code));
    let _ = code_required(world.login_on(&current));
    assert_eq!(world.events.count(|kind| matches!(kind, EventKind::DeviceTokenStolen { .. })), 1);
}

/// A clock before 1970 counts as 1970.
#[test]
fn g35_under_a_clock_before_1970_no_code_of_today_is_accepted() {
    assert!(flowing(README).contains("before 1970 say, no code of today is accepted"));
    let (world, phone, _) = World::enrolled();
    let device = world.remember(&phone);
    let (right, before) = (world.now(), row(&world));
    world.clock.set(UnixTime::EPOCH);
    let _ = code_required(world.login_on(&device));
    world.clock.set(right.saturating_add(3 * STEP));
    let typed = [phone.code(right), phone.codes_in_a_row(world.now())];
    world.clock.set(UnixTime::EPOCH);
    for typed in &typed {
        assert_eq!(world.present(typed).unwrap_err(), Refusal::NotAccepted);
        let stepped_up = refusal(world.verifier.fresh_factor(&world.session(1), typed)).map(|_| ());
        assert_eq!(stepped_up, Err(Refusal::NotAccepted));
    }
    assert_eq!(charged(&world).0, 2, "a single code was not charged as usual");
    // With the right clock, nothing is lost.
    world.clock.set(right);
    assert_eq!(world.record().account(), before.unwrap().value.account());
    let _ = complete(world.login_on(&device));
    assert_eq!(world.log_in(&phone).authenticated.method(), AuthMethod::Code);
}

#[test]
fn g35_an_attacker_causes_no_more_writes_than_guesses() {
    assert!(flowing(SECURITY).contains("An attacker cannot make the service write without end."));
    let (world, phone, _) = World::enrolled();
    let session = world.session(1);
    let (mut writes, mut last) = (0, row(&world));
    let mut after = |is_written: bool| {
        let now = row(&world);
        writes += usize::from(now != last);
        assert!(is_written || now == last);
        last = now;
    };
    for wrong in phone.wrong_codes(world.now()).take(200) {
        drop(world.verifier.check_password(&world.account));
        let challenge = world.challenge();
        after(false);
        let _ = world.verifier.present(&challenge, &wrong, second_factor::Remember::No).unwrap_err();
        after(true);
        let _ = world.verifier.fresh_factor(&session, &wrong).unwrap_err();
        after(true);
        let row = format!("{wrong} {wrong} {wrong} {wrong}");
        let _ = world.verifier.present(&challenge, &row, second_factor::Remember::No).unwrap_err();
        after(false);
    }
    assert_eq!(writes, usize::from(world.verifier.policy().guess_budget()));
}
