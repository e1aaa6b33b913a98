//! The headers of every response, and the limits around every request.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::{Semaphore, SemaphorePermit};
use tower_sessions::Session;

use crate::app::App;
use crate::passwords;
use crate::serve::Connection;
use crate::stop::Stop;

/// Headers that restrict what the page, its scripts and other sites can do with it.
pub(crate) async fn headers(State(app): State<App>, request: Request, next: Next) -> Response {
    // Nothing from other sites, no inline script or style, no framing. The QR code is an inline SVG, which is allowed as markup.
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
    // Pages hold setup keys, recovery codes and form tokens: the browser must not keep them, not even for the back button.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    // A refused form may belong to a session that was replaced: its answer must not replace the cookie of the new session.
    if is_refused {
        headers.remove(header::SET_COOKIE);
    }
    if app.is_https() {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    response
}

/// These hash a password, which takes time and memory.
const HASHING: [&str; 4] = ["/register", "/login", "/account/password", "/account/two-factor/enable"];
/// The number of requests that wait for a place to hash, and the longest wait.
const LONGEST_QUEUE: usize = 64;
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// A place to hash, held to the end of the request.
#[derive(Clone)]
struct Place(
    #[expect(dead_code, reason = "it is given back when it is dropped")] Arc<SemaphorePermit<'static>>,
);

/// Lets a few requests hash at once and a few more wait. A client that hangs up leaves the queue, because this runs in the
/// task of its connection.
pub(crate) async fn queue(mut request: Request, next: Next) -> Response {
    static QUEUE: Semaphore = Semaphore::const_new(LONGEST_QUEUE);
    static PLACES: Semaphore = Semaphore::const_new(passwords::PLACES);
    if request.method() == Method::POST && HASHING.contains(&request.uri().path()) {
        let place = match (PLACES.try_acquire(), QUEUE.try_acquire()) {
            (Ok(place), _) => Some(place),
            (Err(_), Ok(_waiting)) => match tokio::time::timeout(LONGEST_WAIT, PLACES.acquire()).await {
                Ok(Ok(place)) => Some(place),
                _ => None,
            },
            _ => None,
        };
        let Some(place) = place else {
            Line::of(&request).log(StatusCode::SERVICE_UNAVAILABLE);
            return Stop::Busy.into_response();
        };
        request.extensions_mut().insert(Place(Arc::new(place)));
    }
    next.run(request).await
}

/// Runs the request to its end, even if the client hangs up, and logs it.
pub(crate) async fn to_its_end(mut request: Request, next: Next) -> Response {
    let place = request.extensions_mut().remove::<Place>();
    let connection = request.extensions_mut().remove::<Connection>();
    let handled = tokio::spawn(async move {
        let line = Line::of(&request);
        let response = next.run(request).await;
        line.log(response.status());
        drop((place, connection));
        response
    });
    handled.await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// Handles the forms of a session one after the other: see [`Sessions::take_turn`](crate::sessions::Sessions::take_turn).
pub(crate) async fn one_at_a_time(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = request.extensions().get::<Session>().and_then(Session::id);
    let Some(id) = id.filter(|_| request.method() == Method::POST) else { return next.run(request).await };
    let sessions = app.sessions();
    let is_taken = match sessions.take_turn(&id).await {
        Ok(is_taken) => is_taken,
        Err(stop) => return stop.into_response(),
    };
    let response = next.run(request).await;
    if is_taken && let Err(stop) = sessions.give_back_turn(&id).await {
        return stop.into_response();
    }
    response
}

/// A line of the log. It has the path, and never the query, the body, a header or a cookie.
struct Line {
    method: Method,
    path: String,
    started: Instant,
}

impl Line {
    fn of(request: &Request) -> Self {
        const LONGEST: usize = 100;
        let path = request.uri().path().chars().take(LONGEST).collect();
        Self { method: request.method().clone(), path, started: Instant::now() }
    }

    fn log(self, status: StatusCode) {
        let Self { method, path, started } = self;
        let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(%method, path, status = status.as_u16(), millis, "request");
    }
}
