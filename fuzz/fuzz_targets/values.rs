//! A value that can be built is within its bounds and gives back what it was made of.
#![no_main]

use libfuzzer_sys::fuzz_target;
use second_factor::otp::LookAhead;
use second_factor::{Period, Secret, Window};

fuzz_target!(|input: (u32, u8, u8, u8, &[u8])| {
    let (secs, past, future, ahead, bytes) = input;

    let period = Period::from_secs(secs);
    assert_eq!(period.is_ok(), (1..=Period::MAX_SECS).contains(&secs));
    assert!(period.is_ok_and(|period| period.as_secs() == secs) || period.is_err());

    for (window, most) in [(Window::new(past, future), 1), (Window::wide(past, future), Window::MAX_STEPS)] {
        assert_eq!(window.is_ok(), past.max(future) <= most);
        if let Ok(window) = window {
            assert_eq!(window.steps(), past + 1 + future);
        }
    }

    let ahead_allowed = LookAhead::new(ahead);
    assert_eq!(ahead_allowed.is_ok(), ahead <= LookAhead::MAX);

    let secret = Secret::new(bytes);
    assert_eq!(secret.is_ok(), (1..=Secret::MAX_LEN).contains(&bytes.len()));
    if let Ok(secret) = secret {
        assert_eq!(secret.expose(), bytes);
        assert_eq!(secret.bits(), bytes.len() * 8);
        assert_eq!(format!("{secret:?}"), "Secret(..)");
    }
});
