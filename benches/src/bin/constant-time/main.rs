//! Runs the code that handles secrets, with the secrets marked as undefined. `.ci/constant-time` runs it
//! under memcheck, which reports every branch and every address that depends on them (the method of Langley's
//! ctgrind).
//!
//! Only the outcome may depend on a secret. `benches/constant-time.supp` names the places where the library
//! turns it into a branch, each with the reason.

mod session;

use std::hint::black_box;

use second_factor::enrollment::RecoveryCodeDigest;
use second_factor::otp::{CodesInARow, Counter, LookAhead, ResyncWindow};
use second_factor::{
    Algorithm, Code, Digits, Hotp, Period, RecoveryCode, Secret, Totp, TotpParams, UnixTime, Window,
};
use second_factor_benches::{SECRET, valgrind};

fn main() {
    assert!(valgrind::is_here(), "run this under valgrind: .ci/constant-time");
    match std::env::args().nth(1).as_deref() {
        Some("clean") => {
            verify();
            verify_in_a_row();
            comparisons();
            session::recovery_code();
            session::device_token();
            session::challenge();
            session::host_proof();
            session::form_sent_twice();
            base32();
        }
        Some("early-exit") => {
            let (typed, shown) = (*b"287082", secret(*b"287083"));
            black_box(early_exit(black_box(&typed), black_box(&shown)));
        }
        Some("first-match") => {
            let stored = [1, 2, 3].map(|byte| RecoveryCodeDigest::from_bytes(secret([byte; 16])));
            let wanted = RecoveryCodeDigest::from_bytes([2; 16]);
            black_box(first_match(black_box(&stored), black_box(&wanted)));
        }
        Some("look-up") => {
            let table: [u8; 4] = black_box([5, 6, 7, 8]);
            black_box(table[usize::from(secret([1])[0] & 3)]);
        }
        Some("respelled") => outcome(Secret::from_base32(black_box(&undefined("gezd gnbv gy3t qojq")))),
        other => panic!("clean, early-exit, first-match, look-up or respelled, not {other:?}"),
    }
}

/// Reads canonical text. If a spelling is forgiven, the time shows of which kind the characters are, which
/// `respelled` shows.
fn base32() {
    for text in ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "MZXW6YQ", "MZXW6YR"]
    {
        outcome(Secret::from_base32(black_box(&undefined(text))));
        outcome(Secret::from_base32_strict(black_box(&undefined(text))));
    }
}

fn undefined(text: &str) -> String {
    let text = text.to_owned();
    valgrind::make_undefined(text.as_bytes());
    text
}

/// Planted: a comparison that stops early, which must not be in the library.
#[inline(never)]
fn early_exit(one: &[u8], other: &[u8]) -> bool {
    one.iter().zip(other).all(|(one, other)| one == other)
}

/// Planted: each comparison is in constant time, but the search stops at the first match.
#[inline(never)]
fn first_match(stored: &[RecoveryCodeDigest], wanted: &RecoveryCodeDigest) -> Option<usize> {
    stored.iter().position(|digest| digest == wanted)
}

fn verify() {
    let now = UnixTime::from_secs(1_700_000_010);
    for algorithm in [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512] {
        for digits in [Digits::Six, Digits::Seven, Digits::Eight] {
            let key: [u8; 20] = SECRET.try_into().expect("20 bytes");
            let key = Secret::new(&secret(key)).expect("a secret");
            let totp = Totp::new(&key, TotpParams::new(algorithm, digits, Period::DEFAULT));
            // What the phone shows depends on the secret, so it is undefined too.
            let shown = totp.generate(now);
            let wrong = Code::parse(&"0".repeat(digits.count().into()), digits).expect("a code");
            for after in [None, totp.time_step(now)] {
                outcome(totp.verify(&shown, now, Window::DEFAULT, after));
                outcome(totp.verify(&wrong, now, Window::DEFAULT, after));
            }
            let hotp = Hotp::new(&key, algorithm, digits);
            let shown = hotp.generate(Counter::new(7));
            outcome(hotp.verify(&shown, Counter::new(5), LookAhead::default()));
            outcome(hotp.verify(&wrong, Counter::new(5), LookAhead::default()));
            let next = hotp.generate(Counter::new(8));
            outcome(hotp.resynchronize(&shown, &next, Counter::new(5), ResyncWindow::default()));
            outcome(shown == wrong);
        }
    }
}

/// The right codes, those of one step earlier, codes with a wrong one in each place, and used codes.
fn verify_in_a_row() {
    let now = UnixTime::from_secs(1_700_000_010);
    for algorithm in [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512] {
        for digits in [Digits::Six, Digits::Seven, Digits::Eight] {
            let key: [u8; 20] = SECRET.try_into().expect("20 bytes");
            let known = Totp::new(
                &Secret::new(&key).expect("a secret"),
                TotpParams::new(algorithm, digits, Period::DEFAULT),
            );
            let totp = Totp::new(&Secret::new(&secret(key)).expect("a secret"), known.params());
            let count = usize::from(CodesInARow::count(digits));
            let width = usize::from(digits.count());
            for last in [now.as_secs(), now.as_secs() - 30] {
                let first = last - 30 * (count as u64 - 1);
                let shown = (0..count as u64).map(|place| UnixTime::from_secs(first + 30 * place));
                let shown: String = shown.map(|at| known.generate(at).expose().to_owned()).collect();
                for wrong in (0..count).map(Some).chain([None]) {
                    let mut typed = shown.clone();
                    if let Some(place) = wrong {
                        typed.replace_range(place * width..(place + 1) * width, &"0".repeat(width));
                    }
                    // Reading the codes branches on whether the characters are digits, which is public. They
                    // are undefined only after that.
                    let typed = CodesInARow::parse(&typed, digits).expect("codes in a row");
                    for code in typed.codes() {
                        valgrind::make_undefined(code.expose());
                    }
                    for after in [None, totp.time_step(now)] {
                        outcome(totp.verify_in_a_row(&typed, now, Window::DEFAULT, after));
                    }
                }
            }
        }
    }
}

fn comparisons() {
    let known = Secret::new(SECRET).expect("a secret");
    let key: [u8; 20] = SECRET.try_into().expect("20 bytes");
    outcome(known == Secret::new(&secret(key)).expect("a secret"));
    let digest = RecoveryCodeDigest::from_bytes([7; 16]);
    outcome(digest == RecoveryCodeDigest::from_bytes(secret([7; 16])));
    outcome(digest == RecoveryCodeDigest::from_bytes(secret([8; 16])));
    let code = RecoveryCode::parse("MFRGG-ZDFMZ-TWQ2L-KNNWG-23TPOA").expect("a recovery code");
    let stored = code.digest("alice");
    valgrind::make_undefined(&code);
    outcome(code.digest("alice") == stored);
    outcome(code == code.clone());
}

fn secret<const N: usize>(bytes: [u8; N]) -> [u8; N] {
    let bytes = black_box(bytes);
    valgrind::make_undefined(&bytes);
    bytes
}

/// Marks an outcome as public.
fn outcome<T>(value: T) {
    valgrind::make_defined(&value);
    drop(black_box(value));
}
