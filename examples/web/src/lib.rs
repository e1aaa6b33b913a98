//! A web site with a second factor: the reference for how a host embeds `second-factor`.
//!
//! | file | what is in it |
//! |---|---|
//! | `two_factor.rs`, `two_factor/` | every line that touches the library |
//! | `routes.rs`, `pages.rs` | what the site answers, and what that looks like |
//! | `browser.rs`, `sessions.rs` | cookies, forms, sessions in the database |
//! | `security_log.rs` | what the account page shows of the trail that the store keeps |
//! | `users.rs`, `database.rs` | what a service has before it adds a second factor |
//!
//! The binary runs it under the system's clock; tests hand in their own.

mod app;
mod browser;
mod database;
mod guards;
mod pages;
mod routes;
mod security_log;
mod sessions;
mod settings;
mod stop;
mod two_factor;
mod users;

pub use app::App;
pub use routes::router;
pub use settings::Settings;
pub use stop::BoxError;
pub use two_factor::{Clock, SystemClock, UnixTime};
