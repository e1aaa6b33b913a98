use alloc::vec::Vec;

use super::Entropy;
use crate::otp::Secret;
use crate::session::record::SealedSecret;
use crate::session::{
    AccountId, AccountRecord, AuditEvent, EventKind, ForgottenBecause, Policy, Seal, SealContext,
    SessionError,
};
use crate::time::UnixTime;

/// What every decision is made under: the time, the rules, and the seal that secrets are under.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    /// The time.
    pub(crate) now: UnixTime,
    /// The rules.
    pub(crate) policy: &'a Policy,
    /// What opens and seals the secrets in the record.
    pub(crate) seal: &'a dyn Seal,
}

/// What was decided: an outcome, the record that has to be stored *before* the outcome is released, and what
/// happened.
#[derive(Debug)]
#[must_use = "store `next` first, then release the outcome"]
pub(crate) struct Decision<T> {
    /// What to tell the host once `next` is stored.
    pub(crate) outcome: T,
    /// The record to store, if it changed.
    pub(crate) next: Option<AccountRecord>,
    /// What to hand to the audit log once `next` is stored.
    pub(crate) events: Vec<AuditEvent>,
}

/// A decision in the making.
pub(crate) struct Draft<'a> {
    pub(crate) record: AccountRecord,
    pub(crate) context: &'a Context<'a>,
    pub(crate) entropy: Entropy,
    changed: bool,
    events: Vec<AuditEvent>,
}

impl<'a> Draft<'a> {
    /// A draft from the record of `account`.
    pub(crate) fn of(
        record: &AccountRecord,
        account: &AccountId,
        context: &'a Context<'a>,
        entropy: Entropy,
    ) -> Result<Self, SessionError> {
        if record.account != *account {
            return Err(SessionError::WrongAccount);
        }
        Ok(Self { record: record.clone(), context, entropy, changed: false, events: Vec::new() })
    }

    /// The record, to be changed.
    pub(crate) fn change(&mut self) -> &mut AccountRecord {
        self.changed = true;
        &mut self.record
    }

    pub(crate) fn event(&mut self, kind: EventKind) {
        self.events.push(AuditEvent { account: self.record.account.clone(), at: self.context.now, kind });
    }

    pub(crate) fn seal(&mut self, id: [u8; 16], secret: &Secret) -> Result<SealedSecret, SessionError> {
        let nonce = self.entropy.take()?;
        let sealed = self.context.seal.seal(secret, SealContext::new(&self.record.account, &id), nonce)?;
        Ok(SealedSecret { id, sealed, params: self.context.policy.totp() })
    }

    /// Ends all that a change of credentials ends: open challenges and remembered devices.
    pub(crate) fn end_challenges_and_devices(&mut self) {
        let record = self.change();
        record.challenges.clear();
        self.forget_devices(ForgottenBecause::CredentialsChanged);
    }

    pub(crate) fn forget_devices(&mut self, reason: ForgottenBecause) {
        for device in core::mem::take(&mut self.change().devices) {
            self.event(EventKind::DeviceForgotten { device: device.id(), reason });
        }
    }

    /// The next epoch: sessions of this one are over.
    pub(crate) fn next_epoch(&mut self) -> Result<(), SessionError> {
        let random = self.entropy.take()?;
        let record = self.change();
        record.epoch = record.epoch.next(random);
        Ok(())
    }

    /// The decision. A record that is written anyway is tidied up: what has expired goes, and a secret under
    /// a retired key is sealed anew.
    pub(crate) fn decide<T>(mut self, outcome: T) -> Result<Decision<T>, SessionError> {
        if self.changed {
            let Context { now, policy, .. } = *self.context;
            self.record.challenges.retain(|challenge| challenge.is_alive(now, policy));
            self.record.devices.retain(|device| device.is_alive(now, policy));
            self.record.devices.iter_mut().for_each(|device| device.tidy(now, policy));
            self.record.pending = self.record.pending.take().filter(|pending| pending.is_alive(now, policy));
            self.record.budget.follow_clock(now);
            self.reseal()?;
        }
        Ok(Decision { outcome, next: self.changed.then_some(self.record), events: self.events })
    }

    fn reseal(&mut self) -> Result<(), SessionError> {
        let seal = self.context.seal;
        let account = &self.record.account;
        let secrets = [
            self.record.authenticator.as_mut().map(|bound| &mut bound.secret),
            self.record.pending.as_mut().map(|pending| &mut pending.secret),
        ];
        for stale in secrets.into_iter().flatten().filter(|secret| !seal.is_current(&secret.sealed)) {
            // A secret that does not open stays as it is: the host may still find its key.
            if let Ok(secret) = stale.open(account, seal) {
                stale.sealed =
                    seal.seal(&secret, SealContext::new(account, &stale.id), self.entropy.take()?)?;
            }
        }
        Ok(())
    }
}
