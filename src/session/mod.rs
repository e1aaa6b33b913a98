//! The rules: one record, pure decisions.
//!
//! Every rule is a function of the account's record, an input, the time, random bytes, the policy and the
//! keys. Its result is a decision: the outcome, the record to store before the outcome is released, and the
//! events to log. This layer has no store, no clock and no random number generator. The rules are not public:
//! a host calls the [`Verifier`](crate::Verifier). This module has the types that the host passes in and gets
//! back.
//!
//! # The login
//!
//! | state | event | next |
//! |---|---|---|
//! | no proof | [`PasswordVerified`], no authenticator bound | [`Login::Complete`] (method: [`AuthMethod::SingleFactor`]), or [`Login::EnrollmentRequired`] if the policy or the host ([`Requirement`]) demands a second factor |
//! | no proof | [`PasswordVerified`], live remembered device of this account | [`Login::Complete`] (method: [`AuthMethod::RememberedDevice`]) |
//! | no proof | [`PasswordVerified`], otherwise | [`Login::CodeRequired`]; nothing that authenticates has been issued, and nothing is stored |
//! | challenge open | right code, of a step later than the last accepted | [`Accepted`], with a device token if the box was ticked; the challenge is done |
//! | challenge open | codes in a row, all of steps later than the last accepted | [`Accepted`] (method: [`AuthMethod::CodesInARow`]), even if the guess budget is spent; wrong ones are not charged |
//! | challenge open | [`HostAuthenticatorVerified`] of a bound authenticator | [`Accepted`] (method: [`AuthMethod::HostAuthenticator`]), even if the guess budget is spent |
//! | challenge open | recovery code | [`Accepted`] (method: [`AuthMethod::RecoveryCode`]); challenge and code are used up, all devices are forgotten |
//! | challenge open | wrong or used code | refused and charged; the fifth one ends the challenge, and then the right code is refused too |
//! | challenge open | ten minutes have passed since the password, or the password or a factor was changed | the challenge is over |
//! | challenge done | anything | [`AlreadyDone`](Refusal::AlreadyDone): most often the form was sent twice |
//! | any | a code, and the budget is spent | [`Locked`](Refusal::Locked), with the time of the next try if waiting helps; codes in a row and recovery codes are still accepted |
//! | any | the password is being changed | [`Retry`](Refusal::Retry), for a minute at most, or two if clocks are a minute apart |
//!
//! # A change of credentials ends every earlier proof
//!
//! `check_password` reads the account's record before the host reads the password hash. Whatever is made from
//! the proof (a challenge, a session, an enrollment) carries the epoch of that moment. The epoch is 128
//! random bits. It is drawn anew whenever the password or the second factor changes, a device token turns out
//! to be stolen, or all sessions are ended. Once the record has another epoch, everything with the old epoch
//! is refused. So a login that compared the old password is refused after a password change, in whatever
//! order the two run.
//!
//! # Signed, not stored
//!
//! Challenges, device tokens and enrollments are values with a tag (HMAC-SHA-256 under [`TokenKeys`]), not
//! rows. So the password step writes nothing, and nobody can fill a list to push the owner's challenge out of
//! it. The record keeps what must not be lost: the last accepted time steps, the failed guesses, which
//! challenges are done, and which devices are remembered.
//!
//! # Several authenticators
//!
//! An account has up to five authenticators, three by default (SP 800-63B §4.1.2.1): apps, and authenticators
//! that the host verifies itself, such as passkeys. A code is compared with every app, even after one has
//! matched, and a guess is charged once for each app, so that more apps do not make guessing easier. Each
//! authenticator has a label, shows when it was last used, and is replaced or removed on its own; removing
//! the last one switches two-factor authentication off.
//!
//! # Clocks that are wrong
//!
//! What has expired, or lies more than a minute in the future, is ignored but not yet deleted. It is deleted
//! only in the write of an accepted code, since that code proves that the clock is right. A wrong clock gives
//! an attacker few guesses: time gives guesses back from the last accepted code on, for a month at most, and
//! this credit is saved only when the next code is accepted. So a clock that jumps, or an instance whose
//! clock is wrong, yields at most what a month's wait would, and only once.
//!
//! A login while the clock is far *ahead* uses up all time steps until that time, so once the clock is right
//! again, the owner's codes are refused, codes in a row included. Then the owner logs in with a recovery code
//! and enrolls anew, or needs an [`AdministratorReset`].
//!
//! # What an API sends
//!
//! With the feature `serde`, a service can send these values to an app that speaks JSON:
//!
//! | value | as JSON |
//! |---|---|
//! | [`RefusalAnswer`], of [`Refusal::answer`] | code, text, whether to begin again, seconds to wait |
//! | [`FactorStatus`], with [`AuthenticatorInfo`] and [`DeviceInfo`] | ids, labels and times, and no secret |
//! | [`SessionInfo`], of [`Session::info`] | who logged in, how and when |
//! | [`ChallengeToken`], [`EnrollmentToken`], [`DeviceToken`] | a string, which the app keeps as it would a password and sends back |
//! | [`AuthenticatorId`], [`DeviceId`] | a string, which grants no access |
//! | [`UnixTime`](crate::UnixTime) | seconds since 1970 |
//!
//! Key URIs and recovery codes are never serialized: the host takes them out with `expose`, which is easy to
//! find in code. A [`Session`] and a record are serialized for the host's own tables, and never leave the
//! host.
//!
//! ```
//! use second_factor::session::EnrollmentBegun;
//! use second_factor::{Error, RecoveryCodes, UnixTime};
//! use serde_json::{Value, json};
//!
//! /// The answer to whatever was refused: status and body. `None` where it was not the claimant's fault.
//! fn refused<E>(error: &Error<E>, now: UnixTime) -> Option<(u16, Value)> {
//!     let refusal = error.refusal()?;
//!     Some((refusal.status(), json!(refusal.answer(now))))
//! }
//!
//! /// The secret is in the URI, so it is sent once, and not logged.
//! fn begun(begun: &EnrollmentBegun) -> Value {
//!     json!({ "token": begun.token, "uri": begun.uri.to_uri().expose(), "expires_at": begun.expires_at })
//! }
//!
//! fn recovery_codes(codes: &RecoveryCodes) -> Value {
//!     json!(codes.iter().map(|code| code.to_text().expose().to_owned()).collect::<Vec<_>>())
//! }
//! # let locked = Error::<core::fmt::Error>::Refused(second_factor::Refusal::Locked { retry_at: None });
//! # assert_eq!(refused(&locked, UnixTime::EPOCH).map(|(status, _)| status), Some(429));
//! # let codes = RecoveryCodes::from_entropy(&[7; RecoveryCodes::ENTROPY_LEN]);
//! # assert_eq!(recovery_codes(&codes).as_array().map(Vec::len), Some(10));
//! # let _ = begun;
//! ```

mod account;
mod error;
mod event;
mod format;
#[cfg(feature = "json")]
mod json;
mod keys;
mod origin;
mod policy;
pub(crate) mod proof;
pub(crate) mod record;
mod refusal;
mod refusal_answer;
pub(crate) mod rule;
mod seal;
mod token;

pub use account::{AccountId, AccountIdError};
pub use error::SessionError;
pub use event::{AuditEvent, Binding, EventKind, ForgottenBecause, RefusedBecause, RemovedBy};
#[cfg(feature = "json")]
pub use json::JsonError;
#[cfg(feature = "json")]
pub(crate) use json::write as write_json;
pub use keys::Keys;
pub use origin::Origin;
pub use policy::{GuessOdds, Policy, PolicyBuilder, PolicyError};
pub use proof::{
    AdministratorOfOneself, AdministratorReset, AuthMethod, Authenticated, CloseProof, EndAllSessions,
    EndOtherSessions, EnrollmentProof, FirstFactor, FreshFactor, HostAuthenticatorKind,
    HostAuthenticatorVerified, OldRecoveryCodeTry, OldRecoveryCodeVerified, PasswordChangeProof,
    PasswordCheck, PasswordReset, PasswordVerified, Presented, Reauthenticated, Requirement, Session,
    SessionInfo,
};
pub use record::{
    AccountRecord, AuthenticatorId, AuthenticatorInfo, AuthenticatorKind, DeviceId, DeviceInfo, FactorStatus,
};
pub use refusal::Refusal;
pub use refusal_answer::RefusalAnswer;
pub use rule::{
    Accepted, EnrollmentBegun, EnrollmentConfirmed, Import, Login, NewAuthenticator, NewHostAuthenticator,
    Remember, TooManyRecoveryCodes,
};
#[cfg(feature = "sealing")]
pub use seal::{KeyRing, SealingKey, SealingKeyError};
pub use seal::{Seal, SealContext, SealError, Sealed, StoreSecretsInClear};
pub use token::{ChallengeToken, DeviceToken, EnrollmentToken, TokenError, TokenKey, TokenKeys};
