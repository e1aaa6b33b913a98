//! The second factor of this site: every line that touches `second_factor` stands here, to be copied.
//!
//! Nothing here is a rule. The library says what is asked for, what is accepted, what ends and when; this hands it what
//! the browser sent, and does what the type of the answer says.

use second_factor::session::{
    DeviceId, EndOtherSessions, EnrollmentToken, Reauthenticated, StepUpToken, TokenError,
};
use second_factor::store::DynStore;
use second_factor::verifier::{EventSink, OsEntropy, TracingEvents};
use second_factor::{
    Accepted, AccountId, AuditEvent, ChallengeToken, DeviceToken, Epoch, FreshFactor, How, KeyRing, Login,
    PasswordVerified, Policy, QrCode, Remember, SealingKey, Verifier,
};
pub use second_factor::{UnixTime, session::FactorStatus, verifier::Clock, verifier::SystemClock};
use second_factor_stores::{postgres::PostgresStore, sqlite::SqliteStore};
use serde::{Deserialize, Serialize};

use crate::browser::Browser;
use crate::stop::{BoxError, Stop};
use crate::{database::Database, security_log::SecurityLog, users};

mod words;

/// One for the whole site.
#[derive(Debug)]
pub struct TwoFactor(Verifier<DynStore>, Database);

/// Who is logged in, as the session keeps it.
#[derive(Serialize, Deserialize)]
pub struct Member {
    account: AccountId,
    epoch: Epoch,
    how: How,
    at: UnixTime,
}

/// What the forms of the account pages hold, as far as each asks for it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    password: String,
    new_password: String,
    code: String,
    recovery_code: String,
}

type Path = &'static str;

impl TwoFactor {
    pub async fn open<C: Clock + 'static>(
        database: Database,
        key: &str,
        clock: C,
        log: SecurityLog,
    ) -> Result<Self, BoxError> {
        let store = match &database {
            Database::Sqlite { path, .. } => DynStore::new(SqliteStore::open(path).await?),
            Database::Postgres(pool) => DynStore::new(PostgresStore::migrate(pool.clone()).await?),
        };
        let (policy, keys) = (Policy::new("Second Factor")?, KeyRing::new(1, SealingKey::from_hex(key)?));
        let verifier = Verifier::with_sources(store, policy, keys, clock, OsEntropy);
        let verifier = verifier.with_events(move |event: &AuditEvent| {
            TracingEvents.record(event);
            log.note(event.account.as_str(), serde_json::to_string(event).unwrap_or_default());
        });
        Ok(Self(verifier, database))
    }

    /// The one place that vouches for a password: where its hash was compared.
    async fn verify_password(&self, name: &str, password: &str) -> Result<PasswordVerified, Stop> {
        let id = users::verify_password(&self.1, name, password).await?;
        let id = id.ok_or_else(|| Stop::unusable("User name or password is wrong."))?;
        Ok(PasswordVerified::by_host(AccountId::new(id).map_err(Stop::failed)?))
    }

    /// `/login`: where to go next.
    pub async fn log_in(&self, browser: &Browser, name: &str, password: &str) -> Result<Path, Stop> {
        let proof = self.verify_password(name, password).await?;
        let device = browser.cookie(&DeviceToken::cookie_name(proof.account()));
        match self.0.password_verified(proof, device.as_deref()).await? {
            Login::Complete(accepted) => self.start_session(browser, accepted).await,
            Login::CodeRequired(challenge) => {
                browser.start_anew().await?;
                browser.put("challenge", challenge.expose()).await?;
                Ok("/login/code")
            }
            // Not under this policy. A site that demands a second factor begins an enrollment here.
            Login::EnrollmentRequired => Err(Stop::unusable("Two-factor authentication has to be set up.")),
        }
    }

    /// The login that waits for its code in this browser.
    pub async fn challenge(browser: &Browser) -> Result<ChallengeToken, Stop> {
        kept(browser, "challenge", ChallengeToken::parse).await?.ok_or(Stop::GoTo("/login"))
    }

    /// `/login/code`
    pub async fn code(&self, browser: &Browser, code: &str, remember: bool) -> Result<Path, Stop> {
        let remember = if remember { Remember::ThisDevice { label: browser.label() } } else { Remember::No };
        let accepted = self.0.present_code(&Self::challenge(browser).await?, code, remember).await?;
        self.start_session(browser, accepted).await
    }

    /// `/login/recovery`
    pub async fn recovery(&self, browser: &Browser, code: &str) -> Result<Path, Stop> {
        let accepted = self.0.present_recovery_code(&Self::challenge(browser).await?, code).await?;
        self.start_session(browser, accepted).await
    }

    async fn start_session(&self, browser: &Browser, accepted: Accepted) -> Result<Path, Stop> {
        let Accepted { authenticated: login, device } = accepted;
        if let Some(token) = device {
            let (name, max_age) = (DeviceToken::cookie_name(login.account()), self.0.policy().remember_for());
            browser.set_cookie(&name, token.expose(), max_age);
        }
        browser.start_anew().await?;
        let (account, epoch, how, at) = (login.account().clone(), login.epoch(), login.how(), login.at());
        browser.put("member", Member { account, epoch, how, at }).await?;
        Ok("/account")
    }

    /// Who is logged in here. Asked anew with every request: password or second factor may have been changed elsewhere.
    pub async fn member(&self, browser: &Browser) -> Result<Member, Stop> {
        let member: Member = browser.get("member").await?.ok_or(Stop::GoTo("/login"))?;
        if self.0.is_current(&member.account, member.epoch).await? {
            return Ok(member);
        }
        browser.end().await?;
        Err(Stop::GoTo("/login"))
    }

    /// `/logout`
    pub async fn log_out(&self, browser: &Browser) -> Result<(), Stop> {
        if let Ok(challenge) = Self::challenge(browser).await {
            self.0.abandon(&challenge).await?;
        }
        browser.end().await
    }

    /// What they are called.
    pub async fn name(&self, member: &Member) -> Result<String, Stop> {
        users::name(&self.1, member.account.as_str()).await?.ok_or(Stop::GoTo("/login"))
    }

    /// What they have done to their second factor, and had done to it; the latest first.
    pub async fn log(
        &self,
        member: &Member,
        log: &SecurityLog,
    ) -> Result<Vec<(UnixTime, String, bool)>, Stop> {
        let events = log.latest(member.account.as_str()).await?;
        Ok(events.iter().filter_map(|event| words::log_line(event)).collect())
    }

    pub async fn status(&self, member: &Member) -> Result<FactorStatus, Stop> {
        Ok(self.0.status(&member.account).await?)
    }

    /// A fresh code or recovery code, before something sensitive.
    async fn step_up(&self, browser: &Browser, member: &Member, typed: &Typed) -> Result<FreshFactor, Stop> {
        let token = match kept(browser, "step_up", StepUpToken::parse).await? {
            Some(token) => token,
            None => self.0.begin_step_up(&member.account, member.epoch).await?,
        };
        browser.put("step_up", token.expose()).await?;
        let fresh = match typed.recovery_code.trim() {
            "" => self.0.step_up(&token, &typed.code).await,
            recovery_code => self.0.step_up_with_recovery_code(&token, recovery_code).await,
        };
        let fresh = fresh.map_err(Stop::from);
        if matches!(fresh, Ok(_) | Err(Stop::Refused { over: true, .. })) {
            browser.remove("step_up").await?;
        }
        browser.renew().await.and(fresh)
    }

    /// `/account/two-factor/enable`: with the password; onto another phone, with a fresh code beside it.
    pub async fn enable(&self, browser: &Browser, member: &Member, typed: &Typed) -> Result<(), Stop> {
        let name = self.name(member).await?;
        let password = self.verify_password(&name, &typed.password).await?;
        let proof: Reauthenticated = match self.status(member).await?.is_enabled() {
            true => self.step_up(browser, member, typed).await?.into(),
            false => password.into(),
        };
        let begun = self.0.begin_enrollment(proof, &name).await?;
        browser.put("enrollment", begun.token.expose()).await
    }

    async fn enrollment(browser: &Browser) -> Result<EnrollmentToken, Stop> {
        let token = kept(browser, "enrollment", EnrollmentToken::parse).await?;
        token.ok_or(Stop::GoTo("/account/two-factor/enable"))
    }

    /// `/account/two-factor/confirm`, the page: the QR code as SVG, and the setup key.
    pub async fn pending(&self, browser: &Browser) -> Result<(String, String), Stop> {
        let uri = self.0.pending_enrollment(&Self::enrollment(browser).await?).await?;
        let qr = QrCode::new(&uri).map_err(Stop::failed)?;
        Ok((qr.svg().expose().into(), uri.secret().to_base32().grouped().expose().into()))
    }

    /// `/account/two-factor/confirm`: the recovery codes, a line each. All sessions end, this one too; the others by their epoch.
    pub async fn confirm(&self, browser: &Browser, code: &str) -> Result<String, Stop> {
        let confirmed = self.0.confirm_enrollment(&Self::enrollment(browser).await?, code).await?;
        browser.end().await?;
        Ok(confirmed.recovery_codes.expose_lines().expose().into())
    }

    /// `/account/two-factor/disable`
    pub async fn disable(&self, browser: &Browser, member: Member, typed: &Typed) -> Result<(), Stop> {
        let fresh = self.step_up(browser, &member, typed).await?;
        let others = self.0.disable(fresh).await?;
        go_on(browser, member, &others).await
    }

    /// `/account/recovery-codes`: new ones, a line each.
    pub async fn new_codes(&self, browser: &Browser, member: &Member, typed: &Typed) -> Result<String, Stop> {
        let fresh = self.step_up(browser, member, typed).await?;
        Ok(self.0.regenerate_recovery_codes(fresh).await?.expose_lines().expose().into())
    }

    /// `/account/password`
    pub async fn change_password(
        &self,
        browser: &Browser,
        member: Member,
        typed: &Typed,
    ) -> Result<(), Stop> {
        users::usable(&typed.new_password)?;
        let _old = self.verify_password(&self.name(&member).await?, &typed.password).await?;
        if self.status(&member).await?.is_enabled() {
            let _fresh = self.step_up(browser, &member, typed).await?;
        }
        users::set_password(&self.1, member.account.as_str(), &typed.new_password).await?;
        let others = self.0.password_changed(&member.account).await?;
        go_on(browser, member, &others).await
    }

    /// `/account/devices`: forgets `all`, or one.
    pub async fn forget(&self, member: &Member, device: &str) -> Result<(), Stop> {
        if device == "all" {
            return Ok(self.0.forget_all_devices(&member.account).await.map(drop)?);
        }
        let device = DeviceId::parse(device).map_err(|_| Stop::unusable("There is no such device."))?;
        Ok(self.0.forget_device(&member.account, device).await.map(drop)?)
    }
}

/// The session that made a change goes on in the new epoch, under a new id. The others of the account are over.
async fn go_on(browser: &Browser, member: Member, others: &EndOtherSessions) -> Result<(), Stop> {
    browser.put("member", Member { epoch: others.epoch(), ..member }).await?;
    browser.renew().await
}

/// A token in the session, if there is one.
async fn kept<T>(
    browser: &Browser,
    key: &str,
    parse: fn(&str) -> Result<T, TokenError>,
) -> Result<Option<T>, Stop> {
    let text: Option<String> = browser.get(key).await?;
    Ok(text.and_then(|text| parse(&text).ok()))
}
