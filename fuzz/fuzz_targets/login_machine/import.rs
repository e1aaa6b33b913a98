//! Imports from another system, and its recovery codes.

use second_factor::enrollment::ImportedSecret;
use second_factor::otp::TimeStep;
use second_factor::session::{Binding, EndAllSessions, EventKind, ForgottenBecause, Import, RefusedBecause};
use second_factor::{Algorithm, Digits, Period, Refusal, Secret, TotpParams};
use second_factor_fuzz::Phone;

use crate::authenticator::{App, Authenticator, Prover};
use crate::budget::Budget;
use crate::held::{Tried, hold, take};
use crate::presented::What;
use crate::{Machine, finished, is_alive};

impl Machine {
    pub fn import(&mut self, a: u8, pick: u8) {
        let (now, account) = (self.now(), usize::from(a & 1));
        let secret = Secret::new(&[pick; 20]).expect("20 bytes");
        let imported = ImportedSecret::new(secret.clone()).expect("160 bits");
        let minute = Period::from_secs(60).expect("a minute");
        let params = match a >> 6 {
            0 => TotpParams::default(),
            1 => TotpParams::new(Algorithm::Sha1, Digits::Eight, Period::default()),
            2 => TotpParams::new(Algorithm::Sha256, Digits::Seven, Period::default()),
            _ => TotpParams::new(Algorithm::Sha512, Digits::Six, minute),
        };
        let phone = Phone::new(&secret, params);
        let Some(step) = phone.step(now) else { return };
        let last = [None, Some(step), Some(step.saturating_sub(1)), Some(step + 3)][usize::from(a >> 2 & 3)];
        let names = (0..[0, 1, 3, Import::MAX_RECOVERY_CODES][usize::from(a >> 4 & 3)]).map(old_name);
        let names: Vec<String> = names.collect();
        let is_quiet = a & 2 == 2;
        let import = Import::by_host(self.accounts[account].id.clone(), imported, params);
        let import = import.recovery_codes(names.iter().chain(names.first())).expect("20, and one twice");
        let import = if is_quiet { import.quietly() } else { import.label("From before") };
        let import = match last {
            Some(last) => import.last_accepted(TimeStep::new(last)),
            None => import,
        };

        let verifier = self.verifier.clone();
        let (answer, rows) = self.ask(account, verifier.import(import));
        let status = finished(self.verifier.status(&self.accounts[account].id)).expect("it can be read");
        let owner = &mut self.accounts[account];
        let was_marked = owner.mark.is_some();
        let is_interrupted = owner.end_interrupted_change(now);
        let expected = match owner.has_factor() {
            _ if was_marked => Err(Refusal::Retry),
            true => Err(Refusal::AlreadyBound),
            false => Ok(()),
        };
        assert_eq!(answer.as_ref().map(drop).map_err(|refusal| *refusal), expected);
        assert_eq!(rows.written(), is_interrupted || expected.is_ok());
        if let Ok(ended) = answer {
            assert_eq!(ended.as_ref().map(EndAllSessions::account), (!is_quiet).then_some(&owner.id));
            if ended.is_some() {
                owner.next_epoch(ForgottenBecause::CredentialsChanged, now);
            }
            let id = status.authenticators.first().expect("it is bound").id;
            let label = if is_quiet { "Authenticator app" } else { "From before" }.to_owned();
            let binding = if is_quiet { Binding::ImportedQuietly } else { Binding::Imported };
            let bound = EventKind::AuthenticatorBound { authenticator: id, label: label.clone(), binding };
            assert_eq!(bound.notify_owner(), !is_quiet);
            owner.events.push(bound);
            let prover = Prover::App(App { phone, params, last });
            owner.authenticators.push(Authenticator { id, label, bound_at: now, last_used: None, prover });
            owner.budget = Budget::of_first_binding(now);
            owner.renew_recovery_codes(Vec::new());
            owner.old_codes = names;
        }
        self.told(account);
    }

    /// A try of the old system's recovery code is charged; then the host compares it, or does not.
    pub fn try_old_recovery_code(&mut self, a: u8, pick: u8) {
        let Some(index) = usize::from(pick).checked_rem(self.open.len()) else { return };
        let (now, open) = (self.now(), &self.open[index]);
        let (account, number, epoch, at) = (open.account, open.number, open.epoch, open.at);
        let is_genuine = self.verifies(open.key);
        let verifier = self.verifier.clone();
        let (answer, rows) = self.ask(account, verifier.try_old_recovery_code(&open.token));
        let owner = &mut self.accounts[account];
        let refused = |reason| EventKind::RecoveryCodeRefused { reason };
        let touched = owner.touched.iter().find(|touched| touched.challenge == number);
        let is_done = is_genuine && touched.is_some_and(|touched| touched.done);
        let is_live = is_genuine && epoch == owner.epoch && is_alive(600, at, now) && owner.has_factor();
        let expected = if is_done {
            Err(Refusal::AlreadyDone)
        } else if !is_live || touched.is_some_and(|touched| touched.failures >= 5) {
            owner.events.push(refused(RefusedBecause::NoChallenge));
            Err(Refusal::ChallengeOver)
        } else if owner.mark.is_some() {
            Err(Refusal::Retry)
        } else if owner.codes_left() == 0 {
            owner.events.push(refused(RefusedBecause::Wrong));
            Err(Refusal::NotAccepted)
        } else if let Some(lock) = owner.lock(now) {
            owner.events.push(refused(RefusedBecause::Locked));
            Err(lock.refusal())
        } else {
            owner.events.push(EventKind::OldRecoveryCodeTried);
            owner.pay(Some((number, at)), now);
            Ok(())
        };
        assert_eq!(answer.as_ref().map(drop).map_err(|refusal| *refusal), expected);
        assert_eq!(rows.written(), expected.is_ok());
        if let Ok(paid) = answer {
            assert_eq!(paid.account(), &owner.id);
            if a & 1 == 0 {
                hold(&mut self.tried, 6, Tried { account, challenge: number, paid });
            }
        }
        self.told(account);
    }

    /// The host found the code and names it: in the challenge of the try, in another one, or in a session.
    pub fn old_recovery_code(&mut self, a: u8, pick: u8) {
        let Some(Tried { account, challenge, paid }) = take(&mut self.tried, pick) else { return };
        let left = &self.accounts[account].old_codes;
        let nth = usize::from(a >> 3 & 7).checked_rem(left.len());
        let name = match (a >> 1 & 3, nth) {
            (0 | 1, Some(nth)) => left[nth].clone(),
            (0..=2, _) => old_name(0),
            _ => "nobody's".to_owned(),
        };
        let verified = paid.was(&name);
        assert_eq!(verified.account(), &self.accounts[account].id);
        let what = What::Old { account, challenge, name };
        if a & 128 == 128 {
            return self.present_old_in_session(account, pick, &what, verified.into());
        }
        let own = self.open.iter().position(|open| open.number == challenge);
        let any = usize::from(pick).checked_rem(self.open.len());
        let Some(index) = own.filter(|_| a & 1 == 0).or(any) else { return };
        self.present(index, &what, verified.into(), a & 64 == 64);
    }
}

fn old_name(nth: usize) -> String {
    format!("old code {nth}")
}
