use alloc::vec::Vec;

use super::{
    Authenticator, AuthenticatorId, Device, DeviceId, Epoch, FactorStatus, GuessBudget, LastStepUp, Lock,
    PasswordChangeMark, TouchedChallenge,
};
use crate::enrollment::RecoveryCodeDigest;
use crate::session::rule::Context;
use crate::session::token::Basis;
use crate::session::{AccountId, Policy, Session};
use crate::time::{CLOCK_SKEW, UnixTime};

/// Everything that is kept about an account's second factor, in one value that a store swaps as a whole.
///
/// Since replay protection, counting, single use and revocation all live here, each is one atomic step on any
/// store that can compare and swap one row. The host does not look inside; it stores what serde makes of it
/// (JSON, one to two KB; with the feature `json` `to_json` writes it) and asks the verifier for its status.
///
/// Every list is capped, so the record cannot grow without bound whatever a claimant does.
///
/// Only the verifier reaches the authenticators in a record, and it charges each wrong guess (RFC 4226 §7.1):
///
/// ```compile_fail,E0616
/// fn unthrottled(record: &second_factor::AccountRecord) {
///     let _ = &record.authenticators;
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(remote = "Self", deny_unknown_fields)
)]
pub struct AccountRecord {
    pub(crate) account: AccountId,
    // What a login changes comes first. PostgreSQL does not log the bytes at the end that the old and the new
    // row have in common.
    pub(crate) budget: GuessBudget,
    pub(crate) touched: Vec<TouchedChallenge>,
    pub(crate) authenticators: Vec<Authenticator>,
    pub(crate) epoch: Epoch,
    /// Digests of the codes that were made here, or, for codes of an old system, of the names that the host
    /// gave to them.
    #[cfg_attr(feature = "serde", serde(rename = "recovery"))]
    pub(crate) recovery_codes: Vec<RecoveryCodeDigest>,
    /// When the owner last had new recovery codes made.
    #[cfg_attr(feature = "serde", serde(rename = "regenerated"))]
    pub(crate) regenerated_at: Option<UnixTime>,
    pub(crate) devices: Vec<Device>,
    #[cfg_attr(feature = "serde", serde(rename = "step_up"))]
    pub(crate) last_step_up: Option<LastStepUp>,
    pub(crate) password_change: Option<PasswordChangeMark>,
}

impl AccountRecord {
    /// The most recovery codes: as many as can be imported from an old system.
    pub(crate) const MAX_RECOVERY_CODES: usize = 20;

    /// The record of an account that has no second factor yet. Use this when the store has no row.
    pub fn new(account: AccountId) -> Self {
        Self::in_epoch(account, Epoch::NONE)
    }

    /// The same in the given epoch.
    pub(crate) fn in_epoch(account: AccountId, epoch: Epoch) -> Self {
        Self {
            account,
            budget: GuessBudget::FULL,
            touched: Vec::new(),
            authenticators: Vec::new(),
            epoch,
            recovery_codes: Vec::new(),
            regenerated_at: None,
            devices: Vec::new(),
            last_step_up: None,
            password_change: None,
        }
    }

    /// Whose record it is.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// Whether this session is still alive: nothing that ends it has happened to the account.
    pub(crate) fn is_current(&self, session: &Session, now: UnixTime, policy: &Policy) -> bool {
        self.epoch == session.epoch()
            && session.device().is_none_or(|id| self.remembered_device(id, now, policy).is_some())
    }

    /// Whether what an enrollment or a fresh factor depends on still holds. A recovery login counts only if
    /// it was certainly later than the last regeneration of recovery codes: the clocks of two instances may
    /// be a minute apart.
    pub(crate) fn upholds(&self, basis: Basis, now: UnixTime, policy: &Policy) -> bool {
        match basis {
            Basis::Epoch => true,
            Basis::Device(id) => self.remembered_device(id, now, policy).is_some(),
            Basis::RecoveryLogin(at) => {
                self.regenerated_at.is_none_or(|made| at > made.saturating_add(CLOCK_SKEW))
            }
        }
    }

    /// The device of this id and its place, if it is remembered now.
    pub(crate) fn remembered_device(
        &self,
        id: DeviceId,
        now: UnixTime,
        policy: &Policy,
    ) -> Option<(usize, &Device)> {
        self.remembered(now, policy).find(|(_, device)| device.id == id)
    }

    /// The devices that are remembered now, with their places.
    fn remembered(&self, now: UnixTime, policy: &Policy) -> impl Iterator<Item = (usize, &Device)> {
        self.newest_devices(policy).filter(move |(_, device)| device.is_alive(now, policy))
    }

    /// As many devices as the policy allows, with their places: those that were used most recently. No clock
    /// changes which they are, and none of the others becomes one of them when a device is forgotten, since
    /// then the others are forgotten too.
    pub(crate) fn newest_devices(&self, policy: &Policy) -> impl Iterator<Item = (usize, &Device)> {
        let devices = self.devices.iter().enumerate();
        let used = |(place, device): &(usize, &Device)| (device.rotated_at, *place);
        devices.clone().filter(move |device| {
            devices.clone().filter(|other| used(other) > used(device)).count() < policy.devices()
        })
    }

    /// The lock, if the guess budget does not cover another code. Without an authenticator there is nothing
    /// to guess.
    pub(crate) fn lock(&self, context: &Context<'_>) -> Option<Lock> {
        if self.authenticators.is_empty() {
            return None;
        }
        self.budget.lock(self.guesses_a_code(), context.now, context.policy)
    }

    /// How many guesses are charged for a code: it is compared with every authenticator app, so one for each.
    /// At least one, so that wrong recovery codes are charged even if there is no app.
    pub(crate) fn guesses_a_code(&self) -> u16 {
        let apps = self.authenticators.iter().filter(|bound| bound.app().is_some());
        u16::try_from(apps.count()).unwrap_or(u16::MAX).max(1)
    }

    /// The authenticator of this id.
    pub(crate) fn authenticator(&self, id: AuthenticatorId) -> Option<&Authenticator> {
        self.authenticators.iter().find(|bound| bound.id == id)
    }

    /// The ids of the keys of a [`KeyRing`](crate::KeyRing) that the secrets in this record are sealed with,
    /// each once, so that an operator knows when a retired key can be removed.
    #[cfg(feature = "sealing")]
    pub fn sealing_keys(&self) -> Vec<u32> {
        let apps = self.authenticators.iter().filter_map(Authenticator::app);
        let mut keys: Vec<u32> = apps.filter_map(|app| app.secret.sealed.key()).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// The status that the account's page shows.
    pub(crate) fn status(&self, context: &Context<'_>) -> FactorStatus {
        let lock = self.lock(context);
        FactorStatus {
            enabled_since: self.authenticators.iter().map(|bound| bound.bound_at).min(),
            authenticators: self.authenticators.iter().map(Authenticator::info).collect(),
            recovery_codes_left: self.recovery_codes.len(),
            is_locked: lock.is_some(),
            retry_at: lock.and_then(|lock| lock.retry_at),
            devices: self
                .remembered(context.now, context.policy)
                .map(|(_, device)| device.info(context.policy))
                .collect(),
        }
    }

    /// Whether every list is within its cap, as they are in every record that this library made.
    #[cfg(feature = "serde")]
    pub(crate) fn is_within_caps(&self) -> bool {
        use super::label::is_label;
        self.authenticators.len() <= usize::from(Policy::MAX_AUTHENTICATORS)
            && self.touched.len() <= TouchedChallenge::MAX
            && self.recovery_codes.len() <= Self::MAX_RECOVERY_CODES
            && self.devices.len() <= usize::from(Policy::MAX_DEVICES)
            && self.devices.iter().all(|device| is_label(&device.label))
            && self.authenticators.iter().all(|bound| is_label(&bound.label))
    }
}
