//! The browser that sent this request: its session, its cookies and its form.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use time::Duration;
use tower_cookies::cookie::SameSite;
use tower_cookies::{Cookie, Cookies};
use tower_sessions::Session;

use crate::app::App;
use crate::form::Fields;
use crate::sessions::Sessions;
use crate::stop::{Outcome, Stop};
use crate::users::random;

/// What the browser sent.
#[derive(Clone, Debug)]
pub(crate) struct Browser {
    session: Session,
    sessions: Sessions,
    cookies: Cookies,
    form: Fields,
    /// The path that the form is sent to.
    action: String,
    is_https: bool,
    label: String,
}

/// A form that led to a new session id. A page may have several forms with one token: each has an action of its own.
#[derive(Deserialize, Serialize)]
struct Sent {
    token: String,
    /// By action: the page that the form led to.
    led_to: BTreeMap<String, String>,
    until: i64,
    /// Whether this is the old id, under which nothing can be done any more.
    is_stub: bool,
}

/// Recovery codes that are shown until their owner confirms that they are kept.
#[derive(Deserialize, Serialize)]
struct Shown {
    sealed: String,
    account: String,
    until: i64,
}

impl Browser {
    /// The session's cookie.
    pub(crate) const SESSION: &'static str = "__Host-session";
    const SHOWN: &'static str = "shown";
    /// A form that was sent is recognized for this many seconds.
    const SENT_FOR: i64 = 60;
    /// Codes are shown for this many seconds at most.
    const SHOWN_FOR: i64 = 10 * 60;

    /// The name of the browser in the list of remembered devices.
    pub(crate) fn label(&self) -> &str {
        &self.label
    }

    /// Whether the request came by HTTPS. On plain HTTP (only on loopback) cookies have other names.
    pub(crate) fn is_https(&self) -> bool {
        self.is_https
    }

    /// A value in the session.
    pub(crate) async fn get<T: DeserializeOwned>(&self, key: &str) -> Outcome<Option<T>> {
        Ok(self.session.get(key).await?)
    }

    /// A value that the page before left in the session; without it, a redirect to that page.
    pub(crate) async fn need<T: DeserializeOwned>(&self, key: &str, before: &'static str) -> Outcome<T> {
        self.get(key).await?.ok_or(Stop::GoTo(before))
    }

    /// Stores a value in the session and gives the session a new id, so that an attacker who knew the old id gains nothing
    /// (session fixation). `next` is where the form leads if it is sent a second time under the old id.
    pub(crate) async fn renew(&self, key: &str, value: impl Serialize, next: &str) -> Outcome {
        self.session.insert(key, value).await?;
        self.leave_id(next).await?;
        Ok(self.session.cycle_id().await?)
    }

    /// A new session with this value, for the login of this account. From the old session it keeps only the codes of the same
    /// account that are still shown. Returns `next`.
    pub(crate) async fn start_anew(
        &self,
        account: &str,
        key: &str,
        value: impl Serialize,
        next: &'static str,
    ) -> Outcome<&'static str> {
        // Loaded first: otherwise `clear` treats the id in the cookie as a session, even if there never was one.
        let shown: Option<Shown> = self.get(Self::SHOWN).await?;
        self.session.clear().await;
        if let Some(shown) = shown.filter(|shown| shown.account == account) {
            self.session.insert(Self::SHOWN, shown).await?;
        }
        self.renew(key, value, next).await?;
        Ok(next)
    }

    /// A new session in which nobody is logged in and which holds only the codes to show.
    pub(crate) async fn start_with_codes(&self, account: &str, lines: &str) -> Outcome {
        self.session.get_value(Sessions::VISITOR).await?;
        self.session.clear().await;
        self.show_codes(account, lines).await?;
        self.leave_id("/account/recovery-codes").await?;
        Ok(self.session.cycle_id().await?)
    }

    /// Ends the session, in the table and in the browser.
    pub(crate) async fn end(&self, next: &str) -> Outcome {
        self.leave_id(next).await?;
        Ok(self.session.flush().await?)
    }

    /// Deletes a session that the library does not accept any more. It sets no cookie: the browser may be about to get a new session.
    pub(crate) async fn is_over(&self) -> Outcome {
        let Some(id) = self.session.id() else { return Ok(()) };
        self.sessions.delete_idle(&id).await
    }

    /// Ends the session under its present id and leaves a stub there.
    async fn leave_id(&self, next: &str) -> Outcome {
        let Some(id) = self.session.id() else { return Ok(()) };
        let mut led_to = self.sent().await?.map(|sent| sent.led_to).unwrap_or_default();
        led_to.insert(self.action.clone(), next.into());
        let until = self.sessions.now() + Self::SENT_FOR;
        let mut sent = Sent { token: self.form().into(), led_to, until, is_stub: true };
        self.sessions.leave_stub(&id, &sent).await?;
        sent.is_stub = false;
        Ok(self.session.insert(Sessions::SENT, sent).await?)
    }

    /// The forms with the token of this one that led to a new session id within the last minute.
    async fn sent(&self) -> Outcome<Option<Sent>> {
        let sent: Option<Sent> = self.get(Sessions::SENT).await?;
        Ok(sent
            .filter(|sent| sent.token == self.form() && self.sessions.is_alive(Self::SENT_FOR, sent.until)))
    }

    /// A token for the forms of a page. Another site can make the browser post, but not read this (CSRF).
    pub(crate) async fn form_token(&self) -> Outcome<String> {
        let id = self.id().await?;
        Ok(self.sessions.keys().form_token(&id, random()?))
    }

    /// One token for every form of a session that is shown again: two refusals are the same byte for byte, whatever was typed.
    pub(crate) async fn same_form_token(&self) -> Outcome<String> {
        let (id, keys) = (self.id().await?, self.sessions.keys());
        let mut nonce = [0; 16];
        nonce.iter_mut().zip(keys.tag("again", &[id.as_bytes()])).for_each(|(to, from)| *to = from);
        Ok(keys.form_token(&id, nonce))
    }

    /// The id of the session. A browser without a session gets one.
    async fn id(&self) -> Outcome<String> {
        self.session.get_value(Sessions::VISITOR).await?;
        if self.session.is_empty().await {
            self.session.insert(Sessions::VISITOR, true).await?;
        }
        if self.session.id().is_none() {
            self.session.save().await?;
        }
        self.session.id().map(|id| id.to_string()).ok_or(Stop::Failed("a session has no id".into()))
    }

    /// The token of the form that this request sends.
    pub(crate) fn form(&self) -> &str {
        self.form.token()
    }

    /// Whether that form had fields for codes in a row.
    pub(crate) fn sent_a_row(&self) -> bool {
        self.form.is_row()
    }

    /// Succeeds if the form belongs to this session and was not answered yet.
    pub(crate) async fn accept_form(&self) -> Outcome {
        if let Some(mut sent) = self.sent().await? {
            return match sent.led_to.remove(&self.action) {
                Some(next) => Err(Stop::Done(next)),
                None if sent.is_stub => Err(Stop::Forged),
                // Another form of the same page.
                None => Ok(()),
            };
        }
        let id = self.cookie(Self::SESSION).unwrap_or_default();
        if self.sessions.keys().is_form_token(&id, self.form()) { Ok(()) } else { Err(Stop::Forged) }
    }

    /// Shows recovery codes, one a line, to this browser until [`codes_are_kept`](Self::codes_are_kept).
    pub(crate) async fn show_codes(&self, account: &str, lines: &str) -> Outcome {
        let sealed = self.sessions.keys().seal(lines, account)?;
        let until = self.sessions.now() + Self::SHOWN_FOR;
        Ok(self.session.insert(Self::SHOWN, Shown { sealed, account: account.into(), until }).await?)
    }

    /// The codes that are shown to this browser. If somebody is logged in, only codes of their own account.
    pub(crate) async fn shown_codes(&self, member: Option<&str>) -> Outcome<Option<String>> {
        let shown: Option<Shown> = self.get(Self::SHOWN).await?;
        let is_alive = |shown: &Shown| self.sessions.is_alive(Self::SHOWN_FOR, shown.until);
        let shown =
            shown.filter(|shown| is_alive(shown) && member.is_none_or(|member| member == shown.account));
        Ok(shown.and_then(|shown| self.sessions.keys().open(&shown.sealed, &shown.account)))
    }

    pub(crate) async fn codes_are_kept(&self) -> Outcome {
        Ok(self.session.remove_value(Self::SHOWN).await.map(drop)?)
    }

    /// The value of the cookie, if the browser sent it.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.get(&cookie_name(name, self.is_https)).map(|cookie| cookie.value().to_owned())
    }

    /// Sets a cookie that scripts cannot read and that the browser does not send with a post from another site.
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

/// With `__Host-` the browser insists on `Secure`, on `Path=/` and on this host alone, so that no sibling domain can plant
/// the cookie. This site speaks plain HTTP on loopback only; there is no `Secure` then, and so no prefix.
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
        let form = parts.extensions.get::<Fields>().cloned().unwrap_or_default();
        let (sessions, is_https) = (app.sessions(), app.is_https());
        let action = parts.uri.path().to_owned();
        Ok(Self { session, sessions, cookies, form, action, is_https, label: describe(agent) })
    }
}
/// The address that the request came from. Behind the HTTPS proxy every connection comes from the proxy: it appends the
/// address of its peer to `X-Forwarded-For`, and anybody can have sent the entries before that one.
pub(crate) fn address(request: &Parts, is_https: bool) -> Option<String> {
    if is_https {
        let forwarded = request.headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
        return forwarded.rsplit(',').next().map(|address| address.trim().to_owned());
    }
    request.extensions.get().map(|ConnectInfo::<SocketAddr>(peer)| peer.ip().to_string())
}

/// Such as "Firefox on Linux", from the `User-Agent`: a name for the owner to recognize. No decision depends on it.
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
