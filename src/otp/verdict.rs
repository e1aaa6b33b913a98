use super::TimeStep;

/// What [`Totp::verify`](super::Totp::verify) finds.
///
/// The claimant must learn no more than "accepted" or "not accepted": a replayed code is a right one, and would
/// tell who is guessing when a guess was right. The difference is for the audit trail.
///
/// ```
/// use second_factor::otp::{TimeStep, Verdict};
///
/// assert_eq!(Verdict::Accepted(TimeStep::new(7)).accepted(), Some(TimeStep::new(7)));
/// assert_eq!(Verdict::Replayed(TimeStep::new(7)).accepted(), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[must_use]
pub enum Verdict {
    /// The code of this step, to be remembered as the last accepted.
    Accepted(TimeStep),
    /// The code of this step, which is not later than the last accepted: used, or passed over.
    Replayed(TimeStep),
    /// The code of no step of the window.
    Wrong,
}

impl Verdict {
    /// The accepted step, if it is one.
    pub const fn accepted(self) -> Option<TimeStep> {
        match self {
            Self::Accepted(step) => Some(step),
            Self::Replayed(_) | Self::Wrong => None,
        }
    }
}
