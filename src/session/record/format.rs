//! How an [`AccountRecord`] is written: `{ "format": 1, "record": … }`, the format first.
//!
//! Fields are written with their names. A device or a touched challenge is a list of values without names,
//! because an account can have many of them: the list is half as long.
//!
//! A record of a newer format is refused before its body is looked at, so it is never half understood and
//! never overwritten.

use core::fmt;

use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{AccountRecord, Device, TouchedChallenge};
use crate::enrollment::bytes_text;
use crate::session::Sealed;

/// The format that this version writes, and the newest that it reads.
const FORMAT: u32 = 1;

impl Serialize for AccountRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Body<'a>(&'a AccountRecord);
        impl Serialize for Body<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                AccountRecord::serialize(self.0, serializer)
            }
        }
        let mut envelope = serializer.serialize_struct("AccountRecord", 2)?;
        envelope.serialize_field("format", &FORMAT)?;
        envelope.serialize_field("record", &Body(self))?;
        envelope.end()
    }
}

impl<'de> Deserialize<'de> for AccountRecord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_struct("AccountRecord", &["format", "record"], Envelope)
    }
}

struct Envelope;

impl Envelope {
    fn known<E: serde::de::Error>(format: u32) -> Result<(), E> {
        match format {
            FORMAT => Ok(()),
            0 => Err(E::custom("there is no account record format 0")),
            newer => Err(E::custom(format_args!(
                "account record format {newer} is newer than {FORMAT}, the newest that this version of second-factor reads; \
                 it was left as it is"
            ))),
        }
    }
}

impl<'de> Visitor<'de> for Envelope {
    type Value = AccountRecord;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an account record, its format first")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<AccountRecord, A::Error> {
        match map.next_key()? {
            Some(Key::Format) => Self::known(map.next_value()?)?,
            _ => return Err(A::Error::custom("an account record starts with its format")),
        }
        match map.next_key()? {
            Some(Key::Record) => {}
            _ => return Err(A::Error::missing_field("record")),
        }
        let Body(record) = map.next_value()?;
        match map.next_key::<Key>()? {
            None => Ok(record),
            Some(_) => Err(A::Error::custom("an account record ends with its record")),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<AccountRecord, A::Error> {
        let format = seq.next_element()?.ok_or_else(|| A::Error::missing_field("format"))?;
        Self::known(format)?;
        let Body(record) = seq.next_element()?.ok_or_else(|| A::Error::missing_field("record"))?;
        Ok(record)
    }
}

/// Whether records of this format are of a newer version.
#[cfg(feature = "json")]
pub(crate) fn is_newer_format(format: u32) -> bool {
    format > FORMAT
}

/// A key of the envelope. It is recognized in place, without making a string of it.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Key {
    Format,
    Record,
    #[serde(other)]
    Other,
}

struct Body(AccountRecord);

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let record = AccountRecord::deserialize(deserializer)?;
        if record.is_within_caps() {
            Ok(Self(record))
        } else {
            Err(D::Error::custom("a list in the account record is beyond its cap"))
        }
    }
}

/// `[id, generation, rotated, since, label]`
impl Serialize for Device {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.id, self.generation, self.rotated_at, self.since, &self.label).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Device {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (id, generation, rotated_at, since, label) = Deserialize::deserialize(deserializer)?;
        Ok(Self { id, generation, rotated_at, since, label })
    }
}

#[derive(Serialize, Deserialize)]
struct ChallengeId(#[serde(with = "bytes_text")] [u8; 16]);

/// `[id, opened, failures, charged, done]`
impl Serialize for TouchedChallenge {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (ChallengeId(self.id), self.opened_at, self.failures, self.charged, self.done).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for TouchedChallenge {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (ChallengeId(id), opened_at, failures, charged, done) = Deserialize::deserialize(deserializer)?;
        Ok(Self { id, opened_at, failures, charged, done })
    }
}

impl Serialize for Sealed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        bytes_text::serialize_slice(self.as_bytes(), serializer)
    }
}

impl<'de> Deserialize<'de> for Sealed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(bytes_text::deserialize_vec(deserializer)?).map_err(D::Error::custom)
    }
}
