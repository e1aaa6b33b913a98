//! The pages: HTML that works without scripts, with a keyboard alone and in a screen reader.

use maud::{DOCTYPE, Markup, html};

use crate::two_factor::FactorStatus;

pub(crate) mod account;
pub(crate) mod authenticators;
mod fields;

use fields::{code_field, fresh_code, password_field, present_password, username};

/// What every page with a form gets.
pub(crate) struct View {
    pub(crate) csrf: String,
    pub(crate) fault: Option<String>,
    /// Too many codes were wrong: the page asks for several in a row.
    pub(crate) is_locked: bool,
}

impl View {
    fn token(&self) -> Markup {
        html! { input type="hidden" name="csrf_token" value=(self.csrf); }
    }

    fn fault(&self) -> Markup {
        html! { @if let Some(fault) = &self.fault { p.fault #fault role="alert" { (fault) } } }
    }

    /// The ids for `aria-describedby` of the focused field: the fault, which is then read aloud with the field, and the hint.
    fn describes(&self, hint: Option<&str>) -> Option<String> {
        let fault = self.fault.is_some().then_some("fault");
        let parts: Vec<_> = fault.into_iter().chain(hint).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}

fn shell(title: &str, member: Option<&View>, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Second Factor" }
                link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/assets/site.css";
                script src="/assets/site.js" defer {}
            }
            body {
                a.skip href="#content" { "Skip to content" }
                header {
                    a.brand href="/" { img src="/assets/icon.svg" alt="" width="28" height="28"; "Second Factor" }
                    @if let Some(view) = member {
                        form method="post" action="/logout" { (view.token()) button.quiet { "Log out" } }
                    }
                }
                main #content { (content) }
                footer { "A demonstration of " code { "second-factor" } ", a library for Rust services." }
            }
        }
    }
}

/// A form in a card of its own.
fn card(
    title: &str,
    lead: &str,
    view: &View,
    member: bool,
    action: &str,
    fields: &Markup,
    after: &Markup,
) -> Markup {
    let content = html! {
        section.card {
            h1 { (title) }
            p.lead { (lead) }
            (view.fault())
            form method="post" action=(action) { (view.token()) (fields) }
            (after)
        }
    };
    // A screen reader reads the title first.
    let title = if view.fault.is_some() { format!("Error: {title}") } else { title.to_owned() };
    shell(&title, member.then_some(view), &content)
}

pub(crate) fn stop(title: &str, message: &str) -> Markup {
    shell(
        title,
        None,
        &html! { section.card { h1 { (title) } p.lead { (message) } p { a.button href="/" { "Back to the start" } } } },
    )
}

pub(crate) fn home() -> Markup {
    shell(
        "Welcome",
        None,
        &html! {
            section.hero {
                h1 { "Your password," br; "and your phone." }
                p.lead { "A password can be guessed, stolen or leaked. Here it also takes a code from your phone." }
                p.actions {
                    a.button href="/register" { "Create an account" }
                    a.button.second href="/login" { "Log in" }
                }
            }
            div.points {
                section { h2 { "Scanned once" } p { "Then an authenticator app on your phone shows six digits, and new ones every 30 seconds." } }
                section { h2 { "Not every time" } p { "A device that you tell the site to remember is asked for a code once in 30 days." } }
                section { h2 { "A way back in" } p { "Ten recovery codes for the day that the phone is gone, and a log of all that happens." } }
            }
        },
    )
}

pub(crate) fn register(view: &View) -> Markup {
    let fields = html! {
        (username(view))
        (password_field("password", "Password", "new-password", Some("8 characters or more.")))
        button { "Create account" }
    };
    let after = html! { p.aside { "Have an account? " a href="/login" { "Log in" } } };
    card(
        "Create an account",
        "A user name and a password to begin with.",
        view,
        false,
        "/register",
        &fields,
        &after,
    )
}

pub(crate) fn login(view: &View, are_codes_shown: bool) -> Markup {
    let fields = html! {
        (username(view))
        (password_field("password", "Password", "current-password", None))
        button { "Log in" }
    };
    let after = html! {
        @if are_codes_shown { (codes_are_shown()) }
        p.aside { "New here? " a href="/register" { "Create an account" } }
    };
    card("Log in", "Welcome back.", view, false, "/login", &fields, &after)
}

pub(crate) fn code(view: &View) -> Markup {
    let fields = html! {
        (code_field(view))
        label.tick {
            input type="checkbox" name="remember_device" value="yes";
            span { "Remember me on this device" small { "Ask for a code here once every 30 days. Not on a shared computer." } }
        }
        button { "Continue" }
    };
    card(
        "Enter your code",
        "Your password was right. One more step.",
        view,
        false,
        "/login/code",
        &fields,
        &leave(view, "/login/recovery", "Use a recovery code"),
    )
}

pub(crate) fn recovery(view: &View) -> Markup {
    let fields = html! {
        label for="recovery_code" { "Recovery code" }
        input #recovery_code name="recovery_code" autocomplete="off" autocapitalize="characters" spellcheck="false" required
            autofocus aria-describedby=[view.describes(Some("recovery-hint"))] placeholder="ABCDE-FGHIJ-KLMNO-PQRST-UVWXYZ";
        p.hint #recovery-hint { "Each works once. Capitals, spaces and dashes do not matter." }
        button { "Continue" }
    };
    card(
        "Use a recovery code",
        "One of the ten that you kept when you switched two-factor authentication on.",
        view,
        false,
        "/login/recovery",
        &fields,
        &leave(view, "/login/code", "Use a code from the app"),
    )
}

fn leave(view: &View, path: &str, instead: &str) -> Markup {
    html! {
        div.aside.spread {
            a href=(path) { (instead) }
            form method="post" action="/logout" { (view.token()) button.link { "Cancel" } }
        }
    }
}

/// For an owner who left the page of their new codes without confirming that they are kept.
fn codes_are_shown() -> Markup {
    html! { p.notice { "Have you kept your new recovery codes? " a href="/account/recovery-codes" { "They are shown" } " for a few minutes more." } }
}

/// Shown until their owner confirms that they are kept, and for ten minutes at most.
pub(crate) fn recovery_codes(view: &View, lines: &str, is_member: bool) -> Markup {
    let file = format!("data:text/plain;charset=utf-8,{}", lines.replace('\n', "%0A"));
    shell(
        "Recovery codes",
        is_member.then_some(view),
        &html! {
            section.card {
                h1 { "Keep your recovery codes" }
                p.lead { "Each lets you in once without your phone. Print them, or keep them in a password manager: they are shown "
                    strong { "until you say that you have kept them" } ", and for ten minutes at most." }
                ol.codes #recovery-codes { @for line in lines.lines() { li { code { (line) } "\n" } } }
                p.actions {
                    a.button.second href=(file) download="recovery-codes.txt" { "Download" }
                    button.second type="button" data-copy="recovery-codes" hidden { "Copy" }
                }
                @if is_member {
                    p { "The old ones are void." }
                } @else {
                    p { "Two-factor authentication is on. You have been logged out everywhere: log in again, now with a code. (The one that you have just typed is used up.)" }
                }
                form method="post" action="/account/recovery-codes" {
                    (view.token())
                    button name="are_kept" value="yes" { @if is_member { "I have kept them" } @else { "I have kept them, log in" } }
                }
            }
        },
    )
}

pub(crate) fn disable(view: &View) -> Markup {
    let fields =
        html! { (fresh_code(view, true, None)) button.danger { "Disable two-factor authentication" } };
    card(
        "Disable two-factor authentication",
        "Your authenticators, the recovery codes and the remembered devices will no longer count. Confirm with a fresh code.",
        view,
        true,
        "/account/two-factor/disable",
        &fields,
        &back(),
    )
}

pub(crate) fn new_codes(view: &View) -> Markup {
    let fields = html! { (fresh_code(view, true, None)) button { "Make new recovery codes" } };
    card(
        "New recovery codes",
        "The old ones will be void. Confirm with a fresh code.",
        view,
        true,
        "/account/recovery-codes",
        &fields,
        &back(),
    )
}

pub(crate) fn password(view: &View, name: &str, is_on: bool) -> Markup {
    let fields = html! {
        (present_password(view, name, "Current password"))
        (password_field("new_password", "New password", "new-password", Some("8 characters or more.")))
        @if is_on { (fresh_code(view, false, None)) }
        button { "Change password" }
    };
    card(
        "Change your password",
        "All your other sessions will end, and every device will be asked for a code again.",
        view,
        true,
        "/account/password",
        &fields,
        &back(),
    )
}

pub(crate) fn devices(view: &View, status: &FactorStatus) -> Markup {
    shell(
        "Remembered devices",
        Some(view),
        &html! {
            section.card {
                h1 { "Remembered devices" }
                p.lead { "These are not asked for a code until their 30 days are over." }
                @if status.devices.is_empty() { p { "No device is remembered." } }
                ul.devices {
                    @for device in &status.devices {
                        li {
                            div {
                                strong { (device.label) }
                                small { "Last used " time { (device.last_used.in_words()) } }
                                small { "Since " time { (device.since.day_in_words()) } ", until " time { (device.until.day_in_words()) } }
                            }
                            form method="post" action="/account/devices" {
                                (view.token()) input type="hidden" name="device" value=(device.id);
                                button.second aria-label=(format!("Forget {}", device.label)) { "Forget" }
                            }
                        }
                    }
                }
                @if status.devices.len() > 1 {
                    form method="post" action="/account/devices" {
                        (view.token()) input type="hidden" name="device" value="all";
                        button.danger { "Forget all" }
                    }
                }
                (back())
            }
        },
    )
}

fn back() -> Markup {
    html! { p.aside { a href="/account" { "Back to your account" } } }
}
