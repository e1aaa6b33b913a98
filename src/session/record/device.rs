use alloc::string::String;

use subtle::{Choice, ConstantTimeEq};

use super::{DeviceId, DeviceInfo};
use crate::otp::constant_time;
use crate::session::rule::Entropy;
use crate::session::token::{TokenDigest, TokenParts};
use crate::session::{AccountId, DeviceToken, Policy, SessionError};
use crate::time::{UnixTime, is_alive};

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
        let (series, token) = (parts.id, DeviceToken::new(account.clone(), parts));
        let device = Self {
            series,
            secret: token.digest(),
            before: None,
            since: now,
            last_used: now,
            label: label.chars().filter(|c| !c.is_control()).take(Self::MAX_LABEL).collect(),
        };
        Ok((device, token))
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

    pub(crate) fn knows(&self, token: &DeviceToken, now: UnixTime, policy: &Policy) -> TokenIs {
        let presented = token.digest();
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
        let token = DeviceToken::new(account.clone(), TokenParts::with_id(self.series, entropy)?);
        self.before = Some(Rotated { secret: self.secret, at: now });
        self.secret = token.digest();
        self.last_used = self.last_used.max(now);
        Ok(token)
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
