//! What "remember me on this device" is, and what it is not.
//!
//! A remembered device is **not a second factor** and never counts as one. SP 800-63B §5.1 does not accept a
//! cookie as authentication. "Remember me" is convenient, but such a login is only as strong as the password,
//! and it says so: its [`method`](crate::Authenticated::method) is `RememberedDevice { since }`, and its
//! `amr` is `["pwd"]`.
//!
//! So this library
//!
//! - asks for a fresh code before anything sensitive, even if a remembered device let somebody in;
//! - never extends the 30 days, however often the device is used;
//! - gives the device a new token as it is used, and forgets a device if two copies of its token are used;
//! - forgets all devices when the password or the authenticator changes or a recovery code is used (but a
//!   recovery code that is presented in a session keeps the device on which the session began);
//! - asks for a code on every new device.
//!
//! If you need AAL2 at each login, turn "remember me" off:
//!
//! ```
//! use core::time::Duration;
//! use second_factor::Policy;
//!
//! let policy = Policy::builder("Example").remember_for(Duration::ZERO).build()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What your service must do with the cookie is in [`hosts`](super::hosts). The numbers of the default policy are
//! in [`limits`](super::limits).
