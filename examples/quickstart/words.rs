//! What the library decides, in words for a user.

use std::fmt::Write;
use std::time::Duration;

use second_factor::{
    AuthMethod, AuthenticatorInfo, DeviceInfo, FactorStatus, FirstFactor, RecoveryCodes, Refusal,
    Requirement, UnixTime,
};

use crate::host::Host;
use crate::stop::Stop;

pub(crate) const ENABLED: &str = "\
The authenticator is bound. All sessions of this account have ended: `login` again, with a code of any authenticator.
(The code that you have just typed is used up. Each works once, so wait for the next one.)";

pub(crate) const DISABLED: &str = "\
Two-factor authentication is off: the phone, the recovery codes and the remembered devices no longer count.
All other sessions of this account have ended.";

pub(crate) const ENROLLMENT_REQUIRED: &str = "\
The password is right, but a second factor is demanded here and this account has none. Set one up now.";

pub(crate) const NO_ROOM: &str =
    "There are as many authenticators as an account can have. Which one is to be replaced?";

pub(crate) const PASSWORD_CHANGED: &str = "\
The password is changed. All other sessions have ended, and every device is asked for a code again.";

pub(crate) fn scan(qr: &str, key: &str) -> String {
    format!(
        "Scan this with an authenticator app:\n\n{qr}\nor type the key into it (time-based, six digits):\n\n\
         setup key: {key}\n\n\
         Then type the code that it shows, within 10 minutes. (Without a phone: `oathtool --totp -b` and the key.)"
    )
}

pub(crate) fn recovery_codes(codes: Option<&RecoveryCodes>) -> String {
    let Some(codes) = codes else {
        return "\nYour recovery codes stay the same.".into();
    };
    let lines = codes.to_lines();
    format!(
        "\nRecovery codes. Print them, or keep them in a password manager: each lets you in once without the phone,\n\
         and they are shown only now.\n\n{}",
        lines.expose()
    )
}

pub(crate) fn demanded(requirement: Requirement) -> String {
    match requirement {
        Requirement::None => "No second factor is demanded here.".into(),
        Requirement::EnrolledBy(time) => {
            format!("A second factor is demanded here from {} on, until this program ends.", time.in_words())
        }
        Requirement::Enrolled => {
            "A second factor is demanded here from now on, until this program ends.".into()
        }
    }
}

pub(crate) fn enroll_by(time: UnixTime) -> String {
    format!("A second factor is demanded here from {} on; `enable` sets one up.", time.in_words())
}

pub(crate) fn logged_in(user: &str, device: &str, how: AuthMethod, recovery_codes_left: usize) -> String {
    let left = match how {
        AuthMethod::SingleFactor => String::new(),
        _ if recovery_codes_left > 3 => format!("\nRecovery codes left: {recovery_codes_left}."),
        _ => format!("\nRecovery codes left: {recovery_codes_left}; `codes` makes new ones."),
    };
    let more = match how {
        AuthMethod::RecoveryCode => ", which is used up now; no device is remembered".into(),
        AuthMethod::RememberedDevice { since } => format!(" (since {})", since.in_words()),
        _ => String::new(),
    };
    let how = how.in_words(FirstFactor::Password);
    format!("{user} is logged in on {device}, {how}{more}.{left}")
}

/// The library's text for a refusal, and what this program adds to it.
pub(crate) fn refusal(refusal: Refusal, host: &Host) -> String {
    let text = refusal.in_words();
    match refusal {
        Refusal::Malformed => format!("{text}\nAn empty line gives up."),
        Refusal::Locked { .. } => {
            let wait = refusal.retry_after(host.now()).map(span);
            let wait = wait.map(|wait| format!("\nA single code is accepted again in {wait}."));
            format!("{text}\nA remembered device needs neither.{}", wait.unwrap_or_default())
        }
        Refusal::EnrollmentOver => format!("{text}\n`enable` begins again."),
        Refusal::NoAuthenticator => "Two-factor authentication is off; `enable` switches it on.".into(),
        _ => text,
    }
}

pub(crate) fn stop(stop: &Stop, host: &Host) -> String {
    match stop {
        Stop::EndOfInput => "\nThe input has ended. Goodbye.".into(),
        Stop::GaveUp => "Given up; nothing has changed.".into(),
        Stop::LoggedOut => "Nobody is logged in here. `login` first.".into(),
        Stop::SessionEnded => {
            "This session has ended: the password, the second factor or the devices were changed. `login` again.".into()
        }
        Stop::WrongPassword => "User name or password is wrong.".into(),
        Stop::Refused(refused) => refusal(*refused, host),
        Stop::Unusable(fault) => (*fault).into(),
        Stop::Failed(error) => format!("Something went wrong here, and it is not your fault: {error}"),
    }
}

pub(crate) fn status(status: &FactorStatus, host: &Host) -> String {
    let Some(since) = status.enabled_since else {
        return "Two-factor authentication is off; `enable` switches it on.".into();
    };
    let mut text = format!(
        "Two-factor authentication is on since {}. Authenticators: {}. Recovery codes left: {}. Devices remembered: {}.",
        since.in_words(),
        status.authenticators.len(),
        status.recovery_codes_left,
        status.devices.len()
    );
    if status.is_locked {
        let _ = write!(text, "\n{}", refusal(Refusal::Locked { retry_at: status.retry_at }, host));
    }
    text
}

pub(crate) fn authenticators(bound: &[AuthenticatorInfo]) -> String {
    if bound.is_empty() {
        return "Two-factor authentication is off; `enable` switches it on.".into();
    }
    let lines = bound.iter().zip(1..).map(|(authenticator, number)| {
        let AuthenticatorInfo { label, bound_at, last_used, .. } = authenticator;
        let last_used = last_used.map_or_else(|| "never".into(), |time| time.to_string());
        format!("{number}. {label}: since {bound_at}, last used {last_used}")
    });
    lines.collect::<Vec<_>>().join("\n")
}

pub(crate) fn removed(left: &[AuthenticatorInfo]) -> String {
    if left.is_empty() {
        return DISABLED.into();
    }
    format!(
        "Removed: its codes are void. All other sessions have ended. What is left:\n{}",
        authenticators(left)
    )
}

pub(crate) fn devices(devices: &[DeviceInfo]) -> String {
    if devices.is_empty() {
        return "No device is remembered.".into();
    }
    let lines = devices.iter().zip(1..).map(|(device, number)| {
        let DeviceInfo { label, since, last_used, until, .. } = device;
        format!(
            "{number}. {label}: since {since}, last used {last_used}, asked for a code again from {until}"
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

pub(crate) fn pretended(now: UnixTime, ahead: Duration) -> String {
    format!(
        "Here it is now {}, {} ahead of the real time, until this program ends.\n\
         Your phone keeps the real time; oathtool can follow: `oathtool --totp -b --now '{} seconds' KEY`.\n\
         (A code that is accepted now voids all codes up to this time: back in the real time, use a recovery code.)",
        now.in_words(),
        span(ahead),
        ahead.as_secs()
    )
}

/// A time span in the largest unit of which it has at least two, rounded up.
pub(crate) fn span(span: Duration) -> String {
    let units = [("days", 24 * 60 * 60), ("hours", 60 * 60), ("minutes", 60)];
    let (unit, secs) =
        units.into_iter().find(|(_, secs)| span.as_secs() / 2 >= *secs).unwrap_or(("seconds", 1));
    format!("{} {unit}", span.as_secs().div_ceil(secs))
}
