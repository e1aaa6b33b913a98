//! What every response has, and what happens around every request.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::App;

/// Headers that take powers away from the page and from whoever comes after it.
pub(crate) async fn headers(State(app): State<App>, request: Request, next: Next) -> Response {
    // Nothing from elsewhere, no inline script or style, no frame around it. The QR code is an inline SVG, which is markup.
    const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; \
                          frame-ancestors 'none'; base-uri 'none'";
    const ALWAYS: [(HeaderName, &str); 5] = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ];
    let mut response = next.run(request).await;
    let is_refused = response.status() == StatusCode::FORBIDDEN;
    let headers = response.headers_mut();
    headers.extend(ALWAYS.map(|(name, value)| (name, HeaderValue::from_static(value))));
    // Pages hold setup keys, recovery codes and form tokens: none is kept, not even for the back button.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    // The form of a session that is over, sent a second time: the cookie of the session that took its place stays.
    if is_refused {
        headers.remove(header::SET_COOKIE);
    }
    if app.is_https() {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    response
}

/// Runs the request to its end also if its sender hangs up, and logs it.
///
/// The line has the path and never the query, the body, a header or a cookie.
pub(crate) async fn to_its_end(request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let started = std::time::Instant::now();
    let handled = tokio::spawn(next.run(request));
    let response = handled.await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response());
    let (status, millis) =
        (response.status().as_u16(), u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX));
    tracing::info!(%method, path, status, millis, "request");
    response
}
