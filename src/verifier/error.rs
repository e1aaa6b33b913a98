use super::EntropyError;
use crate::session::{Refusal, SessionError};

/// Why a call to the verifier did not succeed, and who has to fix it. In every case nobody was let in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error<E> {
    /// The claimant's fault: what they presented was not accepted. Show them the [text](Refusal::in_words).
    /// Over HTTP, answer with the [status](Refusal::status), for example `401 Unauthorized` or `429 Too Many
    /// Requests`.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The host's fault, or a bug: no decision could be made.
    #[error(transparent)]
    Session(SessionError),
    /// The store's fault. It may be unknown whether the record was written; a code that was presented may be
    /// used up.
    #[error("the store of second-factor records failed")]
    Store(#[source] E),
    /// Too many others were writing to this account's record. Try again.
    #[error("too many requests for this account at once")]
    Contention,
    /// The host's fault: its source of random bytes failed.
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

/// How far a password change got. `E` is the store's error, `W` that of the host's write.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChangePasswordError<E, W> {
    /// It was refused or could not begin. The old password is in force; sessions may have ended if the store
    /// failed.
    #[error("the password change did not start")]
    NotStarted(#[source] Error<E>),
    /// The host's write failed. As far as the host knows, the old password is in force; all sessions and
    /// remembered devices have ended.
    #[error("the new password was not written")]
    NotWritten(#[source] W),
    /// The new password is in force, all sessions and remembered devices have ended, and no session goes on:
    /// the owner has to log in again, possibly after a minute. If this holds no error, the write took so long
    /// that others may have logged in meanwhile; their sessions were ended.
    #[error("the password was changed; log in again")]
    Unfinished(#[source] Option<Error<E>>),
}
