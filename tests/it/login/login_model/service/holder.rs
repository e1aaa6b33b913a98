//! What the host and the users hold of an account, each value next to its counterpart in the model.

use second_factor::session::{
    AuditEvent, AuthenticatorId, DeviceId, EnrollmentToken, EventKind, OldRecoveryCodeVerified,
    Reauthenticated,
};
use second_factor::{AccountId, ChallengeToken, FreshFactor, PasswordVerified, Policy, Session};

use super::found::Got;
use crate::login::login_model::command::Pick;
use crate::login::login_model::invariants::{Evidence, Witness};
use crate::login::login_model::model::{self, Issued, OldTry, Rules, Which};
use crate::support::Phone;

pub struct Holder {
    pub id: AccountId,
    pub model: model::Account,
    pub witness: Witness,
    pub phones: Vec<Phone>,
    /// All that were ever bound, in order. The same passkey has the same id again.
    pub authenticators: Vec<(AuthenticatorId, Which)>,
    /// The number of proofs that passkeys made, and the one that was accepted last.
    pub signed: u64,
    pub last_signed: Option<(usize, u64)>,
    /// The code that was accepted last.
    pub last_accepted: Option<String>,
    /// The codes in a row that were accepted last.
    pub last_row: Option<String>,
    pub checks: Vec<Option<(PasswordVerified, model::Password)>>,
    pub challenges: Vec<(ChallengeToken, model::Challenge)>,
    /// With the number of the phone that scanned it.
    pub enrollments: Vec<(EnrollmentToken, model::Enrollment, usize)>,
    pub proofs: Vec<Option<(Proof, model::Proof)>>,
    pub recovery: Vec<String>,
    /// The names of an old system's recovery codes.
    pub old_codes: Vec<String>,
    pub tries: Vec<Option<(OldRecoveryCodeVerified, OldTry, String)>>,
    pub cookies: Vec<(String, model::Token)>,
    /// For each browser the number of its cookie.
    pub jar: [Option<usize>; 3],
    /// With the number of their series.
    pub devices: Vec<(DeviceId, u64)>,
    /// Sessions that have ended are kept too.
    pub sessions: Vec<(Session, model::Session)>,
}

pub enum Proof {
    Fresh(FreshFactor),
    Reauthenticated(Box<Reauthenticated>),
}

impl Holder {
    pub fn new(id: AccountId, policy: &Policy) -> Self {
        Self {
            id,
            model: model::Account::new(Rules::from(policy)),
            witness: Witness::new(policy),
            phones: vec![],
            authenticators: vec![],
            signed: 0,
            last_signed: None,
            last_accepted: None,
            last_row: None,
            checks: vec![],
            challenges: vec![],
            enrollments: vec![],
            proofs: vec![],
            recovery: vec![],
            old_codes: vec![],
            tries: vec![],
            cookies: vec![],
            jar: [None; 3],
            devices: vec![],
            sessions: vec![],
        }
    }

    pub fn which(&self, id: AuthenticatorId) -> Which {
        let (_, which) = self.authenticators.iter().find(|(known, _)| *known == id).unwrap();
        *which
    }

    /// One that was bound at some time.
    pub fn authenticator(&self, pick: Pick) -> Option<(AuthenticatorId, Which)> {
        Some(self.authenticators[pick.index(self.authenticators.len())?])
    }

    pub fn remember_code(&mut self, evidence: &Evidence) {
        if let Some(typed) = evidence.typed_code().filter(|_| evidence.accepted_code) {
            let codes: Vec<&str> = typed.split(' ').collect();
            self.last_accepted = codes.last().map(|code| (*code).to_owned());
            if codes.len() > 1 {
                self.last_row = Some(typed.to_owned());
            }
        }
        if evidence.accepted_passkey() {
            self.last_signed = evidence.signed;
        }
    }

    pub fn keep(&mut self, got: Vec<Got>, issued: Vec<Issued>, events: &[AuditEvent]) -> Result<(), String> {
        if got.len() != issued.len() {
            return Err(format!("{} things were handed out, in the model {issued:?}", got.len()));
        }
        for pair in got.into_iter().zip(issued) {
            match pair {
                (Got::Session(session, left, enroll_by), Issued::Session(of_model)) => {
                    let found = (session.first_factor(), left, enroll_by);
                    let expected = (of_model.first, of_model.left, of_model.enroll_by);
                    if found != expected {
                        return Err(format!("the session has {found:?}, in the model {expected:?}"));
                    }
                    self.sessions.push((session, of_model));
                }
                (Got::Bound(told), Issued::Bound(which)) => self.keep_authenticator(told, which, events)?,
                (Got::OldTry(tried, number), Issued::OldTry(of_model)) => {
                    // The host drops a wrong try, or confuses the name.
                    let name = number.map_or("never imported", |number| &self.old_codes[number]);
                    self.tries.push(Some((tried.was(name), of_model, name.to_owned())));
                }
                (Got::Token(text, browser), Issued::Token(token)) => {
                    self.keep_cookie(text, token, browser, events)?;
                }
                (Got::Challenge(token), Issued::Challenge(of_model)) => {
                    self.challenges.push((token, of_model));
                }
                (Got::Password(proof, of_model), Issued::Password) => {
                    self.checks.push(Some((proof, *of_model)));
                }
                (Got::Fresh(fresh), Issued::Proof(of_model @ model::Proof::Fresh(_))) => {
                    self.proofs.push(Some((Proof::Fresh(fresh), of_model)));
                }
                (Got::Reauthenticated(proof), Issued::Proof(of_model @ model::Proof::Reauthenticated(_))) => {
                    self.proofs.push(Some((Proof::Reauthenticated(Box::new(proof)), of_model)));
                }
                (Got::Enrollment(token, phone), Issued::Enrollment(of_model)) => {
                    self.enrollments.push((token, of_model, self.phones.len()));
                    self.phones.push(phone);
                }
                (Got::RecoveryCodes(codes), Issued::RecoveryCodes) => self.recovery.extend(codes),
                (Got::Continue(end), Issued::Continue { session, before, after }) => {
                    // Applied to the newest session, whether that made the change or not.
                    if let Some((newest, of_model)) = self.sessions.last_mut() {
                        newest.continue_after(end);
                        of_model.continue_after(session, before, after);
                    }
                }
                (_, issued) => return Err(format!("something else than {issued:?} was handed out")),
            }
        }
        Ok(())
    }

    /// The id in the answer and the one in the log must be the same.
    fn keep_authenticator(
        &mut self,
        told: Option<AuthenticatorId>,
        which: Which,
        events: &[AuditEvent],
    ) -> Result<(), String> {
        let logged = events.iter().find_map(|event| match event.kind {
            EventKind::AuthenticatorBound { authenticator, .. } => Some(authenticator),
            _ => None,
        });
        let id = logged.ok_or("nothing was bound")?;
        if told.is_some_and(|told| told != id) {
            return Err(format!("{told:?} is told to be bound, and {id:?} logged"));
        }
        let known =
            self.authenticators.iter().filter(|(known, of_model)| (*known == id) != (*of_model == which));
        if known.count() > 0 {
            return Err(format!("{id:?} is not {which:?} alone"));
        }
        self.authenticators.push((id, which));
        Ok(())
    }

    /// A token has the same text each time, and no other token has that text.
    fn keep_cookie(
        &mut self,
        text: String,
        token: model::Token,
        browser: usize,
        events: &[AuditEvent],
    ) -> Result<(), String> {
        if let Some((earlier, _)) =
            self.cookies.iter().find(|(earlier, of_model)| (*of_model == token) != (*earlier == text))
        {
            return Err(format!("{token:?} has the text {text}, but an earlier text is {earlier}"));
        }
        let remembered = events.iter().find_map(|event| match event.kind {
            EventKind::DeviceRemembered { device, .. } => Some(device),
            _ => None,
        });
        self.devices.extend(remembered.map(|device| (device, token.series)));
        self.jar[browser] = Some(self.cookies.len());
        self.cookies.push((text, token));
        Ok(())
    }
}
