//! What was verified, as values that only the check can make, and what a change of credentials obliges the host to.

mod administrator_reset;
mod auth_method;
mod authenticated;
mod close_proof;
mod end_sessions;
mod enrollment_proof;
mod fresh_factor;
mod password_change_proof;
mod password_check;
mod password_reset;
mod password_verified;
mod reauthenticated;
mod session;

pub use administrator_reset::{AdministratorOfOneself, AdministratorReset};
pub use auth_method::AuthMethod;
pub use authenticated::Authenticated;
pub use close_proof::CloseProof;
pub use end_sessions::{EndAllSessions, EndOtherSessions};
pub use enrollment_proof::EnrollmentProof;
pub use fresh_factor::FreshFactor;
pub use password_change_proof::PasswordChangeProof;
pub use password_check::PasswordCheck;
pub(crate) use password_check::{ReadError, Snapshot};
pub use password_reset::PasswordReset;
pub use password_verified::PasswordVerified;
pub(crate) use reauthenticated::Beside;
pub use reauthenticated::Reauthenticated;
pub use session::Session;
pub(crate) use session::SessionId;
