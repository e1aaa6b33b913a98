//! Serde for bytes: base32 text where a person may read the format, bytes where not.
//!
//! For `#[serde(with = "bytes_text")]` on `[u8; N]`, and for `Vec<u8>` by name. Reading is strict: one spelling for
//! one value. What is short enough, as all but long seals are, goes through the stack.

use alloc::vec::Vec;
use core::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserializer, Serializer};

use super::base32::{Symbols, decode_array, decode_vec, encode};

pub(crate) fn serialize<T: AsRef<[u8]>, S: Serializer>(bytes: &T, to: S) -> Result<S::Ok, S::Error> {
    let bytes = bytes.as_ref();
    if !to.is_human_readable() {
        return to.serialize_bytes(bytes);
    }
    let mut symbols = Symbols::NONE;
    match symbols.encode(bytes) {
        Some(text) => to.serialize_str(text),
        None => to.serialize_str(&encode(bytes)),
    }
}

pub(crate) fn deserialize<'de, const N: usize, D: Deserializer<'de>>(from: D) -> Result<[u8; N], D::Error> {
    if from.is_human_readable() {
        from.deserialize_str(TextOfArray)
    } else {
        let bytes = from.deserialize_byte_buf(Bytes)?;
        bytes.try_into().map_err(|bytes: Vec<u8>| wrong_length(bytes.len()))
    }
}

pub(crate) fn deserialize_vec<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    if from.is_human_readable() { from.deserialize_str(Text) } else { from.deserialize_byte_buf(Bytes) }
}

fn from_text<E: Error>(text: &str) -> Result<Vec<u8>, E> {
    let mut bytes = decode_vec(text.as_bytes()).ok_or_else(|| E::custom("not canonical base32"))?;
    Ok(core::mem::take(&mut *bytes))
}

fn wrong_length<E: Error>(found: usize) -> E {
    E::invalid_length(found, &"the number of bytes of this field")
}

struct TextOfArray<const N: usize>;

impl<const N: usize> Visitor<'_> for TextOfArray<N> {
    type Value = [u8; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        match decode_array(text.as_bytes()) {
            Some(bytes) => Ok(bytes),
            None => Err(wrong_length(from_text::<E>(text)?.len())),
        }
    }
}

struct Text;

impl Visitor<'_> for Text {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        from_text(text)
    }
}

struct Bytes;

impl<'de> Visitor<'de> for Bytes {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        Ok(bytes.to_vec())
    }

    fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<Self::Value, E> {
        Ok(bytes)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = items.next_element()? {
            bytes.push(byte);
        }
        Ok(bytes)
    }
}
