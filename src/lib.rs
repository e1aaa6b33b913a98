//! A second factor for password logins.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod otp;
mod time;

pub use otp::{Algorithm, Digits, Period, Secret, Window};
pub use time::UnixTime;
