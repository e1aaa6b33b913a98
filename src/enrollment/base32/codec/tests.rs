use ::base32::Alphabet;
use proptest::prelude::*;
use std::string::{String, ToString};
use std::vec;
use std::vec::Vec;

use super::*;
use crate::enrollment::base32::Symbols;

const CRATE: Alphabet = Alphabet::Rfc4648 { padding: false };

/// What the `base32` crate decodes, if it encodes it as it was.
fn crate_decode(text: &str) -> Option<Vec<u8>> {
    ::base32::decode(CRATE, text).filter(|bytes| ::base32::encode(CRATE, bytes) == text)
}

fn vec_of(text: &str) -> Option<Vec<u8>> {
    decode_vec(text.as_bytes()).map(|bytes| bytes.to_vec())
}

fn spelling(symbols: &[u8]) -> (Spelling, Vec<u8>) {
    let mut bytes = vec![0; decoded_len(symbols.len()).unwrap_or_default()];
    (decode(symbols, &mut bytes), bytes)
}

proptest! {
    #[test]
    fn rfc4648_6_encodes_as_the_base32_crate(bytes in proptest::collection::vec(any::<u8>(), 0..=300)) {
        let expected = ::base32::encode(CRATE, &bytes);
        prop_assert_eq!(encode(&bytes).to_string(), expected.clone());
        prop_assert_eq!(encoded_len(bytes.len()), expected.len());
        prop_assert_eq!(decoded_len(expected.len()), Some(bytes.len()));
        prop_assert_eq!(vec_of(&expected), Some(bytes.clone()));
        let mut on_the_stack = Symbols::NONE;
        prop_assert_eq!(on_the_stack.encode(&bytes), Some(expected.as_str()).filter(|_| bytes.len() <= 128));
    }

    /// Mostly base32, with any byte in any place.
    #[test]
    fn rfc4648_6_decodes_as_the_base32_crate(
        symbols in "[A-Z2-7]{0,40}",
        other in proptest::option::of((any::<prop::sample::Index>(), 0..=0x7f_u8)),
    ) {
        let mut symbols = symbols.into_bytes();
        if let Some((place, byte)) = other
            && !symbols.is_empty()
        {
            *place.get_mut(&mut symbols) = byte;
        }
        let text = String::from_utf8(symbols).unwrap();
        let expected = crate_decode(&text);
        prop_assert_eq!(vec_of(&text), expected.clone());
        let (read, bytes) = spelling(text.as_bytes());
        prop_assert_eq!(read == Spelling::Canonical, expected.is_some());
        if read == Spelling::TrailingBits {
            prop_assert_eq!(::base32::decode(CRATE, &text), Some(bytes));
        }
    }
}

/// Every byte in every place of a group and of every possible end of one.
#[test]
fn rfc4648_3_3_no_other_byte_is_taken_anywhere() {
    for length in [2, 4, 5, 7, 8, 10, 16] {
        for place in 0..length {
            for byte in 0..=u8::MAX {
                let mut symbols = vec![b'A'; length];
                symbols[place] = byte;
                let known = byte.is_ascii_uppercase() || matches!(byte, b'2'..=b'7');
                assert_eq!(spelling(&symbols).0 != Spelling::Other, known, "{byte} at {place} of {length}");
            }
        }
    }
}

/// All pairs of bytes, so that no two neighbours make up for each other.
#[test]
fn rfc4648_3_3_two_wrong_bytes_do_not_make_up_for_each_other() {
    let known = |byte: u8| byte.is_ascii_uppercase() || matches!(byte, b'2'..=b'7');
    for place in 0..7 {
        for pair in 0..=u16::MAX {
            let [one, other] = pair.to_be_bytes();
            let mut symbols = *b"M7Z2A5QI";
            (symbols[place], symbols[place + 1]) = (one, other);
            assert_eq!(spelling(&symbols).0 == Spelling::Canonical, known(one) && known(other));
        }
    }
}

#[test]
fn rfc4648_6_lengths() {
    for symbols in 0..100 {
        let possible = (0..100).find(|bytes| encoded_len(*bytes) == symbols);
        assert_eq!(decoded_len(symbols), possible, "{symbols}");
        // Of another number of bytes it is no spelling.
        let text = vec![b'A'; symbols];
        for length in 0..70 {
            let read = decode(&text, &mut vec![0; length]);
            assert_eq!(read == Spelling::Canonical, possible == Some(length), "{symbols} for {length}");
        }
    }
    assert_eq!(decode_array::<2>(b"MZXQ"), Some(*b"fo"));
    assert_eq!(decode_array::<3>(b"MZXQ"), None);
}
