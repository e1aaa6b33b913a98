//! Tokens: what a browser or the host's session holds between two calls. Each kind proves one thing and is
//! accepted for nothing else.

mod device_cookie;
mod fields;
mod kinds;
mod signed;
mod token_keys;

pub(crate) use fields::Reader;
pub(crate) use kinds::{Basis, ChallengeClaims, DeviceClaims, EnrollmentClaims, Place};
pub use kinds::{ChallengeToken, DeviceToken, EnrollmentToken};
pub(crate) use signed::{Claims, Signed};
pub use token_keys::{TokenKey, TokenKeys};

/// The text is not a token of the expected kind. The error does not repeat the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a token of this kind")]
pub struct TokenError;

/// The longest text that is read as a token, in bytes. A longer one is refused unread.
const MAX_TEXT: usize = 4352;

/// The longest body of a token, in bytes: an enrollment with the longest account id, names and sealed secret.
const MAX_BODY: usize = 2560;
