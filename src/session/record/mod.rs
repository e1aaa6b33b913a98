//! What is kept about an account, in one value that a store swaps as a whole.

mod account_record;
mod authenticator;
mod budget;
mod device;
mod device_id;
mod epoch;
#[cfg(feature = "serde")]
mod format;
mod last_step_up;
mod password_change;
mod status;
mod touched;

pub use account_record::AccountRecord;
pub(crate) use authenticator::{Authenticator, SealedSecret};
pub(crate) use budget::{Charged, GuessBudget, Lock};
pub(crate) use device::{Device, Generation};
pub use device_id::DeviceId;
pub(crate) use epoch::Epoch;
pub(crate) use last_step_up::{LastStepUp, SteppedUpWith};
pub(crate) use password_change::PasswordChangeMark;
pub use status::{DeviceInfo, FactorStatus};
pub(crate) use touched::TouchedChallenge;
