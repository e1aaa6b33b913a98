//! Takes tokens apart and puts them together again, without the key.

use std::sync::Mutex;

use second_factor::{BlockingVerifier, KeyRing, Policy, SealingKey};

use super::{TestRng, World};

/// The same service with another key and the same random numbers. Its tokens are not valid in other worlds.
pub fn under_another_key() -> World {
    let world = World::new();
    let verifier = BlockingVerifier::with_sources(
        world.verifier.store().clone(),
        Policy::new("Example").unwrap(),
        KeyRing::new(1, SealingKey::new([8; 32])),
        world.clock.clone(),
        Mutex::new(TestRng(1)),
    );
    World { verifier: verifier.with_events(world.events.clone()), ..world }
}

/// The parts of a token. Field 0 is the key's id, field 1 the account; the others depend on the kind.
#[derive(Debug, Clone)]
pub struct Parts {
    pub prefix: String,
    pub fields: Vec<Vec<u8>>,
    pub tag: Vec<u8>,
}

impl Parts {
    pub fn of(text: &str) -> Self {
        let parts: Vec<_> = text.split('.').collect();
        let [prefix, body, tag] = parts[..] else { panic!("not three parts: {text}") };
        let (body, tag) = (base32_bytes(body).unwrap(), base32_bytes(tag).unwrap());
        let (mut fields, mut rest) = (Vec::new(), &body[..]);
        while let Some((len, after)) = rest.split_first_chunk() {
            let (field, after) = after.split_at(u16::from_be_bytes(*len).into());
            fields.push(field.to_vec());
            rest = after;
        }
        Self { prefix: prefix.to_owned(), fields, tag }
    }

    pub fn text(&self) -> String {
        let len = |field: &[u8]| u16::try_from(field.len()).unwrap().to_be_bytes();
        let body: Vec<u8> =
            self.fields.iter().flat_map(|field| [len(field).as_slice(), field].concat()).collect();
        [&self.prefix, ".", &base32_text(&body), ".", &base32_text(&self.tag)].concat()
    }

    /// The same token with another account.
    #[must_use]
    pub fn of_account(mut self, account: &str) -> Self {
        self.fields[1] = account.as_bytes().to_vec();
        self
    }
}

const SYMBOLS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The bytes of a text in base32 without padding.
pub fn base32_bytes(text: &str) -> Option<Vec<u8>> {
    let (mut held, mut bits, mut bytes) = (0_u32, 0_u32, Vec::new());
    for symbol in text.bytes() {
        let value = SYMBOLS.iter().position(|known| *known == symbol)?;
        held = (held << 5 | u32::try_from(value).unwrap()) & 0xfff;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits).to_le_bytes()[0]);
        }
    }
    Some(bytes)
}

pub fn base32_text(bytes: &[u8]) -> String {
    let (mut held, mut bits, mut text) = (0_u32, 0_u32, String::new());
    let symbol = |value: u32| char::from(SYMBOLS[(value & 31) as usize]);
    for byte in bytes {
        held = (held << 8 | u32::from(*byte)) & 0xffff;
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(symbol(held >> bits));
        }
    }
    if bits > 0 {
        text.push(symbol(held << (5 - bits)));
    }
    text
}
