//! The second factor of this site: every line that touches `second_factor` stands here, to be copied.
//!
//! Nothing here is a rule. The library says what is asked for, what is accepted, what ends and when; this hands it what
//! the browser sent, and does what the type of the answer says.

use second_factor::session::{DeviceId, EndOtherSessions, EnrollmentProof, EnrollmentToken, StepUpToken};
use second_factor::store::{DynStore, StoreError};
use second_factor::verifier::{Error, EventSink, OsEntropy, TracingEvents};
use second_factor::{
    Accepted, AccountId, AuditEvent, ChallengeToken, DeviceToken, Epoch, FreshFactor, How, KeyRing, Login,
    PasswordVerified, Policy, QrCode, Refusal, Remember, SealingKey, Verifier,
};
pub use second_factor::{UnixTime, session::FactorStatus, verifier::Clock, verifier::SystemClock};
use second_factor_stores::{postgres::PostgresStore, sqlite::SqliteStore};
use serde::{Deserialize, Serialize};

use crate::{
    browser::Browser,
    database::Database,
    date,
    security_log::SecurityLog,
    stop::{BoxError, Stop},
    users,
};

/// One for the whole site.
#[derive(Debug)]
pub(crate) struct TwoFactor(Verifier<DynStore>, Database);

/// Who is logged in, as the session keeps it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Member {
    account: AccountId,
    epoch: Epoch,
    how: How,
    at: UnixTime,
}

/// What the forms of the account pages hold, as far as each asks for it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Typed {
    password: String,
    new_password: String,
    code: String,
    recovery_code: String,
}

impl TwoFactor {
    pub(crate) async fn open(
        database: Database,
        key: &str,
        clock: impl Clock + 'static,
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
    pub(crate) async fn log_in(
        &self,
        browser: &Browser,
        name: &str,
        password: &str,
    ) -> Result<&'static str, Stop> {
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
    pub(crate) async fn challenge(browser: &Browser) -> Result<ChallengeToken, Stop> {
        let text: Option<String> = browser.get("challenge").await?;
        text.and_then(|text| ChallengeToken::parse(&text).ok()).ok_or(Stop::GoTo("/login"))
    }

    /// `/login/code`
    pub(crate) async fn code(
        &self,
        browser: &Browser,
        code: &str,
        remember: bool,
    ) -> Result<&'static str, Stop> {
        let remember = if remember { Remember::ThisDevice { label: browser.label() } } else { Remember::No };
        let accepted = self.0.present_code(&Self::challenge(browser).await?, code, remember).await?;
        self.start_session(browser, accepted).await
    }

    /// `/login/recovery`
    pub(crate) async fn recovery(&self, browser: &Browser, code: &str) -> Result<&'static str, Stop> {
        let accepted = self.0.present_recovery_code(&Self::challenge(browser).await?, code).await?;
        self.start_session(browser, accepted).await
    }

    async fn start_session(&self, browser: &Browser, accepted: Accepted) -> Result<&'static str, Stop> {
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
    pub(crate) async fn member(&self, browser: &Browser) -> Result<Member, Stop> {
        let member: Member = browser.get("member").await?.ok_or(Stop::GoTo("/login"))?;
        if self.0.is_current(&member.account, member.epoch).await? {
            return Ok(member);
        }
        browser.end().await?;
        Err(Stop::GoTo("/login"))
    }

    /// `/logout`
    pub(crate) async fn log_out(&self, browser: &Browser) -> Result<(), Stop> {
        if let Ok(challenge) = Self::challenge(browser).await {
            self.0.abandon(&challenge).await?;
        }
        browser.end().await
    }

    pub(crate) async fn status(&self, member: &Member) -> Result<FactorStatus, Stop> {
        Ok(self.0.status(&member.account).await?)
    }

    /// A fresh code or recovery code, before something sensitive.
    async fn step_up(&self, browser: &Browser, member: &Member, typed: &Typed) -> Result<FreshFactor, Stop> {
        let open: Option<String> = browser.get("step_up").await?;
        let token = match open.and_then(|text| StepUpToken::parse(&text).ok()) {
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
    pub(crate) async fn enable(
        &self,
        browser: &Browser,
        member: &Member,
        name: &str,
        typed: &Typed,
    ) -> Result<(), Stop> {
        let password = self.verify_password(name, &typed.password).await?;
        let proof: EnrollmentProof = match self.status(member).await?.is_enabled() {
            true => self.step_up(browser, member, typed).await?.into(),
            false => password.into(),
        };
        let begun = self.0.begin_enrollment(proof, name).await?;
        browser.put("enrollment", begun.token.expose()).await
    }

    async fn enrollment(browser: &Browser) -> Result<EnrollmentToken, Stop> {
        let text: Option<String> = browser.get("enrollment").await?;
        text.and_then(|text| EnrollmentToken::parse(&text).ok())
            .ok_or(Stop::GoTo("/account/two-factor/enable"))
    }

    /// `/account/two-factor/confirm`, the page: the QR code as SVG, and the setup key.
    pub(crate) async fn pending(&self, browser: &Browser) -> Result<(String, String), Stop> {
        let uri = self.0.pending_enrollment(&Self::enrollment(browser).await?).await?;
        let qr = QrCode::new(&uri).map_err(Stop::failed)?;
        Ok((qr.svg().expose().into(), uri.secret().to_base32().grouped().expose().into()))
    }

    /// `/account/two-factor/confirm`: the recovery codes, a line each. All sessions end, this one too; the others by their epoch.
    pub(crate) async fn confirm(&self, browser: &Browser, code: &str) -> Result<String, Stop> {
        let confirmed = self.0.confirm_enrollment(&Self::enrollment(browser).await?, code).await?;
        browser.end().await?;
        Ok(confirmed.recovery_codes.expose_lines().expose().into())
    }

    /// `/account/two-factor/disable`
    pub(crate) async fn disable(&self, browser: &Browser, member: Member, typed: &Typed) -> Result<(), Stop> {
        let fresh = self.step_up(browser, &member, typed).await?;
        let others = self.0.disable(fresh).await?;
        go_on(browser, member, &others).await
    }

    /// `/account/recovery-codes`: new ones, a line each.
    pub(crate) async fn new_codes(
        &self,
        browser: &Browser,
        member: &Member,
        typed: &Typed,
    ) -> Result<String, Stop> {
        let fresh = self.step_up(browser, member, typed).await?;
        Ok(self.0.regenerate_recovery_codes(fresh).await?.expose_lines().expose().into())
    }

    /// `/account/password`
    pub(crate) async fn change_password(
        &self,
        browser: &Browser,
        member: Member,
        name: &str,
        typed: &Typed,
    ) -> Result<(), Stop> {
        users::usable(&typed.new_password)?;
        let _old = self.verify_password(name, &typed.password).await?;
        if self.status(&member).await?.is_enabled() {
            let _fresh = self.step_up(browser, &member, typed).await?;
        }
        users::set_password(&self.1, member.account.as_str(), &typed.new_password).await?;
        let others = self.0.password_changed(&member.account).await?;
        go_on(browser, member, &others).await
    }

    /// `/account/devices`: forgets `all`, or one.
    pub(crate) async fn forget(&self, member: &Member, device: &str) -> Result<(), Stop> {
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

impl Member {
    pub(crate) fn id(&self) -> &str {
        self.account.as_str()
    }

    /// How and when they got in, in words.
    pub(crate) fn arrival(&self) -> (String, UnixTime) {
        let how = match self.how {
            How::None => "with your password alone".into(),
            How::Presented => "with your password and a code".into(),
            How::RecoveryCode => "with your password and a recovery code".into(),
            How::Remembered { since } => {
                format!("with your password, on a device remembered since {}", date::words(since))
            }
            other => format!("{other:?}"),
        };
        (how, self.at)
    }
}

/// A line of the security log: when, what, and whether it is one to be told of by mail.
pub(crate) fn log_line(event: &str) -> Option<(UnixTime, String, bool)> {
    let AuditEvent { at, kind, .. } = serde_json::from_str(event).ok()?;
    Some((at, kind.to_string(), kind.notify_owner()))
}

impl From<Error<StoreError>> for Stop {
    fn from(error: Error<StoreError>) -> Self {
        let Error::Refused(refusal) = error else { return Self::failed(error) };
        let message = match refusal {
            Refusal::NotAccepted => {
                "This code was not accepted. Each code works once: wait for the next one.".into()
            }
            Refusal::Malformed => "A code is six digits. A recovery code is 26 letters and digits.".into(),
            Refusal::ChallengeOver => {
                "Too many tries, or too much time has passed. Please start again.".into()
            }
            Refusal::EnrollmentOver => "This set-up is over. Nothing has changed; please start again.".into(),
            Refusal::Locked { retry_at } => format!(
                "Too many codes were wrong. The next one is accepted from {} on; a recovery code works now.",
                date::words(retry_at)
            ),
            Refusal::Suspended => "Far too many codes were wrong. Only a recovery code works now.".into(),
            other => other.to_string(),
        };
        let over =
            matches!(refusal, Refusal::ChallengeOver | Refusal::EnrollmentOver | Refusal::StepUpRequired);
        Self::Refused { message, over }
    }
}
