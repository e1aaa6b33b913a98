//! The rules: pure decisions on one record. Only the verifier calls them.

mod decision;
mod device;
mod enrollment;
mod entropy;
mod login;
mod manage;
mod password_change;
mod second_step;
mod step_up;

use decision::Draft;
pub(crate) use decision::{Context, Decision};
pub use enrollment::{EnrollmentBegun, EnrollmentConfirmed, Import};
pub(crate) use enrollment::{begin_enrollment, confirm_enrollment, import, pending_enrollment};
pub(crate) use entropy::Entropy;
pub use login::{Accepted, Login, Remember};
pub(crate) use login::{AfterPassword, password_verified, present};
pub(crate) use manage::{
    administrator_reset, close_account, disable, end_all_sessions, forget_all_devices, forget_device,
    regenerate_recovery_codes,
};
pub(crate) use password_change::{Hash, begin_password_change, finish_password_change};
pub(crate) use step_up::{fresh_factor, reauthenticate};
