use super::EndOtherSessions;
use crate::enrollment::digest::sha256;
use crate::session::token::TokenDigest;
use crate::session::{AccountId, AuthMethod, Epoch};
use crate::time::UnixTime;

/// What the host keeps in its session of somebody who logged in: who, how, when, and in which epoch.
///
/// Made of an [`Authenticated`](super::Authenticated), and kept where the claimant cannot write, as in a session
/// table: whoever can make one up is logged in. It holds no secret.
///
/// ```
/// use second_factor::session::Session;
/// use second_factor::{AccountId, AuthMethod, KeyRing, Login, MemoryStore, PasswordVerified, Policy, SealingKey, Verifier};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let keys = KeyRing::new(1, SealingKey::generate(&mut getrandom::SysRng)?);
/// # let verifier = Verifier::new(MemoryStore::new(), Policy::new("Example")?, keys);
/// let proof = PasswordVerified::by_host(AccountId::new("user-7")?);
/// let Login::Complete(accepted) = verifier.password_verified(proof, None).await? else {
///     unreachable!("there is no second factor yet");
/// };
/// let session = accepted.authenticated.into_session();
/// let row = serde_json::to_string(&session)?; // into the session table
///
/// let session: Session = serde_json::from_str(&row)?; // with each request
/// assert!(verifier.is_current(session.account(), session.epoch()).await?);
/// assert_eq!(session.method(), AuthMethod::SingleFactor);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Session {
    account: AccountId,
    epoch: Epoch,
    at: UnixTime,
    method: AuthMethod,
    id: SessionId,
}

impl Session {
    pub(crate) fn new(
        account: AccountId,
        epoch: Epoch,
        at: UnixTime,
        method: AuthMethod,
        id: SessionId,
    ) -> Self {
        Self { account, epoch, at, method, id }
    }

    /// Who logged in.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// The epoch that `is_current` is asked with.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// When they logged in.
    pub fn at(&self) -> UnixTime {
        self.at
    }

    /// What stood beside the password.
    pub fn method(&self) -> AuthMethod {
        self.method
    }

    /// Lets the session that made a change go on, in the new epoch. Give it a new id in the browser besides.
    ///
    /// A change to another account leaves it as it is.
    pub fn continue_after(&mut self, change: &EndOtherSessions) {
        if self.account == change.account {
            self.epoch = change.epoch;
        }
    }

    /// What its guesses are counted under.
    pub(crate) fn digest(&self) -> TokenDigest {
        TokenDigest(sha256(&[b"second-factor/session/v1", self.account.as_bytes(), &self.id.0]))
    }
}

/// Tells the sessions of an account apart, so that the guesses in each are counted for themselves.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub(crate) struct SessionId(
    #[cfg_attr(feature = "serde", serde(with = "crate::enrollment::bytes_text"))] pub(crate) [u8; 16],
);

impl core::fmt::Debug for SessionId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("SessionId(..)")
    }
}
