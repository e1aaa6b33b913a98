use crate::otp::{Algorithm, Counter, Digits, Period};

/// Which codes a key URI is about. The parameters live in the variant that has them, so that a Steam URI cannot pass
/// for an ordinary one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum KeyUriKind {
    /// Time-based codes (RFC 6238).
    Totp {
        /// The hash function.
        algorithm: Algorithm,
        /// The number of digits.
        digits: Digits,
        /// The time step.
        period: Period,
    },
    /// Counter-based codes (RFC 4226).
    Hotp {
        /// The hash function.
        algorithm: Algorithm,
        /// The number of digits.
        digits: Digits,
        /// The counter of the next code.
        counter: Counter,
    },
    /// Steam's own codes: five characters of another alphabet, SHA-1, 30 seconds. This library does not verify them.
    Steam,
}

pub(super) fn is_steam_issuer(issuer: &str) -> bool {
    issuer.eq_ignore_ascii_case("Steam")
}
