//! What a browser or a host's session holds between two calls: each proves one thing and passes for nothing else.

mod device_cookie;
mod kinds;
mod parts;
pub(crate) mod text;

pub use kinds::{ChallengeToken, DeviceToken, EnrollmentToken, TokenError};
pub(crate) use parts::{TokenDigest, TokenParts};
