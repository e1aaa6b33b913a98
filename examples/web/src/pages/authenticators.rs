//! The pages to enroll an authenticator, and to list, rename and remove those that are bound.

use maud::{Markup, PreEscaped, html};

use super::fields::{code_field, fresh_code, present_password};
use super::{View, back, card, shell};
use crate::two_factor::words::{self, Place};
use crate::two_factor::{AuthenticatorInfo, FactorStatus};

const LOST_PHONE: &str =
    "Leave it empty if you have lost your phone and have just logged in with a recovery code.";

/// The first authenticator, or another one.
pub(crate) fn enable(view: &View, name: &str, place: &Place) -> Markup {
    let is_on = !place.bound.is_empty();
    let (title, lead) = if is_on {
        (
            "Add or replace an authenticator",
            "A code of any of your authenticators gets you in. First confirm that it is you.",
        )
    } else {
        ("Enable two-factor authentication", "First confirm that it is you.")
    };
    let fields = html! {
        (present_password(view, name, "Password"))
        @if is_on { (fresh_code(view, false, Some(LOST_PHONE))) }
        (label_field("Name of the new authenticator", "", "To tell it from another one, as in \u{201c}Phone\u{201d}. You may leave it empty."))
        @if is_on { (replacing(place)) }
        button { "Continue" }
    };
    card(title, lead, view, true, "/account/two-factor/enable", &fields, &back())
}

/// If there is one authenticator and it is lost, its replacement is preselected.
fn replacing(place: &Place) -> Markup {
    let is_the_lost_one = place.is_one_lost && place.bound.len() == 1;
    html! {
        label for="replacing" { "Replaces" }
        select #replacing name="replacing" autocomplete="off" required[!place.has_room] aria-describedby="replacing-hint" {
            @if place.has_room {
                option value="" { "None: add it beside the others" }
            } @else {
                option value="" { "Choose one: there is no room for another" }
            }
            @for bound in &place.bound { option value=(bound.id) selected[is_the_lost_one] { (bound.label) } }
        }
        p.hint #replacing-hint { "Choose one that you have lost or no longer use. It works until the new one is confirmed." }
    }
}

fn label_field(label: &str, value: &str, hint: &str) -> Markup {
    html! {
        label for="label" { (label) }
        input #label name="label" value=(value) maxlength="64" autocomplete="off" aria-describedby="label-hint";
        p.hint #label-hint { (hint) }
    }
}

/// The QR code: on an account page, or in the middle of a login where a second factor is required.
pub(crate) fn confirm(view: &View, (svg, key): &(String, String), is_member: bool) -> Markup {
    let fields = html! {
        div.qr { (PreEscaped(svg)) }
        p.hint.center { "On a phone, or no camera? Type this key into the app:" }
        p.key.center { code #setup-key { (key) } " " button.link type="button" data-copy="setup-key" hidden { "Copy" } }
        (code_field(view))
        button { "Confirm" }
    };
    const HOW: &str = "an authenticator app, such as Aegis, Google Authenticator or your password manager. Then type the code that \
                       it shows.";
    if is_member {
        let lead = format!("With {HOW}");
        return card("Scan the QR code", &lead, view, true, "/account/two-factor/confirm", &fields, &back());
    }
    let lead = format!(
        "Your password was right, and this site requires two-factor authentication. Scan the QR code with {HOW}"
    );
    let cancel = html! {
        div.aside { form method="post" action="/logout" { (view.token()) button.link { "Cancel" } } }
    };
    card("Set up two-factor authentication", &lead, view, false, "/login/enroll", &fields, &cancel)
}

/// The end of a set-up that made no new recovery codes.
pub(crate) fn added() -> Markup {
    shell(
        "Authenticator added",
        None,
        &html! {
            section.card {
                h1 { "Your authenticator is added" }
                p.lead { "From now on a code of any of your authenticators gets you in. Your recovery codes are the ones that you have." }
                p { "You have been logged out everywhere: log in again. (The code that you have just typed is used up.)" }
                p.actions { a.button href="/login" { "Log in" } }
            }
        },
    )
}

pub(crate) fn list(view: &View, status: &FactorStatus) -> Markup {
    shell(
        "Authenticators",
        Some(view),
        &html! {
            section.card {
                h1 { "Authenticators" }
                p.lead { "A code of any of them gets you in. Remove one that you do not have any more." }
                ul.devices {
                    @for bound in &status.authenticators {
                        li {
                            div {
                                strong { (bound.label) }
                                small { (words::kind(bound.kind)) ", since " time { (bound.bound_at.day_in_words()) } }
                                @match bound.last_used {
                                    Some(at) => small { "Last used " time { (at.in_words()) } },
                                    None => small { "Not used yet" },
                                }
                            }
                            div.actions {
                                @for (what, path) in [("Rename", "rename"), ("Remove", "remove")] {
                                    a.quiet.button href=(format!("/account/authenticators/{path}?authenticator={}", bound.id))
                                        aria-label=(format!("{what} {}", bound.label)) { (what) }
                                }
                            }
                        }
                    }
                }
                p.actions { a.button href="/account/two-factor/enable" { "Add or replace" } }
                (back())
            }
        },
    )
}

pub(crate) fn rename(view: &View, authenticator: &AuthenticatorInfo) -> Markup {
    let fields = html! {
        (which(authenticator))
        (label_field("New name", &authenticator.label, "64 characters at most."))
        (fresh_code(view, true, None))
        button { "Rename" }
    };
    let title = format!("Rename {}", authenticator.label);
    card(
        &title,
        "Confirm with a fresh code.",
        view,
        true,
        "/account/authenticators/rename",
        &fields,
        &back_to_list(),
    )
}

pub(crate) fn remove(view: &View, authenticator: &AuthenticatorInfo, is_last: bool) -> Markup {
    let fields = html! {
        (which(authenticator))
        (fresh_code(view, true, None))
        button.danger { "Remove" }
    };
    let lead = if is_last {
        "It is your last one: two-factor authentication will be off. Confirm with a fresh code."
    } else {
        "Its codes will be void, and all your other sessions will end. Confirm with a fresh code of any of your authenticators."
    };
    let title = format!("Remove {}", authenticator.label);
    card(&title, lead, view, true, "/account/authenticators/remove", &fields, &back_to_list())
}

fn which(authenticator: &AuthenticatorInfo) -> Markup {
    html! { input type="hidden" name="authenticator" value=(authenticator.id); }
}

fn back_to_list() -> Markup {
    html! { p.aside { a href="/account/authenticators" { "Back to your authenticators" } } }
}
