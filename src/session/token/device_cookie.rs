use alloc::string::{String, ToString};

use super::DeviceToken;
use crate::enrollment::SecretText;
use crate::enrollment::base32::encode;
use crate::enrollment::digest::sha256;
use crate::session::{AccountId, Policy};

/// The cookie that keeps a device token in the browser.
///
/// A service on HTTPS uses [`cookie_name`](Self::cookie_name) with
/// [`COOKIE_ATTRIBUTES`](Self::COOKIE_ATTRIBUTES), or the whole header from [`set_cookie`](Self::set_cookie).
/// On plain HTTP, as in development on `http://localhost`, some browsers do not keep such a cookie. For that
/// case each of the three has a counterpart with `development` in its name.
impl DeviceToken {
    /// The attributes of the cookie, beside its name, value and `Max-Age`. The name's `__Host-` prefix makes
    /// browsers insist on the attributes.
    pub const COOKIE_ATTRIBUTES: &'static str = "Path=/; Secure; HttpOnly; SameSite=Lax";

    /// The attributes of the [development cookie](Self::development_cookie_name): the same without `Secure`, so that a
    /// browser keeps it on plain HTTP.
    pub const DEVELOPMENT_COOKIE_ATTRIBUTES: &'static str = "Path=/; HttpOnly; SameSite=Lax";

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
        name("__Host-device-", account, policy)
    }

    /// The name of the cookie on plain HTTP in development. It has no `__Host-`, which a browser accepts over
    /// HTTPS alone.
    ///
    /// The two names are different, so only a service in development reads this cookie. If it is seen in
    /// production, its name shows the mistake. Choose between the two names in one place, by the address
    /// under which the service is reached. Let the service refuse to start if that address is plain HTTP and
    /// not loopback.
    ///
    /// ```
    /// use second_factor::{AccountId, DeviceToken, Policy};
    ///
    /// let (account, policy) = (AccountId::from(42), Policy::new("Example")?);
    /// let is_https = false; // the service's own setting
    /// let name = if is_https {
    ///     DeviceToken::cookie_name(&account, &policy)
    /// } else {
    ///     DeviceToken::development_cookie_name(&account, &policy)
    /// };
    /// assert!(name.starts_with("device-for-development-"));
    /// # Ok::<(), second_factor::PolicyError>(())
    /// ```
    pub fn development_cookie_name(account: &AccountId, policy: &Policy) -> String {
        name("device-for-development-", account, policy)
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
        self.header(&Self::cookie_name(self.account(), policy), Self::COOKIE_ATTRIBUTES, policy)
    }

    /// The same for the [development cookie](Self::development_cookie_name).
    pub fn set_development_cookie(&self, policy: &Policy) -> SecretText {
        let name = Self::development_cookie_name(self.account(), policy);
        self.header(&name, Self::DEVELOPMENT_COOKIE_ATTRIBUTES, policy)
    }

    fn header(&self, name: &str, attributes: &str, policy: &Policy) -> SecretText {
        let secs = policy.remember_for().as_secs().to_string();
        let parts = [name, "=", self.expose(), "; Max-Age=", &secs, "; ", attributes];
        SecretText::new(parts.concat().into())
    }
}

fn name(prefix: &str, account: &AccountId, policy: &Policy) -> String {
    let digest =
        sha256(&[b"second-factor/device-cookie/v1", policy.namespace().as_bytes(), account.as_bytes()]);
    let (name, _) = digest.split_at(10);
    [prefix, &encode(name)].concat()
}
