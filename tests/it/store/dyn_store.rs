//! A store that is chosen at run time, and its errors.

use second_factor::store::{Change, DynStore, MemoryStoreError, Swap, Versioned};
use second_factor::{AccountId, AccountRecord, Store, StoreError};

/// Its error is a text, or that of another store.
struct Fails(fn() -> StoreError);

impl Store for Fails {
    type Error = StoreError;

    async fn load(&self, _: &AccountId) -> Result<Option<Versioned<AccountRecord>>, StoreError> {
        Err(self.0())
    }

    async fn compare_and_swap(&self, _: &AccountId, _: Change<'_>) -> Result<Swap, StoreError> {
        Err(self.0())
    }
}

#[tokio::test]
async fn the_error_of_the_store_inside_comes_back_however_often_it_is_wrapped() {
    let alice = AccountId::new("alice").unwrap();
    let store = DynStore::new(DynStore::new(Fails(|| StoreError::new(MemoryStoreError))));
    let error = store.load(&alice).await.unwrap_err();
    assert_eq!(error.get_ref().downcast_ref(), Some(&MemoryStoreError));
    assert_eq!(error.to_string(), MemoryStoreError.to_string());

    let store = DynStore::new(Fails(|| StoreError::new("the pool is closed")));
    let error = store.load(&alice).await.unwrap_err();
    assert_eq!(error.to_string(), "the pool is closed");
    assert!(!error.get_ref().is::<StoreError>());
}
