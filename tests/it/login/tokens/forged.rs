//! Forgeries from a copy of the database and from replaced tokens.

use hmac::{Hmac, KeyInit, Mac};
use second_factor::DeviceToken;
use second_factor::session::EventKind;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::parts::Parts;
use super::site::{Kind, Site, Took};
use crate::support::{STEP, complete};

/// A site whose device token was replaced twice: the present token, and the two before it, oldest first.
fn replaced_twice() -> (Site, DeviceToken, Vec<String>) {
    let site = Site::new();
    let mut replaced = vec![];
    let mut device = DeviceToken::parse(&site.genuine(Kind::Device)).unwrap();
    for _ in 0..2 {
        site.world.clock.advance(3 * STEP);
        replaced.push(device.expose().to_owned());
        device = complete(site.world.login_on(&device)).device.unwrap();
    }
    (site, device, replaced)
}

/// All byte strings in the record, and values that are easily derived from them.
fn candidates(site: &Site) -> Vec<Vec<u8>> {
    fn walk(value: &Value, into: &mut Vec<Vec<u8>>) {
        match value {
            Value::Object(fields) => fields.values().for_each(|value| walk(value, into)),
            Value::Array(items) => items.iter().for_each(|item| walk(item, into)),
            Value::String(text) => {
                let alphabet = base32::Alphabet::Rfc4648 { padding: false };
                into.extend(base32::decode(alphabet, text));
                into.push(text.as_bytes().to_vec());
            }
            Value::Number(number) => into.push(number.as_u64().unwrap().to_be_bytes().to_vec()),
            Value::Bool(_) | Value::Null => {}
        }
    }
    let mut all = vec![vec![], vec![0; 32]];
    walk(&serde_json::to_value(site.world.record()).unwrap(), &mut all);
    let hashed: Vec<Vec<u8>> = all.iter().map(|bytes| Sha256::digest(bytes).to_vec()).collect();
    all.extend(hashed);
    all
}

/// The tag, computed like in the library.
fn tag(key: &[u8], label: &[u8], namespace: &[u8], body: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    for part in [label, namespace, body] {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

/// The attacker has the whole record and a cookie that was valid once.
#[test]
fn g40_no_token_can_be_forged_from_a_database_and_a_replaced_token() {
    let (site, device, replaced) = replaced_twice();
    let keys = candidates(&site);
    let mut made = 0;
    for cookie in &replaced {
        let cookie = Parts::of(cookie);
        for generation in 0_u32..=4 {
            let fields = [&cookie.fields[..3], &[generation.to_be_bytes().to_vec()]].concat();
            let body = Parts { fields, ..cookie.clone() };
            let tags = keys.iter().map(|key| tag(key, b"second-factor/device/v1", b"Example", &body.body()));
            let as_they_are = keys.iter().filter(|key| key.len() == 32).cloned();
            for tag in tags.chain(as_they_are).chain([cookie.tag.clone()]) {
                let forged = Parts { tag, ..body.clone() };
                if replaced.contains(&forged.text()) {
                    continue;
                }
                assert_eq!(site.takes(Kind::Device, &forged.text()), Took::Refused, "{forged:?}");
                made += 1;
            }
        }
    }
    assert!(made > 500, "only {made} tokens were tried");
    // There was no false alarm, and the owner's device still works.
    assert_eq!(site.takes(Kind::Device, device.expose()), Took::Genuine);
}

/// The record has only a hash of the device's series. So without the cookie no token for the device can be made.
#[test]
fn g40_no_token_can_be_forged_from_a_database_alone() {
    let site = Site::new();
    let keys = candidates(&site);
    let mut made = 0;
    for kind in [Kind::Challenge, Kind::Device, Kind::Enrollment] {
        let genuine = Parts::of(&site.genuine(kind));
        let label: &[u8] = match kind {
            Kind::Challenge => b"second-factor/challenge/v1",
            Kind::Device => b"second-factor/device/v1",
            Kind::Enrollment => b"second-factor/enrollment/v1",
        };
        for key in &keys {
            // Every field of the body is right, as if it had been guessed.
            let forged = Parts { tag: tag(key, label, b"Example", &genuine.body()), ..genuine.clone() };
            assert_eq!(site.takes(kind, &forged.text()), Took::Refused, "{forged:?}");
            made += 1;
        }
        if kind == Kind::Device {
            for series in keys.iter().filter(|key| key.len() == 16) {
                let mut forged = genuine.clone();
                forged.fields[2].clone_from(series);
                assert_eq!(site.takes(kind, &forged.text()), Took::Refused, "{forged:?}");
                made += 1;
            }
        }
    }
    assert!(made > 150, "only {made} tokens were tried");
}

/// The formula above is that of the library: with the right key it gives the same tag.
#[test]
fn g40_the_forgeries_use_the_formula_of_the_library() {
    let site = Site::new();
    let derived = {
        let mut mac = Hmac::<Sha256>::new_from_slice(&[7; 32]).unwrap();
        let label = b"second-factor/token-key/v1";
        mac.update(&(label.len() as u64).to_be_bytes());
        mac.update(label);
        mac.finalize().into_bytes()
    };
    let genuine = Parts::of(&site.genuine(Kind::Device));
    assert_eq!(tag(&derived, b"second-factor/device/v1", b"Example", &genuine.body()), genuine.tag);
}

/// Replaced tokens let nobody in, and raise an alarm.
#[test]
fn g40_a_replaced_token_lets_nobody_in() {
    let (site, _, replaced) = replaced_twice();
    site.world.clock.advance(3 * STEP);
    site.world.events.take();
    let oldest = DeviceToken::parse(&replaced[0]).unwrap();
    assert!(matches!(site.world.login_on(&oldest), second_factor::Login::CodeRequired(_)));
    assert!(site.world.events.count(|kind| matches!(kind, EventKind::DeviceTokenStolen { .. })) == 1);

    let (site, _, replaced) = replaced_twice();
    site.world.clock.advance(3 * STEP);
    let newest = DeviceToken::parse(&replaced[1]).unwrap();
    assert!(matches!(site.world.login_on(&newest), second_factor::Login::CodeRequired(_)));
    assert_eq!(site.world.verifier.status(&site.world.account).unwrap().devices, []);
}
