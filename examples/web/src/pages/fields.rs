//! The fields of forms.

use maud::{Markup, html};

use super::View;
use crate::two_factor::words;

pub(super) fn username(view: &View) -> Markup {
    html! {
        label for="username" { "User name" }
        input #username name="username" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus
            aria-describedby=[view.describes(None)];
    }
}

pub(super) fn password_field(name: &str, label: &str, autocomplete: &str, hint: Option<&str>) -> Markup {
    html! {
        label for=(name) { (label) }
        input id=(name) name=(name) type="password" autocomplete=(autocomplete) required
            aria-describedby=[hint.map(|_| format!("{name}-hint"))];
        @if let Some(hint) = hint { p.hint id=(format!("{name}-hint")) { (hint) } }
    }
}

/// The current password, before a change. It has the focus.
///
/// The user name is a hidden field, so that a password manager knows whose password it is.
pub(super) fn present_password(view: &View, name: &str, label: &str) -> Markup {
    html! {
        input name="username" autocomplete="username" value=(name) hidden;
        label for="password" { (label) }
        input #password name="password" type="password" autocomplete="current-password" required autofocus
            aria-describedby=[view.describes(None)];
    }
}

pub(super) fn code_field(view: &View) -> Markup {
    if view.is_locked {
        return codes_in_a_row(view, false);
    }
    html! {
        label for="code" { "Code" }
        // Long enough for several codes in a row.
        input.code #code name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="64"
            required autofocus aria-describedby=[view.describes(Some("code-hint"))] placeholder="000 000";
        p.hint #code-hint { "Six digits from your authenticator app." }
    }
}

/// A field for each code. All have the same name, and the server joins them. It also accepts all codes in the first field, and
/// there a recovery code, if that has no page of its own.
fn codes_in_a_row(view: &View, or_recovery_code: bool) -> Markup {
    let count = words::count_in_a_row();
    html! {
        fieldset.row aria-describedby="code-hint" {
            legend { "The next " (words::in_a_row()) " codes" }
            div.fields {
                @for n in 1..=count {
                    @let id = if n == 1 { "code".to_owned() } else { format!("code-{n}") };
                    div {
                        label for=(id) { span.unseen { "Code " } (n) }
                        input.code id=(id) name="code" inputmode=[(!or_recovery_code).then_some("numeric")] spellcheck="false"
                            autocapitalize="none" autocomplete=(if n == 1 { "one-time-code" } else { "off" }) maxlength="64"
                            required[n == 1] autofocus[n == 1] aria-describedby=[if n == 1 { view.describes(None) } else { None }];
                    }
                }
            }
        }
        p.hint #code-hint {
            "Type the code that your app shows, and each new one as it comes, every 30 seconds."
            @if or_recovery_code { " Or type a recovery code into the first field." }
        }
    }
}

/// A fresh code or a recovery code, before a sensitive change. It has the focus, unless another field comes first.
/// `unless` says when it may be left empty, if ever.
pub(super) fn fresh_code(view: &View, is_first: bool, unless: Option<&str>) -> Markup {
    if view.is_locked {
        return codes_in_a_row(view, true);
    }
    let described = if is_first { view.describes(Some("code-hint")) } else { Some("code-hint".into()) };
    html! {
        label for="code" { "Code, or a recovery code" }
        // Recovery codes have letters: no numeric keyboard here.
        input #code name="code" autocomplete="one-time-code" autocapitalize="none" spellcheck="false" maxlength="64"
            required[unless.is_none()] autofocus[is_first] aria-describedby=[described];
        p.hint #code-hint {
            "Six digits from your authenticator app, or one of your recovery codes."
            @if let Some(unless) = unless { " " (unless) }
        }
    }
}
