//! The work that is measured.

use std::hint::black_box;

use second_factor::otp::{Counter, LookAhead, Verdict};
use second_factor::session::{Keys, SealingKey};
use second_factor::{
    AccountRecord, Algorithm, Code, Digits, Hotp, KeyRing, KeyUri, Period, Remember, Secret, Totp,
    TotpParams, UnixTime, Window,
};
use second_factor_benches::{KEY_URI, SECRET, Service, without_a_seal};

use crate::contest::Aim::{self, AtMost, Faster, None as NoAim};
use crate::contest::{Contest, Timed, timed, timed_after};

const NOW: u64 = 1_700_000_010;

/// A code that is wrong for all steps around [`NOW`] with each algorithm; every verification asserts it.
const WRONG: &str = "000000";

pub fn all() -> Vec<Contest> {
    let mut all = Vec::new();
    for hash in [&SHA1, &SHA256, &SHA512] {
        all.push(
            Contest::new(hash.keyed, keyed(hash.algorithm))
                .against("totp-rs, rejected", totp_rs_check(hash.totp_rs), hash.aims.totp_rs)
                .against("totp-rfc, key each time", totp_rfc_check(hash.totp_rfc), hash.aims.totp_rfc)
                .against("6 compressions, chained", (hash.chained)(6), hash.aims.chained)
                .against("6 compressions, overlapping", (hash.window)(0), NoAim),
        );
        all.push(
            Contest::new(hash.fresh, fresh(hash.algorithm))
                .against("totp-rs, built and rejected", totp_rs_fresh(hash.totp_rs), NoAim)
                .against("totp-rfc, key each time", totp_rfc_check(hash.totp_rfc), NoAim)
                .against("8 compressions, chained", (hash.chained)(8), NoAim)
                .against("8 compressions, overlapping", (hash.window)(2), NoAim),
        );
    }
    all.push(generate());
    all.push(hotp());
    all.push(key_uri());
    all.extend(second_step());
    all
}

struct Hash {
    keyed: &'static str,
    fresh: &'static str,
    algorithm: Algorithm,
    totp_rs: totp_rs::Algorithm,
    totp_rfc: totp_rfc::Algorithm,
    aims: Aims,
    /// This many compressions, each of the state that the one before left.
    chained: fn(u64) -> Timed,
    /// This many independent compressions, then three independent ones, then three that each need one of
    /// those: the shape of a window, with what the processor can overlap in it.
    window: fn(usize) -> Timed,
}

/// The aims of a verification with the key set up.
struct Aims {
    totp_rs: Aim,
    totp_rfc: Aim,
    chained: Aim,
}

macro_rules! hash {
    ($name:literal, $algorithm:ident, $compress:path, $word:ty, $state:literal, $block:literal, $aims:expr) => {
        Hash {
            keyed: concat!("verify, window ±1, key set up, ", $name),
            fresh: concat!("set up the key and verify, ", $name),
            algorithm: Algorithm::$algorithm,
            totp_rs: totp_rs_algorithm(Algorithm::$algorithm),
            totp_rfc: totp_rfc_algorithm(Algorithm::$algorithm),
            aims: $aims,
            chained: |count| {
                let mut state: [$word; $state] = [1; $state];
                let block = [[7_u8; $block]];
                timed(move || {
                    for _ in 0..count {
                        $compress(&mut state, black_box(&block));
                    }
                    state
                })
            },
            window: |first| {
                let block = [[7_u8; $block]];
                timed(move || {
                    let mut states: [[$word; $state]; 3] = [[1; $state]; 3];
                    for state in states.iter_mut().take(first) {
                        $compress(state, black_box(&block));
                    }
                    let mut states: [[$word; $state]; 3] = [[1; $state]; 3];
                    for state in &mut states {
                        $compress(state, black_box(&block));
                    }
                    for state in &mut states {
                        $compress(state, black_box(&block));
                    }
                    black_box(&states);
                })
            },
        }
    };
}

static SHA1: Hash = hash!(
    "SHA-1",
    Sha1,
    sha1::block_api::compress,
    u32,
    5,
    64,
    Aims { totp_rs: Faster(2.3), totp_rfc: Faster(2.7), chained: AtMost(1.25) }
);
static SHA256: Hash = hash!(
    "SHA-256",
    Sha256,
    sha2::block_api::compress256,
    u32,
    8,
    64,
    Aims { totp_rs: Faster(1.9), totp_rfc: NoAim, chained: AtMost(1.25) }
);
static SHA512: Hash = hash!(
    "SHA-512",
    Sha512,
    sha2::block_api::compress512,
    u64,
    8,
    128,
    Aims { totp_rs: NoAim, totp_rfc: NoAim, chained: NoAim }
);

const fn totp_rs_algorithm(algorithm: Algorithm) -> totp_rs::Algorithm {
    match algorithm {
        Algorithm::Sha1 => totp_rs::Algorithm::SHA1,
        Algorithm::Sha256 => totp_rs::Algorithm::SHA256,
        Algorithm::Sha512 => totp_rs::Algorithm::SHA512,
    }
}

const fn totp_rfc_algorithm(algorithm: Algorithm) -> totp_rfc::Algorithm {
    match algorithm {
        Algorithm::Sha1 => totp_rfc::Algorithm::Sha1,
        Algorithm::Sha256 => totp_rfc::Algorithm::Sha256,
        Algorithm::Sha512 => totp_rfc::Algorithm::Sha512,
    }
}

fn secret() -> Secret {
    Secret::new(SECRET).unwrap()
}

fn params(algorithm: Algorithm) -> TotpParams {
    TotpParams::new(algorithm, Digits::Six, Period::DEFAULT)
}

/// Does all the work from the typed text to the refusal.
fn refuse(totp: &Totp) {
    let code = Code::parse(black_box(WRONG), Digits::Six).unwrap();
    let verdict = totp.verify(&code, black_box(UnixTime::from_secs(NOW)), Window::DEFAULT, None);
    assert_eq!(verdict, Verdict::Wrong);
}

fn keyed(algorithm: Algorithm) -> Timed {
    let totp = Totp::new(&secret(), params(algorithm));
    timed(move || refuse(black_box(&totp)))
}

fn fresh(algorithm: Algorithm) -> Timed {
    let secret = secret();
    timed(move || refuse(&Totp::new(black_box(&secret), params(algorithm))))
}

fn totp_rs(algorithm: totp_rs::Algorithm) -> totp_rs::Totp {
    let builder = totp_rs::Builder::new().with_algorithm(algorithm).with_digits(6).with_skew(1);
    builder.with_secret(SECRET.to_vec()).with_account_name("alice").build().unwrap()
}

fn totp_rs_check(algorithm: totp_rs::Algorithm) -> Timed {
    let totp = totp_rs(algorithm);
    timed(move || assert!(black_box(&totp).check(black_box(WRONG), black_box(NOW)).is_none()))
}

fn totp_rs_fresh(algorithm: totp_rs::Algorithm) -> Timed {
    timed(move || assert!(totp_rs(black_box(algorithm)).check(black_box(WRONG), black_box(NOW)).is_none()))
}

fn totp_rfc_check(algorithm: totp_rfc::Algorithm) -> Timed {
    timed(move || {
        let secret = totp_rfc::Secret::new(black_box(SECRET)).unwrap();
        let totp = totp_rfc::Totp::new(algorithm, totp_rfc::Digits::SIX, 30, 0).unwrap();
        let window = totp_rfc::ValidationWindow::new(1, 1);
        assert!(totp.verify_window(&secret, black_box(NOW), window, black_box(WRONG)).unwrap().is_none());
    })
}

fn generate() -> Contest {
    let ours = Totp::new(&secret(), params(Algorithm::Sha1));
    let theirs = totp_rs(totp_rs::Algorithm::SHA1);
    let rfc = totp_rfc::Totp::default();
    Contest::new(
        "generate one code, key set up",
        timed(move || black_box(&ours).generate(black_box(UnixTime::from_secs(NOW)))),
    )
    .against("totp-rs", timed(move || black_box(&theirs).generate(black_box(NOW))), Faster(1.0))
    .against(
        "totp-rfc, key each time",
        timed(move || {
            let secret = totp_rfc::Secret::new(black_box(SECRET)).unwrap();
            rfc.generate(&secret, black_box(NOW)).unwrap()
        }),
        Faster(1.0),
    )
    .against("2 compressions, chained", (SHA1.chained)(2), NoAim)
}

fn hotp() -> Contest {
    let verify = |look_ahead: u16| {
        let hotp = Hotp::new(&secret(), Algorithm::Sha1, Digits::Six);
        let look_ahead = LookAhead::new(look_ahead).unwrap();
        timed(move || {
            let code = Code::parse(black_box("000000"), Digits::Six).unwrap();
            black_box(&hotp).verify(&code, black_box(Counter::new(1_000)), look_ahead)
        })
    };
    let rfc = timed(|| {
        let secret = totp_rfc::Secret::new(black_box(SECRET)).unwrap();
        totp_rfc::Hotp::default().verify_window(&secret, black_box(1_000), 100, black_box("000000"))
    });
    Contest::new("HOTP, look-ahead 100", verify(100))
        .against("totp-rfc, key each time", rfc, NoAim)
        .against("200 compressions, chained", (SHA1.chained)(200), NoAim)
        .against("HOTP, look-ahead 50", verify(50), NoAim)
}

fn key_uri() -> Contest {
    Contest::new("parse a key URI", timed(|| KeyUri::parse(black_box(KEY_URI)).unwrap())).against(
        "totp-rs, from_url",
        timed(|| totp_rs::Totp::from_url(black_box(KEY_URI)).unwrap()),
        Faster(1.0),
    )
}

/// Does all the work from the typed code to the stored record.
fn present(keys: impl Into<Keys>) -> Timed {
    let service = std::rc::Rc::new(Service::enrolled(keys));
    let verifier = service.clone();
    timed_after(
        move || (service.challenge(), service.code()),
        move |(challenge, code)| verifier.present(&challenge, &code, Remember::No),
    )
}

fn second_step() -> [Contest; 2] {
    let ring = || KeyRing::new(1, SealingKey::new([7; 32]));
    let service = Service::enrolled(ring());
    let _ = service.remember();
    let record = service.record();
    let json = serde_json::to_vec(&record).unwrap();
    let serde = timed(move || {
        black_box(serde_json::to_vec(black_box(&record)).unwrap());
        serde_json::from_slice::<AccountRecord>(black_box(&json)).unwrap()
    });
    let argon2 = timed(|| {
        let mut hash = [0; 32];
        argon2::Argon2::default().hash_password_into(b"hunter2", b"0123456789abcdef", &mut hash).unwrap();
        hash
    });
    // Argon2 has its own contest: it fills so much memory that nothing stays in the caches for what is measured
    // next.
    [
        Contest::new("one whole second step, MemoryStore", present(ring()))
            .against("the same without a seal", present(without_a_seal()), NoAim)
            .against("the record to JSON and back", serde, NoAim),
        Contest::new("the same beside a password hash", present(ring())).against(
            "one Argon2id hash",
            argon2,
            NoAim,
        ),
    ]
}
