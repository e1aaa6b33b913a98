use crate::session::{AccountId, AuthMethod, FirstFactor, Session};
use crate::time::UnixTime;

/// A login that met the rules. Only this library makes one, and it cannot be copied: one login, one session.
///
/// The host starts a *new* session from it (with a new id, never the old one), keeps the result of
/// [`into_session`](Self::into_session) in that session, and passes it to `is_current`.
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
    pub(crate) fn new(session: Session) -> Self {
        Self { session }
    }

    /// What the host keeps in the session that it starts.
    pub fn into_session(self) -> Session {
        self.session
    }

    /// Who logged in.
    pub fn account(&self) -> &AccountId {
        self.session.account()
    }

    /// When they logged in: what `OpenID` Connect calls `auth_time`.
    pub fn at(&self) -> UnixTime {
        self.session.at()
    }

    /// What was verified first.
    pub fn first_factor(&self) -> FirstFactor {
        self.session.first_factor()
    }

    /// How the claimant was authenticated.
    pub fn method(&self) -> AuthMethod {
        self.session.method()
    }

    /// Authentication method references (RFC 8176), true of this login. See [`AuthMethod::amr`].
    pub fn amr(&self) -> &'static [&'static str] {
        self.session.amr()
    }

    /// How the claimant got in, in words: see [`AuthMethod::in_words`].
    pub fn in_words(&self) -> &'static str {
        self.session.in_words()
    }
}
