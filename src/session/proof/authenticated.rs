use super::session::SessionId;
use crate::session::{AccountId, AuthMethod, Epoch, Session};
use crate::time::UnixTime;

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
    pub(crate) fn new(
        account: AccountId,
        epoch: Epoch,
        at: UnixTime,
        method: AuthMethod,
        id: SessionId,
    ) -> Self {
        Self { session: Session::new(account, epoch, at, method, id) }
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
    pub fn method(&self) -> AuthMethod {
        self.session.method()
    }

    /// Authentication method references (RFC 8176), true of this login. See [`AuthMethod::amr`].
    pub fn amr(&self) -> &'static [&'static str] {
        self.method().amr()
    }
}
