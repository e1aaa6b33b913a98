use alloc::string::String;
use alloc::vec::Vec;

use percent_encoding::percent_decode;
use zeroize::Zeroizing;

use super::KeyUriError;

/// A piece of the text with its escapes, and the position in the whole text where it begins.
#[derive(Clone, Copy)]
pub(super) struct Raw<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
}

impl Raw<'_> {
    /// The text before byte `start`, and the text from byte `end` on.
    pub(super) fn around(self, start: usize, end: usize) -> (Self, Self) {
        let before = self.text.get(..start).unwrap_or_default();
        let after = self.text.get(end..).unwrap_or_default();
        (Self { text: before, at: self.at }, Self { text: after, at: self.at.saturating_add(end) })
    }

    /// Splits at the first `separator`, an ASCII character.
    pub(super) fn split_once(self, separator: u8) -> Option<(Self, Self)> {
        let start = self.text.bytes().position(|byte| byte == separator)?;
        Some(self.around(start, start.saturating_add(1)))
    }

    /// Like [`split_once`](Self::split_once), but if there is no separator, returns all of the text and an
    /// empty rest.
    pub(super) fn split_or_all(self, separator: u8) -> (Self, Self) {
        self.split_once(separator).unwrap_or(self.around(self.text.len(), self.text.len()))
    }

    /// The value of this parameter: what follows its first `=`. Empty if there is none.
    pub(super) fn value(self) -> Self {
        self.split_or_all(b'=').1
    }

    /// The byte of the escape that begins at `start`.
    pub(super) fn escaped_byte(self, start: usize) -> Result<u8, KeyUriError> {
        let rest = self.text.as_bytes().get(start..).unwrap_or_default();
        let byte = percent_decode(rest).next().filter(|_| begins_with_escape(rest));
        byte.ok_or(self.malformed_at(start))
    }

    /// The text with its escapes undone. A `+` is read as a plus.
    ///
    /// It is cleared when dropped, since it may be a secret under an unknown name.
    pub(super) fn decode(self) -> Result<Zeroizing<String>, KeyUriError> {
        self.decode_as(self.text)
    }

    /// Like [`decode`](Self::decode), but returns bytes, which need not be UTF-8.
    pub(super) fn decode_bytes(self) -> Result<Zeroizing<Vec<u8>>, KeyUriError> {
        self.refuse_malformed()?;
        Ok(undo_escapes(self.text))
    }

    /// The text with its escapes undone and with plus signs read as spaces by the rule of
    /// [`KeyUri`](super::KeyUri), and whether there were such spaces.
    pub(super) fn decode_form(self) -> Result<(Zeroizing<String>, bool), KeyUriError> {
        if !self.text.contains('+') || self.text.contains(' ') || self.text.contains("%20") {
            return Ok((self.decode()?, false));
        }
        let text = self.text.as_bytes();
        let is_other = |index: Option<usize>| {
            index.and_then(|index| text.get(index)).is_some_and(|neighbour| *neighbour != b'+')
        };
        let is_space = |index: usize| is_other(index.checked_sub(1)) && is_other(index.checked_add(1));
        let spaced: String = self
            .text
            .char_indices()
            .map(|(index, character)| if character == '+' && is_space(index) { ' ' } else { character })
            .collect();
        Ok((self.decode_as(&spaced)?, spaced != self.text))
    }

    /// Undoes the escapes of `text`, which has the same escapes as this piece.
    fn decode_as(self, text: &str) -> Result<Zeroizing<String>, KeyUriError> {
        if !text.contains('%') {
            return Ok(Zeroizing::new(text.into()));
        }
        self.refuse_malformed()?;
        let mut bytes = undo_escapes(text);
        match str::from_utf8(&bytes) {
            Ok(_) => Ok(Zeroizing::new(String::from_utf8(core::mem::take(&mut *bytes)).unwrap_or_default())),
            Err(_) => Err(KeyUriError::Utf8 { position: self.at }),
        }
    }

    /// Refuses a `%` that does not begin an escape. The crate `percent-encoding` would leave it as it is.
    fn refuse_malformed(self) -> Result<(), KeyUriError> {
        let text = self.text.as_bytes();
        let is_malformed = |start: &usize| {
            let rest = text.get(*start..).unwrap_or_default();
            rest.starts_with(b"%") && !begins_with_escape(rest)
        };
        (0..text.len()).find(is_malformed).map_or(Ok(()), |start| Err(self.malformed_at(start)))
    }

    fn malformed_at(self, start: usize) -> KeyUriError {
        KeyUriError::Escape { position: self.at.saturating_add(start) }
    }
}

fn undo_escapes(text: &str) -> Zeroizing<Vec<u8>> {
    // The vector is as long as the text, so it never reallocates, which would leave a copy behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    bytes.extend(percent_decode(text.as_bytes()));
    bytes
}

fn begins_with_escape(text: &[u8]) -> bool {
    matches!(text, [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
}
