//! What is kept about an account, in one value that a store swaps as a whole.

mod account_record;
mod authenticator;
mod budget;
mod challenge;
mod device;
mod device_id;
mod epoch;
#[cfg(feature = "serde")]
mod format;
mod status;

pub use account_record::AccountRecord;
pub(crate) use authenticator::{Authenticator, PendingEnrollment, SealedSecret};
pub(crate) use budget::{Charged, GuessBudget};
pub(crate) use challenge::{Challenge, Purpose};
pub(crate) use device::{Device, TokenIs};
pub use device_id::DeviceId;
pub use epoch::Epoch;
pub use status::{DeviceInfo, FactorStatus};
