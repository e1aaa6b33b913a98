//! One-time codes as the RFCs define them: HOTP (RFC 4226) and TOTP (RFC 6238).
//!
//! This layer needs no `std`, no allocator, no clock and no random numbers. The time and the last accepted
//! step are arguments. What to remember between calls, and how many guesses to allow, is decided in
//! [`session`](crate::session).

mod algorithm;
mod clock_offset;
mod code;
mod codes_in_a_row;
pub(crate) mod constant_time;
mod counter;
mod counter_window;
mod digits;
mod error;
mod hmac;
mod hotp;
mod params;
mod period;
mod redacted;
mod secret;
mod time_step;
mod totp;
mod verdict;
mod window;

pub use algorithm::{Algorithm, AlgorithmError};
pub use clock_offset::ClockOffset;
pub use code::{Code, CodeError};
pub use codes_in_a_row::CodesInARow;
pub use counter::Counter;
pub use counter_window::{CounterWindow, CounterWindowError, LookAhead, ResyncWindow};
pub use digits::{Digits, DigitsError};
pub use error::OtpError;
pub use hotp::Hotp;
pub use params::TotpParams;
pub use period::{Period, PeriodError};
pub(crate) use redacted::redacted_debug;
pub use secret::{Secret, SecretLengthError, Strength};
pub use time_step::TimeStep;
pub use totp::Totp;
pub use verdict::Verdict;
pub use window::{Window, WindowError};
