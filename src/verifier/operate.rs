use super::{Error, Verifier};
use crate::session::rule;
use crate::session::{AccountId, EndAllSessions};
use crate::store::Store;

/// What an operator does to one row after the other: see [`manual::operations`](crate::manual::operations).
impl<S: Store> Verifier<S> {
    /// Seals the account's secrets with the current key, and returns whether one was sealed with
    /// another key. Once this returns `false` for every account, no secret is sealed with a retired key any
    /// more.
    ///
    /// It may run while the service is in use: no session ends, and a login at the same moment is not undone.
    ///
    /// # Errors
    ///
    /// [`Error::Session`] if a secret does not open, for example because its key is not on the ring; then
    /// nothing was written. Otherwise as for [every call](Verifier), but never refused.
    pub async fn reseal(&self, account: &AccountId) -> Result<bool, Error<S::Error>> {
        self.decide(account, rule::reseal).await
    }

    /// Call it after the account's row was restored from a backup. It ends all sessions, challenges and
    /// enrollments, forgets all remembered devices, and makes every code up to now invalid. The owner is
    /// told.
    ///
    /// It cannot know which recovery codes were used, which authenticators were removed, which accounts were
    /// closed, and how many guesses were made after the backup. Call it for every account of the host, those
    /// without a row included; it may be repeated. [`manual::operations`](crate::manual::operations) says
    /// what else to do.
    ///
    /// # Errors
    ///
    /// As for [every call](Verifier), but never refused.
    pub async fn end_what_a_backup_revived(
        &self,
        account: &AccountId,
    ) -> Result<EndAllSessions, Error<S::Error>> {
        self.decide(account, rule::end_what_a_backup_revived).await
    }
}
