use zeroize::Zeroize;

use super::codec::{encode_into, encoded_len};
use super::{Base32Error, MAX_SYMBOLS};

/// Characters of the alphabet, no more than those of the longest secret: on the stack, cleared on drop.
pub(crate) struct Symbols {
    text: [u8; MAX_SYMBOLS],
    len: u8,
}

impl Symbols {
    /// None yet: to be written where they stay.
    pub(crate) const NONE: Self = Self { text: [0; MAX_SYMBOLS], len: 0 };

    /// The canonical text of these bytes, unless it is too long.
    #[cfg_attr(not(feature = "serde"), allow(dead_code, reason = "what is written so are records"))]
    #[inline]
    pub(crate) fn encode(&mut self, bytes: &[u8]) -> Option<&str> {
        let len = encoded_len(bytes.len());
        self.len = u8::try_from(len).ok()?;
        let text = self.text.get_mut(..len)?;
        encode_into(bytes, text);
        core::str::from_utf8(text).ok()
    }

    /// What remains of a text without separators and padding, in upper case, and where the first deviation from
    /// RFC 4648 stands that was forgiven.
    pub(super) fn read(&mut self, text: &[u8]) -> Result<(&[u8], Option<usize>), Base32Error> {
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
            *self.text.get_mut(usize::from(self.len)).ok_or(Base32Error::TooLong)? = symbol;
            self.len = self.len.saturating_add(1);
        }
        let len = usize::from(self.len);
        if len == 0 {
            return Err(Base32Error::Empty);
        }
        if padding != 0 && padding != len.next_multiple_of(8).saturating_sub(len) {
            respelled = respelled.or(Some(text.len()));
        }
        Ok((self.text.get(..len).unwrap_or_default(), respelled))
    }
}

impl Drop for Symbols {
    fn drop(&mut self) {
        self.text.as_mut_slice().zeroize();
    }
}
