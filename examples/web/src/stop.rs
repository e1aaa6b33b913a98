//! Why a request is not carried out, and the answer to its sender.

use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Redirect, Response};

use crate::pages;

/// Any error of the site itself.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The result of starting the site.
pub(crate) type Fallible<T> = Result<T, BoxError>;

/// The result of handling a request.
pub(crate) type Outcome<T = ()> = Result<T, Stop>;

/// Every result that is not a success.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The input was refused, with the reason as far as the sender may know it.
    Refused {
        /// For the page.
        message: String,
        /// Whether the step is over, so that another try is useless.
        over: bool,
    },
    /// Single codes are not accepted now; the message says what is.
    Locked(String),
    /// The session was ended, with the reason.
    LoggedOut(&'static str),
    /// Nobody is logged in (any more), or the step before this one is missing.
    GoTo(&'static str),
    /// This form was sent before, and led here.
    Done(String),
    /// A form without a token of this site.
    Forged,
    /// Too many requests.
    Busy,
    /// An error of the site itself.
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
                // Only the log has the reason, not the page.
                tracing::error!(error = &*error, "a request failed");
                let message =
                    "Something went wrong here, and it is not your fault. Nobody was logged in by it.";
                (StatusCode::INTERNAL_SERVER_ERROR, pages::stop("Something went wrong", message))
                    .into_response()
            }
        }
    }
}
