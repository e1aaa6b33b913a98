//! Serde for bytes: as base32 text in formats that people read, as bytes in others.
//!
//! Use it through `#[serde(with = "bytes_text")]` for `[u8; 16]`, and call `serialize_slice` and `deserialize_vec`
//! for `Vec<u8>`. Reading is strict: each value has one spelling.

use alloc::vec::Vec;
use core::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserializer, Serializer};
use zeroize::Zeroizing;

use super::base32::{decode_array, decode_vec, encode, encode_public};

/// Serializes an id or a digest. Neither is secret, and a record has many of them, so no text is allocated
/// for it.
pub(crate) fn serialize<S: Serializer>(bytes: &[u8; 16], to: S) -> Result<S::Ok, S::Error> {
    if to.is_human_readable() { serialize_text(bytes, to) } else { to.serialize_bytes(bytes) }
}

/// Serializes as text in every format.
pub(crate) fn serialize_text<S: Serializer>(bytes: &[u8; 16], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(encode_public(bytes, &mut [0; 26]))
}

/// Serializes bytes that may be secret.
pub(crate) fn serialize_slice<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
    if to.is_human_readable() { to.serialize_str(&encode(bytes)) } else { to.serialize_bytes(bytes) }
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 16], D::Error> {
    if from.is_human_readable() {
        return from.deserialize_str(ArrayText);
    }
    let bytes = Zeroizing::new(from.deserialize_byte_buf(Bytes)?);
    let wrong_length = |_| D::Error::invalid_length(bytes.len(), &"the number of bytes of this field");
    bytes.as_slice().try_into().map_err(wrong_length)
}

pub(crate) fn deserialize_vec<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    if from.is_human_readable() { from.deserialize_str(Text) } else { from.deserialize_byte_buf(Bytes) }
}

struct Text;

impl Visitor<'_> for Text {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let mut bytes = decode_vec(text).ok_or_else(|| E::custom("not canonical base32"))?;
        Ok(core::mem::take(&mut *bytes))
    }
}

/// The text of 16 bytes.
pub(crate) struct ArrayText;

impl Visitor<'_> for ArrayText {
    type Value = [u8; 16];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("canonical base32 of 16 bytes")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<[u8; 16], E> {
        // The text is not repeated in the error.
        decode_array(text).ok_or_else(|| E::custom("not canonical base32 of 16 bytes"))
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
