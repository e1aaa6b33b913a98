#![cfg_attr(
    all(feature = "os-entropy", feature = "qr", feature = "sealing", feature = "serde"),
    doc = include_str!("../README.md"),
    doc = include_str!("layers.md")
)]
#![cfg_attr(
    not(all(feature = "os-entropy", feature = "qr", feature = "sealing", feature = "serde")),
    doc = "A second factor for password logins. The front page is the README; it shows with the default features."
)]
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

#[cfg(feature = "alloc")]
pub mod enrollment;
#[cfg(feature = "alloc")]
pub mod manual;
pub mod otp;
#[cfg(feature = "alloc")]
pub mod session;
#[cfg(feature = "alloc")]
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;
mod time;
#[cfg(feature = "alloc")]
pub mod verifier;

// The names that a host uses in its daily work are also exported here. The modules have the rest, and the
// overview.
#[cfg(feature = "alloc")]
pub use enrollment::{
    EnrollmentError, ImportedSecret, KeyUri, KeyUriError, RecoveryCode, RecoveryCodes, SecretText,
    SecretTooShort,
};
#[cfg(feature = "qr")]
pub use enrollment::{QrCapacityError, QrCode};
pub use otp::{
    Algorithm, ClockOffset, Code, CodesInARow, Digits, Hotp, Period, Secret, SecretLengthError, Totp,
    TotpParams, Window,
};
/// The traits of random number generators, in the version that this crate takes them in.
#[cfg(feature = "alloc")]
pub use rand_core;
#[cfg(feature = "json")]
pub use session::JsonError;
#[cfg(feature = "alloc")]
pub use session::{
    Accepted, AccountId, AccountIdError, AccountRecord, AdministratorOfOneself, AdministratorReset,
    AuditEvent, AuthMethod, Authenticated, AuthenticatorId, AuthenticatorInfo, AuthenticatorKind, Binding,
    ChallengeToken, CloseProof, DeviceId, DeviceInfo, DeviceToken, EndAllSessions, EndOtherSessions,
    EnrollmentBegun, EnrollmentConfirmed, EnrollmentProof, EnrollmentToken, EventKind, FactorStatus,
    FirstFactor, ForgottenBecause, FreshFactor, GuessOdds, HostAuthenticatorKind, HostAuthenticatorVerified,
    Import, Keys, Login, NewAuthenticator, NewHostAuthenticator, OldRecoveryCodeTry, OldRecoveryCodeVerified,
    Origin, PasswordChangeProof, PasswordCheck, PasswordReset, PasswordVerified, Policy, PolicyBuilder,
    PolicyError, Presented, Reauthenticated, Refusal, RefusalAnswer, RefusedBecause, Remember, RemovedBy,
    Requirement, Seal, SealContext, SealError, Sealed, Session, SessionError, SessionInfo, TokenError,
    TokenKey, TokenKeys, TooManyRecoveryCodes,
};
#[cfg(feature = "sealing")]
pub use session::{KeyRing, SealingKey, SealingKeyError};
#[cfg(feature = "alloc")]
pub use store::{
    Blocking, BlockingStore, Change, DynStore, Expected, Revision, Store, StoreError, Swap, Versioned,
};
#[cfg(feature = "std")]
pub use store::{MemoryStore, MemoryStoreError};
pub use time::{UnixTime, UnixTimeError};
#[cfg(feature = "os-entropy")]
pub use verifier::OsEntropy;
#[cfg(feature = "std")]
pub use verifier::SystemClock;
#[cfg(feature = "tracing")]
pub use verifier::TracingEvents;
#[cfg(feature = "alloc")]
pub use verifier::{
    BlockingVerifier, ChangePasswordError, Clock, EntropyError, EntropySource, Error, EventSink, NoEvents,
    Verifier,
};
