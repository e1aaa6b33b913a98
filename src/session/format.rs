/// The number of the format in which something is written: `NEWEST`, the only one that this version reads. It
/// is written first. Wherever it stands, nothing is used of what has another number: what a newer version wrote
/// is never half understood.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Format<const NEWEST: u32>;

#[cfg(feature = "serde")]
impl<const NEWEST: u32> serde::Serialize for Format<NEWEST> {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u32(NEWEST)
    }
}

#[cfg(feature = "serde")]
impl<'de, const NEWEST: u32> serde::Deserialize<'de> for Format<NEWEST> {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        match u32::deserialize(from)? {
            format if format == NEWEST => Ok(Self),
            0 => Err(D::Error::custom("there is no format 0")),
            // No claimant writes what has a format, so the error may show the number.
            newer => Err(D::Error::custom(format_args!(
                "format {newer} is newer than {NEWEST}, the newest that this version of second-factor reads; it was left as it is"
            ))),
        }
    }
}
