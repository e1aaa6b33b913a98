//! What "remember me on this device" is, and what it is not.
//!
//! A remembered device is **not a second factor** and never counts as one. SP 800-63B §5.1 does not let a cookie stand for
//! authentication. What "remember me" buys is convenience, and it costs assurance: such a login is one by password, and
//! says so. Its [`method`](crate::Authenticated::method) is `RememberedDevice { since }`, its `amr` is `["pwd"]`.
//!
//! So this library
//!
//! - asks for a fresh code before anything sensitive, also where a remembered device let somebody in;
//! - never extends the 30 days, however often the device is used;
//! - gives the device a new token as it is used, and ends a device whose token is used in two copies;
//! - forgets all devices when the password or the authenticator changes or a recovery code is used;
//! - asks on every new device.
//!
//! If your service needs AAL2 at each login, turn it off:
//!
//! ```
//! use core::time::Duration;
//! use second_factor::Policy;
//!
//! let policy = Policy::builder("Example").remember_for(Duration::ZERO).build()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The numbers of the default policy are in [`limits`](super::limits).
