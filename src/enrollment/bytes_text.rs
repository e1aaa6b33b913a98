//! Serde for bytes: as base32 text in formats that people read, as serde's own list of bytes in others.
//!
//! Use it through `#[serde(with = "bytes_text")]` for `[u8; 16]`, and call `serialize_slice` and `deserialize_vec`
//! for `Vec<u8>`. Reading is strict: each value has one spelling.

use alloc::vec::Vec;
use core::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::base32::{decode_array, decode_vec, encode, encode_public};

/// Serializes an id or a digest. Neither is secret, and a record has many of them, so no text is allocated
/// for it.
pub(crate) fn serialize<S: Serializer>(bytes: &[u8; 16], to: S) -> Result<S::Ok, S::Error> {
    if to.is_human_readable() { serialize_text(bytes, to) } else { bytes.serialize(to) }
}

/// Serializes as text in every format.
pub(crate) fn serialize_text<S: Serializer>(bytes: &[u8; 16], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(encode_public(bytes, &mut [0; 26]))
}

/// Serializes bytes that may be secret.
pub(crate) fn serialize_slice<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
    if to.is_human_readable() { to.serialize_str(&encode(bytes)) } else { bytes.serialize(to) }
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 16], D::Error> {
    if from.is_human_readable() { deserialize_text(from) } else { Deserialize::deserialize(from) }
}

/// Reads text in every format.
pub(crate) fn deserialize_text<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 16], D::Error> {
    from.deserialize_str(Text { decode: decode_array, what: "canonical base32 of 16 bytes" })
}

pub(crate) fn deserialize_vec<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    if !from.is_human_readable() {
        return Deserialize::deserialize(from);
    }
    let mut bytes = from.deserialize_str(Text { decode: decode_vec, what: "canonical base32" })?;
    Ok(core::mem::take(&mut *bytes))
}

struct Text<T> {
    decode: fn(&str) -> Option<T>,
    what: &'static str,
}

impl<T> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        // The text is not repeated in the error.
        (self.decode)(text).ok_or_else(|| E::custom(format_args!("not {}", self.what)))
    }
}
