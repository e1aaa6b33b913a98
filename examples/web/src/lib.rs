//! A web site with a second factor: the reference for how a host embeds `second-factor`.
//!
//! | file | what is in it |
//! |---|---|
//! | `two_factor.rs`, `two_factor/` | every line that calls the library |
//! | `routes.rs`, `pages.rs` | the routes, and the HTML of their pages |
//! | `browser.rs`, `form.rs`, `sessions.rs`, `keys.rs` | cookies, forms, sessions in the database |
//! | `guards.rs`, `serve.rs` | limits on what strangers can do |
//! | `security_log.rs` | the part of the store's trail that the account page shows |
//! | `users.rs`, `passwords.rs`, `database.rs`, `files.rs` | what a service has before it adds a second factor |
//!
//! The binary uses the system's clock; tests pass their own.

mod app;
mod browser;
mod database;
mod files;
mod form;
mod guards;
mod keys;
mod pages;
mod passwords;
mod routes;
mod security_log;
mod serve;
mod sessions;
mod settings;
mod stop;
mod two_factor;
mod users;

pub use app::App;
pub use routes::router;
pub use serve::serve;
pub use settings::Settings;
pub use stop::BoxError;
pub use two_factor::{Clock, SystemClock, UnixTime};
