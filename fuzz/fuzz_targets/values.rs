//! A value that can be built is within its bounds and returns what it was made from. With any values, at any time, a code is
//! accepted if and only if RFC 6238 says so.
#![no_main]

use libfuzzer_sys::fuzz_target;
use second_factor::otp::{Counter, Digits, LookAhead, TimeStep, Verdict};
use second_factor::{Algorithm, Hotp, Period, Secret, Totp, TotpParams, UnixTime, Window};

fuzz_target!(|input: (u32, u8, u8, u8, [u64; 4], &[u8])| {
    let (secs, past, future, ahead, times, bytes) = input;

    let period = Period::from_secs(secs);
    assert_eq!(period.is_ok(), (1..=Period::MAX_SECS).contains(&secs));
    assert!(period.is_ok_and(|period| period.as_secs() == secs) || period.is_err());

    for (window, most) in [(Window::new(past, future), 1), (Window::wide(past, future), Window::MAX_STEPS)] {
        assert_eq!(window.is_ok(), past.max(future) <= most);
        if let Ok(window) = window {
            assert_eq!(window.steps(), past + 1 + future);
        }
    }

    let ahead_allowed = LookAhead::new(ahead.into());
    assert_eq!(ahead_allowed.is_ok(), u16::from(ahead) <= LookAhead::MAX);

    let secret = Secret::new(bytes);
    assert_eq!(secret.is_ok(), (1..=Secret::MAX_LEN).contains(&bytes.len()));
    if let Ok(secret) = secret {
        assert_eq!(secret.expose(), bytes);
        assert_eq!(secret.bits(), bytes.len() * 8);
        assert_eq!(format!("{secret:?}"), "Secret(..)");

        if let (Ok(period), Ok(window)) = (period, Window::wide(past, future)) {
            let algorithm = [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512][usize::from(ahead % 3)];
            let digits = [Digits::Six, Digits::Seven, Digits::Eight][usize::from(ahead / 3 % 3)];
            accept(&secret, TotpParams::new(algorithm, digits, period), window, times);
        }
    }
});

/// Compares with a simple search: the steps of the window one by one, each code from HOTP.
fn accept(secret: &Secret, params: TotpParams, window: Window, [now, shown, after, t0]: [u64; 4]) {
    // Mostly near each other, sometimes anywhere.
    let period = u64::from(params.period().as_secs());
    let near = |time: u64, to: u64| if time & 3 == 0 { time } else { to.saturating_add(time >> 2 & 7) };
    let params = params.with_t0(UnixTime::from_secs(if t0 & 3 == 0 { t0 } else { 0 }));
    let shown = UnixTime::from_secs(if shown & 3 == 0 {
        shown
    } else {
        now.saturating_add((shown >> 2 & 7) * period)
    });
    let totp = Totp::new(secret, params);
    let hotp = Hotp::new(secret, params.algorithm(), params.digits());
    let code = totp.generate(shown);
    assert_eq!(code.digits(), params.digits());

    let middle = now.checked_sub(params.t0().as_secs()).map(|since| since / period);
    assert_eq!(totp.time_step(UnixTime::from_secs(now)), middle.map(TimeStep::new));
    let steps = middle.map(|middle| {
        middle.saturating_sub(window.past().into())..=middle.saturating_add(window.future().into())
    });
    let after = middle.map(|middle| near(after, middle.saturating_sub(3))).filter(|after| after % 5 > 0);
    let matching: Vec<u64> =
        steps.into_iter().flatten().filter(|step| hotp.generate(Counter::new(*step)) == code).collect();
    let expected = matching.iter().copied().find(|step| after.is_none_or(|after| *step > after));
    let verdict = totp.verify(&code, UnixTime::from_secs(now), window, after.map(TimeStep::new));
    assert_eq!(
        verdict,
        match (expected, matching.first()) {
            (Some(step), _) => Verdict::Accepted(TimeStep::new(step)),
            (None, Some(used)) => Verdict::Replayed(TimeStep::new(*used)),
            (None, None) => Verdict::Wrong,
        }
    );
    if let Some(step) = verdict.accepted() {
        let again = totp.verify(&code, UnixTime::from_secs(now), window, Some(step));
        assert!(again.accepted().is_none_or(|later| later > step), "a step was accepted twice");
    }
}
