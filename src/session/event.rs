use alloc::string::String;

use super::{AccountId, AuthMethod, AuthenticatorId, DeviceId, Origin};
use crate::otp::ClockOffset;
use crate::time::UnixTime;

mod text;

/// Something that happened to an account, for the host's security log and for telling its owner. It never
/// holds a secret, a code or a token.
///
/// The host gets the events in order, after the record that they describe was stored.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct AuditEvent {
    /// Whose account.
    pub account: AccountId,
    /// When, by the verifier's clock.
    pub at: UnixTime,
    /// Where the request that caused it came from. `None` if the host did not pass it to
    /// [`Verifier::on_behalf_of`](crate::Verifier::on_behalf_of).
    pub origin: Option<Origin>,
    /// What.
    pub kind: EventKind,
}

/// What happened. [`notify_owner`](Self::notify_owner) says which ones the owner should be told about (ASVS
/// 6.3.5, 6.3.7).
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum EventKind {
    /// The password was right; a code is asked for.
    ChallengeOpened,
    /// A login was completed.
    LoggedIn {
        /// What was verified besides the first factor.
        method: AuthMethod,
    },
    /// A second factor was presented for a sensitive step.
    SteppedUp {
        /// What was presented.
        method: AuthMethod,
    },
    /// A code was refused.
    CodeRefused {
        /// Why. The claimant was not told.
        reason: RefusedBecause,
    },
    /// A recovery code was refused.
    RecoveryCodeRefused {
        /// Why. The claimant was not told.
        reason: RefusedBecause,
    },
    /// A proof of an authenticator that the host verifies was refused.
    HostAuthenticatorRefused {
        /// Why. The claimant was not told.
        reason: RefusedBecause,
    },
    /// A recovery code of an old system was tried. The try was charged before the host compared the code; if
    /// it was right, the login's events follow.
    OldRecoveryCodeTried,
    /// A recovery code was used up. All remembered devices were forgotten; a step-up keeps the device of its
    /// session.
    RecoveryCodeUsed {
        /// How many are left. SP 800-63B §4.2.1.1 requires a new code after each use: with a set of ten, offer
        /// new ones before all are used.
        remaining: usize,
    },
    /// The last guess of a challenge failed, so the challenge is over.
    ChallengeExhausted,
    /// More guesses failed than the owner is likely to mistype: somebody else may know the password. Raised
    /// at every fifth unrefunded guess.
    PasswordSuspectedKnown {
        /// Guesses that no success refunded, minus one for each whole month between two accepted codes.
        guesses: u32,
    },
    /// This guess spent the guess budget: single codes are no longer evaluated. Codes in a row and recovery
    /// codes still are.
    Locked {
        /// When the next single code will be evaluated; `None` if waiting alone will not help.
        until: Option<UnixTime>,
    },
    /// An enrollment was begun.
    EnrollmentBegun,
    /// A code that should confirm an enrollment was wrong.
    EnrollmentRefused,
    /// An authenticator was bound (SP 800-63B §4.1: recorded with its time).
    AuthenticatorBound {
        /// Its id.
        authenticator: AuthenticatorId,
        /// What its owner calls it.
        label: String,
        /// How it was bound.
        binding: Binding,
    },
    /// An authenticator was removed. If it was the last one, two-factor authentication is off now.
    AuthenticatorRemoved {
        /// Its id.
        authenticator: AuthenticatorId,
        /// What its owner called it.
        label: String,
        /// Who removed it.
        by: RemovedBy,
        /// How many are left.
        remaining: usize,
    },
    /// An authenticator was given another label.
    AuthenticatorRenamed {
        /// Its id.
        authenticator: AuthenticatorId,
        /// The new label.
        label: String,
    },
    /// New recovery codes were made; the old ones are void.
    RecoveryCodesRegenerated,
    /// A change of the password began: all sessions have ended and all devices are forgotten before the host writes the
    /// new password. [`PasswordChanged`](Self::PasswordChanged), [`PasswordNotChanged`](Self::PasswordNotChanged) or
    /// [`PasswordChangeInterrupted`](Self::PasswordChangeInterrupted) follows.
    PasswordChangeBegun,
    /// The password was changed.
    PasswordChanged,
    /// The host did not write the new password, and the old one is in force. All sessions and devices ended.
    PasswordNotChanged,
    /// A password change was interrupted, and it is not known whether the new password is in force. All sessions and
    /// devices ended.
    PasswordChangeInterrupted,
    /// All sessions were ended, and all devices forgotten.
    SessionsEnded,
    /// The account's record was restored from a backup, so all sessions were ended, and all devices
    /// forgotten. Recovery codes that were used after the backup work again, until new ones are made.
    Restored,
    /// The account was closed.
    AccountClosed,
    /// A device is remembered.
    DeviceRemembered {
        /// Its id.
        device: DeviceId,
        /// What the host calls it.
        label: String,
    },
    /// A device is no longer remembered.
    DeviceForgotten {
        /// Its id.
        device: DeviceId,
        /// Why.
        reason: ForgottenBecause,
    },
    /// A device token was presented that had been replaced at least twice: somebody else has a copy of it.
    /// All devices were forgotten, and all sessions ended.
    DeviceTokenStolen {
        /// Its id.
        device: DeviceId,
    },
    /// A device token was presented that is forged, or belongs to a device that is no longer remembered. A
    /// code was asked for.
    DeviceUnknown,
}

impl EventKind {
    /// Whether the account's owner should be told, through a channel that the claimant does not control.
    pub fn notify_owner(&self) -> bool {
        match self {
            Self::AuthenticatorBound { binding, .. } => *binding != Binding::ImportedQuietly,
            Self::RecoveryCodeUsed { .. }
            | Self::PasswordSuspectedKnown { .. }
            | Self::Locked { .. }
            | Self::AuthenticatorRemoved { .. }
            | Self::RecoveryCodesRegenerated
            | Self::PasswordChanged
            | Self::PasswordNotChanged
            | Self::PasswordChangeInterrupted
            | Self::SessionsEnded
            | Self::Restored
            | Self::AccountClosed
            | Self::DeviceRemembered { .. }
            | Self::DeviceTokenStolen { .. }
            | Self::DeviceForgotten { reason: ForgottenBecause::Outdated, .. } => true,
            Self::ChallengeOpened
            | Self::LoggedIn { .. }
            | Self::SteppedUp { .. }
            | Self::CodeRefused { .. }
            | Self::RecoveryCodeRefused { .. }
            | Self::HostAuthenticatorRefused { .. }
            | Self::OldRecoveryCodeTried
            | Self::AuthenticatorRenamed { .. }
            | Self::PasswordChangeBegun
            | Self::ChallengeExhausted
            | Self::EnrollmentBegun
            | Self::EnrollmentRefused
            | Self::DeviceForgotten { .. }
            | Self::DeviceUnknown => false,
        }
    }
}

/// Why a code or recovery code was refused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum RefusedBecause {
    /// It was wrong.
    Wrong,
    /// It was right, but it or a later code had been accepted before (RFC 6238 §5.2).
    Replayed,
    /// It is the code of another time, up to ten minutes away, so the app's or the server's clock is off. If
    /// this happens to many accounts at once, check the server's clock.
    ClockOff(ClockOffset),
    /// Its challenge does not exist, or is over.
    NoChallenge,
    /// The guess budget is spent, so it was not evaluated.
    Locked,
}

/// How an authenticator was bound.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Binding {
    /// The first one: two-factor authentication was switched on.
    First,
    /// It was added beside others.
    Added,
    /// It replaced another one.
    Replaced,
    /// The host imported it from another system.
    Imported,
    /// It was imported and nothing was switched on: the account had it all along, so its owner is not told.
    ImportedQuietly,
}

/// Who removed an authenticator.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum RemovedBy {
    /// Its owner, with a fresh factor.
    Owner,
    /// An administrator.
    Administrator,
}

/// Why a device is no longer remembered.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum ForgottenBecause {
    /// Its owner revoked it, or ended all sessions.
    Revoked,
    /// The password or an authenticator was changed, a recovery code was used, or the account was closed.
    CredentialsChanged,
    /// There were too many devices; this one had expired, or it had not been used for the longest time.
    TooMany,
    /// It had been remembered for as long as the policy allows.
    Expired,
    /// A token was presented that had been replaced some time ago: the answer with the new token was lost, or
    /// there are two copies of the token.
    Outdated,
    /// A copied token of one of the account's devices turned up.
    Stolen,
    /// The account's row was restored from a backup.
    Restored,
}
