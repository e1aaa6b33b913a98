//! What the pages look like: HTML that works without a script, with a keyboard, and read aloud.

use maud::{DOCTYPE, Markup, html};

use crate::two_factor::{FactorStatus, UnixTime, words};

pub(crate) mod authenticators;

/// What every page with a form is given.
pub(crate) struct View {
    pub(crate) csrf: String,
    pub(crate) fault: Option<String>,
    /// Too many codes were wrong: the field takes several in a row.
    pub(crate) is_locked: bool,
}

impl View {
    fn token(&self) -> Markup {
        html! { input type="hidden" name="csrf_token" value=(self.csrf); }
    }

    fn fault(&self) -> Markup {
        html! { @if let Some(fault) = &self.fault { p.fault #fault role="alert" { (fault) } } }
    }

    /// What describes the field that the page opens at: what was wrong, so that it is read aloud with the field, and a hint.
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
    // The title is what is read aloud first.
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
                p.lead { "A password can be guessed, stolen or leaked. Here a code from your phone stands beside it." }
                p.actions {
                    a.button href="/register" { "Create an account" }
                    a.button.second href="/login" { "Log in" }
                }
            }
            div.points {
                section { h2 { "Scanned once" } p { "Then an authenticator app on your phone shows six digits, and other ones every 30 seconds." } }
                section { h2 { "Not every time" } p { "A device that you tell the site to remember is asked for a code once in 30 days." } }
                section { h2 { "A way back in" } p { "Ten recovery codes for the day that the phone is gone, and a log of all that happens." } }
            }
        },
    )
}

fn username(view: &View) -> Markup {
    html! {
        label for="username" { "User name" }
        input #username name="username" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus
            aria-describedby=[view.describes(None)];
    }
}

fn password_field(name: &str, label: &str, autocomplete: &str, hint: Option<&str>) -> Markup {
    html! {
        label for=(name) { (label) }
        input id=(name) name=(name) type="password" autocomplete=(autocomplete) required
            aria-describedby=[hint.map(|_| format!("{name}-hint"))];
        @if let Some(hint) = hint { p.hint id=(format!("{name}-hint")) { (hint) } }
    }
}

/// Their password, before a change: the field that the page opens at.
///
/// The user name goes along unseen, so that a password manager knows whose password it is.
fn present_password(view: &View, name: &str, label: &str) -> Markup {
    html! {
        input name="username" autocomplete="username" value=(name) hidden;
        label for="password" { (label) }
        input #password name="password" type="password" autocomplete="current-password" required autofocus
            aria-describedby=[view.describes(None)];
    }
}

fn code_field(view: &View) -> Markup {
    let (placeholder, hint) = if view.is_locked {
        let count = words::in_a_row();
        let hint = format!(
            "Wait for a new code and type it, then the next ones until there are {count}, with or without spaces between them."
        );
        (words::in_a_row_placeholder(), hint)
    } else {
        ("000 000".into(), "Six digits from your authenticator app.".into())
    };
    html! {
        label for="code" { "Code" }
        // Long enough for several codes in a row.
        input.code.row[view.is_locked] #code name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="64"
            required autofocus aria-describedby=[view.describes(Some("code-hint"))] placeholder=(placeholder);
        p.hint #code-hint { (hint) }
    }
}

/// A fresh code or a recovery code, before something sensitive. The page opens at it, unless there is a field before it.
/// `unless` says when it may be left empty, if ever.
fn fresh_code(view: &View, is_first: bool, unless: Option<&str>) -> Markup {
    let described = if is_first { view.describes(Some("code-hint")) } else { Some("code-hint".into()) };
    html! {
        label for="code" { "Code, or a recovery code" }
        // Recovery codes have letters: no numeric keyboard here.
        input #code name="code" autocomplete="one-time-code" autocapitalize="none" spellcheck="false" maxlength="64"
            placeholder=[view.is_locked.then(words::in_a_row_placeholder)]
            required[unless.is_none()] autofocus[is_first] aria-describedby=[described];
        p.hint #code-hint {
            "Six digits from your authenticator app, or one of your recovery codes."
            @if let Some(unless) = unless { " " (unless) }
        }
    }
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

pub(crate) fn login(view: &View) -> Markup {
    let fields = html! {
        (username(view))
        (password_field("password", "Password", "current-password", None))
        button { "Log in" }
    };
    let after = html! { p.aside { "New here? " a href="/register" { "Create an account" } } };
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

/// So few recovery codes that the account page says so: whoever is left without any depends on the phone alone.
const FEW: usize = 3;

pub(crate) fn account(
    view: &View,
    name: &str,
    (how, at, confirmed): (String, UnixTime, Option<UnixTime>),
    status: &FactorStatus,
    demanded_from: Option<UnixTime>,
    log: &[(UnixTime, String, bool)],
) -> Markup {
    shell(
        "Your account",
        Some(view),
        &html! {
            h1 { "Hello, " (name) }
            p.lead #arrival { "You logged in " strong { (how) } ", " (at.in_words()) "."
                @if let Some(confirmed) = confirmed { " You last confirmed that it is you " (confirmed.in_words()) "." } }
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
                            li { a.danger href="/account/two-factor/disable" { "Disable" } }
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
                ol.log {
                    @for (at, what, is_notable) in log {
                        li class=[is_notable.then_some("notable")] { span { (what) } time { (at.in_words()) } }
                    }
                }
            }
        },
    )
}

/// Shown once; then they are in nobody's hands but the user's.
pub(crate) fn recovery_codes(lines: &str, next: &str) -> Markup {
    // The download is made from this page, so that the server need not keep what it must not show twice.
    let file = format!("data:text/plain;charset=utf-8,{}", lines.replace('\n', "%0A"));
    shell(
        "Recovery codes",
        None,
        &html! {
            section.card {
                h1 { "Keep your recovery codes" }
                p.lead { "Each lets you in once without your phone. They are shown " strong { "this once only" } ": print them, or keep them in a password manager." }
                ol.codes #recovery-codes { @for line in lines.lines() { li { code { (line) } "\n" } } }
                p.actions {
                    a.button.second href=(file) download="recovery-codes.txt" { "Download" }
                    button.second type="button" data-copy="recovery-codes" hidden { "Copy" }
                }
                @if next == "/login" {
                    p { "Two-factor authentication is on. You have been logged out everywhere: log in again, now with a code. (The one that you have just typed is used up.)" }
                    p.actions { a.button href=(next) { "I have kept them, log in" } }
                } @else {
                    p { "The old ones are void." }
                    p.actions { a.button href=(next) { "I have kept them" } }
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
