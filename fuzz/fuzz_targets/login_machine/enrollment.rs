//! Enrollments, of which several may be open, and authenticators that the host verifies.

use second_factor::enrollment::KeyUri;
use second_factor::session::{
    AuthenticatorId, Binding, EnrollmentConfirmed, EnrollmentProof, EventKind, ForgottenBecause,
    HostAuthenticatorKind, NewAuthenticator, NewHostAuthenticator, RemovedBy,
};
use second_factor::{RecoveryCodes, Refusal, TotpParams};
use second_factor_fuzz::Phone;

use crate::account::Account;
use crate::authenticator::{App, Authenticator, Key, Prover, credential, id_of_host, label_or, offset};
use crate::budget::Budget;
use crate::held::{Basis, Enrolling, Place, hold, take};
use crate::presented::digits;
use crate::{Machine, is_alive};

/// A proof for a binding, with the model's data about it.
struct Proof {
    account: usize,
    is_permitted: bool,
    /// Whether the host may have compared a hash that was replaced since.
    is_doubtful: bool,
    basis: Basis,
    proof: EnrollmentProof,
}

impl Machine {
    fn enrollment_proof(&mut self, a: u8, pick: u8) -> Option<Proof> {
        let (now, account) = (self.now(), usize::from(a & 1));
        Some(match a >> 1 & 3 {
            kind @ 0..=1 => {
                let checked = self.some_check(account, kind == 1, pick);
                let (account, owner) = (checked.account, &self.accounts[checked.account]);
                let is_permitted = !owner.has_factor() && checked.is_current(owner, now);
                let is_doubtful = checked.began_during_change();
                let proof = checked.into_password().into();
                Proof { account, is_permitted, is_doubtful, basis: Basis::Epoch, proof }
            }
            2 => {
                let fresh = self.take_fresh(pick)?;
                let is_permitted = fresh.dated.is_current(&self.accounts[fresh.account], now);
                let (account, basis, proof) = (fresh.account, fresh.dated.into(), fresh.proof.into());
                Proof { account, is_permitted, is_doubtful: false, basis, proof }
            }
            _ => {
                let again = take(&mut self.again, pick)?;
                let is_permitted = again.permits_enrollment(&self.accounts[again.account], now);
                let (account, basis, proof) = (again.account, again.basis(), again.proof.into());
                Proof { account, is_permitted, is_doubtful: false, basis, proof }
            }
        })
    }

    /// The authenticator at this place of the list; `None`, or an unknown one.
    pub fn place_of(&self, account: usize, kind: u8) -> Option<AuthenticatorId> {
        let owner = &self.accounts[account];
        match kind & 7 {
            0..=2 => None,
            7 => Some(id_of_host(&self.accounts[1 - account].id, 0)),
            nth => {
                let place = usize::from(nth - 3).checked_rem(owner.authenticators.len());
                place.map(|place| owner.authenticators[place].id)
            }
        }
    }

    pub fn begin_enrollment(&mut self, a: u8, pick: u8) {
        let now = self.now();
        let Some(Proof { account, is_permitted, is_doubtful, basis, proof }) = self.enrollment_proof(a, pick)
        else {
            return;
        };
        let replacing = self.place_of(account, a >> 3);
        let expected =
            self.accounts[account].binding_refused((is_permitted, is_doubtful), replacing, self.most());
        let new = NewAuthenticator::app("somebody@example.com");
        let (label, issuer) =
            [("", "Example"), ("Phone", "Example"), ("\u{7} Tablet\u{7}\n", "Example (Staff)"), (LONG, "B")]
                [usize::from(a >> 6)];
        let new = if issuer == "Example" { new } else { new.issuer(issuer) };
        let new = replacing.map_or(new, |replaced| new.replacing(replaced)).label(label);
        let verifier = self.verifier.clone();
        let (answer, rows) = self.ask(account, verifier.begin_enrollment(proof, new));
        assert!(!rows.written(), "beginning an enrollment wrote to the row");
        let (key, owner) = (self.key(), &mut self.accounts[account]);
        match (expected, answer) {
            (Ok(place), Ok(begun)) => {
                assert_eq!(begun.expires_at.as_secs(), now.saturating_add(600));
                assert_eq!(begun.uri.issuer(), Some(issuer));
                let phone = Phone::new(begun.uri.secret(), TotpParams::default());
                let label = label_or(label, "Authenticator app");
                owner.events.push(EventKind::EnrollmentBegun);
                let epoch = owner.epoch;
                let new = Enrolling { account, begun, phone, label, place, key, epoch, at: now, basis };
                hold(&mut self.enrolling, 6, new);
            }
            (Err(expected), Err(refusal)) => assert_eq!(refusal, expected),
            (expected, answer) => panic!("expected {expected:?}, got {answer:?}"),
        }
        self.told(account);
    }

    pub fn confirm(&mut self, a: u8, pick: u8) {
        let now = self.now();
        let Some(index) = usize::from(pick).checked_rem(self.enrolling.len()) else { return };
        let (refused, enrolling) = (self.enrollment_refused(index), &self.enrolling[index]);
        let (account, phone, place) = (enrolling.account, enrolling.phone.clone(), enrolling.place);
        let label = enrolling.label.clone();
        let Some(step) = phone.step(now) else { return };
        let code = match (a % 8, self.accounts[account].apps().next()) {
            (0, _) => phone.wrong_code(now, pick),
            (1, Some(old)) => old.phone.code_of(step),
            (2, _) => "lost it".to_owned(),
            (3, _) => phone.code_of(step.saturating_add(1)),
            (5, _) => phone.code_of((step + u64::from(a >> 2)).saturating_sub(32)),
            _ => phone.code_of(step),
        };
        let verifier = self.verifier.clone();
        let (answer, rows) = self.ask(account, verifier.confirm_enrollment(&enrolling.begun.token, &code));
        let owner = &mut self.accounts[account];
        let is_code = digits(&code).is_some_and(|digits| digits.len() == phone.digits());
        let expected = match (refused, phone.steps_with(&code, now).into_iter().min()) {
            (Some(refusal), _) => Err(refusal),
            _ if !is_code => Err(Refusal::Malformed),
            (None, Some(step)) => Ok(step),
            (None, None) => {
                owner.events.push(EventKind::EnrollmentRefused);
                let off = phone.clock_offset(&code, now);
                Err(off.map_or(Refusal::NotAccepted, |(_, secs)| Refusal::ClockOff(offset(secs))))
            }
        };
        assert_eq!(rows.written(), expected.is_ok());
        match (expected, answer) {
            (Ok(step), Ok(confirmed)) => {
                let id = confirmed.authenticator();
                let prover = Prover::App(App { phone, params: TotpParams::default(), last: Some(step) });
                let new = Authenticator { id, label, bound_at: now, last_used: Some(now), prover };
                owner.bind(new, place, now, confirmed);
            }
            (Err(expected), Err(refusal)) => assert_eq!(expected, refusal),
            (expected, answer) => panic!("expected {expected:?}, got {answer:?}"),
        }
        self.told(account);
    }

    /// Binds one of four credentials, as hardware or software.
    pub fn bind_host(&mut self, a: u8, pick: u8) {
        let now = self.now();
        let Some(Proof { account, is_permitted, is_doubtful, proof, .. }) = self.enrollment_proof(a, pick)
        else {
            return;
        };
        let replacing = self.place_of(account, a >> 3);
        let expected =
            self.accounts[account].binding_refused((is_permitted, is_doubtful), replacing, self.most());
        let (which, kind) = match a >> 6 {
            which @ 0..=1 => (which, HostAuthenticatorKind::HardwareKey),
            which => (which, HostAuthenticatorKind::SoftwareKey),
        };
        let id = id_of_host(&self.accounts[account].id, which);
        let is_bound = self.accounts[account].find(id).is_some();
        let expected =
            expected.and_then(|place| if is_bound { Err(Refusal::AlreadyBound) } else { Ok(place) });
        let (text, by_kind) = (["", "Blue key"][usize::from(pick >> 7)], ["Security key", "Passkey"]);
        let label = label_or(text, by_kind[usize::from(kind == HostAuthenticatorKind::SoftwareKey)]);
        let bytes = credential(which);
        let new = NewHostAuthenticator::new(&bytes, kind).label(text);
        let new = replacing.map_or(new, |replaced| new.replacing(replaced));
        let verifier = self.verifier.clone();
        let (answer, rows) = self.ask(account, verifier.bind_host_authenticator(proof, new));
        assert_eq!(rows.written(), expected.is_ok());
        match (expected, answer) {
            (Ok(place), Ok(confirmed)) => {
                assert_eq!(confirmed.authenticator(), id);
                let prover = Prover::Host(Key { kind, credential: which, last_signed: None });
                let new = Authenticator { id, label, bound_at: now, last_used: None, prover };
                self.accounts[account].bind(new, place, now, confirmed);
            }
            (Err(expected), Err(refusal)) => assert_eq!(expected, refusal),
            (expected, answer) => panic!("expected {expected:?}, got {answer:?}"),
        }
        self.told(account);
    }

    /// A page that is reloaded shows the secret again, until it is bound or the enrollment is over.
    pub fn show_enrollment(&mut self, pick: u8) {
        let Some(index) = usize::from(pick).checked_rem(self.enrolling.len()) else { return };
        let (refused, enrolling) = (self.enrollment_refused(index), &self.enrolling[index]);
        let (account, begun) = (enrolling.account, &enrolling.begun);
        let verifier = self.verifier.clone();
        let (uri, rows) = self.ask(account, verifier.pending_enrollment(&begun.token));
        assert!(!rows.written());
        let expected: Result<&KeyUri, Refusal> = refused.map_or(Ok(&begun.uri), Err);
        assert_eq!(uri.as_ref().map_err(|refusal| *refusal), expected);
        self.told(account);
    }

    /// The refusal of this enrollment, if it cannot be confirmed.
    fn enrollment_refused(&self, index: usize) -> Option<Refusal> {
        let enrolling = &self.enrolling[index];
        let owner = &self.accounts[enrolling.account];
        let is_live = self.verifies(enrolling.key)
            && enrolling.epoch == owner.epoch
            && is_alive(600, enrolling.at, self.now())
            && owner.upholds(enrolling.basis, self.now());
        match (enrolling.place, owner.mark) {
            _ if !is_live => Some(Refusal::EnrollmentOver),
            (_, Some(_)) => Some(Refusal::Retry),
            // Something was imported quietly meanwhile, which ends enrollments that began with the password alone.
            (Place::First, _) if owner.has_factor() => Some(Refusal::EnrollmentOver),
            (Place::Beside, _) => {
                assert!(owner.authenticators.len() < self.most(), "a binding did not end other enrollments");
                None
            }
            (Place::Of(replaced), _) => {
                assert!(owner.find(replaced).is_some(), "a removal did not end enrollments");
                None
            }
            _ => None,
        }
    }

    fn most(&self) -> usize {
        self.policy.authenticators()
    }
}

impl Account {
    /// Whether a new authenticator replaces another, or the refusal.
    fn binding_refused(
        &self,
        (is_permitted, is_doubtful): (bool, bool),
        replacing: Option<AuthenticatorId>,
        most: usize,
    ) -> Result<Place, Refusal> {
        match replacing {
            _ if !is_permitted => Err(Refusal::StepUpRequired),
            _ if self.mark.is_some() || is_doubtful => Err(Refusal::Retry),
            Some(replaced) if self.find(replaced).is_none() => Err(Refusal::NoAuthenticator),
            Some(replaced) => Ok(Place::Of(replaced)),
            None if !self.has_factor() => Ok(Place::First),
            None if self.authenticators.len() >= most => Err(Refusal::TooManyAuthenticators),
            None => Ok(Place::Beside),
        }
    }

    /// Binds it: everything from before ends, and there are new recovery codes if the owner needs some.
    fn bind(&mut self, new: Authenticator, place: Place, now: u64, confirmed: EnrollmentConfirmed) {
        self.next_epoch(ForgottenBecause::CredentialsChanged, now);
        let (authenticator, label) = (new.id, new.label.clone());
        let replaced = match place {
            Place::Of(id) => self.authenticators.extract_if(.., |bound| bound.id == id).next(),
            _ => None,
        };
        if place == Place::First {
            self.budget = Budget::of_first_binding(now);
        } else if !self.has_factor() {
            self.budget.rebind();
        }
        self.authenticators.push(new);
        let binding = match place {
            Place::First => Binding::First,
            Place::Beside => Binding::Added,
            Place::Of(_) => Binding::Replaced,
        };
        self.events.push(EventKind::AuthenticatorBound { authenticator, label, binding });
        if let Some(Authenticator { id: authenticator, label, .. }) = replaced {
            let (by, remaining) = (RemovedBy::Owner, self.authenticators.len());
            self.events.push(EventKind::AuthenticatorRemoved { authenticator, label, by, remaining });
        }
        let (codes, ended) = confirmed.into_parts();
        assert_eq!(ended.account(), &self.id);
        assert_eq!(codes.is_some(), binding != Binding::Added || self.codes_left() == 0);
        if let Some(codes) = codes {
            self.renew_recovery_codes(texts(&codes));
        }
    }
}

pub fn texts(codes: &RecoveryCodes) -> Vec<String> {
    codes.iter().map(|code| code.to_text().expose().to_owned()).collect()
}

const LONG: &str = "The telephone that my aunt left to me, which has had a broken screen for a year";
