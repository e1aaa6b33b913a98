//! Walks the hot paths once each, for `.ci/instructions` to count under callgrind.

use std::hint::black_box;

use second_factor::session::SealingKey;
use second_factor::{
    Algorithm, Code, Digits, KeyRing, KeyUri, Period, Remember, Secret, Totp, TotpParams, UnixTime, Window,
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
    count(c"generate-keyed-sha1", || black_box(&totp).generate(black_box(now)));
    count(c"parse-key-uri", || KeyUri::parse(black_box(KEY_URI)).expect("a key URI"));

    let service = Service::enrolled(KeyRing::new(1, SealingKey::new([7; 32])));
    // Twice, so that the first use of anything is not counted.
    for name in [c"warm-up", c"second-step"] {
        let (challenge, code) = (service.challenge(), service.code());
        count_once(name, || service.present(&challenge, &code, Remember::No));
    }
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
