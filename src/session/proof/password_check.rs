use alloc::boxed::Box;
use alloc::sync::Arc;
use core::any::Any;
use core::fmt;
use core::time::Duration;

use crate::session::record::Epoch;
use crate::session::{AccountId, AccountRecord};
use crate::time::{UnixTime, is_alive};

/// The account as it was before the host read the password hash. Made by `check_password`.
///
/// Whatever is made from it carries the epoch of this moment, so a password change in between makes all of it
/// void. If the store failed, only `password_verified` reports that, so that somebody without the password
/// does not learn of it.
#[must_use = "compare the hash, then make a `PasswordVerified` of it"]
pub struct PasswordCheck {
    account: AccountId,
    pub(crate) at: UnixTime,
    /// `None` if the record could not be read.
    epoch: Option<Epoch>,
    /// A password change was under way, so the host may compare a hash that is replaced afterwards, although
    /// the epoch is the same.
    pub(crate) during_change: bool,
    /// For the verifier that read it.
    read: Option<Box<dyn Any + Send + Sync>>,
    reader: Arc<Reader>,
}

/// Distinguishes the verifier that read an account from others. The clones of a verifier share one.
pub(crate) struct Reader;

impl PasswordCheck {
    /// How long the proof that is made from it is valid.
    const LIFETIME: Duration = Duration::from_secs(5 * 60);

    /// `read` is the record, with what else was read, or the verifier's error.
    pub(crate) fn new<T, E>(
        account: AccountId,
        at: UnixTime,
        read: Result<(AccountRecord, T), E>,
        reader: Arc<Reader>,
    ) -> Self
    where
        Result<(AccountRecord, T), E>: Any + Send + Sync,
    {
        let record = read.as_ref().ok().map(|(record, _)| record);
        let epoch = record.map(|record| record.epoch);
        let during_change = record.is_some_and(|record| record.password_change.is_some());
        Self { account, at, epoch, during_change, read: Some(Box::new(read)), reader }
    }

    /// Whose password is being compared.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// The `read` of [`new`](Self::new); `None` from the second call on, and for another reader.
    pub(crate) fn take_read<T: 'static>(&mut self, reader: &Arc<Reader>) -> Option<T> {
        let read = self.read.take().filter(|_| Arc::ptr_eq(&self.reader, reader))?;
        read.downcast().ok().map(|read| *read)
    }

    /// Whether it is recent enough, and the account's credentials are still the same.
    pub(crate) fn is_current(&self, record: &AccountRecord, now: UnixTime) -> bool {
        self.epoch == Some(record.epoch) && is_alive(self.at, Self::LIFETIME, now)
    }
}

/// Without the record.
impl fmt::Debug for PasswordCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordCheck")
            .field("account", &self.account)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}
