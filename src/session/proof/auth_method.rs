use crate::time::UnixTime;

/// How a claimant was authenticated, in a login or a step-up: what was verified beside the password.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum AuthMethod {
    /// Nothing: the account has no authenticator, and the password alone was enough.
    SingleFactor,
    /// A code.
    Code,
    /// Codes of consecutive time steps, together at least 64 bits: taken also when too many single codes were wrong.
    CodesInARow,
    /// A recovery code.
    RecoveryCode,
    /// Nothing now: a code was presented on this device at `since`, and the claimant asked to be remembered.
    ///
    /// This is not a second factor (SP 800-63B §5.1): the login counts as one by password.
    RememberedDevice {
        /// When the code was presented.
        since: UnixTime,
    },
}

impl AuthMethod {
    /// Authentication method references of RFC 8176 §2 for the login as a whole.
    ///
    /// `otp` only where a code of RFC 4226 or 6238 was verified in this login, `mfa` only where a second
    /// factor was; a remembered device leaves `pwd` alone.
    ///
    /// ```
    /// use second_factor::session::AuthMethod;
    /// use second_factor::UnixTime;
    ///
    /// assert_eq!(AuthMethod::Code.amr(), ["pwd", "otp", "mfa"]);
    /// assert_eq!(AuthMethod::RememberedDevice { since: UnixTime::EPOCH }.amr(), ["pwd"]);
    /// ```
    pub const fn amr(self) -> &'static [&'static str] {
        match self {
            Self::SingleFactor | Self::RememberedDevice { .. } => &["pwd"],
            Self::Code | Self::CodesInARow => &["pwd", "otp", "mfa"],
            Self::RecoveryCode => &["pwd", "mfa"],
        }
    }
}
