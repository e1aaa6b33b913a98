use crate::otp::{Algorithm, Counter, Digits, Period};

/// The kind of codes of a key URI. The parameters are in the variants that have them, so that a Steam URI
/// cannot be used as an ordinary one.
///
/// ```
/// use second_factor::{KeyUri, enrollment::KeyUriKind};
///
/// let uri = KeyUri::parse("otpauth://totp/Steam:me?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")?;
/// match uri.kind() {
///     KeyUriKind::Totp { .. } => unreachable!("not ordinary"),
///     KeyUriKind::Steam => {} // tell the user that these codes are not supported
///     _ => unreachable!(),
/// }
/// # Ok::<(), second_factor::enrollment::KeyUriError>(())
/// ```
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
    /// Steam's own codes: five characters of another alphabet, SHA-1, 30 seconds. This library does not
    /// verify them.
    ///
    /// They are recognised by the type `steam`, the scheme `steam:`, the issuer "Steam", a parameter `steam`
    /// or `encoder=steam`. `digits=5` without one of these is refused.
    Steam,
}
