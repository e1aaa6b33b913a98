/// Why a value cannot become a [`UnixTime`](crate::UnixTime), or a `UnixTime` cannot become another type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnixTimeError {
    /// The text is neither a date and time of RFC 3339 nor a date alone.
    #[error("not a date and time as in 2027-01-01T00:00:00Z, nor a date as in 2027-01-01")]
    Format,
    /// The moment lies before 1970, or later than the type can hold.
    #[error("the moment lies outside of the range of the type")]
    OutOfRange,
}
