//! Calls that remove factors, devices and sessions, rename authenticators, and renew recovery codes.

use second_factor::session::{
    AdministratorReset, AuthenticatorId, CloseProof, EventKind, ForgottenBecause, RemovedBy,
};
use second_factor::{AccountId, Refusal};

use crate::Machine;
use crate::account::Account;
use crate::authenticator::label_or;
use crate::budget::Budget;
use crate::enrollment::texts;
use crate::held::{Dated, take};

impl Machine {
    /// Removes all authenticators.
    pub fn disable(&mut self, a: u8, pick: u8) {
        let Some(fresh) = self.take_fresh(pick) else { return };
        let (now, account, requirement) = (self.now(), fresh.account, self.requirement(a >> 6));
        let (is_demanded, _) = self.demands(requirement);
        let verifier = self.verifier.clone();
        let (answer, rows) = self.ask(account, verifier.disable(fresh.proof, requirement));
        let owner = &mut self.accounts[account];
        let refused = owner.refused(fresh.dated, now).or(is_demanded.then_some(Refusal::FactorRequired));
        assert_eq!((answer.as_ref().err(), rows.written()), (refused.as_ref(), refused.is_none()));
        if let Ok(ended) = answer {
            let before = owner.epoch;
            owner.next_epoch(ForgottenBecause::CredentialsChanged, now);
            owner.unbind(RemovedBy::Owner, |_| true);
            owner.go_on(ended, Some(fresh.session), before, a);
        }
        self.told(account);
    }

    pub fn remove_authenticator(&mut self, a: u8, pick: u8) {
        let Some(fresh) = self.take_fresh(pick) else { return };
        let (now, account, requirement) = (self.now(), fresh.account, self.requirement(a >> 6));
        let (is_demanded, _) = self.demands(requirement);
        let Some(id) = self.place_of(account, 3 + a / 4 % 5) else { return };
        let verifier = self.verifier.clone();
        let (answer, rows) = self.ask(account, verifier.remove_authenticator(fresh.proof, id, requirement));
        let owner = &mut self.accounts[account];
        let is_last = owner.authenticators.len() == 1;
        let refused = owner.refused(fresh.dated, now).or_else(|| match owner.find(id) {
            None => Some(Refusal::NoAuthenticator),
            Some(_) => (is_last && is_demanded).then_some(Refusal::FactorRequired),
        });
        assert_eq!((answer.as_ref().err(), rows.written()), (refused.as_ref(), refused.is_none()));
        if let Ok(ended) = answer {
            let before = owner.epoch;
            owner.next_epoch(ForgottenBecause::CredentialsChanged, now);
            owner.unbind(RemovedBy::Owner, |bound| bound == id);
            owner.go_on(ended, Some(fresh.session), before, a);
        }
        self.told(account);
    }

    pub fn rename_authenticator(&mut self, a: u8, pick: u8) {
        let Some(fresh) = self.take_fresh(pick) else { return };
        let (now, account) = (self.now(), fresh.account);
        let Some(id) = self.place_of(account, 3 + a / 4 % 5) else { return };
        let text = ["Phone", " Old\r \u{202e}phone\u{2029} ", "\u{200e} \u{7}", "\u{1f4f1}"]
            [usize::from(a & 3)]
        .repeat(1 + usize::from(a >> 7) * 69);
        let verifier = self.verifier.clone();
        let (answer, rows) = self.ask(account, verifier.rename_authenticator(fresh.proof, id, &text));
        let owner = &mut self.accounts[account];
        let refused = owner.refused(fresh.dated, now);
        let refused = refused.or(owner.find(id).is_none().then_some(Refusal::NoAuthenticator));
        assert_eq!(answer.err(), refused);
        let bound = owner.authenticators.iter_mut().find(|bound| bound.id == id && refused.is_none());
        let label = bound.as_ref().map(|bound| label_or(&text, &bound.label));
        let renamed = bound.filter(|bound| Some(&bound.label) != label.as_ref()).zip(label);
        assert_eq!(rows.written(), renamed.is_some());
        if let Some((bound, label)) = renamed {
            bound.label.clone_from(&label);
            owner.events.push(EventKind::AuthenticatorRenamed { authenticator: id, label });
        }
        self.told(account);
    }

    pub fn regenerate(&mut self, pick: u8) {
        let Some(fresh) = self.take_fresh(pick) else { return };
        let (now, account) = (self.now(), fresh.account);
        let verifier = self.verifier.clone();
        let (answer, rows) = self.ask(account, verifier.regenerate_recovery_codes(fresh.proof));
        let owner = &mut self.accounts[account];
        let refused = owner.refused(fresh.dated, now);
        assert_eq!((answer.as_ref().err(), rows.written()), (refused.as_ref(), refused.is_none()));
        if let Ok(codes) = answer {
            owner.renew_recovery_codes(texts(&codes));
            owner.regenerated_at = Some(now);
            owner.events.push(EventKind::RecoveryCodesRegenerated);
        }
        self.told(account);
    }

    pub fn administrator_reset(&mut self, account: usize) {
        let verifier = self.verifier.clone();
        let (answer, rows) = self.ask(account, verifier.administrator_reset(self.administrator(account)));
        let (now, owner) = (self.now(), &mut self.accounts[account]);
        if owner.mark.is_some() {
            let interrupts = owner.end_interrupted_change(now);
            assert_eq!((answer.err(), rows.written()), (Some(Refusal::Retry), interrupts));
        } else {
            assert_eq!(answer.expect("two people").account(), &owner.id);
            assert!(rows.written());
            owner.next_epoch(ForgottenBecause::CredentialsChanged, now);
            owner.unbind(RemovedBy::Administrator, |_| true);
        }
        self.told(account);
    }

    /// By the owner or by an administrator.
    pub fn close_account(&mut self, a: u8, pick: u8) {
        let now = self.now();
        let (account, permitted, proof) = if a & 2 == 2 {
            let account = usize::from(a & 1);
            (account, true, CloseProof::from(self.administrator(account)))
        } else {
            let Some(again) = take(&mut self.again, pick) else { return };
            let permitted = again.permits_change(&self.accounts[again.account], now);
            (again.account, permitted, CloseProof::from(again.proof))
        };
        let verifier = self.verifier.clone();
        let (answer, rows) = self.ask(account, verifier.close_account(proof));
        let owner = &mut self.accounts[account];
        if !permitted {
            assert_eq!((answer.err(), rows.written()), (Some(Refusal::StepUpRequired), false));
        } else if owner.mark.is_some() {
            let interrupts = owner.end_interrupted_change(now);
            assert_eq!((answer.err(), rows.written()), (Some(Refusal::Retry), interrupts));
        } else {
            assert_eq!(answer.expect("permitted").account(), &owner.id);
            assert!(rows.written());
            owner.next_epoch(ForgottenBecause::CredentialsChanged, now);
            owner.authenticators.clear();
            owner.renew_recovery_codes(Vec::new());
            (owner.stepped_up, owner.regenerated_at, owner.budget) = (None, None, Budget::default());
            owner.events.push(EventKind::AccountClosed);
        }
        self.told(account);
    }

    pub fn end_all_sessions(&mut self, account: usize, pick: u8) {
        let (now, owner) = (self.now(), &self.accounts[account]);
        let Some(index) = usize::from(pick).checked_rem(owner.sessions.len()) else { return };
        let verifier = self.verifier.clone();
        let (answer, rows) = self.ask(account, verifier.end_all_sessions(&owner.sessions[index].session));
        let owner = &mut self.accounts[account];
        let refused = match owner.mark {
            _ if !owner.is_current(&owner.sessions[index], now) => Some(Refusal::StepUpRequired),
            Some(_) => Some(Refusal::Retry),
            None => None,
        };
        assert_eq!((answer.as_ref().err(), rows.written()), (refused.as_ref(), refused.is_none()));
        if answer.is_ok() {
            owner.next_epoch(ForgottenBecause::Revoked, now);
            owner.events.push(EventKind::SessionsEnded);
        }
        self.told(account);
    }

    /// Forgets all devices, or one. Needs no proof.
    pub fn forget(&mut self, account: usize, pick: u8) {
        let verifier = self.verifier.clone();
        let id = self.accounts[account].id.clone();
        if pick & 1 == 0 {
            let (count, rows) = self.ask(account, verifier.forget_all_devices(&id));
            let owner = &mut self.accounts[account];
            assert_eq!((count, rows.written()), (Ok(owner.devices.len()), !owner.devices.is_empty()));
            owner.forget(ForgottenBecause::Revoked, |_| false);
        } else {
            // Perhaps one that is forgotten already.
            let Some(cookie) = usize::from(pick >> 1).checked_rem(self.cookies.len()) else { return };
            let device = self.cookies[cookie].id;
            let (was_there, rows) = self.ask(account, verifier.forget_device(&id, device));
            let owner = &mut self.accounts[account];
            let is_there = owner.devices.iter().any(|known| known.id == device);
            assert_eq!((was_there, rows.written()), (Ok(is_there), is_there));
            owner.forget(ForgottenBecause::Revoked, |known| known.id != device);
        }
        self.told(account);
    }

    fn administrator(&self, account: usize) -> AdministratorReset {
        let carol = AccountId::new("carol").expect("an id");
        AdministratorReset::by_host(self.accounts[account].id.clone(), &carol).expect("two people")
    }
}

impl Account {
    /// The refusal of a fresh factor that is no longer valid.
    fn refused(&self, fresh: Dated, now: u64) -> Option<Refusal> {
        match self.mark {
            _ if !fresh.is_current(self, now) => Some(Refusal::StepUpRequired),
            Some(_) => Some(Refusal::Retry),
            None => None,
        }
    }

    /// Removing the last authenticator removes the recovery codes too.
    fn unbind(&mut self, by: RemovedBy, is_removed: impl Fn(AuthenticatorId) -> bool) {
        let removed: Vec<_> = self.authenticators.extract_if(.., |bound| is_removed(bound.id)).collect();
        if !self.has_factor() {
            self.renew_recovery_codes(Vec::new());
        }
        let left = self.authenticators.len();
        let told = removed.iter().rev().enumerate().map(|(after, bound)| EventKind::AuthenticatorRemoved {
            authenticator: bound.id,
            label: bound.label.clone(),
            by,
            remaining: left + after,
        });
        let told: Vec<_> = told.collect();
        self.events.extend(told.into_iter().rev());
    }
}
