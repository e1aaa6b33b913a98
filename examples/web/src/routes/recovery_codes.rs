//! The routes for recovery codes.

use axum::response::IntoResponse;
use serde::Deserialize;

use super::{Answer, again, see, view};
use crate::app::App;
use crate::browser::Browser;
use crate::form::Form;
use crate::pages;
use crate::sessions::Sessions;

/// The codes that are shown to this browser, even if nobody is logged in; or else the form for new ones.
pub(super) async fn page(app: App, browser: Browser) -> Answer {
    if !is_logged_in(&browser).await? {
        return shown(&browser, None).await;
    }
    let member = app.two_factor().member(&browser).await?;
    shown(&browser, Some(member.account())).await
}

#[derive(Deserialize)]
pub(super) struct Change {
    #[serde(default)]
    code: String,
    /// The button "I have kept them": empty unless it was pressed.
    #[serde(default)]
    are_kept: String,
}

pub(super) async fn change(app: App, browser: Browser, Form(change): Form<Change>) -> Answer {
    if !change.are_kept.is_empty() {
        return are_kept(&browser).await;
    }
    let member = app.two_factor().member(&browser).await?;
    let account = member.account().to_owned();
    match app.two_factor().new_codes(member, &change.code).await {
        Ok(()) => shown(&browser, Some(&account)).await,
        Err(stop) => again(stop, &browser, pages::new_codes).await,
    }
}

async fn are_kept(browser: &Browser) -> Answer {
    if is_logged_in(browser).await? {
        browser.codes_are_kept().await?;
        return Ok(see("/account"));
    }
    // The session that ended left a stub, which shows nothing and must stay.
    if browser.shown_codes(None).await?.is_some() {
        browser.end("/login").await?;
    }
    Ok(see("/login"))
}

/// The codes that are shown to this browser (and belong to the account, if somebody is logged in), or a redirect.
pub(super) async fn shown(browser: &Browser, member: Option<&str>) -> Answer {
    match (browser.shown_codes(member).await?, member) {
        (Some(codes), _) => {
            Ok(pages::recovery_codes(&view(browser).await?, &codes, member.is_some()).into_response())
        }
        (None, Some(_)) => Ok(pages::new_codes(&view(browser).await?).into_response()),
        (None, None) => Ok(see("/login")),
    }
}

pub(super) async fn is_logged_in(browser: &Browser) -> Result<bool, crate::stop::Stop> {
    Ok(browser.get::<serde::de::IgnoredAny>(Sessions::MEMBER).await?.is_some())
}
