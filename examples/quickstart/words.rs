//! What the library decides, in words for a user.

use std::fmt::Write;
use std::time::Duration;

use second_factor::session::{
    AuthenticatorInfo, Binding, DeviceInfo, EventKind, FactorStatus, ForgottenBecause, RefusedBecause,
    RemovedBy, Requirement,
};
use second_factor::{AuthMethod, RecoveryCodes, Refusal, UnixTime};

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
    let lines = codes.expose_lines();
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
            format!("A second factor is demanded here from {} on, until this program ends.", date(time))
        }
        Requirement::Enrolled => {
            "A second factor is demanded here from now on, until this program ends.".into()
        }
    }
}

pub(crate) fn enroll_by(time: UnixTime) -> String {
    format!("A second factor is demanded here from {} on; `enable` sets one up.", date(time))
}

pub(crate) fn logged_in(user: &str, device: &str, how: AuthMethod, recovery_codes_left: usize) -> String {
    let left = match how {
        AuthMethod::SingleFactor => String::new(),
        _ if recovery_codes_left > 3 => format!("\nRecovery codes left: {recovery_codes_left}."),
        _ => format!("\nRecovery codes left: {recovery_codes_left}; `codes` makes new ones."),
    };
    let how = match how {
        AuthMethod::SingleFactor => "with the password alone".into(),
        AuthMethod::Code => "with password and code".into(),
        AuthMethod::CodesInARow => "with password and codes in a row".into(),
        AuthMethod::RecoveryCode => {
            "with password and recovery code, which is used up now; no device is remembered".into()
        }
        AuthMethod::RememberedDevice { since } => {
            format!("with the password, and no code: this device is remembered since {}", date(since))
        }
        other => format!("{other:?}"),
    };
    format!("{user} is logged in on {device}, {how}.{left}")
}

pub(crate) fn refusal(refusal: Refusal, host: &Host) -> String {
    match refusal {
        Refusal::NotAccepted => "That code was not accepted. Wait for the next one.".into(),
        Refusal::Malformed => "That is not of the form of a code: six digits. (A recovery code has 26 letters and digits.)\n\
                               An empty line gives up."
            .into(),
        Refusal::ChallengeOver => {
            "This login is over: too many codes were wrong, or it took too long. Start again with the password.".into()
        }
        Refusal::Locked { retry_at } => locked(retry_at, host),
        Refusal::EnrollmentOver => {
            "It took too long, or the account was changed meanwhile. No phone was set up; `enable` begins again.".into()
        }
        Refusal::StepUpRequired => "This took too long, or the account was changed meanwhile. Try again.".into(),
        Refusal::AlreadyDone => {
            "This code was taken a moment ago, and what it was for is done. For more, wait for the next one.".into()
        }
        Refusal::Retry => "The password of this account is being changed. Try again in a minute.".into(),
        Refusal::ClockOff(offset) => {
            let side = if offset.is_ahead() { "ahead" } else { "behind" };
            format!(
                "Your clock is off by about {} seconds: it is {side}. Nothing was set up. Have your phone take the time of\n\
                 the network, and type the next code.",
                offset.as_secs().unsigned_abs()
            )
        }
        Refusal::FactorRequired => {
            "A second factor is demanded here, so the last authenticator stays. `replace` moves it, `enable` adds one.".into()
        }
        Refusal::NoAuthenticator => "Two-factor authentication is off; `enable` switches it on.".into(),
        other => other.to_string(),
    }
}

/// A single code can be guessed, several in a row cannot.
fn locked(retry_at: Option<UnixTime>, host: &Host) -> String {
    let count = match host.codes_in_a_row() {
        3 => "three",
        _ => "four",
    };
    let mut text = format!(
        "Too many codes were wrong. Where a code goes, type {count} codes in a row as your app shows them, on one line\n\
         (about two minutes), or a recovery code. A remembered device needs neither."
    );
    if let Some(retry_at) = retry_at {
        let wait = span(retry_at.checked_since(host.now()).unwrap_or_default());
        let _ = write!(text, "\nA single code is accepted again in {wait} ({}).", date(retry_at));
    }
    text
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
        date(since),
        status.authenticators.len(),
        status.recovery_codes_left,
        status.devices.len()
    );
    if status.is_locked {
        let _ = write!(text, "\n{}", locked(status.retry_at, host));
    }
    text
}

pub(crate) fn authenticators(bound: &[AuthenticatorInfo]) -> String {
    if bound.is_empty() {
        return "Two-factor authentication is off; `enable` switches it on.".into();
    }
    let lines = bound.iter().zip(1..).map(|(authenticator, number)| {
        let AuthenticatorInfo { label, bound_at, last_used, .. } = authenticator;
        let last_used = last_used.map_or_else(|| "never".into(), date);
        format!("{number}. {label}: since {}, last used {last_used}", date(*bound_at))
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
        let [since, last_used, until] = [since, last_used, until].map(|time| date(*time));
        format!(
            "{number}. {label}: since {since}, last used {last_used}, asked for a code again from {until}"
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

pub(crate) fn event(kind: &EventKind) -> String {
    match kind {
        EventKind::ChallengeOpened => "the password was right, a code is asked for".into(),
        EventKind::LoggedIn { method: AuthMethod::SingleFactor } => {
            "logged in with the password alone".into()
        }
        EventKind::LoggedIn { method: AuthMethod::Code } => "logged in with password and code".into(),
        EventKind::LoggedIn { method: AuthMethod::CodesInARow } => {
            "logged in with password and codes in a row".into()
        }
        EventKind::LoggedIn { method: AuthMethod::RecoveryCode } => {
            "logged in with password and recovery code".into()
        }
        EventKind::LoggedIn { .. } => "logged in on a remembered device".into(),
        EventKind::SteppedUp { .. } => "a fresh code was typed".into(),
        EventKind::CodeRefused { reason } => format!("a code was refused: {}", why(*reason)),
        EventKind::RecoveryCodeRefused { reason } => format!("a recovery code was refused: {}", why(*reason)),
        EventKind::RecoveryCodeUsed { remaining } => {
            format!("a recovery code was used, {remaining} are left")
        }
        EventKind::ChallengeExhausted => "a login is over after too many wrong codes".into(),
        EventKind::PasswordSuspectedKnown { guesses } => {
            format!("{guesses} codes were wrong: somebody has your password; change it")
        }
        EventKind::Locked { until: Some(until) } => {
            format!("no single codes are accepted until {}, only several in a row", date(*until))
        }
        EventKind::Locked { until: None } => "no single codes are accepted now, only several in a row".into(),
        EventKind::EnrollmentBegun => "a new authenticator is being set up".into(),
        EventKind::EnrollmentRefused => "the new authenticator's code was wrong".into(),
        EventKind::AuthenticatorBound { binding: Binding::First, .. } => {
            "two-factor authentication was switched on".into()
        }
        EventKind::AuthenticatorBound { binding: Binding::Replaced, label, .. } => {
            format!("an authenticator took the place of another: {label}")
        }
        EventKind::AuthenticatorBound { label, .. } => format!("an authenticator was added: {label}"),
        EventKind::AuthenticatorRemoved { label, by, remaining, .. } => {
            let by = if *by == RemovedBy::Owner { "" } else { ", by an administrator" };
            let off = if *remaining == 0 { "; two-factor authentication is off" } else { "" };
            format!("an authenticator was removed{by}: {label}{off}")
        }
        EventKind::RecoveryCodesRegenerated => "new recovery codes were made".into(),
        EventKind::PasswordChanged => "the password was changed".into(),
        EventKind::PasswordChangeInterrupted => {
            "a change of the password was interrupted; all sessions ended".into()
        }
        EventKind::SessionsEnded => "all sessions were ended".into(),
        EventKind::AccountClosed => "the account was closed".into(),
        EventKind::DeviceRemembered { label, .. } => format!("a device is remembered: {label}"),
        EventKind::DeviceForgotten { reason, .. } => {
            format!("a device was forgotten: {}", forgotten(*reason))
        }
        EventKind::DeviceTokenStolen { .. } => {
            "a copy of a remembered device's cookie turned up; all devices and sessions are void now".into()
        }
        EventKind::DeviceUnknown => "a cookie came that no longer counts".into(),
        other => format!("{other:?}"),
    }
}

fn why(reason: RefusedBecause) -> String {
    match reason {
        RefusedBecause::Wrong => "it was wrong".into(),
        RefusedBecause::Replayed => "it had been used".into(),
        RefusedBecause::ClockOff(offset) => format!("its app's clock is {offset}"),
        RefusedBecause::NoChallenge => "the login was over".into(),
        RefusedBecause::Locked => "too many had been wrong".into(),
        _ => "for another reason".into(),
    }
}

fn forgotten(reason: ForgottenBecause) -> &'static str {
    match reason {
        ForgottenBecause::Revoked => "its owner said so",
        ForgottenBecause::CredentialsChanged => "a password, phone or recovery code was changed or used",
        ForgottenBecause::Expired => "its time was over",
        ForgottenBecause::Outdated => "its cookie had been replaced",
        ForgottenBecause::Stolen => "a copy of a device's cookie turned up",
        _ => "there were too many",
    }
}

pub(crate) fn pretended(now: UnixTime, ahead: Duration) -> String {
    format!(
        "Here it is now {}, {} ahead of the true time, until this program ends.\n\
         Your phone does not come along, oathtool does: `oathtool --totp -b --now '{} seconds' KEY`.\n\
         (A code that is taken now voids all up to this time: back in the true time a recovery code gets you in.)",
        date(now),
        span(ahead),
        ahead.as_secs()
    )
}

/// In the largest unit of which there are at least two, rounded up.
pub(crate) fn span(span: Duration) -> String {
    let units = [("days", 24 * 60 * 60), ("hours", 60 * 60), ("minutes", 60)];
    let (unit, secs) =
        units.into_iter().find(|(_, secs)| span.as_secs() / 2 >= *secs).unwrap_or(("seconds", 1));
    format!("{} {unit}", span.as_secs().div_ceil(secs))
}

/// The date and time in UTC. (Days to a date as in Howard Hinnant's `civil_from_days`, from 1970 on.)
#[expect(clippy::arithmetic_side_effects, reason = "bounded by the first line")]
pub(crate) fn date(time: UnixTime) -> String {
    let secs = time.as_secs().min(1 << 40);
    let (days, minutes) = (secs / 86_400 + 719_468, secs % 86_400 / 60);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year}-{month:02}-{day:02} {:02}:{:02} UTC", minutes / 60, minutes % 60)
}
