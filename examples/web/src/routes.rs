//! The routes of the site.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::Markup;
use serde::{Deserialize, de::IgnoredAny};
use tower_sessions::cookie::SameSite;
use tower_sessions::{Expiry, SessionManagerLayer};

use crate::app::App;
use crate::browser::{Browser, cookie_name};
use crate::database::on;
use crate::form::{self, Form};
use crate::pages::{self, View};
use crate::stop::Stop;
use crate::{guards, users};

mod authenticators;
mod recovery_codes;

type Answer = Result<Response, Stop>;

/// All routes, with the layers around them.
pub fn router(app: &App) -> Router {
    let sessions = SessionManagerLayer::new(app.sessions())
        .with_name(cookie_name(Browser::SESSION, app.is_https()))
        // On another address than loopback the site speaks only HTTPS: see `Settings`.
        .with_secure(app.is_https())
        .with_http_only(true)
        // A link from another site arrives logged in; a post from another site does not, and it lacks the token too.
        .with_same_site(SameSite::Lax)
        // The cookie lives as long as the browser runs. `Sessions` decides when the session ends.
        .with_expiry(Expiry::OnSessionEnd);
    let login = Router::new()
        .route("/", get(home))
        .route("/register", get(register_page).post(register))
        .route("/login", get(login_page).post(login))
        // No token check here: the library itself tells a code that is sent twice from one that was used before.
        .route("/login/code", get(code_page).post(code))
        .route("/login/recovery", get(recovery_page).post(recovery));
    let account = Router::new()
        .route("/login/enroll", get(authenticators::enroll_page).post(authenticators::enroll))
        .route("/logout", post(logout))
        .route("/account", get(account))
        .route("/account/two-factor/enable", get(authenticators::enable_page).post(authenticators::enable))
        .route("/account/two-factor/confirm", get(authenticators::confirm_page).post(authenticators::confirm))
        .route("/account/two-factor/disable", get(disable_page).post(disable))
        .route("/account/authenticators", get(authenticators::list))
        .route(
            "/account/authenticators/rename",
            get(authenticators::rename_page).post(authenticators::rename),
        )
        .route(
            "/account/authenticators/remove",
            get(authenticators::remove_page).post(authenticators::remove),
        )
        .route("/account/devices", get(devices_page).post(devices))
        .route("/account/recovery-codes", get(recovery_codes::page).post(recovery_codes::change))
        .route("/account/password", get(password_page).post(password))
        .route("/account/sessions/end", post(end_sessions))
        .route_layer(from_fn_with_state(app.clone(), guards::one_at_a_time));
    Router::new()
        .merge(login)
        .merge(account)
        .layer(sessions)
        .route("/healthz", get(healthz))
        .route("/assets/site.css", get(|| asset("text/css", include_str!("../assets/site.css"))))
        .route("/assets/site.js", get(|| asset("text/javascript", include_str!("../assets/site.js"))))
        .route("/assets/icon.svg", get(|| asset("image/svg+xml", include_str!("../assets/icon.svg"))))
        .fallback(async || (StatusCode::NOT_FOUND, pages::stop("Not found", "There is no such page.")))
        .method_not_allowed_fallback(async || {
            let message = "This address only takes forms. Go back to the page that the form is on.";
            (StatusCode::METHOD_NOT_ALLOWED, pages::stop("Not a page", message))
        })
        // The last layer is the first that a request passes.
        .layer(from_fn(guards::to_its_end))
        .layer(from_fn(guards::queue))
        .layer(from_fn(form::read))
        .layer(from_fn_with_state(app.clone(), guards::headers))
        .with_state(app.clone())
}

async fn asset(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "max-age=300")], text).into_response()
}

async fn healthz(State(app): State<App>) -> Result<&'static str, StatusCode> {
    let answer = on!(app.database(), pool => sqlx::query("SELECT 1").execute(pool).await.map(drop));
    answer.map(|()| "ok").map_err(|_| StatusCode::SERVICE_UNAVAILABLE)
}

async fn home(app: App, browser: Browser) -> Answer {
    match app.two_factor().member(&browser).await {
        Ok(_) => Ok(see("/account")),
        Err(Stop::GoTo(_)) => Ok(pages::home().into_response()),
        Err(stop) => Err(stop),
    }
}

#[derive(Deserialize)]
struct Credentials {
    username: String,
    password: String,
}

async fn register_page(browser: Browser) -> Answer {
    Ok(pages::register(&view(&browser).await?).into_response())
}

async fn register(app: App, browser: Browser, Form(form): Form<Credentials>) -> Answer {
    match users::register(app.database(), &form.username, &form.password, browser.form()).await {
        Ok(()) => Ok(see("/login")),
        Err(stop) => again(stop, &browser, pages::register).await,
    }
}

async fn login_page(browser: Browser) -> Answer {
    let are_codes_shown = browser.shown_codes(None).await?.is_some();
    Ok(pages::login(&view(&browser).await?, are_codes_shown).into_response())
}

async fn login(app: App, browser: Browser, Form(form): Form<Credentials>) -> Answer {
    match app.two_factor().log_in(&browser, &form.username, &form.password).await {
        Ok(next) => Ok(see(next)),
        Err(stop) => again(stop, &browser, |view| pages::login(view, false)).await,
    }
}

async fn code_page(browser: Browser) -> Answer {
    browser.need::<IgnoredAny>("challenge", "/login").await?;
    Ok(pages::code(&view(&browser).await?).into_response())
}

#[derive(Deserialize)]
struct Code {
    code: String,
    /// The checkbox: empty unless it was ticked.
    #[serde(default)]
    remember_device: String,
}

async fn code(app: App, browser: Browser, Form(form): Form<Code>) -> Answer {
    match app.two_factor().code(&browser, &form.code, !form.remember_device.is_empty()).await {
        Ok(next) => Ok(see(next)),
        Err(stop) => login_again(stop, &browser, pages::code).await,
    }
}

async fn recovery_page(browser: Browser) -> Answer {
    browser.need::<IgnoredAny>("challenge", "/login").await?;
    Ok(pages::recovery(&view(&browser).await?).into_response())
}

#[derive(Deserialize)]
struct Recovery {
    recovery_code: String,
}

async fn recovery(app: App, browser: Browser, Form(form): Form<Recovery>) -> Answer {
    match app.two_factor().code(&browser, &form.recovery_code, false).await {
        Ok(next) => Ok(see(next)),
        Err(stop) => login_again(stop, &browser, pages::recovery).await,
    }
}

#[derive(Deserialize)]
struct Nothing {}

/// The session holds the challenge, so this ends both.
async fn logout(browser: Browser, Form(Nothing {}): Form<Nothing>) -> Answer {
    browser.end("/login").await?;
    Ok(see("/login"))
}

async fn account(app: App, browser: Browser) -> Answer {
    let member = app.two_factor().member(&browser).await?;
    let status = app.two_factor().status(&member).await?;
    let log = app.security_log().read(member.account()).await?;
    let (view, arrival) = (view(&browser).await?, member.arrival());
    let demanded_from = app.two_factor().demanded_from(&status);
    let are_codes_shown = browser.shown_codes(Some(member.account())).await?.is_some();
    let content = pages::account::Account {
        name: &member.name,
        arrival,
        status,
        demanded_from,
        is_demanded: app.two_factor().is_demanded(),
        is_one_lost: member.is_one_lost(),
        are_codes_shown,
        log,
    };
    Ok(pages::account::page(&view, &content).into_response())
}

/// The fields of the account pages' forms; each form has some of them.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Typed {
    pub(crate) password: String,
    pub(crate) new_password: String,
    /// A code or a recovery code.
    pub(crate) code: String,
    /// The name for an authenticator.
    pub(crate) label: String,
    /// The id of the authenticator that a new one replaces, or empty.
    pub(crate) replacing: String,
    /// The id of the authenticator to rename or remove.
    pub(crate) authenticator: String,
}

async fn disable_page(app: App, browser: Browser) -> Answer {
    app.two_factor().member(&browser).await?;
    Ok(pages::disable(&view(&browser).await?).into_response())
}

async fn disable(app: App, browser: Browser, Form(typed): Form<Typed>) -> Answer {
    let member = app.two_factor().member(&browser).await?;
    match app.two_factor().disable(member, &typed.code).await {
        Ok(()) => Ok(see("/account")),
        Err(stop) => again(stop, &browser, pages::disable).await,
    }
}

async fn devices_page(app: App, browser: Browser) -> Answer {
    let member = app.two_factor().member(&browser).await?;
    let status = app.two_factor().status(&member).await?;
    Ok(pages::devices(&view(&browser).await?, &status).into_response())
}

#[derive(Deserialize)]
struct Forget {
    /// The id of one device, or `all`.
    device: String,
}

async fn devices(app: App, browser: Browser, Form(form): Form<Forget>) -> Answer {
    let member = app.two_factor().member(&browser).await?;
    app.two_factor().forget(&member, &form.device).await?;
    Ok(see("/account/devices"))
}

async fn password_page(app: App, browser: Browser) -> Answer {
    let member = app.two_factor().member(&browser).await?;
    let is_on = app.two_factor().status(&member).await?.is_enabled();
    Ok(pages::password(&view(&browser).await?, &member.name, is_on).into_response())
}

async fn password(app: App, browser: Browser, Form(typed): Form<Typed>) -> Answer {
    let member = app.two_factor().member(&browser).await?;
    let is_on = app.two_factor().status(&member).await?.is_enabled();
    let name = member.name.clone();
    match app.two_factor().change_password(member, &typed).await {
        Ok(()) => Ok(see("/account")),
        Err(stop) => again(stop, &browser, |view| pages::password(view, &name, is_on)).await,
    }
}

async fn end_sessions(app: App, browser: Browser, Form(Nothing {}): Form<Nothing>) -> Answer {
    let member = app.two_factor().member(&browser).await?;
    app.two_factor().end_all_sessions(member).await?;
    Ok(see("/login"))
}

/// A redirect after a post: reloading the page then does not post again.
fn see(path: &str) -> Response {
    Redirect::to(path).into_response()
}

async fn view(browser: &Browser) -> Result<View, Stop> {
    Ok(View { csrf: browser.form_token().await?, fault: None, is_locked: false })
}

/// The form again, with the fault, but without what was typed.
async fn again(stop: Stop, browser: &Browser, page: impl FnOnce(&View) -> Markup) -> Answer {
    match stop {
        Stop::Refused { message, .. } => Ok(refused(page(&View {
            fault: Some(message),
            is_locked: browser.sent_a_row(),
            csrf: browser.same_form_token().await?,
        }))),
        Stop::Locked(message) => Ok(refused(page(&View {
            fault: Some(message),
            is_locked: true,
            csrf: browser.same_form_token().await?,
        }))),
        Stop::LoggedOut(message) => {
            browser.end("/login").await?;
            let view = View { fault: Some(message.into()), ..view(browser).await? };
            Ok(refused(pages::login(&view, false)))
        }
        stop => Err(stop),
    }
}

fn refused(page: Markup) -> Response {
    (StatusCode::UNAUTHORIZED, page).into_response()
}

/// The form again, or the first page of the login if this login is over.
async fn login_again(stop: Stop, browser: &Browser, page: impl FnOnce(&View) -> Markup) -> Answer {
    match stop {
        Stop::Refused { over: true, .. } => {
            browser.end("/login").await?;
            again(stop, browser, |view| pages::login(view, false)).await
        }
        stop => again(stop, browser, page).await,
    }
}
