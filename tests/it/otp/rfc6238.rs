//! RFC 6238, clause by clause, through the public API.

use proptest::prelude::*;
use second_factor::otp::{Counter, TimeStep, Verdict, WindowError};
use second_factor::{Algorithm, Code, Digits, Hotp, Period, Secret, Totp, TotpParams, UnixTime, Window};

const SEED: &[u8] = b"1234567890123456789012345678901234567890123456789012345678901234";

/// The seeds of Appendix B: 20, 32 and 64 bytes, although its text has only one of 20 (erratum 2866).
fn secret(algorithm: Algorithm) -> Secret {
    Secret::new(&SEED[..algorithm.output_len()]).unwrap()
}

fn totp() -> Totp {
    Totp::new(&secret(Algorithm::Sha1), TotpParams::default())
}

fn per_second() -> Totp {
    let params = TotpParams::new(Algorithm::Sha1, Digits::Eight, Period::from_secs(1).unwrap());
    Totp::new(&secret(Algorithm::Sha1), params)
}

fn at(secs: u64) -> UnixTime {
    UnixTime::from_secs(secs)
}

fn step(number: u64) -> TimeStep {
    TimeStep::new(number)
}

const TIMES: [u64; 6] = [59, 1_111_111_109, 1_111_111_111, 1_234_567_890, 2_000_000_000, 20_000_000_000];
const STEPS: [u64; 6] = [0x1, 0x023_523ec, 0x023_523ed, 0x0273_ef07, 0x03f9_40aa, 0x27bc_86aa];

fn appendix_b(algorithm: Algorithm, codes: [&str; 6]) {
    let params = TotpParams::new(algorithm, Digits::Eight, Period::DEFAULT);
    let totp = Totp::new(&secret(algorithm), params);
    for ((time, number), expected) in TIMES.into_iter().zip(STEPS).zip(codes) {
        assert_eq!(totp.time_step(at(time)), Some(step(number)), "{time}");
        assert_eq!(totp.generate(at(time)).expose(), expected, "{algorithm} at {time}");
        let typed = Code::parse(expected, Digits::Eight).unwrap();
        assert_eq!(
            totp.verify(&typed, at(time), Window::EXACT, None).accepted(),
            Some(step(number)),
            "{time}"
        );
    }
}

#[test]
fn rfc6238_appendix_b_sha1_vectors() {
    let codes = ["94287082", "07081804", "14050471", "89005924", "69279037", "65353130"];
    appendix_b(Algorithm::Sha1, codes);
}

#[test]
fn rfc6238_appendix_b_sha256_vectors_erratum_2866() {
    let codes = ["46119246", "68084774", "67062674", "91819424", "90698825", "77737706"];
    appendix_b(Algorithm::Sha256, codes);
}

#[test]
fn rfc6238_appendix_b_sha512_vectors_erratum_2866() {
    let codes = ["90693936", "25091201", "99943326", "93441116", "38618901", "47863826"];
    appendix_b(Algorithm::Sha512, codes);
}

#[test]
fn rfc6238_erratum_2866_one_seed_does_not_fit_all_algorithms() {
    let params = TotpParams::new(Algorithm::Sha256, Digits::Eight, Period::DEFAULT);
    let totp = Totp::new(&secret(Algorithm::Sha1), params);
    assert_ne!(totp.generate(at(59)).expose(), "46119246");
}

fn algorithms() -> impl Strategy<Value = Algorithm> {
    prop_oneof![Just(Algorithm::Sha1), Just(Algorithm::Sha256), Just(Algorithm::Sha512)]
}

proptest! {
    #[test]
    fn rfc6238_3_r2_r3_totp_is_hotp_of_the_time_step(
        bytes in proptest::collection::vec(any::<u8>(), 1..=128),
        algorithm in algorithms(),
        count in 6_u8..=8,
        period in 1_u32..=120,
        t0 in prop_oneof![Just(0_u64), any::<u64>()],
        now in any::<u64>(),
    ) {
        let secret = Secret::new(&bytes).unwrap();
        let digits = Digits::try_from(count).unwrap();
        let params = TotpParams::new(algorithm, digits, Period::from_secs(period).unwrap()).with_t0(at(t0));
        let totp = Totp::new(&secret, params);
        let hotp = Hotp::new(&secret, algorithm, digits);
        let expected = now.checked_sub(t0).map(|since| since / u64::from(period));
        prop_assert_eq!(totp.time_step(at(now)).map(TimeStep::get), expected);
        let counter = Counter::new(expected.unwrap_or(0));
        prop_assert_eq!(totp.generate(at(now)), hotp.generate(counter));
    }

    /// A code is accepted if and only if its step is in the window and later than the last accepted one.
    #[test]
    fn rfc6238_5_2_accepts_inside_the_window_and_after_the_last(
        middle in prop_oneof![0_u64..40, any::<u64>(), Just(u64::MAX), (u64::MAX - 20)..u64::MAX],
        distance in -14_i64..=14,
        past in 0_u8..=Window::MAX_STEPS,
        future in 0_u8..=Window::MAX_STEPS,
        behind in proptest::option::of(-14_i64..=14),
    ) {
        let totp = per_second();
        let window = Window::wide(past, future).unwrap();
        let shown = middle.wrapping_add_signed(distance);
        let after = behind.and_then(|behind| middle.checked_add_signed(behind)).map(TimeStep::new);
        let verdict = totp.verify(&totp.generate(at(shown)), at(middle), window, after);
        let exists = middle.checked_add_signed(distance) == Some(shown);
        let inside = (-i64::from(past)..=i64::from(future)).contains(&distance);
        let expected = match after {
            _ if !(exists && inside) => Verdict::Wrong,
            Some(after) if step(shown) <= after => Verdict::Replayed(step(shown)),
            _ => Verdict::Accepted(step(shown)),
        };
        // With eight digits, another step has the same code in one of a million cases.
        prop_assert_eq!(verdict, expected);
    }
}

#[test]
fn rfc6238_3_r4_parameters_belong_to_the_authenticator() {
    let sixty = TotpParams::new(Algorithm::Sha1, Digits::Six, Period::from_secs(60).unwrap());
    let slow = Totp::new(&secret(Algorithm::Sha1), sixty);
    assert_eq!(slow.params(), sixty);
    assert_eq!(slow.generate(at(119)), slow.generate(at(60)));
    assert_ne!(slow.generate(at(119)), totp().generate(at(119)));
}

#[test]
fn rfc6238_4_1_defaults_are_30_seconds_and_t0_zero() {
    let params = TotpParams::default();
    assert_eq!((params.period().as_secs(), params.t0()), (30, UnixTime::EPOCH));
    assert_eq!((params.algorithm(), params.digits()), (Algorithm::Sha1, Digits::Six));
}

#[test]
fn rfc6238_4_2_time_steps_wider_than_32_bits() {
    let totp = totp();
    for (now, expected) in [
        (0, 0),
        (29, 0),
        (30, 1),
        (59, 1),
        (i32::MAX as u64 + 1, 71_582_788),
        (1 << 33, 286_331_153),
        (i64::MAX as u64, 307_445_734_561_825_860),
        (u64::MAX, 614_891_469_123_651_720),
    ] {
        assert_eq!(totp.time_step(at(now)), Some(step(expected)), "{now}");
        let code = totp.generate(at(now));
        assert_eq!(
            totp.verify(&code, at(now), Window::DEFAULT, None).accepted(),
            Some(step(expected)),
            "{now}"
        );
    }
    assert_eq!(per_second().time_step(UnixTime::MAX), Some(step(u64::MAX)));
}

#[test]
fn rfc6238_4_2_at_time_zero_no_earlier_step_is_accepted() {
    let totp = per_second();
    let verify =
        |shown, now, window| totp.verify(&totp.generate(at(shown)), at(now), window, None).accepted();
    let wide = Window::wide(10, 10).unwrap();
    assert_eq!(verify(0, 0, wide), Some(step(0)));
    assert_eq!(verify(10, 0, wide), Some(step(10)));
    assert_eq!(verify(0, 10, wide), Some(step(0)));
    for below_zero in 0..10 {
        assert_eq!(verify(u64::MAX - below_zero, 0, wide), None, "{below_zero}");
    }
}

#[test]
fn rfc6238_4_2_at_the_last_time_no_later_step_is_accepted() {
    let totp = per_second();
    let verify =
        |shown, now, window| totp.verify(&totp.generate(at(shown)), at(now), window, None).accepted();
    let wide = Window::wide(10, 10).unwrap();
    assert_eq!(verify(u64::MAX, u64::MAX, wide), Some(step(u64::MAX)));
    assert_eq!(verify(u64::MAX - 10, u64::MAX, wide), Some(step(u64::MAX - 10)));
    assert_eq!(verify(u64::MAX, u64::MAX - 10, wide), Some(step(u64::MAX)));
    for beyond in 0..10 {
        assert_eq!(verify(beyond, u64::MAX, wide), None, "{beyond}");
    }
}

#[test]
fn rfc6238_4_2_before_t0_nothing_is_accepted() {
    let params = TotpParams::default().with_t0(at(1_000));
    let totp = Totp::new(&secret(Algorithm::Sha1), params);
    assert_eq!(totp.time_step(at(999)), None);
    assert_eq!(totp.time_step(at(1_000)), Some(step(0)));
    assert_eq!(totp.time_step(at(1_030)), Some(step(1)));
    assert_eq!(totp.generate(at(999)), totp.generate(at(1_000)), "step 0, as documented");
    for shown in [0, 999, 1_000, 1_030] {
        let code = totp.generate(at(shown));
        assert_eq!(totp.verify(&code, at(999), Window::DEFAULT, None).accepted(), None, "{shown}");
        assert_eq!(totp.verify(&code, at(999), Window::DEFAULT, Some(step(5))), Verdict::Wrong, "{shown}");
    }
    let shifted = totp.generate(at(1_059));
    assert_eq!(shifted, Totp::new(&secret(Algorithm::Sha1), TotpParams::default()).generate(at(59)));
}

#[test]
fn rfc6238_5_2_the_default_window_is_one_step_each_way() {
    let totp = totp();
    let now = at(3_000);
    for (distance, accepted) in [(-3_i64, false), (-2, false), (-1, true), (0, true), (1, true), (2, false)] {
        let shown = now.as_secs().checked_add_signed(distance * 30).unwrap();
        let verdict = totp.verify(&totp.generate(at(shown)), now, Window::default(), None).accepted();
        assert_eq!(verdict.is_some(), accepted, "{distance}");
    }
}

#[test]
fn rfc6238_5_2_a_wider_window_needs_a_call_of_its_own() {
    let refused = |window: Result<Window, WindowError>| {
        let refused = window.unwrap_err();
        (refused.past, refused.future)
    };
    assert_eq!(refused(Window::new(2, 1)), (2, 1));
    assert_eq!(refused(Window::new(1, 2)), (1, 2));
    assert_eq!(refused(Window::wide(11, 0)), (11, 0));
    assert_eq!(refused(Window::wide(0, 11)), (0, 11));
    let totp = totp();
    let code = totp.generate(at(3_000));
    let wide = Window::wide(2, 0).unwrap();
    assert_eq!(totp.verify(&code, at(3_060), wide, None).accepted(), Some(step(100)));
    assert_eq!(totp.verify(&code, at(3_060), Window::default(), None).accepted(), None);
}

#[test]
fn rfc6238_5_2_must_not_accept_a_code_twice() {
    let totp = totp();
    let code = |number: u64| totp.generate(at(number * 30));
    let verify =
        |number, now: u64, after| totp.verify(&code(number), at(now * 30), Window::DEFAULT, after).accepted();
    for now in [100, 101] {
        assert_eq!(verify(100, now, Some(step(100))), None, "the same code");
        assert_eq!(verify(100, now, Some(step(101))), None, "an earlier code than the last accepted");
        assert_eq!(verify(100, now, Some(step(u64::MAX))), None);
        assert_eq!(verify(100, now, Some(step(99))), Some(step(100)), "the next code");
        assert_eq!(verify(101, now, Some(step(100))), Some(step(101)), "the next code");
        assert_eq!(verify(100, now, Some(step(0))), Some(step(100)));
    }
}

#[test]
fn rfc6238_5_2_step_zero_is_used_up_like_any_other() {
    let totp = totp();
    let code = totp.generate(at(0));
    assert_eq!(totp.verify(&code, at(0), Window::DEFAULT, None).accepted(), Some(step(0)));
    assert_eq!(totp.verify(&code, at(0), Window::DEFAULT, Some(step(0))), Verdict::Replayed(step(0)));
}

#[test]
fn rfc6238_5_2_used_and_wrong_codes_have_different_verdicts() {
    let totp = totp();
    let now = at(3_000);
    let verify =
        |shown, after| totp.verify(&totp.generate(at(shown)), now, Window::DEFAULT, Some(step(after)));
    assert_eq!(verify(3_000, 99), Verdict::Accepted(step(100)));
    assert_eq!(verify(3_000, 100), Verdict::Replayed(step(100)));
    assert_eq!(verify(2_970, 100), Verdict::Replayed(step(99)));
    assert_eq!(verify(2_940, 100), Verdict::Wrong, "outside the window");
    assert_eq!(verify(6_000, 100), Verdict::Wrong);
    assert_eq!(verify(3_000, 99).accepted(), Some(step(100)));
    assert_eq!(verify(3_000, 100).accepted(), None);
}

/// Two steps in one window have the same code (found by search). The lower one counts, so that the later one stays usable.
#[test]
fn rfc6238_5_2_the_lowest_of_two_matching_steps_counts() {
    let params = TotpParams::new(Algorithm::Sha1, Digits::Six, Period::from_secs(1).unwrap());
    let totp = Totp::new(&secret(Algorithm::Sha1), params);
    let mut seen = std::collections::HashMap::new();
    let (low, high) = (0_u64..)
        .find_map(|number| {
            let before = seen.insert(totp.generate(at(number)).expose().to_owned(), number)?;
            (number - before <= 20).then_some((before, number))
        })
        .unwrap();
    let code = totp.generate(at(low));
    assert_eq!(code, totp.generate(at(high)));
    let (now, wide) = (at(low + 10), Window::wide(10, 10).unwrap());
    assert_eq!(totp.verify(&code, now, wide, None).accepted(), Some(step(low)));
    // The lower step is used up, so the code counts for the higher one.
    assert_eq!(totp.verify(&code, now, wide, Some(step(low))), Verdict::Accepted(step(high)));
    assert_eq!(totp.verify(&code, now, wide, Some(step(high))), Verdict::Replayed(step(low)));
}

#[test]
fn rfc6238_5_2_a_code_of_another_length_never_matches() {
    let eight =
        Totp::new(&secret(Algorithm::Sha1), TotpParams::new(Algorithm::Sha1, Digits::Eight, Period::DEFAULT));
    let now = (0_u64..10_000)
        .map(|number| at(number * 30))
        .find(|now| eight.generate(*now).expose().starts_with("00"))
        .unwrap();
    assert_eq!(eight.verify(&totp().generate(now), now, Window::DEFAULT, None).accepted(), None);
    assert_eq!(totp().verify(&eight.generate(now), now, Window::DEFAULT, None).accepted(), None);
}

/// §6: with two steps back and 30 seconds a step, "the maximum elapsed time drift would be around 89 seconds,
/// i.e., 29 seconds in the calculated time step and 60 seconds for two backward time steps".
#[test]
fn rfc6238_6_two_steps_back_allow_89_seconds() {
    let totp = totp();
    let two_back = Window::wide(2, 0).unwrap();
    let code = totp.generate(at(3_000));
    for elapsed in 0..200 {
        let accepted = totp.verify(&code, at(3_000 + elapsed), two_back, None).accepted().is_some();
        assert_eq!(accepted, elapsed <= 89, "{elapsed} s");
    }
}

#[test]
fn rfc6238_5_2_a_code_lives_for_the_period_times_the_steps() {
    let wide = Window::wide(3, 2).unwrap();
    for secs in [1, 15, 30, 60, 120] {
        let params = TotpParams::new(Algorithm::Sha1, Digits::Eight, Period::from_secs(secs).unwrap());
        let totp = Totp::new(&secret(Algorithm::Sha1), params);
        let code = totp.generate(at(6_000));
        for window in [Window::EXACT, Window::NO_FUTURE, Window::DEFAULT, wide] {
            let accepted = (5_000..7_000)
                .filter(|now| totp.verify(&code, at(*now), window, None).accepted().is_some())
                .count();
            assert_eq!(accepted, secs as usize * usize::from(window.steps()), "{secs} s, {window:?}");
        }
    }
}
