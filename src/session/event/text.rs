//! Audit events in plain English.

use core::fmt;

use super::{Binding, EventKind, ForgottenBecause, RefusedBecause, RemovedBy};
use crate::session::AuthMethod;

/// What happened, in words for the account's owner: for a line of the security log, or the subject of a mail.
///
/// The text is English and has no dates: a host that uses another language, or shows until when a code is
/// refused ([`until`](EventKind::Locked)), matches on the kind.
///
/// ```
/// use second_factor::session::EventKind;
///
/// let used = EventKind::RecoveryCodeUsed { remaining: 9 };
/// assert_eq!(used.to_string(), "A recovery code was used; 9 are left");
/// ```
impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ChallengeOpened => "The password was right; a code was asked for",
            Self::LoggedIn { method: AuthMethod::SingleFactor } => "Logged in with the password alone",
            Self::LoggedIn { method: AuthMethod::Code } => "Logged in with password and code",
            Self::LoggedIn { method: AuthMethod::CodesInARow } => "Logged in with password and codes in a row",
            Self::LoggedIn { method: AuthMethod::RecoveryCode } => {
                "Logged in with password and recovery code"
            }
            Self::LoggedIn { method: AuthMethod::RememberedDevice { .. } } => {
                "Logged in on a remembered device"
            }
            Self::LoggedIn { method: AuthMethod::HostAuthenticator(_) } => {
                "Logged in with password and security key or passkey"
            }
            Self::SteppedUp { method: AuthMethod::HostAuthenticator(_) } => {
                "Confirmed with a security key or passkey"
            }
            Self::SteppedUp { method: AuthMethod::RecoveryCode } => "Confirmed with a recovery code",
            Self::SteppedUp { .. } => "Confirmed with a fresh code",
            Self::CodeRefused { reason } => return write!(f, "A code was refused: {}", Refused(*reason)),
            Self::RecoveryCodeRefused { reason } => {
                return write!(f, "A recovery code was refused: {}", Refused(*reason));
            }
            Self::HostAuthenticatorRefused { reason } => {
                return write!(f, "A security key or passkey was refused: {}", Refused(*reason));
            }
            Self::OldRecoveryCodeTried => "A recovery code of the old system was tried",
            Self::RecoveryCodeUsed { remaining } => {
                return write!(f, "A recovery code was used; {remaining} are left");
            }
            Self::ChallengeExhausted => "A login was ended after too many wrong codes",
            Self::PasswordSuspectedKnown { guesses } => {
                return write!(f, "{guesses} codes were wrong: somebody may know the password");
            }
            Self::Locked { .. } => "Too many codes were wrong; now it takes several in a row, or a recovery code",
            Self::EnrollmentBegun => "The set-up of an authenticator app was begun",
            Self::EnrollmentRefused => "A code in the set-up of an authenticator app was wrong",
            Self::AuthenticatorBound { label, binding, .. } => {
                return write!(f, "{}: {label}", bound(*binding));
            }
            Self::AuthenticatorRemoved { label, by, remaining, .. } => {
                let by = match by {
                    RemovedBy::Owner => "",
                    RemovedBy::Administrator => ", by an administrator",
                };
                let off = if *remaining == 0 { "; two-factor authentication is off" } else { "" };
                return write!(f, "An authenticator was removed{by}: {label}{off}");
            }
            Self::AuthenticatorRenamed { label, .. } => {
                return write!(f, "An authenticator was renamed: {label}");
            }
            Self::RecoveryCodesRegenerated => "New recovery codes were made; the old ones are void",
            Self::PasswordChangeBegun => "A change of the password was begun; all sessions ended",
            Self::PasswordChanged => "The password was changed",
            Self::PasswordNotChanged => "The password could not be changed; all sessions ended",
            Self::PasswordChangeInterrupted => "A change of the password was interrupted; all sessions ended",
            Self::SessionsEnded => "All sessions were ended",
            Self::Restored => "The account was restored from a backup; all sessions were ended",
            Self::AccountClosed => "The account was closed",
            Self::DeviceRemembered { label, .. } => return write!(f, "A device is remembered: {label}"),
            Self::DeviceForgotten { reason, .. } => {
                return write!(f, "A remembered device was forgotten: {}", forgotten(*reason));
            }
            Self::DeviceTokenStolen { .. } => {
                "A copy of a remembered device's cookie turned up; all devices were forgotten and all sessions ended"
            }
            Self::DeviceUnknown => "The cookie of a device that is not remembered was presented",
        })
    }
}

fn bound(binding: Binding) -> &'static str {
    match binding {
        Binding::First => "Two-factor authentication was switched on",
        Binding::Added => "An authenticator was added",
        Binding::Replaced => "An authenticator replaced another",
        Binding::Imported | Binding::ImportedQuietly => "An authenticator was imported from another system",
    }
}

/// A reason in words.
struct Refused(RefusedBecause);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            RefusedBecause::Wrong => "it was wrong",
            RefusedBecause::Replayed => "it had been used, or a later one had",
            RefusedBecause::ClockOff(offset) => return write!(f, "the clock of its app is {offset}"),
            RefusedBecause::NoChallenge => "the login it was for was over",
            RefusedBecause::Locked => "too many codes had been wrong",
        })
    }
}

fn forgotten(reason: ForgottenBecause) -> &'static str {
    match reason {
        ForgottenBecause::Revoked => "its owner asked for it",
        ForgottenBecause::CredentialsChanged => {
            "the password or an authenticator was changed, or a recovery code was used"
        }
        ForgottenBecause::TooMany => "there were too many devices",
        ForgottenBecause::Expired => "it had been remembered long enough",
        ForgottenBecause::Outdated => "its cookie had been replaced",
        ForgottenBecause::Restored => "the account was restored from a backup",
        ForgottenBecause::Stolen => "a copy of a device's cookie turned up",
    }
}
