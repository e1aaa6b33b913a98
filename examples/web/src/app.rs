//! What every request has at hand.

use std::sync::Arc;

use crate::database::Database;
use crate::sessions::Sessions;
use crate::settings::Settings;
use crate::stop::BoxError;
use crate::two_factor::{Clock, TwoFactor};
use crate::users;

/// The site.
#[derive(Clone, Debug)]
pub struct App(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    database: Database,
    two_factor: TwoFactor,
    is_https: bool,
}

impl App {
    /// Opens the database and everything over it, under this clock.
    pub async fn open(settings: &Settings, clock: impl Clock + 'static) -> Result<Self, BoxError> {
        users::prepare().await.map_err(|_| "There are no random bytes for a hash.")?;
        let database = Database::open(&settings.database_url).await?;
        let two_factor = TwoFactor::open(database.clone(), &settings.sealing_key, Arc::new(clock)).await?;
        let app = Self(Arc::new(Parts { database, two_factor, is_https: settings.is_https() }));
        tokio::spawn(sweep(app.sessions()));
        Ok(app)
    }

    pub(crate) fn database(&self) -> &Database {
        &self.0.database
    }

    pub(crate) fn two_factor(&self) -> &TwoFactor {
        &self.0.two_factor
    }

    pub(crate) fn sessions(&self) -> Sessions {
        Sessions(self.0.database.clone())
    }

    pub(crate) fn is_https(&self) -> bool {
        self.0.is_https
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
