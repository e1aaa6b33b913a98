//! What is kept about an account, in one value that a store swaps as a whole.

mod account_record;
mod authenticator;
mod authenticator_id;
mod budget;
mod device;
mod device_id;
mod epoch;
#[cfg(feature = "serde")]
mod format;
mod label;
mod last_step_up;
mod password_change;
mod public_id;
mod status;
mod touched;

pub use account_record::AccountRecord;
pub(crate) use authenticator::{App, Authenticator, Host, Prover, SealedSecret};
pub use authenticator_id::AuthenticatorId;
pub(crate) use budget::{Charged, GuessBudget, Lock};
pub(crate) use device::Device;
pub use device_id::DeviceId;
pub(crate) use epoch::Epoch;
#[cfg(feature = "json")]
pub(crate) use format::FORMAT;
pub(crate) use label::{garbles, label};
pub(crate) use last_step_up::{LastStepUp, SteppedUpWith, UsedCode};
pub(crate) use password_change::PasswordChangeMark;
pub use status::{AuthenticatorInfo, AuthenticatorKind, DeviceInfo, FactorStatus};
pub(crate) use touched::TouchedChallenge;
