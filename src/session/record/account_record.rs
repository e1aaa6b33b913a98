use alloc::vec::Vec;

use super::{Authenticator, Challenge, Device, Epoch, FactorStatus, GuessBudget, PendingEnrollment};
use crate::enrollment::RecoveryCodeDigest;
use crate::session::AccountId;
use crate::session::rule::Context;

/// All that is kept about an account's second factor, in one value that a store swaps as a whole.
///
/// Since replay protection, counting, single use and revocation all live here, each is one atomic step on any
/// store that can compare and swap one row. The host does not look inside; it stores what serde makes of it
/// (JSON is fine, about 1 KiB) and asks the verifier for its status.
///
/// Every list is capped, so the record cannot grow without bound whatever a claimant does.
///
/// There is no way from a record to its authenticator but through the verifier, which charges each wrong guess (RFC
/// 4226 §7.1):
///
/// ```compile_fail,E0616
/// fn unthrottled(record: &second_factor::AccountRecord) {
///     let _ = &record.authenticator;
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
    pub(crate) epoch: Epoch,
    pub(crate) authenticator: Option<Authenticator>,
    pub(crate) pending: Option<PendingEnrollment>,
    pub(crate) challenges: Vec<Challenge>,
    #[cfg_attr(feature = "serde", serde(rename = "recovery"))]
    pub(crate) recovery_codes: Vec<RecoveryCodeDigest>,
    pub(crate) devices: Vec<Device>,
    pub(crate) budget: GuessBudget,
}

impl AccountRecord {
    /// The record of an account that has no second factor yet. Use this when the store has no row.
    pub fn new(account: AccountId) -> Self {
        Self {
            account,
            epoch: Epoch::NONE,
            authenticator: None,
            pending: None,
            challenges: Vec::new(),
            recovery_codes: Vec::new(),
            devices: Vec::new(),
            budget: GuessBudget::FULL,
        }
    }

    /// Whose it is.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// The epoch of the account's credentials now.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Whether a session that was started in `epoch` is still one.
    pub fn is_current(&self, epoch: Epoch) -> bool {
        self.epoch == epoch
    }

    /// What the account's page shows.
    pub(crate) fn status(&self, context: &Context<'_>) -> FactorStatus {
        FactorStatus {
            enabled_since: self.authenticator.as_ref().map(|bound| bound.bound_at),
            recovery_codes_left: self.recovery_codes.len(),
            locked_until: self.budget.locked_until(context.now, context.policy),
            suspended: self.budget.is_suspended(context.policy),
            enrollment_pending: self
                .pending
                .as_ref()
                .is_some_and(|p| p.is_alive(context.now, context.policy)),
            devices: self
                .devices
                .iter()
                .filter(|device| device.is_alive(context.now, context.policy))
                .map(|device| device.info(context.policy))
                .collect(),
        }
    }

    /// Whether every list is within its cap, as they are in every record that this library made.
    #[cfg(feature = "serde")]
    pub(crate) fn is_within_caps(&self) -> bool {
        use crate::enrollment::{KeyUri, RecoveryCodes};

        self.challenges.len() <= Challenge::MAX_OPEN
            && self.recovery_codes.len() <= RecoveryCodes::COUNT
            && self.devices.len() <= usize::from(crate::session::Policy::MAX_DEVICES)
            && self.devices.iter().all(|device| device.label.len() <= 4 * Device::MAX_LABEL)
            && self
                .pending
                .as_ref()
                .is_none_or(|pending| pending.account_name.len() <= KeyUri::MAX_ACCOUNT_NAME_LEN)
    }
}
