use super::{Error, Verifier};
use crate::session::rule;
use crate::session::{AccountId, EndAllSessions};
use crate::store::Store;

/// What an operator does to one row after the other: see [`manual::operations`](crate::manual::operations).
impl<S: Store> Verifier<S> {
    /// Seals the account's secrets with the key that seals now; whether one was under another key. Once this answers
    /// `false` for every account, no secret is sealed with a retired key any more.
    ///
    /// It may run beside everything else: no session ends, and a login that was quicker is not undone.
    ///
    /// # Errors
    ///
    /// [`Error::Session`] where a secret does not open: its key is not on the ring, and nothing was written. Otherwise as
    /// everywhere; never refused.
    pub async fn reseal(&self, account: &AccountId) -> Result<bool, Error<S::Error>> {
        self.drive(account, |record, context, entropy| rule::reseal(record, account, context, entropy)).await
    }

    /// After the account's row came out of a backup: ends all sessions, challenges and enrollments, forgets all remembered
    /// devices, and accepts no code of before. Its owner is told.
    ///
    /// What it cannot know is which recovery codes were used, which authenticators were removed, which accounts were closed,
    /// and how many guesses were made since the backup. Call it for every account of the host, those without a row
    /// included; it may be repeated. [`manual::operations`](crate::manual::operations) says what else to do.
    ///
    /// # Errors
    ///
    /// As everywhere; never refused.
    pub async fn end_what_a_backup_revived(
        &self,
        account: &AccountId,
    ) -> Result<EndAllSessions, Error<S::Error>> {
        self.drive(account, |record, context, entropy| {
            rule::end_what_a_backup_revived(record, account, context, entropy)
        })
        .await
    }
}
