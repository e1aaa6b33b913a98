//! The state that every request handler gets.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::USER_AGENT;
use axum::http::request;

use crate::browser;
use crate::database::Database;
use crate::keys::Keys;
use crate::passwords;
use crate::security_log::SecurityLog;
use crate::sessions::Sessions;
use crate::settings::Settings;
use crate::stop::BoxError;
use crate::two_factor::{Clock, TwoFactor};

/// The site.
#[derive(Clone, Debug)]
pub struct App {
    parts: Arc<Parts>,
    two_factor: TwoFactor,
}

#[derive(Debug)]
struct Parts {
    database: Database,
    sessions: Sessions,
    log: SecurityLog,
    is_https: bool,
}

impl App {
    /// Opens the database and everything that uses it, with this clock.
    pub async fn open(settings: &Settings, clock: impl Clock + 'static) -> Result<Self, BoxError> {
        // Makes the hash that unknown names are compared with, so that the first unknown name does not take twice as long.
        passwords::verify("", None).await.map_err(|_| "There are no random bytes for a hash.")?;
        let database = Database::open(&settings.database_url).await?;
        let clock: Arc<dyn Clock> = Arc::new(clock);
        let log = SecurityLog::open(database.clone());
        let two_factor = TwoFactor::open(database.clone(), settings, clock.clone(), log.clone()).await?;
        let sessions = Sessions::new(database.clone(), Keys::new(&settings.sealing_key), clock);
        let parts = Arc::new(Parts { database, sessions, log, is_https: settings.is_https() });
        let app = Self { parts, two_factor };
        tokio::spawn(sweep(app.sessions()));
        Ok(app)
    }

    pub(crate) fn database(&self) -> &Database {
        &self.parts.database
    }

    pub(crate) fn two_factor(&self) -> &TwoFactor {
        &self.two_factor
    }

    pub(crate) fn sessions(&self) -> Sessions {
        self.parts.sessions.clone()
    }

    pub(crate) fn security_log(&self) -> &SecurityLog {
        &self.parts.log
    }

    pub(crate) fn is_https(&self) -> bool {
        self.parts.is_https
    }
}

/// The site for one request: the events that it logs carry the address and the user agent of that request.
impl FromRequestParts<Self> for App {
    type Rejection = Infallible;

    async fn from_request_parts(request: &mut request::Parts, app: &Self) -> Result<Self, Infallible> {
        let agent = request.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
        let address = browser::address(request, app.is_https());
        let two_factor = app.two_factor.for_request(&address.unwrap_or_default(), agent.unwrap_or_default());
        Ok(Self { two_factor, ..app.clone() })
    }
}

/// Deletes sessions that have expired.
async fn sweep(sessions: Sessions) {
    let mut times = tokio::time::interval(std::time::Duration::from_secs(5 * 60));
    loop {
        times.tick().await;
        if let Err(error) = sessions.sweep().await {
            tracing::warn!(%error, "expired sessions could not be deleted");
        }
    }
}
