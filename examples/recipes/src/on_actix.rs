//! A service with actix-web whose database blocks: everything runs in [`web::block`](actix_web::web::block), over a
//! [`BlockingVerifier`].

use std::sync::Arc;

use second_factor::{
    Accepted, AccountId, BlockingVerifier, ChallengeToken, ChangePasswordError, DeviceToken, EnrollmentBegun,
    Error, Login, MemoryStore, MemoryStoreError, PasswordVerified, QrCode, Refusal, Remember, Session,
};

use crate::sessions::{Kept, Sessions};
use crate::users::{Replaced, Users};

mod setup;

pub use setup::routes;
use setup::{Answer, Browser, Page, Stop, Typed};

/// There is one for the whole service.
pub struct TwoFactor {
    verifier: BlockingVerifier<MemoryStore>,
    users: Arc<Users>,
    sessions: Sessions,
}

impl TwoFactor {
    /// A service with these rules and these users.
    pub fn new(verifier: BlockingVerifier<MemoryStore>, users: Arc<Users>) -> Self {
        Self { verifier, users, sessions: Sessions::default() }
    }

    /// The only place that says that a password was right. Returns the hash that it was compared with, too.
    fn password(&self, account: &AccountId, typed: &str) -> Result<(PasswordVerified, String), Stop> {
        let check = self.verifier.check_password(account); // before the hash is read
        let hash = self.users.compare(account, typed).map_err(Stop::Failed)?;
        Ok((PasswordVerified::by_host(check), hash.ok_or(Stop::WrongPassword)?))
    }

    fn log_in(&self, browser: &mut Browser, typed: &Typed) -> Answer {
        let account = self.users.id(&typed.name);
        let (proof, _) = self.password(&account, &typed.password)?;
        let device = browser.cookie(&DeviceToken::cookie_name(&account, self.verifier.policy()));
        match self.verifier.password_verified(proof, device)? {
            Login::Complete(accepted) => self.start(browser, accepted),
            Login::CodeRequired(challenge) => {
                self.end(browser);
                let challenge = challenge.expose();
                browser.set_cookie(format!("{CHALLENGE}={challenge}; Max-Age=600; {ATTRIBUTES}"));
                Ok(Page::At("/login/code"))
            }
            Login::EnrollmentRequired(proof) => {
                let begun = self.verifier.begin_enrollment(proof, &typed.name)?;
                let kept = Kept { session: None, enrollment: Some(begun.token.clone()) };
                self.renew(browser, kept)?;
                scan(&begun)
            }
        }
    }

    fn code(&self, browser: &mut Browser, typed: &Typed) -> Answer {
        let challenge = browser.cookie(CHALLENGE).and_then(|text| ChallengeToken::parse(text).ok());
        let challenge = challenge.ok_or(Stop::LogIn)?;
        let remember = match &typed.remember {
            Some(label) => Remember::ThisDevice { label },
            None => Remember::No,
        };
        match self.verifier.present(&challenge, &typed.code, remember) {
            // The form was sent twice, and the first answer has set the cookies.
            Err(Error::Refused(Refusal::AlreadyDone)) => Ok(Page::At("/account")),
            accepted => self.start(browser, accepted?),
        }
    }

    fn start(&self, browser: &mut Browser, accepted: Accepted) -> Answer {
        if let Some(token) = &accepted.device {
            browser.set_cookie(token.set_cookie(self.verifier.policy()).expose().to_owned());
        }
        browser.set_cookie(format!("{CHALLENGE}=; Max-Age=0; {ATTRIBUTES}"));
        let session = Some(accepted.authenticated.into_session());
        self.renew(browser, Kept { session, enrollment: None })?;
        Ok(Page::At("/account"))
    }

    fn log_out(&self, browser: &mut Browser) -> Answer {
        self.end(browser);
        Ok(Page::At("/login"))
    }

    /// Called in each request.
    fn session(&self, browser: &Browser) -> Result<Session, Stop> {
        let session = self.kept(browser).session.ok_or(Stop::LogIn)?;
        if self.verifier.is_current(&session)? {
            return Ok(session);
        }
        self.end(browser);
        Err(Stop::LogIn)
    }

    fn account(&self, browser: &Browser) -> Answer {
        let session = self.session(browser)?;
        let name = self.users.name(session.account()).ok_or(Stop::LogIn)?;
        Ok(Page::Text(format!("{name}, {}", session.in_words())))
    }

    fn enable(&self, browser: &mut Browser, typed: &Typed) -> Answer {
        let session = self.session(browser)?;
        let name = self.users.name(session.account()).ok_or(Stop::LogIn)?;
        let (password, _) = self.password(session.account(), &typed.password)?;
        let proof = self.verifier.reauthenticate(&session, password, &typed.code)?;
        let begun = self.verifier.begin_enrollment(proof, &name)?;
        self.renew(browser, Kept { session: Some(session), enrollment: Some(begun.token.clone()) })?;
        scan(&begun)
    }

    /// The first code. Every session ends, this one too: the owner logs in again.
    fn confirm(&self, browser: &mut Browser, typed: &Typed) -> Answer {
        let token = self.kept(browser).enrollment.ok_or(Stop::LogIn)?;
        let confirmed = self.verifier.confirm_enrollment(&token, &typed.code)?;
        let (recovery_codes, _all_are_over) = confirmed.into_parts();
        self.end(browser);
        let lines = recovery_codes.map(|codes| codes.to_lines());
        Ok(Page::Text(lines.map(|lines| lines.expose().to_owned()).unwrap_or_default()))
    }

    fn change_password(&self, browser: &mut Browser, typed: &Typed) -> Answer {
        let mut session = self.session(browser)?;
        let new = self.users.hash(&typed.new_password).map_err(Stop::Failed)?; // before the code is used up
        let (password, old) = self.password(session.account(), &typed.password)?;
        let proof = self.verifier.reauthenticate(&session, password, &typed.code)?;
        let write = || self.users.replace_hash(session.account(), &old, &new);
        let others = self.verifier.change_password(proof, write)?;
        session.continue_after(others);
        self.renew(browser, Kept { session: Some(session), enrollment: None })?;
        Ok(Page::At("/account"))
    }
}

/// The page with the QR code.
fn scan(begun: &EnrollmentBegun) -> Answer {
    let qr = QrCode::new(&begun.uri).map_err(Stop::failed)?;
    let key = begun.uri.secret().to_base32().grouped();
    Ok(Page::Html(format!("{}<code>{}</code>", qr.svg().expose(), key.expose())))
}

/// The name of a cookie. It holds a login that waits for its code. This is not in the session, since the session only begins
/// with the login. So the library can recognize a form that is sent twice, and nobody without the password can make the
/// service store a session.
const CHALLENGE: &str = "__Host-challenge";
const ATTRIBUTES: &str = DeviceToken::COOKIE_ATTRIBUTES;

impl From<Error<MemoryStoreError>> for Stop {
    fn from(error: Error<MemoryStoreError>) -> Self {
        error.refusal().map_or_else(|| Self::failed(error), Self::Refused)
    }
}

impl From<ChangePasswordError<MemoryStoreError, Replaced>> for Stop {
    fn from(error: ChangePasswordError<MemoryStoreError, Replaced>) -> Self {
        match error {
            ChangePasswordError::NotStarted(error) => error.into(),
            // The new password is in force, and no session goes on.
            ChangePasswordError::Unfinished(_) => Self::LogIn,
            error => Self::failed(error),
        }
    }
}
