use second_factor::session::{EndOtherSessions, EnrollmentBegun};
use second_factor::{AccountId, AuthMethod, ChallengeToken, Session};
use second_factor_fuzz::Phone;

use crate::DAY;

/// What the model knows of an account.
pub struct Account {
    pub id: AccountId,
    pub phone: Option<Phone>,
    pub last: Option<u64>,
    pub unused: Vec<String>,
    pub used: Vec<String>,
    pub pending: Option<Pending>,
    pub sessions: Vec<Kept>,
    /// Which generation of credentials, of remembered devices and of challenges this is.
    pub credentials: u32,
    pub remembered: u32,
    pub challenged: u32,
    /// How many challenges were opened, at least as many as there were.
    pub opened: u32,
    /// Codes that were evaluated and refused, and not refunded since, and from where on time counts for them.
    pub guesses: u32,
    pub guesses_since: u128,
    pub consecutive: u32,
}

impl Account {
    pub fn new(id: &str) -> Self {
        Self {
            id: AccountId::new(id).expect("an id"),
            phone: None,
            last: None,
            unused: Vec::new(),
            used: Vec::new(),
            pending: None,
            sessions: Vec::new(),
            credentials: 0,
            remembered: 0,
            challenged: 0,
            opened: 0,
            guesses: 0,
            guesses_since: 0,
            consecutive: 0,
        }
    }

    /// What was presented is used up, or must not have been accepted.
    pub fn accept(&mut self, text: &str, presented: Presented, fresh_step: Option<u64>) -> AuthMethod {
        match presented {
            Presented::Code => {
                self.last = Some(fresh_step.expect("a code that is wrong or used was accepted"));
                AuthMethod::Code
            }
            Presented::RecoveryCode => {
                let code = self.unused.iter().position(|unused| unused == text);
                let code = self.unused.remove(code.expect("no unused recovery code of this account"));
                self.used.push(code);
                self.remembered += 1;
                AuthMethod::RecoveryCode
            }
            Presented::Nothing => panic!("accepted without a code"),
        }
    }

    /// The host starts a session.
    pub fn log_in(&mut self, session: Session) {
        if self.sessions.len() >= 4 {
            self.sessions.remove(0);
        }
        self.sessions.push(Kept { session, credentials: self.credentials, step_up: None });
    }

    /// One more code was evaluated and refused.
    pub fn charge(&mut self, forward: u128) {
        self.guesses += 1;
        self.consecutive += 1;
        let regained = (forward - self.guesses_since) / u128::from(3 * DAY);
        assert!(u128::from(self.guesses) <= 20 + regained, "{} guesses in {regained} spans", self.guesses);
        assert!(self.consecutive <= 100, "more than 100 consecutive failures (SP 800-63B §3.2.2)");
    }

    /// The newest session made the change, and goes on. Its challenges are over with all the others.
    pub fn go_on(&mut self, ended: &EndOtherSessions) {
        if let Some(kept) = self.sessions.last_mut() {
            kept.session.continue_after(ended);
            kept.credentials = self.credentials;
        }
    }

    /// The credentials changed; `restored` says that the guess budget is full again.
    pub fn next_generation(&mut self, forward: u128, restored: bool) {
        self.credentials += 1;
        self.remembered += 1;
        self.challenged += 1;
        self.consecutive = 0;
        if restored {
            (self.guesses, self.guesses_since) = (0, forward);
        } else {
            self.used.append(&mut self.unused);
        }
        if let Some(pending) = &mut self.pending {
            pending.live = false;
        }
    }

    pub fn lose_factor(&mut self, forward: u128) {
        self.next_generation(forward, true);
        self.used.append(&mut self.unused);
        (self.phone, self.last) = (None, None);
    }
}

/// A session in the host's table, and what is known of its step-up.
pub struct Kept {
    pub session: Session,
    pub credentials: u32,
    pub step_up: Option<InSession>,
}

/// A step-up of a session that is open, unless others ended it.
pub struct InSession {
    pub born: Born,
    pub failures: u8,
    pub code_failures: u32,
    /// The account's count, and where the clock had been, when it was opened.
    pub opened: u32,
    pub forward: u128,
    pub backward: u128,
    /// It was certainly open at each of its guesses.
    pub sure: bool,
}

impl InSession {
    pub fn opened(born: Born, opened: u32, forward: u128, backward: u128) -> Self {
        Self { born, failures: 0, code_failures: 0, opened, forward, backward, sure: true }
    }
}

pub struct Pending {
    pub begun: EnrollmentBegun,
    pub phone: Phone,
    pub at: u64,
    pub failures: u8,
    pub live: bool,
}

/// When and under which generation something was made.
#[derive(Clone, Copy)]
pub struct Born {
    pub at: u64,
    pub generation: u32,
}

/// A login that waits for its code.
pub struct Open {
    pub account: usize,
    pub token: ChallengeToken,
    pub born: Born,
    pub failures: u8,
    pub code_failures: u32,
    pub over: bool,
}

pub struct Device {
    pub account: usize,
    pub text: String,
    /// When the code was presented.
    pub since: u64,
    pub generation: u32,
    pub rotated_at: Option<u64>,
    pub gone: bool,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Presented {
    Code,
    RecoveryCode,
    /// Of neither form.
    Nothing,
}
