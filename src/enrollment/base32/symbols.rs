use zeroize::Zeroize;

use super::codec::{encode_into, encoded_len};
use super::{Base32Error, MAX_SYMBOLS};

/// Characters of the alphabet, no more than those of the longest secret: on the stack, cleared on drop.
pub(crate) struct Symbols {
    text: [u8; MAX_SYMBOLS],
    len: u8,
}

impl Symbols {
    /// The canonical text of these bytes, unless it is too long.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        let len = encoded_len(bytes.len());
        let mut symbols = Self { text: [0; MAX_SYMBOLS], len: u8::try_from(len).ok()? };
        encode_into(bytes, symbols.text.get_mut(..len)?);
        Some(symbols)
    }

    /// What remains of a text without separators and padding, in upper case, and where the first deviation from
    /// RFC 4648 stands that was forgiven.
    pub(super) fn read(text: &[u8]) -> Result<(Self, Option<usize>), Base32Error> {
        let mut read = Self { text: [0; MAX_SYMBOLS], len: 0 };
        let mut respelled = None;
        let mut padding = 0_usize;
        for (position, &byte) in text.iter().enumerate() {
            let symbol = match byte {
                b'A'..=b'Z' | b'2'..=b'7' => byte,
                b'a'..=b'z' => {
                    respelled = respelled.or(Some(position));
                    byte.to_ascii_uppercase()
                }
                b' ' | b'\t' | b'\r' | b'\n' | b'-' => {
                    respelled = respelled.or(Some(position));
                    continue;
                }
                b'=' => {
                    padding = padding.saturating_add(1);
                    continue;
                }
                _ => return Err(Base32Error::Character { position }),
            };
            if padding > 0 {
                return Err(Base32Error::Padding { position });
            }
            *read.text.get_mut(usize::from(read.len)).ok_or(Base32Error::TooLong)? = symbol;
            read.len = read.len.saturating_add(1);
        }
        let len = usize::from(read.len);
        if len == 0 {
            return Err(Base32Error::Empty);
        }
        if padding != 0 && padding != len.next_multiple_of(8).saturating_sub(len) {
            respelled = respelled.or(Some(text.len()));
        }
        Ok((read, respelled))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.text.get(..usize::from(self.len)).unwrap_or_default()
    }

    pub(crate) fn as_str(&self) -> &str {
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

impl Drop for Symbols {
    fn drop(&mut self) {
        self.text.as_mut_slice().zeroize();
    }
}
