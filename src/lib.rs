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
#[cfg(feature = "alloc")]
pub mod session;
#[cfg(feature = "alloc")]
pub mod store;
mod time;
#[cfg(feature = "alloc")]
pub mod verifier;

#[cfg(feature = "qr")]
pub use enrollment::QrCode;
#[cfg(feature = "alloc")]
pub use enrollment::{EnrollmentError, KeyUri, RecoveryCode, RecoveryCodes};
pub use otp::{Algorithm, Code, Digits, Hotp, Period, Secret, Totp, TotpParams, Window};
#[cfg(feature = "alloc")]
pub use session::{
    Accepted, AccountId, AccountRecord, AuditEvent, Authenticated, ChallengeToken, DeviceToken, Epoch,
    FreshFactor, How, Login, PasswordVerified, Policy, Refusal, Remember,
};
#[cfg(feature = "sealing")]
pub use session::{KeyRing, SealingKey};
#[cfg(feature = "std")]
pub use store::MemoryStore;
#[cfg(feature = "alloc")]
pub use store::{BlockingStore, Store};
pub use time::UnixTime;
#[cfg(feature = "alloc")]
pub use verifier::{BlockingVerifier, Verifier};
