use alloc::boxed::Box;
use alloc::sync::Arc;
use core::error::Error;
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
    at: UnixTime,
    /// `None` if the record could not be read.
    epoch: Option<Epoch>,
    /// A password change was under way, so it is not known which of the two hashes the host compares.
    during_change: bool,
    read: Option<Box<Read>>,
    reader: Arc<Reader>,
}

/// Distinguishes the verifier that read an account from others. The clones of a verifier share one.
pub(crate) struct Reader;

/// The result of reading the record. The error is the verifier's own.
pub(crate) type Read = Result<Snapshot, Box<dyn Error + Send + Sync>>;

/// A record, and the number of the revision under which it was read; `None` if there was no row.
pub(crate) struct Snapshot {
    pub(crate) record: AccountRecord,
    pub(crate) revision: Option<u64>,
}

impl PasswordCheck {
    /// How long the proof that is made from it is valid.
    const LIFETIME: Duration = Duration::from_secs(5 * 60);

    pub(crate) fn new(account: AccountId, at: UnixTime, read: Read, reader: Arc<Reader>) -> Self {
        let record = read.as_ref().ok().map(|snapshot| &snapshot.record);
        let epoch = record.map(|record| record.epoch);
        let during_change = record.is_some_and(|record| record.password_change.is_some());
        Self { account, at, epoch, during_change, read: Some(Box::new(read)), reader }
    }

    /// Whose password is being compared.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    pub(super) fn at(&self) -> UnixTime {
        self.at
    }

    /// What was read; `None` from the second call on, and for another reader.
    pub(super) fn take_read(&mut self, reader: &Arc<Reader>) -> Option<Read> {
        self.read.take().filter(|_| Arc::ptr_eq(&self.reader, reader)).map(|read| *read)
    }

    /// Whether a password change was under way. If so, the host may have compared a hash that was replaced
    /// since, although the epoch is the same.
    pub(super) fn began_during_change(&self) -> bool {
        self.during_change
    }

    /// Whether it is recent enough, and the account's credentials are still the same.
    pub(super) fn is_current(&self, record: &AccountRecord, now: UnixTime) -> bool {
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
