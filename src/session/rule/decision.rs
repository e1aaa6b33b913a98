use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::Entropy;
use crate::otp::{Secret, TotpParams};
use crate::session::record::{Device, Epoch, PasswordChangeMark, SealedSecret};
use crate::session::{
    AccountId, AccountRecord, AuditEvent, AuthenticatorId, EventKind, ForgottenBecause, Keys, Origin, Policy,
    Refusal, SealContext, SessionError,
};
use crate::time::UnixTime;

/// What every decision is made under: the time, the rules, and the keys.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    /// The time.
    pub(crate) now: UnixTime,
    /// The rules.
    pub(crate) policy: &'a Policy,
    /// What opens and seals secrets, and what signs tokens.
    pub(crate) keys: &'a Keys,
    /// Where the request came from, for the events.
    pub(crate) origin: Option<&'a Origin>,
}

/// What was decided: an outcome, the record that has to be stored *before* the outcome is released, and what
/// happened.
#[must_use = "store `next` first, then release the outcome"]
pub(crate) struct Decision<T> {
    /// What to tell the host once `next` is stored.
    pub(crate) outcome: T,
    /// The record to store, if it changed.
    pub(crate) next: Option<AccountRecord>,
    /// What to hand to the audit log once `next` is stored.
    pub(crate) events: Vec<AuditEvent>,
}

impl<T> Decision<T> {
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Decision<U> {
        let Self { outcome, next, events } = self;
        Decision { outcome: change(outcome), next, events }
    }
}

/// A decision in the making.
pub(crate) struct Draft<'a> {
    /// Copied with the first change.
    pub(crate) record: Cow<'a, AccountRecord>,
    pub(crate) context: &'a Context<'a>,
    pub(crate) entropy: Entropy,
    events: Vec<AuditEvent>,
}

impl<'a> Draft<'a> {
    /// A draft from the record of `account`.
    pub(crate) fn of(
        record: &'a AccountRecord,
        account: &AccountId,
        context: &'a Context<'a>,
        entropy: Entropy,
    ) -> Result<Self, SessionError> {
        if record.account != *account {
            return Err(SessionError::WrongAccount);
        }
        Ok(Self { record: Cow::Borrowed(record), context, entropy, events: Vec::new() })
    }

    /// The record, to be changed.
    pub(crate) fn change(&mut self) -> &mut AccountRecord {
        self.record.to_mut()
    }

    pub(crate) fn event(&mut self, kind: EventKind) {
        let (account, origin) = (self.record.account.clone(), self.context.origin.cloned());
        self.events.push(AuditEvent { account, at: self.context.now, origin, kind });
    }

    pub(crate) fn seal(
        &mut self,
        id: &AuthenticatorId,
        secret: &Secret,
        params: TotpParams,
    ) -> Result<SealedSecret, SessionError> {
        let (nonce, context) = (self.entropy.take()?, SealContext::new(&self.record.account, id.as_bytes()));
        Ok(SealedSecret { sealed: self.context.keys.seal().seal(secret, context, nonce)?, params })
    }

    /// Forgets all remembered devices but those that are kept.
    pub(crate) fn forget_devices(&mut self, reason: ForgottenBecause, is_kept: impl Fn(&Device) -> bool) {
        if self.record.devices.iter().all(&is_kept) {
            return;
        }
        let devices = core::mem::take(&mut self.change().devices);
        let (kept, forgotten): (Vec<_>, Vec<_>) = devices.into_iter().partition(is_kept);
        self.change().devices = kept;
        for device in forgotten {
            self.event(EventKind::DeviceForgotten { device: device.id, reason });
        }
    }

    /// Begins a new epoch: every session, challenge, enrollment and proof of the previous one is void, and
    /// all remembered devices are forgotten.
    pub(crate) fn next_epoch(&mut self, reason: ForgottenBecause) -> Result<(), SessionError> {
        let epoch = Epoch::new(self.entropy.take()?);
        let record = self.change();
        record.epoch = epoch;
        record.touched.clear();
        self.forget_devices(reason, |_| false);
        Ok(())
    }

    /// Refuses while a password change is under way: everything has to wait for it.
    pub(crate) fn wait_for_password_change(&self) -> Result<(), Refusal> {
        if self.record.password_change.is_some() { Err(Refusal::Retry) } else { Ok(()) }
    }

    /// The same, before something that the host itself has just verified. In addition, a change that was
    /// interrupted is ended, and with it every session and proof from before.
    pub(crate) fn end_interrupted_password_change(&mut self) -> Result<Result<(), Refusal>, SessionError> {
        match &self.record.password_change {
            None => return Ok(Ok(())),
            Some(mark) if mark.is_recent(self.context.now) => {}
            Some(_) => {
                self.change().password_change = None;
                self.next_epoch(ForgottenBecause::CredentialsChanged)?;
                self.event(EventKind::PasswordChangeInterrupted);
            }
        }
        Ok(Err(Refusal::Retry))
    }

    /// Marks the record: a password change begins in this epoch.
    pub(crate) fn mark_password_change(&mut self) -> PasswordChangeMark {
        let mark = PasswordChangeMark { epoch: self.record.epoch, at: self.context.now };
        self.change().password_change = Some(mark.clone());
        mark
    }

    /// Drops the challenges and devices that are over.
    pub(crate) fn drop_what_is_over(&mut self) {
        let Context { now, policy, .. } = *self.context;
        self.change().touched.retain(|challenge| challenge.is_alive(now, policy));
        self.forget_devices(ForgottenBecause::Expired, |device| device.is_alive(now, policy));
    }

    /// Makes the decision. If the record is written anyway, secrets under a retired key are sealed anew.
    pub(crate) fn decide<T>(mut self, outcome: T) -> Result<Decision<T>, SessionError> {
        if matches!(self.record, Cow::Owned(_)) {
            self.reseal()?;
        }
        let next = match self.record {
            Cow::Owned(record) => Some(record),
            Cow::Borrowed(_) => None,
        };
        Ok(Decision { outcome, next, events: self.events })
    }

    fn reseal(&mut self) -> Result<(), SessionError> {
        let seal = self.context.keys.seal();
        let AccountRecord { account, authenticators, .. } = self.record.to_mut();
        for bound in authenticators {
            let id = bound.id;
            let Some(app) = bound.app_mut().filter(|app| !seal.is_current(&app.secret.sealed)) else {
                continue;
            };
            // A secret that does not open stays as it is: the host may still find its key.
            if let Ok(secret) = app.secret.open(account, &id, seal) {
                let context = SealContext::new(account, id.as_bytes());
                app.secret.sealed = seal.seal(&secret, context, self.entropy.take()?)?;
            }
        }
        Ok(())
    }
}
