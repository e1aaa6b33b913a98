//! What takes factors, devices and sessions away, and new recovery codes.

use second_factor::session::{AdministratorReset, CloseProof};
use second_factor::{AccountId, Refusal};

use crate::Machine;
use crate::budget::Budget;
use crate::enrollment::texts;
use crate::held::take;

impl Machine {
    pub fn disable(&mut self, a: u8, pick: u8) {
        let Some(fresh) = take(&mut self.fresh, pick) else { return };
        let (now, account) = (self.now(), fresh.account);
        let verifier = self.verifier.clone();
        let (answer, rows) = self.ask(account, verifier.disable(fresh.proof));
        let required = self.policy.requires_second_factor();
        let owner = &mut self.accounts[account];
        let refused = match owner.mark {
            _ if !fresh.dated.is_current(owner, now) => Some(Refusal::StepUpRequired),
            Some(_) => Some(Refusal::Retry),
            None if required => Some(Refusal::FactorRequired),
            None => None,
        };
        assert_eq!((answer.as_ref().err(), rows.written()), (refused.as_ref(), refused.is_none()));
        if let Ok(ended) = answer {
            let before = owner.epoch;
            owner.unbind();
            owner.go_on(ended, Some(fresh.session), before, a);
        }
    }

    pub fn regenerate(&mut self, pick: u8) {
        let Some(fresh) = take(&mut self.fresh, pick) else { return };
        let (now, account) = (self.now(), fresh.account);
        let verifier = self.verifier.clone();
        let (answer, rows) = self.ask(account, verifier.regenerate_recovery_codes(fresh.proof));
        let owner = &mut self.accounts[account];
        let refused = match owner.mark {
            _ if !fresh.dated.is_current(owner, now) => Some(Refusal::StepUpRequired),
            Some(_) => Some(Refusal::Retry),
            None => None,
        };
        assert_eq!((answer.as_ref().err(), rows.written()), (refused.as_ref(), refused.is_none()));
        if let Ok(codes) = answer {
            owner.renew_recovery_codes(texts(&codes));
        }
    }

    pub fn administrator_reset(&mut self, account: usize) {
        let verifier = self.verifier.clone();
        let (answer, rows) = self.ask(account, verifier.administrator_reset(self.administrator(account)));
        let (now, owner) = (self.now(), &mut self.accounts[account]);
        if owner.mark.is_some() {
            let interrupts = owner.end_interrupted_change(now);
            assert_eq!((answer.err(), rows.written()), (Some(Refusal::Retry), interrupts));
            return;
        }
        assert_eq!(answer.expect("two people").account(), &owner.id);
        owner.unbind();
    }

    /// By its owner, or by an administrator.
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
            owner.unbind();
            (owner.stepped_up, owner.budget) = (None, Budget::default());
        }
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
            owner.next_epoch();
        }
    }

    /// All devices, or one; which needs no proof.
    pub fn forget(&mut self, account: usize, pick: u8) {
        let verifier = self.verifier.clone();
        let id = self.accounts[account].id.clone();
        if pick & 1 == 0 {
            let (count, rows) = self.ask(account, verifier.forget_all_devices(&id));
            let devices = &mut self.accounts[account].devices;
            assert_eq!((count, rows.written()), (Ok(devices.len()), !devices.is_empty()));
            devices.clear();
            return;
        }
        // Also one that is not there any more.
        let Some(cookie) = usize::from(pick >> 1).checked_rem(self.cookies.len()) else { return };
        let device = self.cookies[cookie].id;
        let (was_there, rows) = self.ask(account, verifier.forget_device(&id, device));
        let devices = &mut self.accounts[account].devices;
        let is_there = devices.iter().any(|known| known.id == device);
        assert_eq!((was_there, rows.written()), (Ok(is_there), is_there));
        devices.retain(|known| known.id != device);
    }

    fn administrator(&self, account: usize) -> AdministratorReset {
        let carol = AccountId::new("carol").expect("an id");
        AdministratorReset::by_host(self.accounts[account].id.clone(), &carol).expect("two people")
    }
}
