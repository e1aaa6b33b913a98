use super::Session;
use crate::session::{AccountId, AuthMethod, DeviceId, FirstFactor};
use crate::time::UnixTime;

/// A [`Session`] as its owner sees it, and as an API sends it: who, how and when. It grants no access; the
/// `Session` itself never leaves the host.
///
/// ```
/// # fn show(session: &second_factor::Session) -> Result<(), serde_json::Error> {
/// let body = serde_json::to_value(session.info())?;
/// assert_eq!(body["text"], "with your password and a code");
/// assert_eq!(body["amr"], serde_json::json!(["pwd", "otp", "mfa"]));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct SessionInfo {
    /// Who logged in.
    pub account: AccountId,
    /// When they logged in.
    pub at: UnixTime,
    /// What was verified first.
    pub first_factor: FirstFactor,
    /// What was verified besides it.
    pub method: AuthMethod,
    /// The two in words: [`Session::in_words`].
    pub text: &'static str,
    /// When a factor was last presented: [`Session::auth_time`].
    pub auth_time: UnixTime,
    /// [`Session::amr`].
    pub amr: &'static [&'static str],
    /// The remembered device accepted in place of a code.
    pub device: Option<DeviceId>,
}

impl SessionInfo {
    pub(super) fn of(session: &Session) -> Self {
        Self {
            account: session.account().clone(),
            at: session.at(),
            first_factor: session.first_factor(),
            method: session.method(),
            text: session.in_words(),
            auth_time: session.auth_time(),
            amr: session.amr(),
            device: session.device(),
        }
    }
}
