//! The contract that a host's storage must keep: two methods, which contain no rules.
//!
//! A row per account: its id, a revision, and the [`AccountRecord`](crate::session::AccountRecord) as serde
//! writes it. With the feature `json`, `AccountRecord::to_json` writes the column and `Versioned::from_json` reads the row.

#[expect(clippy::module_inception, reason = "the module holds the trait of this name")]
mod store;

mod blocking;
mod change;
#[cfg(feature = "std")]
mod memory;
mod revision;

pub use blocking::{Blocking, BlockingStore};
pub use change::{Change, Expected, Swap};
#[cfg(feature = "std")]
pub use memory::{MemoryStore, MemoryStoreError};
pub use revision::{Revision, Versioned};
pub use store::{DynStore, Store, StoreError};
