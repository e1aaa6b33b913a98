//! Codes in a row are parsed as described here, and are right if and only if each one, compared by itself, is the code of its step.
#![no_main]

use libfuzzer_sys::fuzz_target;
use second_factor::otp::{CodeError, CodesInARow, Counter, Digits, TimeStep, Verdict};
use second_factor::{Algorithm, Code, Hotp, Period, Secret, Totp, TotpParams, UnixTime, Window};

type Steps = (u64, Option<u64>, [i8; 4]);

fuzz_target!(|input: (u8, u8, u8, Steps, &str)| {
    let (kind, past, future, (now, after, offsets), text) = input;
    for digits in DIGITS {
        read(text, digits);
    }

    let digits = DIGITS[usize::from(kind % 3)];
    let algorithm = [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512][usize::from(kind / 3 % 3)];
    let Ok(window) = Window::wide(past % (Window::MAX_STEPS + 1), future % (Window::MAX_STEPS + 1)) else {
        return;
    };
    let secret = Secret::new(b"12345678901234567890").expect("20 bytes");
    // With a period of one second, so that the first and the last step of all are easily reached.
    let params = TotpParams::new(algorithm, digits, Period::from_secs(1).expect("a second"));
    let (totp, hotp) = (Totp::new(&secret, params), Hotp::new(&secret, algorithm, digits));
    let shown = |step: u64| hotp.generate(Counter::new(step)).expose().to_owned();

    // Each code is shown at some step near, or all are in a row from the first one on.
    let count = usize::from(CodesInARow::count(digits));
    let first = now.wrapping_add_signed((offsets[0] % 8).into());
    let steps: Vec<u64> = if kind >= 128 {
        (0..count as u64).map(|place| first.wrapping_add(place)).collect()
    } else {
        offsets[..count].iter().map(|offset| now.wrapping_add_signed((offset % 8).into())).collect()
    };
    let codes: Vec<String> = steps.into_iter().map(shown).collect();
    let typed = CodesInARow::parse(&codes.join([" ", "", "-", "\n"][usize::from(kind / 9 % 4)]), digits);
    let typed = typed.expect("codes in a row");
    assert_eq!(typed.codes().iter().map(Code::expose).collect::<Vec<_>>(), codes);

    let verdict = totp.verify_in_a_row(&typed, UnixTime::from_secs(now), window, after.map(TimeStep::new));
    assert_eq!(verdict, one_by_one(shown, &codes, now, window, after));
});

const DIGITS: [Digits; 3] = [Digits::Six, Digits::Seven, Digits::Eight];

/// Digits for this many codes, with blanks, line ends and dashes anywhere.
fn read(text: &str, digits: Digits) {
    let width = usize::from(digits.count());
    let expected = width * if width == 6 { 4 } else { 3 };
    let kept: String = text.chars().filter(|c| !" -\t\r\n".contains(*c)).collect();
    let is_long = text.len() > Code::MAX_INPUT_LEN;
    match CodesInARow::parse(text, digits) {
        Ok(row) => {
            assert!(!is_long && kept.len() == expected && kept.bytes().all(|byte| byte.is_ascii_digit()));
            assert!(row.codes().iter().all(|code| code.digits() == digits));
            assert_eq!(row.codes().iter().map(Code::expose).collect::<String>(), kept);
        }
        Err(CodeError::Length { expected: told, found }) => {
            assert_eq!(usize::from(told), expected);
            assert_eq!(found, if is_long { text.len() } else { kept.len() });
            assert!(is_long || found != expected);
        }
        Err(error) => {
            assert_eq!(error, CodeError::Character);
            assert!(!is_long && kept.contains(|c: char| !c.is_ascii_digit()));
        }
    }
}

fn one_by_one(
    shown: impl Fn(u64) -> String,
    codes: &[String],
    now: u64,
    window: Window,
    after: Option<u64>,
) -> Verdict {
    let before = codes.len() as u64 - 1;
    let lasts = now.saturating_sub(window.past().into())..=now.saturating_add(window.future().into());
    let mut replayed = None;
    for last in lasts {
        let Some(first) = last.checked_sub(before) else { continue };
        if (first..=last).zip(codes).any(|(step, code)| shown(step) != *code) {
            continue;
        }
        if after.is_none_or(|after| first > after) {
            return Verdict::Accepted(TimeStep::new(last));
        }
        replayed = replayed.or(Some(TimeStep::new(last)));
    }
    replayed.map_or(Verdict::Wrong, Verdict::Replayed)
}
