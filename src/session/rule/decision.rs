use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::Entropy;
use crate::otp::{Secret, TotpParams};
use crate::session::record::{Authenticator, Device, Epoch, SealedSecret};
use crate::session::token::{Claims, Signed};
use crate::session::{
    AccountRecord, AuditEvent, AuthenticatorId, DeviceId, EventKind, ForgottenBecause, Keys, Origin, Policy,
    Refusal, SealContext, SessionError,
};
use crate::time::{CLOCK_SKEW, UnixTime};

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
    pub(crate) outcome: Result<T, Refusal>,
    /// The record to store, if it changed.
    pub(crate) next: Option<AccountRecord>,
    /// What to hand to the audit log once `next` is stored.
    pub(crate) events: Vec<AuditEvent>,
}

impl<T> Decision<T> {
    /// Decides by this rule.
    pub(crate) fn by(
        rule: impl FnOnce(&mut Draft<'_>) -> Result<T, Stop>,
        record: &AccountRecord,
        context: &Context<'_>,
        entropy: Entropy,
    ) -> Result<Self, SessionError> {
        let mut draft = Draft { record: Cow::Borrowed(record), context, entropy, events: Vec::new() };
        let outcome = match rule(&mut draft) {
            Ok(outcome) => Ok(outcome),
            Err(Stop::Refused(refusal)) => Err(refusal),
            Err(Stop::Failed(error)) => return Err(error),
        };
        draft.reseal()?;
        let next = match draft.record {
            Cow::Owned(record) => Some(record),
            Cow::Borrowed(_) => None,
        };
        Ok(Self { outcome, next, events: draft.events })
    }
}

/// Why a rule stopped.
pub(crate) enum Stop {
    /// The claimant is refused. What the rule changed before is stored, and its events are logged: a failed guess
    /// is charged, for example.
    Refused(Refusal),
    /// No decision could be made. Nothing is stored or logged.
    Failed(SessionError),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl<E> From<E> for Stop
where
    SessionError: From<E>,
{
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Refuses unless something holds.
pub(super) fn require(holds: bool, otherwise: Refusal) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(otherwise) }
}

/// A decision in the making: what a rule reads and changes.
pub(crate) struct Draft<'a> {
    /// Copied with the first change.
    pub(super) record: Cow<'a, AccountRecord>,
    pub(super) context: &'a Context<'a>,
    pub(super) entropy: Entropy,
    events: Vec<AuditEvent>,
}

impl Draft<'_> {
    /// The record, to be changed.
    pub(super) fn change(&mut self) -> &mut AccountRecord {
        self.record.to_mut()
    }

    /// One of its authenticators, to be changed.
    pub(super) fn change_authenticator(&mut self, id: AuthenticatorId) -> Option<&mut Authenticator> {
        self.change().authenticators.iter_mut().find(|bound| bound.id == id)
    }

    pub(super) fn event(&mut self, kind: EventKind) {
        let (account, origin) = (self.record.account.clone(), self.context.origin.cloned());
        self.events.push(AuditEvent { account, at: self.context.now, origin, kind });
    }

    /// A token that says this about the account.
    pub(super) fn sign<C: Claims>(&self, claims: C) -> Signed<C> {
        let Context { policy, keys, .. } = self.context;
        Signed::new(self.record.account.clone(), claims, keys.tokens(), policy.namespace())
    }

    /// Whether the service signed it.
    pub(super) fn is_genuine<C: Claims>(&self, token: &Signed<C>) -> bool {
        token.is_genuine(self.context.keys.tokens(), self.context.policy.namespace())
    }

    pub(super) fn seal(
        &mut self,
        id: &AuthenticatorId,
        secret: &Secret,
        params: TotpParams,
    ) -> Result<SealedSecret, SessionError> {
        let (nonce, context) = (self.entropy.take()?, SealContext::new(&self.record.account, &id.0));
        Ok(SealedSecret { sealed: self.context.keys.seal().seal(secret, context, nonce)?, params })
    }

    /// Forgets the remembered devices that are not kept. It also forgets those beyond the number that the policy
    /// allows; otherwise one of them would come back in place of a forgotten one.
    pub(super) fn forget_devices(&mut self, reason: ForgottenBecause, is_kept: impl Fn(&Device) -> bool) {
        if self.record.devices.iter().all(&is_kept) {
            return;
        }
        let newest = self.newest_devices();
        for device in core::mem::take(&mut self.change().devices) {
            let (id, is_kept) = (device.id, is_kept(&device));
            if is_kept && newest.contains(&id) {
                self.change().devices.push(device);
            } else {
                let reason = if is_kept { ForgottenBecause::TooMany } else { reason };
                self.event(EventKind::DeviceForgotten { device: id, reason });
            }
        }
    }

    /// Forgets the devices beyond the number that the policy allows.
    pub(super) fn forget_surplus_devices(&mut self) {
        let newest = self.newest_devices();
        self.forget_devices(ForgottenBecause::TooMany, |device| newest.contains(&device.id));
    }

    fn newest_devices(&self) -> Vec<DeviceId> {
        self.record.newest_devices(self.context.policy).map(|(_, device)| device.id).collect()
    }

    /// Begins a new epoch: every session, challenge, enrollment and proof of the previous one is void, and
    /// all remembered devices are forgotten.
    pub(super) fn next_epoch(&mut self, reason: ForgottenBecause) -> Result<(), SessionError> {
        let epoch = Epoch(self.entropy.take()?);
        let latest = self.context.now.saturating_add(CLOCK_SKEW);
        let record = self.change();
        record.epoch = epoch;
        // Under a clock that was ahead, this time would void the logins by recovery code until then.
        record.regenerated_at = record.regenerated_at.map(|made| made.min(latest));
        record.touched.clear();
        self.forget_devices(reason, |_| false);
        Ok(())
    }

    /// Refuses while a password change is under way: everything has to wait for it.
    pub(super) fn wait_for_password_change(&self) -> Result<(), Refusal> {
        require(self.record.password_change.is_none(), Refusal::Retry)
    }

    /// Also refuses while a password change is under way, before something that the host itself has just
    /// verified. In addition, it ends a change that was interrupted, and with it every session and proof from
    /// before.
    pub(super) fn end_interrupted_password_change(&mut self) -> Result<(), Stop> {
        let Some(mark) = &self.record.password_change else { return Ok(()) };
        if !mark.is_recent(self.context.now) {
            self.change().password_change = None;
            self.next_epoch(ForgottenBecause::CredentialsChanged)?;
            self.event(EventKind::PasswordChangeInterrupted);
        }
        Err(Refusal::Retry.into())
    }

    /// Drops the challenges and devices that are over.
    pub(super) fn drop_what_is_over(&mut self) {
        let Context { now, policy, .. } = *self.context;
        self.change().touched.retain(|challenge| challenge.is_alive(now, policy));
        self.forget_devices(ForgottenBecause::Expired, |device| device.is_alive(now, policy));
        self.forget_surplus_devices();
    }

    /// If the record is written anyway, seals the secrets anew that are sealed with a retired key.
    fn reseal(&mut self) -> Result<(), SessionError> {
        let Cow::Owned(AccountRecord { account, authenticators, .. }) = &mut self.record else {
            return Ok(());
        };
        let seal = self.context.keys.seal();
        for bound in authenticators {
            let id = bound.id;
            let Some(app) = bound.app_mut().filter(|app| !seal.is_current(&app.secret.sealed)) else {
                continue;
            };
            // A secret that does not open stays as it is: the host may still find its key.
            if let Ok(secret) = app.secret.open(account, &id, seal) {
                let context = SealContext::new(account, &id.0);
                app.secret.sealed = seal.seal(&secret, context, self.entropy.take()?)?;
            }
        }
        Ok(())
    }
}
