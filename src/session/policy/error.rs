use super::Policy;
use crate::enrollment::KeyUriError;

/// Why a policy could not be built. The host has to fix this.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// The issuer cannot be enrolled under the rules of [`KeyUri::totp`](crate::KeyUri::totp).
    #[error("the policy's issuer cannot be enrolled")]
    Issuer(#[source] KeyUriError),
    /// The namespace is not 1 to 64 visible ASCII characters.
    #[error("a namespace is 1 to 64 visible ASCII characters")]
    Namespace,
    /// T0 is not 0. A key URI cannot carry it, so the app would show codes of another step.
    #[error("a policy's T0 must be 0, since a key URI cannot carry another")]
    T0,
    /// A number is outside the bounds that its setter's documentation gives.
    #[error("the policy's `{setting}` is out of bounds: {bounds}")]
    OutOfBounds {
        /// The setter's name.
        setting: &'static str,
        /// What is allowed, in words, for example `1 to 30 minutes`.
        bounds: &'static str,
    },
    /// 100 guesses or more would fit between two accepted codes.
    #[error("under this policy {guesses} guesses fit between two accepted codes; at most {max} are allowed", max = Policy::MAX_GUESSES)]
    TooManyGuesses {
        /// How many.
        guesses: u16,
    },
    /// An attacker with the password would have better odds than [`Policy::MIN_ODDS`].
    #[error("under this policy an attacker who has the password guesses a code within a year with a chance of one in {one_in}; at most one in {min} is allowed", min = Policy::MIN_ODDS)]
    GuessOdds {
        /// One in how many.
        one_in: u64,
    },
}
