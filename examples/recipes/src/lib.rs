#![doc = include_str!("../README.md")]
#![allow(clippy::missing_errors_doc, reason = "the names of the errors say it")]

pub mod api;
pub mod axum_login;
pub mod on_actix;
mod on_axum;
mod sessions;
pub mod users;
