//! What axum needs: routes, the JSON of requests and answers, and the answer to a refusal.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::middleware::{from_fn, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use second_factor::{ChallengeToken, Clock, DeviceToken, Refusal, SessionInfo, SystemClock};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{TwoFactor, account, change_password, code, confirm, enable, log_in, log_out};
use crate::on_axum::{no_store, to_its_end};

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
        .layer(map_response(no_store))
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

/// What the app sends. Each request has some of these fields.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    pub(super) name: String,
    pub(super) password: String,
    pub(super) new_password: String,
    /// A code, codes in a row or a recovery code.
    pub(super) code: String,
    /// The challenge from the answer to the password.
    pub(super) challenge: Option<ChallengeToken>,
    /// What to call this device, if it is to be remembered.
    pub(super) remember: Option<String>,
    /// The device token that the app keeps for this account.
    pub(super) device: Option<String>,
}

/// What the app gets as an answer.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Told {
    /// The app asks for a code, and sends this together with it.
    CodeRequired(ChallengeToken),
    /// The app sends the bearer token with each request, and the device token with each password. It replaces its last device
    /// token with this one.
    LoggedIn {
        bearer: String,
        device: Option<DeviceToken>,
    },
    /// A URI for an authenticator app. The app sends the first code together with this bearer token.
    Enroll {
        bearer: String,
        key_uri: String,
    },
    /// The app shows these once. All sessions have ended.
    RecoveryCodes(Vec<String>),
    LoggedOut,
    Account {
        name: String,
        session: SessionInfo,
    },
}

pub(super) type Answer = Result<Json<Told>, Stop>;

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
        let answer =
            |status, code, text| (status, Json(json!({ "code": code, "text": text }))).into_response();
        match self {
            Self::Refused(refusal) => {
                let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::UNAUTHORIZED);
                (status, Json(refusal.answer(SystemClock.now()))).into_response()
            }
            Self::WrongPassword => {
                answer(StatusCode::UNAUTHORIZED, "wrong_password", "Wrong name or password.")
            }
            Self::LogIn => answer(StatusCode::UNAUTHORIZED, "log_in", "Please log in."),
            Self::Failed(error) => {
                tracing::error!(error, "a request failed");
                answer(StatusCode::INTERNAL_SERVER_ERROR, "failed", "Please try again later.")
            }
        }
    }
}
