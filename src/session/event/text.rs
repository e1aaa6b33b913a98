//! Audit events in plain English.

use core::fmt;

use super::{Binding, EventKind, ForgottenBecause, RefusedBecause, RemovedBy};
use crate::session::FirstFactor;

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
            // The event does not say what was verified first.
            Self::LoggedIn { method } => {
                return write!(f, "Logged in {}", method.in_words(FirstFactor::Other));
            }
            Self::SteppedUp { method } => {
                return write!(f, "Confirmed {}", method.in_words(FirstFactor::Other));
            }
            Self::CodeRefused { reason } => return write!(f, "A code was refused: {reason}"),
            Self::RecoveryCodeRefused { reason } => {
                return write!(f, "A recovery code was refused: {reason}");
            }
            Self::HostAuthenticatorRefused { reason } => {
                return write!(f, "A security key or passkey was refused: {reason}");
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
                return write!(f, "A remembered device was forgotten: {reason}");
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

/// The reason in words, in English: "it was wrong".
impl fmt::Display for RefusedBecause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Wrong => "it was wrong",
            Self::Replayed => "it had been used, or a later one had",
            Self::ClockOff(offset) => return write!(f, "the clock of its app is {offset}"),
            Self::NoChallenge => "the login it was for was over",
            Self::Locked => "too many codes had been wrong",
        })
    }
}

/// The reason in words, in English: "its owner asked for it".
impl fmt::Display for ForgottenBecause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Revoked => "its owner asked for it",
            Self::CredentialsChanged => {
                "the password or an authenticator was changed, or a recovery code was used"
            }
            Self::TooMany => "there were too many devices",
            Self::Expired => "it had been remembered long enough",
            Self::Outdated => "its cookie had been replaced",
            Self::Restored => "the account was restored from a backup",
            Self::Stolen => "a copy of a device's cookie turned up",
        })
    }
}
