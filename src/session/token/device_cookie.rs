use alloc::string::{String, ToString};

use super::{DeviceToken, text};
use crate::enrollment::SecretText;
use crate::enrollment::digest::sha256;
use crate::session::{AccountId, Policy};

/// The cookie that keeps a device token in the browser.
impl DeviceToken {
    /// The attributes of the cookie, beside its name, value and `Max-Age`. The name's `__Host-` prefix makes
    /// browsers insist on the attributes.
    pub const COOKIE_ATTRIBUTES: &'static str = "Path=/; Secure; HttpOnly; SameSite=Lax";

    /// The name of the cookie that holds this account's token. It differs by account and by
    /// [`Policy::namespace`], so that two services on one host name do not overwrite each other's cookie.
    ///
    /// ```
    /// use second_factor::{AccountId, DeviceToken, Policy};
    ///
    /// let [a, b] = [AccountId::new("a")?, AccountId::new("b")?];
    /// let policy = Policy::new("Example")?;
    /// assert!(DeviceToken::cookie_name(&a, &policy).starts_with("__Host-device-"));
    /// assert_ne!(DeviceToken::cookie_name(&a, &policy), DeviceToken::cookie_name(&b, &policy));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cookie_name(account: &AccountId, policy: &Policy) -> String {
        let digest =
            sha256(&[b"second-factor/device-cookie/v1", policy.namespace().as_bytes(), account.as_bytes()]);
        let (name, _) = digest.split_at(10);
        ["__Host-device-", &text::encode(name)].concat()
    }

    /// The value of the `Set-Cookie` header that gives this token to the browser.
    ///
    /// `Max-Age` is always the policy's full time, also after a rotation: the server decides when the device
    /// is forgotten.
    ///
    /// ```
    /// # use second_factor::{DeviceToken, Policy};
    /// # fn show(token: DeviceToken, policy: &Policy) {
    /// let header = token.set_cookie(policy);
    /// assert!(header.expose().ends_with("; Max-Age=2592000; Path=/; Secure; HttpOnly; SameSite=Lax"));
    /// # }
    /// ```
    pub fn set_cookie(&self, policy: &Policy) -> SecretText {
        let (name, value) = (Self::cookie_name(self.account(), policy), self.expose());
        let secs = policy.remember_for().as_secs().to_string();
        let parts = [name.as_str(), "=", value, "; Max-Age=", &secs, "; ", Self::COOKIE_ATTRIBUTES];
        SecretText::new(parts.concat().into())
    }
}
