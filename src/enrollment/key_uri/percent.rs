use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::KeyUriError;

/// A piece of the text with its position in the whole, for errors.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
}

impl Part<'_> {
    /// What stands before `start`, and what stands at and after `end`.
    #[inline]
    pub(super) fn around(self, start: usize, end: usize) -> (Self, Self) {
        let before = self.text.get(..start).unwrap_or_default();
        let after = self.text.get(end..).unwrap_or_default();
        (Self { text: before, at: self.at }, Self { text: after, at: self.at.saturating_add(end) })
    }

    /// Split around the first `separator`, an ASCII character.
    #[inline]
    pub(super) fn split_once(self, separator: u8) -> Option<(Self, Self)> {
        let start = position(self.text, separator)?;
        Some(self.around(start, start.saturating_add(1)))
    }

    /// The text with its escapes undone. A `+` stands for itself.
    #[inline]
    pub(super) fn decode(self) -> Result<String, KeyUriError> {
        match position(self.text, b'%') {
            None => Ok(self.text.to_owned()),
            Some(first) => self.decode_from(first),
        }
    }

    /// The same, where the first escape is known.
    fn decode_from(self, first: usize) -> Result<String, KeyUriError> {
        let mut decoded = Vec::with_capacity(self.text.len());
        let (mut rest, mut escape) = (self, first);
        loop {
            let (plain, escaped) = rest.around(escape, escape);
            decoded.extend_from_slice(plain.text.as_bytes());
            let Some(byte) = Bytes::new(escaped).next().transpose()? else { break };
            decoded.push(byte.value);
            // An escape is ASCII, so that what follows begins at a character.
            rest = escaped.around(byte.end, byte.end).1;
            escape = position(rest.text, b'%').unwrap_or(rest.text.len());
        }
        utf8(self, decoded)
    }

    /// The same, clearing what it touched.
    pub(super) fn decode_secret(self) -> Result<Zeroizing<Vec<u8>>, KeyUriError> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.text.len()));
        for byte in Bytes::new(self) {
            bytes.push(byte?.value);
        }
        Ok(bytes)
    }

    /// The text with its escapes undone where a `+` may be a space: see [`KeyUri`](super::KeyUri) for the
    /// rule. The flag says that one was.
    #[inline]
    pub(super) fn decode_form(self) -> Result<(String, bool), KeyUriError> {
        if position(self.text, b'+').is_none()
            || position(self.text, b' ').is_some()
            || self.text.contains("%20")
        {
            return Ok((self.decode()?, false));
        }
        let raw = self.text.as_bytes();
        let mut spaces = false;
        let mut decoded = Vec::with_capacity(raw.len());
        for byte in Bytes::new(self) {
            let byte = byte?;
            let single = byte.value == b'+' && !byte.escaped && {
                let before = byte.start.checked_sub(1).and_then(|index| raw.get(index));
                let after = raw.get(byte.end);
                !matches!(before, None | Some(b'+')) && !matches!(after, None | Some(b'+'))
            };
            spaces |= single;
            decoded.push(if single { b' ' } else { byte.value });
        }
        Ok((utf8(self, decoded)?, spaces))
    }
}

/// Where a byte first stands, eight of them looked at together.
#[inline]
pub(super) fn position(text: &str, wanted: u8) -> Option<usize> {
    let bytes = text.as_bytes();
    let Some(last) = bytes.last_chunk() else { return bytes.iter().position(|byte| *byte == wanted) };
    let mut before = 0_usize;
    for word in bytes.as_chunks().0 {
        if let Some(place) = place(*word, wanted) {
            return Some(before.saturating_add(place));
        }
        before = before.saturating_add(8);
    }
    // These overlap with what was looked at before, where it is not.
    place(*last, wanted).map(|place| bytes.len().saturating_sub(8).saturating_add(place))
}

/// Where a byte first stands among eight.
#[inline]
fn place(word: [u8; 8], wanted: u8) -> Option<usize> {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    // The byte sought becomes zero, and the first that is zero is the first to borrow.
    let difference = u64::from_le_bytes(word) ^ u64::from_le_bytes([wanted; 8]);
    let zero = difference.wrapping_sub(ONES) & !difference & (ONES << 7);
    if zero == 0 { None } else { usize::try_from(zero.trailing_zeros() / 8).ok() }
}

fn utf8(part: Part<'_>, decoded: Vec<u8>) -> Result<String, KeyUriError> {
    String::from_utf8(decoded).map_err(|_| KeyUriError::Utf8 { position: part.at })
}

/// One byte of a text with its escapes undone.
#[derive(Clone, Copy)]
pub(super) struct Byte {
    pub(super) value: u8,
    pub(super) escaped: bool,
    /// Where it begins and ends in the raw text.
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The bytes of a text with its escapes undone, each with where it came from.
pub(super) struct Bytes<'a> {
    raw: &'a [u8],
    at: usize,
    next: usize,
}

impl<'a> Bytes<'a> {
    pub(super) fn new(part: Part<'a>) -> Self {
        Self { raw: part.text.as_bytes(), at: part.at, next: 0 }
    }
}

impl Iterator for Bytes<'_> {
    type Item = Result<Byte, KeyUriError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let start = self.next;
        let byte = match self.raw.get(start..)? {
            [] => return None,
            [b'%', rest @ ..] => {
                let value = match rest {
                    [high, low, ..] => hex(*high).zip(hex(*low)),
                    _ => None,
                };
                let Some((high, low)) = value else {
                    self.next = self.raw.len();
                    return Some(Err(KeyUriError::Escape { position: self.at.saturating_add(start) }));
                };
                Byte { value: high << 4 | low, escaped: true, start, end: start.saturating_add(3) }
            }
            [value, ..] => Byte { value: *value, escaped: false, start, end: start.saturating_add(1) },
        };
        self.next = byte.end;
        Some(Ok(byte))
    }
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => digit.checked_sub(b'0'),
        b'A'..=b'F' => digit.checked_sub(b'A' - 10),
        b'a'..=b'f' => digit.checked_sub(b'a' - 10),
        _ => None,
    }
}

/// Where the first character stands that a URI writes as an escape (RFC 3986 §2: neither unreserved, nor
/// reserved, nor `%`), `#` and the brackets of an IP address included.
pub(super) fn first_raw(text: &str) -> Option<usize> {
    // As a rule there is none, which is told without a branch and sixteen at a time.
    let (blocks, rest) = text.as_bytes().as_chunks::<16>();
    let any = |bytes: &[u8]| bytes.iter().fold(0, |any, byte| any | raw(*byte));
    if blocks.iter().fold(any(rest), |found, block| found | any(block)) == 0 {
        return None;
    }
    text.bytes().position(|byte| raw(byte) != 0)
}

/// 1 for such a character, else 0.
#[inline]
fn raw(byte: u8) -> u8 {
    let among = |first: u8, last: u8| u8::from(byte.wrapping_sub(first) <= last.wrapping_sub(first));
    let visible = among(b'!', b'~');
    let outside = among(b'"', b'#')
        | among(b'<', b'<')
        | among(b'>', b'>')
        | among(b'[', b'^')
        | among(b'`', b'`')
        | among(b'{', b'}');
    (visible ^ 1) | outside
}
