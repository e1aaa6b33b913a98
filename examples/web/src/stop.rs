//! Why a request goes no further, and what its sender is told.

use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Redirect, Response};

use crate::pages;

/// Any error of ours.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What the start of the site comes to.
pub(crate) type Fallible<T> = Result<T, BoxError>;

/// What a request comes to.
pub(crate) type Outcome<T = ()> = Result<T, Stop>;

/// Not a success.
#[derive(Debug)]
pub(crate) enum Stop {
    /// What was typed is not accepted, and why as far as they may know.
    Refused {
        /// In words.
        message: String,
        /// Whether the step is over, so that another try in it is useless.
        over: bool,
    },
    /// Single codes are not evaluated, and what is instead.
    Locked(String),
    /// What was done, or not, has ended the session.
    LoggedOut(&'static str),
    /// Nobody is logged in, or no longer; or the step before this one is missing.
    GoTo(&'static str),
    /// This form was sent before: where it led.
    Done(String),
    /// A form without the token that this site puts into its forms.
    Forged,
    /// There is too much to do.
    Busy,
    /// Ours.
    Failed(BoxError),
}

impl Stop {
    pub(crate) fn failed(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Failed(Box::new(error))
    }

    pub(crate) fn unusable(message: impl Into<String>) -> Self {
        Self::Refused { message: message.into(), over: false }
    }
}

impl From<sqlx::Error> for Stop {
    fn from(error: sqlx::Error) -> Self {
        Self::failed(error)
    }
}

impl From<tower_sessions::session::Error> for Stop {
    fn from(error: tower_sessions::session::Error) -> Self {
        Self::failed(error)
    }
}

impl IntoResponse for Stop {
    fn into_response(self) -> Response {
        match self {
            Self::GoTo(path) => Redirect::to(path).into_response(),
            Self::Done(path) => Redirect::to(&path).into_response(),
            Self::Refused { message, .. } | Self::Locked(message) => {
                (StatusCode::UNAUTHORIZED, pages::stop("Not accepted", &message)).into_response()
            }
            Self::LoggedOut(message) => {
                (StatusCode::UNAUTHORIZED, pages::stop("Logged out", message)).into_response()
            }
            Self::Forged => {
                let message = "This form was out of date, or did not come from this site. Nothing was done. Open the page again.";
                (StatusCode::FORBIDDEN, pages::stop("Please try again", message)).into_response()
            }
            Self::Busy => {
                let page = pages::stop(
                    "Please try again",
                    "There is too much to do just now. Nothing was done. Try again in a moment.",
                );
                (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "5")], page).into_response()
            }
            Self::Failed(error) => {
                // The log says why, the page does not.
                tracing::error!(error = &*error, "a request failed");
                let message =
                    "Something went wrong here, and it is not your fault. Nobody was logged in by it.";
                (StatusCode::INTERNAL_SERVER_ERROR, pages::stop("Something went wrong", message))
                    .into_response()
            }
        }
    }
}
