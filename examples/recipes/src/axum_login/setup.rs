//! What axum and axum-login need: routes, sessions, and the answer to a refusal.

use std::fmt;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::{from_fn, map_response};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum_login::tower_sessions::cookie::{SameSite, time::Duration};
use axum_login::tower_sessions::{Expiry, MemoryStore, SessionManagerLayer};
use axum_login::{AuthManagerLayerBuilder, login_required};
use second_factor::Refusal;
use serde::Deserialize;
use tower_cookies::{Cookie, Cookies};

use super::{Auth, Member, TwoFactor, change_password, code, confirm, enable, log_in};
use crate::on_axum::{no_store, to_its_end};

/// The routes. Posts are forms. Replace the pages with your own.
pub fn router(two_factor: TwoFactor) -> Router {
    let sessions = SessionManagerLayer::new(MemoryStore::default())
        .with_name("__Host-session")
        .with_secure(true)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(Duration::hours(12)));
    Router::new()
        // Put all your other pages here.
        .route("/account", get(account))
        .route_layer(login_required!(TwoFactor, login_url = "/login"))
        // These routes ask for the session themselves: with `login_required!`, the browser would post the form again, to the login.
        .route("/account/password", post(change_password))
        .route("/account/two-factor", post(enable))
        .route("/account/two-factor/confirm", post(confirm))
        .route("/login", get("name, password").post(log_in))
        .route("/login/code", get("code").post(code))
        .route("/logout", post(log_out))
        .layer(AuthManagerLayerBuilder::new(two_factor, sessions).build())
        .layer(map_response(no_store))
        .layer(from_fn(to_its_end))
}

/// The fields of all forms. Each form has some of them.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    pub(super) name: String,
    pub(super) password: String,
    pub(super) new_password: String,
    /// A code, codes in a row or a recovery code.
    pub(super) code: String,
    /// The box "remember me on this device".
    pub(super) remember: Option<String>,
}

async fn account(auth: Auth) -> Answer {
    let Member(session) = auth.user.ok_or(Stop::LogIn)?;
    let name = auth.backend.users.name(session.account()).ok_or(Stop::LogIn)?;
    Ok(format!("{name}, {}", session.in_words()).into_response())
}

async fn log_out(auth: Auth) -> Answer {
    end_session(&auth).await?;
    Ok(Redirect::to("/login").into_response())
}

/// Continues the session under a new id.
pub(super) async fn go_on(mut auth: Auth, member: Member) -> Answer {
    auth.session.cycle_id().await.map_err(Stop::failed)?;
    auth.login(&member).await.map_err(Stop::failed)?;
    Ok(Redirect::to("/account").into_response())
}

/// Ends the session of this browser, if it has one.
pub(super) async fn end_session(auth: &Auth) -> Result<(), Stop> {
    match auth.session.id() {
        Some(_) => auth.session.flush().await.map_err(Stop::failed),
        None => Ok(()),
    }
}

/// Adds a cookie that is given as the text of a `Set-Cookie` header.
pub(super) fn set_cookie(cookies: &Cookies, header: &str) -> Result<(), Stop> {
    cookies.add(Cookie::parse(header.to_owned()).map_err(Stop::failed)?);
    Ok(())
}

pub(super) type Answer = Result<Response, Stop>;

/// Why a request was not carried out.
pub(super) enum Stop {
    Refused(Refusal),
    WrongPassword,
    /// Nobody is logged in, or the login has to begin again.
    LogIn,
    Failed(Box<dyn std::error::Error + Send + Sync>),
}

impl Stop {
    pub(super) fn failed(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Failed(error.into())
    }
}

impl IntoResponse for Stop {
    fn into_response(self) -> Response {
        match self {
            Self::Refused(refusal) => {
                let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::UNAUTHORIZED);
                (status, refusal.in_words()).into_response()
            }
            Self::WrongPassword => (StatusCode::UNAUTHORIZED, "Wrong name or password.").into_response(),
            Self::LogIn => Redirect::to("/login").into_response(),
            Self::Failed(error) => {
                tracing::error!(error, "a request failed");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

/// axum-login writes this text to its logs.
impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.account().fmt(f)
    }
}
