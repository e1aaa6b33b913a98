//! Base32 of secrets: RFC 4648 §3.3, §3.5, §6 and §10, both the strict form and what people type.

use proptest::prelude::*;
use second_factor::Secret;
use second_factor::enrollment::{Base32Error, Base32Secret};

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn lenient(text: &str) -> Result<Vec<u8>, Base32Error> {
    Secret::from_base32(text).map(|secret| secret.expose().to_vec())
}

fn strict(text: &str) -> Result<Vec<u8>, Base32Error> {
    Secret::from_base32_strict(text).map(|secret| secret.expose().to_vec())
}

/// RFC 4648 §10.
#[test]
fn rfc4648_10_vectors() {
    for (bytes, text) in [
        ("f", "MY======"),
        ("fo", "MZXQ===="),
        ("foo", "MZXW6==="),
        ("foob", "MZXW6YQ="),
        ("fooba", "MZXW6YTB"),
        ("foobar", "MZXW6YTBOI======"),
    ] {
        assert_eq!(strict(text), Ok(bytes.as_bytes().to_vec()));
        assert_eq!(strict(text.trim_end_matches('=')), Ok(bytes.as_bytes().to_vec()));
        let secret = Secret::new(bytes.as_bytes()).unwrap();
        assert_eq!(secret.to_base32().expose(), text.trim_end_matches('='));
    }
    assert_eq!(strict(""), Err(Base32Error::Empty));
}

/// RFC 4648 §3.3: no character outside the alphabet, except separators in the lenient form.
#[test]
fn rfc4648_3_3_characters_outside_the_alphabet() {
    for byte in 0..=0x7f_u8 {
        let text = format!("MZXW{}6YQ", char::from(byte));
        let forgiven = matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'-');
        let found = lenient(&text);
        if ALPHABET.contains(&byte.to_ascii_uppercase()) {
            assert!(found.is_ok(), "{byte}");
        } else if forgiven {
            assert_eq!(found, Ok(b"foob".to_vec()), "{byte}");
        } else if byte == b'=' {
            assert_eq!(found, Err(Base32Error::Padding { position: 5 }));
        } else {
            assert_eq!(found, Err(Base32Error::Character { position: 4 }), "{byte}");
        }
        assert_eq!(strict(&text).is_ok(), ALPHABET.contains(&byte), "{byte}");
    }
    assert_eq!(lenient("MZXWß6YQ"), Err(Base32Error::Character { position: 4 }));
}

/// RFC 4648 §3.5, exhaustively: every last symbol after 1 to 5 bytes, and every last symbol pair after one byte and after two.
#[test]
fn rfc4648_3_5_trailing_bits() {
    for (symbols, spare) in [(2, 2), (4, 4), (5, 1), (7, 3), (8, 0)] {
        for (value, &last) in ALPHABET.iter().enumerate() {
            let text = format!("{}{}", "A".repeat(symbols - 1), char::from(last));
            let dirty = value % (1 << spare) != 0;
            let read = Base32Secret::parse(&text).unwrap();
            assert_eq!(read.dropped_bits(), dirty, "{text}");
            assert_eq!(read.secret().bits(), symbols * 5 / 8 * 8);
            assert_eq!(strict(&text).is_err(), dirty, "{text}");
            assert_eq!(strict(read.secret().to_base32().expose()), lenient(&text));
        }
    }
    assert_eq!(strict("MZXW6YR"), Err(Base32Error::TrailingBits));
    for bytes in (0..=u16::MAX).map(u16::to_be_bytes) {
        for tail in [&bytes[1..], &bytes[..]] {
            let text = Secret::new(tail).unwrap().to_base32();
            assert_eq!(strict(text.expose()), Ok(tail.to_vec()));
        }
    }
}

/// RFC 4648 §6: tails of 2, 4, 5 and 7 symbols only.
#[test]
fn rfc4648_6_impossible_lengths() {
    for symbols in 1..=205 {
        let text = "A".repeat(symbols);
        let expected = !matches!(symbols % 8, 1 | 3 | 6);
        assert_eq!(lenient(&text).is_ok(), expected, "{symbols}");
        assert_eq!(strict(&text).is_ok(), expected, "{symbols}");
        if !expected {
            assert_eq!(lenient(&text), Err(Base32Error::Length { symbols }));
        }
    }
    assert_eq!(lenient(&"A".repeat(206)), Err(Base32Error::TooLong));
    assert_eq!(lenient(&"A".repeat(1 << 20)), Err(Base32Error::TooLong));
}

#[test]
fn padding_is_forgiven_in_any_amount_and_only_at_the_end() {
    for padding in 0..20 {
        let text = format!("MZXW6YQ{}", "=".repeat(padding));
        assert_eq!(lenient(&text), Ok(b"foob".to_vec()), "{padding}");
        assert_eq!(strict(&text).is_ok(), padding <= 1, "{padding}");
    }
    assert_eq!(lenient("MZ=XW6YQ"), Err(Base32Error::Padding { position: 3 }));
    assert_eq!(lenient("=MZXW6YQ"), Err(Base32Error::Padding { position: 1 }));
    assert_eq!(lenient("MY======MY======"), Err(Base32Error::Padding { position: 8 }));
    assert_eq!(lenient("===="), Err(Base32Error::Empty));
    assert_eq!(lenient(" - "), Err(Base32Error::Empty));
}

#[test]
fn other_spellings_are_read_and_reported() {
    let read = Base32Secret::parse("mzxw-6ytb oi").unwrap();
    assert_eq!(read.secret().expose(), b"foobar");
    assert!(read.respelled() && !read.dropped_bits());
    assert!(!Base32Secret::parse("MZXW6YTBOI").unwrap().respelled());
    assert_eq!(strict("mZXW6YTB"), Err(Base32Error::Spelling { position: 0 }));
    assert_eq!(strict("MZXW 6YTB"), Err(Base32Error::Spelling { position: 4 }));
    assert_eq!(strict("MZXW 6YQ=="), Err(Base32Error::Spelling { position: 4 }));
}

#[test]
fn padding_of_a_wrong_length_is_refused_strictly_where_it_begins() {
    for text in ["MZXW6YQ==", "MZXW6YQ====", "MZXW6YQ= =", "MZXW6YQ== "] {
        assert_eq!(strict(text), Err(Base32Error::Spelling { position: 7 }), "{text:?}");
    }
}

#[test]
fn setup_key_is_grouped_and_redacted() {
    let key = Secret::new(b"12345678901").unwrap().to_base32();
    assert_eq!(key.grouped().expose(), "GEZD GNBV GY3T QOJQ GE");
    assert_eq!(format!("{key:?} {:?}", key.grouped()), "SetupKey(..) SecretText(..)");
    assert_eq!(lenient(key.grouped().expose()), Ok(b"12345678901".to_vec()));
}

#[test]
fn errors_and_debug_show_nothing_of_the_text() {
    for text in ["PLANTEDSECRET1", "PLANTEDSECRE", "PLANTED=SECRET", "plantedsecret"] {
        for error in [Secret::from_base32(text).err(), Secret::from_base32_strict(text).err()] {
            let told = error.map_or(String::new(), |error| format!("{error} {error:?}")).to_uppercase();
            assert!(!told.contains("PLANT"), "{told}");
        }
    }
    let read = Base32Secret::parse("PLANTEDSECRET").unwrap();
    assert!(!format!("{read:?}").contains("PLANT"));
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(bytes in proptest::collection::vec(any::<u8>(), 1..=128)) {
        let text = Secret::new(&bytes).unwrap().to_base32();
        prop_assert!(text.expose().bytes().all(|symbol| ALPHABET.contains(&symbol)));
        prop_assert_eq!(strict(text.expose()), Ok(bytes.clone()));
        prop_assert_eq!(lenient(&text.grouped().expose().to_lowercase()), Ok(bytes));
    }

    /// Decoded text was in the profile, and its canonical form decodes to the same bytes.
    #[test]
    fn what_is_decoded_is_in_the_profile(text in "[A-Za-z2-9=\\- é]{0,40}") {
        prop_assert_eq!(text.parse::<Base32Secret>(), Base32Secret::parse(&text));
        if let Ok(secret) = Secret::from_base32(&text) {
            prop_assert!(text.bytes().all(|byte| b" -=".contains(&byte) || ALPHABET.contains(&byte.to_ascii_uppercase())));
            prop_assert_eq!(Secret::from_base32_strict(secret.to_base32().expose()), Ok(secret));
        }
    }
}
