//! The second factor of this site. Every call of `second_factor` is here, so that the module can be copied.
//!
//! It decides nothing itself. The library says which proof a step needs, what is accepted, what ends and when; this passes
//! on what the browser sent, and acts on the type of the answer.

use std::sync::Arc;

use second_factor::{
    Accepted, AccountId, ChallengeToken, DeviceId, DeviceToken, DynStore, Error, FreshFactor, KeyRing, Login,
    Origin, OsEntropy, PasswordVerified, Policy, Reauthenticated, Refusal, Remember, Requirement, SealingKey,
    Session, TotpParams, Verifier,
};
pub use second_factor::{AuditEvent, AuthenticatorInfo, Clock, FactorStatus, SystemClock, UnixTime};
use second_factor_stores::{postgres::PostgresStore, sqlite::SqliteStore};

use crate::stop::{Fallible, Outcome, Stop};
use crate::{browser::Browser, database::Database, routes::Typed, settings::Settings, users};

mod authenticators;
pub(crate) mod words;

use words::Log;

/// What authenticator apps show: six digits that change every 30 seconds.
const CODES: TotpParams = TotpParams::DEFAULT;

/// One for the whole site; each request has a clone.
#[derive(Clone, Debug)]
pub struct TwoFactor {
    verifier: Verifier<DynStore>,
    db: Database,
    /// Here one requirement for all accounts. It could also depend on the account's role or group.
    requirement: Requirement,
}

/// The user who is logged in.
pub struct Member<'a> {
    pub name: String,
    browser: &'a Browser,
    session: Session,
}

impl Member<'_> {
    /// After a step-up: the session goes on under another id.
    async fn go_on(self, next: &str) -> Outcome {
        self.browser.renew("session", self.session, next).await
    }
}

impl TwoFactor {
    pub async fn open(db: Database, settings: &Settings, clock: Arc<dyn Clock>, log: Log) -> Fallible<Self> {
        let store = match &db {
            Database::Sqlite { path, .. } => DynStore::new(SqliteStore::open(path).await?),
            Database::Postgres(pool) => DynStore::new(PostgresStore::migrate(pool.clone()).await?),
        };
        let policy = Policy::builder("Second Factor").totp(CODES).build()?;
        let keys = KeyRing::new(1, SealingKey::from_hex(&settings.sealing_key)?);
        let verifier = Verifier::with_sources(store, policy, keys, clock, OsEntropy).with_events(log);
        let requirement = settings.enroll_by.map_or(Requirement::None, Requirement::EnrolledBy);
        Ok(Self { verifier, db, requirement })
    }

    /// A clone for one request: every event that it causes has this origin.
    pub fn for_request(&self, address: &str, user_agent: &str) -> Self {
        let origin = Origin::new().with_address(address).with_user_agent(user_agent);
        Self { verifier: self.verifier.on_behalf_of(origin), ..self.clone() }
    }

    /// The only place that vouches for a password: the hash is read after the check began, and compared here.
    async fn password(&self, account: &AccountId, typed: &str) -> Outcome<(PasswordVerified, String)> {
        let check = self.verifier.check_password(account).await;
        let hash = users::verify_password(&self.db, account.as_str(), typed).await?;
        Ok((PasswordVerified::by_host(check), hash))
    }

    /// `/login`: returns the next page.
    pub async fn log_in(&self, browser: &Browser, name: &str, password: &str) -> Outcome<&'static str> {
        let account = AccountId::new(users::id(&self.db, name).await?).map_err(Stop::failed)?;
        let (proof, _) = self.password(&account, password).await?;
        let proof = proof.demanding(self.requirement);
        let device = browser.cookie(&self.device_cookie(browser, &account));
        match self.verifier.password_verified(proof, device.as_deref()).await? {
            Login::Complete(accepted) => {
                let session = self.session(browser, accepted);
                browser.start_anew(account.as_str(), "session", session, "/account").await
            }
            Login::CodeRequired(challenge) => {
                browser.start_anew(account.as_str(), "challenge", challenge, "/login/code").await
            }
            // A second factor is required, and there is none: the password alone lets nobody in.
            Login::EnrollmentRequired(proof) => {
                let name = users::name(&self.db, account.as_str()).await?;
                let begun = self.verifier.begin_enrollment(proof, &name).await?;
                browser.start_anew(account.as_str(), "enrollment", begun.token, "/login/enroll").await
            }
        }
    }

    /// `/login/code` and `/login/recovery`: the library sees which of the two was typed. The session keeps the challenge until
    /// the login is complete. So if the form is sent twice at once, the library sees both and answers the second `AlreadyDone`.
    pub async fn code(&self, browser: &Browser, code: &str, remember: bool) -> Outcome<&'static str> {
        let remember = if remember { Remember::ThisDevice { label: browser.label() } } else { Remember::No };
        let challenge: ChallengeToken = browser.need("challenge", "/login").await?;
        let accepted = match self.verifier.present(&challenge, code, remember).await {
            // The answer to the first form is on its way to the same browser.
            Err(Error::Refused(Refusal::AlreadyDone)) => return Err(Stop::GoTo("/account")),
            outcome => outcome?,
        };
        let session = self.session(browser, accepted);
        browser.start_anew(challenge.account().as_str(), "session", session, "/account").await
    }

    fn session(&self, browser: &Browser, accepted: Accepted) -> Session {
        if let Some(token) = &accepted.device {
            let name = self.device_cookie(browser, token.account());
            browser.set_cookie(&name, token.expose(), self.verifier.policy().remember_for());
        }
        accepted.authenticated.into_session()
    }

    fn device_cookie(&self, browser: &Browser, account: &AccountId) -> String {
        let name =
            if browser.is_https() { DeviceToken::cookie_name } else { DeviceToken::development_cookie_name };
        name(account, self.verifier.policy())
    }

    /// The user who is logged in. Checked with every request: password or second factor may have been changed elsewhere.
    pub async fn member<'a>(&self, browser: &'a Browser) -> Outcome<Member<'a>> {
        let session: Session = browser.need("session", "/login").await?;
        if self.verifier.is_current(&session).await? {
            let name = users::name(&self.db, session.account().as_str()).await?;
            return Ok(Member { name, browser, session });
        }
        browser.is_over().await?;
        Err(Stop::GoTo("/login"))
    }

    /// `/account/sessions/end`: ends all sessions, this one too, and forgets all devices.
    pub async fn end_all_sessions(&self, member: Member<'_>) -> Outcome {
        let _the_others_by_their_epoch = self.verifier.end_all_sessions(&member.session).await?;
        member.browser.end("/login").await
    }

    /// For the account page.
    pub async fn status(&self, member: &Member<'_>) -> Outcome<FactorStatus> {
        Ok(self.verifier.status(member.session.account()).await?)
    }

    /// Checks the password and, where there is a second factor, a fresh code. Also returns the hash of that password.
    async fn reauthenticate(&self, member: &Member<'_>, typed: &Typed) -> Outcome<(Reauthenticated, String)> {
        let (password, hash) = self.password(member.session.account(), &typed.password).await?;
        Ok((self.verifier.reauthenticate(&member.session, password, &typed.code).await?, hash))
    }

    /// Checks a fresh code alone, and notes it in the session.
    async fn fresh_factor(&self, member: &mut Member<'_>, code: &str) -> Outcome<FreshFactor> {
        let fresh = self.verifier.fresh_factor(&member.session, code).await?;
        member.session.elevate(&fresh);
        Ok(fresh)
    }

    /// Whether each account must have a second factor now. Asked before a code is used up for a removal.
    pub fn is_demanded(&self) -> bool {
        self.requirement.is_due(self.verifier.now())
    }

    /// `/account/two-factor/disable`
    pub async fn disable(&self, mut member: Member<'_>, code: &str) -> Outcome {
        if self.is_demanded() {
            return Err(Refusal::FactorRequired.into());
        }
        let fresh = self.fresh_factor(&mut member, code).await?;
        member.session.continue_after(self.verifier.disable(fresh, self.requirement).await?);
        member.go_on("/account").await
    }

    /// `/account/recovery-codes`: new ones, shown to this browser.
    pub async fn new_codes(&self, mut member: Member<'_>, code: &str) -> Outcome {
        let fresh = self.fresh_factor(&mut member, code).await?;
        let codes = self.verifier.regenerate_recovery_codes(fresh).await?.to_lines();
        member.browser.show_codes(member.account(), codes.expose()).await?;
        member.go_on("/account/recovery-codes").await
    }

    /// `/account/password`: the site writes the hash at the moment when the library guarantees that the old password lets nobody in.
    pub async fn change_password(&self, mut member: Member<'_>, typed: &Typed) -> Outcome {
        let new = users::new_hash(&typed.new_password).await?;
        let (proof, old) = self.reauthenticate(&member, typed).await?;
        let write = || users::replace_hash(&self.db, member.account(), &old, &new);
        let others = self.verifier.change_password(proof, write).await?;
        member.session.continue_after(others);
        member.go_on("/account").await
    }

    /// `/account/devices`: forgets one device, or `all`.
    pub async fn forget(&self, Member { session, .. }: &Member<'_>, device: &str) -> Outcome {
        match device {
            "all" => self.verifier.forget_all_devices(session.account()).await.map(drop)?,
            id => self.verifier.forget_device(session.account(), DeviceId::parse(id)?).await.map(drop)?,
        }
        Ok(())
    }
}
