//! The values of the `otp` layer: limits, redaction, equality, and serde, which uses the same constructors.

use second_factor::otp::{
    AlgorithmError, ClockOffset, CodeError, Counter, LookAhead, OtpError, ResyncWindow,
};
use second_factor::{Algorithm, Digits, Hotp, Period, Secret, Totp, TotpParams, Window};

#[test]
fn rfc4226_4_r6_secrets_of_every_length() {
    for length in 0..=256 {
        let bytes: Vec<u8> = (0..length).map(|byte| u8::try_from(byte % 251).unwrap() | 1).collect();
        match Secret::new(&bytes) {
            Ok(secret) => {
                assert!((1..=128).contains(&length), "{length}");
                assert_eq!((secret.expose(), secret.bits()), (bytes.as_slice(), length * 8));
                for (algorithm, digits) in [
                    (Algorithm::Sha1, Digits::Six),
                    (Algorithm::Sha256, Digits::Seven),
                    (Algorithm::Sha512, Digits::Eight),
                ] {
                    let code = Hotp::new(&secret, algorithm, digits).generate(Counter::new(0));
                    assert_eq!(code.digits(), digits);
                }
            }
            Err(error) => {
                assert!(length == 0 || length > 128, "{length}");
                assert_eq!(error.found, length);
            }
        }
    }
}

#[test]
fn clock_offsets_and_algorithms_have_words() {
    for (secs, is_ahead, words) in [
        (-90, false, "about 90 seconds behind"),
        (0, false, "about 0 seconds behind"),
        (1, true, "about 1 seconds ahead"),
        (i32::MIN, false, "about 2147483648 seconds behind"),
    ] {
        let offset = ClockOffset::from_secs(secs);
        assert_eq!(
            (offset.as_secs(), offset.is_ahead(), offset.to_string().as_str()),
            (secs, is_ahead, words)
        );
    }
    let names =
        [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512].map(|algorithm| algorithm.to_string());
    assert_eq!(names, ["SHA1", "SHA256", "SHA512"]);
}

#[test]
fn only_the_exact_name_of_an_algorithm_is_read() {
    for algorithm in [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512] {
        assert_eq!(algorithm.name().parse(), Ok(algorithm));
    }
    for name in ["", "sha1", "SHA", "SHA-1", "SHA384", "SHA1 ", " SHA256", "HMACSHA512", "MD5"] {
        assert_eq!(name.parse::<Algorithm>(), Err(AlgorithmError), "{name:?}");
    }
}

#[test]
fn secrets_that_differ_in_a_byte_or_in_length_are_not_equal() {
    let secret = |bytes: &[u8]| Secret::new(bytes).unwrap();
    let one = [0_u8; 20];
    assert_eq!(secret(&one), secret(&one).clone());
    for position in 0..one.len() {
        let mut other = one;
        other[position] = 1;
        assert_ne!(secret(&one), secret(&other), "byte {position}");
    }
    assert_ne!(secret(&one), secret(&one[1..]), "a zero byte at the end does not count");
}

#[test]
fn debug_shows_no_secret() {
    let secret = Secret::new(b"Sixteen letters!").unwrap();
    let totp = Totp::new(&secret, TotpParams::default());
    let hotp = Hotp::new(&secret, Algorithm::Sha512, Digits::Eight);
    assert_eq!(format!("{secret:?}"), "Secret(..)");
    assert_eq!(
        format!("{totp:?}"),
        "Totp { hmac: Hmac(..), \
         params: TotpParams { algorithm: Sha1, digits: Six, period: Period(30), t0: UnixTime(0) } }"
    );
    assert_eq!(format!("{hotp:?}"), "Hotp { hmac: Hmac(..), digits: Eight }");
}

#[test]
fn sp800_63b_3_1_4_1_a_period_is_at_most_two_minutes() {
    for secs in [0, 121, 3_600, u32::MAX] {
        assert_eq!(Period::from_secs(secs).unwrap_err().found_secs, secs);
    }
    for secs in 1..=120 {
        assert_eq!(Period::from_secs(secs).map(Period::as_secs), Ok(secs));
    }
}

#[test]
fn rfc4226_7_4_look_ahead_and_resynchronization_are_bounded() {
    assert_eq!(LookAhead::new(100).map(LookAhead::get), Ok(100));
    assert_eq!(LookAhead::new(101).unwrap_err().found, 101);
    assert_eq!(LookAhead::default().get(), 10);
    assert_eq!(ResyncWindow::new(1_000).map(ResyncWindow::get), Ok(1_000));
    assert_eq!(ResyncWindow::new(u16::MAX).unwrap_err().found, u16::MAX);
    assert_eq!(ResyncWindow::default().get(), 1_000);
}

#[test]
fn every_error_names_its_subject() {
    for (error, word) in [
        (OtpError::from(Secret::new(&[]).unwrap_err()), "secret"),
        (AlgorithmError.into(), "algorithm"),
        (Digits::try_from(9).unwrap_err().into(), "digits"),
        (Period::from_secs(0).unwrap_err().into(), "period"),
        (Window::wide(11, 0).unwrap_err().into(), "window"),
        (LookAhead::new(101).unwrap_err().into(), "at most 100 counter values"),
        (ResyncWindow::new(1_001).unwrap_err().into(), "at most 1000 counter values"),
        (CodeError::Length { expected: 6, found: 5 }.into(), "code"),
        (CodeError::Character.into(), "code"),
    ] {
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[cfg(feature = "serde")]
mod serde {
    use core::fmt::Debug;

    use second_factor::otp::TimeStep;
    use second_factor::{UnixTime, Window};
    use serde_json::{from_str, to_string};

    use super::*;

    fn round_trip<T>(value: &T, json: &str)
    where
        T: ::serde::Serialize + ::serde::de::DeserializeOwned + PartialEq + Debug,
    {
        assert_eq!(to_string(value).unwrap(), json);
        assert_eq!(from_str::<T>(json).unwrap(), *value);
    }

    #[test]
    fn values_round_trip() {
        round_trip(&Algorithm::Sha1, r#""SHA1""#);
        round_trip(&Algorithm::Sha256, r#""SHA256""#);
        round_trip(&Algorithm::Sha512, r#""SHA512""#);
        round_trip(&Digits::Eight, "8");
        round_trip(&Period::DEFAULT, "30");
        round_trip(&Window::DEFAULT, "[1,1]");
        round_trip(&Window::wide(10, 0).unwrap(), "[10,0]");
        round_trip(&LookAhead::DEFAULT, "10");
        round_trip(&ResyncWindow::DEFAULT, "1000");
        round_trip(&Counter::new(u64::MAX), "18446744073709551615");
        round_trip(&TimeStep::new(7), "7");
        round_trip(&UnixTime::MAX, "18446744073709551615");
        round_trip(
            &TotpParams::new(Algorithm::Sha256, Digits::Seven, Period::from_secs(60).unwrap())
                .with_t0(UnixTime::from_secs(5)),
            r#"{"algorithm":"SHA256","digits":7,"period":60,"t0":5}"#,
        );
    }

    #[test]
    fn invalid_values_cannot_be_deserialized() {
        for json in ["0", "5", "9", "256", "-6", "6.0", r#""6""#] {
            assert!(from_str::<Digits>(json).is_err(), "{json}");
        }
        for json in ["0", "121", "-30", "4294967296"] {
            assert!(from_str::<Period>(json).is_err(), "{json}");
        }
        for json in ["[11,0]", "[0,11]", "[1]", "[1,1,1]", "3"] {
            assert!(from_str::<Window>(json).is_err(), "{json}");
        }
        for json in [r#""sha1""#, r#""MD5""#, r#""""#, "0"] {
            assert!(from_str::<Algorithm>(json).is_err(), "{json}");
        }
        assert!(from_str::<LookAhead>("101").is_err());
        assert!(from_str::<ResyncWindow>("1001").is_err());
        for json in [
            r#"{"algorithm":"SHA1","digits":5,"period":30,"t0":0}"#,
            r#"{"algorithm":"SHA1","digits":6,"period":0,"t0":0}"#,
            r#"{"algorithm":"SHA1","digits":6,"period":30,"t0":-1}"#,
            r#"{"algorithm":"SHA1","digits":6,"t0":0}"#,
        ] {
            assert!(from_str::<TotpParams>(json).is_err(), "{json}");
        }
    }
}
