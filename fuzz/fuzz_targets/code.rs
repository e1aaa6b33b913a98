//! Typed codes and recovery codes are parsed according to two descriptions of their forms, written here.
#![no_main]

use libfuzzer_sys::fuzz_target;
use second_factor::otp::{CodeError, Digits};
use second_factor::{Code, RecoveryCode};

fuzz_target!(|text: &str| {
    for digits in [Digits::Six, Digits::Seven, Digits::Eight] {
        let read = Code::parse(text, digits);
        let expected = code(text, digits.count().into());
        assert_eq!(read.as_ref().ok().map(Code::expose), expected.as_deref());
        match &read {
            Ok(code) => {
                assert_eq!(code.digits(), digits);
                assert_eq!(
                    Code::parse(code.expose(), digits).as_ref(),
                    Ok(code),
                    "parsing is not idempotent"
                );
            }
            Err(CodeError::Length { expected, found }) => {
                assert_eq!(*expected, digits.count());
                assert_ne!(*found, usize::from(digits.count()));
            }
            Err(error) => assert_eq!(*error, CodeError::Character),
        }
    }

    let read = RecoveryCode::parse(text);
    let expected = recovery_code(text);
    assert_eq!(read.as_ref().ok().map(|code| code.to_text().expose().replace('-', "")), expected);
    if let Ok(code) = read {
        let shown = code.to_text();
        let again = RecoveryCode::parse(shown.expose()).expect("what is shown can be parsed");
        assert_eq!(again.to_text().expose(), shown.expose(), "normalization is not idempotent");
        assert_eq!(RecoveryCode::parse(&shown.expose().to_lowercase()).as_ref(), Ok(&code));
        assert!(
            again == code && again.digest("a") == code.digest("a") && again.digest("b") != code.digest("a")
        );
    }
});

/// Digits, with at most one space or dash between two of them, and any white space around.
fn code(text: &str, count: usize) -> Option<String> {
    let groups: Vec<&str> = text.trim().split([' ', '-']).collect();
    let well_formed = groups.len() <= 2
        && groups.iter().all(|group| !group.is_empty() && group.chars().all(|c| c.is_ascii_digit()));
    let digits = groups.concat();
    (text.len() <= Code::MAX_INPUT_LEN && well_formed && digits.len() == count).then_some(digits)
}

/// 26 characters of base32, of which the last has three bits. Look-alikes count as the characters that they look like.
fn recovery_code(text: &str) -> Option<String> {
    const DASHES: &str = "-\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}";
    let symbols: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !DASHES.contains(*c))
        .map(|c| match c.to_ascii_uppercase() {
            '0' => 'O',
            '1' => 'I',
            '8' => 'B',
            other => other,
        })
        .collect();
    let is_base32 = symbols.chars().all(|c| matches!(c, 'A'..='Z' | '2'..='7'));
    (text.len() <= RecoveryCode::MAX_TEXT_LEN
        && is_base32
        && symbols.len() == 26
        && symbols.ends_with(['A', 'E', 'I', 'M', 'Q', 'U', 'Y', '4']))
    .then_some(symbols)
}
