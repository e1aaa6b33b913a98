use std::panic::catch_unwind;

use second_factor::testing::AuthenticatorApp;
use second_factor::{
    Algorithm, AuthMethod, Digits, KeyUri, Period, Policy, Refusal, Remember, Secret, TotpParams, UnixTime,
};

use crate::support::{START, STEP, World};

const SECRET: &[u8; 20] = b"12345678901234567890";

fn app(algorithm: Algorithm, digits: Digits, period_secs: u32) -> AuthenticatorApp {
    let params = TotpParams::new(algorithm, digits, Period::from_secs(period_secs).unwrap());
    AuthenticatorApp::new(Secret::new(SECRET).unwrap(), params)
}

fn secs(time: UnixTime, by: i64) -> UnixTime {
    UnixTime::from_secs(time.as_secs().saturating_add_signed(by))
}

#[test]
fn rfc6238_b_the_app_shows_the_codes_of_the_test_vectors() {
    for (seed_len, algorithm, at, shown) in [
        (20, Algorithm::Sha1, 59, "94287082"),
        (20, Algorithm::Sha1, 20_000_000_000, "65353130"),
        (32, Algorithm::Sha256, 1_111_111_109, "68084774"),
        (64, Algorithm::Sha512, 1_234_567_890, "93441116"),
    ] {
        let seed: Vec<u8> = SECRET[..10].iter().copied().cycle().take(seed_len).collect();
        let params = TotpParams::new(algorithm, Digits::Eight, Period::DEFAULT);
        let app = AuthenticatorApp::new(Secret::new(&seed).unwrap(), params);
        assert_eq!(app.code(UnixTime::from_secs(at)), shown);
    }
}

#[test]
fn an_app_that_scanned_an_enrollment_logs_in() {
    let params = TotpParams::new(Algorithm::Sha256, Digits::Eight, Period::from_secs(60).unwrap());
    for policy in
        [Policy::new("Example"), Policy::builder("Example").totp(params).build()].map(Result::unwrap)
    {
        let world = World::with_policy(policy);
        let begun = world.begin();
        let read = KeyUri::parse(begun.uri.to_uri().expose()).unwrap();
        let [app, copy] = [AuthenticatorApp::scan(&begun.uri), AuthenticatorApp::scan(&read)];
        assert_eq!(app.code(START), copy.code(START));
        let _ = world.verifier.confirm_enrollment(&begun.token, &app.code(world.now())).unwrap();
        for method in [AuthMethod::Code, AuthMethod::CodesInARow] {
            world.clock.advance(10 * STEP);
            let now = world.now();
            assert_eq!(world.present(&app.wrong_code(now)).unwrap_err(), Refusal::NotAccepted);
            let typed = if method == AuthMethod::Code { app.code(now) } else { app.codes_in_a_row(now) };
            let accepted = world.verifier.present(&world.challenge(), &*typed, Remember::No).unwrap();
            assert_eq!(accepted.authenticated.method(), method);
        }
    }
}

#[test]
fn codes_in_a_row_end_with_the_code_of_the_time() {
    for (digits, count) in [(Digits::Six, 4), (Digits::Seven, 3), (Digits::Eight, 3)] {
        let app = app(Algorithm::Sha1, digits, 45);
        let codes: Vec<_> = (0..count).rev().map(|steps| app.code(secs(START, -45 * steps))).collect();
        assert_eq!(app.codes_in_a_row(START), codes.join(" "));
    }
}

#[test]
fn a_wrong_code_is_not_shown_within_an_hour() {
    for (digits, period) in [(Digits::Six, 30), (Digits::Seven, 1), (Digits::Eight, 120)] {
        let app = app(Algorithm::Sha1, digits, period);
        for at in [START, secs(START, 17), UnixTime::EPOCH, UnixTime::MAX] {
            let wrong = app.wrong_code(at);
            assert_eq!(wrong.len(), usize::from(digits.count()));
            let shown = (-3_600..=3_600).find(|&by| app.code(secs(at, by)) == wrong);
            assert_eq!(shown, None, "{digits:?} {period} {at}");
        }
    }
    // The right code of this step is 000000, the first candidate for a wrong one.
    let app = app(Algorithm::Sha1, Digits::Six, 30);
    let zeros = UnixTime::from_secs(30 * ZEROS);
    assert_eq!(app.code(zeros), "000000");
    for by in [-3_600, -30, 0, 29, 3_600] {
        assert_ne!(app.wrong_code(secs(zeros, by)), "000000", "{by}");
    }
    assert_eq!(app.wrong_code(secs(zeros, 3_660)), "000000");
}

/// A time step whose code is 000000.
const ZEROS: u64 = 349_495;

#[test]
fn an_app_refuses_a_uri_that_is_not_time_based() {
    for uri in [
        "otpauth://hotp/ACME:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&counter=1",
        "otpauth://totp/Steam:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
    ] {
        let uri = KeyUri::parse(uri).unwrap();
        let panicked = catch_unwind(|| AuthenticatorApp::scan(&uri)).unwrap_err();
        let message = panicked.downcast::<String>().unwrap();
        assert!(message.starts_with("the key URI is not of time-based codes: "), "{message}");
    }
}

#[test]
fn an_app_does_not_print_its_secret() {
    let printed = format!("{:?}", app(Algorithm::Sha1, Digits::Six, 30));
    assert!(printed.starts_with("AuthenticatorApp { secret: Secret(..), params: "), "{printed}");
}
