//! Walks the hot paths once each, for `.ci/instructions` to count under callgrind.

use std::hint::black_box;

use second_factor::otp::{Counter, LookAhead};
use second_factor::session::{Entropy, SealingKey};
use second_factor::{
    AccountRecord, Algorithm, Code, Digits, Hotp, KeyRing, KeyUri, Period, Remember, Secret, Totp,
    TotpParams, UnixTime, Window,
};
use second_factor_benches::{Account, Dice, KEY_URI, SECRET, Service, random, valgrind};

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
    count(c"generate-keyed-sha1", || black_box(&totp).generate(black_box(now)));
    count(c"parse-key-uri", || KeyUri::parse(black_box(KEY_URI)).expect("a key URI"));

    let hotp = Hotp::new(&secret, Algorithm::Sha1, Digits::Six);
    let (code, look_ahead) =
        (Code::parse("000000", Digits::Six).expect("a code"), LookAhead::new(100).expect("100"));
    count(c"hotp-look-ahead-100", || {
        black_box(&hotp).verify(&code, black_box(Counter::new(1_000)), look_ahead)
    });

    session_steps();

    let service = Service::enrolled(KeyRing::new(1, SealingKey::new([7; 32])));
    // Twice, so that the first use of anything is not counted.
    for name in [c"warm-up", c"second-step"] {
        let (challenge, code) = (service.challenge(), service.code());
        count_once(name, || service.present(&challenge, &code, Remember::No));
    }
}

/// The decisions on a record with ten recovery codes and five remembered devices, and the record as it is stored.
fn session_steps() {
    let seal = KeyRing::new(1, SealingKey::new([7; 32]));
    let (mut account, recovery_codes) = Account::enrolled(seal, entropy());
    let devices: Vec<_> = (10..15).map(|seed| account.remember(random(&mut Dice(seed)))).collect();
    let (challenge, code) = (account.challenge(), account.code());
    let recovery_code = recovery_codes.iter().last().expect("ten").expose();

    count(c"password-step", || account.password_step(None, entropy()));
    count(c"remembered-device-step", || account.password_step(devices.last(), entropy()));
    count(c"code-step", || account.code_step(&challenge, black_box(&code), Remember::No, entropy()));
    count(c"wrong-code-step", || account.code_step(&challenge, black_box("000000"), Remember::No, entropy()));
    count(c"recovery-code-step", || account.recovery_step(&challenge, recovery_code.expose(), entropy()));

    let json = serde_json::to_string(&account.record).expect("JSON");
    count(c"write-record-json", || serde_json::to_string(black_box(&account.record)).expect("JSON"));
    count(c"read-record-json", || serde_json::from_str::<AccountRecord>(black_box(&json)).expect("a record"));
}

fn entropy() -> Entropy {
    random(&mut Dice(2))
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
