//! What is accepted and refused as the text of a code (RFC 4226 §5.3).

use proptest::prelude::*;
use second_factor::otp::CodeError;
use second_factor::{Code, Digits};

fn six(input: &str) -> Result<String, CodeError> {
    Code::parse(input, Digits::Six).map(|code| code.expose().to_owned())
}

#[test]
fn rfc4226_5_3_other_spellings_are_the_same_code() {
    for input in [
        "012345",
        " 012345",
        "012345 ",
        "  012345\t",
        "012345\n",
        "\r\n012345\r\n",
        "\u{a0}012345\u{3000}",
        "012 345",
        "012-345",
        " 012 345\n",
        "0 12345",
        "01-2345",
        "01234-5",
    ] {
        assert_eq!(six(input).as_deref(), Ok("012345"), "{input:?}");
    }
}

#[test]
fn rfc4226_5_3_anything_but_ascii_digits_is_refused() {
    for input in [
        "+123456",
        "-123456",
        "123456-",
        "12_3456",
        "12.3456",
        "123  456",
        "123--456",
        "123 - 456",
        "12 34 56",
        "12-34-56",
        "123\t456",
        "123\n456",
        "123\u{a0}456",
        "123\u{2013}456",
        "123\u{200b}456",
        "\u{feff}123456",
        "123456\0",
        "1234567890a",
        "0x1234",
        "1e5000",
        "12345O",
        "abcdef",
        "-",
        "١٢٣٤٥٦",
        "۱۲۳۴۵۶",
        "\u{ff11}\u{ff12}\u{ff13}\u{ff14}\u{ff15}\u{ff16}",
        "12345\u{ff16}",
        "१२३४५६",
        "12345²",
        "①②③④⑤⑥",
        "𝟏𝟐𝟑𝟒𝟓𝟔",
    ] {
        assert_eq!(six(input), Err(CodeError::Character), "{input:?}");
    }
}

#[test]
fn rfc4226_5_3_another_number_of_digits_is_refused() {
    for (input, found) in [
        ("", 0),
        ("   ", 0),
        ("23456", 5),
        ("1234567", 7),
        ("0123456", 7),
        ("12345 678", 8),
        ("1234567890", 10),
    ] {
        assert_eq!(six(input), Err(CodeError::Length { expected: 6, found }), "{input:?}");
    }
    for (digits, input) in [(Digits::Seven, "0123456"), (Digits::Eight, "00123456")] {
        assert_eq!(Code::parse(input, digits).unwrap().expose(), input);
        assert_eq!(Code::parse(input, digits).unwrap().digits(), digits);
        let expected = digits.count();
        assert_eq!(Code::parse("123456", digits), Err(CodeError::Length { expected, found: 6 }));
    }
}

#[test]
fn a_megabyte_of_text_is_refused() {
    for unit in ["1", " ", "-", "1 ", "\u{ff11}"] {
        let input = unit.repeat((1 << 20) / unit.len());
        let found = input.len();
        assert_eq!(six(&input), Err(CodeError::Length { expected: 6, found }), "{unit:?}");
    }
    let longest = format!("{}123456", " ".repeat(Code::MAX_INPUT_LEN - 6));
    assert!(six(&longest).is_ok());
    assert!(six(&format!("{longest} ")).is_err());
}

#[test]
fn equality_compares_every_digit_and_the_length() {
    let code = |input: &str, digits| Code::parse(input, digits).unwrap();
    let one = code("000000", Digits::Six);
    assert_eq!(one, code("000 000", Digits::Six));
    assert_eq!(one, one.clone());
    for position in 0..6 {
        let mut other = String::from("000000");
        other.replace_range(position..=position, "1");
        assert_ne!(one, code(&other, Digits::Six), "digit {position}");
    }
    assert_ne!(one, code("0000000", Digits::Seven));
    assert_ne!(one, code("00000000", Digits::Eight));
}

#[test]
fn neither_debug_nor_errors_show_what_was_typed() {
    let code = Code::parse("918273", Digits::Six).unwrap();
    assert_eq!(format!("{code:?} {code:#?}"), "Code(..) Code(..)");
    for input in ["9182734", "918273x", "x918273"] {
        let error = six(input).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("918273"), "{input}");
    }
}

/// The rule of [`Code::parse`], implemented in another way.
fn model(input: &str, count: usize) -> bool {
    let chars: Vec<char> = input.trim_matches(char::is_whitespace).chars().collect();
    let separator = |char: &char| matches!(char, ' ' | '-');
    let separators = chars.iter().filter(|char| separator(char)).count();
    let digits = chars.iter().filter(|char| char.is_ascii_digit()).count();
    let inside = !chars.first().is_some_and(separator) && !chars.last().is_some_and(separator);
    digits == count && chars.len().abs_diff(digits) == separators && separators <= 1 && inside
}

proptest! {
    #[test]
    fn parse_accepts_what_the_rule_says(
        input in prop_oneof![
            "[0-9]{5,9}",
            "\\s{0,2}[0-9]{0,8}[ -]{0,2}[0-9]{0,8}\\s{0,2}",
            "[0-9 -]{0,12}",
            "\\PC{0,12}",
            any::<String>(),
        ],
        count in 6_u8..=8,
    ) {
        let parsed = Code::parse(&input, Digits::try_from(count).unwrap());
        prop_assert_eq!(parsed.is_ok(), input.len() <= Code::MAX_INPUT_LEN && model(&input, count.into()));
        if let Ok(code) = parsed {
            let digits: String = input.chars().filter(char::is_ascii_digit).collect();
            prop_assert_eq!(code.expose(), digits);
        }
    }
}
