//! The rules: pure decisions on one record. Only the verifier calls them.

mod decision;
mod enrollment;
mod entropy;
mod login;
mod manage;
mod second_step;
mod step_up;

use decision::Draft;
pub(crate) use decision::{Context, Decision};
pub use enrollment::{EnrollmentBegun, EnrollmentConfirmed, Import};
pub(crate) use enrollment::{begin_enrollment, confirm_enrollment, import, pending_enrollment};
pub(crate) use entropy::Entropy;
pub use login::{Accepted, Login, Remember};
pub(crate) use login::{password_verified, present};
pub(crate) use manage::{
    administrator_reset, disable, forget_all_devices, forget_device, password_changed,
    regenerate_recovery_codes,
};
pub(crate) use step_up::{fresh_factor, reauthenticate};
