//! A hash of a state. Two states have the same one if they differ only in the values of random bytes and by a
//! shift of time.

use crate::state::State;

/// A part of a state, for the comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Token {
    /// Compared as it is.
    Literal(u64),
    /// Random bytes: it only matters which of them are equal.
    Name(u64),
    /// Seconds since 1970: only the distance from now matters.
    Time(u64),
    /// A time step of 30 seconds: only the distance from now matters.
    Step(u64),
}

/// Base32 text of 16 bytes or more counts as random bytes; times and time steps are recognized by their size.
pub fn tokens_of_json(text: &str) -> Vec<Token> {
    let bytes = text.as_bytes();
    let (mut tokens, mut literal, mut at) = (Vec::new(), 0, 0);
    let push = |tokens: &mut Vec<Token>, literal: &mut u64, token| {
        tokens.extend([Token::Literal(std::mem::take(literal)), token]);
    };
    while at < bytes.len() {
        let rest = &bytes[at..];
        let len = match rest[0] {
            b'"' => rest[1..].iter().position(|byte| *byte == b'"').unwrap() + 2,
            b'0'..=b'9' => rest.iter().take_while(|byte| byte.is_ascii_digit()).count(),
            _ => 1,
        };
        let word = &rest[..len];
        match word[0] {
            b'"' if len >= 26 && word[1..len - 1].iter().all(u8::is_ascii_alphanumeric) => {
                push(&mut tokens, &mut literal, Token::Name(hash_bytes(&word[1..len - 1])));
            }
            b'0'..=b'9' => match text[at..at + len].parse().unwrap() {
                time @ 1_000_000_000.. => push(&mut tokens, &mut literal, Token::Time(time)),
                step @ 30_000_000..=100_000_000 => push(&mut tokens, &mut literal, Token::Step(step)),
                number => literal = mix(literal.into(), number) as u64,
            },
            _ => literal = mix(literal.into(), hash_bytes(word)) as u64,
        }
        at += len;
    }
    tokens.push(Token::Literal(literal));
    tokens
}

/// The content of a signed token, without its tag.
pub fn tokens_of_signed(text: &str) -> Vec<Token> {
    fields_of_signed(text)
        .iter()
        .map(|field| match field.len() {
            8 => match u64::from_be_bytes(field[..].try_into().unwrap()) {
                time @ 1_000_000_000.. => Token::Time(time),
                number => Token::Literal(number),
            },
            16.. => Token::Name(name_of(field)),
            _ => Token::Literal(hash_bytes(field)),
        })
        .collect()
}

/// The fields of the body of a signed token, each with two bytes of length in front.
pub fn fields_of_signed(text: &str) -> Vec<Vec<u8>> {
    let body = text.split('.').nth(1).unwrap();
    let body = base32::decode(base32::Alphabet::Rfc4648 { padding: false }, body).unwrap();
    let (mut fields, mut rest) = (Vec::new(), &body[..]);
    while let [high, low, after @ ..] = rest {
        let (field, after) = after.split_at(usize::from(u16::from_be_bytes([*high, *low])));
        fields.push(field.to_vec());
        rest = after;
    }
    fields
}

/// The hash that names these random bytes, from their text in the record.
pub fn name_of(bytes: &[u8]) -> u64 {
    hash_bytes(base32::encode(base32::Alphabet::Rfc4648 { padding: false }, bytes).as_bytes())
}

pub fn hash_bytes(bytes: &[u8]) -> u64 {
    let mut hash = bytes.len() as u128;
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        hash = mix(hash, u64::from_le_bytes(word));
    }
    (hash >> 64) as u64 ^ hash as u64
}

fn mix(hash: u128, word: u64) -> u128 {
    let mixed =
        (hash ^ u128::from(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).rotate_left(67);
    mixed ^ (mixed >> 71)
}

/// Hashes a state in an order that does not depend on random bytes.
#[derive(Debug)]
pub struct Canonical {
    hash: u128,
    names: Vec<u64>,
    now: u64,
}

impl Canonical {
    pub fn of(state: &State) -> u128 {
        let mut canonical = Self { hash: 1, names: Vec::with_capacity(32), now: state.time };
        state.tell(&mut canonical);
        canonical.hash
    }

    pub fn literal(&mut self, number: impl Into<u64>) {
        self.hash = mix(self.hash, number.into());
    }

    pub fn name(&mut self, name: u64) {
        let index = self.names.iter().position(|known| *known == name).unwrap_or_else(|| {
            self.names.push(name);
            self.names.len() - 1
        });
        self.hash = mix(self.hash, 0x4e00 + index as u64);
    }

    pub fn time(&mut self, time: u64) {
        if time < 1_000_000_000 {
            return self.literal(time);
        }
        self.hash = mix(self.hash, time.wrapping_sub(self.now) ^ 0x5a5a << 40);
    }

    pub fn step(&mut self, step: u64) {
        self.hash = mix(self.hash, step.wrapping_sub(self.now / 30) ^ 0xa5a5 << 40);
    }

    pub fn tokens(&mut self, tokens: &[Token]) {
        for token in tokens {
            match *token {
                Token::Literal(number) => self.literal(number),
                Token::Name(name) => self.name(name),
                Token::Time(time) => self.time(time),
                Token::Step(step) => self.step(step),
            }
        }
    }
}
