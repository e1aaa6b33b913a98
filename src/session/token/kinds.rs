use alloc::string::String;
use alloc::vec::Vec;
use core::str::FromStr;

use super::TokenError;
use super::fields::{Fields, Reader};
use super::signed::{Claims, Signed};
use crate::otp::{Digits, Period, TotpParams, redacted_debug};
use crate::session::record::{Epoch, SealedSecret};
use crate::session::{AccountId, AuthenticatorId, DeviceId, FirstFactor, Sealed};
use crate::time::UnixTime;

/// Defines a kind of token. Tokens carry their account, so that the second step of a flow takes the account
/// from the token and never from input. Serde writes the text, for the host's session.
macro_rules! token {
    ($(#[$doc:meta])* $name:ident, $claims:ty) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(pub(crate) Signed<$claims>);

        impl $name {
            /// Reads the text that [`expose`](Self::expose) gave.
            ///
            /// # Errors
            ///
            /// [`TokenError`] for any other text, tokens of another kind included. Whether the token is
            /// genuine is for the verifier to find out.
            pub fn parse(text: &str) -> Result<Self, TokenError> {
                Signed::parse(text).map(Self).ok_or(TokenError)
            }

            /// The text, in clear, for a cookie or the host's session: letters, digits and dots. Serde writes the same.
            pub fn expose(&self) -> &str {
                &self.0.text
            }

            /// The account that it names. This is not proved until the verifier has accepted the token.
            pub fn account(&self) -> &AccountId {
                &self.0.account
            }
        }

        redacted_debug!($name);

        /// As [`parse`](Self::parse).
        impl FromStr for $name {
            type Err = TokenError;

            fn from_str(text: &str) -> Result<Self, TokenError> {
                Self::parse(text)
            }
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.expose())
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = zeroize::Zeroizing::new(String::deserialize(from)?);
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}

token! {
    /// An open login: the password was right, the code is still to come. It authenticates nobody.
    ///
    /// By default it is valid for ten minutes after the password and for five guesses. It becomes void as
    /// soon as the password or the second factor changes. The host keeps it in its pre-login session, or in a
    /// `__Host-` cookie (`HttpOnly`, `Secure`, `SameSite`), and passes it back with the code. Never put it
    /// into a form or a URL: an attacker who could plant their own challenge in the owner's browser would
    /// have their guesses refunded by the owner's success.
    ChallengeToken, ChallengeClaims
}

token! {
    /// An unconfirmed enrollment, the sealed secret included. The host keeps it on the server, in the session that
    /// began it, so that no other session can confirm it. It never takes one from the browser: whoever has the
    /// service's keys could forge one that binds an authenticator of their own, see
    /// [`TokenKeys`](crate::session::TokenKeys).
    EnrollmentToken, EnrollmentClaims
}

token! {
    /// "Remember me on this device": a series of 128 random bits that identifies the device, and a generation
    /// that changes with use.
    ///
    /// The host sets it as a cookie with the name [`cookie_name`](Self::cookie_name), which differs by
    /// account so that several users of one browser do not overwrite each other's cookie. It passes the
    /// cookie's value to the password step.
    DeviceToken, DeviceClaims
}

#[derive(Clone)]
pub(crate) struct ChallengeClaims {
    pub(crate) epoch: Epoch,
    pub(crate) first_factor: FirstFactor,
    /// When the password check began.
    pub(crate) opened_at: UnixTime,
    pub(crate) id: [u8; 16],
}

impl Claims for ChallengeClaims {
    const PREFIX: &'static str = "c1";
    const LABEL: &'static [u8] = b"second-factor/challenge/v1";

    fn write(&self, to: &mut Fields) {
        to.push(&self.epoch.0);
        to.push(&[self.first_factor.code()]);
        to.push(&self.opened_at.as_secs().to_be_bytes());
        to.push(&self.id);
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let epoch = Epoch::read(from)?;
        let [first_factor] = from.array()?;
        let first_factor = FirstFactor::of_code(first_factor)?;
        Some(Self { epoch, first_factor, opened_at: time(from)?, id: from.array()? })
    }
}

#[derive(Clone)]
pub(crate) struct DeviceClaims {
    pub(crate) series: [u8; 16],
    pub(crate) generation: u32,
}

impl Claims for DeviceClaims {
    const PREFIX: &'static str = "d1";
    const LABEL: &'static [u8] = b"second-factor/device/v1";

    fn write(&self, to: &mut Fields) {
        to.push(&self.series);
        to.push(&self.generation.to_be_bytes());
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self { series: from.array()?, generation: u32::from_be_bytes(from.array()?) })
    }
}

#[derive(Clone)]
pub(crate) struct EnrollmentClaims {
    pub(crate) epoch: Epoch,
    pub(crate) begun_at: UnixTime,
    pub(crate) id: AuthenticatorId,
    pub(crate) secret: SealedSecret,
    pub(crate) label: String,
    pub(crate) issuer: String,
    pub(crate) account_name: String,
    pub(crate) place: Place,
    pub(crate) basis: Basis,
}

/// What an enrollment depends on besides its time, because its proof depended on it: when this ends, so does
/// the enrollment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Basis {
    /// Nothing but the account's epoch.
    Epoch,
    /// The session was begun by this remembered device.
    Device(DeviceId),
    /// The session was begun by a recovery code at this time, and nothing else was presented.
    RecoveryLogin(UnixTime),
}

/// Where among the account's authenticators a new one goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// As the first one; the password alone was enough to begin.
    First,
    /// Beside the others.
    Beside,
    /// In place of this one.
    Of(AuthenticatorId),
}

impl Claims for EnrollmentClaims {
    const PREFIX: &'static str = "e1";
    const LABEL: &'static [u8] = b"second-factor/enrollment/v1";

    fn write(&self, to: &mut Fields) {
        to.push(&self.epoch.0);
        to.push(&self.begun_at.as_secs().to_be_bytes());
        to.push(&self.id.0);
        to.push(self.secret.sealed.as_bytes());
        let params = &self.secret.params;
        to.push(params.algorithm().name().as_bytes());
        to.push(&[params.digits().count()]);
        to.push(&params.period().as_secs().to_be_bytes());
        to.push(&params.t0().as_secs().to_be_bytes());
        to.push(self.label.as_bytes());
        to.push(self.issuer.as_bytes());
        to.push(self.account_name.as_bytes());
        match &self.place {
            Place::First => to.push(b"first"),
            Place::Beside => to.push(b"beside"),
            Place::Of(replaced) => to.push(&replaced.0),
        }
        match &self.basis {
            Basis::Epoch => to.push(b""),
            Basis::Device(id) => to.push(&id.0),
            Basis::RecoveryLogin(at) => to.push(&at.as_secs().to_be_bytes()),
        }
    }

    fn read(from: &mut Reader<'_>) -> Option<Self> {
        let (epoch, begun_at) = (Epoch::read(from)?, time(from)?);
        let id = AuthenticatorId(from.array()?);
        let sealed = Sealed::new(Vec::from(from.bytes()?)).ok()?;
        let algorithm = from.text()?.parse().ok()?;
        let [digits] = from.array()?;
        let digits = Digits::try_from(digits).ok()?;
        let period = Period::from_secs(u32::from_be_bytes(from.array()?)).ok()?;
        let params = TotpParams::new(algorithm, digits, period).with_t0(time(from)?);
        let (label, issuer, account_name) = (from.text()?.into(), from.text()?.into(), from.text()?.into());
        let place = match from.bytes()? {
            b"first" => Place::First,
            b"beside" => Place::Beside,
            replaced => Place::Of(AuthenticatorId(replaced.try_into().ok()?)),
        };
        let basis = match from.bytes()? {
            b"" => Basis::Epoch,
            bytes if bytes.len() == 16 => Basis::Device(DeviceId(bytes.try_into().ok()?)),
            bytes => Basis::RecoveryLogin(UnixTime::from_secs(u64::from_be_bytes(bytes.try_into().ok()?))),
        };
        let secret = SealedSecret { sealed, params };
        Some(Self { epoch, begun_at, id, secret, label, issuer, account_name, place, basis })
    }
}

fn time(from: &mut Reader<'_>) -> Option<UnixTime> {
    from.array().map(u64::from_be_bytes).map(UnixTime::from_secs)
}
