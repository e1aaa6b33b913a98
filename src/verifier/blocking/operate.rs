use super::{BlockingVerifier, finished};
use crate::session::{AccountId, EndAllSessions};
use crate::store::BlockingStore;
use crate::verifier::Error;

/// What an operator does to one row after the other: see [`manual::operations`](crate::manual::operations).
impl<S: BlockingStore> BlockingVerifier<S> {
    /// See [`Verifier::reseal`](crate::Verifier::reseal).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn reseal(&self, account: &AccountId) -> Result<bool, Error<S::Error>> {
        finished(self.0.reseal(account))
    }

    /// See [`Verifier::end_what_a_backup_revived`](crate::Verifier::end_what_a_backup_revived).
    ///
    /// # Errors
    ///
    /// The same.
    pub fn end_what_a_backup_revived(&self, account: &AccountId) -> Result<EndAllSessions, Error<S::Error>> {
        finished(self.0.end_what_a_backup_revived(account))
    }
}
