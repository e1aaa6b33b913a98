//! What was verified, as values that only the check can make, and what a change of credentials obliges the host to.

mod administrator_reset;
mod auth_method;
mod authenticated;
mod end_sessions;
mod fresh_factor;
mod password_verified;
mod reauthenticated;
mod session;

pub use administrator_reset::{AdministratorOfOneself, AdministratorReset};
pub use auth_method::AuthMethod;
pub use authenticated::Authenticated;
pub use end_sessions::{EndAllSessions, EndOtherSessions};
pub use fresh_factor::FreshFactor;
pub use password_verified::PasswordVerified;
pub use reauthenticated::Reauthenticated;
pub use session::Session;
pub(crate) use session::SessionId;
