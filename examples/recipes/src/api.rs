//! An API for an app: JSON and bearer tokens, no cookies.
//!
//! The app keeps a challenge in memory and a device token in the keychain of its phone, where nobody else can plant one.
//! For web pages, use cookies: see the other two recipes.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use second_factor::{
    Accepted, AccountId, ChangePasswordError, EnrollmentBegun, Error, Login, MemoryStore, MemoryStoreError,
    PasswordVerified, Remember, Session, Verifier,
};

use crate::on_axum::blocking;
use crate::sessions::{Kept, Sessions};
use crate::users::{Replaced, Users};

mod setup;

pub use setup::router;
use setup::{Answer, Bearer, Stop, Told, Typed};

/// There is one for the whole service, and it is cloned for each request.
#[derive(Clone)]
pub struct TwoFactor {
    verifier: Verifier<MemoryStore>,
    users: Arc<Users>,
    sessions: Arc<Sessions>,
}

impl TwoFactor {
    /// A service with these rules and these users.
    pub fn new(verifier: Verifier<MemoryStore>, users: Arc<Users>) -> Self {
        Self { verifier, users, sessions: Arc::default() }
    }

    /// The only place that says that a password was right. Returns the hash that it was compared with, too.
    async fn password(&self, account: &AccountId, typed: String) -> Result<(PasswordVerified, String), Stop> {
        let check = self.verifier.check_password(account).await; // before the hash is read
        let (users, id) = (self.users.clone(), account.clone());
        let hash = blocking(move || users.compare(&id, &typed)).await.map_err(Stop::Failed)?;
        Ok((PasswordVerified::by_host(check), hash.ok_or(Stop::WrongPassword)?))
    }

    fn start(&self, accepted: Accepted) -> Answer {
        let (device, session) = (accepted.device, accepted.authenticated.into_session());
        let bearer = self.sessions.start(Kept { session: Some(session), enrollment: None });
        Ok(Json(Told::LoggedIn { bearer: bearer.map_err(Stop::failed)?, device }))
    }

    fn enroll(&self, begun: EnrollmentBegun, session: Option<Session>) -> Answer {
        let bearer = self.sessions.start(Kept { session, enrollment: Some(begun.token) });
        let key_uri = begun.uri.to_uri().expose().to_owned();
        Ok(Json(Told::Enroll { bearer: bearer.map_err(Stop::failed)?, key_uri }))
    }

    /// Called in each request.
    async fn session(&self, bearer: &str) -> Result<Session, Stop> {
        let session = self.sessions.get(bearer).session.ok_or(Stop::LogIn)?;
        if self.verifier.is_current(&session).await? {
            return Ok(session);
        }
        self.sessions.end(bearer);
        Err(Stop::LogIn)
    }
}

async fn log_in(State(it): State<TwoFactor>, Json(typed): Json<Typed>) -> Answer {
    let account = it.users.id(&typed.name);
    let (proof, _) = it.password(&account, typed.password).await?;
    match it.verifier.password_verified(proof, typed.device.as_deref()).await? {
        Login::Complete(accepted) => it.start(accepted),
        Login::CodeRequired(challenge) => Ok(Json(Told::CodeRequired(challenge))),
        Login::EnrollmentRequired(proof) => {
            it.enroll(it.verifier.begin_enrollment(proof, &typed.name).await?, None)
        }
    }
}

async fn code(State(it): State<TwoFactor>, Json(typed): Json<Typed>) -> Answer {
    let challenge = typed.challenge.ok_or(Stop::LogIn)?;
    let remember = match &typed.remember {
        Some(label) => Remember::ThisDevice { label },
        None => Remember::No,
    };
    it.start(it.verifier.present(&challenge, &typed.code, remember).await?)
}

async fn log_out(State(it): State<TwoFactor>, Bearer(bearer): Bearer) -> Answer {
    it.sessions.end(&bearer);
    Ok(Json(Told::LoggedOut))
}

async fn account(State(it): State<TwoFactor>, Bearer(bearer): Bearer) -> Answer {
    let session = it.session(&bearer).await?;
    let name = it.users.name(session.account()).ok_or(Stop::LogIn)?;
    Ok(Json(Told::Account { name, session: session.info() }))
}

async fn enable(State(it): State<TwoFactor>, Bearer(bearer): Bearer, Json(typed): Json<Typed>) -> Answer {
    let session = it.session(&bearer).await?;
    let name = it.users.name(session.account()).ok_or(Stop::LogIn)?;
    let (password, _) = it.password(session.account(), typed.password).await?;
    let proof = it.verifier.reauthenticate(&session, password, &typed.code).await?;
    let begun = it.verifier.begin_enrollment(proof, &name).await?;
    it.sessions.end(&bearer);
    it.enroll(begun, Some(session))
}

/// The first code. Every session ends, this one too: the owner logs in again.
async fn confirm(State(it): State<TwoFactor>, Bearer(bearer): Bearer, Json(typed): Json<Typed>) -> Answer {
    let token = it.sessions.get(&bearer).enrollment.ok_or(Stop::LogIn)?;
    let confirmed = it.verifier.confirm_enrollment(&token, &typed.code).await?;
    let (recovery_codes, _all_are_over) = confirmed.into_parts();
    it.sessions.end(&bearer);
    let codes = recovery_codes.iter().flat_map(|codes| codes.iter());
    Ok(Json(Told::RecoveryCodes(codes.map(|code| code.to_text().expose().to_owned()).collect())))
}

async fn change_password(
    State(it): State<TwoFactor>,
    Bearer(bearer): Bearer,
    Json(typed): Json<Typed>,
) -> Answer {
    let mut session = it.session(&bearer).await?;
    let users = it.users.clone();
    // This is done before the code is used up.
    let new = blocking(move || users.hash(&typed.new_password)).await.map_err(Stop::Failed)?;
    let (password, old) = it.password(session.account(), typed.password).await?;
    let proof = it.verifier.reauthenticate(&session, password, &typed.code).await?;
    let write = async || it.users.replace_hash(session.account(), &old, &new);
    let others = it.verifier.change_password(proof, write).await?;
    session.continue_after(others);
    it.sessions.end(&bearer);
    let bearer = it.sessions.start(Kept { session: Some(session), enrollment: None });
    Ok(Json(Told::LoggedIn { bearer: bearer.map_err(Stop::failed)?, device: None }))
}

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
