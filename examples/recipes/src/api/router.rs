//! What axum is told: routes, where the bearer token is, and what a refusal looks like.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;

use super::{Stop, TwoFactor, account, change_password, code, confirm, enable, log_in, log_out};
use crate::on_axum::to_its_end;

/// The routes.
pub fn router(two_factor: TwoFactor) -> Router {
    Router::new()
        .route("/login", post(log_in))
        .route("/login/code", post(code))
        .route("/logout", post(log_out))
        .route("/account", get(account))
        .route("/account/password", post(change_password))
        .route("/account/two-factor", post(enable))
        .route("/account/two-factor/confirm", post(confirm))
        .layer(from_fn(to_its_end))
        .with_state(two_factor)
}

/// The token of the header `Authorization: Bearer …`.
pub(super) struct Bearer(pub(super) String);

impl<S: Sync> FromRequestParts<S> for Bearer {
    type Rejection = Stop;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Stop> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok());
        let bearer = header.and_then(|header| header.strip_prefix("Bearer "));
        bearer.map(|bearer| Self(bearer.to_owned())).ok_or(Stop::LogIn)
    }
}

impl IntoResponse for Stop {
    fn into_response(self) -> Response {
        let error = |status, code, message: &str| {
            (status, Json(json!({ "error": code, "message": message }))).into_response()
        };
        match self {
            Self::Refused(refusal) => error(StatusCode::UNAUTHORIZED, "refused", &refusal.to_string()),
            Self::WrongPassword => {
                error(StatusCode::UNAUTHORIZED, "wrong_password", "Wrong name or password.")
            }
            Self::LogIn => error(StatusCode::UNAUTHORIZED, "log_in", "Log in first."),
            Self::Failed(failure) => {
                tracing::error!(error = failure, "a request failed");
                error(StatusCode::INTERNAL_SERVER_ERROR, "failed", "Try again later.")
            }
        }
    }
}
