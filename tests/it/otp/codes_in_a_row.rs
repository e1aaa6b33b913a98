//! Codes of consecutive time steps: `CodesInARow` and `Totp::verify_in_a_row`.

use proptest::prelude::*;
use second_factor::otp::{CodeError, CodesInARow, TimeStep, Verdict};
use second_factor::{Algorithm, Code, Digits, Period, Secret, Totp, TotpParams, UnixTime, Window};

const DIGITS: [Digits; 3] = [Digits::Six, Digits::Seven, Digits::Eight];

/// With a time step of one second.
fn per_second(digits: Digits) -> Totp {
    with_params(TotpParams::new(Algorithm::Sha1, digits, Period::from_secs(1).unwrap()))
}

fn with_params(params: TotpParams) -> Totp {
    Totp::new(&Secret::new(b"12345678901234567890").unwrap(), params)
}

fn at(secs: u64) -> UnixTime {
    UnixTime::from_secs(secs)
}

/// The number of steps before the last.
fn before_last(digits: Digits) -> u64 {
    u64::from(CodesInARow::count(digits)) - 1
}

/// The codes that are shown at these seconds.
fn shown(totp: &Totp, seconds: impl IntoIterator<Item = u64>) -> Vec<String> {
    seconds.into_iter().map(|secs| totp.generate(at(secs)).expose().to_owned()).collect()
}

/// The codes in a row that end with this step.
fn row(totp: &Totp, last: u64) -> Vec<String> {
    shown(totp, last - before_last(totp.params().digits())..=last)
}

fn verify(totp: &Totp, codes: &[String], now: u64, window: Window, after: Option<u64>) -> Verdict {
    let typed = CodesInARow::parse(&codes.concat(), totp.params().digits()).unwrap();
    totp.verify_in_a_row(&typed, at(now), window, after.map(TimeStep::new))
}

fn accepted(step: u64) -> Verdict {
    Verdict::Accepted(TimeStep::new(step))
}

#[test]
fn sp800_63b_3_1_4_2_codes_in_a_row_make_64_bits() {
    for (digits, count) in DIGITS.into_iter().zip([4, 3, 3]) {
        assert_eq!(CodesInARow::count(digits), count);
        let texts = |count: u8| 10_u128.pow(u32::from(digits.count() * count));
        assert!(texts(count) >= 1 << 64, "{digits:?}");
        assert!(texts(count - 1) < 1 << 64, "{digits:?}: fewer codes would make 64 bits too");
    }
}

#[test]
fn codes_in_a_row_are_read_with_or_without_blanks_and_dashes() {
    for digits in DIGITS {
        let totp = per_second(digits);
        let codes = row(&totp, 1_000);
        let halves = codes.iter().map(|code| code.split_at(3)).collect::<Vec<_>>();
        let typed = [
            codes.concat(),
            codes.join(" "),
            codes.join("-"),
            codes.join("\r\n"),
            format!("\t {} -\n", codes.join(" - ")),
            halves.iter().map(|(a, b)| format!("{a} {b} ")).collect(),
            codes.concat().chars().map(|digit| format!("{digit}-")).collect(),
        ];
        for typed in typed {
            let read = CodesInARow::parse(&typed, digits).unwrap();
            let read: Vec<_> = read.codes().iter().map(|code| code.expose().to_owned()).collect();
            assert_eq!(read, codes, "{typed:?}");
        }
    }
    // Leading zeros belong to their code.
    let read = CodesInARow::parse("000001 000000 012345 000000", Digits::Six).unwrap();
    let read: Vec<_> = read.codes().iter().map(Code::expose).collect();
    assert_eq!(read, ["000001", "000000", "012345", "000000"]);
}

#[test]
fn codes_in_a_row_of_another_form_are_refused() {
    for digits in DIGITS {
        let expected = digits.count() * CodesInARow::count(digits);
        let full = usize::from(expected);
        for found in [0, 1, digits.count().into(), full - 1, full + 1, 2 * full, Code::MAX_INPUT_LEN] {
            let refused = CodesInARow::parse(&"7".repeat(found), digits).unwrap_err();
            assert_eq!(refused, CodeError::Length { expected, found });
        }
        let longest = format!("{}{}", "7".repeat(full), " ".repeat(Code::MAX_INPUT_LEN - full));
        assert!(CodesInARow::parse(&longest, digits).is_ok());
        let long = longest + " ";
        let found = long.len();
        assert_eq!(CodesInARow::parse(&long, digits).unwrap_err(), CodeError::Length { expected, found });
        for odd in ["x", "+", ".", "\u{0}", "\u{a0}", "٣", "３", "\u{2212}"] {
            let typed = format!("{}{odd}", "7".repeat(full - 1));
            assert_eq!(CodesInARow::parse(&typed, digits).unwrap_err(), CodeError::Character, "{odd:?}");
        }
    }
}

#[test]
fn codes_in_a_row_are_not_printed() {
    let typed = CodesInARow::parse(&"7".repeat(24), Digits::Six).unwrap();
    for printed in [format!("{typed:?}"), format!("{:?}", typed.clone()), format!("{typed:#?}")] {
        assert_eq!(printed, "CodesInARow(..)");
    }
}

#[test]
fn the_last_of_codes_in_a_row_is_anywhere_inside_the_window() {
    for window in [Window::EXACT, Window::NO_FUTURE, Window::DEFAULT, Window::wide(5, 10).unwrap()] {
        for digits in DIGITS {
            let totp = per_second(digits);
            let (past, future) = (u64::from(window.past()), u64::from(window.future()));
            for last in 1_000 - past - 6..=1_000 + future + 6 {
                let inside = (1_000 - past..=1_000 + future).contains(&last);
                let expected = if inside { accepted(last) } else { Verdict::Wrong };
                let verdict = verify(&totp, &row(&totp, last), 1_000, window, None);
                assert_eq!(verdict, expected, "{last}, {window:?}, {digits:?}");
            }
        }
    }
}

#[test]
fn codes_with_a_gap_swapped_or_repeated_are_not_in_a_row() {
    for digits in DIGITS {
        let totp = per_second(digits);
        let right = row(&totp, 1_000);
        let mut others = vec![right.iter().rev().cloned().collect::<Vec<_>>()];
        for place in 0..right.len() {
            // The steps up to the last one, with one left out.
            let first = 1_000 - before_last(digits) - 1;
            let mut with_gap = shown(&totp, first..=1_000);
            with_gap.remove(place + usize::from(place == 0));
            others.push(with_gap);
            if let Some(before) = place.checked_sub(1) {
                let mut swapped = right.clone();
                swapped.swap(before, place);
                let mut repeated = right.clone();
                repeated[place] = repeated[before].clone();
                others.extend([swapped, repeated, vec![right[place].clone(); right.len()]]);
            }
            // One digit is wrong, at each position.
            for digit in 0..digits.count().into() {
                let mut off = right.clone();
                let was = off[place].as_bytes()[digit];
                let other = char::from(b'0' + (was - b'0' + 1) % 10).to_string();
                off[place].replace_range(digit..=digit, &other);
                others.push(off);
            }
        }
        assert_eq!(verify(&totp, &right, 1_000, Window::DEFAULT, None), accepted(1_000));
        for other in others {
            let verdict = verify(&totp, &other, 1_000, Window::DEFAULT, None);
            assert_eq!(verdict, Verdict::Wrong, "{other:?} beside {right:?}");
        }
    }
}

#[test]
fn codes_in_a_row_must_all_be_later_than_the_last_accepted() {
    for digits in DIGITS {
        let totp = per_second(digits);
        for last in [999, 1_000, 1_001] {
            let oldest = last - before_last(digits);
            for after in oldest - 3..=last + 3 {
                let verdict = verify(&totp, &row(&totp, last), 1_000, Window::DEFAULT, Some(after));
                let replayed = Verdict::Replayed(TimeStep::new(last));
                let expected = if after < oldest { accepted(last) } else { replayed };
                assert_eq!(verdict, expected, "{last} after {after}, {digits:?}");
            }
        }
    }
}

#[test]
fn no_step_before_the_first_or_after_the_last_is_accepted() {
    let wide = Window::wide(10, 10).unwrap();
    for digits in DIGITS {
        let totp = per_second(digits);
        let before = before_last(digits);
        for now in 0..before + 12 {
            for last in before..=before + 12 {
                let expected = if now.abs_diff(last) <= 10 { accepted(last) } else { Verdict::Wrong };
                assert_eq!(verify(&totp, &row(&totp, last), now, wide, None), expected, "{last} at {now}");
            }
            // If step numbers wrapped around, such a row would begin at the last steps of all.
            for last in 0..before {
                let wrapped = (0..=before).rev().map(|ahead| last.wrapping_sub(ahead));
                assert_eq!(verify(&totp, &shown(&totp, wrapped), now, wide, None), Verdict::Wrong);
            }
        }
        for now in u64::MAX - 3..=u64::MAX {
            for last in u64::MAX - 3..=u64::MAX {
                assert_eq!(verify(&totp, &row(&totp, last), now, wide, None), accepted(last));
                let after = Some(last - before);
                let replayed = Verdict::Replayed(TimeStep::new(last));
                assert_eq!(verify(&totp, &row(&totp, last), now, wide, after), replayed);
            }
            for ahead in 1..=before {
                let wrapped = (0..=before).map(|step| (u64::MAX - before + ahead).wrapping_add(step));
                assert_eq!(verify(&totp, &shown(&totp, wrapped), now, wide, None), Verdict::Wrong);
            }
        }
    }
}

#[test]
fn before_t0_no_codes_in_a_row_are_accepted() {
    let params = TotpParams::default().with_t0(at(3_000));
    let totp = with_params(params);
    let codes = shown(&totp, [3_000, 3_030, 3_060, 3_090]);
    let typed = CodesInARow::parse(&codes.concat(), Digits::Six).unwrap();
    let wide = Window::wide(10, 10).unwrap();
    for (now, verdict) in [(0, Verdict::Wrong), (2_999, Verdict::Wrong), (3_000, accepted(3))] {
        assert_eq!(totp.verify_in_a_row(&typed, at(now), wide, None), verdict, "{now}");
    }
    // Before T0 an app shows the code of step 0; the same code four times is not a row.
    let typed = CodesInARow::parse(&vec![codes[0].clone(); 4].concat(), Digits::Six).unwrap();
    for now in [0, 2_999, 3_000, 3_090] {
        assert_eq!(totp.verify_in_a_row(&typed, at(now), wide, None), Verdict::Wrong);
    }
}

#[test]
fn codes_in_a_row_follow_the_parameters_of_the_authenticator() {
    for (algorithm, digits, period, t0) in [
        (Algorithm::Sha1, Digits::Six, 30, 0),
        (Algorithm::Sha256, Digits::Seven, 60, 7),
        (Algorithm::Sha512, Digits::Eight, 120, 1_000_000),
        (Algorithm::Sha512, Digits::Six, 15, 29),
    ] {
        let params = TotpParams::new(algorithm, digits, Period::from_secs(period).unwrap()).with_t0(at(t0));
        let totp = with_params(params);
        let period = u64::from(period);
        // The last second in which each code is shown.
        let now = t0 + 1_000 * period + period - 1;
        let ago = (0..=before_last(digits)).rev().map(|ahead| now - ahead * period);
        let codes = shown(&totp, ago);
        assert_eq!(verify(&totp, &codes, now, Window::EXACT, None), accepted(1_000));
        assert_eq!(verify(&totp, &codes, now + 1, Window::EXACT, None), Verdict::Wrong);
        assert_eq!(verify(&totp, &codes, now + 1, Window::NO_FUTURE, None), accepted(1_000));
        assert_eq!(verify(&totp, &codes, now - period, Window::NO_FUTURE, None), Verdict::Wrong);
        assert_eq!(verify(&totp, &codes, now - period, Window::DEFAULT, None), accepted(1_000));
        // With another algorithm the same codes are wrong.
        let other = if algorithm == Algorithm::Sha1 { Algorithm::Sha256 } else { Algorithm::Sha1 };
        let params = TotpParams::new(other, digits, params.period()).with_t0(at(t0));
        assert_eq!(verify(&with_params(params), &codes, now, Window::DEFAULT, None), Verdict::Wrong);
    }
}

#[test]
fn codes_in_a_row_of_another_number_of_digits_are_wrong() {
    for typed_as in DIGITS {
        for digits in DIGITS.into_iter().filter(|digits| *digits != typed_as) {
            let typed = row(&per_second(typed_as), 1_000).concat();
            let typed = CodesInARow::parse(&typed, typed_as).unwrap();
            let verdict = per_second(digits).verify_in_a_row(&typed, at(1_000), Window::DEFAULT, None);
            assert_eq!(verdict, Verdict::Wrong, "{typed_as:?} for {digits:?}");
        }
    }
}

/// The rule of `verify_in_a_row`, without constant-time code.
fn naive(totp: &Totp, codes: &[String], now: u64, window: Window, after: Option<u64>) -> Verdict {
    let before = before_last(totp.params().digits());
    let steps = now.saturating_sub(window.past().into())..=now.saturating_add(window.future().into());
    let mut matching = steps.filter(|last| *last >= before && row(totp, *last) == codes).peekable();
    let lowest = matching.peek().copied();
    let fresh = matching.find(|last| after.is_none_or(|after| last - before > after));
    match (fresh, lowest) {
        (Some(step), _) => accepted(step),
        (None, Some(step)) => Verdict::Replayed(TimeStep::new(step)),
        (None, None) => Verdict::Wrong,
    }
}

proptest! {
    #[test]
    fn verify_in_a_row_agrees_with_the_simple_rule(
        digits in (0_usize..3).prop_map(|index| DIGITS[index]),
        now in prop_oneof![0_u64..20, 1_000_u64..1_010, (u64::MAX - 20)..=u64::MAX],
        steps in proptest::collection::vec(-8_i64..=8, 4),
        is_row in proptest::bool::weighted(0.7),
        past in 0_u8..=4,
        future in 0_u8..=4,
        behind in proptest::option::of(-9_i64..=9),
    ) {
        let totp = per_second(digits);
        let count = usize::from(CodesInARow::count(digits));
        let first = now.wrapping_add_signed(steps[0]);
        let codes = if is_row {
            shown(&totp, (0..count as u64).map(|ahead| first.wrapping_add(ahead)))
        } else {
            shown(&totp, steps.iter().take(count).map(|step| now.wrapping_add_signed(*step)))
        };
        let window = Window::wide(past, future).unwrap();
        let after = behind.and_then(|behind| now.checked_add_signed(behind));
        let verdict = verify(&totp, &codes, now, window, after);
        prop_assert_eq!(verdict, naive(&totp, &codes, now, window, after));
    }
}
