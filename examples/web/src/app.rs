//! What every request has at hand.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::USER_AGENT;
use axum::http::request;

use crate::browser;
use crate::database::Database;
use crate::sessions::Sessions;
use crate::settings::Settings;
use crate::stop::BoxError;
use crate::two_factor::{Clock, TwoFactor};
use crate::users;

/// The site.
#[derive(Clone, Debug)]
pub struct App {
    parts: Arc<Parts>,
    two_factor: TwoFactor,
}

#[derive(Debug)]
struct Parts {
    database: Database,
    is_https: bool,
}

impl App {
    /// Opens the database and everything over it, under this clock.
    pub async fn open(settings: &Settings, clock: impl Clock + 'static) -> Result<Self, BoxError> {
        users::prepare().await.map_err(|_| "There are no random bytes for a hash.")?;
        let database = Database::open(&settings.database_url).await?;
        let two_factor = TwoFactor::open(database.clone(), settings, Arc::new(clock)).await?;
        let parts = Arc::new(Parts { database, is_https: settings.is_https() });
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
        Sessions(self.parts.database.clone())
    }

    pub(crate) fn is_https(&self) -> bool {
        self.parts.is_https
    }
}

/// The site for one request, where that came from in all that it logs of accounts.
impl FromRequestParts<Self> for App {
    type Rejection = Infallible;

    async fn from_request_parts(request: &mut request::Parts, app: &Self) -> Result<Self, Infallible> {
        let agent = request.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
        let two_factor = app.two_factor.for_request(browser::address(request, app.is_https()), agent);
        Ok(Self { two_factor, ..app.clone() })
    }
}

/// Deletes sessions that have expired, once an hour.
async fn sweep(sessions: Sessions) {
    let mut hours = tokio::time::interval(std::time::Duration::from_secs(60 * 60));
    loop {
        hours.tick().await;
        if let Err(error) = sessions.sweep().await {
            tracing::warn!(%error, "expired sessions could not be deleted");
        }
    }
}
