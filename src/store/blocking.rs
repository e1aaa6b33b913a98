use alloc::boxed::Box;
use alloc::sync::Arc;
use core::error::Error;

use super::{Change, Store, Swap, Versioned};
use crate::session::{AccountId, AccountRecord};

/// [`Store`] for hosts without an async runtime. The contract is exactly the same.
pub trait BlockingStore: Send + Sync {
    /// Why the storage failed.
    type Error: Error + Send + Sync + 'static;

    /// The account's record and its revision, or `None` if there is no row.
    ///
    /// # Errors
    ///
    /// A failure of the storage.
    fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, Self::Error>;

    /// Stores the change if what it expects is there, in one atomic step.
    ///
    /// # Errors
    ///
    /// A failure of the storage; never a conflict.
    fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, Self::Error>;
}

macro_rules! blocking_store_behind {
    ($($pointer:ty),*) => {$(
        impl<S: BlockingStore + ?Sized> BlockingStore for $pointer {
            type Error = S::Error;

            fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, S::Error> {
                S::load(self, account)
            }

            fn compare_and_swap(
                &self,
                account: &AccountId,
                change: Change<'_>,
            ) -> Result<Swap, S::Error> {
                S::compare_and_swap(self, account, change)
            }
        }
    )*};
}

blocking_store_behind!(&S, Arc<S>, Box<S>);

/// Makes a [`BlockingStore`] a [`Store`] whose futures are ready when first polled. On an async runtime they
/// block the thread while the storage works.
///
/// If that takes too long, implement [`Store`] itself: copy the texts and numbers out of the [`Change`],
/// which only borrows them, and write them in a blocking thread, for example with `spawn_blocking` of tokio.
#[derive(Clone, Copy, Debug, Default)]
pub struct Blocking<S>(pub S);

impl<S: BlockingStore> Store for Blocking<S> {
    type Error = S::Error;

    async fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, S::Error> {
        self.0.load(account)
    }

    async fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, S::Error> {
        self.0.compare_and_swap(account, change)
    }
}
