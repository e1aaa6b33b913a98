use super::TimeStep;

/// The result of [`Totp::verify`](super::Totp::verify).
///
/// The claimant must learn no more than "accepted" or "not accepted". A replayed code is a right code, so
/// reporting it would tell somebody who guesses that a guess was right. The difference between `Replayed` and
/// `Wrong` is for the audit trail.
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
    /// It is the code of this step. Remember the step as the last accepted one.
    Accepted(TimeStep),
    /// It is the code of this step, but the step is not later than the last accepted one: it was used, or
    /// skipped.
    Replayed(TimeStep),
    /// It is not the code of any step in the window.
    Wrong,
}

impl Verdict {
    /// The accepted step, if the code was accepted.
    pub const fn accepted(self) -> Option<TimeStep> {
        match self {
            Self::Accepted(step) => Some(step),
            Self::Replayed(_) | Self::Wrong => None,
        }
    }
}
