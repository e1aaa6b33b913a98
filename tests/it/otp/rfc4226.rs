//! RFC 4226, clause by clause, through the public API.

use proptest::prelude::*;
use second_factor::otp::{CodeError, Counter, LookAhead, ResyncWindow, Strength};
use second_factor::{Algorithm, Code, Digits, Hotp, Secret};

/// The secret of Appendix D.
fn secret() -> Secret {
    Secret::new(b"12345678901234567890").unwrap()
}

fn hotp() -> Hotp {
    Hotp::new(&secret(), Algorithm::Sha1, Digits::Six)
}

fn six(text: &str) -> Code {
    Code::parse(text, Digits::Six).unwrap()
}

const APPENDIX_D: [&str; 10] =
    ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"];

#[test]
fn rfc4226_appendix_d_ten_vectors() {
    for (counter, expected) in (0..).zip(APPENDIX_D) {
        assert_eq!(hotp().generate(Counter::new(counter)).expose(), expected, "counter {counter}");
        let matched = hotp().verify(&six(expected), Counter::new(counter), LookAhead::new(0).unwrap());
        assert_eq!(matched, Some(Counter::new(counter)));
    }
}

/// Appendix D lists the truncated values too. Eight digits show more of their 31 bits than six.
#[test]
fn rfc4226_appendix_d_truncated_values_by_eight_digits() {
    let hotp = Hotp::new(&secret(), Algorithm::Sha1, Digits::Eight);
    let values: [u32; 10] = [
        1_284_755_224,
        1_094_287_082,
        137_359_152,
        1_726_969_429,
        1_640_338_314,
        868_254_676,
        1_918_287_922,
        82_162_583,
        673_399_871,
        645_520_489,
    ];
    for (counter, value) in (0..).zip(values) {
        let expected = format!("{:08}", value % 100_000_000);
        assert_eq!(hotp.generate(Counter::new(counter)).expose(), expected, "counter {counter}");
    }
}

#[test]
fn rfc4226_4_r4_codes_are_six_to_eight_decimal_digits() {
    for count in 0..=u8::MAX {
        let digits = Digits::try_from(count);
        match count {
            6..=8 => assert_eq!(digits.unwrap().count(), count),
            _ => assert_eq!(digits.unwrap_err().found, count),
        }
    }
}

#[test]
fn rfc4226_4_r6_strength_at_every_length() {
    for length in 1..=Secret::MAX_LEN {
        let expected = match length {
            0..=15 => Strength::BelowRequired,
            16..=19 => Strength::Required,
            _ => Strength::Recommended,
        };
        assert_eq!(Secret::new(&vec![1; length]).unwrap().strength(), expected, "{length} bytes");
    }
}

#[test]
fn rfc4226_5_1_the_counter_is_eight_bytes_big_endian() {
    // The values differ only in which of the eight bytes is set.
    let counters = (0..64).step_by(8).map(|bit| Counter::new(1 << bit));
    let codes: Vec<_> = counters.map(|counter| hotp().generate(counter).expose().to_owned()).collect();
    assert_eq!(codes[0], APPENDIX_D[1]);
    for (position, code) in codes.iter().enumerate() {
        assert!(!codes[..position].contains(code), "byte {position}");
    }
}

#[test]
fn rfc4226_5_1_the_last_counter_neither_panics_nor_wraps() {
    let last = Counter::new(u64::MAX);
    let look_ahead = LookAhead::new(LookAhead::MAX).unwrap();
    assert_eq!(hotp().verify(&hotp().generate(last), last, look_ahead), Some(last));
    assert_eq!(last.next(), None);
    for wrapped in 0..=100 {
        let code = hotp().generate(Counter::new(wrapped));
        assert_eq!(hotp().verify(&code, last, look_ahead), None, "counter {wrapped}");
        assert_eq!(hotp().verify(&code, Counter::new(u64::MAX - 50), look_ahead), None, "counter {wrapped}");
    }
    let before = Counter::new(u64::MAX - 50);
    assert_eq!(hotp().verify(&hotp().generate(last), before, look_ahead), Some(last));
}

proptest! {
    #[test]
    fn rfc4226_5_3_leading_zeros_are_kept(
        secret in proptest::collection::vec(any::<u8>(), 1..=128),
        counter in any::<u64>(),
        count in 6_u8..=8,
    ) {
        let digits = Digits::try_from(count).unwrap();
        let hotp = Hotp::new(&Secret::new(&secret).unwrap(), Algorithm::Sha1, digits);
        let code = hotp.generate(Counter::new(counter));
        prop_assert_eq!(code.expose().len(), usize::from(count));
        prop_assert!(code.expose().bytes().all(|digit| digit.is_ascii_digit()));
        prop_assert_eq!(Code::parse(code.expose(), digits), Ok(code));
    }

    /// Fewer digits are the last digits of the longer code: the value modulo a power of ten.
    #[test]
    fn rfc4226_5_3_fewer_digits_are_the_last_of_more(counter in any::<u64>()) {
        let code = |digits| Hotp::new(&secret(), Algorithm::Sha1, digits).generate(Counter::new(counter));
        let (six, seven, eight) = (code(Digits::Six), code(Digits::Seven), code(Digits::Eight));
        prop_assert_eq!(&eight.expose()[1..], seven.expose());
        prop_assert_eq!(&eight.expose()[2..], six.expose());
    }

    #[test]
    fn rfc4226_7_4_look_ahead_matches_inside_and_not_outside(
        expected in any::<u64>(),
        look_ahead in 0..=LookAhead::MAX,
        distance in -120_i64..=120,
    ) {
        let counter = Counter::new(expected.wrapping_add_signed(distance));
        let hotp = Hotp::new(&secret(), Algorithm::Sha256, Digits::Eight);
        let matched =
            hotp.verify(&hotp.generate(counter), Counter::new(expected), LookAhead::new(look_ahead).unwrap());
        let inside = (0..=i64::from(look_ahead)).contains(&distance)
            && expected.checked_add_signed(distance).is_some();
        if inside {
            // With eight digits, a chance match at a lower counter occurs in one of a million cases.
            prop_assert!(matched.is_some_and(|matched| matched <= counter));
        } else {
            prop_assert_ne!(matched, Some(counter));
        }
    }
}

/// A code with a leading zero, found by search.
#[test]
fn rfc4226_5_3_a_code_with_a_leading_zero() {
    let counter = (0..200)
        .map(Counter::new)
        .find(|counter| hotp().generate(*counter).expose().starts_with('0'))
        .expect("one code in ten begins with a zero");
    let code = hotp().generate(counter);
    let without = code.expose().trim_start_matches('0');
    assert!(matches!(Code::parse(without, Digits::Six), Err(CodeError::Length { expected: 6, .. })));
    assert_eq!(hotp().verify(&six(code.expose()), counter, LookAhead::DEFAULT), Some(counter));
}

/// Erratum 6756: the offset is in the last byte of the HMAC, which is byte 19 only for SHA-1. The expected values are
/// those of RFC 6238 Appendix B, read as HOTP.
#[test]
fn rfc4226_erratum_6756_the_offset_is_in_the_last_byte() {
    let sha256 = Secret::new(b"12345678901234567890123456789012").unwrap();
    let sha512 = Secret::new(b"1234567890123456789012345678901234567890123456789012345678901234").unwrap();
    let code = |secret, algorithm| Hotp::new(secret, algorithm, Digits::Eight).generate(Counter::new(1));
    assert_eq!(code(&sha256, Algorithm::Sha256).expose(), "46119246");
    assert_eq!(code(&sha512, Algorithm::Sha512).expose(), "90693936");
}

#[test]
fn rfc4226_7_4_look_ahead_of_the_appendix_d_vectors() {
    let ahead = |values| LookAhead::new(values).unwrap();
    let ninth = six(APPENDIX_D[9]);
    assert_eq!(hotp().verify(&ninth, Counter::new(0), ahead(9)), Some(Counter::new(9)));
    assert_eq!(hotp().verify(&ninth, Counter::new(0), ahead(8)), None);
    assert_eq!(hotp().verify(&ninth, Counter::new(9), ahead(0)), Some(Counter::new(9)));
    assert_eq!(hotp().verify(&ninth, Counter::new(10), ahead(100)), None, "used codes are not found");
}

/// If two counters have the same code, the lower one counts.
#[test]
fn rfc4226_7_4_the_lowest_of_two_matches_counts() {
    let (low, high) = repeated_code();
    let code = hotp().generate(low);
    assert_eq!(code, hotp().generate(high));
    let distance = u16::try_from(high.get() - low.get()).unwrap();
    assert_eq!(hotp().verify(&code, low, LookAhead::new(distance).unwrap()), Some(low));
    assert_eq!(hotp().verify(&code, low.next().unwrap(), LookAhead::new(distance).unwrap()), Some(high));
}

/// Two counters, at most 90 apart, with the same code of six digits.
fn repeated_code() -> (Counter, Counter) {
    let hotp = hotp();
    let mut seen = std::collections::HashMap::new();
    for counter in 0_u64.. {
        let code = hotp.generate(Counter::new(counter)).expose().to_owned();
        if let Some(before) = seen.insert(code, counter)
            && counter.abs_diff(before) <= 90
        {
            return (Counter::new(before), Counter::new(counter));
        }
    }
    unreachable!()
}

#[test]
fn rfc4226_4_r5_two_codes_in_a_row_resynchronize_and_one_does_not() {
    let window = ResyncWindow::default();
    let code = |counter| hotp().generate(Counter::new(counter));
    let from = Counter::new(3);
    assert_eq!(hotp().resynchronize(&code(500), &code(501), from, window), Some(Counter::new(502)));
    assert_eq!(hotp().resynchronize(&code(500), &code(500), from, window), None, "the same code twice");
    assert_eq!(hotp().resynchronize(&code(501), &code(500), from, window), None, "in the wrong order");
    assert_eq!(hotp().resynchronize(&code(500), &code(502), from, window), None, "not in a row");
    assert_eq!(hotp().resynchronize(&code(2), &code(3), from, window), None, "used codes are not found");
}

#[test]
fn rfc4226_appendix_e_4_resynchronization_at_the_edges_of_its_window() {
    let code = |counter| hotp().generate(Counter::new(counter));
    let from = Counter::new(10);
    let resynchronize = |first: u64, window| {
        let window = ResyncWindow::new(window).unwrap();
        hotp().resynchronize(&code(first), &code(first + 1), from, window).map(Counter::get)
    };
    assert_eq!(resynchronize(10, 0), Some(12), "the next two codes");
    assert_eq!(resynchronize(11, 0), None);
    assert_eq!(resynchronize(1_010, 1_000), Some(1_012));
    assert_eq!(resynchronize(1_011, 1_000), None);
    assert_eq!(resynchronize(9, 1_000), None);
}

#[test]
fn rfc4226_7_4_resynchronization_is_bounded_and_never_wraps() {
    assert_eq!(ResyncWindow::new(1_001).unwrap_err().found, 1_001);
    let window = ResyncWindow::default();
    let code = |counter| hotp().generate(Counter::new(counter));
    let from = Counter::new(u64::MAX - 5);
    let near = hotp().resynchronize(&code(u64::MAX - 3), &code(u64::MAX - 2), from, window);
    assert_eq!(near, Some(Counter::new(u64::MAX - 1)));
    let last = hotp().resynchronize(&code(u64::MAX - 2), &code(u64::MAX - 1), from, window);
    assert_eq!(last, Some(Counter::new(u64::MAX)));
    assert_eq!(hotp().resynchronize(&code(u64::MAX - 1), &code(u64::MAX), from, window), None);
    assert_eq!(hotp().resynchronize(&code(u64::MAX), &code(0), from, window), None);
    assert_eq!(hotp().resynchronize(&code(0), &code(1), from, window), None);
    assert_eq!(hotp().resynchronize(&code(0), &code(1), Counter::new(u64::MAX), window), None);
}

#[test]
fn rfc4226_5_3_a_code_of_another_length_never_matches() {
    // The value of counter 7 is 82162583. Its code of eight digits and its code of six are different.
    let eight = Hotp::new(&secret(), Algorithm::Sha1, Digits::Eight);
    let six = hotp().generate(Counter::new(7));
    assert_eq!(eight.verify(&six, Counter::new(7), LookAhead::DEFAULT), None);
    assert_eq!(hotp().verify(&eight.generate(Counter::new(7)), Counter::new(7), LookAhead::DEFAULT), None);
    // Eight digits that begin with zeros are the same number as fewer digits.
    let counter =
        (0..10_000).map(Counter::new).find(|counter| eight.generate(*counter).expose().starts_with("00"));
    let counter = counter.unwrap();
    assert_eq!(eight.verify(&hotp().generate(counter), counter, LookAhead::DEFAULT), None);
    assert_eq!(hotp().verify(&eight.generate(counter), counter, LookAhead::DEFAULT), None);
    let next = counter.next().unwrap();
    let window = ResyncWindow::default();
    assert_eq!(eight.resynchronize(&hotp().generate(counter), &eight.generate(next), counter, window), None);
}
