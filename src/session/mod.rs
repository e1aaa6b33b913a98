//! The rules: one record, pure decisions.
//!
//! Every operation here is a function from the account's record, an input, the time, random bytes and the
//! policy to a [`Decision`]: the outcome, the record to store before the outcome is released, and what to
//! log. There is no store, no clock and no random number generator in this layer, so every rule can be
//! tested, replayed and fuzzed as a value. A host calls the [`Verifier`](crate::Verifier), which drives these
//! functions.
//!
//! # The login
//!
//! | state | event | next |
//! |---|---|---|
//! | no proof | [`PasswordVerified`], no authenticator bound | [`Login::Complete`] (how: [`How::None`]), or [`Login::EnrollmentRequired`] under a policy that demands one |
//! | no proof | [`PasswordVerified`], live remembered device of this account | [`Login::Complete`] (how: [`How::Remembered`]), device token rotated |
//! | no proof | [`PasswordVerified`], otherwise | [`Login::CodeRequired`]; nothing that authenticates has been issued |
//! | challenge open | right code, of a step later than the last accepted | [`Accepted`], with a device token if the box was ticked; the challenge is over |
//! | challenge open | recovery code | [`Accepted`] (how: [`How::RecoveryCode`]); challenge and code are used up |
//! | challenge open | wrong or used code | refused and charged; at the fifth the challenge is over, for the right code too |
//! | challenge open | expiry (10 min), logout, password change, any enrollment change | over |
//! | any | budget spent | refused with the time of the next try; recovery codes and a password change still work |
//!
//! # A decision by hand
//!
//! ```
//! use second_factor::session::{self, AccountRecord, Context, Entropy, EventKind, StoreSecretsInClear};
//! use second_factor::{AccountId, How, Login, PasswordVerified, Policy, UnixTime};
//!
//! let account = AccountId::new("user-7")?;
//! let policy = Policy::new("Example")?;
//! let context = Context { now: UnixTime::from_secs(1_700_000_000), policy: &policy, seal: &StoreSecretsInClear };
//!
//! // An account without a row is one without a second factor: the password is enough.
//! let record = AccountRecord::new(account.clone());
//! let proof = PasswordVerified::by_host(account);
//! let entropy = Entropy::draw(&mut getrandom::SysRng)?;
//! let decision = session::password_verified(&record, &proof, None, &context, entropy)?;
//!
//! assert!(decision.next.is_none(), "nothing to store");
//! assert_eq!(decision.events[0].kind, EventKind::LoggedIn { how: How::None });
//! assert!(matches!(decision.outcome, Login::Complete(_)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
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
mod authenticator;
mod budget;
mod challenge;
mod decision;
mod device;
mod enroll;
mod entropy;
mod epoch;
mod error;
mod event;
mod event_text;
#[cfg(feature = "serde")]
mod format;
mod guess_odds;
#[cfg(feature = "sealing")]
mod key_ring;
mod login;
mod manage;
mod policy;
mod present;
mod proof;
mod record;
mod refusal;
mod seal;
#[expect(clippy::module_inception, reason = "the type is what the host keeps of a login")]
mod session;
mod step_up;
mod text;
mod token;

pub use account::AccountId;
pub use decision::{Context, Decision};
pub use device::{DeviceId, DeviceInfo};
pub use enroll::{
    EnrollmentBegun, EnrollmentConfirmed, Import, begin_enrollment, confirm_enrollment, import,
    pending_enrollment,
};
pub use entropy::Entropy;
pub use epoch::Epoch;
pub use error::SessionError;
pub use event::{AuditEvent, EventKind, ForgottenBecause, Purpose, RefusedBecause, RemovedBy};
pub use guess_odds::GuessOdds;
#[cfg(feature = "sealing")]
pub use key_ring::{KeyRing, SealingKey, SealingKeyError};
pub use login::{Accepted, Login, Remember, abandon, password_verified, present_code, present_recovery_code};
pub use manage::{
    administrator_reset, disable, forget_all_devices, forget_device, password_changed,
    regenerate_recovery_codes,
};
pub use policy::{Policy, PolicyBuilder, PolicyError};
pub use proof::{
    AdministratorReset, Authenticated, EndAllSessions, EndOtherSessions, FreshFactor, How, PasswordVerified,
    Reauthenticated,
};
pub use record::{AccountRecord, FactorStatus};
pub use refusal::Refusal;
pub use seal::{Seal, SealContext, SealError, Sealed, StoreSecretsInClear};
pub use session::Session;
pub use step_up::{begin_step_up, fresh_factor, reauthenticate, step_up, step_up_with_recovery_code};
pub use token::{ChallengeToken, DeviceToken, EnrollmentToken, StepUpToken, TokenError};
