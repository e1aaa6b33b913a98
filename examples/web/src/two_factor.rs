//! The second factor of this site: every line that touches `second_factor` stands here, to be copied.
//!
//! Nothing here is a rule. The library says what is asked for, what is accepted, what ends and when; this hands it what
//! the browser sent, and does what the type of the answer says.

use std::sync::Arc;

use second_factor::session::{DeviceId, EnrollmentToken, FreshFactor, Origin, Reauthenticated, Session};
use second_factor::store::DynStore;
use second_factor::verifier::OsEntropy;
use second_factor::{Accepted, AccountId, AuditEvent, ChallengeToken, DeviceToken, KeyRing, Login};
use second_factor::{PasswordVerified, Policy, QrCode, Remember, SealingKey, TotpParams, Verifier};
pub use second_factor::{UnixTime, session::FactorStatus, verifier::Clock, verifier::SystemClock};
use second_factor_stores::{postgres::PostgresStore, sqlite::SqliteStore};

use crate::stop::{Fallible, Outcome, Stop};
use crate::{browser::Browser, database::Database, routes::Typed, security_log::SecurityLog, users};

pub(crate) mod words;

/// What authenticator apps show: six digits that change every 30 seconds.
const CODES: TotpParams = TotpParams::DEFAULT;

/// One for the whole site; a clone for each request.
#[derive(Clone, Debug)]
pub struct TwoFactor(Verifier<DynStore>, Database);

/// Who is logged in.
pub struct Member {
    pub name: String,
    session: Session,
}

impl TwoFactor {
    pub async fn open(db: Database, key: &str, clock: Arc<dyn Clock>, log: SecurityLog) -> Fallible<Self> {
        let store = match &db {
            Database::Sqlite { path, .. } => DynStore::new(SqliteStore::open(path).await?),
            Database::Postgres(pool) => DynStore::new(PostgresStore::migrate(pool.clone()).await?),
        };
        let policy = Policy::builder("Second Factor").totp(CODES).build()?;
        let keys = KeyRing::new(1, SealingKey::from_hex(key)?);
        let verifier = Verifier::with_sources(store, policy, keys, clock, OsEntropy);
        Ok(Self(verifier.with_events(move |event: &AuditEvent| words::note(&log, event)), db))
    }

    /// The same for one request: every event that it causes says where it came from.
    pub(crate) fn for_request(&self, address: Option<String>, user_agent: Option<&str>) -> Self {
        let origin = Origin::new()
            .with_address(address.unwrap_or_default())
            .with_user_agent(user_agent.unwrap_or_default());
        Self(self.0.on_behalf_of(origin), self.1.clone())
    }

    /// The one place that vouches for a password: where its hash, which is read after the check began, was compared.
    async fn password(&self, account: &AccountId, typed: &str) -> Outcome<(PasswordVerified, String)> {
        let check = self.0.check_password(account).await;
        let hash = users::verify_password(&self.1, account.as_str(), typed).await?;
        Ok((PasswordVerified::by_host(check), hash))
    }

    /// `/login`: where to go next.
    pub async fn log_in(&self, browser: &Browser, name: &str, password: &str) -> Outcome<&'static str> {
        let account = AccountId::new(users::id(&self.1, name).await?).map_err(Stop::failed)?;
        let (proof, _) = self.password(&account, password).await?;
        let device = browser.cookie(&DeviceToken::cookie_name(&account, self.0.policy()));
        match self.0.password_verified(proof, device.as_deref()).await? {
            Login::Complete(accepted) => {
                browser.start_anew("session", self.session(browser, accepted), "/account").await
            }
            Login::CodeRequired(challenge) => browser.start_anew("challenge", challenge, "/login/code").await,
            // Not under this policy. A site that demands a second factor begins an enrollment here.
            Login::EnrollmentRequired(_) => {
                Err(Stop::unusable("Two-factor authentication has to be set up."))
            }
        }
    }

    /// `/login/code` and `/login/recovery`: what was typed tells itself which of the two it is. The challenge stays in the
    /// session before the login, so that a form that is sent twice is told from one that is over.
    pub async fn code(&self, browser: &Browser, code: &str, remember: bool) -> Outcome<&'static str> {
        let remember = if remember { Remember::ThisDevice { label: browser.label() } } else { Remember::No };
        let challenge: ChallengeToken = browser.need("challenge", "/login").await?;
        let accepted = self.0.present(&challenge, code, remember).await?;
        browser.start_beside("session", self.session(browser, accepted), "/account").await
    }

    fn session(&self, browser: &Browser, accepted: Accepted) -> Session {
        if let Some(token) = &accepted.device {
            let name = DeviceToken::cookie_name(token.account(), self.0.policy());
            browser.set_cookie(&name, token.expose(), self.0.policy().remember_for());
        }
        accepted.authenticated.into_session()
    }

    /// Who is logged in here. Asked anew with every request: password or second factor may have been changed elsewhere.
    pub async fn member(&self, browser: &Browser) -> Outcome<Member> {
        let session: Session = browser.need("session", "/login").await?;
        if self.0.is_current(&session).await? {
            let name = users::name(&self.1, session.account().as_str()).await?;
            return Ok(Member { name, session });
        }
        browser.end().await?;
        Err(Stop::GoTo("/login"))
    }

    /// `/logout`. A challenge goes with the session that holds it.
    pub async fn log_out(&self, browser: &Browser) -> Outcome {
        browser.end().await
    }

    /// `/account/sessions/end`: here and everywhere, and all devices are forgotten.
    pub async fn end_all_sessions(&self, browser: &Browser, member: &Member) -> Outcome {
        let _the_others_by_their_epoch = self.0.end_all_sessions(&member.session).await?;
        browser.end().await
    }

    /// What the account page shows.
    pub async fn status(&self, member: &Member) -> Outcome<FactorStatus> {
        Ok(self.0.status(member.session.account()).await?)
    }

    /// With the password; where there is a second factor, with a fresh code beside it. And the hash of that password.
    async fn reauthenticate(&self, member: &Member, typed: &Typed) -> Outcome<(Reauthenticated, String)> {
        let (password, hash) = self.password(member.session.account(), &typed.password).await?;
        Ok((self.0.reauthenticate(&member.session, password, &typed.code).await?, hash))
    }

    /// With a fresh code alone, which the session remembers.
    async fn fresh_factor(&self, member: &mut Member, code: &str) -> Outcome<FreshFactor> {
        let fresh = self.0.fresh_factor(&member.session, code).await?;
        member.session.elevate(&fresh);
        Ok(fresh)
    }

    /// `/account/two-factor/enable`: for the first time, or onto another phone.
    pub async fn enable(&self, browser: &Browser, member: &Member, typed: &Typed) -> Outcome {
        let (proof, _) = self.reauthenticate(member, typed).await?;
        let begun = self.0.begin_enrollment(proof, &member.name).await?;
        browser.renew("enrollment", begun.token).await
    }

    /// `/account/two-factor/confirm`, the page: the QR code as SVG, and the setup key.
    pub async fn pending(&self, browser: &Browser) -> Outcome<(String, String)> {
        let token: EnrollmentToken = browser.need("enrollment", "/account/two-factor/enable").await?;
        let uri = self.0.pending_enrollment(&token).await?;
        let qr = QrCode::new(&uri).map_err(Stop::failed)?;
        Ok((qr.svg().expose().into(), uri.secret().to_base32().grouped().expose().into()))
    }

    /// `/account/two-factor/confirm`: the recovery codes, a line each. All sessions end, the others by their epoch.
    pub async fn confirm(&self, browser: &Browser, code: &str) -> Outcome<String> {
        let token: EnrollmentToken = browser.need("enrollment", "/account/two-factor/enable").await?;
        let (codes, _the_others_by_their_epoch) = self.0.confirm_enrollment(&token, code).await?.into_parts();
        browser.end().await?;
        Ok(codes.expose_lines().expose().into())
    }

    /// `/account/two-factor/disable`
    pub async fn disable(&self, browser: &Browser, mut member: Member, code: &str) -> Outcome {
        let fresh = self.fresh_factor(&mut member, code).await?;
        member.session.continue_after(self.0.disable(fresh).await?);
        browser.renew("session", member.session).await
    }

    /// `/account/recovery-codes`: new ones, a line each.
    pub async fn new_codes(&self, browser: &Browser, mut member: Member, code: &str) -> Outcome<String> {
        let fresh = self.fresh_factor(&mut member, code).await?;
        browser.renew("session", member.session).await?;
        Ok(self.0.regenerate_recovery_codes(fresh).await?.expose_lines().expose().into())
    }

    /// `/account/password`: the site's write happens where the library says that nobody can come in by the old password.
    pub async fn change_password(&self, browser: &Browser, mut member: Member, typed: &Typed) -> Outcome {
        let new = users::new_hash(&typed.new_password).await?;
        let (proof, old) = self.reauthenticate(&member, typed).await?;
        let write = || users::replace_hash(&self.1, member.account(), &old, &new);
        let others = self.0.change_password(proof, write).await?;
        member.session.continue_after(others);
        browser.renew("session", member.session).await
    }

    /// `/account/devices`: forgets one, or `all`.
    pub async fn forget(&self, Member { session, .. }: &Member, device: &str) -> Outcome {
        match device {
            "all" => self.0.forget_all_devices(session.account()).await.map(drop)?,
            id => self.0.forget_device(session.account(), DeviceId::parse(id)?).await.map(drop)?,
        }
        Ok(())
    }
}
