//! A small host that does what `manual::hosts` says, except for the one item that it forgets.

use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use second_factor::{
    Accepted, AccountId, BlockingVerifier, ChallengeToken, DeviceToken, Error, KeyRing, Login,
    NewAuthenticator, OsEntropy, PasswordVerified, Policy, Refusal, Remember, SealingKey, Session,
};

pub use browser::Browser;
pub use owner::Mailbox;
pub use table::Table;

use crate::support::{Phone, START, STEP, TestClock};

mod browser;
mod owner;
mod table;

/// The item that a host forgets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Forgets {
    Nothing,
    /// Calls `check_password` after the hash was compared.
    CheckBeforeHash,
    /// Answers at once if the name is unknown.
    UnknownNames,
    /// Does not limit password tries.
    TryLimit,
    /// Puts the challenge into the form.
    ChallengeOnServer,
    /// Does not set the new device token after a login on a remembered device.
    RotatedCookie,
    /// Sets the cookie for HTTPS on plain HTTP.
    DevelopmentCookie,
    /// Keeps the id of the session from before the login.
    NewSessionId,
    /// Accepts the sessions in its table without calling `is_current`.
    IsCurrent,
    /// At a logout deletes the cookie but not the session.
    EndAtLogout,
    /// Drops the value that lets the session continue after a change.
    ContinueAfter,
    /// Does not tell the owner of events.
    TellingTheOwner,
    /// Accepts sessions that began before this library was deployed.
    OldSessions,
    /// Closes an account by deleting its rows.
    CloseAccount,
}

/// The answer to the browser.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    LoggedIn,
    /// The form for the code, with the value of its hidden field.
    CodeForm(String),
    WrongPassword,
    TooManyTries,
    Refused(Refusal),
}

struct User {
    id: AccountId,
    /// Plain text here; a real host has a hash.
    password: String,
}

/// A row of the host's session table.
#[derive(Clone)]
enum Kept {
    Challenge(ChallengeToken),
    Member(Session),
    /// Began when there was only the password.
    BeforeDeployment(AccountId),
}

pub struct Host {
    forgets: Forgets,
    pub verifier: BlockingVerifier<Arc<Table>>,
    pub clock: Arc<TestClock>,
    pub mailbox: Arc<Mailbox>,
    users: Mutex<BTreeMap<String, User>>,
    tries: Mutex<BTreeMap<String, u32>>,
    sessions: Mutex<BTreeMap<String, Kept>>,
}

impl Host {
    const TRIES: u32 = 10;

    pub fn new(forgets: Forgets) -> Self {
        let clock = TestClock::at(START);
        let mailbox = Arc::new(Mailbox::default());
        let keys = KeyRing::new(1, SealingKey::new([7; 32]));
        let policy = Policy::new("Example").unwrap();
        let verifier = BlockingVerifier::with_sources(Arc::default(), policy, keys, clock.clone(), OsEntropy);
        let verifier = if forgets == Forgets::TellingTheOwner {
            verifier
        } else {
            verifier.with_events(mailbox.clone())
        };
        let (users, tries, sessions) = Default::default();
        Self { forgets, verifier, clock, mailbox, users, tries, sessions }
    }

    /// One host that forgets this, and one that forgets nothing.
    pub fn both(forgets: Forgets) -> [(Self, bool); 2] {
        [(Self::new(forgets), true), (Self::new(Forgets::Nothing), false)]
    }

    pub fn register(&self, key: u64, name: &str, password: &str) {
        let user = User { id: AccountId::from(key), password: password.into() };
        self.users.lock().unwrap().insert(name.into(), user);
    }

    fn password_of(&self, name: &str) -> Option<String> {
        self.users.lock().unwrap().get(name).map(|user| user.password.clone())
    }

    pub fn log_in(&self, browser: &mut Browser, name: &str, password: &str) -> Answer {
        self.log_in_while(browser, name, password, || ())
    }

    /// A login; `elsewhere` runs after the hash was read.
    pub fn log_in_while(
        &self,
        browser: &mut Browser,
        name: &str,
        password: &str,
        meanwhile: impl FnOnce(),
    ) -> Answer {
        if self.is_over_the_limit(name) {
            return Answer::TooManyTries;
        }
        let id = self.users.lock().unwrap().get(name).map(|user| user.id.clone());
        if id.is_none() && self.forgets == Forgets::UnknownNames {
            return Answer::WrongPassword;
        }
        // An unknown name gets an id that nobody has.
        let id = id.unwrap_or_else(|| AccountId::new("nobody").unwrap());
        let mut check = (self.forgets != Forgets::CheckBeforeHash).then(|| self.verifier.check_password(&id));
        let is_right = self.password_of(name).is_some_and(|right| right == password);
        meanwhile();
        let check = check.take().unwrap_or_else(|| self.verifier.check_password(&id));
        if !is_right {
            return Answer::WrongPassword;
        }
        self.tries.lock().unwrap().remove(name);
        let cookie = browser.cookie(&self.device_cookie(&id));
        match self.verifier.password_verified(PasswordVerified::by_host(check), cookie.as_deref()) {
            Ok(Login::Complete(mut accepted)) => {
                if self.forgets == Forgets::RotatedCookie {
                    accepted.device = None;
                }
                self.start(browser, accepted)
            }
            Ok(Login::CodeRequired(challenge)) => {
                let in_form = match self.forgets {
                    Forgets::ChallengeOnServer => challenge.expose().to_owned(),
                    _ => String::new(),
                };
                self.keep(browser, Kept::Challenge(challenge));
                Answer::CodeForm(in_form)
            }
            Ok(Login::EnrollmentRequired(_)) => unreachable!("this host demands none"),
            Err(error) => refused(&error),
        }
    }

    fn is_over_the_limit(&self, name: &str) -> bool {
        let mut tries = self.tries.lock().unwrap();
        let tries = tries.entry(name.into()).or_default();
        *tries += 1;
        *tries > Self::TRIES && self.forgets != Forgets::TryLimit
    }

    /// Sends the code, with the value of the form's hidden field.
    pub fn code(&self, browser: &mut Browser, typed: &str, in_form: &str) -> Answer {
        let challenge = match self.kept(browser) {
            _ if self.forgets == Forgets::ChallengeOnServer => ChallengeToken::parse(in_form).unwrap(),
            Some(Kept::Challenge(challenge)) => challenge,
            _ => return Answer::Refused(Refusal::ChallengeOver),
        };
        let remember = Remember::ThisDevice { label: "Firefox on Linux" };
        match self.verifier.present(&challenge, typed, remember) {
            Ok(accepted) => self.start(browser, accepted),
            Err(error) => refused(&error),
        }
    }

    fn start(&self, browser: &mut Browser, accepted: Accepted) -> Answer {
        if let Some(token) = &accepted.device {
            let policy = self.verifier.policy();
            let header = if self.has_development_cookies() {
                token.set_development_cookie(policy)
            } else {
                token.set_cookie(policy)
            };
            browser.takes(header.expose());
        }
        self.keep(browser, Kept::Member(accepted.authenticated.into_session()));
        Answer::LoggedIn
    }

    /// Its address is `http://localhost`.
    fn has_development_cookies(&self) -> bool {
        self.forgets != Forgets::DevelopmentCookie
    }

    fn device_cookie(&self, account: &AccountId) -> String {
        let name = if self.has_development_cookies() {
            DeviceToken::development_cookie_name
        } else {
            DeviceToken::cookie_name
        };
        name(account, self.verifier.policy())
    }

    /// Stores a session under a new id, and replaces the session of the browser.
    fn keep(&self, browser: &mut Browser, kept: Kept) {
        let before = browser.session().map(str::to_owned);
        let id = match &before {
            Some(id) if self.forgets == Forgets::NewSessionId => id.clone(),
            _ => browser::new_session_id(),
        };
        let mut sessions = self.sessions.lock().unwrap();
        before.and_then(|id| sessions.remove(&id));
        sessions.insert(id.clone(), kept);
        browser.takes(&format!("session={id}; Path=/; HttpOnly; SameSite=Lax"));
    }

    fn kept(&self, browser: &Browser) -> Option<Kept> {
        self.sessions.lock().unwrap().get(browser.session()?).cloned()
    }

    /// A session from the time before this library was deployed.
    pub fn logged_in_long_ago(&self, browser: &mut Browser, key: u64) {
        self.keep(browser, Kept::BeforeDeployment(AccountId::from(key)));
    }

    /// The account whose page this browser gets, if it is logged in.
    pub fn account(&self, browser: &Browser) -> Option<AccountId> {
        match self.kept(browser)? {
            Kept::Challenge(_) => None,
            Kept::BeforeDeployment(account) => (self.forgets == Forgets::OldSessions).then_some(account),
            Kept::Member(session) => {
                let is_current =
                    self.forgets == Forgets::IsCurrent || self.verifier.is_current(&session).unwrap();
                is_current.then(|| session.account().clone())
            }
        }
    }

    fn member(&self, browser: &Browser) -> Session {
        match self.kept(browser) {
            Some(Kept::Member(session)) if self.account(browser).is_some() => session,
            _ => panic!("nobody is logged in"),
        }
    }

    pub fn log_out(&self, browser: &mut Browser) {
        if self.forgets != Forgets::EndAtLogout {
            self.sessions.lock().unwrap().remove(browser.session().unwrap_or_default());
        }
        browser.forget_session();
    }

    pub fn change_password(&self, browser: &mut Browser, name: &str, old: &str, new: &str, code: &str) {
        let mut session = self.member(browser);
        let check = self.verifier.check_password(session.account());
        assert_eq!(self.password_of(name).as_deref(), Some(old));
        let proof = self.verifier.reauthenticate(&session, PasswordVerified::by_host(check), code).unwrap();
        let write = || {
            self.users.lock().unwrap().get_mut(name).unwrap().password = new.into();
            Ok::<_, core::convert::Infallible>(())
        };
        let others = self.verifier.change_password(proof, write).unwrap();
        if self.forgets != Forgets::ContinueAfter {
            session.continue_after(others);
        }
        self.keep(browser, Kept::Member(session));
    }

    /// Enrolls an authenticator with the password alone. This logs everybody out.
    pub fn enable(&self, key: u64) -> Phone {
        let proof = PasswordVerified::by_host(self.verifier.check_password(&AccountId::from(key)));
        let begun = self.verifier.begin_enrollment(proof, NewAuthenticator::app("alice")).unwrap();
        let phone = Phone::scan(&begun.uri);
        let code = phone.code(self.verifier.now());
        let _ = self.verifier.confirm_enrollment(&begun.token, &code).unwrap();
        self.wait(2 * STEP);
        phone
    }

    pub fn close(&self, browser: &Browser, name: &str) {
        let session = self.member(browser);
        let account = session.account();
        if self.forgets == Forgets::CloseAccount {
            self.verifier.store().delete(account);
        } else {
            let check = self.verifier.check_password(account);
            let proof = self.verifier.reauthenticate(&session, PasswordVerified::by_host(check), "").unwrap();
            let _ = self.verifier.close_account(proof).unwrap();
        }
        self.users.lock().unwrap().remove(name);
    }

    pub fn wait(&self, span: Duration) {
        self.clock.advance(span);
    }
}

fn refused<E: core::fmt::Debug>(error: &Error<E>) -> Answer {
    Answer::Refused(error.refusal().unwrap_or_else(|| panic!("{error:?}")))
}
