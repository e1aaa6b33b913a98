//! QR codes: the matrix, the three renderings, and what `zbarimg` reads from them.

use std::fmt::Write as _;
use std::process::Command;

use proptest::prelude::*;
use second_factor::enrollment::{EnrollmentError, KeyUriError, LabelPart};
use second_factor::otp::Counter;
use second_factor::session::PolicyError;
use second_factor::{Algorithm, Digits, KeyUri, Period, Policy, QrCode, Secret};

fn uri(issuer: &str, account: &str, algorithm: Algorithm) -> KeyUri {
    let bytes = vec![0xa5; algorithm.output_len()];
    KeyUri::totp(issuer, account, Secret::new(&bytes).unwrap(), algorithm, Digits::Six, Period::DEFAULT)
        .unwrap()
}

fn codes() -> Vec<(KeyUri, QrCode)> {
    [
        uri("ACME", "alice", Algorithm::Sha1),
        uri("ACME Co", "alice@example.com", Algorithm::Sha256),
        uri("喵 と Nyaa", "Ünïcödé & + %", Algorithm::Sha512),
    ]
    .map(|uri| (uri.clone(), QrCode::new(&uri).unwrap()))
    .into()
}

/// ISO/IEC 18004: sizes, the three finder patterns, the timing patterns.
#[test]
fn matrix_has_its_fixed_patterns() {
    for (_, code) in codes() {
        let size = code.size();
        assert!((21..=177).contains(&size) && size % 4 == 1, "{size}");
        for (left, top) in [(0, 0), (size - 7, 0), (0, size - 7)] {
            for (x, y) in (0..7).flat_map(|x| (0..7).map(move |y| (x, y))) {
                let ring = [x, y, 6 - x, 6 - y].into_iter().min().unwrap();
                assert_eq!(code.is_dark(left + x, top + y), ring != 1, "{x} {y}");
            }
        }
        for index in 8..size - 8 {
            assert_eq!(code.is_dark(index, 6), index % 2 == 0);
            assert_eq!(code.is_dark(6, index), index % 2 == 0);
        }
        for outside in [size, size + 1, usize::MAX] {
            assert!(
                !code.is_dark(outside, 0) && !code.is_dark(0, outside) && !code.is_dark(outside, outside)
            );
        }
    }
}

#[test]
fn svg_is_self_contained_with_quiet_zone_and_fixed_background() {
    for (uri, code) in codes() {
        let svg = code.svg();
        let svg = svg.expose();
        let side = code.size() + 2 * QrCode::QUIET_ZONE;
        assert!(svg.contains(&format!("viewBox=\"0 0 {side} {side}\"")));
        assert!(svg.contains(&format!("<rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/>")));
        assert!(svg.contains("shape-rendering=\"crispEdges\"") && svg.contains("<title>QR code</title>"));
        assert!(
            svg.is_ascii() && svg.matches("http").count() == 1,
            "another URL than that of the name space"
        );
        for secret in [uri.to_uri().expose(), uri.secret().to_base32().expose(), uri.account_name()] {
            assert!(!svg.contains(secret));
        }
        assert_eq!(painted(svg), matrix(&code));
    }
}

/// The dark modules that the SVG path paints. The coordinates include the quiet zone.
fn painted(svg: &str) -> Vec<(usize, usize)> {
    let path = svg.split(" d=\"").nth(1).unwrap().split('"').next().unwrap();
    let mut dark = Vec::new();
    for run in path.split('M').skip(1) {
        let (x, rest) = run.split_once(' ').unwrap();
        let (y, rest) = rest.split_once('h').unwrap();
        let (width, back) = rest.split_once("v1h-").unwrap();
        assert_eq!(back, format!("{width}z"));
        let [x, y, width] = [x, y, width].map(|number| number.parse::<usize>().unwrap());
        dark.extend((x..x + width).map(|x| (y, x)));
    }
    dark
}

fn matrix(code: &QrCode) -> Vec<(usize, usize)> {
    let cells = (0..code.size()).flat_map(|y| (0..code.size()).map(move |x| (y, x)));
    cells.filter(|&(y, x)| code.is_dark(x, y)).map(|(y, x)| (y + 4, x + 4)).collect()
}

#[test]
fn terminal_text_is_black_on_white_whatever_the_theme() {
    for (_, code) in codes() {
        let text = code.terminal();
        let side = code.size() + 8;
        assert_eq!(text.expose().lines().count(), side.div_ceil(2));
        let mut dark = Vec::new();
        for (row, line) in text.expose().lines().enumerate() {
            let cells = line.strip_prefix("\x1b[38;5;16;48;5;231m").unwrap().strip_suffix("\x1b[0m").unwrap();
            assert_eq!(cells.chars().count(), side);
            for (x, cell) in cells.chars().enumerate() {
                if "█▀".contains(cell) {
                    dark.push((2 * row, x));
                }
                if "█▄".contains(cell) {
                    dark.push((2 * row + 1, x));
                }
                assert!("█▀▄ ".contains(cell));
            }
        }
        dark.sort_unstable();
        assert_eq!(dark, matrix(&code));
    }
}

#[test]
fn a_uri_that_is_too_long_is_a_typed_error() {
    let long = KeyUri::parse(&format!("otpauth://totp/A:b?secret=AAAA&x={}", "y".repeat(2_400))).unwrap();
    let error = QrCode::new(&long).unwrap_err();
    assert_eq!(error.found, long.to_uri().expose().len());
    assert_eq!(EnrollmentError::from(error).to_string(), error.to_string());
    let shorter = KeyUri::parse(&format!("otpauth://totp/A:b?secret=AAAA&x={}", "y".repeat(2_250))).unwrap();
    assert!(QrCode::new(&shorter).is_ok());
}

/// Names of about `max_len` printed bytes, nearly all of them escaped. A colon is printed as three bytes.
fn longest_name(max_len: usize, pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(pieces), max_len).prop_map(move |pieces| {
        let mut room = max_len;
        let fits = |piece: &&str| match room.checked_sub(piece.replace(':', "\u{2236}").len()) {
            Some(left) => {
                room = left;
                true
            }
            None => false,
        };
        pieces.into_iter().filter(fits).collect()
    })
}

fn draws(
    issuer: &str,
    account: &str,
    secret_len: usize,
    params: (Algorithm, Digits),
    secs: u32,
    counter: u64,
) -> usize {
    let secret = Secret::new(&vec![0xa5; secret_len]).unwrap();
    let (algorithm, digits) = params;
    let period = Period::from_secs(secs).unwrap();
    let totp = KeyUri::totp(issuer, account, secret.clone(), algorithm, digits, period).unwrap();
    let hotp = KeyUri::hotp(issuer, account, secret, algorithm, digits, Counter::new(counter)).unwrap();
    for uri in [&totp, &hotp] {
        assert!(QrCode::new(uri).is_ok(), "{} bytes", uri.to_uri().expose().len());
        assert_eq!(KeyUri::parse_strict(uri.to_uri().expose()).as_ref(), Ok(uri));
    }
    hotp.to_uri().expose().len()
}

/// The longest URI leaves 59 of the 2,331 bytes that a QR code holds.
#[test]
fn g18_a_qr_code_of_the_longest_uri_can_be_drawn() {
    let issuer = "%".repeat(KeyUri::MAX_ISSUER_LEN);
    let account = format!("{}%%", ":".repeat(KeyUri::MAX_ACCOUNT_NAME_LEN / 3));
    let params = (Algorithm::Sha512, Digits::Eight);
    assert_eq!(draws(&issuer, &account, Secret::MAX_LEN, params, Period::MAX_SECS, u64::MAX), 2_272);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn g18_a_qr_code_can_always_be_drawn(
        issuer in longest_name(KeyUri::MAX_ISSUER_LEN, &["喵", "é", "%", "&", "\u{10ffff}", "a"]),
        account in longest_name(KeyUri::MAX_ACCOUNT_NAME_LEN, &[":", "喵", "é", "%", "\u{10ffff}", "a"]),
        secret_len in prop_oneof![1..=Secret::MAX_LEN, Just(Secret::MAX_LEN)],
        algorithm in prop::sample::select(vec![Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512]),
        digits in prop::sample::select(vec![Digits::Six, Digits::Seven, Digits::Eight]),
        secs in 1..=Period::MAX_SECS,
        counter in any::<u64>(),
    ) {
        draws(&issuer, &account, secret_len, (algorithm, digits), secs, counter);
    }
}

/// Two names of 255 bytes of Chinese, once accepted, fitted no QR code. They are refused before anything is stored.
#[test]
fn g18_the_pair_that_fitted_no_qr_code_is_refused() {
    let long = "喵".repeat(85);
    assert_eq!(
        Policy::new(long.as_str()).unwrap_err(),
        PolicyError::Issuer(KeyUriError::NameTooLong { part: LabelPart::Issuer, found: 255 })
    );
    let issuer = "喵".repeat(KeyUri::MAX_ISSUER_LEN / 3);
    assert!(Policy::new(issuer.as_str()).is_ok());
    assert!(QrCode::new(&uri(&issuer, &long, Algorithm::Sha512)).is_ok());
}

#[test]
fn debug_shows_only_the_size() {
    let code = QrCode::new(&uri("ACME", "alice", Algorithm::Sha1)).unwrap();
    assert_eq!(format!("{code:?}"), format!("QrCode {{ size: {}, .. }}", code.size()));
    assert_eq!(format!("{:?} {:?}", code.svg(), code.terminal()), "SecretText(..) SecretText(..)");
}

/// Needs the program `zbarimg`. Without it the test is skipped with a line, and fails with `REQUIRE_ALL=1`.
#[test]
fn zbarimg_reads_the_uri_back() {
    if Command::new("zbarimg").arg("--version").output().is_err() {
        assert_ne!(std::env::var("REQUIRE_ALL").as_deref(), Ok("1"), "zbarimg is missing");
        // To the stream itself, because the output of a passing test is not shown.
        let _ = std::io::Write::write_all(&mut std::io::stderr(), b"skipped: zbarimg is missing\n");
        return;
    }
    for (index, (uri, code)) in codes().into_iter().enumerate() {
        let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("qr-{index}.pgm"));
        std::fs::write(&file, pgm(&code)).unwrap();
        let output = Command::new("zbarimg").args(["--quiet", "--raw"]).arg(&file).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(text.trim_end(), uri.to_uri().expose());
        assert_eq!(KeyUri::parse_strict(text.trim_end()), Ok(uri));
    }
}

/// Four pixels for each module.
fn pgm(code: &QrCode) -> String {
    let side = (code.size() + 8) * 4;
    let mut image = format!("P2\n{side} {side}\n1\n");
    for y in 0..side {
        for x in 0..side {
            let inside = |at: usize| (at / 4).checked_sub(QrCode::QUIET_ZONE).unwrap_or(usize::MAX);
            let _ = write!(image, "{} ", u8::from(!code.is_dark(inside(x), inside(y))));
        }
        image.push('\n');
    }
    image
}
