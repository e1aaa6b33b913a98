//! Serde for bytes: base32 text where a person may read the format, bytes where not.
//!
//! For `#[serde(with = "bytes_text")]` on `[u8; N]` and `Vec<u8>`. Reading is strict: one spelling for one
//! value.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serializer};

use super::base32;

pub(crate) fn serialize<T: AsRef<[u8]>, S: Serializer>(bytes: &T, to: S) -> Result<S::Ok, S::Error> {
    if to.is_human_readable() {
        to.serialize_str(&base32::encode(bytes.as_ref()))
    } else {
        to.serialize_bytes(bytes.as_ref())
    }
}

pub(crate) fn deserialize<'de, T, D>(from: D) -> Result<T, D::Error>
where
    T: TryFrom<Vec<u8>>,
    D: Deserializer<'de>,
{
    let bytes = if from.is_human_readable() {
        from_text(&String::deserialize(from)?).ok_or_else(|| D::Error::custom("not canonical base32"))?
    } else {
        from.deserialize_byte_buf(Bytes)?
    };
    let found = bytes.len();
    T::try_from(bytes).map_err(|_| D::Error::invalid_length(found, &"the number of bytes of this field"))
}

fn from_text(text: &str) -> Option<Vec<u8>> {
    match base32::decode_symbols(text) {
        Ok((mut bytes, false)) => Some(core::mem::take(&mut *bytes)),
        _ => None,
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
