use super::SealError;
use crate::enrollment::EnrollmentError;

/// Why a decision could not be made: the host's misuse, its keys, or a bug here. What a claimant is told when
/// a decision went against them is a [`Refusal`](super::Refusal) instead.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The host's: the record belongs to another account than the one asked for. A store that mixes up ids;
    /// nothing was decided.
    #[error("the store returned the record of another account")]
    WrongAccount,
    /// The host's: it verified the password or the authenticator of another account than the challenge's or session's.
    #[error("the proof is of another account than the challenge or the session")]
    ProofOfAnotherAccount,
    /// The host's: a proof was read from a store of another type than this verifier's.
    #[error("the proof was begun by a verifier over another kind of store")]
    ForeignProof,
    /// The host's: a name or secret that cannot be enrolled.
    #[error(transparent)]
    Enrollment(#[from] EnrollmentError),
    /// The host's: a sealed secret does not open, or none can be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A bug in this library: a decision asked for more random bytes than are drawn for one.
    #[error("a decision needs more entropy than is drawn for one; this is a bug in second-factor")]
    EntropyExhausted,
}
