use crate::session::{FirstFactor, HostAuthenticatorKind};
use crate::time::UnixTime;

/// How a claimant was authenticated, in a login or a step-up: what was verified besides the first factor.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum AuthMethod {
    /// Nothing: the account has no authenticator, and the password alone was enough.
    SingleFactor,
    /// A code.
    Code,
    /// Codes of consecutive time steps, together at least 64 bits: accepted even after too many single codes
    /// were wrong.
    CodesInARow,
    /// A recovery code.
    RecoveryCode,
    /// An authenticator that the host verified: a passkey, a security key.
    HostAuthenticator(HostAuthenticatorKind),
    /// Nothing in this login: a code was presented on this device at `since`, and the claimant asked to be
    /// remembered.
    ///
    /// This is not a second factor (SP 800-63B §5.1): the login counts as one with the password alone.
    RememberedDevice {
        /// When the code was presented.
        since: UnixTime,
    },
}

impl AuthMethod {
    /// Authentication method references of RFC 8176 §2 for the login as a whole, after this first factor.
    ///
    /// `pwd` only where a password was verified, `otp` only where a code of RFC 4226 or 6238 was, `hwk` and
    /// `swk` where a key signed, `mfa` where any second factor was verified in this login. A remembered
    /// device is not a second factor, so only the first factor is listed. A first factor that is not a
    /// password has no name in RFC 8176, so nothing is listed for it.
    ///
    /// ```
    /// use second_factor::session::{AuthMethod, FirstFactor, HostAuthenticatorKind};
    /// use second_factor::UnixTime;
    ///
    /// let remembered = AuthMethod::RememberedDevice { since: UnixTime::EPOCH };
    /// let security_key = AuthMethod::HostAuthenticator(HostAuthenticatorKind::HardwareKey);
    /// assert_eq!(AuthMethod::Code.amr(FirstFactor::Password), ["pwd", "otp", "mfa"]);
    /// assert_eq!(remembered.amr(FirstFactor::Password), ["pwd"]);
    /// assert_eq!(security_key.amr(FirstFactor::Other), ["hwk", "mfa"]);
    /// ```
    pub const fn amr(self, first: FirstFactor) -> &'static [&'static str] {
        let with_password: &'static [&'static str] = match self {
            Self::SingleFactor | Self::RememberedDevice { .. } => &["pwd"],
            Self::Code | Self::CodesInARow => &["pwd", "otp", "mfa"],
            Self::RecoveryCode => &["pwd", "mfa"],
            Self::HostAuthenticator(HostAuthenticatorKind::HardwareKey) => &["pwd", "hwk", "mfa"],
            Self::HostAuthenticator(HostAuthenticatorKind::SoftwareKey) => &["pwd", "swk", "mfa"],
        };
        match (first, with_password) {
            (FirstFactor::Other, [_, rest @ ..]) => rest,
            _ => with_password,
        }
    }

    /// How somebody got in after this first factor, in words that follow "You logged in".
    ///
    /// The text is English. It does not say when a remembered device was [last asked for a
    /// code](Self::RememberedDevice).
    ///
    /// ```
    /// use second_factor::{AuthMethod, FirstFactor};
    ///
    /// assert_eq!(AuthMethod::Code.in_words(FirstFactor::Password), "with your password and a code");
    /// assert_eq!(AuthMethod::Code.in_words(FirstFactor::Other), "with a code");
    /// ```
    pub const fn in_words(self, first: FirstFactor) -> &'static str {
        use HostAuthenticatorKind::{HardwareKey, SoftwareKey};
        let [after_password, after_other] = match self {
            Self::SingleFactor => ["with your password alone", "without a second factor"],
            Self::Code => ["with your password and a code", "with a code"],
            Self::CodesInARow => ["with your password and codes in a row", "with codes in a row"],
            Self::RecoveryCode => ["with your password and a recovery code", "with a recovery code"],
            Self::HostAuthenticator(HardwareKey) => {
                ["with your password and a security key", "with a security key"]
            }
            Self::HostAuthenticator(SoftwareKey) => ["with your password and a passkey", "with a passkey"],
            Self::RememberedDevice { .. } => {
                ["with your password, on a remembered device", "on a remembered device"]
            }
        };
        match first {
            FirstFactor::Password => after_password,
            FirstFactor::Other => after_other,
        }
    }

    /// Whether a second factor was verified: a remembered device is not one (SP 800-63B §5.1).
    pub const fn is_second_factor(self) -> bool {
        match self {
            Self::Code | Self::CodesInARow | Self::RecoveryCode | Self::HostAuthenticator(_) => true,
            Self::SingleFactor | Self::RememberedDevice { .. } => false,
        }
    }
}
