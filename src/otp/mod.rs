//! One-time codes as the RFCs have them: HOTP (RFC 4226) and TOTP (RFC 6238).
//!
//! This layer needs no `std`, no allocator, no clock and no random numbers. Time is an argument, so is the
//! last accepted step; what to remember between calls, and how many guesses to allow, is the business of
//! [`session`](crate::session).

mod algorithm;
mod code;
mod digits;
mod error;
mod hotp;
pub(crate) mod lowest;
pub(crate) mod mac;
mod params;
mod period;
mod secret;
mod step;
mod totp;
mod window;

pub use algorithm::Algorithm;
pub use code::Code;
pub use digits::Digits;
pub use error::OtpError;
pub use hotp::Hotp;
pub use params::TotpParams;
pub use period::Period;
pub use secret::{Secret, Strength};
pub use step::{Counter, TimeStep};
pub use totp::{Totp, Verdict};
pub use window::{LookAhead, ResyncWindow, Window};
