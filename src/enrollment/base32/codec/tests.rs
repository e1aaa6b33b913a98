use ::base32::Alphabet;
use proptest::prelude::*;
use std::string::{String, ToString};
use std::vec;
use std::vec::Vec;

use super::*;

const CRATE: Alphabet = Alphabet::Rfc4648 { padding: false };

/// What the `base32` crate decodes, if encoding that gives `text` again.
fn crate_decode(text: &str) -> Option<Vec<u8>> {
    ::base32::decode(CRATE, text).filter(|bytes| ::base32::encode(CRATE, bytes) == text)
}

fn vec_of(text: &str) -> Option<Vec<u8>> {
    decode_vec(text).map(|bytes| bytes.to_vec())
}

proptest! {
    #[test]
    fn rfc4648_6_encodes_as_the_base32_crate(bytes in proptest::collection::vec(any::<u8>(), 0..=300)) {
        let expected = ::base32::encode(CRATE, &bytes);
        prop_assert_eq!(encode(&bytes).to_string(), expected.clone());
        prop_assert_eq!(vec_of(&expected), Some(bytes));
    }

    /// Mostly base32, in some cases with one character replaced by any ASCII byte.
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
        let read = decode_symbols(text.as_bytes());
        prop_assert_eq!(read.as_ref().is_some_and(|read| !read.trailing_bits), expected.is_some());
        if let Some(read) = read.filter(|read| read.trailing_bits) {
            prop_assert_eq!(::base32::decode(CRATE, &text), Some(read.bytes.to_vec()));
        }
    }
}

/// Every byte, in every place of a whole group and of a last group of every possible length.
#[test]
fn rfc4648_3_3_no_other_byte_is_taken_anywhere() {
    for length in [2, 4, 5, 7, 8, 10, 16] {
        for place in 0..length {
            for byte in 0..=u8::MAX {
                let mut symbols = vec![b'A'; length];
                symbols[place] = byte;
                let known = byte.is_ascii_uppercase() || matches!(byte, b'2'..=b'7');
                assert_eq!(decode_symbols(&symbols).is_some(), known, "{byte} at {place} of {length}");
            }
        }
    }
}

/// All pairs of bytes, so that two wrong neighbours cannot cancel each other out.
#[test]
fn rfc4648_3_3_two_wrong_bytes_do_not_make_up_for_each_other() {
    let known = |byte: u8| byte.is_ascii_uppercase() || matches!(byte, b'2'..=b'7');
    for place in 0..7 {
        for pair in 0..=u16::MAX {
            let [one, other] = pair.to_be_bytes();
            let mut symbols = *b"M7Z2A5QI";
            (symbols[place], symbols[place + 1]) = (one, other);
            assert_eq!(decode_symbols(&symbols).is_some(), known(one) && known(other));
        }
    }
}

/// RFC 4648 §6: the last group has 2, 4, 5, 7 or 8 characters.
#[test]
fn rfc4648_6_lengths() {
    for symbols in 0..100 {
        let possible = (0..100_usize).find(|bytes| (bytes * 8).div_ceil(5) == symbols);
        assert_eq!(decode_vec(&"A".repeat(symbols)).map(|bytes| bytes.len()), possible, "{symbols}");
    }
    assert_eq!(decode_array::<2>("MZXQ"), Some(*b"fo"));
    assert_eq!(decode_array::<3>("MZXQ"), None);
}
