use alloc::string::String;

use super::{AccountId, AuthMethod, AuthenticatorId, DeviceId, Origin};
use crate::otp::ClockOffset;
use crate::time::UnixTime;

mod text;

/// Something that happened to an account, for the host's security log and for telling its owner. Never holds
/// a secret, a code or a token.
///
/// Events are handed out after the record they describe was stored, in order.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct AuditEvent {
    /// Whose account.
    pub account: AccountId,
    /// When, by the verifier's clock.
    pub at: UnixTime,
    /// Where the request came from that it happened in. `None` where the host did not say so with
    /// [`Verifier::on_behalf_of`](crate::Verifier::on_behalf_of).
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub origin: Option<Origin>,
    /// What.
    pub kind: EventKind,
}

/// What happened. [`notify_owner`](Self::notify_owner) says of which the owner should be told (ASVS 6.3.5,
/// 6.3.7).
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum EventKind {
    /// The password was right; a code is asked for.
    ChallengeOpened,
    /// A login was completed.
    LoggedIn {
        /// What stood beside the first factor.
        method: AuthMethod,
    },
    /// A second factor was presented for a sensitive step.
    SteppedUp {
        /// Which.
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
    /// What the host verified of an authenticator of its own was refused.
    HostAuthenticatorRefused {
        /// Why. The claimant was not told.
        reason: RefusedBecause,
    },
    /// A recovery code of an old system was tried, and charged for. If it was right, the login follows.
    OldRecoveryCodeTried,
    /// A recovery code was used up. All remembered devices were forgotten, but in a step-up that of the session.
    RecoveryCodeUsed {
        /// How many are left. Offer new ones before there are none (SP 800-63B §4.2.1.1).
        remaining: usize,
    },
    /// A challenge took its last failed guess and is over.
    ChallengeExhausted,
    /// So many guesses failed that it is not the owner mistyping: somebody has this password. Raised at every
    /// fifth unrefunded guess.
    PasswordSuspectedKnown {
        /// Guesses that no success refunded, less one for each month between accepted codes.
        guesses: u32,
    },
    /// The guess budget was spent with this guess: single codes are not evaluated any more. Codes in a row and recovery
    /// codes are.
    Locked {
        /// When the next single code will be evaluated; `None` where waiting alone will not help.
        until: Option<UnixTime>,
    },
    /// An enrollment was begun.
    EnrollmentBegun,
    /// A code that should confirm an enrollment was wrong.
    EnrollmentRefused,
    /// An authenticator was bound (SP 800-63B §4.1: recorded with its time).
    AuthenticatorBound {
        /// Which.
        authenticator: AuthenticatorId,
        /// What its owner calls it.
        label: String,
        /// How.
        binding: Binding,
    },
    /// An authenticator was removed. With the last one two-factor authentication was switched off.
    AuthenticatorRemoved {
        /// Which.
        authenticator: AuthenticatorId,
        /// What its owner called it.
        label: String,
        /// By whom.
        by: RemovedBy,
        /// How many are left.
        remaining: usize,
    },
    /// An authenticator was given another label.
    AuthenticatorRenamed {
        /// Which.
        authenticator: AuthenticatorId,
        /// The new label.
        label: String,
    },
    /// New recovery codes were made; the old ones are void.
    RecoveryCodesRegenerated,
    /// The password was changed.
    PasswordChanged,
    /// A password change was interrupted, and it is not known whether the new password is in force. All sessions and
    /// devices ended.
    PasswordChangeInterrupted,
    /// All sessions were ended, and all devices forgotten.
    SessionsEnded,
    /// What is kept about the account came out of a backup, so all sessions were ended, and all devices forgotten.
    /// Recovery codes that were used since the backup count again, until new ones are made.
    Restored,
    /// The account was closed.
    AccountClosed,
    /// A device is remembered.
    DeviceRemembered {
        /// Which.
        device: DeviceId,
        /// What the host calls it.
        label: String,
    },
    /// A device is no longer remembered.
    DeviceForgotten {
        /// Which.
        device: DeviceId,
        /// Why.
        reason: ForgottenBecause,
    },
    /// A device token was presented that had been replaced twice: a copy of it is in other hands. All devices were
    /// forgotten, and all sessions ended.
    DeviceTokenStolen {
        /// Which.
        device: DeviceId,
    },
    /// A device token was presented that is forged, or of a device that is not remembered any more. A code was asked
    /// for.
    DeviceUnknown,
}

impl EventKind {
    /// Whether the account's owner should be told, by a way that the claimant does not control.
    pub fn notify_owner(&self) -> bool {
        match self {
            Self::AuthenticatorBound { binding, .. } => *binding != Binding::ImportedQuietly,
            Self::RecoveryCodeUsed { .. }
            | Self::PasswordSuspectedKnown { .. }
            | Self::Locked { .. }
            | Self::AuthenticatorRemoved { .. }
            | Self::RecoveryCodesRegenerated
            | Self::PasswordChanged
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
    /// It is not right.
    Wrong,
    /// It was right, and had been accepted before, or a later one had (RFC 6238 §5.2).
    Replayed,
    /// It is that of another time, up to ten minutes away, so one of the two clocks is off. If it happens to many at
    /// once, look at the server's.
    ClockOff(ClockOffset),
    /// There is no such challenge, or no longer.
    NoChallenge,
    /// The guess budget is spent; it was not evaluated.
    Locked,
}

/// How an authenticator was bound.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Binding {
    /// The first one: two-factor authentication was switched on.
    First,
    /// Beside others.
    Added,
    /// In place of another.
    Replaced,
    /// The host brought it from another system.
    Imported,
    /// The same, and nothing was switched on: the account had it all along, so its owner is not told.
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
    /// Its owner said so.
    Revoked,
    /// Password, authenticator or recovery code were changed or used.
    CredentialsChanged,
    /// There were too many; this one was not used for longest.
    TooMany,
    /// Its time was over.
    Expired,
    /// A token was presented that had been replaced a while ago: the answer with the new one was lost, or there are
    /// two copies.
    Outdated,
    /// A copied token of one of the account's devices turned up.
    Stolen,
    /// The account's row came out of a backup.
    Restored,
}
