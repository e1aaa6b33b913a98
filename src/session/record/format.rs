//! How an [`AccountRecord`] is written: `{ "format": 1, "record": … }`.
//!
//! Fields are written with their names. A device or a touched challenge is a list of values without names,
//! because an account can have many of them: the list is half as long.

use alloc::borrow::Cow;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{AccountRecord, Device, TouchedChallenge};
use crate::enrollment::bytes_text;
use crate::session::Sealed;
use crate::session::format::Format;

/// The format that this version writes, and the newest that it reads.
pub(crate) const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(rename = "AccountRecord", expecting = "an account record with its format", deny_unknown_fields)]
struct Envelope<'a> {
    format: Format<FORMAT>,
    #[serde(serialize_with = "AccountRecord::serialize", deserialize_with = "within_caps")]
    record: Cow<'a, AccountRecord>,
}

impl Serialize for AccountRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Envelope { format: Format, record: Cow::Borrowed(self) }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for AccountRecord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Envelope::deserialize(deserializer).map(|envelope| envelope.record.into_owned())
    }
}

fn within_caps<'de, D: Deserializer<'de>>(from: D) -> Result<Cow<'static, AccountRecord>, D::Error> {
    let record = AccountRecord::deserialize(from)?;
    if record.is_within_caps() {
        Ok(Cow::Owned(record))
    } else {
        Err(D::Error::custom("a list in the account record is beyond its cap"))
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
