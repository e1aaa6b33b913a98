use crate::session::Policy;
use crate::time::UnixTime;

/// Whether the host demands a second factor of this account, in this login or for this removal.
///
/// A policy that demands one of everybody ([`require_second_factor`](crate::session::PolicyBuilder::require_second_factor))
/// is never weakened by it: the stricter of the two counts (ASVS 6.3.3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Requirement {
    /// No.
    #[default]
    None,
    /// From this moment on. Before that, a login succeeds, and
    /// [`Accepted::enroll_by`](crate::Accepted::enroll_by) gives this moment as the deadline.
    EnrolledBy(UnixTime),
    /// Yes.
    Enrolled,
}

impl Requirement {
    /// The stricter of this and the policy.
    pub(crate) fn under(self, policy: &Policy) -> Self {
        if policy.requires_second_factor() { Self::Enrolled } else { self }
    }

    /// Whether an account must have a second factor now, for a host that wants to know this before it asks
    /// for a code.
    pub fn is_due(self, now: UnixTime) -> bool {
        match self {
            Self::None => false,
            Self::EnrolledBy(time) => now >= time,
            Self::Enrolled => true,
        }
    }

    /// The moment from which a second factor is required, if there is one.
    pub(crate) fn deadline(self) -> Option<UnixTime> {
        match self {
            Self::EnrolledBy(time) => Some(time),
            Self::None | Self::Enrolled => None,
        }
    }
}
