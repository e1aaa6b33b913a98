#![cfg_attr(
    all(feature = "os-entropy", feature = "qr", feature = "sealing", feature = "serde"),
    doc = "[`manual::hosts`]: manual::hosts",
    doc = "[`manual::login`]: manual::login",
    doc = "[`manual::promises`]: manual::promises",
    doc = "[`manual::threats`]: manual::threats",
    doc = "[`manual::standards`]: manual::standards",
    doc = "[`manual::limits`]: manual::limits",
    doc = "[`manual::regimes`]: manual::regimes",
    doc = "[`manual::operations`]: manual::operations",
    doc = "[`manual::comparison`]: manual::comparison",
    doc = "[`manual::migration`]: manual::migration",
    doc = "[`manual::passkeys`]: manual::passkeys",
    doc = "[`manual::remembered_devices`]: manual::remembered_devices",
    doc = "[`manual::speed`]: manual::speed",
    doc = include_str!("../README.md"),
    doc = "",
    doc = "# The layers",
    doc = "",
    doc = "Each uses those below it.",
    doc = "",
    doc = "| | |",
    doc = "|---|---|",
    doc = "| your service | password checked, cookies set, database plugged in |",
    doc = "| [`verifier`] | loads, decides, swaps; what you call, async and blocking. It contains no rules |",
    doc = "| [`store`] | two methods and a contract that you implement. It contains no rules either |",
    doc = "| [`session`] | the rules, pure functions: record, input, time, entropy, policy, keys give outcome, next record, events |",
    doc = "| [`enrollment`] | secrets in and out: base32, key URIs, QR codes, recovery codes |",
    doc = "| [`otp`] | HOTP and TOTP in constant time; without an allocator |"
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
