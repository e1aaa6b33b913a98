//! What axum and axum-login are told: routes, sessions, and what a refusal looks like.

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum_login::tower_sessions::cookie::{SameSite, time::Duration};
use axum_login::tower_sessions::{Expiry, MemoryStore, SessionManagerLayer};
use axum_login::{AuthManagerLayerBuilder, login_required};
use second_factor::Refusal;

use super::{Stop, TwoFactor, account, change_password, code, confirm, enable, log_in, log_out};
use crate::on_axum::to_its_end;

/// The routes, on which posts are forms. Their pages are yours to draw.
pub fn router(two_factor: TwoFactor) -> Router {
    let sessions = SessionManagerLayer::new(MemoryStore::default())
        .with_name("__Host-session")
        .with_secure(true)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(Duration::hours(12)));
    Router::new()
        // And all your other pages.
        .route("/account", get(account))
        .route_layer(login_required!(TwoFactor, login_url = "/login"))
        // These look themselves: `login_required!` would have the browser post the form again, to the login.
        .route("/account/password", post(change_password))
        .route("/account/two-factor", post(enable))
        .route("/account/two-factor/confirm", post(confirm))
        .route("/login", get("name, password").post(log_in))
        .route("/login/code", get("code").post(code))
        .route("/logout", post(log_out))
        .layer(AuthManagerLayerBuilder::new(two_factor, sessions).build())
        .layer(from_fn(to_its_end))
}

impl IntoResponse for Stop {
    fn into_response(self) -> Response {
        match self {
            // The form was sent twice, and the first answer has set the cookies.
            Self::Refused(Refusal::AlreadyDone) => Redirect::to("/account").into_response(),
            Self::Refused(refusal) => (StatusCode::UNAUTHORIZED, refusal.to_string()).into_response(),
            Self::WrongPassword => (StatusCode::UNAUTHORIZED, "wrong name or password").into_response(),
            Self::LogIn => Redirect::to("/login").into_response(),
            Self::Failed(error) => {
                tracing::error!(error, "a request failed");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}
