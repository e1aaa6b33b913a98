//! Base32 is decoded as by a second decoder, written here from RFC 4648 §6.
#![no_main]

use libfuzzer_sys::fuzz_target;
use second_factor::Secret;
use second_factor::enrollment::Base32Secret;

fuzz_target!(|text: &str| {
    let (lenient, strict) = (Base32Secret::parse(text), Secret::from_base32_strict(text));
    assert_eq!(lenient.as_ref().ok().map(Base32Secret::secret), Secret::from_base32(text).as_ref().ok());

    let expected = reference(text);
    match (&lenient, &expected) {
        (Ok(read), Some(reference)) => {
            assert_eq!(read.secret().expose(), reference.bytes);
            assert_eq!(read.dropped_bits(), reference.dropped_bits);
            assert_eq!(read.respelled(), reference.respelled);
        }
        (Err(_), None) => {}
        _ => panic!("only one of two decoders accepts it: {lenient:?}, {:?}", expected.is_some()),
    }
    let canonical = expected.as_ref().is_some_and(|it| !it.dropped_bits && !it.respelled);
    assert_eq!(strict.is_ok(), canonical, "strict decoding accepts exactly the canonical spelling");

    if let (Ok(read), Some(reference)) = (lenient, expected) {
        let key = read.secret().to_base32();
        assert_eq!(key.expose(), encode(read.secret().expose()));
        if !reference.dropped_bits {
            assert_eq!(key.expose(), reference.symbols, "encode(decode(x)) is not the canonical x");
        }
        assert_eq!(Secret::from_base32_strict(key.expose()).as_ref(), Ok(read.secret()));
        assert_eq!(Secret::from_base32(key.grouped().expose()).as_ref(), Ok(read.secret()));
        if let Ok(strict) = strict {
            assert_eq!(&strict, read.secret());
        }
    }
});

struct Reference {
    symbols: String,
    bytes: Vec<u8>,
    dropped_bits: bool,
    respelled: bool,
}

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn reference(text: &str) -> Option<Reference> {
    let separator = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n' | '-');
    let kept: String = text.chars().filter(|c| !separator(*c)).collect();
    let symbols = kept.trim_end_matches('=').to_ascii_uppercase();
    let padding = kept.len() - symbols.len();
    let full = symbols.len().div_ceil(8) * 8 - symbols.len();
    let respelled =
        kept.len() != text.len() || !kept.starts_with(&symbols) || (padding != 0 && padding != full);

    let (mut bits, mut held, mut bytes) = (0_u32, 0_u32, Vec::new());
    for symbol in symbols.bytes() {
        let value = ALPHABET.iter().position(|known| *known == symbol)?;
        bits = (bits << 5) | value as u32;
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    let whole = held < 5 && (1..=Secret::MAX_LEN).contains(&bytes.len());
    whole.then_some(Reference { symbols, bytes, dropped_bits: bits != 0, respelled })
}

fn encode(bytes: &[u8]) -> String {
    (0..(bytes.len() * 8).div_ceil(5))
        .map(|symbol| {
            let value = (symbol * 5..symbol * 5 + 5).fold(0, |value, bit| {
                let byte = bytes.get(bit / 8).copied().unwrap_or_default();
                value << 1 | usize::from(byte >> (7 - bit % 8) & 1)
            });
            char::from(ALPHABET[value])
        })
        .collect()
}
