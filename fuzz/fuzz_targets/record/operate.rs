//! Authenticators that the host verifies, removals, and the tasks of an operator.

use second_factor::session::{
    AuthenticatorId, AuthenticatorKind, HostAuthenticatorKind, HostAuthenticatorVerified,
    NewHostAuthenticator, Requirement,
};
use second_factor::{AccountRecord, AuthMethod, ChallengeToken, FreshFactor, Login, Refusal, Remember};

use crate::driver::{Driver, Verifier, password};
use crate::fields::{clear_secrets, guesses, has_distinct_authenticators, is_changing, session, spent};

impl Driver {
    /// A proof that the host verified is accepted once, for a bound authenticator, whatever was guessed. A try of an old recovery code is charged.
    pub fn present_of_host(&self, record: &AccountRecord, challenge: &ChallengeToken) {
        let status = self.status(record);
        let id = AuthenticatorId::of_host(record.account(), CREDENTIAL);
        let bound = status.authenticators.iter().find(|bound| bound.id == id).map(|bound| bound.kind);
        let proof = || HostAuthenticatorVerified::by_host(record.account().clone(), CREDENTIAL, b"signed");
        let present = |verifier: &Verifier| verifier.present(challenge, proof(), Remember::No);
        let (next, answer) = self.on(record, present).expect("it needs no key");
        match answer {
            Ok(accepted) => {
                let Some(AuthenticatorKind::Host(kind)) = bound else { panic!("it is not bound") };
                assert_eq!(accepted.authenticated.method(), AuthMethod::HostAuthenticator(kind));
                let (_, login) = self.log_in(&next, None);
                let Ok(Login::CodeRequired(another)) = login else { panic!("it is not remembered") };
                let replay = self.on(&next, |verifier| verifier.present(&another, proof(), Remember::No));
                assert_eq!(replay.map(|(_, answer)| answer.err()), Some(Some(Refusal::NotAccepted)));
            }
            Err(refusal) => assert!(next == *record && refusal == Refusal::NotAccepted),
        }
        let (next, paid) =
            self.on(record, |verifier| verifier.try_old_recovery_code(challenge)).expect("it needs no key");
        let charged = if paid.is_ok() { guesses(record) } else { 0 };
        assert_eq!(spent(&next), (spent(record) + charged).min(u16::MAX.into()));
        assert!(paid.is_err() || !status.is_locked);
        let Ok(paid) = paid else { return };
        let present = |verifier: &Verifier| verifier.present(challenge, paid.was(&self.typed), Remember::No);
        let (used, answer) = self.on(&next, present).expect("it needs no key");
        assert!(answer.is_ok() || used == next);
        let left = self.status(&used).recovery_codes_left + usize::from(answer.is_ok());
        assert_eq!(left, status.recovery_codes_left);
    }

    /// Removes the first authenticator, and with it its codes.
    pub fn remove(&self, record: &AccountRecord, fresh: FreshFactor) {
        let before = self.status(record);
        let first = before.authenticators.first().expect("it was presented").id;
        let remove = |verifier: &Verifier| verifier.remove_authenticator(fresh, first, Requirement::None);
        let (removed, _) = self.done(record, remove);
        let after = self.status(&removed);
        assert!(after.authenticators.iter().all(|left| left.id != first) && after.devices.is_empty());
        assert!(!self.is_current(&removed, &session(record)));
        if has_distinct_authenticators(record) {
            assert_eq!(after.authenticators.len() + 1, before.authenticators.len());
        }
        let codes = if after.is_enabled() { before.recovery_codes_left } else { 0 };
        assert_eq!(after.recovery_codes_left, codes);
    }

    /// Binds a passkey where the password is enough, reseals the secrets, and ends what a backup revived.
    pub fn operate(&self, record: &AccountRecord) {
        let status = self.status(record);
        let new =
            || NewHostAuthenticator::new(CREDENTIAL, HostAuthenticatorKind::SoftwareKey).label(&self.typed);
        let bind = |verifier: &Verifier| verifier.bind_host_authenticator(password(verifier, record), new());
        let (bound, answer) = self.on(record, bind).expect("it needs no key");
        assert_eq!(answer.is_ok(), !status.is_enabled() && !is_changing(record));
        if answer.is_ok() {
            let kind = self.status(&bound).authenticators[0].kind;
            assert_eq!(kind, AuthenticatorKind::Host(HostAuthenticatorKind::SoftwareKey));
            let (_, login) = self.log_in(&bound, None);
            let Ok(Login::CodeRequired(challenge)) = login else { panic!("it is asked for") };
            self.present_of_host(&bound, &challenge);
        }

        if let Some((resealed, answer)) = self.on(record, |verifier| verifier.reseal(record.account())) {
            assert_eq!(answer, Ok(resealed != *record));
            let again = self.on(&resealed, |verifier| verifier.reseal(record.account()));
            assert_eq!(again, Some((resealed.clone(), Ok(false))));
            let newest: &[u32] = if answer == Ok(true) { &[2] } else { &[] };
            assert!(newest.is_empty() || resealed.sealing_keys() == newest);
            assert_eq!(self.status(&resealed), status);
        }

        let end = |verifier: &Verifier| verifier.end_what_a_backup_revived(record.account());
        let (ended, _) = self.done(record, end);
        assert!(self.status(&ended).devices.is_empty() && !self.is_current(&ended, &session(record)));
        let (_, Ok(Login::CodeRequired(challenge))) = self.log_in(&ended, None) else { return };
        for (phone, _) in clear_secrets(&ended).into_iter().flatten() {
            let Some(step) = phone.step(self.now) else { continue };
            for step in [step.saturating_sub(1), step, step.saturating_add(1)] {
                let code = phone.code_of(step);
                let used = self.on(&ended, |verifier| verifier.present(&challenge, &code, Remember::No));
                assert!(!matches!(used, Some((_, Ok(_)))), "a code from before the restore was accepted");
            }
        }
    }
}

const CREDENTIAL: &[u8] = b"credential";
