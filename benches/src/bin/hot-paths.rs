//! Runs each hot path once, so that `.ci/instructions` can count its instructions under callgrind.

use std::hint::black_box;

use second_factor::otp::{CodesInARow, Counter, LookAhead};
use second_factor::session::SealingKey;
use second_factor::{
    Accepted, AccountRecord, Algorithm, Code, DeviceToken, Digits, Hotp, KeyRing, KeyUri, Login, Period,
    Remember, Secret, Totp, TotpParams, UnixTime, Window,
};
use second_factor_benches::{KEY_URI, SECRET, Service, valgrind};

fn main() {
    let now = UnixTime::from_secs(1_700_000_010);
    let secret = Secret::new(SECRET).expect("a secret");
    let verify = |totp: &Totp| {
        let code = Code::parse(black_box("000 000"), Digits::Six).expect("a code");
        totp.verify(&code, black_box(now), Window::DEFAULT, None)
    };
    for (algorithm, keyed, fresh) in [
        (Algorithm::Sha1, c"verify-keyed-sha1", c"verify-fresh-sha1"),
        (Algorithm::Sha256, c"verify-keyed-sha256", c"verify-fresh-sha256"),
        (Algorithm::Sha512, c"verify-keyed-sha512", c"verify-fresh-sha512"),
    ] {
        let params = TotpParams::new(algorithm, Digits::Six, Period::DEFAULT);
        let totp = Totp::new(&secret, params);
        count(keyed, || verify(black_box(&totp)));
        count(fresh, || verify(&Totp::new(black_box(&secret), params)));
    }
    let totp = Totp::new(&secret, TotpParams::default());
    let zeros = "0".repeat(24);
    count(c"verify-in-a-row-sha1", || {
        let codes = CodesInARow::parse(black_box(&zeros), Digits::Six).expect("four codes");
        black_box(&totp).verify_in_a_row(&codes, black_box(now), Window::DEFAULT, None)
    });
    count(c"generate-keyed-sha1", || black_box(&totp).generate(black_box(now)));
    count(c"parse-key-uri", || KeyUri::parse(black_box(KEY_URI)).expect("a key URI"));

    let hotp = Hotp::new(&secret, Algorithm::Sha1, Digits::Six);
    let (code, look_ahead) =
        (Code::parse("000000", Digits::Six).expect("a code"), LookAhead::new(100).expect("100"));
    count(c"hotp-look-ahead-100", || {
        black_box(&hotp).verify(&code, black_box(Counter::new(1_000)), look_ahead)
    });

    session_steps();
}

/// The steps of a login, from the request to the stored record, for an account with ten recovery codes and
/// five remembered devices. Also writing and reading the record as a database does.
fn session_steps() {
    let service = Service::enrolled(KeyRing::new(1, SealingKey::new([7; 32])));
    let older: Vec<_> = (0..4).map(|_| service.remember()).collect();
    service.wait(60);
    let newest = service.remember();
    let (challenge, code) = (service.challenge(), service.code());
    let recovery_code = service.recovery_codes.last().expect("ten");
    let record = service.record();
    // Each step starts from the same record. The first run warms up and is not counted.
    let count_step = |name, step: &dyn Fn()| {
        for name in [c"warm-up", name] {
            service.put(&record);
            count_once(name, step);
        }
    };
    let present = |typed: &str| service.verifier.present(&challenge, black_box(typed), Remember::No);

    count_step(c"password-step", &|| drop(service.log_in(None)));
    count_step(c"device-step-next-token", &|| device_step(&service, older.last().expect("four")));
    count_step(c"device-step-same-token", &|| device_step(&service, &newest));
    count_step(c"code-step", &|| drop(present(&code).expect("the right code")));
    count_step(c"wrong-code-step", &|| assert!(present("000000").is_err()));
    count_step(c"recovery-code-step", &|| drop(present(recovery_code).expect("a recovery code")));

    let json = serde_json::to_string(&record).expect("JSON");
    count(c"write-record-json", || serde_json::to_string(black_box(&record)).expect("JSON"));
    count(c"read-record-json", || serde_json::from_str::<AccountRecord>(black_box(&json)).expect("a record"));
}

/// A remembered device logs in. It gets the next token, or within the grace period after that the same token,
/// and then nothing is stored.
fn device_step(service: &Service, token: &DeviceToken) {
    let login = service.log_in(Some(token.expose()));
    assert!(matches!(login, Login::Complete(Accepted { device: Some(_), .. })));
}

fn count<T>(name: &core::ffi::CStr, work: impl Fn() -> T) {
    black_box(work());
    count_once(name, work);
}

fn count_once<T>(name: &core::ffi::CStr, work: impl FnOnce() -> T) {
    valgrind::zero_counts();
    let result = work();
    valgrind::dump_counts(name);
    drop(black_box(result));
}
