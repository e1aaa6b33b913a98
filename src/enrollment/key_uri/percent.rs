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
    pub(super) fn decode(self) -> Result<String, KeyUriError> {
        let Some(first) = position(self.text, b'%') else { return Ok(self.text.to_owned()) };
        let mut decoded = Vec::with_capacity(self.text.len());
        let (plain, escaped) = self.around(first, first);
        decoded.extend_from_slice(plain.text.as_bytes());
        for byte in Bytes::new(escaped) {
            decoded.push(byte?.value);
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
    pub(super) fn decode_form(self) -> Result<(String, bool), KeyUriError> {
        if position(self.text, b'+').is_none() || self.text.contains(' ') || self.text.contains("%20") {
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

/// Where a byte first stands. Parts are short: a plain loop is faster than a search set up for long texts.
#[inline]
pub(super) fn position(text: &str, wanted: u8) -> Option<usize> {
    text.bytes().position(|byte| byte == wanted)
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
    #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, and a byte is below 256")]
    const SAFE: [bool; 256] = {
        let mut safe = [false; 256];
        let mut rest: &[u8] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/?%";
        while let [first, others @ ..] = rest {
            safe[*first as usize] = true;
            rest = others;
        }
        safe
    };
    text.bytes().position(|byte| !SAFE.get(usize::from(byte)).copied().unwrap_or(false))
}
