//! The routes for authenticators.

use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Query};
use axum::http::{StatusCode, request::Parts};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::{Answer, Code, Typed, again, login_again, recovery_codes, see, view};
use crate::app::App;
use crate::browser::Browser;
use crate::form::Form;
use crate::pages::{self, authenticators};
use crate::stop::Stop;
use crate::two_factor::Member;

const LIST: &str = "/account/authenticators";
const ENABLE: &str = "/account/two-factor/enable";
const LOGIN: &str = "/login";

pub(super) async fn list(app: App, browser: Browser) -> Answer {
    let member = app.two_factor().member(&browser).await?;
    let status = app.two_factor().status(&member).await?;
    if !status.is_enabled() {
        return Ok(see("/account"));
    }
    Ok(authenticators::list(&view(&browser).await?, &status).into_response())
}

pub(super) async fn enable_page(app: App, browser: Browser) -> Answer {
    let member = app.two_factor().member(&browser).await?;
    let place = app.two_factor().place(&member).await?;
    Ok(authenticators::enable(&view(&browser).await?, &member.name, &place).into_response())
}

pub(super) async fn enable(app: App, browser: Browser, Form(typed): Form<Typed>) -> Answer {
    let member = app.two_factor().member(&browser).await?;
    match app.two_factor().enable(&member, &typed).await {
        Ok(()) => Ok(see("/account/two-factor/confirm")),
        Err(stop) => enable_again(stop, &app, &browser, &member).await,
    }
}

async fn enable_again(stop: Stop, app: &App, browser: &Browser, member: &Member<'_>) -> Answer {
    let place = app.two_factor().place(member).await?;
    again(stop, browser, |view| authenticators::enable(view, &member.name, &place)).await
}

pub(super) async fn confirm_page(app: App, browser: Browser) -> Answer {
    app.two_factor().member(&browser).await?;
    pending(&app, &browser, ENABLE, true).await
}

pub(super) async fn confirm(app: App, browser: Browser, Form(typed): Form<Code>) -> Answer {
    let member = app.two_factor().member(&browser).await?;
    match app.two_factor().confirm(&browser, ENABLE, &typed.code).await {
        Ok(has_codes) => confirmed(&browser, has_codes).await,
        Err(stop @ Stop::Refused { over: true, .. }) => enable_again(stop, &app, &browser, &member).await,
        Err(stop) => {
            let shown = app.two_factor().pending(&browser, ENABLE).await?;
            again(stop, &browser, |view| authenticators::confirm(view, &shown, true)).await
        }
    }
}

/// In the middle of a login: nobody is logged in yet, and the session holds the enrollment.
pub(super) async fn enroll_page(app: App, browser: Browser) -> Answer {
    if recovery_codes::is_logged_in(&browser).await? {
        return Ok(see("/account"));
    }
    pending(&app, &browser, LOGIN, false).await
}

pub(super) async fn enroll(app: App, browser: Browser, Form(typed): Form<Code>) -> Answer {
    if recovery_codes::is_logged_in(&browser).await? {
        return Ok(see("/account"));
    }
    match app.two_factor().confirm(&browser, LOGIN, &typed.code).await {
        Ok(has_codes) => confirmed(&browser, has_codes).await,
        Err(stop @ Stop::Refused { over: true, .. }) => {
            login_again(stop, &browser, |view| pages::login(view, false)).await
        }
        Err(stop) => {
            let shown = app.two_factor().pending(&browser, LOGIN).await?;
            again(stop, &browser, |view| authenticators::confirm(view, &shown, false)).await
        }
    }
}

async fn pending(app: &App, browser: &Browser, before: &'static str, is_member: bool) -> Answer {
    match app.two_factor().pending(browser, before).await {
        Ok(shown) => Ok(authenticators::confirm(&view(browser).await?, &shown, is_member).into_response()),
        Err(Stop::Refused { .. }) => Ok(see(before)),
        Err(stop) => Err(stop),
    }
}

async fn confirmed(browser: &Browser, has_codes: bool) -> Answer {
    if has_codes {
        recovery_codes::shown(browser, None).await
    } else {
        Ok(authenticators::added().into_response())
    }
}

/// The query of a link.
#[derive(Deserialize)]
pub(super) struct Which {
    /// An id.
    #[serde(default)]
    authenticator: String,
}

impl FromRequestParts<App> for Which {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let query: Result<Query<Self>, QueryRejection> = Query::from_request_parts(parts, app).await;
        query.map(|Query(which)| which).map_err(|_| {
            let page = pages::stop("Not a page", "This address is not one that the site links to.");
            (StatusCode::BAD_REQUEST, page).into_response()
        })
    }
}

pub(super) async fn rename_page(app: App, browser: Browser, which: Which) -> Answer {
    let member = app.two_factor().member(&browser).await?;
    match app.two_factor().authenticator(&member, &which.authenticator).await {
        Ok(found) => Ok(authenticators::rename(&view(&browser).await?, &found).into_response()),
        Err(Stop::Refused { .. }) => Ok(see(LIST)),
        Err(stop) => Err(stop),
    }
}

pub(super) async fn rename(app: App, browser: Browser, Form(typed): Form<Typed>) -> Answer {
    let member = app.two_factor().member(&browser).await?;
    let found = app.two_factor().authenticator(&member, &typed.authenticator).await?;
    match app.two_factor().rename(member, found.id, &typed).await {
        Ok(()) => Ok(see(LIST)),
        Err(stop) => again(stop, &browser, |view| authenticators::rename(view, &found)).await,
    }
}

pub(super) async fn remove_page(app: App, browser: Browser, which: Which) -> Answer {
    let member = app.two_factor().member(&browser).await?;
    let is_last = app.two_factor().status(&member).await?.authenticators.len() == 1;
    match app.two_factor().authenticator(&member, &which.authenticator).await {
        Ok(found) => Ok(authenticators::remove(&view(&browser).await?, &found, is_last).into_response()),
        Err(Stop::Refused { .. }) => Ok(see(LIST)),
        Err(stop) => Err(stop),
    }
}

pub(super) async fn remove(app: App, browser: Browser, Form(typed): Form<Typed>) -> Answer {
    let member = app.two_factor().member(&browser).await?;
    let is_last = app.two_factor().status(&member).await?.authenticators.len() == 1;
    let found = app.two_factor().authenticator(&member, &typed.authenticator).await?;
    match app.two_factor().remove(member, found.id, &typed.code).await {
        Ok(()) => Ok(see(LIST)),
        Err(stop) => again(stop, &browser, |view| authenticators::remove(view, &found, is_last)).await,
    }
}
