/// A time step T: how many whole periods have passed since T0 (RFC 6238 §4.2).
///
/// 64 bits wide, since 32 do not suffice beyond 2038. Steps are ordered; "later" is what replay protection
/// asks.
///
/// ```
/// use second_factor::otp::TimeStep;
///
/// assert!(TimeStep::new(1) > TimeStep::new(0));
/// assert_eq!(TimeStep::new(0x27bc_86aa).get(), 666_666_666);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct TimeStep(u64);

impl TimeStep {
    /// The step with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The step's number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

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

    /// The counter after this one, or `None` after the last: a counter never wraps round to values already
    /// used.
    pub const fn next(self) -> Option<Self> {
        match self.0.checked_add(1) {
            Some(value) => Some(Self(value)),
            None => None,
        }
    }
}
