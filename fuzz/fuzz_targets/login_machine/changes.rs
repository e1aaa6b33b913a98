//! What changes an account's credentials and devices.

use second_factor::enrollment::ImportedSecret;
use second_factor::session::{AdministratorReset, Import, Reauthenticated};
use second_factor::verifier::Error;
use second_factor::{AccountId, FreshFactor, PasswordVerified, RecoveryCodes, Refusal, Secret, TotpParams};
use second_factor_fuzz::Phone;

use crate::account::Pending;
use crate::{Machine, is_within, series_of};

impl Machine {
    pub fn begin_enrollment(&mut self, account: usize, pick: u8) {
        let now = self.now();
        let fresh = (pick & 1 == 1).then(|| self.take_fresh(pick >> 1)).flatten();
        let (account, proof, fine) = match fresh {
            Some((account, fresh, fine)) => (account, Reauthenticated::from(fresh), fine),
            None => {
                let owner = &self.accounts[account];
                let proof = PasswordVerified::by_host(owner.id.clone());
                (account, Reauthenticated::from(proof), owner.phone.is_none())
            }
        };
        match self.verifier.begin_enrollment(proof, "somebody@example.com") {
            Ok(begun) => {
                assert!(fine, "an enrollment was begun on a proof that is none");
                let phone = Phone::new(begun.uri.secret(), TotpParams::default());
                let pending = Pending { begun, phone, at: now, failures: 0, live: true };
                self.accounts[account].pending = Some(pending);
            }
            Err(Error::Refused(Refusal::StepUpRequired)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }

    pub fn confirm(&mut self, account: usize, pick: u8) {
        let now = self.now();
        let owner = &mut self.accounts[account];
        let Some(pending) = &mut owner.pending else { return };
        let code = match (pick & 3, pending.phone.step(now), &owner.phone) {
            (0, Some(_), _) => pending.phone.wrong_code(now, pick),
            (1, Some(step), Some(old)) => old.code_of(step),
            (_, Some(step), _) => pending.phone.code_of(step),
            _ => return,
        };
        let steps = pending.phone.steps_with(&code, now);
        let usable = pending.live && pending.failures < 5 && is_within(600, pending.at, now);
        match self.verifier.confirm_enrollment(&pending.begun.token, &code) {
            Ok(confirmed) => {
                assert!(usable, "an enrollment that is over was confirmed");
                owner.last = steps.into_iter().min();
                assert!(owner.last.is_some(), "confirmed with a wrong code");
                owner.phone = Some(pending.phone.clone());
                pending.live = false;
                owner.next_generation(self.forward, false);
                owner.unused = texts(&confirmed.recovery_codes);
                assert_eq!(confirmed.end_sessions.account(), &owner.id);
            }
            Err(Error::Refused(Refusal::NotAccepted | Refusal::EnrollmentOver)) => {
                if usable && steps.is_empty() {
                    pending.failures += 1;
                }
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    pub fn change_password(&mut self, account: usize) {
        let owner = &mut self.accounts[account];
        let ended = self.verifier.password_changed(&owner.id).expect("no key is needed");
        owner.next_generation(self.forward, true);
        owner.go_on(&ended);
    }

    pub fn disable(&mut self, pick: u8) {
        let Some((account, fresh, fine)) = self.take_fresh(pick) else { return };
        let owner = &mut self.accounts[account];
        match self.verifier.disable(fresh) {
            Ok(ended) => {
                assert!(fine, "disabled on a proof that is none");
                owner.lose_factor(self.forward);
                owner.go_on(&ended);
            }
            Err(Error::Refused(Refusal::StepUpRequired)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }

    pub fn regenerate(&mut self, pick: u8) {
        let Some((account, fresh, fine)) = self.take_fresh(pick) else { return };
        match self.verifier.regenerate_recovery_codes(fresh) {
            Ok(codes) => {
                assert!(fine, "regenerated on a proof that is none");
                let owner = &mut self.accounts[account];
                owner.used.append(&mut owner.unused);
                owner.unused = texts(&codes);
                owner.challenged += 1;
            }
            Err(Error::Refused(Refusal::StepUpRequired)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }

    pub fn reset(&mut self, account: usize) {
        let administrator = AccountId::new("carol").expect("an id");
        let owner = &mut self.accounts[account];
        let reset = AdministratorReset::by_host(owner.id.clone(), &administrator).expect("two people");
        let _ = self.verifier.administrator_reset(reset).expect("no key is needed");
        owner.lose_factor(self.forward);
    }

    pub fn forget(&mut self, account: usize, pick: u8) {
        let owner = &mut self.accounts[account];
        if pick & 1 == 0 {
            let _ = self.verifier.forget_all_devices(&owner.id).expect("no key is needed");
            owner.remembered += 1;
            return;
        }
        let devices = self.verifier.status(&owner.id).expect("it can be read").devices;
        let Some(index) = usize::from(pick >> 1).checked_rem(devices.len()) else { return };
        assert!(self.verifier.forget_device(&owner.id, devices[index].id).expect("no key is needed"));
        let series = devices[index].id.to_string();
        let same = self.devices.iter_mut().filter(|known| series_of(&known.text) == series);
        same.for_each(|known| known.gone = true);
    }

    pub fn import(&mut self, account: usize, pick: u8) {
        let secret = Secret::new(&[pick; 20]).expect("20 bytes");
        let imported = ImportedSecret::new(secret.clone()).expect("160 bits");
        let owner = &mut self.accounts[account];
        let import = Import::by_host(owner.id.clone(), imported, TotpParams::default());
        match self.verifier.import(import) {
            Ok(ended) => {
                assert!(owner.phone.is_none(), "an import replaced an authenticator");
                owner.next_generation(self.forward, false);
                owner.phone = Some(Phone::new(&secret, TotpParams::default()));
                owner.last = None;
                owner.go_on(&ended);
            }
            Err(Error::Refused(Refusal::StepUpRequired)) => assert!(owner.phone.is_some()),
            Err(other) => panic!("{other:?}"),
        }
    }

    /// A fresh factor, and whether it is still one.
    fn take_fresh(&mut self, pick: u8) -> Option<(usize, FreshFactor, bool)> {
        let index = usize::from(pick).checked_rem(self.fresh.len())?;
        let (account, fresh, born) = self.fresh.swap_remove(index);
        let fine =
            born.generation == self.accounts[account].credentials && is_within(300, born.at, self.now());
        Some((account, fresh, fine))
    }
}

fn texts(codes: &RecoveryCodes) -> Vec<String> {
    codes.iter().map(|code| code.expose().expose().to_owned()).collect()
}
