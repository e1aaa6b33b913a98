use core::cell::Cell;

use ::hmac::{Hmac as Reference, KeyInit, Mac as _};
use proptest::prelude::*;
use std::vec;
use std::vec::Vec;

use super::*;
use crate::otp::{
    Code, CodesInARow, Counter, Digits, Hotp, LookAhead, ResyncWindow, TimeStep, Totp, TotpParams, Window,
};
use crate::time::UnixTime;

std::thread_local! {
    /// Calls of the compression function on this thread, except those that hash long keys.
    pub(super) static COMPRESSIONS: Cell<u32> = const { Cell::new(0) };
}

fn compressions<T>(work: impl FnOnce() -> T) -> u32 {
    COMPRESSIONS.set(0);
    work();
    COMPRESSIONS.get()
}

fn secret() -> Secret {
    Secret::new(b"12345678901234567890").unwrap()
}

/// What the `hmac` crate computes from the same input: the whole tag, and its value truncated as RFC 4226
/// §5.4 writes it.
fn reference(key: &[u8], algorithm: Algorithm, counter: u64) -> (Vec<u8>, u32) {
    let message = counter.to_be_bytes();
    let tag = match algorithm {
        Algorithm::Sha1 => Reference::<Sha1>::new_from_slice(key)
            .unwrap()
            .chain_update(message)
            .finalize()
            .into_bytes()
            .to_vec(),
        Algorithm::Sha256 => Reference::<Sha256>::new_from_slice(key)
            .unwrap()
            .chain_update(message)
            .finalize()
            .into_bytes()
            .to_vec(),
        Algorithm::Sha512 => Reference::<Sha512>::new_from_slice(key)
            .unwrap()
            .chain_update(message)
            .finalize()
            .into_bytes()
            .to_vec(),
    };
    let offset = usize::from(tag.last().unwrap() & 0xf);
    let value = u32::from(tag[offset] & 0x7f) << 24
        | u32::from(tag[offset + 1]) << 16
        | u32::from(tag[offset + 2]) << 8
        | u32::from(tag[offset + 3]);
    (tag, value)
}

fn whole(key: &[u8], algorithm: Algorithm, counters: [u64; 3]) -> [Vec<u8>; 3] {
    match Hmac::with_key(key, algorithm) {
        Hmac::Sha1(keyed) => keyed.tags(counters).map(|tag| tag.to_vec()),
        Hmac::Sha256(keyed) => keyed.tags(counters).map(|tag| tag.to_vec()),
        Hmac::Sha512(keyed) => keyed.tags(counters).map(|tag| tag.to_vec()),
    }
}

fn algorithms() -> impl Strategy<Value = Algorithm> {
    prop_oneof![Just(Algorithm::Sha1), Just(Algorithm::Sha256), Just(Algorithm::Sha512)]
}

proptest! {
    #[test]
    fn rfc2104_equals_the_hmac_crate(
        key in proptest::collection::vec(any::<u8>(), 0..300),
        algorithm in algorithms(),
        counters in any::<[u64; 3]>(),
    ) {
        let tags = whole(&key, algorithm, counters);
        let hmac = Hmac::with_key(&key, algorithm);
        for (counter, tag) in counters.into_iter().zip(tags) {
            let (expected, value) = reference(&key, algorithm, counter);
            prop_assert_eq!(tag, expected);
            prop_assert_eq!(hmac.value(counter), value);
        }
    }

    #[test]
    fn for_each_visits_every_counter_once_and_in_order(
        algorithm in algorithms(),
        first in prop_oneof![any::<u64>(), Just(u64::MAX), Just(u64::MAX - 1)],
        count in 0_u16..12,
    ) {
        let hmac = Hmac::new(&secret(), algorithm);
        let mut seen = vec![];
        hmac.for_each(first, count, |counter, value| seen.push((counter, value)));
        let expected: Vec<_> = (0..u64::from(count))
            .map(|ahead| first.wrapping_add(ahead))
            .map(|counter| (counter, hmac.value(counter)))
            .collect();
        prop_assert_eq!(seen, expected);
    }
}

#[test]
fn rfc2104_2_keys_around_the_block_length() {
    for algorithm in [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512] {
        for length in [0, 1, 19, 20, 21, 63, 64, 65, 127, 128, 129, 300] {
            let key = vec![0xa5; length];
            let (_, expected) = reference(&key, algorithm, 7);
            assert_eq!(Hmac::with_key(&key, algorithm).value(7), expected, "{algorithm}, {length} bytes");
        }
    }
}

#[test]
fn rfc4226_7_4_keying_takes_two_compressions_and_a_code_two_more() {
    for algorithm in [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512] {
        let mut hmac = None;
        assert_eq!(compressions(|| hmac = Some(Hmac::new(&secret(), algorithm))), 2);
        assert_eq!(compressions(|| hmac.unwrap().value(1)), 2);
    }
}

#[test]
fn rfc6238_5_2_verify_costs_the_same_whatever_the_outcome() {
    let totp = Totp::new(&secret(), TotpParams::default().with_t0(UnixTime::from_secs(30)));
    let step = |number: u64| UnixTime::from_secs(number.saturating_mul(30).saturating_add(30));
    let wide = Window::wide(10, 10).unwrap();
    for window in [Window::EXACT, Window::NO_FUTURE, Window::DEFAULT, wide] {
        let cost = 2 * u32::from(window.steps());
        for now in [0, 1, 5, 100, u64::MAX / 30 - 2] {
            for around in now.saturating_sub(12)..=now.saturating_add(12) {
                let code = totp.generate(step(around));
                for after in [None, Some(0), Some(now - now.min(1)), Some(now), Some(u64::MAX)] {
                    let after = after.map(TimeStep::new);
                    let work = || totp.verify(&code, step(now), window, after);
                    assert_eq!(compressions(work), cost, "step {around} at {now}, after {after:?}");
                }
            }
        }
        let other_length = Code::parse("12345678", Digits::Eight).unwrap();
        assert_eq!(compressions(|| totp.verify(&other_length, step(9), window, None)), cost);
        let code = totp.generate(step(0));
        assert_eq!(compressions(|| totp.verify(&code, UnixTime::EPOCH, window, None)), cost);
    }
}

#[test]
fn codes_in_a_row_cost_the_same_whatever_the_outcome() {
    for digits in [Digits::Six, Digits::Seven, Digits::Eight] {
        let params = TotpParams::new(Algorithm::Sha1, digits, crate::Period::from_secs(1).unwrap());
        let totp = Totp::new(&secret(), params.with_t0(UnixTime::from_secs(1)));
        let count = CodesInARow::count(digits);
        let shown = |step: u64| totp.generate(UnixTime::from_secs(step.saturating_add(1)));
        let row = |steps: Vec<u64>| {
            let typed: Vec<_> =
                steps.iter().map(|step| std::string::String::from(shown(*step).expose())).collect();
            CodesInARow::parse(&typed.concat(), digits).unwrap()
        };
        for window in [Window::EXACT, Window::NO_FUTURE, Window::DEFAULT, Window::wide(10, 10).unwrap()] {
            let cost = 2 * (u32::from(window.steps()) + u32::from(count) - 1);
            for now in [0, 1, 100, u64::MAX - 2] {
                for first in now.saturating_sub(14)..=now.saturating_add(2) {
                    let right = row((0..count.into()).map(|ahead| first.saturating_add(ahead)).collect());
                    let repeated = row(vec![first; count.into()]);
                    for after in [None, Some(first), Some(now), Some(u64::MAX)] {
                        let after = after.map(TimeStep::new);
                        for typed in [&right, &repeated] {
                            let now = UnixTime::from_secs(now.saturating_add(1));
                            let work = || totp.verify_in_a_row(typed, now, window, after);
                            assert_eq!(compressions(work), cost, "{first} at {now:?}, after {after:?}");
                        }
                    }
                }
            }
            // Before T0, and with another number of digits.
            let typed = row((0..count.into()).collect());
            assert_eq!(compressions(|| totp.verify_in_a_row(&typed, UnixTime::EPOCH, window, None)), cost);
            let other = if digits == Digits::Six { Digits::Eight } else { Digits::Six };
            let other = CodesInARow::parse(&"7".repeat(24), other).unwrap();
            let work = || totp.verify_in_a_row(&other, UnixTime::from_secs(50), window, None);
            assert_eq!(compressions(work), cost);
        }
    }
}

#[test]
fn rfc6238_4_2_verify_costs_the_same_at_the_last_step() {
    let second = TotpParams::new(Algorithm::Sha1, Digits::Six, crate::Period::from_secs(1).unwrap());
    let totp = Totp::new(&secret(), second);
    for from_last in 0..3 {
        let now = UnixTime::from_secs(u64::MAX - from_last);
        let code = totp.generate(now);
        assert_eq!(compressions(|| totp.verify(&code, now, Window::DEFAULT, None)), 6);
    }
}

#[test]
fn rfc4226_7_4_look_ahead_and_resync_cost_the_same_whatever_comes() {
    let hotp = Hotp::new(&secret(), Algorithm::Sha256, Digits::Six);
    for expected in [0, 1_000, u64::MAX - 50, u64::MAX] {
        let expected = Counter::new(expected);
        for ahead in [0, 1, 2, 50, 100, 101] {
            let code = hotp.generate(Counter::new(expected.get().wrapping_add(ahead)));
            let next = hotp.generate(Counter::new(expected.get().wrapping_add(ahead + 1)));
            let look_ahead = LookAhead::new(100).unwrap();
            assert_eq!(compressions(|| hotp.verify(&code, expected, look_ahead)), 2 * 101);
            let window = ResyncWindow::new(100).unwrap();
            let work = || hotp.resynchronize(&code, &next, expected, window);
            assert_eq!(compressions(work), 2 * 102);
        }
    }
}
