//! Enrollments, of which several may be open, and imports.

use second_factor::enrollment::ImportedSecret;
use second_factor::session::{EnrollmentProof, EventKind, Import};
use second_factor::{RecoveryCodes, Refusal, Secret, TotpParams};
use second_factor_fuzz::Phone;

use crate::held::{Enrolling, hold, take};
use crate::{Machine, is_alive};

impl Machine {
    pub fn begin_enrollment(&mut self, a: u8, pick: u8) {
        let (now, account) = (self.now(), usize::from(a & 1));
        let mut is_doubtful = false;
        let (account, permitted, proof): (_, _, EnrollmentProof) = match a >> 1 & 3 {
            kind @ 0..=1 => {
                let checked = self.some_check(account, kind == 1, pick);
                let (account, owner) = (checked.account, &self.accounts[checked.account]);
                let permitted = owner.phone.is_none() && checked.is_current(owner, now);
                is_doubtful = checked.began_during_change();
                (account, permitted, checked.into_password().into())
            }
            2 => {
                let Some(fresh) = take(&mut self.fresh, pick) else { return };
                let permitted = fresh.dated.is_current(&self.accounts[fresh.account], now);
                (fresh.account, permitted, fresh.proof.into())
            }
            _ => {
                let Some(again) = take(&mut self.again, pick) else { return };
                let permitted = again.permits_enrollment(&self.accounts[again.account], now);
                (again.account, permitted, again.proof.into())
            }
        };
        let verifier = self.verifier.clone();
        let (answer, rows) = self.ask(account, verifier.begin_enrollment(proof, "somebody@example.com"));
        assert!(!rows.written(), "an enrollment that is begun is not stored");
        let owner = &self.accounts[account];
        match answer {
            Ok(begun) => {
                assert!(
                    permitted && !is_doubtful && owner.mark.is_none(),
                    "an enrollment was begun on a proof that is none"
                );
                assert_eq!(begun.expires_at.as_secs(), now.saturating_add(600));
                let phone = Phone::new(begun.uri.secret(), TotpParams::default());
                let (key, epoch) = (self.key(), owner.epoch);
                hold(&mut self.enrolling, 6, Enrolling { account, begun, phone, key, epoch, at: now });
            }
            Err(Refusal::StepUpRequired) => assert!(!permitted, "a good proof was refused"),
            Err(Refusal::Retry) => assert!(permitted && (is_doubtful || owner.mark.is_some())),
            Err(other) => panic!("{other:?}"),
        }
    }

    pub fn confirm(&mut self, a: u8, pick: u8) {
        let now = self.now();
        let Some(index) = usize::from(pick).checked_rem(self.enrolling.len()) else { return };
        let (refused, enrolling) = (self.enrollment_refused(index), &self.enrolling[index]);
        let (account, phone) = (enrolling.account, enrolling.phone.clone());
        let Some(step) = phone.step(now) else { return };
        let code = match (a % 8, &self.accounts[account].phone) {
            (0, _) => phone.wrong_code(now, pick),
            (1, Some(old)) => old.code_of(step),
            (2, _) => "lost it".to_owned(),
            (3, _) => phone.code_of(step.saturating_add(1)),
            _ => phone.code_of(step),
        };
        let right = phone.steps_with(&code, now).into_iter().min();
        let verifier = self.verifier.clone();
        let (answer, rows) = self.ask(account, verifier.confirm_enrollment(&enrolling.begun.token, &code));
        let expected = match (refused, right) {
            (Some(refusal), _) => Err(refusal),
            _ if code == "lost it" => Err(Refusal::Malformed),
            (None, Some(step)) => Ok(step),
            (None, None) => Err(Refusal::NotAccepted),
        };
        assert_eq!(rows.written(), expected.is_ok());
        let owner = &mut self.accounts[account];
        match (expected, answer) {
            (Ok(step), Ok(confirmed)) => {
                let (codes, ended) = confirmed.into_parts();
                assert_eq!(ended.account(), &owner.id);
                owner.bind(phone, Some(step), texts(&codes), now);
            }
            (Err(expected), Err(refusal)) => assert_eq!(expected, refusal),
            (expected, answer) => panic!("{expected:?}, and not {answer:?}"),
        }
    }

    /// A page that is loaded anew shows the secret, until it is bound or over.
    pub fn show_enrollment(&mut self, pick: u8) {
        let Some(index) = usize::from(pick).checked_rem(self.enrolling.len()) else { return };
        let (refused, enrolling) = (self.enrollment_refused(index), &self.enrolling[index]);
        let verifier = self.verifier.clone();
        let (uri, rows) = self.ask(enrolling.account, verifier.pending_enrollment(&enrolling.begun.token));
        assert!(!rows.written());
        match refused {
            None => assert_eq!(uri.as_ref(), Ok(&enrolling.begun.uri)),
            Some(refusal) => assert_eq!(uri.err(), Some(refusal)),
        }
    }

    /// Why this enrollment cannot be confirmed, if it cannot.
    fn enrollment_refused(&self, index: usize) -> Option<Refusal> {
        let enrolling = &self.enrolling[index];
        let owner = &self.accounts[enrolling.account];
        let is_live = self.verifies(enrolling.key)
            && enrolling.epoch == owner.epoch
            && is_alive(600, enrolling.at, self.now());
        match owner.mark {
            _ if !is_live => Some(Refusal::EnrollmentOver),
            Some(_) => Some(Refusal::Retry),
            None => None,
        }
    }

    pub fn import(&mut self, account: usize, pick: u8) {
        let now = self.now();
        let secret = Secret::new(&[pick; 20]).expect("20 bytes");
        let imported = ImportedSecret::new(secret.clone()).expect("160 bits");
        let import = Import::by_host(self.accounts[account].id.clone(), imported, TotpParams::default());
        let verifier = self.verifier.clone();
        let (answer, rows) = self.ask(account, verifier.import(import));
        let owner = &mut self.accounts[account];
        let (before, was_marked, interrupts) =
            (owner.epoch, owner.mark.is_some(), owner.end_interrupted_change(now));
        let kinds = self.events.take().into_iter().map(|event| event.kind);
        let events: Vec<EventKind> = kinds.collect();
        assert_eq!(events.contains(&EventKind::PasswordChangeInterrupted), interrupts);
        match answer {
            Ok(ended) => {
                assert!(!was_marked && owner.phone.is_none(), "an import replaced an authenticator");
                owner.bind(Phone::new(&secret, TotpParams::default()), None, Vec::new(), now);
                owner.go_on(ended, None, before, pick);
                assert!(rows.written());
            }
            Err(Refusal::Retry) => {
                assert!(was_marked);
                assert_eq!(rows.written(), interrupts);
            }
            Err(Refusal::StepUpRequired) => {
                assert!(!was_marked && owner.phone.is_some() && !rows.written());
            }
            Err(other) => panic!("{other:?}"),
        }
    }
}

pub fn texts(codes: &RecoveryCodes) -> Vec<String> {
    codes.iter().map(|code| code.expose().expose().to_owned()).collect()
}
