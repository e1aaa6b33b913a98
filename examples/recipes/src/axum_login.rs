//! A service with axum-login, whose sessions are those of tower-sessions.
//!
//! axum-login logs in an [`AuthUser`]. Here that is a [`Member`], which can only be made from a login that met the rules.
//! After the password, the login waits for its code: there is a challenge, in a separate cookie.

use std::sync::Arc;

use axum::extract::Form;
use axum::response::{Html, IntoResponse, Redirect};
use axum_login::{AuthSession, AuthUser, AuthnBackend};
use second_factor::{
    Accepted, AccountId, Authenticated, ChallengeToken, ChangePasswordError, DeviceToken, EnrollmentBegun,
    EnrollmentToken, Error, Login, MemoryStore, MemoryStoreError, PasswordVerified, QrCode, Refusal,
    Remember, Session, Verifier,
};
use serde::{Deserialize, Serialize};
use tower_cookies::{Cookie, Cookies};

use crate::on_axum::blocking;
use crate::users::{Replaced, Users};

mod setup;

pub use setup::router;
use setup::{Answer, Stop, Typed, end_session, go_on, set_cookie};

/// Who is logged in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Member(Session);

impl AuthUser for Member {
    /// All that axum-login keeps between two requests.
    type Id = Self;

    fn id(&self) -> Self {
        self.clone()
    }

    /// Empty on purpose: `get_user` finds out whether the password or the second factor has changed since the login.
    fn session_auth_hash(&self) -> &[u8] {
        &[]
    }
}

/// The backend. There is one for the whole service, and it is cloned for each request.
#[derive(Clone)]
pub struct TwoFactor {
    /// Decides by the rules.
    pub verifier: Verifier<MemoryStore>,
    /// Compares the passwords.
    pub users: Arc<Users>,
}

impl AuthnBackend for TwoFactor {
    type User = Member;
    type Credentials = Authenticated;
    type Error = Error<MemoryStoreError>;

    async fn authenticate(&self, login: Authenticated) -> Result<Option<Member>, Self::Error> {
        Ok(Some(Member(login.into_session())))
    }

    /// axum-login asks this with each request.
    async fn get_user(&self, member: &Member) -> Result<Option<Member>, Self::Error> {
        Ok(self.verifier.is_current(&member.0).await?.then(|| member.clone()))
    }
}

type Auth = AuthSession<TwoFactor>;

impl TwoFactor {
    /// The only place that says that a password was right. Returns the hash that it was compared with, too.
    async fn password(&self, account: &AccountId, typed: String) -> Result<(PasswordVerified, String), Stop> {
        let check = self.verifier.check_password(account).await; // before the hash is read
        let (users, id) = (self.users.clone(), account.clone());
        let hash = blocking(move || users.compare(&id, &typed)).await.map_err(Stop::Failed)?;
        Ok((PasswordVerified::by_host(check), hash.ok_or(Stop::WrongPassword)?))
    }

    async fn start(&self, auth: Auth, cookies: &Cookies, accepted: Accepted) -> Answer {
        if let Some(token) = &accepted.device {
            set_cookie(cookies, token.set_cookie(self.verifier.policy()).expose())?;
        }
        set_cookie(cookies, &format!("{CHALLENGE}=; Max-Age=0; {ATTRIBUTES}"))?;
        auth.session.clear().await;
        go_on(auth, Member(accepted.authenticated.into_session())).await
    }

    /// The page with the QR code. The token that confirms the enrollment is kept in the session.
    async fn scan(&self, auth: Auth, begun: EnrollmentBegun) -> Answer {
        auth.session.insert(ENROLLMENT, &begun.token).await.map_err(Stop::failed)?;
        let qr = QrCode::new(&begun.uri).map_err(Stop::failed)?;
        let key = begun.uri.secret().to_base32().grouped();
        Ok(Html(format!("{}<code>{}</code>", qr.svg().expose(), key.expose())).into_response())
    }
}

async fn log_in(auth: Auth, cookies: Cookies, Form(typed): Form<Typed>) -> Answer {
    let it = auth.backend.clone();
    let account = it.users.id(&typed.name);
    let (proof, _) = it.password(&account, typed.password).await?;
    let device = cookies.get(&DeviceToken::cookie_name(&account, it.verifier.policy()));
    match it.verifier.password_verified(proof, device.as_ref().map(Cookie::value)).await? {
        Login::Complete(accepted) => it.start(auth, &cookies, accepted).await,
        Login::CodeRequired(challenge) => {
            end_session(&auth).await?;
            let challenge = challenge.expose();
            set_cookie(&cookies, &format!("{CHALLENGE}={challenge}; Max-Age=600; {ATTRIBUTES}"))?;
            Ok(Redirect::to("/login/code").into_response())
        }
        Login::EnrollmentRequired(proof) => {
            auth.session.clear().await;
            auth.session.cycle_id().await.map_err(Stop::failed)?;
            let begun = it.verifier.begin_enrollment(proof, &typed.name).await?;
            it.scan(auth, begun).await
        }
    }
}

async fn code(auth: Auth, cookies: Cookies, Form(typed): Form<Typed>) -> Answer {
    let it = auth.backend.clone();
    let challenge = cookies.get(CHALLENGE).and_then(|cookie| ChallengeToken::parse(cookie.value()).ok());
    let challenge = challenge.ok_or(Stop::LogIn)?;
    let remember = match &typed.remember {
        Some(label) => Remember::ThisDevice { label },
        None => Remember::No,
    };
    match it.verifier.present(&challenge, &typed.code, remember).await {
        // The form was sent twice, and the first answer has set the cookies.
        Err(Error::Refused(Refusal::AlreadyDone)) => Ok(Redirect::to("/account").into_response()),
        accepted => it.start(auth, &cookies, accepted?).await,
    }
}

async fn enable(auth: Auth, Form(typed): Form<Typed>) -> Answer {
    let it = auth.backend.clone();
    let Member(session) = auth.user.clone().ok_or(Stop::LogIn)?;
    let name = it.users.name(session.account()).ok_or(Stop::LogIn)?;
    let (password, _) = it.password(session.account(), typed.password).await?;
    let proof = it.verifier.reauthenticate(&session, password, &typed.code).await?;
    let begun = it.verifier.begin_enrollment(proof, &name).await?;
    it.scan(auth, begun).await
}

/// The first code. Every session ends, this one too: the owner logs in again.
async fn confirm(auth: Auth, Form(typed): Form<Typed>) -> Answer {
    let token: Option<EnrollmentToken> = auth.session.get(ENROLLMENT).await.map_err(Stop::failed)?;
    let token = token.ok_or(Stop::LogIn)?;
    let confirmed = auth.backend.verifier.confirm_enrollment(&token, &typed.code).await?;
    let (recovery_codes, _all_are_over) = confirmed.into_parts();
    end_session(&auth).await?;
    let lines = recovery_codes.map(|codes| codes.to_lines());
    Ok(lines.map(|lines| lines.expose().to_owned()).unwrap_or_default().into_response())
}

async fn change_password(auth: Auth, Form(typed): Form<Typed>) -> Answer {
    let it = auth.backend.clone();
    let Member(mut session) = auth.user.clone().ok_or(Stop::LogIn)?;
    let users = it.users.clone();
    // This is done before the code is used up.
    let new = blocking(move || users.hash(&typed.new_password)).await.map_err(Stop::Failed)?;
    let (password, old) = it.password(session.account(), typed.password).await?;
    let proof = it.verifier.reauthenticate(&session, password, &typed.code).await?;
    let write = async || it.users.replace_hash(session.account(), &old, &new);
    let others = it.verifier.change_password(proof, write).await?;
    session.continue_after(others);
    go_on(auth, Member(session)).await
}

/// The key in the session for an enrollment that waits for its first code.
const ENROLLMENT: &str = "enrollment";

/// The name of a cookie. It holds a login that waits for its code. This is not in the session, since the session only begins
/// with the login. So the library can recognize a form that is sent twice, and nobody without the password can make the
/// service store a session.
const CHALLENGE: &str = "__Host-challenge";
const ATTRIBUTES: &str = DeviceToken::COOKIE_ATTRIBUTES;

impl From<Error<MemoryStoreError>> for Stop {
    fn from(error: Error<MemoryStoreError>) -> Self {
        error.refusal().map_or_else(|| Self::failed(error), Self::Refused)
    }
}

impl From<ChangePasswordError<MemoryStoreError, Replaced>> for Stop {
    fn from(error: ChangePasswordError<MemoryStoreError, Replaced>) -> Self {
        match error {
            ChangePasswordError::NotStarted(error) => error.into(),
            // The new password is in force, and no session goes on.
            ChangePasswordError::Unfinished(_) => Self::LogIn,
            error => Self::failed(error),
        }
    }
}
