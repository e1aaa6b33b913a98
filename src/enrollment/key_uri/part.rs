use alloc::string::String;
use alloc::vec::Vec;
use core::str;

use zeroize::Zeroizing;

use super::KeyUriError;
use super::marks::Marks;
use super::percent::{Bytes, escaped, position};

/// What has come of undoing escapes.
#[derive(Clone, Copy)]
pub(super) struct Decoded {
    /// There may be control characters.
    pub(super) controls: bool,
    /// A `+` was read as a space.
    pub(super) spaces: bool,
}

/// A piece of the text with its position in the whole, for errors.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    /// What may be in it.
    pub(super) marks: Marks,
}

impl<'a> Part<'a> {
    /// A whole text.
    pub(super) fn whole(text: &'a str, marks: Marks) -> Self {
        Self { text, at: 0, marks }
    }

    /// What stands before `start`, and what stands at and after `end`.
    #[expect(clippy::inline_always, reason = "what it returns would go through memory, field by field")]
    #[inline(always)]
    pub(super) fn around(self, start: usize, end: usize) -> (Self, Self) {
        let before = self.text.get(..start).unwrap_or_default();
        let after = self.text.get(end..).unwrap_or_default();
        (Self { text: before, ..self }, Self { text: after, at: self.at.saturating_add(end), ..self })
    }

    /// Split around the first `separator`, an ASCII character.
    #[expect(clippy::inline_always, reason = "what it returns would go through memory, field by field")]
    #[inline(always)]
    pub(super) fn split_once(self, separator: u8) -> Option<(Self, Self)> {
        let start = position(self.text, separator)?;
        Some(self.around(start, start.saturating_add(1)))
    }

    /// Appends the text with its escapes undone. A `+` stands for itself.
    #[inline]
    pub(super) fn decode_onto(self, decoded: &mut String) -> Result<Decoded, KeyUriError> {
        match self.first_escape() {
            None => {
                decoded.push_str(self.text);
                Ok(Decoded { controls: self.marks.may_have(Marks::UNUSUAL), spaces: false })
            }
            Some(first) => self.undo_escapes_onto(first, decoded),
        }
    }

    /// Where the first percent sign is.
    #[inline]
    pub(super) fn first_escape(self) -> Option<usize> {
        if self.marks.may_have(Marks::PERCENT) { position(self.text, b'%') } else { None }
    }

    fn undo_escapes_onto(self, first: usize, decoded: &mut String) -> Result<Decoded, KeyUriError> {
        let mut controls = self.marks.may_have(Marks::UNUSUAL);
        let mut rest = self;
        let mut next = Some(first);
        while let Some(escape) = next {
            let (plain, after) = rest.around(escape, escape.saturating_add(3));
            decoded.push_str(plain.text);
            match escaped(rest.text.as_bytes(), escape) {
                None => return Err(KeyUriError::Escape { position: rest.at.saturating_add(escape) }),
                Some(byte) if byte.is_ascii() => {
                    controls |= byte.is_ascii_control();
                    decoded.push(byte.into());
                }
                // Of a character of several bytes: the rest is undone before it is known whether it is UTF-8.
                Some(_) => return self.undo_bytes_onto(rest.around(escape, escape).1, decoded),
            }
            rest = after;
            next = position(rest.text, b'%');
        }
        decoded.push_str(rest.text);
        Ok(Decoded { controls, spaces: false })
    }

    fn undo_bytes_onto(self, rest: Self, decoded: &mut String) -> Result<Decoded, KeyUriError> {
        self.push_utf8(&rest.decode_bytes()?, decoded)?;
        Ok(Decoded { controls: true, spaces: false })
    }

    /// The text with its escapes undone. A `+` stands for itself. Cleared, since it may be a secret under a name that
    /// nobody knows.
    pub(super) fn decode(self) -> Result<Zeroizing<String>, KeyUriError> {
        let mut decoded = Zeroizing::new(String::with_capacity(self.text.len()));
        self.decode_onto(&mut decoded)?;
        Ok(decoded)
    }

    /// The same, whatever bytes they are.
    pub(super) fn decode_bytes(self) -> Result<Zeroizing<Vec<u8>>, KeyUriError> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.text.len()));
        for byte in Bytes::new(self) {
            bytes.push(byte?.value);
        }
        Ok(bytes)
    }

    /// Appends the text with its escapes undone where a `+` may be a space: see [`KeyUri`](super::KeyUri) for the
    /// rule.
    #[inline]
    pub(super) fn decode_form_onto(self, decoded: &mut String) -> Result<Decoded, KeyUriError> {
        if !self.marks.may_have(Marks::PLUS)
            || position(self.text, b'+').is_none()
            || position(self.text, b' ').is_some()
            || self.text.contains("%20")
        {
            return self.decode_onto(decoded);
        }
        self.undo_form_onto(decoded)
    }

    fn undo_form_onto(self, decoded: &mut String) -> Result<Decoded, KeyUriError> {
        let raw = self.text.as_bytes();
        let mut spaces = false;
        let mut bytes = Vec::with_capacity(raw.len());
        for byte in Bytes::new(self) {
            let byte = byte?;
            let single = byte.value == b'+' && !byte.escaped && {
                let before = byte.start.checked_sub(1).and_then(|index| raw.get(index));
                let after = raw.get(byte.end);
                !matches!(before, None | Some(b'+')) && !matches!(after, None | Some(b'+'))
            };
            spaces |= single;
            bytes.push(if single { b' ' } else { byte.value });
        }
        self.push_utf8(&bytes, decoded)?;
        Ok(Decoded { controls: true, spaces })
    }

    fn push_utf8(self, bytes: &[u8], decoded: &mut String) -> Result<(), KeyUriError> {
        decoded.push_str(str::from_utf8(bytes).map_err(|_| KeyUriError::Utf8 { position: self.at })?);
        Ok(())
    }
}
