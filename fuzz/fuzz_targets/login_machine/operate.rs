//! The tasks of an operator: key rotation, and backups of a row.

use std::sync::Arc;

use second_factor::BlockingStore;
use second_factor::session::{EventKind, ForgottenBecause};
use second_factor::store::{Change, Expected, Revision, Swap};

use crate::{Machine, verifier};

impl Machine {
    pub fn operate(&mut self, a: u8) {
        let account = usize::from(a & 1);
        match a >> 1 & 3 {
            0 => self.reseal(account),
            1 => self.end_what_a_backup_revived(account),
            2 => self.back_up(account),
            _ => self.restore(account),
        }
    }

    /// A new key signs and seals. Tokens of the previous key stay valid, unless it was stolen.
    pub fn rotate_keys(&mut self, was_stolen: bool) {
        if self.keys.len() >= 6 {
            return;
        }
        let key = self.key();
        if was_stolen {
            self.accounts.iter_mut().for_each(|owner| owner.stolen_keys.push(key));
        }
        if let Some(verifies) = self.keys.last_mut() {
            *verifies = !was_stolen;
        }
        self.keys.push(true);
        self.random += 1 << 32;
        let Self { policy, store, keys, random, clock, events, .. } = self;
        self.verifier = Arc::new(verifier(policy, store, keys, *random, clock, events));
    }

    fn reseal(&mut self, account: usize) {
        let verifier = self.verifier.clone();
        let owner = &self.accounts[account];
        let (was_stale, rows) = self.ask(account, verifier.reseal(&owner.id));
        let is_stale = owner.apps().next().is_some() && owner.sealed_with != self.key();
        assert_eq!((was_stale, rows.written()), (Ok(is_stale), is_stale));
        self.told(account);
    }

    fn end_what_a_backup_revived(&mut self, account: usize) {
        let (now, verifier) = (self.now(), self.verifier.clone());
        let ended = verifier.end_what_a_backup_revived(&self.accounts[account].id);
        let (ended, rows) = self.ask(account, ended);
        let owner = &mut self.accounts[account];
        assert_eq!(ended.expect("it is never refused").account(), &owner.id);
        assert!(rows.written());
        owner.next_epoch(ForgottenBecause::Restored, now);
        for app in owner.authenticators.iter_mut().filter_map(|bound| bound.app_mut()) {
            // Including the code that a clock which is ahead shows.
            let shown = app.phone.step(now).expect("after 1970") + 1;
            app.last = app.last.max(Some(shown));
        }
        owner.events.push(EventKind::Restored);
        self.told(account);
    }

    fn back_up(&mut self, account: usize) {
        let owner = &mut self.accounts[account];
        let Some(row) = BlockingStore::load(&self.store, &owner.id).expect("it can be read") else { return };
        owner.backup = None;
        let known = owner.clone();
        owner.backup = Some(Box::new((row.value, known)));
    }

    /// Restores the row from the backup, with a new revision. The verifier draws revisions with one bit less, so it is unique.
    fn restore(&mut self, account: usize) {
        let revision = Revision::new(1 << 63 | u64::from(self.number()));
        let owner = &mut self.accounts[account];
        let Some((record, known)) = owner.backup.as_deref().cloned() else { return };
        let row =
            BlockingStore::load(&self.store, &owner.id).expect("it can be read").expect("none is deleted");
        let change = Change::new(Expected::At(row.revision), revision, &record, &[]);
        let swap =
            BlockingStore::compare_and_swap(&self.store, &owner.id, change).expect("it can be written");
        assert_eq!(swap, Swap::Stored);
        owner.restore(known);
        owner.compared = Some(revision.get());
    }
}
