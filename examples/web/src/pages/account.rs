//! The account page.

use maud::{Markup, html};

use super::{View, codes_are_shown, shell};
use crate::two_factor::{FactorStatus, UnixTime, words};

/// At this number or below, the account page warns: an owner without recovery codes depends on the phone alone.
const FEW: usize = 3;

/// The content of the account page.
pub(crate) struct Account<'a> {
    pub(crate) name: &'a str,
    pub(crate) arrival: (String, UnixTime, Option<UnixTime>),
    pub(crate) status: FactorStatus,
    pub(crate) demanded_from: Option<UnixTime>,
    /// Whether the site requires a second factor by now.
    pub(crate) is_demanded: bool,
    /// Whether the owner logged in with a recovery code, and so may have lost an authenticator.
    pub(crate) is_one_lost: bool,
    pub(crate) are_codes_shown: bool,
    pub(crate) log: Log,
}

/// A line of the security log: time, text, and whether it is bold.
pub(crate) type Line = (UnixTime, String, bool);

/// The latest lines, and the important ones of those before them.
pub(crate) struct Log {
    pub(crate) latest: Vec<Line>,
    pub(crate) earlier: Vec<Line>,
}

pub(crate) fn page(view: &View, content: &Account<'_>) -> Markup {
    let Account {
        name,
        arrival: (how, at, confirmed),
        status,
        demanded_from,
        is_demanded,
        is_one_lost,
        are_codes_shown,
        log,
    } = content;
    shell(
        "Your account",
        Some(view),
        &html! {
            h1 { "Hello, " (name) }
            p.lead #arrival { "You logged in " strong { (how) } ", " (at.in_words()) "."
                @if let Some(confirmed) = confirmed { " You last confirmed that it is you " (confirmed.in_words()) "." } }
            @if *are_codes_shown { (codes_are_shown()) }
            section.card aria-labelledby="two-factor" {
                div.spread {
                    h2 #two-factor { "Two-factor authentication" }
                    @if status.is_enabled() { span.badge.on { "On" } } @else { span.badge { "Off" } }
                }
                @match status.enabled_since {
                    None => {
                        p { "Your password is all that stands between your account and somebody else. Add a code from your phone." }
                        @if let Some(from) = demanded_from { p.notice {
                            "From " strong { (from.in_words()) } " on this site requires it: enable it before then, or you will have \
                             to when you next log in."
                        } }
                        p.actions { a.button href="/account/two-factor/enable" { "Enable two-factor authentication" } }
                    }
                    Some(since) => {
                        p { "Each login asks for a code. On since " (since.in_words()) "." }
                        @if status.is_locked { p.fault role="alert" {
                            "Too many codes were wrong: somebody may know your password. Change it. Where a code is asked for, "
                            (words::way_in(status.retry_at))
                        } }
                        @if *is_one_lost { p.notice {
                            "You logged in with a recovery code. If your phone is lost, "
                            a href="/account/two-factor/enable" { "replace it" } ": until then its codes still count."
                        } }
                        @if status.recovery_codes_left <= FEW { p.notice {
                            @match status.recovery_codes_left {
                                0 => "You have no recovery code left. ",
                                1 => "You have 1 recovery code left. ",
                                left => { "You have " (left) " recovery codes left. " }
                            }
                            "Make new ones while you have your phone."
                        } }
                        ul.rows {
                            li { a href="/account/authenticators" { "Authenticators" } span { (status.authenticators.len()) } }
                            li { a href="/account/devices" { "Remembered devices" } span { (status.devices.len()) } }
                            li { a href="/account/recovery-codes" { "New recovery codes" } span { (status.recovery_codes_left) " left" } }
                            @if !is_demanded { li { a.danger href="/account/two-factor/disable" { "Disable" } } }
                        }
                    }
                }
            }
            section.card aria-labelledby="password" {
                h2 #password { "Password" }
                p { "Changing it ends all your other sessions and forgets all devices." }
                p.actions { a.button.second href="/account/password" { "Change password" } }
            }
            section.card aria-labelledby="sessions" {
                h2 #sessions { "Sessions" }
                p { "Lost a device, or forgot to log out somewhere? This ends every session, this one too, and forgets all devices." }
                form.actions method="post" action="/account/sessions/end" { (view.token()) button.second { "Log out everywhere" } }
            }
            section.card aria-labelledby="log" {
                h2 #log { "Security log" }
                (lines(&log.latest))
                @if log.latest.is_empty() { p { "Nothing has happened yet." } }
                @if !log.earlier.is_empty() { h3 { "Important events before that" } (lines(&log.earlier)) }
            }
        },
    )
}

fn lines(lines: &[Line]) -> Markup {
    html! {
        ol.log {
            @for (at, what, is_notable) in lines {
                li class=[is_notable.then_some("notable")] { span { (what) } time { (at.in_words()) } }
            }
        }
    }
}
