//! The rules: one record, pure decisions.
//!
//! Every rule is a function from the account's record, an input, the time, random bytes and the policy to a
//! decision: the outcome, the record to store before the outcome is released, and what to log. This layer
//! has no store, no clock and no random number generator. The rules are not public: a host calls the
//! [`Verifier`](crate::Verifier), and finds here the types of what it hands in and gets back.
//!
//! # The login
//!
//! | state | event | next |
//! |---|---|---|
//! | no proof | [`PasswordVerified`], no authenticator bound | [`Login::Complete`] (method: [`AuthMethod::SingleFactor`]), or [`Login::EnrollmentRequired`] under a policy that demands one |
//! | no proof | [`PasswordVerified`], live remembered device of this account | [`Login::Complete`] (method: [`AuthMethod::RememberedDevice`]), device token rotated |
//! | no proof | [`PasswordVerified`], otherwise | [`Login::CodeRequired`]; nothing that authenticates has been issued |
//! | challenge open | right code, of a step later than the last accepted | [`Accepted`], with a device token if the box was ticked; the challenge is over |
//! | challenge open | recovery code | [`Accepted`] (method: [`AuthMethod::RecoveryCode`]); challenge and code are used up |
//! | challenge open | wrong or used code | refused and charged; at the fifth the challenge is over, for the right code too |
//! | challenge open | expiry (10 min), password change, any enrollment change | over |
//! | any | budget spent | refused with the time of the next try; recovery codes and a password change still work |
//!
//! # One authenticator an account
//!
//! An account has one authenticator, and enrolling another replaces it. Each further one would multiply the
//! codes that a guess wins with, and a second phone scans the same QR code.
//!
//! # Clocks that are wrong
//!
//! Time never moves a counter backwards: a clock that jumps back replays nothing and gives no guesses back. A
//! login under a clock that is far *ahead* burns the steps up to that time, so the owner's codes are refused
//! once the clock is right again. The way out is a recovery code, with which the owner logs in and
//! enrolls anew, or an [`AdministratorReset`].
//! A guess budget that was spent under such a clock waits for its next guess from the next password step or
//! step-up on.

mod account;
mod error;
mod event;
mod keys;
mod policy;
pub(crate) mod proof;
pub(crate) mod record;
mod refusal;
pub(crate) mod rule;
mod seal;
mod token;

pub use account::{AccountId, AccountIdError};
pub use error::SessionError;
pub use event::{AuditEvent, EventKind, ForgottenBecause, RefusedBecause, RemovedBy};
pub use keys::Keys;
pub use policy::{GuessOdds, Policy, PolicyBuilder, PolicyError};
pub use proof::{
    AdministratorOfOneself, AdministratorReset, AuthMethod, Authenticated, CloseProof, EndAllSessions,
    EndOtherSessions, EnrollmentProof, FreshFactor, PasswordChangeProof, PasswordCheck, PasswordReset,
    PasswordVerified, Reauthenticated, Session,
};
pub use record::{AccountRecord, DeviceId, DeviceInfo, FactorStatus};
pub use refusal::Refusal;
pub use rule::{Accepted, EnrollmentBegun, EnrollmentConfirmed, Import, Login, Remember};
#[cfg(feature = "sealing")]
pub use seal::{KeyRing, SealingKey, SealingKeyError};
pub use seal::{Seal, SealContext, SealError, Sealed, StoreSecretsInClear};
pub use token::{ChallengeToken, DeviceToken, EnrollmentToken, TokenError, TokenKey, TokenKeys};
