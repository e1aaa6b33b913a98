//! The rules: pure decisions on one record. Only the verifier calls them.
//!
//! A rule reads and changes a [`Draft`], and stops with a refusal or an error. [`Decision::by`] runs it and
//! returns the decision.

mod decision;
mod device;
mod enrollment;
mod entropy;
mod import;
mod login;
mod manage;
mod new_authenticator;
mod operate;
mod password_change;
mod second_step;
mod step_up;

use decision::require;
pub(crate) use decision::{Context, Decision, Draft, Stop};
pub use enrollment::{EnrollmentBegun, EnrollmentConfirmed};
pub(crate) use enrollment::{
    begin_enrollment, bind_host_authenticator, confirm_enrollment, pending_enrollment,
};
pub(crate) use entropy::Entropy;
pub(crate) use import::import;
pub use import::{Import, TooManyRecoveryCodes};
pub use login::{Accepted, Login, Remember};
pub(crate) use login::{password_verified, present, try_old_recovery_code};
pub(crate) use manage::{
    administrator_reset, close_account, disable, end_all_sessions, forget_all_devices, forget_device,
    regenerate_recovery_codes, remove_authenticator, rename_authenticator,
};
pub use new_authenticator::{NewAuthenticator, NewHostAuthenticator};
pub(crate) use operate::{end_what_a_backup_revived, reseal};
pub(crate) use password_change::{Hash, begin_password_change, finish_password_change};
pub(crate) use step_up::{fresh_factor, reauthenticate};
