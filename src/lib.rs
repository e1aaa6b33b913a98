//! A second factor for password logins.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

#[cfg(feature = "alloc")]
pub mod enrollment;
pub mod otp;
mod time;

#[cfg(feature = "qr")]
pub use enrollment::QrCode;
#[cfg(feature = "alloc")]
pub use enrollment::{EnrollmentError, KeyUri, RecoveryCode, RecoveryCodes};
pub use otp::{Algorithm, Code, Digits, Hotp, Period, Secret, Totp, TotpParams, Window};
pub use time::UnixTime;
