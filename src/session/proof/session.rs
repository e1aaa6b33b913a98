use core::time::Duration;

use super::{EndOtherSessions, SessionInfo};
use crate::otp::redacted_debug;
use crate::session::format::Format;
use crate::session::record::Epoch;
use crate::session::{AccountId, AuthMethod, DeviceId, FirstFactor, FreshFactor};
use crate::time::{UnixTime, is_alive};

/// What the host keeps in the session of somebody who logged in: who, how, when, and in which epoch.
///
/// It is made from an [`Authenticated`](super::Authenticated). Keep it where the claimant cannot write, for
/// example in a session table: whoever can forge one is logged in. It holds no secret.
///
/// ```
/// use second_factor::session::Session;
/// use second_factor::{AccountId, AuthMethod, KeyRing, Login, MemoryStore, PasswordVerified, Policy, SealingKey, Verifier};
/// # use second_factor::OsEntropy;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let keys = KeyRing::new(1, SealingKey::generate(&mut OsEntropy)?);
/// # let verifier = Verifier::new(MemoryStore::new(), Policy::new("Example")?, keys);
/// let check = verifier.check_password(&AccountId::new("user-7")?).await;
/// let proof = PasswordVerified::by_host(check); // the hash was compared
/// let Login::Complete(accepted) = verifier.password_verified(proof, None).await? else {
///     unreachable!("there is no second factor yet");
/// };
/// let session = accepted.authenticated.into_session();
/// let row = serde_json::to_string(&session)?; // into the session table
///
/// let session: Session = serde_json::from_str(&row)?; // with each request
/// assert!(verifier.is_current(&session).await?);
/// assert_eq!(session.method(), AuthMethod::SingleFactor);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Session {
    format: Format<1>,
    account: AccountId,
    epoch: Epoch,
    at: UnixTime,
    first_factor: FirstFactor,
    method: AuthMethod,
    device: Option<DeviceId>,
    id: SessionId,
    elevation: Option<Elevation>,
}

/// The latest step-up in a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
struct Elevation {
    at: UnixTime,
    method: AuthMethod,
}

impl Session {
    pub(crate) fn new(
        account: AccountId,
        epoch: Epoch,
        at: UnixTime,
        first_factor: FirstFactor,
        method: AuthMethod,
        device: Option<DeviceId>,
        id: SessionId,
    ) -> Self {
        Self { format: Format, account, epoch, at, first_factor, method, device, id, elevation: None }
    }

    /// Who logged in.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// When they logged in.
    pub fn at(&self) -> UnixTime {
        self.at
    }

    /// What was verified first when they logged in.
    pub fn first_factor(&self) -> FirstFactor {
        self.first_factor
    }

    /// How they were authenticated when they logged in.
    pub fn method(&self) -> AuthMethod {
        self.method
    }

    /// The remembered device that was accepted in place of a code when the session began. The session ends
    /// when the device is forgotten, unless a change that this session made forgot the device: see
    /// [`continue_after`](Self::continue_after).
    pub fn device(&self) -> Option<DeviceId> {
        self.device
    }

    /// Records that a factor was presented in this session. A factor of another session changes nothing.
    /// Neither does a factor from before a change of the password or the second factor.
    pub fn elevate(&mut self, fresh: &FreshFactor) {
        if self.account == *fresh.account() && self.id == fresh.session && self.epoch == fresh.epoch {
            self.elevation = Some(Elevation { at: fresh.at(), method: fresh.method() });
        }
    }

    /// Whether a factor was presented in this session within the last `at_most`, for actions of the host's
    /// own that ask for a factor "again after an hour". A login with a code counts; one on a remembered
    /// device does not.
    pub fn is_elevated(&self, now: UnixTime, at_most: Duration) -> bool {
        let by_login = self.method.is_second_factor().then_some(self.at);
        let by_step_up = self.elevation.map(|elevation| elevation.at);
        by_login.into_iter().chain(by_step_up).any(|at| is_alive(at, at_most, now))
    }

    /// When a factor was last presented in this session, or else when it began: what `OpenID` Connect calls
    /// `auth_time`.
    pub fn auth_time(&self) -> UnixTime {
        self.elevation.map_or(self.at, |elevation| elevation.at)
    }

    /// Authentication method references (RFC 8176), true of this session as it is now. See [`AuthMethod::amr`].
    pub fn amr(&self) -> &'static [&'static str] {
        self.elevation.map_or(self.method, |elevation| elevation.method).amr(self.first_factor)
    }

    /// How they got in, in words: see [`AuthMethod::in_words`].
    pub fn in_words(&self) -> &'static str {
        self.method.in_words(self.first_factor)
    }

    /// The part of it that its owner may see, for example over an API.
    pub fn info(&self) -> SessionInfo {
        SessionInfo::of(self)
    }

    /// Lets the session that made a change go on, in the new epoch. Also give it a new id in the browser.
    ///
    /// It changes no other session, so the others are no longer valid.
    pub fn continue_after(&mut self, change: EndOtherSessions) {
        let EndOtherSessions { account, session, before, after } = change;
        if self.account == account && session == Some(self.id) && self.epoch == before {
            self.epoch = after;
            // Its owner has just presented a factor, and the change has forgotten the device.
            self.device = None;
        }
    }

    pub(crate) fn epoch(&self) -> Epoch {
        self.epoch
    }

    pub(crate) fn id(&self) -> SessionId {
        self.id
    }
}

/// Tells the sessions of an account apart, so that a step-up belongs to one of them.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub(crate) struct SessionId(
    #[cfg_attr(feature = "serde", serde(with = "crate::enrollment::bytes_text"))] pub(crate) [u8; 16],
);

redacted_debug!(SessionId);
