use super::session::SessionId;
use super::{AccountId, Epoch, Session, SessionError};
use crate::time::UnixTime;

/// The host's word that this account's password was just typed and was right.
///
/// It is the one thing that this library takes on trust, so search for `by_host` when you review a host. Make
/// it right where the password hash was compared, and nowhere else. Another first factor (a reset link, a
/// single sign-on) takes the same way: whatever let the claimant in, the code is asked for.
#[derive(Debug)]
#[must_use = "a verified password is the first half of a login; hand it to the verifier"]
pub struct PasswordVerified {
    account: AccountId,
}

impl PasswordVerified {
    /// The host verified the password of `account` in this request.
    pub fn by_host(account: AccountId) -> Self {
        Self { account }
    }

    /// Whose password it was.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// The same word in a decision's outcome.
    pub(crate) fn repeated(&self) -> Self {
        Self { account: self.account.clone() }
    }
}

/// The host's word that an administrator, who is authenticated as such, wants this account's second factor
/// removed.
#[derive(Debug)]
#[must_use = "nothing is reset before this goes to the verifier"]
pub struct AdministratorReset {
    account: AccountId,
}

impl AdministratorReset {
    /// The host authenticated `administrator`, who is allowed to reset `account`, whose owner was identified
    /// at the same level of proofing as at registration (ASVS 6.4.4).
    ///
    /// # Errors
    ///
    /// [`SessionError::AdministratorOfOneself`] if the two are the same: then a fresh code is needed, as of
    /// everybody.
    pub fn by_host(account: AccountId, administrator: &AccountId) -> Result<Self, SessionError> {
        if account == *administrator {
            Err(SessionError::AdministratorOfOneself)
        } else {
            Ok(Self { account })
        }
    }

    /// Whose second factor is to go.
    pub fn account(&self) -> &AccountId {
        &self.account
    }
}

/// A login that met the rules. Only this library makes one, and it cannot be copied: one login, one session.
///
/// The host starts a *new* session from it (a new id, never the one from before), keeps what
/// [`into_session`](Self::into_session) makes of it there, and asks `is_current` with its epoch.
///
/// ```compile_fail,E0451
/// fn forged(session: second_factor::Session) -> second_factor::Authenticated {
///     second_factor::Authenticated { session }
/// }
/// ```
///
/// ```compile_fail,E0599
/// fn twice(login: second_factor::session::Authenticated) {
///     let _ = login.clone();
/// }
/// ```
#[derive(Debug, PartialEq, Eq)]
#[must_use = "start a session from it, or the claimant is not logged in"]
pub struct Authenticated {
    session: Session,
}

impl Authenticated {
    pub(crate) fn new(account: AccountId, epoch: Epoch, at: UnixTime, how: How, id: SessionId) -> Self {
        Self { session: Session::new(account, epoch, at, how, id) }
    }

    /// What the host keeps in the session that it starts.
    pub fn into_session(self) -> Session {
        self.session
    }

    /// Who logged in.
    pub fn account(&self) -> &AccountId {
        self.session.account()
    }

    /// The epoch of the account's credentials at that moment.
    pub fn epoch(&self) -> Epoch {
        self.session.epoch()
    }

    /// When: what `OpenID` Connect calls `auth_time`.
    pub fn at(&self) -> UnixTime {
        self.session.at()
    }

    /// What stood beside the password.
    pub fn how(&self) -> How {
        self.session.how()
    }

    /// Authentication method references (RFC 8176), true of this login. See [`How::amr`].
    pub fn amr(&self) -> &'static [&'static str] {
        self.how().amr()
    }
}

/// What stood beside the password in a login.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum How {
    /// Nothing: the account has no authenticator.
    None,
    /// A code.
    Presented,
    /// A recovery code.
    RecoveryCode,
    /// Nothing now: a code was presented on this device at `since`, and the claimant asked to be remembered.
    ///
    /// This is not a second factor (SP 800-63B §5.1): the login counts as one by password.
    Remembered {
        /// When the code was presented.
        since: UnixTime,
    },
}

impl How {
    /// Authentication method references of RFC 8176 §2 for the login as a whole.
    ///
    /// `otp` only where a code of RFC 4226 or 6238 was verified in this login, `mfa` only where a second
    /// factor was; a remembered device leaves `pwd` alone.
    ///
    /// ```
    /// use second_factor::session::How;
    /// use second_factor::UnixTime;
    ///
    /// assert_eq!(How::Presented.amr(), ["pwd", "otp", "mfa"]);
    /// assert_eq!(How::Remembered { since: UnixTime::EPOCH }.amr(), ["pwd"]);
    /// ```
    pub const fn amr(self) -> &'static [&'static str] {
        match self {
            Self::None | Self::Remembered { .. } => &["pwd"],
            Self::Presented => &["pwd", "otp", "mfa"],
            Self::RecoveryCode => &["pwd", "mfa"],
        }
    }
}

/// A code or recovery code presented just now, in a live session, for one sensitive step: to disable, to
/// enroll anew, to make new recovery codes, or whatever the host guards with it. Taken by value, so it serves
/// once.
///
/// ```compile_fail,E0382
/// fn twice(fresh: second_factor::session::FreshFactor, disable: impl Fn(second_factor::session::FreshFactor)) {
///     disable(fresh);
///     disable(fresh);
/// }
/// ```
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the step that it was asked for has not been taken yet"]
pub struct FreshFactor {
    account: AccountId,
    epoch: Epoch,
    at: UnixTime,
    how: How,
}

impl FreshFactor {
    pub(crate) fn new(account: AccountId, epoch: Epoch, at: UnixTime, how: How) -> Self {
        Self { account, epoch, at, how }
    }

    /// Who presented it.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// When.
    pub fn at(&self) -> UnixTime {
        self.at
    }

    /// Which of the two it was: [`How::Presented`] or [`How::RecoveryCode`].
    pub fn how(&self) -> How {
        self.how
    }

    pub(crate) fn epoch(&self) -> Epoch {
        self.epoch
    }
}

/// What the owner of an account shows before its credentials change (SP 800-63B §4.1.2.1, ASVS 7.5.1): a
/// [`FreshFactor`] where an authenticator is bound, the password just typed where none is.
#[derive(Debug)]
#[must_use = "the step that it was asked for has not been taken yet"]
pub enum Reauthenticated {
    /// Enough for the first authenticator, refused where there is one.
    Password(PasswordVerified),
    /// Needed to replace one.
    FreshFactor(FreshFactor),
}

impl Reauthenticated {
    /// Whose account it is.
    pub fn account(&self) -> &AccountId {
        match self {
            Self::Password(proof) => proof.account(),
            Self::FreshFactor(proof) => proof.account(),
        }
    }
}

impl From<PasswordVerified> for Reauthenticated {
    fn from(proof: PasswordVerified) -> Self {
        Self::Password(proof)
    }
}

impl From<FreshFactor> for Reauthenticated {
    fn from(proof: FreshFactor) -> Self {
        Self::FreshFactor(proof)
    }
}

/// What the host still owes: every session of this account must end, in every browser, this one included.
///
/// A host that stores the [epoch](super::Epoch) in its sessions and asks `is_current` has paid already; one
/// with a session table deletes the rows.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the sessions from before the change are still alive in the host until it ends them"]
pub struct EndAllSessions {
    pub(crate) account: AccountId,
}

impl EndAllSessions {
    /// Whose sessions.
    pub fn account(&self) -> &AccountId {
        &self.account
    }
}

/// What the host still owes: every *other* session of this account must end. The one that made the change may
/// go on, under a new id and the new [`epoch`](Self::epoch).
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the sessions from before the change are still alive in the host until it ends them"]
pub struct EndOtherSessions {
    pub(crate) account: AccountId,
    pub(crate) epoch: Epoch,
}

impl EndOtherSessions {
    /// Whose sessions.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// The epoch for the session that goes on.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }
}
