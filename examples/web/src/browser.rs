//! The browser in front of this request: its session, its cookies, and the token that its forms carry.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Request};
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use time::Duration;
use tower_cookies::cookie::SameSite;
use tower_cookies::{Cookie, Cookies};
use tower_sessions::Session;

use crate::app::App;
use crate::sessions::Sessions;
use crate::stop::{Outcome, Stop};
use crate::users::random_hex;

/// What the browser sent along.
#[derive(Clone, Debug)]
pub(crate) struct Browser {
    session: Session,
    sessions: Arc<Sessions>,
    cookies: Cookies,
    is_https: bool,
    label: String,
}

impl Browser {
    /// The session's cookie.
    pub(crate) const SESSION: &'static str = "__Host-session";
    const CSRF: &'static str = "csrf";

    /// The browser in words, for the list of remembered devices.
    pub(crate) fn label(&self) -> &str {
        &self.label
    }

    /// Whether it came by HTTPS. On plain HTTP, so on loopback alone, cookies have other names.
    pub(crate) fn is_https(&self) -> bool {
        self.is_https
    }

    /// A value in the session.
    pub(crate) async fn get<T: DeserializeOwned>(&self, key: &str) -> Outcome<Option<T>> {
        Ok(self.session.get(key).await?)
    }

    /// A value that the page before left in the session, or a stop that leads to that page.
    pub(crate) async fn need<T: DeserializeOwned>(&self, key: &str, before: &'static str) -> Outcome<T> {
        self.get(key).await?.ok_or(Stop::GoTo(before))
    }

    /// Keeps a value in the session, which goes on under a new id. At each step up: whoever knew the old id (session
    /// fixation) knows nothing.
    pub(crate) async fn renew(&self, key: &str, value: impl Serialize) -> Outcome {
        self.session.insert(key, value).await?;
        Ok(self.session.cycle_id().await?)
    }

    /// A new session with this value and nothing of the old one in it, under a new id; and where to go next.
    pub(crate) async fn start_anew(
        &self,
        key: &str,
        value: impl Serialize,
        next: &'static str,
    ) -> Outcome<&'static str> {
        // Loaded first: `clear` alone would take the word of a cookie for a session that there never was.
        self.session.get_value(Self::CSRF).await?;
        self.session.clear().await;
        self.renew(key, value).await?;
        Ok(next)
    }

    /// The same, but the session from before stays where it is until it expires, unknown to the browser. It holds what the
    /// same form may be sent a second time with, and nobody is logged in by it.
    pub(crate) async fn start_beside(
        &self,
        key: &str,
        value: impl Serialize,
        next: &'static str,
    ) -> Outcome<&'static str> {
        let session = Session::new(None, self.sessions.clone(), self.session.expiry());
        session.insert(key, value).await?;
        session.save().await?;
        let id = session.id().map(|id| id.to_string()).unwrap_or_default();
        self.set_cookie(Self::SESSION, &id, session.expiry_age().unsigned_abs());
        Ok(next)
    }

    /// Ends the session, in the table and in the browser.
    pub(crate) async fn end(&self) -> Outcome {
        Ok(self.session.flush().await?)
    }

    /// The token that each form of this session carries. Another site can make the browser post, but not read this (CSRF).
    pub(crate) async fn csrf(&self) -> Outcome<String> {
        if let Some(token) = self.get(Self::CSRF).await? {
            return Ok(token);
        }
        let token = random_hex::<32>()?;
        self.session.insert(Self::CSRF, &token).await?;
        Ok(token)
    }

    /// The value of the cookie, if the browser sent it.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.get(&cookie_name(name, self.is_https)).map(|cookie| cookie.value().to_owned())
    }

    /// Sets a cookie that scripts cannot read and other sites cannot have sent along with a post.
    pub(crate) fn set_cookie(&self, name: &str, value: &str, max_age: std::time::Duration) {
        let cookie = Cookie::build((cookie_name(name, self.is_https), value.to_owned()))
            .path("/")
            .http_only(true)
            .secure(self.is_https)
            .same_site(SameSite::Lax)
            .max_age(Duration::try_from(max_age).unwrap_or(Duration::MAX));
        self.cookies.add(cookie.build());
    }
}

/// `__Host-` has the browser insist on `Secure`, on `Path=/` and on this host alone, so that no sibling domain can plant
/// the cookie. On plain HTTP, which this site speaks on a loopback address only, there is no `Secure` and so no prefix.
pub(crate) fn cookie_name(name: &str, is_https: bool) -> String {
    let bare = name.strip_prefix("__Host-").unwrap_or(name);
    if is_https { ["__Host-", bare].concat() } else { bare.to_owned() }
}

impl FromRequestParts<App> for Browser {
    type Rejection = Stop;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Stop> {
        let (Some(session), Some(cookies)) =
            (parts.extensions.get::<Session>().cloned(), parts.extensions.get::<Cookies>().cloned())
        else {
            return Err(Stop::Failed("the session layer is missing".into()));
        };
        let agent = parts.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
        let sessions = Arc::new(app.sessions());
        Ok(Self { session, sessions, cookies, is_https: app.is_https(), label: describe(agent) })
    }
}

/// A form that this site's own page sent.
pub(crate) struct Form<T>(pub(crate) T);

#[derive(Deserialize)]
struct WithToken<T> {
    #[serde(default)]
    csrf_token: String,
    #[serde(flatten)]
    form: T,
}

impl<T: DeserializeOwned + Send> FromRequest<App> for Form<T> {
    type Rejection = Stop;

    async fn from_request(request: Request, app: &App) -> Result<Self, Stop> {
        let (mut parts, body) = request.into_parts();
        let browser = Browser::from_request_parts(&mut parts, app).await?;
        let request = Request::from_parts(parts, body);
        let axum::Form(WithToken { csrf_token, form }) =
            axum::Form::<WithToken<T>>::from_request(request, app)
                .await
                .map_err(|_| Stop::unusable("A field of the form is missing or too long."))?;
        let expected: Option<String> = browser.get(Browser::CSRF).await?;
        let is_ours = expected.is_some_and(|token| token.as_bytes().ct_eq(csrf_token.as_bytes()).into());
        if is_ours { Ok(Self(form)) } else { Err(Stop::Forged) }
    }
}

/// Where the request came from. Behind the proxy that speaks HTTPS, every connection is the proxy's: it says last in
/// `X-Forwarded-For` with whom it speaks, and what stands before that, anybody can have sent.
pub(crate) fn address(request: &Parts, is_https: bool) -> Option<String> {
    if is_https {
        let forwarded = request.headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
        return forwarded.rsplit(',').next().map(|address| address.trim().to_owned());
    }
    request.extensions.get().map(|ConnectInfo::<SocketAddr>(peer)| peer.ip().to_string())
}

/// "Firefox on Linux", from what the browser says of itself: a name to recognize it by, which decides nothing.
fn describe(agent: &str) -> String {
    let first = |names: &[(&'static str, &'static str)]| {
        names.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    let browser = first(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("FxiOS", "Firefox"),
        ("Chrome/", "Chrome"),
        ("CriOS", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => "A browser".to_owned(),
    }
}
