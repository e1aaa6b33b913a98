//! The form that a request sends.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde::de::value::{Error, MapDeserializer};

use crate::app::App;
use crate::browser::Browser;
use crate::pages;
use crate::stop::Stop;

/// The time to read a form.
const AT_MOST: Duration = Duration::from_secs(10);
/// In bytes.
const LONGEST: usize = 16 * 1024;

/// Names and values. Fields called `code` are joined into one, with spaces between: the codes in a row.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields {
    pairs: Arc<[(String, String)]>,
    is_row: bool,
}

impl Fields {
    fn new(sent: Vec<(String, String)>) -> Self {
        let (codes, mut pairs): (Vec<_>, Vec<_>) = sent.into_iter().partition(|(name, _)| name == "code");
        let is_row = codes.len() > 1;
        if !codes.is_empty() {
            let codes: Vec<_> =
                codes.into_iter().map(|(_, code)| code).filter(|code| !code.is_empty()).collect();
            pairs.push(("code".into(), codes.join(" ")));
        }
        Self { pairs: pairs.into(), is_row }
    }

    /// Whether the form had fields for several codes in a row.
    pub(crate) fn is_row(&self) -> bool {
        self.is_row
    }

    /// The token of this form.
    pub(crate) fn token(&self) -> &str {
        let token = self.pairs.iter().find(|(name, _)| name == "csrf_token");
        token.map_or("", |(_, token)| token)
    }
}

/// Reads the form before the request takes a lock or a place: a sender of half a form delays only themselves.
pub(crate) async fn read(request: Request, next: Next) -> Response {
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let body = match tokio::time::timeout(AT_MOST, to_bytes(body, LONGEST)).await {
        Ok(Ok(bytes)) => Body::from(bytes),
        Ok(Err(_)) => {
            return (StatusCode::PAYLOAD_TOO_LARGE, pages::stop("Too long", "This form is too long."))
                .into_response();
        }
        Err(_) => {
            return (
                StatusCode::REQUEST_TIMEOUT,
                pages::stop("Too slow", "The form took too long to arrive."),
            )
                .into_response();
        }
    };
    let whole = Request::from_parts(parts.clone(), body);
    if let Ok(axum::Form(sent)) = axum::Form::from_request(whole, &()).await {
        parts.extensions.insert(Fields::new(sent));
    }
    next.run(Request::from_parts(parts, Body::empty())).await
}

/// A form that this site sent and that was not answered yet.
pub(crate) struct Form<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<App> for Form<T> {
    type Rejection = Stop;

    async fn from_request(request: Request, app: &App) -> Result<Self, Stop> {
        let (mut parts, _) = request.into_parts();
        let fields = parts.extensions.get::<Fields>().cloned().unwrap_or_default();
        Browser::from_request_parts(&mut parts, app).await?.accept_form().await?;
        let pairs = fields.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        T::deserialize(MapDeserializer::<_, Error>::new(pairs))
            .map(Self)
            .map_err(|_| Stop::unusable("A field of the form is missing."))
    }
}
