/// The moving factor of HOTP: an 8-byte counter, synchronized between both sides (RFC 4226 §5.1).
///
/// ```
/// use second_factor::otp::Counter;
///
/// assert_eq!(Counter::default().next(), Some(Counter::new(1)));
/// assert_eq!(Counter::new(u64::MAX).next(), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct Counter(u64);

impl Counter {
    /// The counter with this value.
    pub const fn new(value: u64) -> Self {
        Self(value)
    }

    /// The counter's value.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The counter after this one, or `None` after the last one. A counter never wraps around to values
    /// already used.
    pub const fn next(self) -> Option<Self> {
        match self.0.checked_add(1) {
            Some(value) => Some(Self(value)),
            None => None,
        }
    }
}
