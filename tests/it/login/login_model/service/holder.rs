//! What the host and the people around it keep of an account, each thing beside what the model makes of it.

use second_factor::session::{AuditEvent, DeviceId, EnrollmentToken, EventKind, Reauthenticated};
use second_factor::{AccountId, ChallengeToken, FreshFactor, PasswordVerified, Policy, Session};

use super::found::Got;
use crate::login::login_model::invariants::{Evidence, Witness};
use crate::login::login_model::model::{self, Issued, Rules};
use crate::support::Phone;

pub struct Holder {
    pub id: AccountId,
    pub model: model::Account,
    pub witness: Witness,
    pub phones: Vec<Phone>,
    /// The phone that is bound, and the one before.
    pub bound: Option<usize>,
    pub unbound: Option<usize>,
    /// The code that was accepted last.
    pub last_accepted: Option<String>,
    /// The codes in a row that were.
    pub last_row: Option<String>,
    pub checks: Vec<Option<(PasswordVerified, model::Password)>>,
    pub challenges: Vec<(ChallengeToken, model::Challenge)>,
    /// With the number of the phone that has scanned it.
    pub enrollments: Vec<(EnrollmentToken, model::Enrollment, usize)>,
    pub proofs: Vec<Option<(Proof, model::Proof)>>,
    pub recovery: Vec<String>,
    pub cookies: Vec<(String, model::Token)>,
    /// By browser: the cookie's number.
    pub jar: [Option<usize>; 3],
    /// With the number of their series.
    pub devices: Vec<(DeviceId, u64)>,
    /// What the login of an ended session gave is kept, too.
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
            bound: None,
            unbound: None,
            last_accepted: None,
            last_row: None,
            checks: vec![],
            challenges: vec![],
            enrollments: vec![],
            proofs: vec![],
            recovery: vec![],
            cookies: vec![],
            jar: [None; 3],
            devices: vec![],
            sessions: vec![],
        }
    }

    pub fn bind(&mut self, phone: usize) {
        self.unbound = self.bound.replace(phone);
    }

    pub fn remember_code(&mut self, evidence: &Evidence) {
        if let Some(typed) = evidence.typed_code().filter(|_| evidence.accepted_code) {
            let codes: Vec<&str> = typed.split(' ').collect();
            self.last_accepted = codes.last().map(|code| (*code).to_owned());
            if codes.len() > 1 {
                self.last_row = Some(typed.to_owned());
            }
        }
    }

    pub fn keep(&mut self, got: Vec<Got>, issued: Vec<Issued>, events: &[AuditEvent]) -> Result<(), String> {
        if got.len() != issued.len() {
            return Err(format!("{} things were handed out, in the model {issued:?}", got.len()));
        }
        for pair in got.into_iter().zip(issued) {
            match pair {
                (Got::Session(session), Issued::Session(of_model)) => self.sessions.push((session, of_model)),
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
                    // Handed to the newest session, whether it made the change or not.
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

    /// The same token has the same text each time that it is given, and no other token has it.
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
            return Err(format!("{token:?} is the text {text}, and there is {earlier}"));
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
