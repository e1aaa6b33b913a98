use super::SealError;
use crate::enrollment::EnrollmentError;

/// Why no decision could be made: the host misused the library, its keys do not fit, or this library has a
/// bug. A decision against the claimant is not an error but a [`Refusal`](super::Refusal).
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The host's fault: the store returned the record of another account than the one asked for, so it mixes
    /// up ids. Nothing was decided.
    #[error("the store returned the record of another account")]
    WrongAccount,
    /// The host's fault: the password or the authenticator that it verified belongs to another account than
    /// the challenge or the session.
    #[error("the proof is of another account than the challenge or the session")]
    ProofOfAnotherAccount,
    /// The host's fault: a name or a secret cannot be enrolled.
    #[error(transparent)]
    Enrollment(#[from] EnrollmentError),
    /// The host's fault: a sealed secret does not open, or a secret cannot be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A bug in this library: a decision asked for more random bytes than are ever drawn for one decision.
    #[error("a decision needs more entropy than is drawn for one; this is a bug in second-factor")]
    EntropyExhausted,
}
