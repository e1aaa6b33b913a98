//! What actix-web needs: routes, cookies, sessions, and the answer to a refusal.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, ContentType, HeaderValue, LOCATION, SET_COOKIE};
use actix_web::web::{Data, Form, ServiceConfig, block, get, post};
use actix_web::{FromRequest, HttpRequest, HttpResponse, Route};
use second_factor::{DeviceToken, Refusal};
use serde::Deserialize;

use super::TwoFactor;
use crate::sessions::Kept;

/// The routes. Posts are forms. Replace the pages with your own.
pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/login", get().to(async || "name, password"))
        .route("/login", form(TwoFactor::log_in))
        .route("/login/code", get().to(async || "code"))
        .route("/login/code", form(TwoFactor::code))
        .route("/logout", form(|it, browser, _| it.log_out(browser)))
        .route("/account", get().to(|it, browser| at_work(it, browser, |it, browser| it.account(browser))))
        .route("/account/password", form(TwoFactor::change_password))
        .route("/account/two-factor", form(TwoFactor::enable))
        .route("/account/two-factor/confirm", form(TwoFactor::confirm));
}

fn form(work: fn(&TwoFactor, &mut Browser, &Typed) -> Answer) -> Route {
    post().to(move |it, browser, Form(typed): Form<Typed>| {
        at_work(it, browser, move |it, browser| work(it, browser, &typed))
    })
}

/// Runs work outside of the threads that serve requests. Work that has begun runs to its end, even if the client hangs up.
async fn at_work(
    it: Data<TwoFactor>,
    mut browser: Browser,
    work: impl FnOnce(&TwoFactor, &mut Browser) -> Answer + Send + 'static,
) -> HttpResponse {
    let done = block(move || {
        let answer = work(&it, &mut browser);
        (answer, browser.set)
    });
    let (answer, set) = done.await.unwrap_or_else(|error| (Err(Stop::failed(error)), Vec::new()));
    let mut response = response(answer);
    // Answers hold setup keys and recovery codes: no cache keeps them.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for header in set {
        if let Ok(value) = header.try_into() {
            response.headers_mut().append(SET_COOKIE, value);
        }
    }
    response
}

/// The fields of all forms. Each form has some of them.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    pub(super) name: String,
    pub(super) password: String,
    pub(super) new_password: String,
    /// A code, codes in a row or a recovery code.
    pub(super) code: String,
    /// The box "remember me on this device".
    pub(super) remember: Option<String>,
}

/// The cookies of the request, and those of the answer.
#[derive(Default)]
pub(super) struct Browser {
    cookies: BTreeMap<String, String>,
    set: Vec<String>,
}

impl Browser {
    const SESSION: &'static str = "__Host-session";

    pub(super) fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    /// A `Set-Cookie` header.
    pub(super) fn set_cookie(&mut self, header: String) {
        self.set.push(header);
    }
}

impl FromRequest for Browser {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let sent = request.cookies().map(|all| all.clone()).unwrap_or_default();
        let cookies =
            sent.iter().map(|cookie| (cookie.name().to_owned(), cookie.value().to_owned())).collect();
        ready(Ok(Self { cookies, set: Vec::new() }))
    }
}

/// The session of a browser.
impl TwoFactor {
    pub(super) fn kept(&self, browser: &Browser) -> Kept {
        browser.cookie(Browser::SESSION).map_or_else(Kept::default, |id| self.sessions.get(id))
    }

    /// Starts a session under a new id, in place of the current one.
    pub(super) fn renew(&self, browser: &mut Browser, kept: Kept) -> Result<(), Stop> {
        self.end(browser);
        let id = self.sessions.start(kept).map_err(Stop::failed)?;
        browser.set_cookie(format!("{}={id}; {}", Browser::SESSION, DeviceToken::COOKIE_ATTRIBUTES));
        Ok(())
    }

    pub(super) fn end(&self, browser: &Browser) {
        if let Some(id) = browser.cookie(Browser::SESSION) {
            self.sessions.end(id);
        }
    }
}

/// What a handler returns.
pub(super) enum Page {
    /// A redirect to this path.
    At(&'static str),
    Html(String),
    Text(String),
}

pub(super) type Answer = Result<Page, Stop>;

/// Why a request was not carried out.
#[derive(Debug)]
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

fn response(answer: Answer) -> HttpResponse {
    let go_to = |path| HttpResponse::SeeOther().insert_header((LOCATION, path)).finish();
    match answer {
        Ok(Page::At(path)) => go_to(path),
        Ok(Page::Html(page)) => HttpResponse::Ok().content_type(ContentType::html()).body(page),
        Ok(Page::Text(page)) => HttpResponse::Ok().content_type(ContentType::plaintext()).body(page),
        Err(Stop::Refused(refusal)) => {
            let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::UNAUTHORIZED);
            HttpResponse::build(status).body(refusal.in_words())
        }
        Err(Stop::WrongPassword) => HttpResponse::Unauthorized().body("Wrong name or password."),
        Err(Stop::LogIn) => go_to("/login"),
        Err(Stop::Failed(error)) => {
            tracing::error!(error, "a request failed");
            HttpResponse::InternalServerError().finish()
        }
    }
}
