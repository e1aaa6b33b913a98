use super::EntropyError;
use crate::session::{Refusal, SessionError};

/// Why a call to the verifier did not succeed, and whose it is to put right. In every case nobody was let in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error<E> {
    /// The claimant's: not accepted. Show them what it says; `401 Unauthorized` or `429 Too Many Requests`
    /// over HTTP.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The host's, or a bug: the decision could not be made.
    #[error(transparent)]
    Session(SessionError),
    /// The store's. Whether the record was written is unknown; a code that was presented may be burnt.
    #[error("the store of second-factor records failed")]
    Store(#[source] E),
    /// Too many others were writing to this account's record. Worth another try.
    #[error("too many requests for this account at once")]
    Contention,
    /// The host's: there were no random bytes.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

impl<E> Error<E> {
    /// What the claimant is told, if the call was refused because of what they presented.
    pub fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::Refused(refusal) => Some(*refusal),
            _ => None,
        }
    }
}

/// How far a password change came. `E` is the store's error, `W` that of the host's write.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChangePasswordError<E, W> {
    /// It was refused or could not begin. The password is the old one; sessions may have ended if the store failed.
    #[error("the password change did not start")]
    NotStarted(#[source] Error<E>),
    /// The host's write failed. As far as the host knows the password is the old one; all sessions and remembered
    /// devices have ended.
    #[error("the new password was not written")]
    NotWritten(#[source] W),
    /// The new password is in force, all sessions and remembered devices have ended, and none goes on: log in again,
    /// if need be in a minute. Without an error it took so long that others logged in meanwhile, and they were ended.
    #[error("the password was changed; log in again")]
    Unfinished(#[source] Option<Error<E>>),
}
