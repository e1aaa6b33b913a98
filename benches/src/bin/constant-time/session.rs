//! Logins with an undefined token key, and look-ups in a record whose digests are undefined.

use second_factor::session::{Keys, StoreSecretsInClear, TokenKey, TokenKeys};
use second_factor::{AccountRecord, ChallengeToken, Login, Refusal, Remember, Secret};
use second_factor_benches::{Service, valgrind, without_a_seal};
use serde_json::Value;

use crate::secret;

/// Presents every recovery code of the record, and one that is not in it.
pub fn recovery_code() {
    let service = Service::enrolled(without_a_seal());
    let challenge = service.challenge();
    let stored = service.record();
    let undefined = undefined_digests(&stored);

    // Reading what the claimant types branches on every character of it, so here the stored digests are
    // undefined instead.
    let shown = service.recovery_codes.iter().map(|code| (code.as_str(), true));
    for (typed, is_there) in shown.chain([(OF_NOBODY, false)]) {
        service.put(&undefined);
        let outcome = service.verifier.present(&challenge, typed, Remember::No);
        assert_eq!(outcome.is_ok(), is_there);
    }
}

/// Presents the current token of a device and the previous one, within the grace period and after it, and
/// forged tokens.
pub fn device_token() {
    let service = Service::enrolled(undefined_keys());
    let first: Vec<_> = (0..3).map(|_| public(service.remember().expose())).collect();
    service.wait(60);
    let second: Vec<_> = first.iter().map(|cookie| remembered(&service, cookie)).collect();
    let in_grace = service.record();
    for (first, second) in first.iter().zip(&second) {
        for cookie in [first, second] {
            service.put(&in_grace);
            assert_eq!(&remembered(&service, cookie), second);
        }
    }
    service.wait(60);
    for (first, second) in first.iter().zip(&second) {
        service.put(&in_grace);
        assert_ne!(&remembered(&service, second), second);
        for cookie in [first.clone(), forged(second, 0), forged(second, 51)] {
            service.put(&in_grace);
            assert!(matches!(service.log_in(Some(&cookie)), Login::CodeRequired(_)));
        }
    }
}

/// Presents a challenge with the right code and with a wrong one, and forged challenges.
pub fn challenge() {
    let service = Service::enrolled(undefined_keys());
    let text = public(service.challenge().expose());
    let (code, stored) = (service.code(), service.record());
    let present = |text: &str, code: &str| {
        service.put(&stored);
        let challenge = ChallengeToken::parse(text).expect("a challenge");
        service.verifier.present(&challenge, code, Remember::No).map_err(|error| error.refusal())
    };
    assert!(present(&text, &code).is_ok());
    assert_eq!(present(&text, "000000").err(), Some(Some(Refusal::NotAccepted)));
    for place in [0, 51] {
        assert_eq!(present(&forged(&text, place), &code).err(), Some(Some(Refusal::ChallengeOver)));
    }
}

/// A recovery code that no account has.
const OF_NOBODY: &str = "MFRGG-ZDFMZ-TWQ2L-KNNWG-23TPOA";

/// Keys whose token key is undefined, and so is everything that it signs.
fn undefined_keys() -> Keys {
    Keys::new(StoreSecretsInClear, TokenKeys::new(1, TokenKey::new(secret([7; 32]))))
}

/// The token that a remembered device gets when it logs in.
fn remembered(service: &Service, cookie: &str) -> String {
    match service.log_in(Some(cookie)) {
        Login::Complete(accepted) => {
            public(accepted.device.expect("the current token, or the next").expose())
        }
        other => panic!("the device is remembered: {other:?}"),
    }
}

/// Marks the text of a token, including its tag, as public: whoever presents it knows it.
fn public(text: &str) -> String {
    let text = text.to_owned();
    valgrind::make_defined(text.as_bytes());
    text
}

/// The token with the character at `place` of its tag replaced. The last character of a tag stands for one
/// bit.
fn forged(text: &str, place: usize) -> String {
    let (body, tag) = text.rsplit_once('.').expect("a tag");
    let other = if tag[place..].starts_with('A') { "Q" } else { "A" };
    format!("{body}.{}{other}{}", &tag[..place], &tag[place + 1..])
}

/// The record, with the digests of its recovery codes undefined. In postcard they are plain bytes, and
/// reading copies them without a branch.
fn undefined_digests(record: &AccountRecord) -> AccountRecord {
    let stored = postcard::to_allocvec(record).expect("postcard");
    let json = serde_json::to_value(record).expect("JSON");
    let digests = json["record"]["recovery"].as_array().expect("a list").iter().map(decode);
    let place = |digest: &[u8]| stored.windows(digest.len()).position(|window| window == digest);
    let places: Vec<_> = digests.map(|digest| (place(&digest).expect("as it is"), digest.len())).collect();
    assert_eq!(places.len(), 10);
    for (at, len) in places {
        valgrind::make_undefined(&stored[at..at + len]);
    }
    postcard::from_bytes(&stored).expect("a record")
}

fn decode(text: &Value) -> Vec<u8> {
    Secret::from_base32_strict(text.as_str().expect("base32")).expect("base32").expose().to_vec()
}
