//! `second-factor` in three kinds of service, each a file to copy. The README says which to take.
#![allow(clippy::missing_errors_doc, reason = "the names of the errors say it")]

pub mod api;
pub mod axum_login;
pub mod on_actix;
mod on_axum;
mod sessions;
pub mod users;
