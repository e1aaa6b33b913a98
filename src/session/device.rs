use alloc::string::{String, ToString};
use core::fmt;
use core::time::Duration;

use subtle::{Choice, ConstantTimeEq};

use super::{AccountId, DeviceToken, Entropy, Policy, SessionError, TokenError, text};
use crate::otp::constant_time;
use crate::session::token::{TokenDigest, TokenParts};
use crate::time::UnixTime;

/// Names a remembered device: the series of its token, which by itself opens nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "String", into = "String")
)]
pub struct DeviceId([u8; 16]);

impl DeviceId {
    /// Reads the text that `Display` prints, as it comes back from a form.
    ///
    /// # Errors
    ///
    /// [`TokenError`] for everything else.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        text::decode_array(text).map(Self).ok_or(TokenError)
    }
}

impl TryFrom<String> for DeviceId {
    type Error = TokenError;

    fn try_from(text: String) -> Result<Self, TokenError> {
        Self::parse(&text)
    }
}

impl From<DeviceId> for String {
    fn from(id: DeviceId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::encode(&self.0))
    }
}

impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceId({self})")
    }
}

/// A remembered device as its owner sees it in a list.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct DeviceInfo {
    /// Which one: to forget it.
    pub id: DeviceId,
    /// What the host called it.
    pub label: String,
    /// When the code was presented on it.
    pub since: UnixTime,
    /// When it was last used.
    pub last_used: UnixTime,
    /// From when on it is asked for a code again.
    pub until: UnixTime,
}

/// How far the clocks of a host's instances may be apart: what was made this little in the future is taken
/// for made now, what was made further ahead for made by a clock that was wrong, and so not for alive.
const CLOCK_SKEW: Duration = Duration::from_secs(60);

/// Whether something that was made at `since` is alive at `now`.
pub(crate) fn is_alive(since: UnixTime, lifetime: Duration, now: UnixTime) -> bool {
    match now.checked_since(since) {
        Some(age) => age < lifetime,
        None => since <= now.saturating_add(CLOCK_SKEW) && !lifetime.is_zero(),
    }
}

/// A remembered device as the record keeps it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub(crate) struct Device {
    #[cfg_attr(feature = "serde", serde(with = "crate::enrollment::bytes_text"))]
    pub(crate) series: [u8; 16],
    pub(crate) secret: TokenDigest,
    pub(crate) before: Option<Rotated>,
    pub(crate) since: UnixTime,
    #[cfg_attr(feature = "serde", serde(rename = "used"))]
    pub(crate) last_used: UnixTime,
    pub(crate) label: String,
}

/// The secret before the present one, and when it was replaced.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub(crate) struct Rotated {
    pub(crate) secret: TokenDigest,
    pub(crate) at: UnixTime,
}

/// What a device token is to a device of the same series.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TokenIs {
    Current,
    /// Replaced a moment ago: another tab was quicker.
    InGrace,
    /// Replaced long ago: a copy.
    Stale,
}

impl Device {
    pub(crate) const MAX_LABEL: usize = 64;

    pub(crate) fn remember(
        account: &AccountId,
        label: &str,
        now: UnixTime,
        entropy: &mut Entropy,
    ) -> Result<(Self, DeviceToken), SessionError> {
        let parts = TokenParts::draw(entropy)?;
        let device = Self {
            series: parts.id,
            secret: parts.digest(&DeviceToken::DOMAIN, account),
            before: None,
            since: now,
            last_used: now,
            label: label.chars().filter(|c| !c.is_control()).take(Self::MAX_LABEL).collect(),
        };
        Ok((device, DeviceToken::new(parts)))
    }

    pub(crate) fn id(&self) -> DeviceId {
        DeviceId(self.series)
    }

    /// In constant time.
    pub(crate) fn is_series_of(&self, token: &DeviceToken) -> Choice {
        self.series.ct_eq(&token.parts.id)
    }

    pub(crate) fn is_alive(&self, now: UnixTime, policy: &Policy) -> bool {
        is_alive(self.since, policy.remember_for(), now)
    }

    pub(crate) fn knows(
        &self,
        token: &DeviceToken,
        account: &AccountId,
        now: UnixTime,
        policy: &Policy,
    ) -> TokenIs {
        let presented = token.parts.digest(&DeviceToken::DOMAIN, account);
        let in_grace = self
            .before
            .as_ref()
            .filter(|before| is_alive(before.at, policy.rotation_grace(), now))
            .map(|before| before.secret);
        let known = [Some(self.secret), in_grace];
        let is_presented = |known: &Option<TokenDigest>| match known {
            Some(known) => known.ct_eq(&presented),
            None => constant_time::only_if(false),
        };
        match constant_time::find(&known, is_presented) {
            Some((0, _)) => TokenIs::Current,
            Some(_) => TokenIs::InGrace,
            None => TokenIs::Stale,
        }
    }

    /// Replaces the secret. `since` stays: using a device does not extend its time.
    pub(crate) fn rotate(
        &mut self,
        account: &AccountId,
        now: UnixTime,
        entropy: &mut Entropy,
    ) -> Result<DeviceToken, SessionError> {
        let parts = TokenParts::with_id(self.series, entropy)?;
        self.before = Some(Rotated { secret: self.secret, at: now });
        self.secret = parts.digest(&DeviceToken::DOMAIN, account);
        self.last_used = self.last_used.max(now);
        Ok(DeviceToken::new(parts))
    }

    /// Drops the secret before once nobody may use it any more.
    pub(crate) fn tidy(&mut self, now: UnixTime, policy: &Policy) {
        if self.before.as_ref().is_some_and(|before| !is_alive(before.at, policy.rotation_grace(), now)) {
            self.before = None;
        }
    }

    pub(crate) fn info(&self, policy: &Policy) -> DeviceInfo {
        DeviceInfo {
            id: self.id(),
            label: self.label.clone(),
            since: self.since,
            last_used: self.last_used,
            until: self.since.saturating_add(policy.remember_for()),
        }
    }
}
