//! A text is a token of one kind at most, and then it is that token's only spelling.
#![no_main]

use libfuzzer_sys::fuzz_target;
use second_factor::session::{DeviceId, EnrollmentToken};
use second_factor::{AccountId, ChallengeToken, DeviceToken};

fuzz_target!(|text: &str| {
    let (challenge, enrollment) = (ChallengeToken::parse(text), EnrollmentToken::parse(text));
    let (device, id) = (DeviceToken::parse(text), DeviceId::parse(text));
    let exposed = [
        challenge.as_ref().ok().map(|token| token.expose().to_owned()),
        enrollment.as_ref().ok().map(|token| token.expose().to_owned()),
        device.as_ref().ok().map(|token| token.expose().to_owned()),
        id.as_ref().ok().map(ToString::to_string),
    ];
    let read: Vec<&String> = exposed.iter().flatten().collect();
    assert!(read.len() <= 1, "of one kind at most");
    assert!(read.iter().all(|spelling| *spelling == text), "one spelling");
    assert!(read.is_empty() || text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.'));

    let account = [
        challenge.as_ref().ok().map(ChallengeToken::account),
        enrollment.as_ref().ok().map(EnrollmentToken::account),
        device.as_ref().ok().map(DeviceToken::account),
    ];
    for account in account.into_iter().flatten() {
        assert_eq!(AccountId::new(account.as_str()).as_ref(), Ok(account));
    }
    let kinds = [
        challenge.map(|token| format!("{token:?}")).unwrap_or_default(),
        enrollment.map(|token| format!("{token:?}")).unwrap_or_default(),
        device.map(|token| format!("{token:?}")).unwrap_or_default(),
    ];
    assert!(kinds.iter().all(|said| said.is_empty() || said.ends_with("Token(..)")));
});
