use alloc::boxed::Box;
use alloc::sync::Arc;
use core::error::Error;
use core::pin::Pin;

use super::{Change, Swap, Versioned};
use crate::otp::redacted_debug;
use crate::session::{AccountId, AccountRecord};

/// A host's storage of account records.
///
/// # To be correct, an implementation
///
/// - swaps atomically: of writers that expect the same thing, exactly one is told [`Swap::Stored`], the
///   others [`Swap::Conflict`]. One conditional statement does it (`UPDATE … WHERE account = ? AND revision =
///   ?`, `INSERT … ON CONFLICT DO NOTHING`); reading first and writing afterwards does not;
/// - returns from [`load`](Self::load) the record of the latest swap that was answered with `Stored`: no
///   cache, no replica that lags;
/// - answers `Stored` only when the record is durable *on its own*. It never joins a transaction that the
///   host may still roll back: if a refusal is rolled back, its guess is free;
/// - keeps the revision that the change brings, and returns it from `load`;
/// - writes [`Change::events`] in the same atomic step as the record, if it keeps an audit trail, so that an
///   event is there if and only if its record was stored, and events are read in the order of the writes; if
///   it keeps no trail, its documentation says so;
/// - keeps accounts apart by every byte of their ids, which are 1 to 255 bytes of UTF-8 without control characters:
///   no case folding, no trimming, no collation;
/// - keeps the record as serde wrote it, to the last field: with the feature `json`, the column holds
///   `change.record().to_json()`, and `Versioned::from_json` reads it back;
/// - returns an `Err` for a failure, never for a conflict; and `Conflict` only if nothing was stored. The
///   database client never repeats a swap that it may already have sent: a second copy would be answered with
///   `Conflict`.
///
/// Never delete the row of an id that may be used again: [`close_account`](crate::Verifier::close_account)
/// leaves a small record in it, so that sessions from before are over.
///
/// After an `Err` it may be unknown whether the record was stored. The verifier then lets nobody in, and a
/// code may be used up.
///
/// `second_factor::testing` (feature `testing`) calls an implementation and says which of these rules it
/// breaks:
/// `Suite::new(fresh).another(open).reopen(open).fail(shut_down).trail(read).block_trail(block, unblock).run().await.assert_complete()`.
/// If it passes, every clause was tested. `block_trail` makes the trail refuse events for a while. That finds
/// a store that writes the record and its events in two transactions, even without a crash between them.
///
/// ```
/// use second_factor::store::{Change, Expected, Revision, Store, Swap, Versioned};
/// use second_factor::{AccountId, AccountRecord};
/// # struct Pool;
/// # #[derive(Debug)] struct DbError;
/// # impl std::fmt::Display for DbError { fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { Ok(()) } }
/// # impl std::error::Error for DbError {}
/// # impl Pool {
/// #     async fn row(&self, _: &str) -> Result<Option<Versioned<AccountRecord>>, DbError> { Ok(None) }
/// #     async fn insert(&self, _: &str, _: Revision, _: &AccountRecord) -> Result<Swap, DbError> { Ok(Swap::Conflict) }
/// #     async fn update(&self, _: &str, _: Revision, _: Revision, _: &AccountRecord) -> Result<Swap, DbError> { Ok(Swap::Conflict) }
/// # }
/// /// It keeps no audit trail.
/// struct Accounts(Pool);
///
/// impl Store for Accounts {
///     type Error = DbError;
///
///     async fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, DbError> {
///         self.0.row(account.as_str()).await
///     }
///
///     async fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, DbError> {
///         let (revision, record) = (change.revision(), change.record());
///         match change.expected() {
///             Expected::Absent => self.0.insert(account.as_str(), revision, record).await,
///             Expected::At(before) => self.0.update(account.as_str(), before, revision, record).await,
///         }
///     }
/// }
/// ```
pub trait Store: Send + Sync {
    /// Why the storage failed.
    type Error: Error + Send + Sync + 'static;

    /// The account's record and its revision, or `None` if there is no row.
    fn load(
        &self,
        account: &AccountId,
    ) -> impl Future<Output = Result<Option<Versioned<AccountRecord>>, Self::Error>> + Send;

    /// Stores the change if what it expects is there, in one atomic step.
    fn compare_and_swap(
        &self,
        account: &AccountId,
        change: Change<'_>,
    ) -> impl Future<Output = Result<Swap, Self::Error>> + Send;
}

macro_rules! store_behind {
    ($($pointer:ty),*) => {$(
        impl<S: Store + ?Sized> Store for $pointer {
            type Error = S::Error;

            async fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, S::Error> {
                S::load(self, account).await
            }

            async fn compare_and_swap(
                &self,
                account: &AccountId,
                change: Change<'_>,
            ) -> Result<Swap, S::Error> {
                S::compare_and_swap(self, account, change).await
            }
        }
    )*};
}

store_behind!(&S, Arc<S>, Box<S>);

/// Why a [`DynStore`] failed: the error of the store inside. A host's own store can have this error type too.
///
/// ```
/// use second_factor::StoreError;
/// use second_factor::store::MemoryStoreError;
///
/// let error = StoreError::new(MemoryStoreError);
/// assert!(error.get_ref().is::<MemoryStoreError>());
/// assert_eq!(error.to_string(), MemoryStoreError.to_string());
///
/// let error = StoreError::new("the pool is closed");
/// assert_eq!(error.to_string(), "the pool is closed");
/// ```
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct StoreError(Box<dyn Error + Send + Sync>);

impl StoreError {
    /// Any error, or a text. A `StoreError` is not wrapped again.
    pub fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        error.into().downcast::<Self>().map_or_else(Self, |already| *already)
    }

    /// The error of the store inside, for `downcast_ref`.
    pub fn get_ref(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }
}

/// Any store, for hosts that choose it at run time.
///
/// ```
/// use second_factor::store::{DynStore, MemoryStore};
/// use second_factor::{AccountId, Store};
///
/// let store = DynStore::new(MemoryStore::new());
/// # let _ = async {
/// assert!(store.load(&AccountId::new("nobody")?).await?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # };
/// ```
pub struct DynStore(Box<dyn ErasedStore>);

impl DynStore {
    /// This store, its type erased.
    pub fn new(store: impl Store + 'static) -> Self {
        Self(Box::new(store))
    }
}

redacted_debug!(DynStore);

impl Store for DynStore {
    type Error = StoreError;

    async fn load(&self, account: &AccountId) -> Result<Option<Versioned<AccountRecord>>, StoreError> {
        self.0.load(account).await
    }

    async fn compare_and_swap(&self, account: &AccountId, change: Change<'_>) -> Result<Swap, StoreError> {
        self.0.compare_and_swap(account, change).await
    }
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

trait ErasedStore: Send + Sync {
    fn load<'a>(&'a self, account: &'a AccountId) -> Boxed<'a, Option<Versioned<AccountRecord>>>;

    fn compare_and_swap<'a>(&'a self, account: &'a AccountId, change: Change<'a>) -> Boxed<'a, Swap>;
}

impl<S: Store> ErasedStore for S {
    fn load<'a>(&'a self, account: &'a AccountId) -> Boxed<'a, Option<Versioned<AccountRecord>>> {
        Box::pin(async move { Store::load(self, account).await.map_err(StoreError::new) })
    }

    fn compare_and_swap<'a>(&'a self, account: &'a AccountId, change: Change<'a>) -> Boxed<'a, Swap> {
        Box::pin(async move { Store::compare_and_swap(self, account, change).await.map_err(StoreError::new) })
    }
}
