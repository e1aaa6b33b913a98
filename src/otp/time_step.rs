/// A time step T: how many whole periods have passed since T0 (RFC 6238 §4.2).
///
/// It has 64 bits, since RFC 6238 §4.2 asks for more than 32 for times beyond 2038. Steps are ordered: replay
/// protection asks whether one is later than another.
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
