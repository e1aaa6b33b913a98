//! Recovery codes: entropy, spelling, digests (A19, SP 800-63B look-up secrets, ASVS 6.5).

use std::collections::HashSet;

use proptest::prelude::*;
use second_factor::enrollment::{EnrollmentError, RecoveryCodeDigest, RecoveryCodeError};
use second_factor::{RecoveryCode, RecoveryCodes};

use crate::support::{Broken, BrokenRng, CountingRng};

fn codes() -> RecoveryCodes {
    let Ok(codes) = RecoveryCodes::generate(&mut CountingRng::new(3));
    codes
}

fn refused(text: &str) -> RecoveryCodeError {
    RecoveryCode::parse(text).expect_err(text)
}

/// At least 112 bits, so that one approved hash is enough (SP 800-63B look-up secrets, ASVS 6.5.2). Counts the random bytes too.
#[test]
fn asvs_6_5_2_ten_codes_of_128_bits_from_160_random_bytes() {
    const { assert!(RecoveryCode::LEN * 8 >= 112) };
    assert_eq!((RecoveryCodes::COUNT, RecoveryCodes::ENTROPY_LEN), (10, 160));
    let mut rng = CountingRng::new(3);
    let Ok(codes) = RecoveryCodes::generate(&mut rng);
    assert_eq!(rng.bytes_taken(), 160);
    let texts: HashSet<String> = codes.iter().map(|code| code.to_text().expose().to_owned()).collect();
    assert_eq!(texts.len(), 10);
    let mut entropy = [0; 160];
    CountingRng::new(3).fill(&mut entropy);
    assert!(codes.iter().eq(RecoveryCodes::from_entropy(&entropy).iter()));
}

/// Each of the 1280 bits makes a difference.
#[test]
fn no_bit_of_the_entropy_is_lost() {
    let texts = |entropy: &[u8; 160]| RecoveryCodes::from_entropy(entropy).to_lines().expose().to_owned();
    let zero = texts(&[0; 160]);
    let mut seen = HashSet::from([zero]);
    for bit in 0..1280 {
        let mut entropy = [0; 160];
        entropy[bit / 8] = 1 << (bit % 8);
        assert!(seen.insert(texts(&entropy)), "bit {bit}");
    }
}

#[test]
fn f28_a_failing_generator_gives_its_error_and_no_codes() {
    assert_eq!(RecoveryCodes::generate(&mut BrokenRng).unwrap_err(), Broken);
}

#[test]
fn a19_case_spaces_and_dashes_are_ignored() {
    for code in &codes() {
        let shown = code.to_text();
        let shown = shown.expose();
        assert_eq!(shown.len(), 30);
        assert_eq!(shown.split('-').map(str::len).collect::<Vec<_>>(), [5, 5, 5, 5, 6]);
        for typed in [
            shown.to_owned(),
            shown.to_lowercase(),
            shown.replace('-', ""),
            shown.replace('-', " "),
            shown.replace('-', " \u{2013} "),
            format!("\t {shown}\r\n"),
            shown.replace('O', "0").replace('I', "1").replace('B', "8"),
            shown.chars().map(|character| format!("{character}-")).collect(),
        ] {
            assert_eq!(RecoveryCode::parse(&typed), Ok(code.clone()), "{typed}");
        }
    }
}

#[test]
fn other_texts_are_refused_with_their_kind() {
    let codes = codes();
    let shown = codes.iter().next().unwrap().to_text().expose().to_owned();
    assert_eq!(refused(""), RecoveryCodeError::Length { found: 0 });
    assert_eq!(
        refused("123 456"),
        RecoveryCodeError::Length { found: 6 },
        "a code of the app has six digits"
    );
    assert_eq!(refused(&shown[1..]), RecoveryCodeError::Length { found: 25 });
    assert_eq!(refused(&format!("{shown}A")), RecoveryCodeError::Length { found: 27 });
    assert_eq!(refused("ABC9"), RecoveryCodeError::Character { position: 3 });
    assert_eq!(refused("ABC=D"), RecoveryCodeError::Character { position: 3 });
    assert_eq!(refused("АBCDE"), RecoveryCodeError::Character { position: 0 }, "a Cyrillic letter");
    assert_eq!(refused(&"A".repeat(257)), RecoveryCodeError::TooLong);
    assert_eq!(refused(&"A".repeat(1 << 20)), RecoveryCodeError::TooLong);
}

/// 26 characters have two bits more than the code: one spelling only, not four (RFC 4648 §3.5).
#[test]
fn the_last_character_has_one_spelling() {
    let read = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
        .iter()
        .filter(|&&last| RecoveryCode::parse(&format!("{}{}", "A".repeat(25), char::from(last))).is_ok());
    assert_eq!(read.count(), 8);
    assert_eq!(refused(&format!("{}B", "A".repeat(25))), RecoveryCodeError::LastCharacter);
}

/// A19: only a hash is stored. It depends on the account and differs from the digests of other uses.
#[test]
fn a19_digest_is_bound_to_the_account() {
    let codes = codes();
    let mut digests = HashSet::new();
    for account in ["alice", "bob", "", "alicf", "ALICE"] {
        for (code, digest) in codes.iter().zip(codes.digests(account)) {
            assert_eq!(code.digest(account), digest);
            assert!(digests.insert(*digest.as_bytes()), "{account}");
        }
    }
    assert_eq!(digests.len(), 50);
}

/// The stored form as a constant. If it changed, no stored code would be accepted any more.
#[test]
fn digest_known_answer() {
    let code = RecoveryCode::parse("AAAAAAAAAAAAAAAAAAAAAAAAAA").unwrap();
    let hex: String = code.digest("alice").as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, KNOWN_DIGEST);
}

/// The first half of SHA-256 over these, each preceded by its length in 8 bytes: the domain, "alice", 16 zero bytes.
const KNOWN_DIGEST: &str = "56fd00297a93504b537391b4eaa90c5c";

#[test]
fn lines_for_a_download() {
    let codes = codes();
    let text = codes.to_lines();
    let lines: Vec<&str> = text.expose().lines().collect();
    assert_eq!(lines.len(), 10);
    assert!(text.expose().ends_with('\n'));
    for (line, code) in lines.iter().zip(&codes) {
        assert_eq!(RecoveryCode::parse(line).as_ref(), Ok(code));
    }
}

#[test]
fn debug_and_errors_show_nothing_of_the_code() {
    let codes = codes();
    let code = codes.iter().next().unwrap();
    let told = format!("{codes:?} {code:?} {:?} {:?}", code.digest("alice"), code.to_text());
    assert_eq!(told, "RecoveryCodes(..) RecoveryCode(..) RecoveryCodeDigest(..) SecretText(..)");
    for text in ["PLANTED", "PLANTED9", "PLANTEDPLANTEDPLANTEDPLANR", "PLANTEDPLANTEDPLANTEDPLANTEDPLANTED"] {
        let error = refused(text);
        assert!(!format!("{error} {error:?} {}", EnrollmentError::from(error)).contains("PLANT"), "{error}");
    }
}

#[cfg(feature = "serde")]
#[test]
fn digest_in_serde_is_canonical_base32_text() {
    let digest = codes().iter().next().unwrap().digest("alice");
    let json = serde_json::to_string(&digest).unwrap();
    assert_eq!(json.len(), 26 + 2);
    let back: RecoveryCodeDigest = serde_json::from_str(&json).unwrap();
    assert_eq!(back, digest);
    let dirty = format!("\"{}B\"", "A".repeat(25));
    for refused in [&json.to_lowercase(), "\"\"", "\"MZXW6YQ\"", "7", &dirty, &json.replace('"', "\"=")] {
        assert!(serde_json::from_str::<RecoveryCodeDigest>(refused).is_err(), "{refused}");
    }
}

proptest! {
    #[test]
    fn any_text_is_a_code_or_an_error(text in "\\PC{0,300}") {
        prop_assert_eq!(text.parse::<RecoveryCode>(), RecoveryCode::parse(&text));
        if let Ok(code) = RecoveryCode::parse(&text) {
            prop_assert_eq!(RecoveryCode::parse(code.to_text().expose()), Ok(code));
        }
    }

    #[test]
    fn what_is_shown_is_read(entropy in proptest::collection::vec(any::<u8>(), 160)) {
        let entropy: [u8; 160] = entropy.try_into().unwrap();
        for code in &RecoveryCodes::from_entropy(&entropy) {
            prop_assert_eq!(&RecoveryCode::parse(code.to_text().expose()).unwrap(), code);
        }
    }
}

#[test]
fn a19_codes_and_digests_differ_by_any_symbol() {
    let [one, other] = ["MFRGG-ZDFMZ-TWQ2L-KNNWG-23TPOA", "MFRGG-ZDFMZ-TWQ2L-KNNWG-23TPOE"]
        .map(|text| RecoveryCode::parse(text).unwrap());
    assert_eq!(one, one.clone());
    assert_ne!(one, other);
    assert_eq!(one.digest("alice"), one.digest("alice"));
    assert_ne!(one.digest("alice"), other.digest("alice"));
}

#[test]
fn the_longest_text_is_read_and_no_longer_one() {
    let [longest, longer] = [0, 1].map(|more| {
        let text = codes().iter().next().unwrap().to_text();
        format!("{:1$}", text.expose(), RecoveryCode::MAX_TEXT_LEN + more)
    });
    assert!(RecoveryCode::parse(&longest).is_ok());
    assert_eq!(refused(&longer), RecoveryCodeError::TooLong);
}
